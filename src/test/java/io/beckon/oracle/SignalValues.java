// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Event;
import io.beckon.language.Selector;
import io.beckon.language.SignalDefinition;
import io.beckon.language.SignalMeasure;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.LongFunction;

/** One signal of one user, computed from all its events each time it is asked for. */
final class SignalValues {
  private static final long HOUR_MS = 3_600_000;
  private static final long DAY_MS = 24 * HOUR_MS;
  private static final int REMEMBERED_VALUES = 256;

  private final SignalDefinition definition;
  private final List<Event> events;
  private final LongFunction<Days> days;

  /** The local dates as they stood at each event. */
  private final Function<Event, Days> daysOf;

  private final long retentionMs;
  private final NaiveModel.Parts parts;

  /**
   * @param events those it selects, by time and id
   * @param days the user's local dates as they stood at a time
   * @param parts what an event is to a model
   */
  SignalValues(
      SignalDefinition definition,
      List<Event> events,
      LongFunction<Days> days,
      long retentionMs,
      NaiveModel.Parts parts) {
    this.definition = definition;
    this.parts = parts;
    this.events = having(events, of(definition.measure()));
    IdentityHashMap<Event, Days> known = new IdentityHashMap<>();
    events.forEach(e -> known.put(e, days.apply(e.timeMs())));
    this.daysOf = e -> Objects.requireNonNull(known.get(e));
    this.days = days;
    this.retentionMs = retentionMs;
  }

  /** The attribute without which an event does not count. */
  private static Optional<String> of(SignalMeasure measure) {
    if (measure instanceof SignalMeasure.Statistic statistic) {
      return Optional.of(statistic.of());
    } else if (measure instanceof SignalMeasure.Distinct distinct) {
      return Optional.of(distinct.of());
    } else if (measure instanceof SignalMeasure.First first) {
      return first.of();
    }
    return measure instanceof SignalMeasure.Last last ? last.of() : Optional.empty();
  }

  /** The value at {@code now}, after all events of that time, as {@code Slots.objectAt} has it. */
  Optional<Object> at(long now) {
    List<Event> known = events.stream().filter(e -> e.timeMs() <= now).toList();
    SignalMeasure measure = definition.measure();
    if (measure instanceof SignalMeasure.Count count) {
      return Optional.of((long) window(known, count.overMs(), now).size());
    } else if (measure instanceof SignalMeasure.Statistic statistic) {
      return statistic(statistic, window(known, statistic.overMs(), now));
    } else if (measure instanceof SignalMeasure.Distinct distinct) {
      return Optional.of(distinct(distinct, known, now));
    } else if (measure instanceof SignalMeasure.First first) {
      return edge(remembered(known, now), first.of(), 0);
    } else if (measure instanceof SignalMeasure.Last last) {
      List<Event> kept = remembered(known, now);
      return edge(kept, last.of(), kept.size() - 1);
    } else if (measure instanceof SignalMeasure.Since) {
      return lastTime(remembered(known, now)).map(last -> now - last);
    } else if (measure instanceof SignalMeasure.OwnGap gap) {
      List<LocalDate> dates = List.copyOf(dates(remembered(known, now)));
      if (dates.isEmpty() || (gap.priorGapMs().isEmpty() && dates.size() == 1)) {
        return Optional.empty();
      }
      double weight = gap.priorGapMs().isPresent() ? gap.priorWeight() : 0;
      return Optional.of(ownGap(dates, weight, gap.priorGapMs().orElse(0)));
    } else if (measure instanceof SignalMeasure.ActiveDays active) {
      LocalDate today = days.apply(now).date(now);
      return Optional.of(
          dates(known).stream()
              .filter(date -> date.isAfter(today.minusDays(active.days())))
              .count());
    } else if (measure instanceof SignalMeasure.ActivityLevel level) {
      List<Event> kept = remembered(known, now);
      boolean tooYoung =
          level.minHistoryMs().isPresent()
              && (kept.isEmpty() || now - kept.get(0).timeMs() < level.minHistoryMs().getAsLong());
      return tooYoung ? Optional.empty() : Optional.of(level(kept, level.tauMs(), now));
    } else if (measure instanceof SignalMeasure.DropRatio ratio) {
      List<Event> kept = remembered(known, now);
      double usual = level(kept, ratio.longMs(), now);
      double value = level(kept, ratio.shortMs(), now) / usual;
      return kept.isEmpty() || usual < ratio.minLevel() || Double.isNaN(value)
          ? Optional.empty()
          : Optional.of(value);
    } else if (measure instanceof SignalMeasure.BusiestHour) {
      return busiestHour(remembered(known, now));
    } else if (measure instanceof SignalMeasure.Model model) {
      return model(model, now).at(now);
    }
    throw new IllegalStateException(definition.toString());
  }

