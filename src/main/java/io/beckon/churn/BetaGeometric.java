// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.OptionalDouble;

/** What {@link BgNbd} and {@link MbgNbd} share: they differ by when a user may first be lost. */
final class BetaGeometric {
  /** How close to 1 the parameter a may come, where the expectation is 0 by 0. */
  private static final double NUDGE = 1e-6;

  private BetaGeometric() {}

  static void check(double r, double alpha, double a, double b) {
    for (double parameter : new double[] {r, alpha, a, b}) {
      if (!(parameter > 0) || !Double.isFinite(parameter)) {
        throw new IllegalArgumentException(
            "r=" + r + ", alpha=" + alpha + ", a=" + a + ", b=" + b + ": not all above 0");
      }
    }
  }

  /**
   * The odds that a user is lost.
   *
   * @param bThen b plus the chances to be lost that the user is known to have survived, but one
   */
  static double lnOddsLost(double r, double alpha, double a, double bThen, History history) {
    double power = r + history.repeats();
    return StrictMath.log(a / bThen)
        + power * Numbers.lnGrowth(alpha, history.lastAge(), history.age());
  }

  /** The time term: that of a user who is alive for sure, and the odds that they are not. */
  static double timeTerm(double r, double alpha, History history, double lnOddsLost) {
    double alive = -(r + history.repeats()) * StrictMath.log(alpha + history.age());
    return alive + Numbers.lnSum(0, lnOddsLost);
  }

  static OptionalDouble ageAliveFallsTo(
      double line, double r, double alpha, double a, double bThen, History history) {
    double lnRatio =
        (StrictMath.log1p(-line) - StrictMath.log(line) + StrictMath.log(bThen / a))
            / (r + history.repeats());
    double last = history.lastAge();
    double age = last + (alpha + last) * StrictMath.expm1(Math.max(0, lnRatio));
    return Double.isFinite(age) ? OptionalDouble.of(age) : OptionalDouble.empty();
  }

  /**
   * The expected purchases of a user who is alive, within {@code time}: (c / (a - 1)) (1 -
   * ((alpha+T)/(alpha+T+t))^(r+x) 2F1(r+x, c+1-a; c; z)), by Euler's transformation in the form
   * that neither overflows nor loses digits for short times.
   *
   * @param power r + x
   * @param c of the hypergeometric function: a + b + x - 1 or a + b + x
   */
  static double expectedIfAlive(
      double power, double alpha, double a, double c, double age, double time) {
    double near = Math.abs(a - 1) < NUDGE ? 1 + NUDGE : a;
    // c moves with a: b stays what it is.
    double cNear = c + (near - a);
    double z = time / (alpha + age + time);
    double ln = (1 - near) * StrictMath.log1p(time / (alpha + age));
    double series = Numbers.seriesTimesC(cNear - power, near - 1, cNear, z);
    return -(cNear * StrictMath.expm1(ln) + StrictMath.exp(ln) * series) / (near - 1);
  }
}
