// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.event.Event;
import java.util.Objects;

/**
 * An absence whose deadline is pending, or the silence after a last event. Times in epoch
 * milliseconds.
 *
 * @param sinceMs s; the last event's time
 * @param deadlineMs when its moment comes if nothing ends it
 * @param firstMs the time of the earliest event that {@code after} rests on
 * @param count how many events {@code after} counted; 0 where it does not count; of a silence the
 *     active dates so far
 * @param completing the event that completed {@code after}, or the last event; its id is the anchor
 */
public record OpenAbsence(
    long sinceMs, long deadlineMs, long firstMs, long count, Event completing) {
  public OpenAbsence {
    Objects.requireNonNull(completing);
  }

  /** The same absence, waiting from {@code newSinceMs}. */
  public OpenAbsence restartedAt(long newSinceMs) {
    return new OpenAbsence(
        newSinceMs, deadlineMs - sinceMs + newSinceMs, firstMs, count, completing);
  }
}
