// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.calendar;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;

/** Local days: calendar days of a zone. */
public final class LocalDays {
  private LocalDays() {}

  /** The local date in {@code zone} at {@code timeMs}, epoch milliseconds. */
  public static LocalDate dateAt(long timeMs, ZoneId zone) {
    return LocalDate.ofInstant(Instant.ofEpochMilli(timeMs), zone);
  }
}
