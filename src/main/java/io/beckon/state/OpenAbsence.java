// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.event.Event;
import java.util.Objects;

/**
 * An absence whose deadline is pending. Times in epoch milliseconds.
 *
 * @param sinceMs s: the deadline is s + D
 * @param firstMs the time of the earliest event that {@code after} rests on
 * @param count how many events {@code after} counted; 0 where it does not count
 * @param completing the event that completed {@code after}; its id is the anchor
 */
public record OpenAbsence(long sinceMs, long firstMs, long count, Event completing) {
  public OpenAbsence {
    Objects.requireNonNull(completing);
  }

  /** The same absence, waiting from {@code newSinceMs}. */
  public OpenAbsence restartedAt(long newSinceMs) {
    return new OpenAbsence(newSinceMs, firstMs, count, completing);
  }
}
