// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.OptionalDouble;

/**
 * The BG/NBD model: a user may be lost after each repeat purchase, never before the first one.
 *
 * <p>P. S. Fader, B. G. S. Hardie, K. L. Lee, "Counting your customers" the easy way. Marketing
 * Science 24 (2005) 275–284.
 *
 * @param a the first parameter of the beta distribution of the chance to be lost
 * @param b its second
 */
public record BgNbd(double r, double alpha, double a, double b) implements ReturnModel {
  /** Refuses parameters that are not above 0. */
  public BgNbd {
    BetaGeometric.check(r, alpha, a, b);
  }

  @Override
  public double countTerm(long repeats) {
    return Numbers.lnGamma(r + repeats)
        - Numbers.lnGamma(r)
        + r * StrictMath.log(alpha)
        + Numbers.lnBeta(a, b + repeats)
        - Numbers.lnBeta(a, b);
  }

  @Override
  public double timeTerm(History history) {
    return BetaGeometric.timeTerm(r, alpha, history, lnOddsLost(history));
  }

  @Override
  public double lnOddsLost(History history) {
    return history.repeats() == 0
        ? Double.NEGATIVE_INFINITY
        : BetaGeometric.lnOddsLost(r, alpha, a, b + history.repeats() - 1, history);
  }

  @Override
  public double expectedPurchases(History history, double time) {
    long x = history.repeats();
    return probabilityAlive(history)
        * BetaGeometric.expectedIfAlive(r + x, alpha, a, a + b + x - 1, history.age(), time);
  }

  @Override
  public double expectedPurchases(double time) {
    return expectedPurchases(new History(0, 0, 0), time);
  }

  /** The probability that a user of whom nothing is known has {@code repeats} within a time. */
  public double probabilityOfRepeats(long repeats, double time) {
    double lnKept = -StrictMath.log1p(time / alpha);
    double share = time / (alpha + time);
    double lnShare = StrictMath.log(share);
    double lnCount =
        Numbers.lnGamma(r + repeats)
            - Numbers.lnGamma(r)
            - Numbers.lnGamma(repeats + 1.0)
            + r * lnKept
            + (repeats == 0 ? 0 : repeats * lnShare);
    double lnB = Numbers.lnBeta(a, b);
    double alive = StrictMath.exp(Numbers.lnBeta(a, b + repeats) - lnB + lnCount);
    if (repeats == 0) {
      return alive;
    }
    double term = 1;
    double atLeast = 1;
    for (long j = repeats; term > 1e-17 * (1 - share) * atLeast; j++) {
      term *= (r + j) / (j + 1) * share;
      atLeast += term;
    }
    double lost = Numbers.lnBeta(a + 1, b + repeats - 1) - lnB + lnCount;
    return alive + StrictMath.exp(lost) * atLeast;
  }

  @Override
  public OptionalDouble ageAliveFallsTo(double line, History history) {
    return history.repeats() == 0
        ? OptionalDouble.empty()
        : BetaGeometric.ageAliveFallsTo(line, r, alpha, a, b + history.repeats() - 1, history);
  }

  @Override
  public BgNbd times(double factor) {
    return new BgNbd(r, alpha * factor, a, b);
  }
}