  private NaiveModel model(SignalMeasure.Model measure, long now) {
    List<Event> known = events.stream().filter(e -> e.timeMs() <= now).toList();
    return new NaiveModel(measure.score(), remembered(known, now), daysOf, parts);
  }

  /** Every selector of it: of what it measures, and of what begins and ends a subscription. */
  static List<Selector> selectors(SignalMeasure measure) {
    List<Selector> all = new ArrayList<>(measure.events());
    if (measure instanceof SignalMeasure.Model model) {
      all.addAll(model.starts());
      all.addAll(model.ends());
    }
    return all;
  }

  /** x active days after the first, in t_x days, steadied by a prior. */
  static double ownGap(List<LocalDate> dates, double weight, long priorGapMs) {
    double x = dates.size() - 1;
    double days = dates.get(dates.size() - 1).toEpochDay() - dates.get(0).toEpochDay();
    double prior = priorGapMs / 86400000.0;
    return (weight * prior + days) / (weight + x);
  }

  /** The local dates with an event, in order. */
  private Set<LocalDate> dates(List<Event> some) {
    Set<LocalDate> dates = new TreeSet<>();
    some.forEach(e -> dates.add(daysOf.apply(e).date(e.timeMs())));
    return dates;
  }

  private long paneWidth(long overMs) {
    return overMs <= HOUR_MS ? 1 : Math.min(overMs / 48, DAY_MS);
  }

  private List<Event> window(List<Event> known, long overMs, long now) {
    return known.stream().filter(e -> leaves(e, paneWidth(overMs), overMs) > now).toList();
  }

  /** The first instant at which an event is not in the window any more. */
  private static long leaves(Event event, long pane, long overMs) {
    long paneStart = Math.floorDiv(event.timeMs(), pane) * pane;
    return paneStart + pane + overMs;
  }

  private Optional<Object> statistic(SignalMeasure.Statistic measure, List<Event> window) {
    List<BigDecimal> numbers = window.stream().map(e -> number(e, measure.of())).toList();
    BigDecimal sum = numbers.stream().reduce(BigDecimal.ZERO, BigDecimal::add);
    if (measure.kind() == SignalMeasure.Kind.SUM) {
      return Optional.of(sum);
    }
    if (numbers.isEmpty()) {
      return Optional.empty();
    }
    Comparator<Event> byNumber = Comparator.comparing(e -> number(e, measure.of()));
    return switch (measure.kind()) {
      case AVG -> Optional.of(sum.doubleValue() / numbers.size());
      case MIN -> value(window.stream().min(byNumber).orElseThrow(), measure.of());
      default -> value(window.stream().max(byNumber).orElseThrow(), measure.of());
    };
  }

  /** The newest time of each value is kept, of the newest 256. */
  private long distinct(SignalMeasure.Distinct measure, List<Event> known, long now) {
    Map<Object, Long> newest = new HashMap<>();
    for (Event event : known) {
      long time = event.timeMs();
      newest.values().removeIf(t -> t < time - measure.overMs());
      newest.put(value(event, measure.of()).orElseThrow(), time);
      if (newest.size() > REMEMBERED_VALUES) {
        newest.remove(
            newest.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow().getKey());
      }
    }
    return newest.values().stream().filter(t -> t >= now - measure.overMs()).count();
  }

  private Optional<Object> edge(List<Event> kept, Optional<String> of, int index) {
    if (kept.isEmpty()) {
      return Optional.empty();
    }
    Event event = kept.get(index);
    return of.isEmpty() ? Optional.of(event.timeMs()) : value(event, of.get());
  }

  /** What is not forgotten: nothing of before a pause longer than the retention. */
  private List<Event> remembered(List<Event> known, long now) {
    return remembered(known, now, retentionMs);
  }

