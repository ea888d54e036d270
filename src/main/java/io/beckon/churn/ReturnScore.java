// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

/**
 * The probability that a user is active again within a horizon. Never rises in silence, not even by
 * rounding: each of its operations is monotone.
 *
 * @param model in days
 * @param horizonMs from the instant asked; above 0
 */
public record ReturnScore(ReturnModel model, long horizonMs) implements ChurnScore {
  /** How often a crossing is guessed at before it is searched; each guess is far better. */
  private static final int GUESSES = 6;

  /** Refuses a horizon that is not above 0. */
  public ReturnScore {
    if (horizonMs <= 0) {
      throw new IllegalArgumentException("a horizon of " + horizonMs + " ms");
    }
  }

  @Override
  public double at(Activity activity, long timeMs) {
    return activity.isEmpty()
        ? Double.NaN
        : model.probabilityOfReturn(activity.history(timeMs), horizonMs / Activity.DAY_MS);
  }

  @Override
  public long first(
      Activity activity, boolean above, double line, boolean orEqual, long fromMs, long lastMs) {
    if (fromMs > lastMs) {
      return Long.MAX_VALUE;
    }
    double begin = at(activity, fromMs);
    if (ChurnScore.isPast(begin, above, line, orEqual)) {
      return fromMs;
    }
    double end = above ? Double.NaN : at(activity, lastMs);
    if (!ChurnScore.isPast(end, above, line, orEqual)) {
      return Long.MAX_VALUE;
    }
    return Crossings.between(
        fromMs,
        lastMs,
        guess(activity, line, fromMs, begin, lastMs, end),
        timeMs -> ChurnScore.isPast(at(activity, timeMs), false, line, orEqual));
  }

  /**
   * About where the probability falls to {@code line}: by false position, where a power of the time
   * is a straight line.
   */
  private long guess(
      Activity activity, double line, long fromMs, double begin, long lastMs, double end) {
    double base = model.alpha() + activity.spanDays();
    double low = StrictMath.log(base + activity.gapDays(fromMs));
    double high = StrictMath.log(base + activity.gapDays(lastMs));
    double over = StrictMath.log(begin / line);
    double under = StrictMath.log(end / line);
    long guessMs = fromMs;
    for (int i = 0; i < GUESSES && Double.isFinite(under) && over > under; i++) {
      double at = low + (high - low) * (over / (over - under));
      double gapMs = (StrictMath.exp(at) - base) * Activity.DAY_MS;
      long nextMs = activity.closeMs() + (long) gapMs;
      if (Math.abs(nextMs - guessMs) <= 1) {
        return nextMs;
      }
      guessMs = nextMs;
      double off = StrictMath.log(at(activity, guessMs) / line);
      // The end that stays is taken for half as far off: the other one then moves past the line.
      if (off > 0) {
        low = at;
        over = off;
        under /= 2;
      } else {
        high = at;
        under = off;
        over /= 2;
      }
    }
    return guessMs;
  }

  @Override
  public long nextJump(Activity activity, long afterMs, long lastMs) {
    return Long.MAX_VALUE;
  }
}
