// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import java.math.BigDecimal;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** The moment a trigger waits for: exactly one shape. Durations are milliseconds. */
public sealed interface When {

  /** The attributes that tell its instances apart, in the author's order; none: one instance. */
  default List<String> match() {
    return List.of();
  }

  /**
   * What it selects: one selector, one a step of a sequence, or one an event type where several are
   * meant alike (inactive, drop). An absence selects by its after; score, milestone and changes
   * select no events.
   */
  default List<Selector> selectors() {
    return List.of();
  }

  /**
   * Whether expressions about its moment can read {@code event}: the completing event, of a due the
   * last one. The others have no one event that completes them.
   */
  default boolean hasEvent() {
    return !(this instanceof Inactive
        || this instanceof Drop
        || this instanceof Score
        || this instanceof Milestone
        || this instanceof Changes);
  }

  /** At each such event. */
  record OnEvent(Selector event, List<String> match) implements When {
    public OnEvent {
      match = List.copyOf(match);
    }

    @Override
    public List<Selector> selectors() {
      return List.of(event);
    }
  }

  /** At the event that makes {@code atLeast} of one instance fall within {@code withinMs}. */
  record Count(Selector event, int atLeast, long withinMs, List<String> match) implements When {
    public Count {
      match = List.copyOf(match);
    }

    @Override
    public List<Selector> selectors() {
      return List.of(event);
    }
  }

  /** At the event that brings the sum of {@code of} over the window to {@code atLeast}. */
  record Sum(Selector event, String of, BigDecimal atLeast, long withinMs, List<String> match)
      implements When {
    public Sum {
      match = List.copyOf(match);
    }

    @Override
    public List<Selector> selectors() {
      return List.of(event);
    }
  }

  /**
   * At the event that brings the number of distinct {@code of} in the window to {@code atLeast}.
   */
  record Distinct(Selector event, String of, int atLeast, long withinMs, List<String> match)
      implements When {
    public Distinct {
      match = List.copyOf(match);
    }

    @Override
    public List<Selector> selectors() {
      return List.of(event);
    }
  }

  /** At the event that completes unused events of strictly increasing times, one a step. */
  record Sequence(List<Selector> steps, long withinMs, List<String> match, Optional<Ender> without)
      implements When {
    public Sequence {
      steps = List.copyOf(steps);
      match = List.copyOf(match);
    }

    @Override
    public List<Selector> selectors() {
      return steps;
    }
  }

  /**
   * At s + {@code forMs} if no {@code of} event has time in [s, s + forMs], s being the time of
   * {@code after}.
   */
  record Absence(When after, Ender of, long forMs, OnRepeat onRepeat) implements When {
    @Override
    public List<String> match() {
      return after.match();
    }

    @Override
    public List<Selector> selectors() {
      return after.selectors();
    }
  }

  /** What an event that {@code after} selects does to an open absence. */
  enum OnRepeat {
    /** It moves s to its own time. */
    RESTART,
    /** It is passed over. */
    IGNORE
  }

  /**
   * When nothing of it came for as long as {@code delay} says; once after each last event.
   *
   * @param events one an event type; any of them counts
   */
  record Inactive(List<Selector> events, Wait delay) implements When {
    public Inactive {
      events = List.copyOf(events);
      Objects.requireNonNull(delay);
    }

    @Override
    public List<Selector> selectors() {
      return events;
    }
  }

  /** When the next event is due, as {@code delay} says; once after each last event. */
  record Due(Selector event, Wait delay, List<String> match) implements When {
    public Due {
      Objects.requireNonNull(delay);
      match = List.copyOf(match);
    }

    @Override
    public List<Selector> selectors() {
      return List.of(event);
    }
  }

  /** How long after the last event. */
  sealed interface Wait {
    /** Always {@code ms}. */
    record Fixed(long ms) implements Wait {}

    /**
     * {@code factor} times the user's own gap between active local days, which a prior steadies.
     *
     * @param factor K, above 0
     * @param priorGapMs m0, above 0
     * @param priorWeight k0, above 0
     * @param minEvents active local dates before there is a deadline at all
     * @param floorMs the wait is at least this
     * @param ceilingMs the wait is at most this; not below the floor
     */
    record OwnGap(
        double factor,
        long priorGapMs,
        double priorWeight,
        int minEvents,
        OptionalLong floorMs,
        OptionalLong ceilingMs)
        implements Wait {}
  }

  /**
   * At the close of a local day on which a measure has dropped against its baseline.
   *
   * @param events one an event type; any of them counts
   * @param measure what is added up over local dates
   * @param recentDays the last local dates, at least 1
   * @param baselineDays the local dates before them, at least 1
   * @param by how far below the baseline, in (0, 1]
   * @param minBaseline per day; the baseline must reach it
   * @param minHistoryDays local dates begun since the user's first such event
   * @param clearAt armed again above this part of the baseline; in (1 - by, ∞)
   */
  record Drop(
      List<Selector> events,
      Measure measure,
      int recentDays,
      int baselineDays,
      double by,
      double minBaseline,
      int minHistoryDays,
      double clearAt)
      implements When {
    public Drop {
      events = List.copyOf(events);
      Objects.requireNonNull(measure);
    }

    @Override
    public List<Selector> selectors() {
      return events;
    }
  }

