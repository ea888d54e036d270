// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.OptionalDouble;

/**
 * The MBG/NBD model: as {@link BgNbd}, but a user may be lost right after the first purchase too,
 * as many are.
 *
 * <p>E. P. Batislam, M. Denizel, A. Filiztekin, Empirical validation and comparison of models for
 * customer base analysis. International Journal of Research in Marketing 24 (2007) 201–209; the
 * same as the CBG/NBD model of D. Hoppe, U. Wagner, Marketing ZFP 3 (2007) 75–90.
 *
 * @param a the first parameter of the beta distribution of the chance to be lost
 * @param b its second
 */
public record MbgNbd(double r, double alpha, double a, double b) implements ReturnModel {
  /** Refuses parameters that are not above 0. */
  public MbgNbd {
    BetaGeometric.check(r, alpha, a, b);
  }

  @Override
  public double countTerm(long repeats) {
    return Numbers.lnGamma(r + repeats)
        - Numbers.lnGamma(r)
        + r * StrictMath.log(alpha)
        + Numbers.lnBeta(a, b + repeats + 1)
        - Numbers.lnBeta(a, b);
  }

  @Override
  public double timeTerm(History history) {
    return BetaGeometric.timeTerm(r, alpha, history, lnOddsLost(history));
  }

  @Override
  public double lnOddsLost(History history) {
    return BetaGeometric.lnOddsLost(r, alpha, a, b + history.repeats(), history);
  }

  @Override
  public double expectedPurchases(History history, double time) {
    long x = history.repeats();
    return probabilityAlive(history)
        * BetaGeometric.expectedIfAlive(r + x, alpha, a, a + b + x, history.age(), time);
  }

  @Override
  public double expectedPurchases(double time) {
    return expectedPurchases(new History(0, 0, 0), time);
  }

  @Override
  public OptionalDouble ageAliveFallsTo(double line, History history) {
    return BetaGeometric.ageAliveFallsTo(line, r, alpha, a, b + history.repeats(), history);
  }

  @Override
  public MbgNbd times(double factor) {
    return new MbgNbd(r, alpha * factor, a, b);
  }
}
