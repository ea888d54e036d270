// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.calendar.ZoneDays;
import io.beckon.language.When;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * When a milestone happens.
 *
 * @param anniversary whether it comes back every year after the date, not once on it
 * @param offsetDays how many dates after it, negative before
 * @param at at which local time
 */
public record MilestoneSpec(boolean anniversary, int offsetDays, LocalTime at) {
  public MilestoneSpec {
    Objects.requireNonNull(at);
  }

  /** The date of an attribute that is a time: the one in the user's zone, as an epoch day. */
  public static long dateOf(long timeMs, ZoneDays zone) {
    return zone.dateAt(timeMs);
  }

  /** The date of an attribute that is text, {@code YYYY-MM-DD}; empty if it is anything else. */
  public static OptionalLong dateOf(String text) {
    if (text.length() != 10 || text.charAt(4) != '-' || text.charAt(7) != '-') {
      return OptionalLong.empty();
    }
    for (int i = 0; i < 10; i++) {
      if (i != 4 && i != 7 && (text.charAt(i) < '0' || text.charAt(i) > '9')) {
        return OptionalLong.empty();
      }
    }
    try {
      int year = Integer.parseInt(text, 0, 4, 10);
      int month = Integer.parseInt(text, 5, 7, 10);
      return OptionalLong.of(
          LocalDate.of(year, month, Integer.parseInt(text, 8, 10, 10)).toEpochDay());
    } catch (DateTimeException e) {
      return OptionalLong.empty();
    }
  }

  /** When {@code milestone} happens. */
  public static MilestoneSpec of(When.Milestone milestone) {
    return new MilestoneSpec(milestone.yearly(), milestone.offsetDays(), milestone.at());
  }
}
