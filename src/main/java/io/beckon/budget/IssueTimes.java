// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.state.ByteReader;
import io.beckon.state.ByteWriter;
import io.beckon.state.StateFormatException;

/**
 * The times of what went out under one rate, oldest first, in a ring. Times come nearly in order:
 * what is a little older than the newest finds its place from the end.
 */
final class IssueTimes {
  private static final long NONE = ByteWriter.NONE;

  private long[] ring = new long[16];
  private int head;
  private int size;

  /** Nothing at or before this is kept. */
  private long forgottenMs = NONE;

  int size() {
    return size;
  }

  /** The time of the {@code i}-th, from 0, the oldest. */
  long get(int i) {
    return ring[(head + i) & (ring.length - 1)];
  }

  private void set(int i, long timeMs) {
    ring[(head + i) & (ring.length - 1)] = timeMs;
  }

  /** Whether all since {@code sinceMs}, without it, are here. */
  boolean knows(long sinceMs) {
    return sinceMs >= forgottenMs;
  }

  /**
   * Whether one more at {@code atMs} would still leave at most {@code atMost} in every window of
   * {@code perMs}, [t, t + perMs).
   */
  boolean hasRoom(long atMs, int atMost, long perMs) {
    int later = later(atMs);
    // With the new one there are size + 1. Of any atMost + 1 in a row that it is among, the first
    // and the last must be perMs apart; it stands before the `later` newest.
    int place = size - later;
    for (int first = Math.max(0, place - atMost);
        first <= Math.min(place, size - atMost);
        first++) {
      int last = first + atMost;
      long firstMs = first == place ? atMs : get(first);
      long lastMs = last == place ? atMs : last < place ? get(last) : get(last - 1);
      if (lastMs - firstMs < perMs) {
        return false;
      }
    }
    return true;
  }

  /** The earliest time, none that is here being later, at which there is room for one more. */
  long roomAt(int atMost, long perMs) {
    return size < atMost ? Long.MIN_VALUE : get(size - atMost) + perMs;
  }

  private int later(long atMs) {
    int later = 0;
    while (later < size && get(size - 1 - later) > atMs) {
      later++;
    }
    return later;
  }

  void add(long atMs) {
    if (size == ring.length) {
      long[] larger = new long[ring.length * 2];
      for (int i = 0; i < size; i++) {
        larger[i] = get(i);
      }
      ring = larger;
      head = 0;
    }
    int place = size - later(atMs);
    size++;
    for (int i = size - 1; i > place; i--) {
      set(i, get(i - 1));
    }
    set(place, atMs);
  }

  /** Forgets all up to {@code untilMs}, and of the others all but the newest {@code most}. */
  void forget(long untilMs, long most) {
    while (size > 0 && (get(0) <= untilMs || size > most)) {
      forgottenMs = Math.max(forgottenMs, get(0));
      head = (head + 1) & (ring.length - 1);
      size--;
    }
  }

  boolean isEmpty() {
    return size == 0 && forgottenMs == NONE;
  }

  void write(ByteWriter out, long baseMs) {
    out.timeOrNone(forgottenMs, baseMs);
    out.count(size);
    long beforeMs = baseMs;
    for (int i = 0; i < size; i++) {
      out.signed(get(i) - beforeMs);
      beforeMs = get(i);
    }
  }

  void read(ByteReader in, long baseMs) {
    forgottenMs = in.timeOrNone(baseMs);
    int count = in.size(1);
    long timeMs = baseMs;
    for (int i = 0; i < count; i++) {
      long atMs = timeMs + in.signed();
      if (i > 0 && atMs < timeMs) {
        throw new StateFormatException("damaged state: times that are not in order");
      }
      timeMs = atMs;
      add(timeMs);
    }
  }
}
