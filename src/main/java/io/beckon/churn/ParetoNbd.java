// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

/**
 * The Pareto/NBD model: users are lost at a rate of their own, also between purchases. A check of
 * the others, not served.
 *
 * <p>D. C. Schmittlein, D. G. Morrison, R. Colombo, Counting your customers: who are they and what
 * will they do next? Management Science 33 (1987) 1–24; the likelihood as in P. S. Fader, B. G. S.
 * Hardie, A note on deriving the Pareto/NBD model and related expressions (2005).
 *
 * @param s the shape of the gamma distribution of the rates at which users are lost
 * @param beta its rate, a time
 */
public record ParetoNbd(double r, double alpha, double s, double beta) {
  /** Refuses parameters that are not above 0. */
  public ParetoNbd {
    BetaGeometric.check(r, alpha, s, beta);
  }

  /** The logarithm of the likelihood of a history. */
  public double lnLikelihood(History history) {
    double x = history.repeats();
    double alive = lnStillAlive(history);
    return Numbers.lnGamma(r + x)
        - Numbers.lnGamma(r)
        + r * StrictMath.log(alpha)
        + s * StrictMath.log(beta)
        + Numbers.lnSum(alive, lnLost(history));
  }

  /** The probability that the user is not lost. */
  public double probabilityAlive(History history) {
    return Numbers.ofOdds(lnLost(history) - lnStillAlive(history));
  }

  /** How many purchase days a user is expected to add within {@code time}. */
  public double expectedPurchases(History history, double time) {
    double growth = StrictMath.log1p(time / (beta + history.age()));
    double more = s - 1;
    double discounted = more == 0 ? growth : -StrictMath.expm1(-more * growth) / more;
    return (r + history.repeats())
        * (beta + history.age())
        / (alpha + history.age())
        * discounted
        * probabilityAlive(history);
  }

  private double lnStillAlive(History history) {
    return -(r + history.repeats()) * StrictMath.log(alpha + history.age())
        - s * StrictMath.log(beta + history.age());
  }

  /** ln((s / k) A0). */
  private double lnLost(History history) {
    double x = history.repeats();
    double k = r + s + x;
    double high = Math.max(alpha, beta);
    double apart = Math.abs(alpha - beta);
    double q = alpha >= beta ? s + 1 : r + x;
    double then = high + history.lastAge();
    double now = high + history.age();
    double lnThen = Numbers.lnHyper(k, q, apart / then) - k * StrictMath.log(then);
    double lnNow = Numbers.lnHyper(k, q, apart / now) - k * StrictMath.log(now);
    if (!(lnThen > lnNow)) {
      return Double.NEGATIVE_INFINITY;
    }
    return StrictMath.log(s / k) + Numbers.lnDifference(lnThen, lnNow);
  }
}
