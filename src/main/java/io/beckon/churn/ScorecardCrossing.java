// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.List;

/**
 * Finds when a {@link Scorecard} passes a line in silence.
 *
 * <p>Two looks bound all between them: in silence a feature moves one way, each operation of the
 * score is monotone also as it rounds, so the score of the highest summands is never exceeded. What
 * cannot pass by that is left out. Of the rest, jumps are taken out one by one; where derivatives
 * say that all between two looks goes one way, the instant is searched; else the time is split.
 *
 * <p>Where summands pull against each other, rounding may let the score pass a little before it
 * does for good. So the milliseconds for which rounding matters are bounded by looks alone.
 */
final class ScorecardCrossing {
  /** So few milliseconds are looked at one by one. */
  private static final long FEW_MS = 4;

  private static final int GUESSES = 20;
  private static final double ULP = 0x1p-52;

  private final Scorecard card;
  private final Activity activity;
  private final boolean above;
  private final double line;
  private final boolean orEqual;
  private final Term[] terms;

  /** The summands that do not move; NaN of the others. */
  private final double[] still;

  private final double meanGapDays;

  ScorecardCrossing(
      Scorecard card, Activity activity, boolean above, double line, boolean orEqual) {
    this.card = card;
    this.activity = activity;
    this.above = above;
    this.line = line;
    this.orEqual = orEqual;
    List<Term> all = card.terms();
    terms = all.toArray(new Term[0]);
    still = new double[terms.length];
    Background background = card.background();
    for (int i = 0; i < terms.length; i++) {
      still[i] =
          switch (terms[i].feature()) {
            case REPEATS, MEAN_GAP, EWMA_GAP ->
                terms[i].of(terms[i].feature().at(activity, activity.closeMs(), background));
            default -> Double.NaN;
          };
    }
    meanGapDays = activity.meanGapDays(background.priorGapDays(), background.priorWeight());
  }

  /** What is there at an instant. */
  private final class Look {
    private final long timeMs;
    private final double[] features = new double[terms.length];
    private final double[] summands = new double[terms.length];
    private final double z;
    private final boolean isPast;

    Look(long timeMs) {
      this.timeMs = timeMs;
      double sum = card.intercept();
      for (int i = 0; i < terms.length; i++) {
        if (Double.isNaN(still[i])) {
          features[i] = terms[i].feature().at(activity, timeMs, card.background());
          summands[i] = terms[i].of(features[i]);
        } else {
          summands[i] = still[i];
        }
        sum += summands[i];
      }
      z = sum;
      isPast = isPast(z);
    }
  }

  private boolean isPast(double z) {
    return ChurnScore.isPast(card.probability(z), above, line, orEqual);
  }

  private boolean isPastAt(long timeMs) {
    return ChurnScore.isPast(card.at(activity, timeMs), above, line, orEqual);
  }

  /** Whether a higher z is nearer to the line, or further past it. */
  private boolean upwards() {
    return above == card.slope() >= 0;
  }

  /** The first millisecond that is past the line, or {@code Long.MAX_VALUE}. */
  long first(long fromMs, long lastMs) {
    Look from = new Look(fromMs);
    if (from.isPast) {
      return fromMs;
    }
    Look last = new Look(lastMs);
    Jumps jumps = new Jumps(card, activity);
    while (mayPass(from, last)) {
      long jumpMs = jumps.next(from.timeMs, lastMs);
      if (jumpMs == Long.MAX_VALUE) {
        return smooth(from, last);
      }
      long found = smooth(from, new Look(jumpMs - 1));
      if (found != Long.MAX_VALUE) {
        return found;
      }
      from = new Look(jumpMs);
      if (from.isPast) {
        return jumpMs;
      }
    }
    return Long.MAX_VALUE;
  }

  /** Whether anything from one look to another may be past the line, by its summands' extremes. */
  private boolean mayPass(Look from, Look to) {
    double most = card.intercept();
    for (int i = 0; i < terms.length; i++) {
      most += extreme(i, from, to);
    }
    return isPast(most);
  }

