// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import org.hipparchus.special.Beta;
import org.hipparchus.special.Gamma;

/** What the formulas have in common; logarithms wherever a power could leave the doubles. */
final class Numbers {
  /** Where a series is as exact as doubles are. */
  private static final double ENOUGH = 1e-17;

  private static final int MOST_TERMS = 1_000_000;

  /** Beyond that e^z leaves the doubles before e^−z does. */
  private static final double FAR = 700;

  private Numbers() {}

  static double lnGamma(double x) {
    return Gamma.logGamma(x);
  }

  static double lnBeta(double p, double q) {
    return Beta.logBeta(p, q);
  }

  /** ln((base + to) / (base + from)), exact also where both are close. */
  static double lnGrowth(double base, double from, double to) {
    return StrictMath.log1p((to - from) / (base + from));
  }

  /** ln(e^p + e^q); either may be minus infinity. */
  static double lnSum(double p, double q) {
    double high = Math.max(p, q);
    if (high == Double.NEGATIVE_INFINITY) {
      return high;
    }
    return high + StrictMath.log1p(StrictMath.exp(Math.min(p, q) - high));
  }

  /** ln(e^p - e^q) for p above q, minus infinity if they are equal. */
  static double lnDifference(double p, double q) {
    return p + StrictMath.log(-StrictMath.expm1(q - p));
  }

  /** 1 / (1 + e^z), down to the smallest doubles; never rises with z, not even by rounding. */
  static double ofOdds(double z) {
    return z > FAR ? StrictMath.exp(-z) : 1 / (1 + StrictMath.exp(z));
  }

  /**
   * The hypergeometric series 2F1(p, q; c; z) without its first term, times c: also where c is 0.
   *
   * @param z from 0 to below 1
   */
  static double seriesTimesC(double p, double q, double c, double z) {
    double term = p * q * z;
    double sum = term;
    for (int j = 1; j < MOST_TERMS; j++) {
      double ratio = (p + j) * (q + j) / ((c + j) * (j + 1)) * z;
      term *= ratio;
      sum += term;
      if (term == 0 || (Math.abs(ratio) < 1 && isNegligible(term, ratio, sum))) {
        break;
      }
    }
    return sum;
  }

  /** ln 2F1(k, q; k + 1; z), by Euler's transformation, which leaves terms that fall. */
  static double lnHyper(double k, double q, double z) {
    double p = k + 1 - q;
    double term = 1;
    double sum = 1;
    for (int j = 0; j < MOST_TERMS; j++) {
      double ratio = (p + j) / (k + 1 + j) * z;
      term *= ratio;
      sum += term;
      if (term == 0 || (Math.abs(ratio) < 1 && isNegligible(term, ratio, sum))) {
        break;
      }
    }
    return (1 - q) * StrictMath.log1p(-z) + StrictMath.log(sum);
  }

  /** Whether what a series still has to come, about a geometric one, is below its rounding. */
  private static boolean isNegligible(double term, double ratio, double sum) {
    return Math.abs(term) <= ENOUGH * (1 - Math.abs(ratio)) * Math.abs(sum);
  }
}
