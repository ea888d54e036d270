// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.ZoneDays;
import io.beckon.calendar.Zones;
import io.beckon.plan.MilestoneSpec;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The small watches: own cadence, milestones, scores as bytes, calendars as bytes. */
class WatchesTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long DAY_MS = 24 * HOUR_MS;

  private final Zones zones = new Zones();

  private UserCalendar in(String zone) {
    return UserCalendar.of(zones.of(ZoneId.of(zone)));
  }

  private static long ms(String time) {
    return Instant.parse(time).toEpochMilli();
  }

  private static long day(String date) {
    return LocalDate.parse(date).toEpochDay();
  }

  // --- own cadence

  @Test
  void theOwnGapIsDrawnTowardsThePrior() {
    Cadence cadence = new Cadence();
    cadence.take(100);
    assertThat(cadence.gapDays(30, 2)).isEqualTo(30.0);
    cadence.take(100);
    cadence.take(107);
    cadence.take(103);
    cadence.take(114);
    assertThat(cadence.count()).isEqualTo(3);
    assertThat(cadence.firstDate()).isEqualTo(100);
    assertThat(cadence.lastDate()).isEqualTo(114);
    // (2 * 30 + 14) / (2 + 2)
    assertThat(cadence.gapDays(30, 2)).isEqualTo(18.5);
    assertThat(cadence.gapDays(0, 0)).isEqualTo(7.0);
  }

  @Test
  void theWaitIsCutToMillisecondsAndHeldWithinItsBounds() {
    Cadence cadence = new Cadence();
    cadence.take(1);
    cadence.take(2);
    assertThat(cadence.waitMs(3, 7, 2, 3, 0, Long.MAX_VALUE)).isEqualTo(Cadence.NO_WAIT);
    cadence.take(4);
    // (2 * 7 + 3) / (2 + 2) = 4.25 days
    assertThat(cadence.waitMs(1.1, 7, 2, 3, 0, Long.MAX_VALUE))
        .isEqualTo((long) Math.floor(1.1 * 4.25 * 86_400_000.0));
    assertThat(cadence.waitMs(1.1, 7, 2, 3, 5 * DAY_MS, Long.MAX_VALUE)).isEqualTo(5 * DAY_MS);
    assertThat(cadence.waitMs(1.1, 7, 2, 3, 0, DAY_MS)).isEqualTo(DAY_MS);
    assertThat(cadence.waitMs(1e300, 7, 2, 3, 0, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aCadenceIsWhatItsDatesAre() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      Set<Long> dates = new HashSet<>();
      Cadence cadence = new Cadence();
      long date = random.nextLong(40_000) - 20_000;
      long first = date;
      for (int i = 0; i < 30; i++) {
        cadence.take(date);
        dates.add(date);
        assertThat(cadence.count()).as("seed " + seed).isEqualTo(dates.size());
        assertThat(cadence.lastDate() - cadence.firstDate())
            .as("seed " + seed)
            .isEqualTo(date - first);
        ByteWriter out = new ByteWriter();
        cadence.write(out);
        Cadence read = new Cadence();
        ByteReader in = new ByteReader(out.toBytes());
        read.read(in);
        in.expectEnd();
        ByteWriter second = new ByteWriter();
        read.copy().write(second);
        assertThat(second.toBytes()).as("seed " + seed).isEqualTo(out.toBytes());
        cadence = read;
        date += random.nextInt(3);
      }
    }
    assertThatThrownBy(() -> new Cadence().read(new ByteReader(new byte[] {3, 8, 1})))
        .isInstanceOf(StateFormatException.class);
  }

  // --- milestones

  @Test
  void anAnniversaryComesEveryYearAtItsLocalTime() {
    MilestoneSpec spec = new MilestoneSpec(true, 0, LocalTime.of(9, 0));
    MilestoneWatch watch = new MilestoneWatch();
    UserCalendar berlin = in("Europe/Berlin");
    long born = MilestoneSpec.dateOf("2024-02-29").orElseThrow();
    long next = watch.nextMs(spec, born, ms("2024-01-01T00:00:00Z"), berlin);
    assertThat(next).isEqualTo(ms("2025-02-28T08:00:00Z"));
    assertThat(watch.foundYears()).isEqualTo(1);
    assertThat(watch.foundBase()).isEqualTo(day("2025-02-28"));
    assertThat(watch.nextMs(spec, born, next - 1, berlin)).isEqualTo(next);
    watch.happened(watch.foundDate());
    assertThat(watch.nextMs(spec, born, next - 1, berlin)).isEqualTo(ms("2026-02-28T08:00:00Z"));
    assertThat(watch.nextMs(spec, born, ms("2027-06-01T00:00:00Z"), berlin))
        .isEqualTo(ms("2028-02-29T08:00:00Z"));
    assertThat(watch.foundYears()).isEqualTo(4);
    assertThat(watch.nextMs(spec, born, Long.MIN_VALUE, berlin))
        .isEqualTo(ms("2026-02-28T08:00:00Z"));
  }

  @Test
  void aMilestoneMayBeMovedAndHappensOnce() {
    MilestoneSpec spec = new MilestoneSpec(false, -7, LocalTime.of(2, 30));
    MilestoneWatch watch = new MilestoneWatch();
    UserCalendar berlin = in("Europe/Berlin");
    // Seven days before, clocks skip 02:30.
    long ends = MilestoneSpec.dateOf("2026-04-05").orElseThrow();
    assertThat(watch.nextMs(spec, ends, 0, berlin)).isEqualTo(ms("2026-03-29T01:00:00Z"));
    assertThat(watch.foundDate()).isEqualTo(day("2026-03-29"));
    assertThat(watch.foundBase()).isEqualTo(ends);
    assertThat(watch.nextMs(spec, ends, ms("2026-03-29T01:00:00Z"), berlin))
        .isEqualTo(Long.MAX_VALUE);
    watch.happened(watch.foundDate());
    assertThat(watch.nextMs(spec, ends, 0, berlin)).isEqualTo(Long.MAX_VALUE);
    assertThat(watch.nextMs(spec, ends + 1, 0, berlin)).isEqualTo(ms("2026-03-30T00:30:00Z"));
  }

  @Test
  void textThatIsNoDateIsMissing() {
    assertThat(MilestoneSpec.dateOf("1990-05-17")).hasValue(day("1990-05-17"));
    for (String text :
        List.of("", "1990-5-17", "1990-02-30", "1990-05-17T00:00", "+990-05-17", "1990/05/17")) {
      assertThat(MilestoneSpec.dateOf(text)).as(text).isEmpty();
    }
    assertThat(MilestoneSpec.dateOf(ms("2026-01-01T23:30:00Z"), zones.of(ZoneId.of("Asia/Tokyo"))))
        .isEqualTo(day("2026-01-02"));
  }

  @Test
  void aMilestoneHappensExactlyOnceWhereverTheUserTravels() {
    List<String> places =
        List.of("Asia/Tokyo", "Europe/Berlin", "Pacific/Pago_Pago", "Pacific/Kiritimati", "UTC");
    for (long seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      MilestoneSpec spec =
          new MilestoneSpec(
              random.nextBoolean(),
              random.nextInt(7) - 3,
              LocalTime.ofSecondOfDay(random.nextInt(86_400)));
      UserCalendar calendar = in(places.get(random.nextInt(places.size())));
      long now = ms("2026-06-01T00:00:00Z") + random.nextLong(DAY_MS);
      LocalDate happens = LocalDate.ofEpochDay(calendar.dateAt(now) + 3 + random.nextInt(3));
      long date =
          happens
              .minusDays(spec.offsetDays())
              .minusYears(spec.anniversary() ? 1 + random.nextInt(40) : 0)
              .toEpochDay();
      MilestoneWatch watch = new MilestoneWatch();
      List<Long> fired = new ArrayList<>();
      long after = now;
      for (int i = 0; i < 60; i++) {
        long change = now + random.nextLong(12 * HOUR_MS);
        long next = watch.nextMs(spec, date, after, calendar);
        while (next <= change) {
          fired.add(watch.foundDate());
          watch.happened(watch.foundDate());
          after = next;
          next = watch.nextMs(spec, date, after, calendar);
        }
        now = change;
        after = change;
        ZoneDays to = zones.of(ZoneId.of(places.get(random.nextInt(places.size()))));
        calendar = calendar.changed(to, change);
        ByteWriter out = new ByteWriter();
        watch.write(out);
        MilestoneWatch read = new MilestoneWatch();
        ByteReader in = new ByteReader(out.toBytes());
        read.read(in);
        in.expectEnd();
        watch = random.nextBoolean() ? read : watch.copy();
      }
      assertThat(fired).as("seed %s %s", seed, spec).containsExactly(happens.toEpochDay());
    }
  }

  @Test
  void datesThatHappenedAreRememberedInAnyOrder() {
    MilestoneSpec spec = new MilestoneSpec(false, 0, LocalTime.NOON);
    MilestoneWatch watch = new MilestoneWatch();
    for (long date : new long[] {100, 98, 103}) {
      watch.happened(date);
    }
    UserCalendar utc = in("UTC");
    for (long date = 30; date < 110; date++) {
      boolean again = watch.nextMs(spec, date, 0, utc) != Long.MAX_VALUE;
      boolean happened = date == 100 || date == 98 || date == 103 || date <= 103 - 64;
      assertThat(again).as("date " + date).isEqualTo(!happened);
    }
  }

  // --- bytes

  @Test
  void aScoreWatchIsReadAsItWasWritten() {
    for (long seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      ScoreWatch watch = new ScoreWatch();
      long at = 1_790_000_000_000L;
      for (int i = 0; i < 10; i++) {
        ByteWriter out = new ByteWriter();
        watch.write(out, at);
        ScoreWatch read = new ScoreWatch();
        ByteReader in = new ByteReader(out.toBytes());
        read.read(in, at);
        in.expectEnd();
        assertThat(read.isArmed()).as("seed " + seed).isEqualTo(watch.isArmed());
        assertThat(read.pastSinceMs()).as("seed " + seed).isEqualTo(watch.pastSinceMs());
        assertThat(read.lastEventMs()).as("seed " + seed).isEqualTo(watch.lastEventMs());
        assertThat(read.observedMs()).as("seed " + seed).isEqualTo(watch.observedMs());
        watch = random.nextBoolean() ? read : watch.copy();
        at += random.nextLong(DAY_MS);
        watch.take(at, DAY_MS / 2);
        watch.observe(at, random.nextBoolean(), random.nextInt(3) == 0, HOUR_MS);
      }
      watch.prune(watch.deadAtMs(DAY_MS) - 1, DAY_MS);
      assertThat(watch.isEmpty()).isFalse();
      watch.prune(watch.deadAtMs(DAY_MS), DAY_MS);
      assertThat(watch.isEmpty()).isTrue();
    }
    assertThatThrownBy(() -> new ScoreWatch().read(new ByteReader(new byte[] {2, 7, 0}), 0))
        .isInstanceOf(StateFormatException.class);
  }

  @Test
  void aCalendarIsReadAsItWasWritten() {
    ZoneDays utc = zones.of(ZoneId.of("UTC"));
    UserCalendar tokyo = in("Asia/Tokyo");
    UserCalendar away =
        tokyo.changed(zones.of(ZoneId.of("Europe/Berlin")), ms("2026-06-10T05:00:00Z"));
    for (UserCalendar calendar : List.of(tokyo, away)) {
      ByteWriter out = new ByteWriter();
      CalendarCodec.write(out, calendar, 1_790_000_000_000L);
      ByteReader in = new ByteReader(out.toBytes());
      assertThat(CalendarCodec.read(in, 1_790_000_000_000L, zones, utc)).isEqualTo(calendar);
      in.expectEnd();
    }
    byte[] unknown = {0, 2, '?', '?'};
    assertThat(CalendarCodec.read(new ByteReader(unknown), 0, zones, utc))
        .isEqualTo(UserCalendar.of(utc));
    assertThatThrownBy(() -> CalendarCodec.read(new ByteReader(new byte[] {9}), 0, zones, utc))
        .isInstanceOf(StateFormatException.class);
  }
}
