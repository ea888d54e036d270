// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.detect;

import io.beckon.event.CodePoints;
import io.beckon.event.Event;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.TriggerPlan;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.Objects;

/**
 * Something a trigger waited for came to be. Times in epoch milliseconds.
 *
 * @param completing the event that completed it; of an absence, the one that completed {@code
 *     after}. Its id is the episode's anchor.
 * @param timeMs when
 * @param sinceMs the time of the earliest event it rests on; of an absence, s
 * @param firstMs the time of the earliest event it rests on, of an absence too
 * @param measure the count, sum or number of distinct values; zero where nothing is measured
 * @param outcome what is known before any policy is asked
 */
public record Moment(
    TriggerPlan trigger,
    InstanceKey key,
    Event completing,
    long timeMs,
    long sinceMs,
    long firstMs,
    BigDecimal measure,
    Outcome outcome) {

  /** What is known of a moment before any policy is asked. */
  public enum Outcome {
    /** Nothing. */
    OPEN,
    /** Its absence was displaced before its deadline. */
    EVICTED,
    /** A {@code cancel_on} event of its span is known. */
    CANCELLED
  }

  /** The order in which moments of one user at one time are decided. */
  public static final Comparator<Moment> ORDER =
      Comparator.comparing((Moment m) -> m.trigger().definition().lane())
          .thenComparing(m -> -m.trigger().definition().priority())
          .thenComparing(m -> m.trigger().id(), CodePoints::compare)
          .thenComparing(Moment::completing, Event::compareByTimeAndId)
          .thenComparing(Moment::key);

  public Moment {
    Objects.requireNonNull(trigger);
    Objects.requireNonNull(key);
    Objects.requireNonNull(completing);
    Objects.requireNonNull(measure);
    Objects.requireNonNull(outcome);
  }

  /** The same moment, cancelled before it was decided. */
  Moment cancelled() {
    return new Moment(
        trigger, key, completing, timeMs, sinceMs, firstMs, measure, Outcome.CANCELLED);
  }

  /** Where the span of its episode begins. */
  public long spanStartMs() {
    return trigger.isAbsence() ? sinceMs : timeMs;
  }

  /** Which occurrence this is. */
  public Episode episode() {
    return Episode.of(trigger, key, completing.id());
  }
}
