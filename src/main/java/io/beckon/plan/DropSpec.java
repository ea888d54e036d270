// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.language.When;
import java.util.Objects;

/**
 * What a drop compares.
 *
 * @param measure what a date counts for
 * @param recentDates how many dates are recent, at least 1
 * @param baselineDates how many dates before them are the baseline, at least 1
 * @param by by what part of the baseline the recent dates must lie below it
 * @param minBaseline the least baseline a date
 * @param minHistoryDates how many dates must have begun since the first event
 * @param clearAt above which part of the baseline it is armed again
 * @param retentionMs how long past the last event it is kept
 */
public record DropSpec(
    Measure measure,
    int recentDates,
    int baselineDates,
    double by,
    double minBaseline,
    int minHistoryDates,
    double clearAt,
    long retentionMs) {
  /** What a date counts for. */
  public enum Measure {
    /** Its number of events. */
    COUNT,
    /** One if it has an event. */
    ACTIVE_DAYS,
    /** The exact sum of an attribute. */
    SUM
  }

  public DropSpec {
    Objects.requireNonNull(measure);
    if (recentDates < 1 || baselineDates < 1) {
      throw new IllegalArgumentException("windows have at least one date");
    }
  }

  /** What {@code drop} compares. */
  public static DropSpec of(When.Drop drop, long retentionMs) {
    Measure measure =
        drop.measure() instanceof When.Measure.Sum
            ? Measure.SUM
            : drop.measure() instanceof When.Measure.ActiveDays
                ? Measure.ACTIVE_DAYS
                : Measure.COUNT;
    return new DropSpec(
        measure,
        drop.recentDays(),
        drop.baselineDays(),
        drop.by(),
        drop.minBaseline(),
        drop.minHistoryDays(),
        drop.clearAt(),
        retentionMs);
  }
}
