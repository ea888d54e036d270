// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.ZoneDays;
import io.beckon.calendar.Zones;
import io.beckon.plan.DropSpec;
import io.beckon.plan.DropSpec.Measure;
import java.math.BigDecimal;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Drops against a replay of every close of every date. */
class DropWatchTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long DAY_MS = 24 * HOUR_MS;
  private static final long BEGIN_MS = 1_790_000_000_000L;
  private static final List<Measure> MEASURES = List.of(Measure.values());
  private static final List<String> PLACES =
      List.of("Asia/Tokyo", "Europe/Berlin", "Pacific/Pago_Pago", "Pacific/Kiritimati", "UTC");

  private record Fired(long date, long atMs, double recent, double baseline) {}

  private record Taken(long date, BigDecimal value) {}

  /** An event, or a change of zone where there is a place. */
  private record Point(long timeMs, BigDecimal value, String place) {}

  /** The contract's words: everything kept, every date closed one by one. */
  private static final class Naive {
    private final DropSpec spec;
    private final List<Taken> all = new ArrayList<>();
    private final List<Fired> fired = new ArrayList<>();
    private boolean armed = true;
    private long first;
    private long next;
    private long lastMs;

    Naive(DropSpec spec) {
      this.spec = spec;
    }

    void take(long timeMs, long date, BigDecimal value) {
      if (!all.isEmpty() && timeMs - lastMs > spec.retentionMs()) {
        all.clear();
      }
      if (all.isEmpty()) {
        armed = true;
        first = date;
        next = date;
      }
      all.add(new Taken(date, value));
      lastMs = timeMs;
    }

    private double perDate(long from, long to, int dates) {
      BigDecimal sum = BigDecimal.ZERO;
      Set<Long> active = new HashSet<>();
      for (Taken each : all) {
        if (each.date() >= from && each.date() <= to) {
          boolean news = active.add(each.date());
          sum =
              switch (spec.measure()) {
                case SUM -> sum.add(each.value());
                case COUNT -> sum.add(BigDecimal.ONE);
                case ACTIVE_DAYS -> news ? sum.add(BigDecimal.ONE) : sum;
              };
        }
      }
      return sum.doubleValue() / dates;
    }

    /** Closes every date whose close is before {@code untilMs}. */
    void closeBefore(long untilMs, UserCalendar calendar) {
      while (!all.isEmpty() && calendar.endOf(next) < untilMs) {
        long atMs = calendar.endOf(next);
        if (atMs - lastMs > spec.retentionMs()) {
          return;
        }
        long d = next++;
        long half = d - spec.recentDates();
        double r = perDate(half + 1, d, spec.recentDates());
        double b = perDate(half - spec.baselineDates() + 1, half, spec.baselineDates());
        if (armed) {
          if (d - first + 1 >= spec.minHistoryDates()
              && b > 0
              && b >= spec.minBaseline()
              && r <= (1 - spec.by()) * b) {
            armed = false;
            fired.add(new Fired(d, atMs, r, b));
          }
        } else if (r > spec.clearAt() * b) {
          armed = true;
        }
      }
    }
  }

  private static DropSpec spec(Random random) {
    int recent = 1 + random.nextInt(6);
    int baseline = 1 + random.nextInt(15);
    double by = (1 + random.nextInt(10)) / 10.0;
    return new DropSpec(
        MEASURES.get(random.nextInt(3)),
        recent,
        baseline,
        by,
        random.nextInt(3) == 0 ? random.nextDouble() : 0,
        random.nextBoolean() ? recent + baseline : random.nextInt(10),
        random.nextBoolean() ? 1 - by / 2 : 1 - by + 0.01 + random.nextDouble() / 2,
        DAY_MS * (1 + random.nextInt(40)));
  }

  private static byte[] bytes(DropWatch watch, long baseMs) {
    ByteWriter out = new ByteWriter();
    watch.write(out, baseMs);
    return out.toBytes();
  }

  private static void read(DropWatch into, byte[] bytes, long baseMs) {
    ByteReader in = new ByteReader(bytes);
    into.read(in, baseMs);
    in.expectEnd();
  }

  @Test
  void itFiresAtTheClosesAtWhichEveryDateLookedAtSaysSo() {
    Zones zones = new Zones();
    int fired = 0;
    int again = 0;
    for (long seed = 0; seed < 3_000; seed++) {
      Random random = new Random(seed);
      DropSpec spec = spec(random);
      UserCalendar calendar = UserCalendar.of(zones.of(ZoneId.of("Europe/Berlin")));
      boolean travels = random.nextBoolean();
      List<Point> points = new ArrayList<>();
      long at = BEGIN_MS + random.nextLong(DAY_MS);
      for (int i = 0; i < 80; i++) {
        at +=
            random.nextInt(12) == 0 ? random.nextLong(30 * DAY_MS) : random.nextLong(20 * HOUR_MS);
        if (random.nextInt(6) == 0) {
          at = Math.max(at - 12 * HOUR_MS, calendar.endOf(calendar.dateAt(at)));
        }
        points.add(
            travels && random.nextInt(10) == 0
                ? new Point(at, BigDecimal.ZERO, PLACES.get(random.nextInt(PLACES.size())))
                : new Point(
                    at, BigDecimal.valueOf(random.nextInt(90) - 10, random.nextInt(3)), ""));
      }
      points.add(new Point(at + 200 * DAY_MS, BigDecimal.ONE, ""));

      String where = "seed " + seed + " " + spec;
      Naive naive = new Naive(spec);
      List<Fired> found = new ArrayList<>();
      DropWatch watch = new DropWatch(spec);
      long nowMs = 0;
      for (Point point : points) {
        long t = point.timeMs();
        // What closes as the zone changes closes by the zone before.
        long until = point.place().isEmpty() ? t : t + 1;
        naive.closeBefore(until, calendar);
        for (long due = watch.nextFiringMs(calendar, nowMs);
            due < until;
            due = watch.nextFiringMs(calendar, nowMs)) {
          long date = watch.nextFiringDate();
          assertThat(watch.closeUpTo(date)).as(where).isEqualTo(date);
          found.add(new Fired(date, due, watch.foundRecent(), watch.foundBaseline()));
        }
        if (point.place().isEmpty()) {
          naive.take(t, calendar.dateAt(t), point.value());
          watch.take(t, point.value(), calendar);
        } else {
          calendar = calendar.changed(zones.of(ZoneId.of(point.place())), t);
        }
        nowMs = t;
        if (random.nextInt(5) == 0) {
          byte[] written = bytes(watch, t);
          DropWatch read = new DropWatch(spec);
          read(read, written, t);
          assertThat(bytes(read, t)).as(where).isEqualTo(written);
          watch = random.nextBoolean() ? read : watch.copy();
          assertThat(written.length)
              .as(where)
              .isLessThan(50 + 30 * (spec.recentDates() + spec.baselineDates() + 2));
        }
        if (random.nextInt(5) == 0) {
          watch.closeUpTo(Math.min(calendar.dateAt(t) - 2, watch.nextFiringDate() - 1));
        }
        if (random.nextInt(5) == 0) {
          watch.prune(t);
        }
      }
      assertThat(found).as(where).isEqualTo(naive.fired);
      fired += found.size();
      again += found.size() > 1 ? 1 : 0;
    }
    assertThat(fired).isGreaterThan(2_000);
    assertThat(again).isGreaterThan(500);
  }

  @Test
  void aHabitThatStopsIsADropAtTheFirstCloseBelowTheLine() {
    DropSpec spec = new DropSpec(Measure.ACTIVE_DAYS, 7, 28, 0.4, 0.5, 35, 0.8, 400 * DAY_MS);
    ZoneDays utc = new Zones().of(ZoneId.of("UTC"));
    UserCalendar calendar = UserCalendar.of(utc);
    DropWatch watch = new DropWatch(spec);
    for (int day = 0; day < 40; day++) {
      watch.take(day * DAY_MS + 9 * HOUR_MS, BigDecimal.ONE, calendar);
      watch.take(day * DAY_MS + 10 * HOUR_MS, BigDecimal.ONE, calendar);
    }
    // 4 of 7 recent dates, 4/7 <= 0.6: at the close of the third date without an event.
    assertThat(watch.nextFiringDate()).isEqualTo(42);
    assertThat(watch.nextFiringMs(calendar, watch.lastEventMs())).isEqualTo(43 * DAY_MS);
    assertThat(watch.closeUpTo(100)).isEqualTo(42);
    assertThat(watch.foundRecent()).isEqualTo(4 / 7.0);
    assertThat(watch.foundBaseline()).isEqualTo(1.0);
    assertThat(watch.isArmed()).isFalse();
    assertThat(watch.closeUpTo(100)).isEqualTo(DropWatch.NO_DATE);
    assertThat(watch.nextFiringMs(calendar, watch.lastEventMs())).isEqualTo(Long.MAX_VALUE);
    assertThat(watch.deadAtMs()).isEqualTo(39 * DAY_MS + 10 * HOUR_MS + 400 * DAY_MS + 1);
    watch.prune(watch.deadAtMs() - 1);
    assertThat(watch.isEmpty()).isFalse();
    watch.prune(watch.deadAtMs());
    assertThat(watch.isEmpty()).isTrue();
    assertThat(bytes(watch, 0)).hasSize(1);
  }

  @Test
  void anEventAtTheCloseBelongsToTheNextDateAndDoesNotHideIt() {
    DropSpec spec = new DropSpec(Measure.COUNT, 1, 1, 1, 0, 2, 0.5, 400 * DAY_MS);
    UserCalendar calendar = UserCalendar.of(new Zones().of(ZoneId.of("UTC")));
    DropWatch watch = new DropWatch(spec);
    watch.take(5, BigDecimal.ONE, calendar);
    assertThat(watch.nextFiringMs(calendar, watch.lastEventMs())).isEqualTo(2 * DAY_MS);
    watch.take(2 * DAY_MS, BigDecimal.ONE, calendar);
    assertThat(watch.nextFiringMs(calendar, watch.lastEventMs())).isEqualTo(2 * DAY_MS);
    assertThat(watch.closeUpTo(1)).isEqualTo(1);
    watch.take(2 * DAY_MS + 1, BigDecimal.ONE, calendar);
    // The third date's own events arm it again at its close, and the empty fourth lets it fire.
    assertThat(watch.nextFiringDate()).isEqualTo(3);
    assertThat(watch.isArmed()).isFalse();
    assertThat(watch.closeUpTo(2)).isEqualTo(DropWatch.NO_DATE);
    assertThat(watch.isArmed()).isTrue();
    assertThat(watch.nextFiringDate()).isEqualTo(3);
  }

  @Test
  void damagedBytesAreRefused() {
    UserCalendar calendar = UserCalendar.of(new Zones().of(ZoneId.of("UTC")));
    int refused = 0;
    for (long seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      DropSpec spec = spec(random);
      DropWatch watch = new DropWatch(spec);
      for (int i = 0; i < 9; i++) {
        watch.take(i * DAY_MS, BigDecimal.valueOf(random.nextInt(99), 1), calendar);
      }
      byte[] damaged = bytes(watch, 0);
      if (random.nextBoolean()) {
        damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      } else {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        read(new DropWatch(spec), damaged, 0);
      } catch (StateFormatException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(100);
    assertThatThrownBy(() -> new DropSpec(Measure.COUNT, 0, 7, 0.4, 0, 7, 0.8, DAY_MS))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
