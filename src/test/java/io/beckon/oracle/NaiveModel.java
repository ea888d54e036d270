// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.churn.BgNbd;
import io.beckon.churn.Billing;
import io.beckon.churn.CadenceScore;
import io.beckon.churn.ChurnScore;
import io.beckon.churn.Feature;
import io.beckon.churn.MbgNbd;
import io.beckon.churn.Nbd;
import io.beckon.churn.OwnCadence;
import io.beckon.churn.ReturnModel;
import io.beckon.churn.ReturnScore;
import io.beckon.churn.Scorecard;
import io.beckon.churn.Term;
import io.beckon.event.Event;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/** What a model says of a user, out of all their events each time: only its numbers are read. */
final class NaiveModel {
  private static final long DAY_MS = 86_400_000;

  private final ChurnScore score;
  private final List<LocalDate> dates = new ArrayList<>();
  private long closeMs;
  private long lastMs;
  private OptionalLong subscribedMs = OptionalLong.empty();

  /**
   * @param events those that are not forgotten, by time and id
   * @param days the local dates as they stood at an event
   */
  NaiveModel(ChurnScore score, List<Event> events, Function<Event, Days> days, Parts parts) {
    this.score = score;
    for (Event event : events) {
      LocalDate date = days.apply(event).date(event.timeMs());
      long endMs = days.apply(event).end(date);
      if (parts.ends().test(event)) {
        subscribedMs = OptionalLong.empty();
      }
      if (parts.starts().test(event)) {
        subscribedMs = OptionalLong.of(endMs);
      }
      if (parts.counts().test(event)) {
        lastMs = event.timeMs();
        if (dates.isEmpty() || date.isAfter(lastDate())) {
          dates.add(date);
          closeMs = endMs;
        }
      }
    }
  }

  /** What an event is to a model. */
  record Parts(Predicate<Event> ends, Predicate<Event> starts, Predicate<Event> counts) {}

  private LocalDate lastDate() {
    return dates.get(dates.size() - 1);
  }

  private double repeats() {
    return dates.size() - 1;
  }

  private double span() {
    return lastDate().toEpochDay() - dates.get(0).toEpochDay();
  }

  private long silentMs(long now) {
    return now < closeMs ? 0 : now - closeMs;
  }

  private double gap(long now) {
    return silentMs(now) / 86400000.0;
  }

  Optional<Object> at(long now) {
    if (dates.isEmpty()) {
      return Optional.empty();
    } else if (score instanceof ReturnScore returns) {
      return Optional.of(returns(returns.model(), returns.horizonMs() / 86400000.0, now));
    } else if (score instanceof CadenceScore cadence) {
      return Optional.of((now - lastMs) / (double) waitMs(cadence.cadence()));
    }
    Scorecard card = (Scorecard) score;
    if (card.background().billing().isPresent() && subscribedMs.isEmpty()) {
      return Optional.empty();
    }
    double z = card.intercept();
    for (Term term : card.terms()) {
      double value = value(card, term.feature(), now);
      if (term instanceof Term.Ln ln) {
        z += ln.weight() * StrictMath.log(value + ln.plus());
      } else if (term instanceof Term.Linear linear) {
        z += linear.weight() * value;
      } else if (term instanceof Term.Bin bin) {
        z += value >= bin.from() && value < bin.below() ? bin.weight() : 0;
      }
    }
    return Optional.of(1 / (1 + StrictMath.exp(-(card.slope() * z + card.offset()))));
  }

  private double returns(ReturnModel model, double horizon, long now) {
    double x = repeats();
    double tx = span();
    double t = tx + gap(now);
    double growth = StrictMath.log1p((t - tx) / (model.alpha() + tx));
    double alive = 1;
    if (model instanceof MbgNbd mbg) {
      alive = alive(mbg.a() / (mbg.b() + x), (mbg.r() + x) * growth);
    } else if (model instanceof BgNbd bg && x > 0) {
      alive = alive(bg.a() / (bg.b() + x - 1), (bg.r() + x) * growth);
    } else if (!(model instanceof Nbd) && x > 0) {
      throw new IllegalStateException(model.toString());
    }
    double more = (model.r() + x) * StrictMath.log1p(horizon / (model.alpha() + t));
    return alive * -StrictMath.expm1(-more);
  }

  private static double alive(double odds, double grown) {
    return 1 / (1 + StrictMath.exp(StrictMath.log(odds) + grown));
  }

  private double ownGap(double prior, double weight) {
    return (weight * prior + span()) / (weight + repeats());
  }

  private long waitMs(OwnCadence cadence) {
    double gap = ownGap(cadence.priorGapDays(), cadence.priorWeight());
    double wait = Math.floor(cadence.factor() * gap * 86400000.0);
    if (wait < cadence.floorMs()) {
      wait = cadence.floorMs();
    }
    if (wait > cadence.ceilingMs()) {
      wait = cadence.ceilingMs();
    }
    return Math.max(1, (long) wait);
  }

