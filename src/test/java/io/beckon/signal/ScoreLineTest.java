// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.Zones;
import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.plan.SignalKind;
import io.beckon.plan.SignalSpec;
import io.beckon.state.ScoreWatch;
import io.beckon.state.SignalState;
import java.math.BigDecimal;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Scores and their crossings against replays of single milliseconds. */
class ScoreLineTest {
  private static final long DAY_MS = 86_400_000;

  private static final RecordType RECORD =
      RecordType.of("bought", List.of(Attribute.optional("total", AttributeType.DECIMAL)));

  private final UserCalendar calendar = UserCalendar.of(new Zones().of(ZoneId.of("Europe/Berlin")));

  private static Slots total(Random random) {
    return new Slots(RECORD).setDecimal(0, BigDecimal.valueOf(random.nextInt(60) - 15, 1));
  }

  private static SignalSpec paned(SignalKind kind, AttributeType result, Random random) {
    long windowMs = random.nextLong(3_000);
    long paneMs = random.nextBoolean() ? 1 : 1 + random.nextLong(100);
    return new SignalSpec(kind, result, false, windowMs, paneMs, 0, 0, 0, -1, 0, 0, 0, 0);
  }

  /** A signal in which milliseconds are what days are otherwise. */
  private static SignalSpec quick(Random random) {
    long retentionMs = 1 + random.nextLong(9_000);
    long tauMs = 1 + random.nextLong(2_000);
    return switch (random.nextInt(10)) {
      case 0 -> paned(SignalKind.COUNT, AttributeType.INT, random);
      case 1 -> paned(SignalKind.SUM, AttributeType.DECIMAL, random);
      case 2 -> paned(SignalKind.AVG, AttributeType.DOUBLE, random);
      case 3 -> paned(SignalKind.MIN, AttributeType.DECIMAL, random);
      case 4 -> paned(SignalKind.MAX, AttributeType.DECIMAL, random);
      case 5 -> SignalSpec.distinct(random.nextLong(3_000));
      case 6 -> SignalSpec.lastOf(AttributeType.DECIMAL, retentionMs);
      case 7 -> SignalSpec.ownGap(OptionalLong.of(DAY_MS), 2, retentionMs);
      case 8 ->
          SignalSpec.activityLevel(
              tauMs,
              random.nextBoolean() ? OptionalLong.of(random.nextLong(1_000)) : OptionalLong.empty(),
              retentionMs);
      default ->
          SignalSpec.dropRatio(
              tauMs,
              tauMs + 1 + random.nextLong(2 * tauMs),
              random.nextBoolean()
                  ? OptionalDouble.of(random.nextInt(100_000))
                  : OptionalDouble.empty(),
              retentionMs);
    };
  }

  private static double aroundOf(
      SignalState state, long atMs, UserCalendar calendar, Random random) {
    double value = state.valueAt(atMs + random.nextLong(3_000), calendar);
    double line = Double.isNaN(value) ? random.nextInt(5) : value;
    return random.nextInt(3) == 0 ? line * (0.5 + random.nextDouble()) : line;
  }

  /** The score's words, asked every millisecond. */
  private static final class Naive {
    private final boolean above;
    private final double line;
    private final OptionalDouble clearAt;
    private final long forMs;
    private boolean armed;
    private long past = -1;

    Naive(boolean above, double line, OptionalDouble clearAt, long forMs) {
      this.above = above;
      this.line = line;
      this.clearAt = clearAt;
      this.forMs = forMs;
    }

    boolean fires(long t, double v) {
      boolean isPast = above ? v > line : v < line;
      boolean isClear = !isPast && !Double.isNaN(v);
      if (clearAt.isPresent()) {
        isClear = above ? v < clearAt.getAsDouble() : v > clearAt.getAsDouble();
      }
      past = !isPast ? -1 : past == -1 ? t : past;
      armed = armed || isClear;
      if (armed && isPast && t >= past + forMs) {
        armed = false;
        return true;
      }
      return false;
    }
  }

