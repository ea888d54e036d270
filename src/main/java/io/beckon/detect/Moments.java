// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.detect;

import io.beckon.detect.Moment.Outcome;
import io.beckon.event.Event;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.When;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.TriggerPlan;
import io.beckon.state.Cadence;
import io.beckon.state.DropWatch;
import io.beckon.state.History;
import io.beckon.state.Instance;
import io.beckon.state.MilestoneWatch;
import io.beckon.state.OpenAbsence;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;

/** Makes moments of what each shape observed. */
final class Moments {
  private static final DateTimeFormatter ANCHOR =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

  private Moments() {}

  /** The moment that an event completes. */
  static Moment completed(
      TriggerPlan trigger, InstanceKey key, Event event, long sinceMs, BigDecimal measure) {
    long timeMs = event.timeMs();
    return of(trigger, key, event, timeMs, sinceMs, sinceMs, measure, Outcome.OPEN);
  }

  /** The deadline of an absence or a silence, or its end before. */
  static Moment waited(
      TriggerPlan trigger, Instance instance, OpenAbsence open, long timeMs, Outcome outcome) {
    if (!trigger.isQuiet()) {
      BigDecimal count = BigDecimal.valueOf(open.count());
      return of(
          trigger,
          instance.key(),
          open.completing(),
          timeMs,
          open.sinceMs(),
          open.firstMs(),
          count,
          outcome);
    }
    Slots observed = times(trigger, timeMs, open.sinceMs());
    RecordType type = observed.type();
    observed.setLong(type.indexOf("events"), open.count());
    When.Wait delay = trigger.delay().orElseThrow();
    if (delay instanceof When.Wait.OwnGap gap && instance.gathered() instanceof History history) {
      observed.setDouble(type.indexOf("gap"), gapDays(gap, history.cadence()));
    }
    Event last = open.completing();
    return new Moment(
        trigger,
        instance.key(),
        last.id(),
        last.attributes().as(trigger.eventType()),
        last.timeMs(),
        timeMs,
        open.sinceMs(),
        open.firstMs(),
        observed,
        outcome);
  }

  static double gapDays(When.Wait.OwnGap gap, Cadence cadence) {
    return cadence.gapDays(gap.priorGapMs() / 86_400_000.0, gap.priorWeight());
  }

  /** The close of a date on which a measure has dropped. */
  static Moment dropped(TriggerPlan trigger, DropWatch watch, long timeMs) {
    Slots observed = times(trigger, timeMs, timeMs);
    RecordType type = observed.type();
    observed.setDouble(type.indexOf("recent"), watch.foundRecent());
    observed.setDouble(type.indexOf("baseline"), watch.foundBaseline());
    observed.setDouble(type.indexOf("drop"), 1 - watch.foundRecent() / watch.foundBaseline());
    return alone(trigger, timeMs, observed);
  }

  /** A signal past its line. */
  static Moment scored(TriggerPlan trigger, double value, long timeMs) {
    Slots observed = times(trigger, timeMs, timeMs);
    observed.setDouble(observed.type().indexOf("score"), value);
    return alone(trigger, timeMs, observed);
  }

  /** A date that came. */
  static Moment reached(TriggerPlan trigger, MilestoneWatch watch, long timeMs) {
    Slots observed = times(trigger, timeMs, timeMs);
    RecordType type = observed.type();
    if (type.indexOf("years") >= 0) {
      observed.setLong(type.indexOf("years"), watch.foundYears());
    }
    observed.setString(type.indexOf("date"), LocalDate.ofEpochDay(watch.foundBase()).toString());
    return alone(trigger, timeMs, observed);
  }

  /** An attribute that changed. */
  static Moment changed(TriggerPlan trigger, int slot, Slots before, Slots after, long timeMs) {
    Slots observed = times(trigger, timeMs, timeMs);
    RecordType type = observed.type();
    before.copyTo(slot, observed, type.indexOf("from"));
    after.copyTo(slot, observed, type.indexOf("to"));
    return alone(trigger, timeMs, observed);
  }

  private static Moment alone(TriggerPlan trigger, long timeMs, Slots observed) {
    return new Moment(
        trigger,
        InstanceKey.NONE,
        ANCHOR.format(Instant.ofEpochMilli(timeMs)),
        new Slots(trigger.eventType()),
        timeMs,
        timeMs,
        timeMs,
        timeMs,
        observed,
        Outcome.OPEN);
  }

  private static Moment of(
      TriggerPlan trigger,
      InstanceKey key,
      Event event,
      long timeMs,
      long sinceMs,
      long firstMs,
      BigDecimal measure,
      Outcome outcome) {
    Slots observed = times(trigger, timeMs, sinceMs);
    RecordType type = observed.type();
    if (type.indexOf("sum") >= 0) {
      observed.setDecimal(type.indexOf("sum"), measure);
    }
    int counted = Math.max(type.indexOf("count"), type.indexOf("distinct"));
    if (counted >= 0) {
      observed.setLong(counted, measure.longValue());
    }
    return new Moment(
        trigger,
        key,
        event.id(),
        event.attributes().as(trigger.eventType()),
        event.timeMs(),
        timeMs,
        sinceMs,
        firstMs,
        observed,
        outcome);
  }

  private static Slots times(TriggerPlan trigger, long timeMs, long sinceMs) {
    RecordType type = trigger.momentType();
    Slots observed = new Slots(type).setLong(type.indexOf("time"), timeMs);
    return type.indexOf("since") < 0 ? observed : observed.setLong(type.indexOf("since"), sinceMs);
  }
}