  private double value(Scorecard card, Feature feature, long now) {
    double prior = card.background().priorGapDays();
    return switch (feature) {
      case GAP -> gap(now);
      case REPEATS -> repeats();
      case AGE -> span() + gap(now);
      case MEAN_GAP -> ownGap(prior, card.background().priorWeight());
      case GAP_RATIO -> gap(now) / ownGap(prior, card.background().priorWeight());
      case EWMA_GAP -> fadedGap(prior);
      case LEVEL_7D -> level(7, now);
      case LEVEL_28D -> level(28, now);
      case ACTIVE_7D -> active(7, now);
      case ACTIVE_28D -> active(28, now);
      case TENURE -> {
        long begun = subscribedMs.orElse(0);
        yield subscribedMs.isEmpty()
            ? span() + gap(now)
            : now < begun ? 0 : (now - begun) / 86400000.0;
      }
      case DAYS_TO_RENEWAL -> {
        long from = Math.max(now, subscribedMs.orElseThrow());
        yield (renewalMs(card, from) - from) / 86400000.0;
      }
    };
  }

  private double fadedGap(double prior) {
    double faded = 0;
    for (int i = 1; i < dates.size(); i++) {
      long gap = dates.get(i).toEpochDay() - dates.get(i - 1).toEpochDay();
      faded = faded * (1 - 0.2) + gap * 0.2;
    }
    return faded + StrictMath.pow(0.8, repeats()) * prior;
  }

  private double level(int tau, long now) {
    return sum(tau) * StrictMath.exp(-gap(now) / tau) / tau;
  }

  private double sum(int tau) {
    double sum = 1;
    for (int i = 1; i < dates.size(); i++) {
      long gap = dates.get(i).toEpochDay() - dates.get(i - 1).toEpochDay();
      sum = sum * StrictMath.exp(-gap / (double) tau) + 1;
    }
    return sum;
  }

  /** Of the dates up to the last that is over. */
  private double active(int last, long now) {
    LocalDate before = lastDate().plusDays(silentMs(now) / DAY_MS).minusDays(last);
    return dates.stream().filter(date -> date.isAfter(before)).count();
  }

  private long renewalMs(Scorecard card, long afterMs) {
    Billing billing = card.background().billing().orElseThrow();
    long renewal = subscribedMs.orElseThrow() + billing.firstDays() * DAY_MS;
    while (renewal <= afterMs) {
      renewal += billing.everyDays() * DAY_MS;
    }
    return renewal;
  }

  /** Instants at which the value may jump, among others, none left out. */
  Set<Long> jumps(long untilMs) {
    Set<Long> jumps = new TreeSet<>();
    if (dates.isEmpty() || !(score instanceof Scorecard card)) {
      return jumps;
    }
    for (int day = 1; day <= 28; day++) {
      jumps.add(closeMs + day * DAY_MS);
    }
    if (card.background().billing().isPresent() && subscribedMs.isPresent()) {
      long renewal = renewalMs(card, subscribedMs.getAsLong() - 1);
      for (; renewal <= untilMs; renewal = renewalMs(card, renewal)) {
        jumps.add(renewal);
      }
    }
    Set<Long> renewals = Set.copyOf(jumps);
    for (Term term : card.terms()) {
      if (term instanceof Term.Bin bin) {
        for (double edge : new double[] {bin.from(), bin.below()}) {
          for (long near = -3; near <= 3; near++) {
            edges(card, bin.feature(), edge, near, renewals, jumps);
          }
        }
      }
    }
    return jumps;
  }

  private void edges(
      Scorecard card, Feature feature, double edge, long near, Set<Long> renewals, Set<Long> into) {
    double gap = ownGap(card.background().priorGapDays(), card.background().priorWeight());
    long begun = subscribedMs.orElse(closeMs);
    double age = subscribedMs.isPresent() ? edge : edge - span();
    switch (feature) {
      case GAP -> into.add(closeMs + near + (long) (edge * DAY_MS));
      case AGE -> into.add(closeMs + near + (long) ((edge - span()) * DAY_MS));
      case GAP_RATIO -> into.add(closeMs + near + (long) (edge * gap * DAY_MS));
      case LEVEL_7D ->
          into.add(closeMs + near + (long) (7 * Math.log(sum(7) / (7 * edge)) * DAY_MS));
      case LEVEL_28D ->
          into.add(closeMs + near + (long) (28 * Math.log(sum(28) / (28 * edge)) * DAY_MS));
      case TENURE -> into.add(begun + near + (long) (age * DAY_MS));
      case DAYS_TO_RENEWAL ->
          renewals.forEach(renewal -> into.add(renewal + near - (long) (edge * DAY_MS)));
      case REPEATS, MEAN_GAP, EWMA_GAP, ACTIVE_7D, ACTIVE_28D -> {}
    }
  }
}
