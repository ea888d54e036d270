// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.calendar;

import java.time.LocalTime;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A user's local dates: those of a zone and, while the last change of zone still matters, how they
 * go over from the zone before. Immutable.
 *
 * <p>A change of zone at c on date d leaves d its end e, which is that of the zone before. From e
 * on the date is the new zone's, but at least d + 1. So the dates part time: each is closed once
 * and none is left out, though one that the new zone is past already is empty.
 *
 * <p>It answers for times from the last change on; what was before, the caller has settled by then.
 */
public final class UserCalendar {
  private final ZoneDays zone;
  private final @Nullable ZoneDays before;
  private final long heldDate;
  private final long heldEndMs;

  private UserCalendar(ZoneDays zone, @Nullable ZoneDays before, long heldDate, long heldEndMs) {
    this.zone = Objects.requireNonNull(zone);
    this.before = before;
    this.heldDate = heldDate;
    this.heldEndMs = heldEndMs;
  }

  /** The dates of {@code zone}, which was always the user's. */
  public static UserCalendar of(ZoneDays zone) {
    return new UserCalendar(zone, null, 0, 0);
  }

  /**
   * The dates of one who went from {@code before} to {@code zone} on {@code heldDate}, which ends
   * at {@code heldEndMs}: what {@link #before}, {@link #heldDate} and {@link #heldEndMs} gave.
   */
  public static UserCalendar of(ZoneDays zone, ZoneDays before, long heldDate, long heldEndMs) {
    return new UserCalendar(zone, Objects.requireNonNull(before), heldDate, heldEndMs);
  }

  /** The zone that the user is in by now. */
  public ZoneDays zone() {
    return zone;
  }

  /** Whether a change of zone still matters. */
  public boolean isChanging() {
    return before != null;
  }

  /** The zone before the change; the zone itself if none matters. */
  public ZoneDays before() {
    return before == null ? zone : before;
  }

  /** The epoch day on which the zone changed, 0 if no change matters. */
  public long heldDate() {
    return heldDate;
  }

  /** The end of {@link #heldDate}. */
  public long heldEndMs() {
    return heldEndMs;
  }

  /** The local date at {@code timeMs}, which is not before the last change, as an epoch day. */
  public long dateAt(long timeMs) {
    if (before == null) {
      return zone.dateAt(timeMs);
    }
    return timeMs < heldEndMs ? heldDate : Math.max(heldDate + 1, zone.dateAt(timeMs));
  }

  /** The close of {@code epochDay}: the first instant of the next date. */
  public long endOf(long epochDay) {
    if (before == null) {
      return zone.startOf(epochDay + 1);
    }
    if (epochDay > heldDate) {
      return Math.max(heldEndMs, zone.startOf(epochDay + 1));
    }
    return epochDay == heldDate ? heldEndMs : Math.min(heldEndMs, before.startOf(epochDay + 1));
  }

  /**
   * The instant of {@code time} on {@code epochDay}: where clocks skip it, the first after the gap;
   * where they show it twice, the first.
   */
  public long instantOf(long epochDay, LocalTime time) {
    if (before == null) {
      return zone.instantOf(epochDay, time);
    }
    return epochDay <= heldDate
        ? before.instantOf(epochDay, time)
        : Math.max(heldEndMs, zone.instantOf(epochDay, time));
  }

  /** The hour of the week that the user's clock shows: 0 is Monday 00:00 to 00:59, 167 the last. */
  public int hourOfWeek(long timeMs) {
    long hours = Math.floorDiv(localMs(timeMs), 3_600_000L);
    // 1970-01-01 was a Thursday.
    return (int) Math.floorMod(hours + 3 * 24, 7 * 24L);
  }

  /**
   * What the user's clock shows at {@code timeMs}, as milliseconds since 1970-01-01T00:00 on that
   * clock. It may say another date than {@link #dateAt}, which never goes back.
   */
  public long localMs(long timeMs) {
    return before != null && timeMs < heldEndMs ? before.localMs(timeMs) : zone.localMs(timeMs);
  }

  /**
   * The first instant after {@code timeMs} at which the user's clock is put forward or back, or
   * becomes that of another zone; {@code Long.MAX_VALUE} if it just goes on for ever.
   */
  public long changeAfter(long timeMs) {
    return before != null && timeMs < heldEndMs
        ? Math.min(heldEndMs, before.changeAfter(timeMs))
        : zone.changeAfter(timeMs);
  }

  /** The calendar once the user is in {@code to} from {@code atMs} on; this one if they are. */
  public UserCalendar changed(ZoneDays to, long atMs) {
    if (to.zone().equals(zone.zone())) {
      return this;
    }
    ZoneDays from = zone;
    long date;
    long endMs;
    if (before != null && atMs < heldEndMs) {
      from = before;
      date = heldDate;
      endMs = heldEndMs;
    } else {
      date = dateAt(atMs);
      endMs = endOf(date);
    }
    if (to.zone().equals(from.zone()) && from.dateAt(atMs) == date) {
      return of(to);
    }
    return new UserCalendar(to, from, date, endMs);
  }

  /** From when on a change of zone does not matter any more; the least number if none does. */
  public long settledMs() {
    return before == null ? Long.MIN_VALUE : Math.max(heldEndMs, zone.startOf(heldDate + 1));
  }

  /** The same for times from {@code timeMs} on: without a change that does not matter any more. */
  public UserCalendar since(long timeMs) {
    return before == null || timeMs < heldEndMs || zone.dateAt(timeMs) <= heldDate
        ? this
        : of(zone);
  }

  /** Two are equal if the same zones and the same change made them. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof UserCalendar that
        && that.zone.zone().equals(zone.zone())
        && that.before().zone().equals(before().zone())
        && that.isChanging() == isChanging()
        && that.heldDate == heldDate
        && that.heldEndMs == heldEndMs;
  }

  @Override
  public int hashCode() {
    return Objects.hash(zone.zone(), before().zone(), heldDate, heldEndMs);
  }

  /** The zone only. */
  @Override
  public String toString() {
    return zone.toString();
  }
}
