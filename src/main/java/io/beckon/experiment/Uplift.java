// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.experiment;

import java.util.Optional;

/**
 * What sending did: how much more often those converted who were to be sent something than those
 * who were held out, whatever became of it. With the 95 % interval of that difference: Newcombe's
 * hybrid score interval, without continuity correction, which combines Wilson's intervals of both
 * shares and holds what it promises also where few convert or few were held out.
 *
 * <p>R. G. Newcombe, Interval estimation for the difference between independent proportions:
 * comparison of eleven methods. Statistics in Medicine 17 (1998) 873–890, method 10.
 *
 * @param difference the treated's share of conversions less that of the held out, from -1 to 1
 * @param low the least difference in the interval
 * @param high the greatest difference in the interval
 */
public record Uplift(Group treated, Group heldOut, double difference, double low, double high) {
  /** The quantile of the normal distribution at 0.975. */
  private static final double Z = 1.959963984540054;

  /**
   * Some users, or episodes of users.
   *
   * @param n how many
   * @param converted how many of them reached the goal in time
   */
  public record Group(long n, long converted) {
    /** Refuses what cannot be. */
    public Group {
      if (converted < 0 || converted > n) {
        throw new IllegalArgumentException(converted + " of " + n);
      }
    }

    /** The share that converted; only of groups that are not empty. */
    public double rate() {
      if (n == 0) {
        throw new IllegalStateException("nobody has no rate");
      }
      return (double) converted / n;
    }

    /** Wilson's score interval's lower or upper bound. */
    private double bound(int sign) {
      double x = converted;
      double root = Math.sqrt(Z * Z + 4 * x * (1 - x / n));
      return (2 * x + Z * Z + sign * Z * root) / (2 * (n + Z * Z));
    }
  }

  /** The uplift between two groups; empty if one of them is. */
  public static Optional<Uplift> between(Group treated, Group heldOut) {
    if (treated.n() == 0 || heldOut.n() == 0) {
      return Optional.empty();
    }
    double p1 = treated.rate();
    double p2 = heldOut.rate();
    double below = Math.hypot(p1 - treated.bound(-1), heldOut.bound(1) - p2);
    double above = Math.hypot(treated.bound(1) - p1, p2 - heldOut.bound(-1));
    double difference = p1 - p2;
    return Optional.of(
        new Uplift(
            treated,
            heldOut,
            difference,
            Math.max(-1, difference - below),
            Math.min(1, difference + above)));
  }

  /** Whether the interval says that sending does something: it lies on one side of 0. */
  public boolean isClear() {
    return low > 0 || high < 0;
  }
}
