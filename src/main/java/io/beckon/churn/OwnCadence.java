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

  /** How long after the last event silence is unusual; at least a millisecond. */
  public long waitMs(Activity activity) {
    double gapDays = activity.meanGapDays(priorGapDays, priorWeight);
    long waitMs = (long) StrictMath.floor(factor * gapDays * Activity.DAY_MS);
    return Math.max(1, Math.min(Math.max(waitMs, floorMs), ceilingMs));
  }
}
