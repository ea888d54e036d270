// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;

/**
 * The local dates of one user, as they stand after some changes of the zone: a date that has begun
 * ends by the zone in which it began.
 */
final class Days {
  /** The last date of the old zone and its end; before any change, the beginning of time. */
  private LocalDate last = LocalDate.MIN;

  private long lastEnds = Long.MIN_VALUE;
  private ZoneId old;
  private ZoneId zone;

  Days(ZoneId zone) {
    this.old = zone;
    this.zone = zone;
  }

  /** The zone holds from {@code timeMs} on, for dates that begin after it. */
  void change(long timeMs, ZoneId to) {
    if (to.equals(zone)) {
      return;
    }
    if (timeMs >= lastEnds) {
      LocalDate today = date(timeMs);
      lastEnds = end(today);
      last = today;
      old = zone;
    }
    zone = to;
  }

  /** The zone of the profile, whether or not a date has begun in it. */
  ZoneId zone() {
    return zone;
  }

  /** What the user's clock shows, by the zone of the date. */
  LocalDateTime clock(long timeMs) {
    return LocalDateTime.ofInstant(Instant.ofEpochMilli(timeMs), timeMs < lastEnds ? old : zone);
  }

  LocalDate date(long timeMs) {
    if (timeMs < lastEnds) {
      return last;
    }
    LocalDate local = clock(timeMs).toLocalDate();
    return local.isAfter(last) ? local : last.plusDays(1);
  }

  /** The first instant after {@code date}. */
  long end(LocalDate date) {
    if (date.equals(last)) {
      return lastEnds;
    }
    return at(date.plusDays(1), LocalTime.MIDNIGHT);
  }

  /** The instant of a local time on a date. */
  long at(LocalDate date, LocalTime time) {
    return date.isAfter(last)
        ? Math.max(lastEnds, instant(date, time, zone))
        : instant(date, time, old);
  }

  /** In a gap the first instant after it, in an overlap the first of the two. */
  private static long instant(LocalDate date, LocalTime time, ZoneId zone) {
    LocalDateTime local = date.atTime(time);
    ZoneOffsetTransition transition = zone.getRules().getTransition(local);
    if (transition == null) {
      return local.atZone(zone).toInstant().toEpochMilli();
    }
    return transition.isGap()
        ? transition.getInstant().toEpochMilli()
        : local.toInstant(transition.getOffsetBefore()).toEpochMilli();
  }
}