  @Test
  void aScoreFiresWhereALookAtEveryMillisecondSaysSo() {
    int fired = 0;
    int wakes = 0;
    long looked = 0;
    for (long seed = 0; seed < 1_200; seed++) {
      Random random = new Random(seed);
      SignalSpec spec = quick(random);
      long begin = 1_780_000_000_000L + random.nextLong(DAY_MS);
      // Across midnight, so that levels and gaps see several dates.
      begin += calendar.endOf(calendar.dateAt(begin)) - begin - 3_000;
      List<Long> times = new ArrayList<>();
      List<Slots> totals = new ArrayList<>();
      long at = begin;
      for (int i = 0; i < 12; i++) {
        at += random.nextInt(5) == 0 ? 0 : random.nextLong(random.nextInt(6) == 0 ? 8_000 : 900);
        times.add(at);
        totals.add(total(random));
      }
      SignalState probe = SignalState.of(spec);
      for (int i = 0; i < 6; i++) {
        probe.take(times.get(i), totals.get(i), 0, calendar);
      }
      double line = aroundOf(probe, times.get(5), calendar, random);
      boolean above = random.nextBoolean();
      long forMs = random.nextInt(3) == 0 ? random.nextLong(1_500) : 0;
      long retentionMs = 1 + random.nextLong(9_000);
      double further = random.nextDouble() * Math.abs(line) * 0.5;
      OptionalDouble clearAt =
          random.nextBoolean()
              ? OptionalDouble.empty()
              : OptionalDouble.of(above ? line - further : line + further);
      ScoreLine score =
          above
              ? ScoreLine.above(line, clearAt, forMs, retentionMs)
              : ScoreLine.below(line, clearAt, forMs, retentionMs);
      String where =
          "seed " + seed + " " + spec + (above ? " above " : " below ") + line + " " + clearAt;

      List<Long> expected = new ArrayList<>();
      SignalState slow = SignalState.of(spec);
      long lifeMs = score.lifeMs(slow);
      Naive naive = new Naive(above, line, clearAt, forMs);
      long last = Long.MIN_VALUE;
      int next = 0;
      for (long t = begin; t <= at + lifeMs + 10; t++) {
        while (next < 12 && times.get(next) == t) {
          if (last != Long.MIN_VALUE && t - last > lifeMs) {
            naive = new Naive(above, line, clearAt, forMs);
          }
          last = t;
          slow.take(t, totals.get(next++), 0, calendar);
        }
        looked++;
        if (last != Long.MIN_VALUE
            && t - last <= lifeMs
            && naive.fires(t, slow.valueAt(t, calendar))) {
          expected.add(t);
        }
      }

      List<Long> found = new ArrayList<>();
      SignalState state = SignalState.of(spec);
      ScoreWatch watch = new ScoreWatch();
      next = 0;
      long deadline = Long.MAX_VALUE;
      while (next < 12 || deadline != Long.MAX_VALUE) {
        long eventMs = next < 12 ? times.get(next) : Long.MAX_VALUE;
        long t = Math.min(deadline, eventMs);
        while (next < 12 && times.get(next) == t) {
          watch.take(t, lifeMs);
          state.take(t, totals.get(next++), 0, calendar);
        }
        if (score.observe(watch, state, t, calendar)) {
          found.add(t);
        }
        wakes++;
        if (random.nextInt(5) == 0) {
          watch = watch.copy();
          state = state.copy();
        }
        deadline = score.nextDeadlineMs(watch, state, calendar);
        assertThat(deadline).as(where).isGreaterThan(t);
      }
      assertThat(found).as(where).isEqualTo(expected);
      fired += found.size();
    }
    assertThat(fired).isGreaterThan(500);
    assertThat(looked).isGreaterThan(100L * wakes);
  }

  private static SignalSpec usual(Random random) {
    long retentionMs = DAY_MS * (20 + random.nextInt(400));
    long tauMs = DAY_MS * (1 + random.nextInt(60));
    return switch (random.nextInt(5)) {
      case 0 -> SignalSpec.count(random.nextLong(90 * DAY_MS));
      case 1 -> SignalSpec.sum(random.nextLong(90 * DAY_MS));
      case 2 -> SignalSpec.activeDays(1 + random.nextInt(64));
      case 3 -> SignalSpec.activityLevel(tauMs, OptionalLong.of(3 * DAY_MS), retentionMs);
      default ->
          SignalSpec.dropRatio(
              tauMs,
              tauMs + (random.nextInt(4) == 0 ? 1_000 : DAY_MS * (1 + random.nextInt(60))),
              OptionalDouble.of(random.nextInt(3) * 0.01),
              retentionMs);
    };
  }

  @Test
  void aCrossingIsTheFirstMillisecondPastTheLine() {
    int crossings = 0;
    for (long seed = 0; seed < 1_500; seed++) {
      Random random = new Random(seed);
      SignalSpec spec = usual(random);
      SignalState state = SignalState.of(spec);
      long at = 1_780_000_000_000L + random.nextLong(DAY_MS);
      for (int i = random.nextInt(30); i >= 0; i--) {
        state.take(at, total(random), 0, calendar);
        at += random.nextLong(3 * DAY_MS);
      }
      double line =
          random.nextBoolean()
              ? state.valueAt(at + random.nextLong(60 * DAY_MS), calendar)
              : state.valueAt(at, calendar) * random.nextDouble();
      if (Double.isNaN(line)) {
        line = 0;
      }
      boolean above = random.nextBoolean();
      ScoreLine score =
          above
              ? ScoreLine.above(line, OptionalDouble.empty(), 0, DAY_MS)
              : ScoreLine.below(line, OptionalDouble.empty(), 0, DAY_MS);
      int what = random.nextInt(3);
      long found =
          switch (what) {
            case 0 -> score.firstPastMs(state, at, calendar);
            case 1 -> score.firstNotPastMs(state, at, calendar);
            default -> score.firstClearMs(state, at, calendar);
          };
      String where = "seed " + seed + " " + spec + " " + above + " " + line + " case " + what;
      long until = Math.min(found - 1, at + 600 * DAY_MS);
      for (int i = 0; i < 3_000; i++) {
        long t =
            i < 500
                ? at + 1 + random.nextLong(Math.max(1, until - at))
                : i < 1_500 ? until - (i - 500) : at + 1 + (i - 1_500);
        if (t > at && t <= until) {
          assertHolds(state.valueAt(t, calendar), line, above, what, false, where, t - at);
        }
      }
      if (found != Long.MAX_VALUE) {
        crossings++;
        assertThat(found).as(where).isGreaterThan(at);
        assertHolds(state.valueAt(found, calendar), line, above, what, true, where, found - at);
      }
    }
    assertThat(crossings).isGreaterThan(500);
  }

