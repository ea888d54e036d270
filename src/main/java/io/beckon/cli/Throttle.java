// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

/** Lets so many things pass in a second, evenly, and catches up with what it is behind. */
final class Throttle {
  private static final long SECOND_MS = 1_000;

  private final Pace.Watch watch;
  private final double perSecond;
  private final long startMs;
  private long passed;

  Throttle(Pace.Watch watch, double perSecond) {
    this.watch = watch;
    this.perSecond = perSecond;
    this.startMs = watch.nowMs();
  }

  /** Waits until the next one may pass. */
  void await() {
    long dueMs = startMs + (long) (passed++ * SECOND_MS / perSecond);
    long leftMs = dueMs - watch.nowMs();
    if (leftMs > 0) {
      watch.sleep(leftMs);
    }
  }
}
