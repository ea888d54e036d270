// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The rates that concern a command, and the commands of just these rates that wait: in order, so
 * that while the first of them cannot move, none of them can.
 */
final class RateSet {
  private final List<RateWindow> all;
  private final List<RateWindow> queueing;
  private final List<RateWindow> dropping;
  private final TreeSet<Waiting> queue = new TreeSet<>(Waiting.ORDER);

  RateSet(List<RateWindow> all) {
    this.all = List.copyOf(all);
    this.queueing = all.stream().filter(window -> window.rate().queues()).toList();
    this.dropping = all.stream().filter(window -> !window.rate().queues()).toList();
  }

  NavigableSet<Waiting> queue() {
    return queue;
  }

  boolean isQueueFor(RateWindow window) {
    return queueing.contains(window);
  }

  /** The first rate that is full and drops. */
  Optional<RateWindow> dropsAt(long atMs) {
    return firstFull(dropping, atMs);
  }

  /** The first rate that is full and queues. */
  Optional<RateWindow> queuesAt(long atMs) {
    return firstFull(queueing, atMs);
  }

  private static Optional<RateWindow> firstFull(List<RateWindow> windows, long atMs) {
    for (RateWindow window : windows) {
      if (!window.hasRoom(atMs)) {
        return Optional.of(window);
      }
    }
    return Optional.empty();
  }

  /** The rate that is full for the longest; none only if none queues any more. */
  Optional<RateWindow> holds() {
    return queueing.stream().max(Comparator.comparingLong(RateWindow::roomAtMs));
  }

  /** The earliest time at which its queue may move. */
  long roomAtMs() {
    long roomAtMs = Long.MIN_VALUE;
    for (RateWindow window : queueing) {
      roomAtMs = Math.max(roomAtMs, window.roomAtMs());
    }
    return roomAtMs;
  }

  boolean knows(long atMs) {
    for (RateWindow window : all) {
      if (!window.knows(atMs)) {
        return false;
      }
    }
    return true;
  }

  void issued(long atMs, long clockMs) {
    for (RateWindow window : all) {
      window.add(atMs, clockMs);
    }
  }

  void enqueue(Waiting waiting) {
    queue.add(waiting);
    queueing.forEach(window -> window.waiting++);
  }

  void remove(Waiting waiting) {
    if (queue.remove(waiting)) {
      queueing.forEach(window -> window.waiting--);
    }
  }
}
