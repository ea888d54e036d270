// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.calendar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.beckon.calendar.QuietHours.Holiday;
import io.beckon.calendar.QuietHours.Window;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Quiet hours by what the user's clock shows, checked by java.time. */
class QuietHoursTest {
  private static final long SECOND_MS = 1_000;
  private static final long HOUR_MS = 3_600_000;
  private static final long DAY_MS = Durations.DAY_MS;

  private final Zones zones = new Zones();

  private UserCalendar in(String zone) {
    return UserCalendar.of(zones.of(ZoneId.of(zone)));
  }

  private static long ms(String time) {
    return Instant.parse(time).toEpochMilli();
  }

  private static Window window(String text) {
    String[] ends = text.split("-", -1);
    return new Window(minute(ends[0]), minute(ends[1]));
  }

  private static int minute(String time) {
    return Integer.parseInt(time.substring(0, 2)) * 60 + Integer.parseInt(time.substring(3));
  }

  private static Holiday holiday(String from, String to) {
    return new Holiday(LocalDate.parse(from).toEpochDay(), LocalDate.parse(to).toEpochDay());
  }

  private static QuietHours windows(String... texts) {
    return QuietHours.of(List.of(texts).stream().map(QuietHoursTest::window).toList(), List.of());
  }

  @Test
  void aWindowBeginsAtItsFirstInstantAndIsOverAtItsLast() {
    QuietHours quiet = windows("22:00-08:00");
    UserCalendar berlin = in("Europe/Berlin");
    assertThat(quiet.isQuiet(berlin, ms("2026-01-10T20:59:59.999Z"))).isFalse();
    assertThat(quiet.isQuiet(berlin, ms("2026-01-10T21:00:00Z"))).isTrue();
    assertThat(quiet.isQuiet(berlin, ms("2026-01-11T06:59:59.999Z"))).isTrue();
    assertThat(quiet.isQuiet(berlin, ms("2026-01-11T07:00:00Z"))).isFalse();
    assertThat(quiet.openFrom(berlin, ms("2026-01-10T21:00:00Z")))
        .isEqualTo(ms("2026-01-11T07:00:00Z"));
    assertThat(quiet.openFrom(berlin, ms("2026-01-11T07:00:00Z")))
        .isEqualTo(ms("2026-01-11T07:00:00Z"));
    assertThat(quiet.quietFrom(berlin, ms("2026-01-11T07:00:00Z")))
        .isEqualTo(ms("2026-01-11T21:00:00Z"));
    assertThat(quiet.quietFrom(berlin, ms("2026-01-11T21:00:00.001Z")))
        .isEqualTo(ms("2026-01-11T21:00:00.001Z"));
    assertThat(quiet.nameAt(berlin, ms("2026-01-11T05:00:00Z"))).contains("22:00-08:00");
    assertThat(quiet.nameAt(berlin, ms("2026-01-11T12:00:00Z"))).isEmpty();
  }

  @Test
  void adjoiningWindowsAndHolidaysAreOne() {
    QuietHours quiet =
        QuietHours.of(
            List.of(window("22:00-24:00"), window("00:00-07:30"), window("07:30-08:00")),
            List.of(
                holiday("2026-01-12", "2026-01-12"),
                holiday("2026-01-13", "2026-01-14"),
                holiday("2026-01-12", "2026-01-13")));
    UserCalendar utc = in("UTC");
    assertThat(quiet.openFrom(utc, ms("2026-01-10T23:00:00Z")))
        .isEqualTo(ms("2026-01-11T08:00:00Z"));
    assertThat(quiet.openFrom(utc, ms("2026-01-11T22:00:00Z")))
        .isEqualTo(ms("2026-01-15T08:00:00Z"));
    assertThat(quiet.isQuiet(utc, ms("2026-01-13T12:00:00Z"))).isTrue();
    assertThat(quiet.nameAt(utc, ms("2026-01-13T12:00:00Z"))).contains("2026-01-13/2026-01-14");
    assertThat(quiet.nameAt(utc, ms("2026-01-15T00:00:00Z"))).contains("00:00-07:30");
    assertThat(quiet.quietFrom(utc, ms("2026-01-15T08:00:00Z")))
        .isEqualTo(ms("2026-01-15T22:00:00Z"));
  }

