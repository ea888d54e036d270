// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.detect;

import io.beckon.event.Slots;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.TriggerPlan;
import java.util.Objects;

/**
 * Something a trigger waited for came to be. Times in epoch milliseconds.
 *
 * @param anchor what names the episode beside its match values: the id of the completing event, of
 *     an absence the one that completed {@code after}, of a silence the last event; or the time
 * @param event what expressions see as {@code event}; without attributes where there is none
 * @param timeMs when
 * @param sinceMs the time of the earliest event it rests on; of an absence, s; of a silence, the
 *     last event; the moment's own where it rests on none
 * @param firstMs the time of the earliest event it rests on, of an absence too
 * @param eventMs the time of the completing event
 * @param observed what {@code moment.x} gives
 * @param outcome what is known before any policy is asked
 */
public record Moment(
    TriggerPlan trigger,
    InstanceKey key,
    String anchor,
    Slots event,
    long eventMs,
    long timeMs,
    long sinceMs,
    long firstMs,
    Slots observed,
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

  public Moment {
    Objects.requireNonNull(trigger);
    Objects.requireNonNull(key);
    Objects.requireNonNull(anchor);
    Objects.requireNonNull(event);
    Objects.requireNonNull(observed);
    Objects.requireNonNull(outcome);
  }

  /** The same moment, cancelled before it was decided. */
  Moment cancelled() {
    return new Moment(
        trigger,
        key,
        anchor,
        event,
        eventMs,
        timeMs,
        sinceMs,
        firstMs,
        observed,
        Outcome.CANCELLED);
  }

  /** Where the span of its episode begins. */
  public long spanStartMs() {
    return trigger.opensBefore() ? sinceMs : timeMs;
  }

  /** Which occurrence this is. */
  public Episode episode() {
    return Episode.of(trigger, key, anchor);
  }
}
