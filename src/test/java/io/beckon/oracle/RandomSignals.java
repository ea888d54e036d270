// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.churn.Background;
import io.beckon.churn.BgNbd;
import io.beckon.churn.Billing;
import io.beckon.churn.CadenceScore;
import io.beckon.churn.Feature;
import io.beckon.churn.MbgNbd;
import io.beckon.churn.Nbd;
import io.beckon.churn.OwnCadence;
import io.beckon.churn.ReturnModel;
import io.beckon.churn.ReturnScore;
import io.beckon.churn.Scorecard;
import io.beckon.churn.Term;
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

/** Random signals: a few of each kind, and a model, over any one catalogue. */
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

  /**
   * The same and one of a model, which {@code models} makes: it leaves the others as they are.
   *
   * @param family 0 to 3: of return, cadence, scorecard, one with subscriptions
   */
  static Signals with(Signals signals, RandomSignals models, int family) {
    List<SignalDefinition> all = new ArrayList<>(signals.all());
    all.add(of("model", models.model(family), AttributeType.DOUBLE));
    return Signals.of(all);
  }

  private SignalMeasure model(int family) {
    boolean subscribed = family == 3 && chance(0.7);
    return new SignalMeasure.Model(
        events(),
        subscribed ? events() : List.of(),
        subscribed ? events() : List.of(),
        "m",
        1,
        OptionalLong.empty(),
        switch (family) {
          case 0 -> new ReturnScore(returns(), any(List.of(DAY, 3 * DAY)));
          case 1 ->
              new CadenceScore(
                  new OwnCadence(
                      any(List.of(0.5, 1.0, 2.0)),
                      any(List.of(0.5, 2.0)),
                      2,
                      any(List.of(0L, 10 * HOUR)),
                      any(List.of(2 * DAY, 30 * DAY))));
          default -> scorecard(subscribed);
        });
  }

  private ReturnModel returns() {
    double r = any(List.of(1.0, 3.0));
    double alpha = any(List.of(0.5, 1.5));
    return switch (random.nextInt(3)) {
      case 0 -> new MbgNbd(r, alpha, 0.8, 1.6);
      case 1 -> new BgNbd(r, alpha, 0.8, 2.4);
      default -> new Nbd(r, alpha);
    };
  }

  /** What moves in silence moves it one way; it jumps either way. */
  private Scorecard scorecard(boolean subscribed) {
    double way = any(List.of(1.0, -1.0));
    List<Term> terms = new ArrayList<>();
    for (int i = any(List.of(1, 3, 5)); i > 0; i--) {
      Feature feature = any(List.of(Feature.values()));
      double weight = 0.1 + random.nextDouble();
      if (feature.needsBilling() && !subscribed) {
        continue;
      }
      double to =
          switch (feature) {
            case GAP, AGE, GAP_RATIO, TENURE -> way;
            case LEVEL_7D, LEVEL_28D, DAYS_TO_RENEWAL -> -way;
            case REPEATS, MEAN_GAP, EWMA_GAP, ACTIVE_7D, ACTIVE_28D -> any(List.of(1.0, -1.0));
          };
      double scale = feature == Feature.LEVEL_7D || feature == Feature.LEVEL_28D ? 0.1 : 1.5;
      terms.add(
          switch (random.nextInt(3)) {
            case 0 -> new Term.Ln(feature, scale / 5, to * weight);
            case 1 -> new Term.Linear(feature, to * weight / scale);
            default ->
                new Term.Bin(
                    feature,
                    scale * random.nextInt(2),
                    scale * (1.5 + 2 * random.nextDouble()),
                    weight * any(List.of(1.5, -1.5)));
          });
    }
    Optional<Billing> billing =
        subscribed
            ? Optional.of(new Billing(any(List.of(0, 1, 2)), any(List.of(1, 3, 30))))
            : Optional.empty();
    return new Scorecard(
        any(List.of(-1.0, 0.0, 0.5)),
        any(List.of(1.0, 1.3, -0.8)),
        any(List.of(0.0, 0.2)),
        terms,
        new Background(any(List.of(0.5, 2.0)), 2, billing));
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

  /** Whether its values rise in silence rather than fall. */
  static boolean rises(SignalMeasure measure) {
    return measure instanceof SignalMeasure.Model model && !(model.score() instanceof ReturnScore);
  }

  /** Lines that its values cross. */
  static List<BigDecimal> lines(SignalDefinition signal) {
    SignalMeasure measure = signal.measure();
    if (measure instanceof SignalMeasure.Model model) {
      if (model.score() instanceof ReturnScore) {
        return decimals("0.3", "0.45", "0.55", "0.65", "0.8");
      }
      return model.score() instanceof CadenceScore
          ? decimals("0.2", "0.5", "1", "1", "1.7")
          : decimals("0.2", "0.3", "0.4", "0.5", "0.6", "0.7");
    } else if (measure instanceof SignalMeasure.ActivityLevel level) {
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
