// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.AttributeType;
import io.beckon.event.Catalogue;
import io.beckon.event.EventType;
import io.beckon.language.Selector;
import io.beckon.language.SignalDefinition;
import io.beckon.language.SignalMeasure;
import io.beckon.language.Signals;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.expression.Expression;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;

/** Random signals: a few of each kind over any one catalogue. */
final class RandomSignals {
  private static final long MINUTE = 60_000;
  private static final long HOUR = 60 * MINUTE;
  private static final long DAY = 24 * HOUR;
  private static final Span NOWHERE = new Span("random", 1, 1, 1);
  private static final int KINDS = 15;

  private final Random random;
  private final boolean days;
  private final Catalogue catalogue;
  private final Function<EventType, Expression> condition;

  /**
   * @param days whether windows are of days
   * @param condition makes a {@code where}
   */
  RandomSignals(
      Random random, boolean days, Catalogue catalogue, Function<EventType, Expression> condition) {
    this.random = random;
    this.days = days;
    this.catalogue = catalogue;
    this.condition = condition;
  }

  /** Five signals of different kinds. */
  Signals make() {
    List<Integer> kinds = new ArrayList<>(Stream.iterate(0, i -> i + 1).limit(KINDS).toList());
    Collections.shuffle(kinds, random);
    List<SignalDefinition> signals = new ArrayList<>();
    for (int kind : kinds.subList(0, 5)) {
      signals.add(signal("s" + kind, kind));
    }
    return Signals.of(signals);
  }

  private SignalDefinition signal(String name, int kind) {
    return switch (kind) {
      case 0 -> of(name, new SignalMeasure.Count(events(), window()), AttributeType.INT);
      case 1 -> statistic(name, SignalMeasure.Kind.SUM, AttributeType.DECIMAL);
      case 2 -> statistic(name, SignalMeasure.Kind.AVG, AttributeType.DOUBLE);
      case 3 -> statistic(name, SignalMeasure.Kind.MIN, AttributeType.DECIMAL);
      case 4 -> statistic(name, SignalMeasure.Kind.MAX, AttributeType.INT);
      case 5 ->
          of(
              name,
              new SignalMeasure.Distinct(events(), any(List.of("qty", "ok")), window()),
              AttributeType.INT);
      case 6 -> {
        Optional<String> of = attribute();
        yield of(name, new SignalMeasure.First(events(), of), type(of));
      }
      case 7 -> {
        Optional<String> of = attribute();
        yield of(name, new SignalMeasure.Last(events(), of), type(of));
      }
      case 8 -> of(name, new SignalMeasure.Since(events()), AttributeType.DURATION);
      case 9, 10 ->
          of(
              name,
              new SignalMeasure.OwnGap(
                  events(),
                  chance(0.6) ? OptionalLong.of(2 * DAY) : OptionalLong.empty(),
                  any(List.of(2.0, 0.5))),
              AttributeType.DOUBLE);
      case 11 ->
          of(
              name,
              new SignalMeasure.ActiveDays(events(), any(List.of(1, 2, 3, 7, 20))),
              AttributeType.INT);
      case 12 ->
          of(
              name,
              new SignalMeasure.ActivityLevel(
                  events(), tau(), chance(0.4) ? OptionalLong.of(window()) : OptionalLong.empty()),
              AttributeType.DOUBLE);
      case 13 -> {
        long tau = tau();
        yield of(
            name,
            new SignalMeasure.DropRatio(
                events(), tau, any(List.of(2 * tau, 4 * tau)), any(List.of(0.0, 0.1, 0.3))),
            AttributeType.DOUBLE);
      }
      default -> of(name, new SignalMeasure.BusiestHour(events()), AttributeType.INT);
    };
  }

  private SignalDefinition statistic(String name, SignalMeasure.Kind kind, AttributeType type) {
    String of =
        type == AttributeType.INT
            ? "qty"
            : type == AttributeType.DECIMAL ? "price" : any(List.of("qty", "price"));
    return of(name, new SignalMeasure.Statistic(kind, events(), of, window()), type);
  }

  private static SignalDefinition of(String name, SignalMeasure measure, AttributeType type) {
    return new SignalDefinition(name, NOWHERE, measure, type);
  }

  private Optional<String> attribute() {
    return any(
        List.of(
            Optional.empty(),
            Optional.of("qty"),
            Optional.of("qty"),
            Optional.of("price"),
            Optional.of("ok")));
  }

  private static AttributeType type(Optional<String> of) {
    return switch (of.orElse("")) {
      case "qty" -> AttributeType.INT;
      case "price" -> AttributeType.DECIMAL;
      case "ok" -> AttributeType.BOOL;
      default -> AttributeType.TIMESTAMP;
    };
  }

  private List<Selector> events() {
    List<EventType> types = new ArrayList<>(catalogue.types());
    Collections.shuffle(types, random);
    return types.subList(0, any(List.of(1, 1, 2))).stream()
        .map(
            type ->
                new Selector(
                    type, chance(0.35) ? Optional.of(condition.apply(type)) : Optional.empty()))
        .toList();
  }

  private long window() {
    return any(
        days
            ? List.of(DAY, 2 * DAY, 3 * DAY, 5 * DAY, 10 * DAY, 36 * HOUR, 60 * DAY)
            : List.of(
                4L,
                1_000L,
                5_000L,
                60_000L,
                5 * MINUTE,
                40 * MINUTE,
                HOUR,
                HOUR + 1,
                3 * HOUR,
                DAY));
  }

  private long tau() {
    return any(
        days ? List.of(2 * DAY, 5 * DAY, 28 * DAY) : List.of(MINUTE, 10 * MINUTE, HOUR, DAY));
  }

  private <T> T any(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private boolean chance(double p) {
    return random.nextDouble() < p;
  }

  /** Whether its value goes by a window rather than by what is retained. */
  static boolean hasWindow(SignalMeasure measure) {
    return measure instanceof SignalMeasure.Count
        || measure instanceof SignalMeasure.Statistic
        || measure instanceof SignalMeasure.Distinct
        || measure instanceof SignalMeasure.ActiveDays;
  }

  /** Lines that its values cross. */
  static List<BigDecimal> lines(SignalDefinition signal) {
    SignalMeasure measure = signal.measure();
    if (measure instanceof SignalMeasure.ActivityLevel level) {
      double one = 86_400_000.0 / level.tauMs();
      return Stream.of(0.2, 0.5, 0.9, 1.0, 1.5, 2.5).map(x -> BigDecimal.valueOf(x * one)).toList();
    } else if (measure instanceof SignalMeasure.DropRatio) {
      return decimals("0.3", "0.6", "0.9", "1", "1.3", "2");
    } else if (measure instanceof SignalMeasure.OwnGap) {
      return decimals("0.7", "1", "1.5", "2", "3");
    } else if (measure instanceof SignalMeasure.BusiestHour) {
      return decimals("9", "25", "70", "100", "130");
    } else if (signal.type() == AttributeType.INT) {
      return decimals("0", "1", "1", "2", "3", "4");
    }
    return decimals("-1", "0.5", "1.25", "2", "2.5", "4");
  }

  private static List<BigDecimal> decimals(String... lines) {
    return Stream.of(lines).map(BigDecimal::new).toList();
  }
}
