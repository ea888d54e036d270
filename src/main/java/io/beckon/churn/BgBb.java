// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

/**
 * The BG/BB model: at each of some opportunities, such as renewals, a user who is not lost buys or
 * does not, and may be lost before each. A check of the others, not served.
 *
 * <p>P. S. Fader, B. G. S. Hardie, J. Shang, Customer-base analysis in a discrete-time
 * noncontractual setting. Marketing Science 29 (2010) 1086–1108.
 *
 * @param alpha first parameter of the beta distribution of the chance to buy
 * @param beta its second
 * @param gamma first parameter of the beta distribution of the chance to be lost
 * @param delta its second
 */
public record BgBb(double alpha, double beta, double gamma, double delta) {
  /** Refuses parameters that are not above 0. */
  public BgBb {
    BetaGeometric.check(alpha, beta, gamma, delta);
  }

  /**
   * The logarithm of the likelihood of a history.
   *
   * @param bought at how many opportunities the user bought, x
   * @param last the last of these, from 1; 0 if there is none
   * @param opportunities how many there were, n
   */
  public double lnLikelihood(int bought, int last, int opportunities) {
    double ln = lnAlive(bought, opportunities, opportunities);
    for (int i = last; i < opportunities; i++) {
      ln =
          Numbers.lnSum(
              ln,
              lnBought(bought, i)
                  + Numbers.lnBeta(gamma + 1, delta + i)
                  - Numbers.lnBeta(gamma, delta));
    }
    return ln;
  }

  /** The probability that the user is not lost at the next opportunity. */
  public double probabilityAlive(int bought, int last, int opportunities) {
    return StrictMath.exp(
        lnAlive(bought, opportunities, opportunities + 1)
            - lnLikelihood(bought, last, opportunities));
  }

  private double lnAlive(int bought, int opportunities, int survived) {
    return lnBought(bought, opportunities)
        + Numbers.lnBeta(gamma, delta + survived)
        - Numbers.lnBeta(gamma, delta);
  }

  private double lnBought(int bought, int opportunities) {
    return Numbers.lnBeta(alpha + bought, beta + opportunities - bought)
        - Numbers.lnBeta(alpha, beta);
  }
}
