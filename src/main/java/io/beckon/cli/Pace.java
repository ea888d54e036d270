// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.util.function.LongConsumer;

/**
 * Lets virtual time pass at a speed that a person can follow, and lines come one by one. Never lags
 * far behind: what cannot be shown in time is left out.
 */
final class Pace {
  /** The least time between two lines. */
  private static final long LINE_MS = 250;

  /** How far lines may lag behind the time they belong to. */
  private static final long MOST_LAG_MS = 2_500;

  /** How often the caller hears of the time while it waits. */
  private static final long TICK_MS = 100;

  /** A clock, and a way to wait by it. */
  interface Watch {
    /** Milliseconds since some moment. */
    long nowMs();

    /** Waits. */
    void sleep(long ms);
  }

  private final Watch watch;
  private final long virtualStartMs;
  private final double speed;
  private final long lagMs;
  private final long startMs;
  private long nextLineMs;

  /**
   * A pace that begins now.
   *
   * @param virtualStartMs the virtual time now
   * @param speed how much faster virtual time passes
   * @param lagMs how long after their time lines are expected to come
   */
  Pace(Watch watch, long virtualStartMs, double speed, long lagMs) {
    this.watch = watch;
    this.virtualStartMs = virtualStartMs;
    this.speed = speed;
    this.lagMs = lagMs;
    this.startMs = watch.nowMs();
    this.nextLineMs = startMs;
  }

  /** The machine's time. */
  static Watch watch() {
    return new Watch() {
      private boolean interrupted;

      @Override
      public long nowMs() {
        return System.nanoTime() / 1_000_000;
      }

      @Override
      public void sleep(long ms) {
        if (interrupted) {
          return;
        }
        try {
          Thread.sleep(ms);
        } catch (InterruptedException e) {
          // Whoever interrupts wants the end, so nothing waits any more.
          interrupted = true;
          Thread.currentThread().interrupt();
        }
      }
    };
  }

  /** A watch on which all waiting is over at once. */
  static Watch noWaiting() {
    return new Watch() {
      private long nowMs;

      @Override
      public long nowMs() {
        return nowMs;
      }

      @Override
      public void sleep(long ms) {
        nowMs += ms;
      }
    };
  }

  private long dueMs(long virtualMs) {
    return startMs + (long) ((virtualMs - virtualStartMs) / speed);
  }

  /** Waits until it is {@code virtualMs}; {@code tick} hears what time it is meanwhile. */
  void await(long virtualMs, LongConsumer tick) {
    long dueMs = dueMs(virtualMs);
    for (long leftMs = dueMs - watch.nowMs(); leftMs > 0; leftMs = dueMs - watch.nowMs()) {
      tick.accept(virtualMs - (long) (leftMs * speed));
      watch.sleep(Math.min(TICK_MS, leftMs));
    }
  }

  /** Whether a line about {@code virtualMs} is shown; waits for its turn. */
  boolean turn(long virtualMs) {
    long nowMs = watch.nowMs();
    long atMs = Math.max(nowMs, nextLineMs);
    if (atMs - Math.max(dueMs(virtualMs), startMs) - lagMs > MOST_LAG_MS && atMs > nowMs) {
      return false;
    }
    if (atMs > nowMs) {
      watch.sleep(atMs - nowMs);
    }
    nextLineMs = atMs + LINE_MS;
    return true;
  }
}
