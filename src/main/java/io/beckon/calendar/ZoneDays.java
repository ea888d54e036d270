// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.calendar;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.List;

/**
 * The dates of one zone, each from its first instant to the first instant of the next. Made by
 * {@link Zones}. Not thread-safe: it remembers days it was asked about.
 *
 * <p>Dates never go back. Where a clock is put back across midnight (one minute past it, in
 * Newfoundland until 2011), the new date goes on, although the clock shows the old one again. A
 * date that a zone left out is empty: it begins and ends at one instant.
 */
public final class ZoneDays {
  /** How many days are remembered, a power of two: enough for the windows of a drop. */
  private static final int REMEMBERED = 64;

  private final ZoneId zone;
  private final ZoneRules rules;

  /** The offset of a zone that never changes it, in milliseconds. */
  private final long fixedMs;

  private final boolean fixed;

  private long dayStartMs = Long.MAX_VALUE;
  private long dayEndMs = Long.MIN_VALUE;
  private long day;

  private final long[] days;
  private final long[] starts;

  // The offset of [offsetFromMs, offsetUntilMs), between two changes of the zone's clocks.
  private long offsetFromMs = Long.MAX_VALUE;
  private long offsetUntilMs = Long.MIN_VALUE;
  private long offsetMs;

  ZoneDays(ZoneId zone) {
    this.zone = zone;
    this.rules = zone.getRules();
    this.fixed = rules.isFixedOffset();
    this.fixedMs = fixed ? rules.getOffset(Instant.EPOCH).getTotalSeconds() * 1_000L : 0;
    this.days = new long[fixed ? 0 : REMEMBERED];
    this.starts = new long[fixed ? 0 : REMEMBERED];
    for (int i = 0; i < days.length; i++) {
      days[i] = Long.MIN_VALUE;
    }
  }

  /** The zone. */
  public ZoneId zone() {
    return zone;
  }

  /** The date at {@code timeMs} as an epoch day: the last one that has begun. */
  public long dateAt(long timeMs) {
    if (fixed) {
      return Math.floorDiv(timeMs + fixedMs, Durations.DAY_MS);
    }
    if (timeMs >= dayStartMs && timeMs < dayEndMs) {
      return day;
    }
    long date = Math.floorDiv(localMs(timeMs), Durations.DAY_MS);
    long endMs = startOf(date + 1);
    while (endMs <= timeMs) {
      date++;
      endMs = startOf(date + 1);
    }
    dayStartMs = startOf(date);
    dayEndMs = endMs;
    day = date;
    return date;
  }

  /** The first instant of {@code epochDay}; the first after it, if the zone left that date out. */
  public long startOf(long epochDay) {
    if (fixed) {
      return epochDay * Durations.DAY_MS - fixedMs;
    }
    int at = (int) (epochDay & (REMEMBERED - 1));
    if (days[at] != epochDay) {
      starts[at] = instantOf(LocalDate.ofEpochDay(epochDay).atStartOfDay());
      days[at] = epochDay;
    }
    return starts[at];
  }

  /**
   * The instant at which clocks show {@code time} on {@code epochDay}: its first occurrence where
   * it comes twice, the first instant after the gap where it does not come.
   */
  public long instantOf(long epochDay, LocalTime time) {
    if (fixed) {
      return epochDay * Durations.DAY_MS + time.toNanoOfDay() / 1_000_000 - fixedMs;
    }
    return instantOf(LocalDate.ofEpochDay(epochDay).atTime(time));
  }

  private long instantOf(LocalDateTime local) {
    List<ZoneOffset> offsets = rules.getValidOffsets(local);
    if (offsets.isEmpty()) {
      ZoneOffsetTransition gap = rules.getTransition(local);
      return gap.toEpochSecond() * 1_000;
    }
    return local.toInstant(offsets.get(0)).toEpochMilli();
  }

  /** What clocks show at {@code timeMs}, as milliseconds since 1970-01-01T00:00 on those clocks. */
  public long localMs(long timeMs) {
    if (fixed) {
      return timeMs + fixedMs;
    }
    meet(timeMs);
    return timeMs + offsetMs;
  }

  /**
   * The first instant after {@code timeMs} at which clocks are put forward or back, or {@code
   * Long.MAX_VALUE} if they never are again.
   */
  public long changeAfter(long timeMs) {
    if (fixed) {
      return Long.MAX_VALUE;
    }
    meet(timeMs);
    return offsetUntilMs;
  }

  private void meet(long timeMs) {
    if (timeMs >= offsetFromMs && timeMs < offsetUntilMs) {
      return;
    }
    Instant at = Instant.ofEpochMilli(timeMs);
    // At the very instant of a change the new offset holds.
    ZoneOffsetTransition last = rules.previousTransition(at.plusNanos(1));
    ZoneOffsetTransition next = rules.nextTransition(at);
    offsetFromMs = last == null ? Long.MIN_VALUE : last.toEpochSecond() * 1_000;
    offsetUntilMs = next == null ? Long.MAX_VALUE : next.toEpochSecond() * 1_000;
    offsetMs = rules.getOffset(at).getTotalSeconds() * 1_000L;
  }

  /** The name of the zone. */
  @Override
  public String toString() {
    return zone.getId();
  }
}