  @Test
  void holidaysAloneAreWholeDatesOfTheUser() {
    QuietHours quiet = QuietHours.of(List.of(), List.of(holiday("2027-02-05", "2027-02-12")));
    UserCalendar shanghai = in("Asia/Shanghai");
    assertThat(quiet.quietFrom(shanghai, ms("2027-01-01T00:00:00Z")))
        .isEqualTo(ms("2027-02-04T16:00:00Z"));
    assertThat(quiet.openFrom(shanghai, ms("2027-02-04T16:00:00Z")))
        .isEqualTo(ms("2027-02-12T16:00:00Z"));
    assertThat(quiet.isQuiet(shanghai, ms("2027-02-04T15:59:59.999Z"))).isFalse();
    assertThat(quiet.quietFrom(shanghai, ms("2027-02-12T16:00:00Z"))).isEqualTo(Long.MAX_VALUE);
    // Further than 400 days ahead.
    assertThat(quiet.quietFrom(shanghai, ms("2025-12-31T15:59:59.999Z"))).isEqualTo(Long.MAX_VALUE);
    assertThat(quiet.quietFrom(shanghai, ms("2025-12-31T16:00:00Z")))
        .isEqualTo(ms("2027-02-04T16:00:00Z"));
  }

  @Test
  void nothingIsQuietWhereNothingIsWritten() {
    QuietHours none = QuietHours.of(List.of(), List.of());
    long at = ms("2026-06-01T03:00:00Z");
    assertThat(none.isQuiet(in("Europe/Paris"), at)).isFalse();
    assertThat(none.openFrom(in("Europe/Paris"), at)).isEqualTo(at);
    assertThat(none.quietFrom(in("Europe/Paris"), at)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whereClocksArePutForwardTheWindowIsShorter() {
    UserCalendar berlin = in("Europe/Berlin");
    assertThat(windows("22:00-02:30").openFrom(berlin, ms("2026-03-28T23:00:00Z")))
        .isEqualTo(ms("2026-03-29T01:00:00Z"));
    // From 02:00 to 03:00 the clock shows nothing that is quiet.
    assertThat(windows("02:00-03:00").quietFrom(berlin, ms("2026-03-28T12:00:00Z")))
        .isEqualTo(ms("2026-03-30T00:00:00Z"));
    assertThat(windows("22:00-08:00").openFrom(berlin, ms("2026-03-28T23:00:00Z")))
        .isEqualTo(ms("2026-03-29T06:00:00Z"));
  }

  @Test
  void whereClocksArePutBackQuietTimeComesTwice() {
    UserCalendar berlin = in("Europe/Berlin");
    QuietHours quiet = windows("22:00-02:30");
    // 02:30 the first time, then 02:00 again at 01:00Z, then 02:30 the second time.
    assertThat(quiet.openFrom(berlin, ms("2026-10-24T23:00:00Z")))
        .isEqualTo(ms("2026-10-25T00:30:00Z"));
    assertThat(quiet.quietFrom(berlin, ms("2026-10-25T00:30:00Z")))
        .isEqualTo(ms("2026-10-25T01:00:00Z"));
    assertThat(quiet.openFrom(berlin, ms("2026-10-25T01:00:00Z")))
        .isEqualTo(ms("2026-10-25T01:30:00Z"));
    assertThat(windows("22:00-08:00").openFrom(berlin, ms("2026-10-24T23:00:00Z")))
        .isEqualTo(ms("2026-10-25T07:00:00Z"));
  }

  @Test
  void zonesOfOldHaveOddOffsets() {
    // Liberia was 00:44:30 behind UTC until 1972.
    assertThat(windows("22:00-08:00").openFrom(in("Africa/Monrovia"), ms("1971-06-01T03:00:00Z")))
        .isEqualTo(ms("1971-06-01T08:44:30Z"));
  }

  @Test
  void whoTravelsHasTheOldClockUntilTheDateIsOver() {
    UserCalendar calendar =
        in("Asia/Tokyo")
            .changed(zones.of(ZoneId.of("America/Los_Angeles")), ms("2026-06-10T05:00:00Z"));
    QuietHours quiet = windows("22:00-08:00");
    // 22:00 in Tokyo; from midnight there the clock is the one of Los Angeles, 08:00.
    assertThat(quiet.quietFrom(calendar, ms("2026-06-10T05:00:00Z")))
        .isEqualTo(ms("2026-06-10T13:00:00Z"));
    assertThat(quiet.openFrom(calendar, ms("2026-06-10T13:00:00Z")))
        .isEqualTo(ms("2026-06-10T15:00:00Z"));
    assertThat(quiet.isQuiet(calendar, ms("2026-06-10T15:00:00Z"))).isFalse();
    assertThat(quiet.quietFrom(calendar, ms("2026-06-10T15:00:00Z")))
        .isEqualTo(ms("2026-06-11T05:00:00Z"));
  }

  /** Between two changes of the clock nothing is made for the garbage collector. */
  @Test
  void askingAllocatesNothing() {
    QuietHours quiet =
        QuietHours.of(
            List.of(window("22:00-08:00"), window("12:00-13:00")),
            List.of(holiday("2026-05-01", "2026-05-01")));
    UserCalendar berlin = in("Europe/Berlin");
    long fromMs = ms("2026-04-10T00:00:00Z");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    long allocated = Long.MAX_VALUE;
    long quietTimes = 0;
    // A round may still meet the compiler at work; a later one may not.
    for (int round = 0; round < 20 && allocated > 1_000; round++) {
      long before = threads.getThreadAllocatedBytes(thread);
      for (int i = 0; i < 100_000; i++) {
        long at = fromMs + (i % 1_000) * HOUR_MS;
        quietTimes += quiet.isQuiet(berlin, at) ? 1 : 0;
        quietTimes += quiet.openFrom(berlin, at) > at ? 1 : 0;
      }
      allocated = threads.getThreadAllocatedBytes(thread) - before;
    }
    assertThat(quietTimes).isPositive();
    assertThat(allocated).as("bytes for 200,000 questions").isLessThanOrEqualTo(1_000);
  }

  @Test
  void nonsenseIsRefused() {
    assertThatThrownBy(() -> windows("08:00-08:00")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> windows("08:00-20:00", "19:00-08:00"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no minute is left open");
    assertThatThrownBy(() -> new Window(0, 1441)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> holiday("2026-01-02", "2026-01-01"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(windows("22:00-08:00")).isEqualTo(windows("22:00-08:00"));
    assertThat(windows("22:00-08:00")).isNotEqualTo(windows("22:00-08:01"));
    assertThat(windows("22:05-24:00")).hasToString("[22:05-24:00] []");
  }

  /** What java.time says, no part of it shared with what is tested but the date. */
  private static boolean quietByJavaTime(
      List<Window> windows, List<Holiday> holidays, ZoneId zone, long date, long timeMs) {
    LocalTime time = LocalTime.ofInstant(Instant.ofEpochMilli(timeMs), zone);
    long second = time.toSecondOfDay();
    for (Window each : windows) {
      boolean in =
          each.fromMinute() < each.toMinute()
              ? second >= each.fromMinute() * 60L && second < each.toMinute() * 60L
              : second >= each.fromMinute() * 60L || second < each.toMinute() * 60L;
      if (in) {
        return true;
      }
    }
    return holidays.stream().anyMatch(h -> date >= h.firstDay() && date <= h.lastDay());
  }

  @Test
  void theFirstOpenAndTheFirstQuietInstantAreThoseOfASearchSecondBySecond() {
    List<ZoneId> all = ZoneDaysTest.zones();
    for (int seed = 0; seed < 400; seed++) {
      Random random = new Random(seed);
      List<Window> windows = new ArrayList<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        int from = random.nextInt(1440);
        windows.add(new Window(from, (from + 1 + random.nextInt(500)) % 1440));
      }
      long at = random.nextLong(ms("1890-01-01T00:00:00Z"), ms("2040-01-01T00:00:00Z"));
      ZoneDays zone = zones.of(all.get(random.nextInt(all.size())));
      UserCalendar calendar = UserCalendar.of(zone);
      if (random.nextInt(2) == 0) {
        calendar = calendar.changed(zones.of(all.get(random.nextInt(all.size()))), at);
      } else if (random.nextInt(2) == 0) {
        // Near a change of the clock, if there was or will be one.
        ZoneOffsetTransition next = zone.zone().getRules().nextTransition(Instant.ofEpochMilli(at));
        at = next == null ? at : next.toEpochSecond() * 1_000 - random.nextLong(20 * HOUR_MS);
      }
      List<Holiday> holidays = new ArrayList<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        long day = calendar.dateAt(at) + random.nextInt(3);
        holidays.add(new Holiday(day, day + random.nextInt(2)));
      }
      QuietHours quiet = QuietHours.of(windows, holidays);
      String where =
          "seed " + seed + ": " + quiet + " " + calendar + " at " + Instant.ofEpochMilli(at);
      long open = quiet.openFrom(calendar, at);
      assertThat(open).as(where).isEqualTo(search(windows, holidays, calendar, at, false));
      if (!windows.isEmpty() || !holidays.isEmpty()) {
        long firstQuiet = quiet.quietFrom(calendar, at);
        long farMs = at + 5 * DAY_MS;
        assertThat(Math.min(firstQuiet, farMs))
            .as(where)
            .isEqualTo(Math.min(farMs, search(windows, holidays, calendar, at, true)));
      }
      boolean isQuiet = quietAt(windows, holidays, calendar, at);
      assertThat(quiet.isQuiet(calendar, at)).as(where).isEqualTo(isQuiet);
      assertThat(quiet.nameAt(calendar, at).isPresent()).as(where).isEqualTo(isQuiet);
    }
  }

  private static boolean quietAt(
      List<Window> windows, List<Holiday> holidays, UserCalendar calendar, long timeMs) {
    ZoneId zone = timeMs < calendar.heldEndMs() ? calendar.before().zone() : calendar.zone().zone();
    ZoneId clock = calendar.isChanging() ? zone : calendar.zone().zone();
    return quietByJavaTime(windows, holidays, clock, calendar.dateAt(timeMs), timeMs);
  }

  private static long search(
      List<Window> windows,
      List<Holiday> holidays,
      UserCalendar calendar,
      long fromMs,
      boolean wanted) {
    long atMs = fromMs;
    while (quietAt(windows, holidays, calendar, atMs) != wanted && atMs < fromMs + 5 * DAY_MS) {
      // Clocks and windows change at whole seconds only.
      atMs = (Math.floorDiv(atMs, SECOND_MS) + 1) * SECOND_MS;
    }
    return atMs;
  }

  @Test
  void inEveryZoneAroundEveryChangeOfAYearNothingOpensInQuietHoursAndNothingOpensLate() {
    List<List<Window>> choices =
        List.of(
            List.of(window("22:00-08:00")),
            List.of(window("01:30-02:30"), window("23:30-00:15")),
            List.of(window("12:00-14:00"), window("00:00-06:00"), window("22:00-24:00")));
    long checked = 0;
    for (ZoneId zone : ZoneDaysTest.zones()) {
      UserCalendar calendar = UserCalendar.of(zones.of(zone));
      for (long around : timesOfAYear(zone)) {
        TreeSet<Long> points = new TreeSet<>();
        LocalDate middle = LocalDate.ofInstant(Instant.ofEpochMilli(around), zone);
        for (int day = -2; day <= 3; day++) {
          for (int minute = 0; minute < 1440; minute += 15) {
            addAround(points, zone, middle.plusDays(day).atTime(minute / 60, minute % 60));
          }
        }
        points.add(around);
        points.add(around - 1);
        for (List<Window> windows : choices) {
          checked += check(windows, zone, calendar, points.stream().mapToLong(x -> x).toArray());
        }
      }
    }
    assertThat(checked).isGreaterThan(1_000_000);
  }

  /** The changes of the zone's clocks in 2026 and in the last year that had any. */
  private static List<Long> timesOfAYear(ZoneId zone) {
    List<Long> times = new ArrayList<>();
    times.add(ms("2026-06-15T12:00:00Z"));
    ZoneOffsetTransition last =
        zone.getRules().previousTransition(Instant.parse("2026-12-31T23:59:59Z"));
    if (last == null) {
      return times;
    }
    ZoneOffsetTransition each = last;
    while (each != null
        && each.toEpochSecond() > last.toEpochSecond() - 366 * (DAY_MS / SECOND_MS)) {
      times.add(each.toEpochSecond() * 1_000);
      each = zone.getRules().previousTransition(each.getInstant());
    }
    return times;
  }

  private static void addAround(Set<Long> points, ZoneId zone, LocalDateTime local) {
    for (ZoneOffset offset : zone.getRules().getValidOffsets(local)) {
      long at = local.toInstant(offset).toEpochMilli();
      points.add(at - 1);
      points.add(at);
    }
  }

  /**
   * The points hold every instant at which something begins or ends, so that the first open one
   * among them is the first open one of all.
   */
  private long check(List<Window> windows, ZoneId zone, UserCalendar calendar, long[] points) {
    QuietHours quiet = QuietHours.of(windows, List.of());
    boolean[] isQuiet = new boolean[points.length];
    for (int i = 0; i < points.length; i++) {
      isQuiet[i] = quietByJavaTime(windows, List.of(), zone, 0, points[i]);
    }
    long open = Long.MIN_VALUE;
    long closed = Long.MIN_VALUE;
    long checked = 0;
    for (int i = points.length - 1; i >= 0; i--) {
      open = isQuiet[i] ? open : points[i];
      closed = isQuiet[i] ? points[i] : closed;
      boolean right =
          quiet.isQuiet(calendar, points[i]) == isQuiet[i]
              && (open == Long.MIN_VALUE || quiet.openFrom(calendar, points[i]) == open)
              && (closed == Long.MIN_VALUE || quiet.quietFrom(calendar, points[i]) == closed);
      if (!right) {
        ZonedDateTime at = Instant.ofEpochMilli(points[i]).atZone(zone);
        assertThat(quiet.isQuiet(calendar, points[i])).as("%s %s", quiet, at).isEqualTo(isQuiet[i]);
        assertThat(quiet.openFrom(calendar, points[i])).as("%s %s", quiet, at).isEqualTo(open);
        assertThat(quiet.quietFrom(calendar, points[i])).as("%s %s", quiet, at).isEqualTo(closed);
      }
      checked++;
    }
    return checked;
  }
}
