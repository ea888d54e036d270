// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.calendar;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The dates of users who travel, against a replay in steps. */
class UserCalendarTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long STEP_MS = 15 * 60_000;

  private final Zones zones = new Zones();

  private ZoneDays zone(String name) {
    return zones.of(ZoneId.of(name));
  }

  private static long ms(String time) {
    return Instant.parse(time).toEpochMilli();
  }

  private static long day(String date) {
    return LocalDate.parse(date).toEpochDay();
  }

  @Test
  void theDateAtAChangeEndsWhereItWouldHaveEnded() {
    UserCalendar calendar =
        UserCalendar.of(zone("Asia/Tokyo"))
            .changed(zone("America/Los_Angeles"), ms("2026-06-10T05:00:00Z"));
    assertThat(calendar.isChanging()).isTrue();
    assertThat(calendar.dateAt(ms("2026-06-10T14:59:59.999Z"))).isEqualTo(day("2026-06-10"));
    // In Los Angeles it is the 10th still, but that date is closed.
    assertThat(calendar.dateAt(ms("2026-06-10T15:00:00Z"))).isEqualTo(day("2026-06-11"));
    assertThat(calendar.endOf(day("2026-06-10"))).isEqualTo(ms("2026-06-10T15:00:00Z"));
    assertThat(calendar.endOf(day("2026-06-11"))).isEqualTo(ms("2026-06-12T07:00:00Z"));
    assertThat(calendar.instantOf(day("2026-06-10"), LocalTime.NOON))
        .isEqualTo(ms("2026-06-10T03:00:00Z"));
    assertThat(calendar.instantOf(day("2026-06-11"), LocalTime.NOON))
        .isEqualTo(ms("2026-06-11T19:00:00Z"));
    assertThat(calendar.hourOfWeek(ms("2026-06-10T14:00:00Z"))).isEqualTo(2 * 24 + 23);
    assertThat(calendar.hourOfWeek(ms("2026-06-10T15:00:00Z"))).isEqualTo(2 * 24 + 8);
    assertThat(calendar.since(ms("2026-06-10T23:00:00Z"))).isSameAs(calendar);
    assertThat(calendar.since(ms("2026-06-11T07:00:00Z")))
        .isEqualTo(UserCalendar.of(zone("America/Los_Angeles")));
  }

  @Test
  void aDateThatTheNewZoneIsPastIsEmpty() {
    UserCalendar calendar =
        UserCalendar.of(zone("Pacific/Pago_Pago"))
            .changed(zone("Pacific/Kiritimati"), ms("2026-06-10T05:00:00Z"));
    // The 9th ends in Pago Pago on the 10th at 11:00Z, when it is the 11th in Kiritimati.
    assertThat(calendar.dateAt(ms("2026-06-10T10:59:59.999Z"))).isEqualTo(day("2026-06-09"));
    assertThat(calendar.dateAt(ms("2026-06-10T11:00:00Z"))).isEqualTo(day("2026-06-11"));
    assertThat(calendar.endOf(day("2026-06-10"))).isEqualTo(ms("2026-06-10T11:00:00Z"));
    assertThat(calendar.instantOf(day("2026-06-10"), LocalTime.NOON))
        .isEqualTo(ms("2026-06-10T11:00:00Z"));
  }

  @Test
  void whoComesBackOnTheSameDateHasNeverBeenAway() {
    UserCalendar home = UserCalendar.of(zone("Asia/Tokyo"));
    UserCalendar away = home.changed(zone("Europe/Berlin"), ms("2026-06-10T05:00:00Z"));
    assertThat(away.changed(zone("Europe/Berlin"), ms("2026-06-10T06:00:00Z"))).isSameAs(away);
    assertThat(away.changed(zone("Asia/Tokyo"), ms("2026-06-10T07:00:00Z"))).isEqualTo(home);
    UserCalendar elsewhere = away.changed(zone("Asia/Kolkata"), ms("2026-06-10T07:00:00Z"));
    assertThat(elsewhere.heldEndMs()).isEqualTo(away.heldEndMs());
    assertThat(elsewhere)
        .isEqualTo(
            UserCalendar.of(
                zone("Asia/Kolkata"),
                zone("Asia/Tokyo"),
                day("2026-06-10"),
                ms("2026-06-10T15:00:00Z")))
        .hasSameHashCodeAs(elsewhere.since(ms("2026-06-10T14:00:00Z")))
        .isNotEqualTo(away);
  }

  /** The contract's words, kept as numbers and moved on step by step. */
  private static final class Naive {
    private ZoneId now;
    private ZoneId old;
    private long held = Long.MIN_VALUE;
    private long end = Long.MIN_VALUE;

    Naive(ZoneId zone) {
      now = zone;
      old = zone;
    }

    long date(long t) {
      return t < end ? held : Math.max(held + 1, LocalDays.dateAt(t, now).toEpochDay());
    }

    void change(ZoneId to, long c) {
      if (to.equals(now)) {
        return;
      }
      if (c >= end) {
        held = date(c);
        old = now;
        end = c + 1;
        while (LocalDays.dateAt(end, old).toEpochDay() <= held) {
          // Clocks stand on whole minutes in the years looked at.
          end = Math.floorDiv(end, 60_000L) * 60_000 + 60_000;
        }
      }
      now = to;
    }
  }

  @Test
  void datesPartTimeThroughRandomJourneys() {
    List<ZoneId> everywhere = ZoneDaysTest.zones();
    for (long seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      ZoneId first = everywhere.get(random.nextInt(everywhere.size()));
      UserCalendar calendar = UserCalendar.of(zones.of(first));
      Naive naive = new Naive(first);
      long t = ms("2026-01-01T00:00:00Z") + random.nextLong(365) * 24 * HOUR_MS;
      long date = calendar.dateAt(t);
      int often = 20 + random.nextInt(200);
      for (int step = 0; step < 1_500; step++) {
        t += STEP_MS;
        if (random.nextInt(often) == 0) {
          ZoneId to = everywhere.get(random.nextInt(everywhere.size()));
          long c = t - random.nextLong(STEP_MS);
          calendar = calendar.changed(zones.of(to), c);
          naive.change(to, c);
        }
        if (random.nextInt(often) == 0) {
          calendar = calendar.since(t);
        }
        String where = "seed " + seed + " at " + Instant.ofEpochMilli(t) + " in " + naive.now;
        long now = calendar.dateAt(t);
        assertThat(now).as(where).isEqualTo(naive.date(t)).isGreaterThanOrEqualTo(date);
        date = now;
        for (long x = now; x < now + 3; x++) {
          long close = calendar.endOf(x);
          assertThat(calendar.dateAt(close)).as(where).isGreaterThan(x);
          assertThat(calendar.dateAt(close - 1)).as(where).isLessThanOrEqualTo(x);
          assertThat(close).as(where).isGreaterThan(t);
          assertThat(naive.date(close)).as(where).isGreaterThan(x);
          assertThat(naive.date(close - 1)).as(where).isLessThanOrEqualTo(x);
        }
      }
    }
  }
}
