// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

/**
 * When a silence is longer than usual for this user: so many of their own gaps, drawn towards the
 * gap of everybody, never less than a floor nor more than a ceiling. An alarm clock, not a ranking.
 *
 * @param factor how many gaps, k
 * @param priorGapDays the gap of everybody, m0
 * @param priorWeight how many of the user's own gaps it weighs, k0
 * @param floorMs the least wait
 * @param ceilingMs the longest; wins over the least
 */
public record OwnCadence(
    double factor, double priorGapDays, double priorWeight, long floorMs, long ceilingMs) {
  private static final double DAY_MS = 86_400_000.0;

  /** Refuses what cannot be. */
  public OwnCadence {
    if (!(factor > 0)
        || !(priorGapDays > 0)
        || !(priorWeight > 0)
        || floorMs < 0
        || ceilingMs < 0) {
      throw new IllegalArgumentException("a cadence of nothing, or less");
    }
  }

  /** The user's own gap, shrunk: (k0 m0 + t_x) / (k0 + x). */
  public double gapDays(PurchaseDays days) {
    double lastAge = days.lastDay() - days.firstDay();
    return (priorWeight * priorGapDays + lastAge) / (priorWeight + days.repeats());
  }

  /** How many of the user's gaps the silence has lasted, at an instant since the last day began. */
  public double gaps(PurchaseDays days, long timeMs) {
    return (timeMs - days.lastDay() * DAY_MS) / DAY_MS / gapDays(days);
  }

  /** How long after the last purchase silence is unusual. */
  public long waitMs(PurchaseDays days) {
    long waitMs = (long) StrictMath.floor(factor * gapDays(days) * DAY_MS);
    return Math.min(Math.max(waitMs, floorMs), ceilingMs);
  }
}
