// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.churn.ChurnScore;
import io.beckon.churn.ReturnModel;
import io.beckon.churn.ReturnScore;
import io.beckon.language.diagnostics.Span;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A model of churn, checked: a file of a job's folder {@code models}.
 *
 * @param id what signals call it, and the name of its file
 * @param span where its id is written
 * @param version counts up with each one that replaces another
 * @param events which events count, one selector an event type
 * @param horizonMs over which it says something, as the file states it
 * @param subscription whose subscriptions it is about, if it is about them
 * @param leadMs how long before a renewal it is meant to be asked
 * @param formula how a user's value comes about
 * @param degenerate whether the fit found that nobody is ever lost
 */
public record ModelDefinition(
    String id,
    Span span,
    int version,
    Family family,
    List<Selector> events,
    OptionalLong horizonMs,
    Optional<Subscription> subscription,
    OptionalLong leadMs,
    Formula formula,
    boolean degenerate) {
  public ModelDefinition {
    Objects.requireNonNull(id);
    Objects.requireNonNull(span);
    Objects.requireNonNull(family);
    Objects.requireNonNull(horizonMs);
    Objects.requireNonNull(subscription);
    Objects.requireNonNull(leadMs);
    Objects.requireNonNull(formula);
    events = List.copyOf(events);
    if (formula instanceof Formula.Return && horizonMs.isEmpty()) {
      throw new IllegalArgumentException(id + " has no horizon");
    }
  }

  /**
   * What a signal of this model measures.
   *
   * @param writtenHorizonMs in place of the model's, of those that may have another
   */
  public SignalMeasure measure(OptionalLong writtenHorizonMs) {
    if (formula instanceof Formula.Level level) {
      return new SignalMeasure.ActivityLevel(events, level.tauMs(), level.minHistoryMs());
    }
    if (formula instanceof Formula.Drop drop) {
      return new SignalMeasure.DropRatio(events, drop.shortMs(), drop.longMs(), drop.minLevel());
    }
    return new SignalMeasure.Model(
        events,
        subscription.map(Subscription::starts).orElseGet(List::of),
        subscription.map(Subscription::ends).orElseGet(List::of),
        id,
        version,
        writtenHorizonMs,
        score(writtenHorizonMs).orElseThrow());
  }

  /**
   * The score that it is; empty if signals measure it without one.
   *
   * @param writtenHorizonMs in place of the model's, of those that may have another
   */
  public Optional<ChurnScore> score(OptionalLong writtenHorizonMs) {
    if (formula instanceof Formula.Return of) {
      long ms = writtenHorizonMs.orElseGet(horizonMs::getAsLong);
      return Optional.of(new ReturnScore(of.model(), ms));
    }
    return formula instanceof Formula.Score of ? Optional.of(of.score()) : Optional.empty();
  }

  /** What models there are. */
  public enum Family {
    /** The probability of an event within a horizon; users may be lost after any event. */
    MBG_NBD("mbg-nbd"),
    /** The probability of an event within a horizon; users may be lost after a repeated event. */
    BG_NBD("bg-nbd"),
    /** The probability of an event within a horizon; users are never lost. */
    NBD("nbd"),
    /** The silence over the longest that is usual for the user. */
    CADENCE("cadence"),
    /** Active days per day, fading. */
    ACTIVITY_LEVEL("activity-level"),
    /** The activity of late over that of before. */
    USAGE_DROP("usage-drop"),
    /** A probability out of weighted features. */
    SCORECARD("scorecard"),
    /** A scorecard of whoever has a subscription, asked before it is renewed. */
    RENEWAL_RISK("renewal-risk");

    private final String text;

    Family(String text) {
      this.text = text;
    }

    /** What {@code model} in the file is. */
    public String text() {
      return text;
    }

    /** Whether it is a probability of return, so that a signal may ask for another horizon. */
    public boolean isReturn() {
      return this == MBG_NBD || this == BG_NBD || this == NBD;
    }

    /** Whether it has weighted features. */
    public boolean isScorecard() {
      return this == SCORECARD || this == RENEWAL_RISK;
    }

    /** The family that {@code model: text} means, if any. */
    public static Optional<Family> of(String text) {
      return Arrays.stream(values()).filter(family -> family.text.equals(text)).findFirst();
    }
  }

  /** How a user's value comes about. */
  public sealed interface Formula {
    /** A model in days; the horizon makes a score of it. */
    record Return(ReturnModel model) implements Formula {
      public Return {
        Objects.requireNonNull(model);
      }
    }

    /** A score as it is: a cadence or a scorecard. */
    record Score(ChurnScore score) implements Formula {
      public Score {
        Objects.requireNonNull(score);
      }
    }

    /** A measure that signals have without a model, too. */
    record Level(long tauMs, OptionalLong minHistoryMs) implements Formula {
      public Level {
        Objects.requireNonNull(minHistoryMs);
      }
    }

    /** A measure that signals have without a model, too; {@code shortMs} is the shorter one. */
    record Drop(long shortMs, long longMs, double minLevel) implements Formula {}
  }

  /**
   * Which events begin and end a subscription, and when it is renewed.
   *
   * @param starts one selector an event type
   * @param ends one selector an event type
   * @param firstDays from its start to the first renewal
   * @param everyDays from one renewal to the next
   */
  public record Subscription(
      List<Selector> starts, List<Selector> ends, int firstDays, int everyDays) {
    public Subscription {
      starts = List.copyOf(starts);
      ends = List.copyOf(ends);
    }
  }
}