  static List<Event> remembered(List<Event> known, long now, long retentionMs) {
    List<Event> kept = new ArrayList<>();
    for (Event event : known) {
      if (lastTime(kept).filter(last -> event.timeMs() - last > retentionMs).isPresent()) {
        kept.clear();
      }
      kept.add(event);
    }
    return lastTime(kept).filter(last -> now - last > retentionMs).isPresent() ? List.of() : kept;
  }

  private static Optional<Long> lastTime(List<Event> some) {
    return some.isEmpty() ? Optional.empty() : Optional.of(some.get(some.size() - 1).timeMs());
  }

  private double level(List<Event> kept, long tauMs, long now) {
    Map<LocalDate, Long> firsts = new TreeMap<>();
    kept.forEach(e -> firsts.putIfAbsent(daysOf.apply(e).date(e.timeMs()), e.timeMs()));
    Collection<Long> times = firsts.values();
    if (times.isEmpty()) {
      return 0.0;
    }
    double d = 0;
    long before = 0;
    for (long time : times) {
      d = d == 0 ? 1.0 : d * StrictMath.exp(-(time - before) / (double) tauMs) + 1.0;
      before = time;
    }
    return d * StrictMath.exp(-(now - before) / (double) tauMs) / (tauMs / 86400000.0);
  }

  private Optional<Object> busiestHour(List<Event> kept) {
    Map<Long, Integer> counts = new TreeMap<>();
    for (Event event : kept) {
      LocalDateTime clock = daysOf.apply(event).clock(event.timeMs());
      counts.merge(24L * (clock.getDayOfWeek().getValue() - 1) + clock.getHour(), 1, Integer::sum);
    }
    Optional<Object> busiest = Optional.empty();
    int most = 0;
    for (Map.Entry<Long, Integer> hour : counts.entrySet()) {
      if (hour.getValue() > most) {
        most = hour.getValue();
        busiest = Optional.of(hour.getKey());
      }
    }
    return busiest;
  }

  private static List<Event> having(List<Event> some, Optional<String> of) {
    return of.isEmpty() ? some : some.stream().filter(e -> value(e, of.get()).isPresent()).toList();
  }

  private static Optional<Object> value(Event event, String attribute) {
    int slot = event.type().record().indexOf(attribute);
    return Optional.ofNullable(event.attributes().objectAt(slot));
  }

  private static BigDecimal number(Event event, String attribute) {
    return event.attributes().numberAt(event.type().record().indexOf(attribute));
  }

  // When it can change.

  /** The time of the last event, remembered or not. */
  Optional<Long> lastTimeMs() {
    return lastTime(events);
  }

  /** How long after the last event anything about it is observed. */
  long keptMs() {
    return Math.max(retentionMs, overMs().orElse(0));
  }

  private OptionalLong overMs() {
    SignalMeasure measure = definition.measure();
    if (measure instanceof SignalMeasure.Count count) {
      return OptionalLong.of(count.overMs());
    } else if (measure instanceof SignalMeasure.Statistic statistic) {
      return OptionalLong.of(statistic.overMs());
    } else if (measure instanceof SignalMeasure.Distinct distinct) {
      return OptionalLong.of(distinct.overMs());
    }
    return OptionalLong.empty();
  }

  /** The instants after {@code after} at which the value jumps although no event comes. */
  Set<Long> jumps(long after) {
    Set<Long> jumps = new TreeSet<>();
    SignalMeasure measure = definition.measure();
    overMs()
        .ifPresent(
            over -> {
              long pane = measure instanceof SignalMeasure.Distinct ? 1 : paneWidth(over);
              events.forEach(e -> jumps.add(leaves(e, pane, over)));
            });
    if (measure instanceof SignalMeasure.ActiveDays) {
      Days now = days.apply(after);
      jumps.add(now.end(now.date(after)));
    } else if (measure instanceof SignalMeasure.ActivityLevel level
        && level.minHistoryMs().isPresent()) {
      events.forEach(e -> jumps.add(e.timeMs() + level.minHistoryMs().getAsLong()));
    } else if (measure instanceof SignalMeasure.Model model) {
      jumps.addAll(model(model, after).jumps(lastTime(events).orElse(after) + retentionMs));
    }
    jumps.removeIf(jump -> jump <= after);
    return jumps;
  }

  /** Whether it moves one way between jumps. */
  boolean moves() {
    return definition.measure() instanceof SignalMeasure.ActivityLevel
        || definition.measure() instanceof SignalMeasure.DropRatio
        || definition.measure() instanceof SignalMeasure.Model;
  }
}
