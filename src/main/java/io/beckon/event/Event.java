// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.event;

import java.util.Objects;

/**
 * Something a user did.
 *
 * @param id unique per user; ordered by code point
 * @param type what happened
 * @param user who did it
 * @param timeMs event time, epoch milliseconds
 * @param attributes of the type's record
 */
public record Event(String id, EventType type, String user, long timeMs, Slots attributes) {
  public Event {
    Objects.requireNonNull(id);
    Objects.requireNonNull(type);
    Objects.requireNonNull(user);
    Objects.requireNonNull(attributes);
  }

  /** Order by (time, id), ids by code point: the order in which settled events are taken. */
  public static int compareByTimeAndId(Event a, Event b) {
    int byTime = Long.compare(a.timeMs, b.timeMs);
    return byTime != 0 ? byTime : CodePoints.compare(a.id, b.id);
  }

  /** The type, id and time only: who and what stays out of logs. */
  @Override
  public String toString() {
    return "Event[" + type.name() + " " + id + " at " + timeMs + "]";
  }
}
