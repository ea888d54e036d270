// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.churn.ChurnScore;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a signal measures of one user's settled events. {@code events} has one selector an event
 * type; any of them counts. Windows and other durations are milliseconds. An attribute ({@code of})
 * is one that every event type concerned has, with one type.
 */
public sealed interface SignalMeasure {

  /** Which events. */
  List<Selector> events();

  /** The number of events in the window. */
  record Count(List<Selector> events, long overMs) implements SignalMeasure {
    public Count {
      events = List.copyOf(events);
    }
  }

  /** A statistic of a numeric attribute over the window. */
  record Statistic(Kind kind, List<Selector> events, String of, long overMs)
      implements SignalMeasure {
    public Statistic {
      events = List.copyOf(events);
    }
  }

  /** The statistics. */
  enum Kind {
    /** An exact decimal; 0 of none. */
    SUM,
    /** A double; missing of none. */
    AVG,
    /** Of the attribute's type; missing of none. */
    MIN,
    /** Of the attribute's type; missing of none. */
    MAX
  }

  /** The number of different values of a string, int or bool attribute in the window. */
  record Distinct(List<Selector> events, String of, long overMs) implements SignalMeasure {
    public Distinct {
      events = List.copyOf(events);
    }
  }

  /** The time of the first event, or the attribute of the first event that has it. */
  record First(List<Selector> events, Optional<String> of) implements SignalMeasure {
    public First {
      events = List.copyOf(events);
    }
  }

  /** The time of the last event, or the attribute of the last event that has it. */
  record Last(List<Selector> events, Optional<String> of) implements SignalMeasure {
    public Last {
      events = List.copyOf(events);
    }
  }

  /** How long ago the last event was. */
  record Since(List<Selector> events) implements SignalMeasure {
    public Since {
      events = List.copyOf(events);
    }
  }

  /**
   * The user's own gap between active local days, in days.
   *
   * @param priorGapMs m0; without it the gap is missing until there are two active days
   * @param priorWeight k0, above 0; counts only with {@code priorGapMs}
   */
  record OwnGap(List<Selector> events, OptionalLong priorGapMs, double priorWeight)
      implements SignalMeasure {
    public OwnGap {
      events = List.copyOf(events);
    }
  }

  /** The number of local dates with an event among the last {@code days}, 1 to 64. */
  record ActiveDays(List<Selector> events, int days) implements SignalMeasure {
    public ActiveDays {
      events = List.copyOf(events);
    }
  }

  /**
   * Active days per day, fading with {@code tauMs}.
   *
   * @param minHistoryMs missing until the first event is as old as this
   */
  record ActivityLevel(List<Selector> events, long tauMs, OptionalLong minHistoryMs)
      implements SignalMeasure {
    public ActivityLevel {
      events = List.copyOf(events);
    }
  }

  /** The activity level by {@code shortMs} over that by {@code longMs}, which is longer. */
  record DropRatio(List<Selector> events, long shortMs, long longMs, double minLevel)
      implements SignalMeasure {
    public DropRatio {
      events = List.copyOf(events);
    }
  }

  /** The hour of the local week, 0 to 167, with most events. */
  record BusiestHour(List<Selector> events) implements SignalMeasure {
    public BusiestHour {
      events = List.copyOf(events);
    }
  }

  /**
   * What a model says of the user.
   *
   * @param starts which events begin a subscription; none if the model knows of none
   * @param ends which events end it
   * @param model the model's id
   * @param version the model's version; what was observed is kept when it changes
   * @param writtenHorizonMs the horizon that the signal states in place of the model's
   * @param score by which a user's activity becomes a value
   */
  record Model(
      List<Selector> events,
      List<Selector> starts,
      List<Selector> ends,
      String model,
      int version,
      OptionalLong writtenHorizonMs,
      ChurnScore score)
      implements SignalMeasure {
    public Model {
      events = List.copyOf(events);
      starts = List.copyOf(starts);
      ends = List.copyOf(ends);
      Objects.requireNonNull(model);
      Objects.requireNonNull(writtenHorizonMs);
      Objects.requireNonNull(score);
    }
  }
}