  /** The summand that is nearest to passing, between two looks. */
  private double extreme(int i, Look from, Look to) {
    Term term = terms[i];
    if (!Double.isNaN(still[i])) {
      return still[i];
    }
    double low = Math.min(from.features[i], to.features[i]);
    double high = Math.max(from.features[i], to.features[i]);
    boolean renewed = term.feature() == Feature.DAYS_TO_RENEWAL && isRenewed(from, to);
    if (renewed) {
      Billing billing = card.background().billing().orElseThrow();
      low = 1 / Activity.DAY_MS;
      high = Math.max(high, billing.everyDays());
    }
    if (term instanceof Term.Bin bin) {
      if (high < bin.from() || low >= bin.below()) {
        return 0;
      }
      if (low >= bin.from() && high < bin.below()) {
        return bin.weight();
      }
      return upwards() ? Math.max(0, bin.weight()) : Math.min(0, bin.weight());
    }
    double one = renewed ? term.of(low) : from.summands[i];
    double other = renewed ? term.of(high) : to.summands[i];
    return upwards() ? Math.max(one, other) : Math.min(one, other);
  }

  private boolean isRenewed(Look from, Look to) {
    Billing billing = card.background().billing().orElseThrow();
    return billing.nextMs(activity.subscribedMs(), from.timeMs) <= to.timeMs;
  }

  /** The first that is past, where nothing jumps; not at {@code from}. */
  private long smooth(Look from, Look to) {
    if (!mayPass(from, to)) {
      return Long.MAX_VALUE;
    }
    if (to.timeMs - from.timeMs <= FEW_MS) {
      return looked(from.timeMs + 1, to.timeMs);
    }
    long bendMs = bend(from.timeMs, to.timeMs);
    if (bendMs != Long.MAX_VALUE) {
      return either(from, bendMs, to);
    }
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    double sumLeast = 0;
    double sumMost = 0;
    for (int i = 0; i < terms.length; i++) {
      double one = change(i, from, from);
      double other = change(i, to, from);
      least = Math.min(least, Math.min(one, other));
      most = Math.max(most, Math.max(one, other));
      sumLeast += Math.min(one, other);
      sumMost += Math.max(one, other);
    }
    boolean mixed = least < 0 && most > 0;
    if (!mixed) {
      return to.isPast ? searched(from, to) : Long.MAX_VALUE;
    }
    double noise = noise(from, to);
    double towards = upwards() ? sumLeast : -sumMost;
    double away = upwards() ? sumMost : -sumLeast;
    if (towards > 0) {
      return nearing(from, to, noise);
    }
    if (away < 0) {
      long untilMs = from.timeMs + noiseMs(noise, from, from);
      return untilMs < to.timeMs ? within(from, new Look(untilMs)) : within(from, to);
    }
    double reach = away * ((to.timeMs - from.timeMs) / Activity.DAY_MS) + 2 * noise;
    if (!isPast(upwards() ? from.z + reach : from.z - reach)) {
      return Long.MAX_VALUE;
    }
    return either(from, middle(from.timeMs, to.timeMs), to);
  }

  private long either(Look from, long middleMs, Look to) {
    Look middle = new Look(middleMs);
    long found = smooth(from, middle);
    return found != Long.MAX_VALUE || middle.isPast
        ? Math.min(found, middleMs)
        : smooth(middle, to);
  }

  /** Where a day of silence or of tenure begins to count. */
  private long bend(long fromMs, long toMs) {
    long bendMs = Long.MAX_VALUE;
    for (long at : new long[] {activity.closeMs(), activity.subscribedMs()}) {
      if (at > fromMs && at < toMs) {
        bendMs = Math.min(bendMs, at);
      }
    }
    return bendMs;
  }

  /** By silence in equal ratios rather than in equal steps: the score flattens. */
  private long middle(long fromMs, long toMs) {
    double low = activity.gapDays(fromMs) + 1 / 24.0;
    double high = activity.gapDays(toMs) + 1 / 24.0;
    long guessMs =
        activity.closeMs() + (long) ((Math.sqrt(low * high) - 1 / 24.0) * Activity.DAY_MS);
    return high > 2 * low && guessMs > fromMs && guessMs < toMs
        ? guessMs
        : fromMs + (toMs - fromMs) / 2;
  }

