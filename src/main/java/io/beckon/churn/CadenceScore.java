// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

/** How much of the wait of {@link OwnCadence} the silence has lasted: 1 when it is over. */
public record CadenceScore(OwnCadence cadence) implements ChurnScore {
  @Override
  public double at(Activity activity, long timeMs) {
    return activity.isEmpty()
        ? Double.NaN
        : (timeMs - activity.lastMs()) / (double) cadence.waitMs(activity);
  }

  @Override
  public long first(
      Activity activity, boolean above, double line, boolean orEqual, long fromMs, long lastMs) {
    if (activity.isEmpty()) {
      return Long.MAX_VALUE;
    }
    // It grows, so that below the line it is at once or never.
    return Crossings.first(
        fromMs,
        above ? lastMs : Math.min(fromMs, lastMs),
        activity.lastMs() + (long) (line * cadence.waitMs(activity)),
        timeMs -> ChurnScore.isPast(at(activity, timeMs), above, line, orEqual));
  }

  @Override
  public long nextJump(Activity activity, long afterMs, long lastMs) {
    return Long.MAX_VALUE;
  }
}
