// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.OptionalDouble;

/**
 * The NBD model: rates differ between users and nobody is ever lost. What is left of the others
 * where their fit is degenerate.
 */
public record Nbd(double r, double alpha) implements ReturnModel {
  /** Refuses parameters that are not above 0. */
  public Nbd {
    BetaGeometric.check(r, alpha, 1, 1);
  }

  @Override
  public double countTerm(long repeats) {
    return Numbers.lnGamma(r + repeats) - Numbers.lnGamma(r) + r * StrictMath.log(alpha);
  }

  @Override
  public double timeTerm(History history) {
    return -(r + history.repeats()) * StrictMath.log(alpha + history.age());
  }

  @Override
  public double lnOddsLost(History history) {
    return Double.NEGATIVE_INFINITY;
  }

  @Override
  public double expectedPurchases(History history, double time) {
    return (r + history.repeats()) / (alpha + history.age()) * time;
  }

  @Override
  public double expectedPurchases(double time) {
    return r / alpha * time;
  }

  @Override
  public OptionalDouble ageAliveFallsTo(double line, History history) {
    return OptionalDouble.empty();
  }

  @Override
  public Nbd times(double factor) {
    return new Nbd(r, alpha * factor);
  }
}