  /** What a drop adds up. */
  sealed interface Measure {
    /** Events. */
    record Events() implements Measure {}

    /** Local dates with an event: each counts once. */
    record ActiveDays() implements Measure {}

    /**
     * A numeric attribute, which every event type concerned has with one type; events without a
     * value do not count.
     */
    record Sum(String of) implements Measure {}
  }

  /**
   * When a signal has crossed a line and stayed past it.
   *
   * @param signal its name
   * @param index its slot in {@code job.signals().type()}; an INT, DOUBLE or DECIMAL
   * @param forMs how long it must stay past the line
   */
  record Score(String signal, int index, Line line, long forMs) implements When {
    public Score {
      Objects.requireNonNull(signal);
      Objects.requireNonNull(line);
    }
  }

  /**
   * The line of a score. Signal and line are compared as their nearest doubles.
   *
   * @param above past is above {@code at}; below it otherwise
   * @param clearAt armed again on the other side of this, which does not lie past {@code at}; none:
   *     where it is not past
   */
  record Line(boolean above, BigDecimal at, Optional<BigDecimal> clearAt) {
    public Line {
      Objects.requireNonNull(at);
      Objects.requireNonNull(clearAt);
    }
  }

  /**
   * At a local time of a local date that the profile gives.
   *
   * @param attribute of the profile: a TIMESTAMP (its local date), or a STRING, {@code YYYY-MM-DD}
   * @param slot its slot in the profile
   * @param yearly every anniversary of the date, from the year after it; otherwise the date itself,
   *     once
   * @param offsetDays so many days after that date; negative: before it
   * @param at the local time
   */
  record Milestone(String attribute, int slot, boolean yearly, int offsetDays, LocalTime at)
      implements When {
    public Milestone {
      Objects.requireNonNull(attribute);
      Objects.requireNonNull(at);
    }
  }

  /**
   * When a profile update changes an attribute.
   *
   * @param attribute of the profile
   * @param slot its slot in the profile
   * @param type its type
   * @param from the value before must equal it, as {@code Slots.objectAt} gives it
   * @param to the value after must equal it, as {@code Slots.objectAt} gives it
   */
  record Changes(
      String attribute, int slot, AttributeType type, Optional<Object> from, Optional<Object> to)
      implements When {
    public Changes {
      Objects.requireNonNull(attribute);
      Objects.requireNonNull(type);
      Objects.requireNonNull(from);
      Objects.requireNonNull(to);
    }
  }

  /**
   * What {@code moment.x} offers to expressions of this shape. {@code time}: when the moment
   * happened. {@code since}: the time of the first event it rests on; of an absence, s; of inactive
   * and due, the last event's. {@code count}, {@code sum}, {@code distinct}: the measure at the
   * moment. {@code gap} (days) and {@code events} (active local dates): of a wait by own gap;
   * {@code events} of any inactive or due. {@code recent}, {@code baseline} (per day), {@code
   * drop}: of a drop. {@code score}: the signal's value. {@code years}: of an anniversary. {@code
   * date}: of a milestone, {@code YYYY-MM-DD}, before the displacement. {@code from}, {@code to}:
   * of changes, of the attribute's type.
   */
  default RecordType momentType() {
    List<Attribute> fields = new ArrayList<>();
    fields.add(Attribute.optional("time", AttributeType.TIMESTAMP));
    When measured = this instanceof Absence absence ? absence.after() : this;
    if (!measured.selectors().isEmpty() && !(measured instanceof Drop)) {
      fields.add(Attribute.optional("since", AttributeType.TIMESTAMP));
    }
    if (measured instanceof Count) {
      fields.add(Attribute.optional("count", AttributeType.INT));
    } else if (measured instanceof Sum) {
      fields.add(Attribute.optional("sum", AttributeType.DECIMAL));
    } else if (measured instanceof Distinct) {
      fields.add(Attribute.optional("distinct", AttributeType.INT));
    } else if (measured instanceof Inactive inactive) {
      waited(inactive.delay(), fields);
    } else if (measured instanceof Due due) {
      waited(due.delay(), fields);
    } else if (measured instanceof Drop) {
      fields.add(Attribute.optional("recent", AttributeType.DOUBLE));
      fields.add(Attribute.optional("baseline", AttributeType.DOUBLE));
      fields.add(Attribute.optional("drop", AttributeType.DOUBLE));
    } else if (measured instanceof Score) {
      fields.add(Attribute.optional("score", AttributeType.DOUBLE));
    } else if (measured instanceof Milestone milestone) {
      if (milestone.yearly()) {
        fields.add(Attribute.optional("years", AttributeType.INT));
      }
      fields.add(Attribute.optional("date", AttributeType.STRING));
    } else if (measured instanceof Changes changes) {
      fields.add(Attribute.optional("from", changes.type()));
      fields.add(Attribute.optional("to", changes.type()));
    }
    return RecordType.of("moment", fields);
  }

  private static void waited(Wait delay, List<Attribute> fields) {
    if (delay instanceof Wait.OwnGap) {
      fields.add(Attribute.optional("gap", AttributeType.DOUBLE));
    }
    fields.add(Attribute.optional("events", AttributeType.INT));
  }
}
