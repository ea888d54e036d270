// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.Zones;
import io.beckon.churn.Activity;
import io.beckon.churn.RandomScores;
import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.plan.SignalKind;
import io.beckon.plan.SignalSpec;
import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every kind of signal says, against the contract's table read word by word. */
class SignalStateTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long DAY_MS = 24 * HOUR_MS;
  private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");
  private static final int TEXT = 3;
  private static final List<SignalKind> KINDS = List.of(SignalKind.values());

  private static final RecordType RECORD =
      RecordType.of(
          "bought",
          List.of(
              Attribute.optional("n", AttributeType.INT),
              Attribute.optional("w", AttributeType.DOUBLE),
              Attribute.optional("total", AttributeType.DECIMAL),
              Attribute.optional("item", AttributeType.STRING),
              Attribute.optional("items", AttributeType.STRING_LIST),
              Attribute.optional("at", AttributeType.TIMESTAMP),
              Attribute.optional("ok", AttributeType.BOOL)));

  private final UserCalendar calendar = UserCalendar.of(new Zones().of(ZONE));

  private record Taken(long timeMs, Slots attributes) {}

  /** A signal and the slot it measures. */
  private record Measured(SignalSpec spec, int slot) {}

  private static Measured random(Random random) {
    long retentionMs = DAY_MS * (1 + random.nextInt(60));
    long windowMs =
        switch (random.nextInt(4)) {
          case 0 -> random.nextLong(HOUR_MS + 1);
          case 1 -> HOUR_MS + 1 + random.nextLong(DAY_MS);
          case 2 -> random.nextLong(40 * DAY_MS);
          default -> 50 * DAY_MS + random.nextLong(30 * DAY_MS);
        };
    int slot = random.nextInt(3);
    AttributeType type = RECORD.attribute(slot).type();
    int any = random.nextInt(RECORD.size());
    AttributeType anyType = RECORD.attribute(any).type();
    long tauMs = 1 + random.nextLong(30 * DAY_MS);
    return switch (KINDS.get(random.nextInt(KINDS.size()))) {
      case COUNT -> new Measured(SignalSpec.count(windowMs), -1);
      case SUM -> new Measured(SignalSpec.sum(windowMs), slot);
      case AVG -> new Measured(SignalSpec.avg(windowMs), slot);
      case MIN -> new Measured(SignalSpec.min(type, windowMs), slot);
      case MAX -> new Measured(SignalSpec.max(type, windowMs), slot);
      case DISTINCT ->
          new Measured(SignalSpec.distinct(windowMs), new int[] {0, TEXT, 4, 6}[slot + any / 6]);
      case FIRST ->
          random.nextBoolean()
              ? new Measured(SignalSpec.first(retentionMs), -1)
              : new Measured(SignalSpec.firstOf(anyType, retentionMs), any);
      case LAST ->
          random.nextBoolean()
              ? new Measured(SignalSpec.last(retentionMs), -1)
              : new Measured(SignalSpec.lastOf(anyType, retentionMs), any);
      case SINCE -> new Measured(SignalSpec.since(retentionMs), -1);
      case OWN_GAP ->
          new Measured(
              SignalSpec.ownGap(
                  random.nextBoolean()
                      ? OptionalLong.of(random.nextLong(30 * DAY_MS))
                      : OptionalLong.empty(),
                  random.nextInt(4),
                  retentionMs),
              -1);
      case ACTIVE_DAYS -> new Measured(SignalSpec.activeDays(1 + random.nextInt(64)), -1);
      case ACTIVITY_LEVEL ->
          new Measured(
              SignalSpec.activityLevel(
                  tauMs,
                  random.nextBoolean()
                      ? OptionalLong.of(random.nextLong(10 * DAY_MS))
                      : OptionalLong.empty(),
                  retentionMs),
              -1);
      case DROP_RATIO ->
          new Measured(
              SignalSpec.dropRatio(
                  tauMs,
                  tauMs * (2 + random.nextInt(3)),
                  random.nextBoolean()
                      ? OptionalDouble.of(random.nextDouble() / 5)
                      : OptionalDouble.empty(),
                  retentionMs),
              -1);
      case BUSIEST_HOUR -> new Measured(SignalSpec.busiestHour(retentionMs), -1);
      case MODEL -> new Measured(SignalSpec.model(RandomScores.score(random), 1, retentionMs), -1);
    };
  }

  private static Slots attributes(Random random) {
    return new Slots(RECORD)
        .setLong(0, random.nextInt(100) - 20)
        .setDouble(1, random.nextInt(1000) / 8.0 - 10)
        .setDecimal(2, BigDecimal.valueOf(random.nextInt(100_000) - 10_000, random.nextInt(4)))
        .setString(TEXT, "p" + random.nextInt(9))
        .setStrings(4, List.of("a" + random.nextInt(5), "b" + random.nextInt(5)))
        .setLong(5, random.nextLong(1L << 40))
        .setBool(6, random.nextBoolean());
  }

  private static long date(long timeMs) {
    return ZonedDateTime.ofInstant(Instant.ofEpochMilli(timeMs), ZONE).toLocalDate().toEpochDay();
  }

  /** The value as a plain object, from all events so far; null if missing. */
  private static @Nullable Object naive(Measured signal, List<Taken> all, long atMs) {
    SignalSpec spec = signal.spec();
    List<Taken> known = new ArrayList<>();
    for (Taken each : all) {
      boolean gap =
          !known.isEmpty()
              && each.timeMs() - known.get(known.size() - 1).timeMs() > spec.retentionMs();
      if (gap && spec.retentionMs() > 0) {
        known.clear();
      }
      known.add(each);
    }
    if (spec.retentionMs() > 0
        && !known.isEmpty()
        && atMs - known.get(known.size() - 1).timeMs() > spec.retentionMs()) {
      known.clear();
    }
    List<Taken> window = new ArrayList<>();
    for (Taken each : known) {
      long paneMs = Math.max(1, spec.paneMs());
      long paneEndMs = Math.floorDiv(each.timeMs(), paneMs) * paneMs + paneMs - 1;
      if (paneEndMs >= atMs - spec.windowMs()) {
        window.add(each);
      }
    }
    List<BigDecimal> numbers = new ArrayList<>();
    if (signal.slot() >= 0 && signal.slot() < 3) {
      window.forEach(each -> numbers.add(each.attributes().numberAt(signal.slot())));
    }
    BigDecimal sum = numbers.stream().reduce(BigDecimal.ZERO, BigDecimal::add);
    Taken last = known.isEmpty() ? null : known.get(known.size() - 1);
    Taken first = known.isEmpty() ? null : known.get(0);
    Set<Long> dates = new TreeSet<>();
    Map<Long, Long> begun = new HashMap<>();
    for (Taken each : known) {
      dates.add(date(each.timeMs()));
      begun.putIfAbsent(date(each.timeMs()), each.timeMs());
    }
    return switch (spec.kind()) {
      case COUNT -> (long) window.size();
      case SUM -> sum.signum() == 0 ? BigDecimal.ZERO : sum.stripTrailingZeros();
      case AVG -> window.isEmpty() ? null : (Object) (sum.doubleValue() / window.size());
      case MIN -> of(spec, numbers.stream().min(BigDecimal::compareTo).orElse(null));
      case MAX -> of(spec, numbers.stream().max(BigDecimal::compareTo).orElse(null));
      case DISTINCT -> {
        Set<Object> values = new LinkedHashSet<>();
        for (Taken each : window) {
          Object value = each.attributes().objectAt(signal.slot());
          if (value instanceof List<?> list) {
            values.addAll(list);
          } else {
            values.add(value);
          }
        }
        yield (long) values.size();
      }
      case FIRST -> first == null ? null : mark(signal, first);
      case LAST -> last == null ? null : mark(signal, last);
      case SINCE -> last == null ? null : (Object) (atMs - last.timeMs());
      case OWN_GAP -> {
        int x = dates.size() - 1;
        if (first == null || last == null || (spec.priorWeight() == 0 && x == 0)) {
          yield null;
        }
        long tx = date(last.timeMs()) - date(first.timeMs());
        yield (spec.priorWeight() * spec.priorGapDays() + tx) / (spec.priorWeight() + x);
      }
      case ACTIVE_DAYS -> dates.stream().filter(d -> d > date(atMs) - spec.days()).count();
      case ACTIVITY_LEVEL -> {
        if (first == null) {
          yield spec.minHistoryMs() < 0 ? (Object) 0.0 : null;
        }
        yield atMs - first.timeMs() < spec.minHistoryMs()
            ? null
            : (Object) level(begun, atMs, spec.tauMs());
      }
      case DROP_RATIO -> {
        double slow = level(begun, atMs, spec.longMs());
        yield first == null || slow < spec.minLevel() || slow == 0
            ? null
            : (Object) (level(begun, atMs, spec.tauMs()) / slow);
      }
      case BUSIEST_HOUR -> {
        long[] hours = new long[168];
        for (Taken each : known) {
          ZonedDateTime local = ZonedDateTime.ofInstant(Instant.ofEpochMilli(each.timeMs()), ZONE);
          int day = local.getDayOfWeek().getValue() - DayOfWeek.MONDAY.getValue();
          hours[day * 24 + local.getHour()]++;
        }
        long most = Arrays.stream(hours).max().orElseThrow();
        int hour = 0;
        while (hours[hour] < most) {
          hour++;
        }
        yield known.isEmpty() ? null : (Object) (long) hour;
      }
      case MODEL -> {
        Activity activity = new Activity();
        for (Taken each : known) {
          long date = date(each.timeMs());
          long closeMs =
              LocalDate.ofEpochDay(date + 1).atStartOfDay(ZONE).toInstant().toEpochMilli();
          activity.take(date, closeMs, each.timeMs());
        }
        double score = spec.model().orElseThrow().score().at(activity, atMs);
        yield Double.isNaN(score) ? null : (Object) score;
      }
    };
  }

  private static @Nullable Object of(SignalSpec spec, @Nullable BigDecimal number) {
    if (number == null) {
      return null;
    }
    return switch (spec.result()) {
      case INT -> number.longValueExact();
      case DOUBLE -> number.doubleValue();
      default -> number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
    };
  }

  private static @Nullable Object mark(Measured signal, Taken event) {
    return signal.spec().ofAttribute()
        ? event.attributes().objectAt(signal.slot())
        : (Object) event.timeMs();
  }

  private static double level(Map<Long, Long> begun, long atMs, long tauMs) {
    double d = 0;
    long mark = 0;
    for (long timeMs : new TreeSet<>(begun.values())) {
      d = d == 0 ? 1.0 : d * StrictMath.exp(-(timeMs - mark) / (double) tauMs) + 1.0;
      mark = timeMs;
    }
    return d * StrictMath.exp(-(atMs - mark) / (double) tauMs) / (tauMs / 86_400_000.0);
  }

  private @Nullable Object said(SignalState state, long atMs) {
    Slots into = new Slots(ValueCodec.single(state.spec().result()));
    state.evaluate(atMs, calendar, into, 0);
    return into.objectAt(0);
  }

  private static byte[] bytes(SignalState state, long baseMs) {
    ByteWriter out = new ByteWriter();
    state.write(out, baseMs);
    return out.toBytes();
  }

  @Test
  void everyKindSaysWhatItsEventsSay() {
    int missing = 0;
    int forgotten = 0;
    for (long seed = 0; seed < 700; seed++) {
      Random random = new Random(seed);
      Measured signal = random(random);
      SignalState state = SignalState.of(signal.spec());
      List<Taken> all = new ArrayList<>();
      long at = Instant.parse("2026-03-01T00:00:00Z").toEpochMilli() + random.nextLong(DAY_MS);
      long scale = random.nextBoolean() ? HOUR_MS / 4 : 3 * DAY_MS;
      for (int step = 0; step < 60; step++) {
        at += random.nextInt(5) == 0 ? 0 : random.nextLong(scale);
        if (random.nextInt(30) == 0) {
          at += random.nextLong(90 * DAY_MS);
        }
        Taken event = new Taken(at, attributes(random));
        all.add(event);
        state.take(at, event.attributes(), signal.slot(), calendar);
        String where = "seed " + seed + " step " + step + " " + signal;
        if (random.nextInt(4) == 0) {
          long baseMs = at + random.nextLong(HOUR_MS);
          byte[] written = bytes(state, baseMs);
          SignalState read = SignalState.of(signal.spec());
          ByteReader in = new ByteReader(written);
          read.read(in, baseMs);
          in.expectEnd();
          assertThat(bytes(read, baseMs)).as(where).isEqualTo(written);
          assertThat(bytes(state.copy(), baseMs)).as(where).isEqualTo(written);
          state = random.nextBoolean() ? read : state.copy();
        }
        long look = at;
        for (int i = 0; i < 4; i++) {
          Object expected = naive(signal, all, look);
          assertThat(said(state, look)).as(where + " at +" + (look - at)).isEqualTo(expected);
          double value = state.valueAt(look, calendar);
          if (expected instanceof Number number && signal.spec().kind() != SignalKind.SINCE) {
            if (signal.spec().ofAttribute() || signal.spec().result() != AttributeType.TIMESTAMP) {
              boolean numeric = signal.spec().result().isNumber();
              Double view = numeric ? number.doubleValue() : Double.NaN;
              assertThat(value).as(where).isEqualTo(view);
            }
          } else {
            assertThat(value).as(where).isNaN();
          }
          missing += expected == null ? 1 : 0;
          look += random.nextLong(scale);
        }
        if (random.nextInt(3) == 0) {
          state.prune(at - 1 + random.nextInt(2));
        }
      }
      long dead = state.deadAtMs();
      SignalState before = state.copy();
      if (!state.isEmpty() && signal.spec().kind() != SignalKind.ACTIVE_DAYS) {
        before.prune(dead - 1);
        assertThat(before.isEmpty()).as("seed " + seed).isFalse();
      }
      Object last = said(state, dead + 1);
      state.prune(dead);
      assertThat(state.isEmpty()).as("seed %s %s", seed, signal).isTrue();
      assertThat(said(state, dead + 1)).as("seed %s %s", seed, signal).isEqualTo(last);
      assertThat(bytes(state, dead)).as("seed " + seed).hasSize(1);
      forgotten++;
    }
    assertThat(missing).isGreaterThan(1_000);
    assertThat(forgotten).isEqualTo(700);
  }

  @Test
  void aValueChangesNowhereElseThanItSays() {
    for (long seed = 0; seed < 400; seed++) {
      Random random = new Random(seed);
      Measured signal = random(random);
      SignalKind kind = signal.spec().kind();
      SignalState state = SignalState.of(signal.spec());
      long at = Instant.parse("2026-10-01T00:00:00Z").toEpochMilli() + random.nextLong(DAY_MS);
      for (int step = 0; step < 20; step++) {
        at += random.nextLong(DAY_MS / 2);
        state.take(at, attributes(random), signal.slot(), calendar);
      }
      boolean constant =
          kind != SignalKind.SINCE
              && kind != SignalKind.ACTIVITY_LEVEL
              && kind != SignalKind.DROP_RATIO
              && kind != SignalKind.MODEL;
      long from = at;
      int changes = 0;
      while (from != Long.MAX_VALUE && changes++ < 100) {
        long next = state.nextChangeMs(from, calendar);
        String where = "seed " + seed + " " + signal + " from +" + (from - at);
        assertThat(next).as(where).isGreaterThan(from);
        Object now = said(state, from);
        long until = Math.min(next - 1, from + 100 * DAY_MS);
        for (int i = 0; i <= 20; i++) {
          Object then = said(state, i == 20 ? until : from + random.nextLong(until - from + 1));
          if (constant) {
            assertThat(then).as(where).isEqualTo(now);
          } else {
            assertThat(then == null).as(where).isEqualTo(now == null);
          }
        }
        from = next;
      }
      assertThat(changes).as("seed " + seed).isLessThan(100);
    }
  }

  @Test
  void windowsEndWithTheirPane() {
    assertThat(SignalSpec.paneMs(HOUR_MS)).isEqualTo(1);
    assertThat(SignalSpec.paneMs(HOUR_MS + 1)).isEqualTo(75_000);
    assertThat(SignalSpec.paneMs(48 * DAY_MS)).isEqualTo(DAY_MS);
    assertThat(SignalSpec.paneMs(365 * DAY_MS)).isEqualTo(DAY_MS);
    SignalState state = SignalState.of(SignalSpec.count(48 * HOUR_MS));
    Slots none = new Slots(RECORD);
    state.take(HOUR_MS + 5, none, -1, calendar);
    assertThat(said(state, 50 * HOUR_MS - 1)).isEqualTo(1L);
    assertThat(said(state, 50 * HOUR_MS)).isEqualTo(0L);
    assertThat(state.deadAtMs()).isEqualTo(50 * HOUR_MS - 1);
  }

  @Test
  void ofManyValuesTheOneLongestNotSeenGoes() {
    SignalState state = SignalState.of(SignalSpec.distinct(DAY_MS));
    for (int i = 0; i < DistinctState.MOST; i++) {
      state.take(i, new Slots(RECORD).setLong(0, i), 0, calendar);
    }
    state.take(300, new Slots(RECORD).setLong(0, 0), 0, calendar);
    assertThat(said(state, 300)).isEqualTo(256L);
    state.take(301, new Slots(RECORD).setLong(0, 1_000), 0, calendar);
    assertThat(said(state, 301)).isEqualTo(256L);
    // Value 1 went, so the first to leave the window is value 2.
    assertThat(state.nextChangeMs(301, calendar)).isEqualTo(2 + DAY_MS + 1);
  }

  @Test
  void damagedBytesAreRefused() {
    int refused = 0;
    for (long seed = 0; seed < 600; seed++) {
      Random random = new Random(seed);
      Measured signal = random(random);
      SignalState state = SignalState.of(signal.spec());
      long at = 1_000_000_000_000L;
      for (int step = 0; step < 8; step++) {
        at += random.nextLong(DAY_MS);
        state.take(at, attributes(random), signal.slot(), calendar);
      }
      byte[] damaged = bytes(state, at);
      if (random.nextBoolean()) {
        damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      } else {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        ByteReader in = new ByteReader(damaged);
        SignalState.of(signal.spec()).read(in, at);
        in.expectEnd();
      } catch (StateFormatException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(200);
    assertThatThrownBy(
            () -> SignalState.of(SignalSpec.count(5)).read(new ByteReader(new byte[] {5}), 0))
        .isInstanceOf(StateFormatException.class);
  }
}
