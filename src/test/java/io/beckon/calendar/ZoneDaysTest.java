// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.calendar;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Dates of every zone the JDK knows, around each change of its clocks. */
class ZoneDaysTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long DAY_MS = Durations.DAY_MS;

  /** Zones by name, in an order that is the same everywhere. */
  static List<ZoneId> zones() {
    List<ZoneId> zones = new ArrayList<>();
    ZoneId.getAvailableZoneIds().stream().sorted().map(ZoneId::of).forEach(zones::add);
    for (String fixed : List.of("+05:30", "-18:00", "+18:00", "UTC+03:15", "Z")) {
      zones.add(ZoneId.of(fixed));
    }
    return zones;
  }

  private static List<Long> transitions(ZoneId zone) {
    List<Long> times = new ArrayList<>();
    for (ZoneOffsetTransition each : zone.getRules().getTransitions()) {
      times.add(each.toEpochSecond() * 1_000);
    }
    Instant at = Instant.parse("2024-01-01T00:00:00Z");
    for (int i = 0; i < 6; i++) {
      ZoneOffsetTransition next = zone.getRules().nextTransition(at);
      if (next == null) {
        break;
      }
      at = next.getInstant();
      times.add(at.toEpochMilli());
    }
    times.add(0L);
    return times;
  }

  private static long clockDate(long timeMs, ZoneId zone) {
    return LocalDays.dateAt(timeMs, zone).toEpochDay();
  }

  /** The latest date that a clock has shown up to then. */
  private static long naiveDate(long timeMs, ZoneId zone) {
    long date = clockDate(timeMs, zone);
    ZoneOffsetTransition each =
        zone.getRules().previousTransition(Instant.ofEpochMilli(timeMs + 1));
    while (each != null && each.toEpochSecond() * 1_000 > timeMs - 3 * DAY_MS) {
      date = Math.max(date, clockDate(each.toEpochSecond() * 1_000 - 1, zone));
      each = zone.getRules().previousTransition(each.getInstant());
    }
    return date;
  }

  @Test
  void datesPartTimeAroundEveryChangeOfClocks() {
    int looked = 0;
    for (ZoneId zone : zones()) {
      ZoneDays days = new ZoneDays(zone);
      for (long change : transitions(zone)) {
        long first = naiveDate(change - 2 * DAY_MS, zone);
        long startMs = days.startOf(first);
        for (long date = first; date < first + 6; date++) {
          long endMs = days.startOf(date + 1);
          String where =
              zone + " " + LocalDate.ofEpochDay(date) + " " + Instant.ofEpochMilli(endMs);
          assertThat(endMs).as(where).isGreaterThanOrEqualTo(startMs);
          assertThat(naiveDate(endMs, zone)).as(where).isGreaterThanOrEqualTo(date + 1);
          assertThat(naiveDate(endMs - 1, zone)).as(where).isLessThanOrEqualTo(date);
          assertThat(days.dateAt(endMs)).as(where).isEqualTo(naiveDate(endMs, zone));
          assertThat(days.dateAt(endMs - 1)).as(where).isEqualTo(naiveDate(endMs - 1, zone));
          startMs = endMs;
          looked++;
        }
        for (long at : new long[] {-HOUR_MS, -1, 0, 1, 1_800_000, HOUR_MS, 25 * HOUR_MS}) {
          assertThat(new ZoneDays(zone).dateAt(change + at))
              .as("%s %s", zone, Instant.ofEpochMilli(change + at))
              .isEqualTo(naiveDate(change + at, zone));
        }
      }
    }
    assertThat(looked).isGreaterThan(100_000);
  }

  @Test
  void aDateIsThatOfTheClocksAtAnyTimeOfThisCentury() {
    long seed = 7;
    Random random = new Random(seed);
    for (ZoneId zone : zones()) {
      ZoneDays days = new ZoneDays(zone);
      long at = Instant.parse("2012-01-01T00:00:00Z").toEpochMilli();
      for (int i = 0; i < 300; i++) {
        at += random.nextLong(10) == 0 ? random.nextLong(90 * DAY_MS) : random.nextLong(HOUR_MS);
        assertThat(days.dateAt(at))
            .as("seed %s, %s %s", seed, zone, Instant.ofEpochMilli(at))
            .isEqualTo(clockDate(at, zone));
      }
    }
  }

  private static String start(String zone, String date) {
    ZoneDays days = new ZoneDays(ZoneId.of(zone));
    return Instant.ofEpochMilli(days.startOf(LocalDate.parse(date).toEpochDay())).toString();
  }

  @Test
  void aDateThatAZoneLeftOutIsEmpty() {
    assertThat(start("Pacific/Apia", "2011-12-30")).isEqualTo("2011-12-30T10:00:00Z");
    assertThat(start("Pacific/Apia", "2011-12-31")).isEqualTo("2011-12-30T10:00:00Z");
    assertThat(start("Pacific/Kwajalein", "1993-08-21"))
        .isEqualTo(start("Pacific/Kwajalein", "1993-08-22"));
  }

  @Test
  void aDayWithoutMidnightBeginsAfterTheGap() {
    assertThat(start("America/Sao_Paulo", "2018-11-04")).isEqualTo("2018-11-04T03:00:00Z");
    assertThat(start("Asia/Beirut", "2024-03-31")).isEqualTo("2024-03-30T22:00:00Z");
  }

  @Test
  void aDateGoesOnWhenClocksArePutBackAcrossMidnight() {
    ZoneDays days = new ZoneDays(ZoneId.of("America/St_Johns"));
    long sunday = LocalDate.parse("2010-11-07").toEpochDay();
    long startMs = Instant.parse("2010-11-07T02:30:00Z").toEpochMilli();
    assertThat(days.startOf(sunday)).isEqualTo(startMs);
    assertThat(clockDate(startMs + 60_000, days.zone())).isEqualTo(sunday - 1);
    assertThat(days.dateAt(startMs + 60_000)).isEqualTo(sunday);
  }

  private static String at(String zone, String date, String time) {
    ZoneDays days = new ZoneDays(ZoneId.of(zone));
    long day = LocalDate.parse(date).toEpochDay();
    return Instant.ofEpochMilli(days.instantOf(day, LocalTime.parse(time))).toString();
  }

  @Test
  void aTimeInAGapIsTheFirstInstantAfterIt() {
    assertThat(at("Europe/Berlin", "2026-03-29", "02:30")).isEqualTo("2026-03-29T01:00:00Z");
    assertThat(at("Europe/Berlin", "2026-03-29", "03:00")).isEqualTo("2026-03-29T01:00:00Z");
    assertThat(at("Pacific/Apia", "2011-12-30", "09:00")).isEqualTo("2011-12-30T10:00:00Z");
    assertThat(at("Australia/Lord_Howe", "2026-10-04", "02:15")).isEqualTo("2026-10-03T15:30:00Z");
  }

  @Test
  void aTimeThatComesTwiceIsItsFirst() {
    assertThat(at("Europe/Berlin", "2026-10-25", "02:30")).isEqualTo("2026-10-25T00:30:00Z");
    assertThat(at("Asia/Kolkata", "2026-10-25", "09:00")).isEqualTo("2026-10-25T03:30:00Z");
    assertThat(at("+01:00", "1969-12-31", "23:59:59.999")).isEqualTo("1969-12-31T22:59:59.999Z");
  }

  @Test
  void namesAreFoundOnceAndMisspeltOnesAreNot() {
    Zones zones = new Zones();
    assertThat(zones.find("Asia/Shanghai")).isPresent();
    assertThat(zones.find("Asia/Shanghai").orElseThrow())
        .isSameAs(zones.of(ZoneId.of("Asia/Shanghai")));
    assertThat(zones.find("Asia/Shangai")).isEmpty();
    assertThat(zones.find("")).isEmpty();
    for (int i = 0; i < 2 * Zones.MOST; i++) {
      assertThat(zones.find("no such zone " + i)).isEmpty();
    }
    assertThat(zones.find("Asia/Shanghai").orElseThrow())
        .isSameAs(zones.of(ZoneId.of("Asia/Shanghai")));
  }
}