  /** By how much a summand changes a day at a look, after {@code begin} and before a jump. */
  private double change(int i, Look look, Look begin) {
    Term term = terms[i];
    if (!Double.isNaN(still[i]) || term instanceof Term.Bin) {
      return 0;
    }
    double value = look.features[i];
    boolean isSilent = begin.timeMs >= activity.closeMs();
    boolean runs = begin.timeMs >= activity.subscribedMs();
    double feature =
        switch (term.feature()) {
          case GAP, AGE -> isSilent ? 1 : 0;
          case GAP_RATIO -> isSilent ? 1 / meanGapDays : 0;
          case LEVEL_7D -> isSilent ? -value / 7 : 0;
          case LEVEL_28D -> isSilent ? -value / 28 : 0;
          case TENURE -> (activity.isSubscribed() ? runs : isSilent) ? 1 : 0;
          case DAYS_TO_RENEWAL -> runs ? -1 : 0;
          case ACTIVE_7D, ACTIVE_28D, REPEATS, MEAN_GAP, EWMA_GAP -> 0;
        };
    return term instanceof Term.Ln ln
        ? term.weight() * feature / (value + ln.plus())
        : term.weight() * feature;
  }

  /** By how much a z between two looks may be off what it would be without rounding. */
  private double noise(Look from, Look to) {
    double size = Math.abs(card.intercept());
    for (int i = 0; i < terms.length; i++) {
      size += Math.max(Math.abs(from.summands[i]), Math.abs(to.summands[i]));
      size += 4 * Math.abs(terms[i].weight());
    }
    return (terms.length + 8) * ULP * size;
  }

  /** For how many milliseconds next to a look rounding may matter. */
  private long noiseMs(double noise, Look look, Look begin) {
    double change = 0;
    for (int i = 0; i < terms.length; i++) {
      change += change(i, look, begin);
    }
    return (long) Math.min(1e15, 8 * noise / Math.abs(change) * Activity.DAY_MS) + 2;
  }

  /** As {@link #smooth}, where all of it comes nearer, but for rounding. */
  private long nearing(Look from, Look to, double noise) {
    long found = to.isPast ? searched(from, to) : Long.MAX_VALUE;
    Look edge = to.isPast ? new Look(found - 1) : to;
    long sinceMs = edge.timeMs - noiseMs(noise, edge, from);
    Look since = sinceMs > from.timeMs ? new Look(sinceMs) : from;
    long earlier = since.isPast ? smooth(from, since) : within(since, edge);
    return Math.min(found, earlier);
  }

  /** The first that is past, by looks alone. */
  private long within(Look from, Look to) {
    if (!mayPass(from, to)) {
      return Long.MAX_VALUE;
    }
    if (to.timeMs - from.timeMs <= FEW_MS) {
      return looked(from.timeMs, to.timeMs);
    }
    Look middle = new Look(from.timeMs + (to.timeMs - from.timeMs) / 2);
    long found = within(from, middle);
    return found != Long.MAX_VALUE ? found : within(middle, to);
  }

  private long looked(long fromMs, long toMs) {
    for (long at = fromMs; at <= toMs; at++) {
      if (isPastAt(at)) {
        return at;
      }
    }
    return Long.MAX_VALUE;
  }

  /** Where it is past at {@code to} and goes there one way: guessed by tangents, then searched. */
  private long searched(Look from, Look to) {
    double s = StrictMath.log(line) - StrictMath.log1p(-line);
    double goal = (s - card.offset()) / card.slope();
    long no = from.timeMs;
    long yes = to.timeMs;
    Look look = from;
    long guessMs = no;
    for (int i = 0; i < GUESSES && yes - no > FEW_MS; i++) {
      double change = 0;
      for (int j = 0; j < terms.length; j++) {
        change += change(j, look, from);
      }
      double stepMs = (goal - look.z) / change * Activity.DAY_MS;
      if (Math.abs(stepMs) < 1) {
        break;
      }
      guessMs = look.timeMs + Math.round(stepMs);
      if (!(guessMs > no && guessMs < yes)) {
        guessMs = middle(no, yes);
      }
      if (Math.abs(stepMs) < FEW_MS) {
        break;
      }
      look = new Look(guessMs);
      if (look.isPast) {
        yes = guessMs;
      } else {
        no = guessMs;
      }
    }
    return Crossings.between(no, yes, guessMs, this::isPastAt);
  }
}
