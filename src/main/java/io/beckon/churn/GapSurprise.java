// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

/**
 * How surprising a silence is: the probability that a user with this history stays silent for so
 * long without anything having changed. Gaps are exponential at a rate that is drawn from a gamma
 * distribution and learnt from the user's repeats.
 *
 * @param r0 shape of the prior; 1 by default
 * @param alpha0 rate of the prior, a time; the median gap of all by default
 */
public record GapSurprise(double r0, double alpha0) {
  /** Refuses a prior that is not above 0. */
  public GapSurprise {
    BetaGeometric.check(r0, alpha0, 1, 1);
  }

  /** The logarithm of {@link #probability}. */
  public double lnProbability(History history) {
    return -(r0 + history.repeats()) * Numbers.lnGrowth(alpha0, history.lastAge(), history.age());
  }

  /** The probability of no purchase from the last one until now: 1 at once, falling to 0. */
  public double probability(History history) {
    return StrictMath.exp(lnProbability(history));
  }

  /**
   * The age at which {@link #probability} falls to {@code line} if the user stays silent, in closed
   * form; infinite where doubles end.
   *
   * @param line above 0, at most 1
   */
  public double ageFallsTo(double line, History history) {
    double last = history.lastAge();
    return last
        + (alpha0 + last) * StrictMath.expm1(-StrictMath.log(line) / (r0 + history.repeats()));
  }
}