  @Test
  void roundingThatMakesARatioRiseForAMillisecondHidesNoCrossing() {
    int rises = 0;
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      long tauMs = DAY_MS * (10 + random.nextInt(30));
      long apartMs = 5_000 + random.nextLong(50_000);
      SignalState state =
          SignalState.of(
              SignalSpec.dropRatio(tauMs, tauMs + apartMs, OptionalDouble.empty(), 400 * DAY_MS));
      long at = 1_780_000_000_000L;
      state.take(at, new Slots(RECORD), 0, calendar);
      long middle = at + 1_000 + random.nextLong(300 * DAY_MS);
      for (long rise = middle; rise < middle + 5_000; rise++) {
        double line = state.valueAt(rise, calendar);
        if (line <= state.valueAt(rise - 1, calendar)) {
          continue;
        }
        rises++;
        long firstBelow = Long.MAX_VALUE;
        for (long t = rise + 500; t > rise - 500; t--) {
          firstBelow = state.valueAt(t, calendar) < line ? t : firstBelow;
        }
        long before = rise - 1;
        double lower = state.valueAt(before, calendar);
        ScoreLine below = ScoreLine.below(line, OptionalDouble.empty(), 0, 400 * DAY_MS);
        ScoreLine above = ScoreLine.above(lower, OptionalDouble.empty(), 0, 400 * DAY_MS);
        String where = "seed " + seed + " at +" + (rise - at);
        assertThat(below.firstPastMs(state, at, calendar)).as(where).isEqualTo(firstBelow);
        assertThat(above.firstPastMs(state, before - 1, calendar)).as(where).isEqualTo(rise);
      }
    }
    assertThat(rises).isGreaterThan(20);
  }

  private static void assertHolds(
      double v, double line, boolean above, int what, boolean holds, String where, long after) {
    boolean past = above ? v > line : v < line;
    boolean expected = what == 0 ? past : what == 1 ? !past : !past && !Double.isNaN(v);
    if (expected != holds) {
      throw new AssertionError(where + " at +" + after + ": " + v + " holds " + expected);
    }
  }

  @Test
  void closedFormsOfTheLevelAreMet() {
    SignalState state =
        SignalState.of(SignalSpec.activityLevel(28 * DAY_MS, OptionalLong.empty(), 400 * DAY_MS));
    long at = 1_780_000_000_000L;
    state.take(at, new Slots(RECORD), 0, calendar);
    ScoreLine score = ScoreLine.below(0.01, OptionalDouble.empty(), 0, 400 * DAY_MS);
    long expected = (long) Math.ceil(28 * DAY_MS * Math.log(1 / 28.0 / 0.01));
    assertThat(score.firstPastMs(state, at, calendar) - at).isBetween(expected - 2, expected + 2);
  }

  @Test
  void aLevelAppearsWithTheFirstMillisecondOfEnoughHistory() {
    SignalState state =
        SignalState.of(SignalSpec.activityLevel(28 * DAY_MS, OptionalLong.of(1_000), 400 * DAY_MS));
    long at = 1_780_000_000_000L;
    state.take(at, new Slots(RECORD), 0, calendar);
    ScoreLine score = ScoreLine.below(1, OptionalDouble.empty(), 0, 400 * DAY_MS);
    assertThat(state.nextChangeMs(at + 998, calendar)).isEqualTo(at + 1_000);
    assertThat(state.nextChangeMs(at + 999, calendar)).isEqualTo(at + 1_000);
    assertThat(state.nextChangeMs(at + 1_000, calendar)).isEqualTo(at + 400 * DAY_MS + 1);
    assertThat(score.firstPastMs(state, at + 998, calendar)).isEqualTo(at + 1_000);
  }

  @Test
  void aLineThatIsClearAndPastAtOnceIsRefused() {
    assertThatThrownBy(() -> ScoreLine.above(5, OptionalDouble.of(6), 0, DAY_MS))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ScoreLine.below(5, OptionalDouble.of(4), 0, DAY_MS))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
