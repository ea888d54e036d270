// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import java.util.Arrays;

/**
 * The unused events of a sequence in order of arrival: per step the newest times, because an event
 * may come before the steps that precede it.
 */
public final class StepTimes extends Gathered {
  /** How many times a step keeps. */
  static final int MOST = 64;

  private final long windowMs;
  private final long[][] times;

  private long foundSinceMs;

  /** Empty, for sequences of {@code steps} steps within {@code windowMs}. */
  public StepTimes(long windowMs, int steps) {
    this.windowMs = windowMs;
    this.times = new long[steps][0];
  }

  /**
   * Takes an event that the steps of {@code mask} pick.
   *
   * @return whether a choice exists that contains it, which {@link #foundSinceMs} then describes
   */
  public boolean add(long timeMs, int mask) {
    foundSinceMs = Long.MIN_VALUE;
    for (int step = 0; step < times.length; step++) {
      if ((mask & 1 << step) != 0) {
        foundSinceMs = Math.max(foundSinceMs, since(step, timeMs));
      }
    }
    if (foundSinceMs != Long.MIN_VALUE) {
      return true;
    }
    for (int step = 0; step < times.length; step++) {
      if ((mask & 1 << step) != 0) {
        times[step] = inserted(times[step], timeMs);
      }
    }
    return false;
  }

  /** The latest beginning of a choice with the event as this step, or the least number if none. */
  private long since(int step, long timeMs) {
    long since = timeMs;
    for (int i = step - 1; i >= 0; i--) {
      int at = lowerBound(times[i], since) - 1;
      if (at < 0) {
        return Long.MIN_VALUE;
      }
      since = times[i][at];
    }
    long until = timeMs;
    for (int i = step + 1; i < times.length; i++) {
      int at = lowerBound(times[i], until + 1);
      if (at == times[i].length) {
        return Long.MIN_VALUE;
      }
      until = times[i][at];
    }
    return until - since > windowMs ? Long.MIN_VALUE : since;
  }

  /** The index of the first time at or after {@code timeMs}. */
  private static int lowerBound(long[] sorted, long timeMs) {
    int at = sorted.length;
    while (at > 0 && sorted[at - 1] >= timeMs) {
      at--;
    }
    return at;
  }

  private static long[] inserted(long[] sorted, long timeMs) {
    int at = lowerBound(sorted, timeMs + 1);
    if (sorted.length < MOST) {
      long[] longer = new long[sorted.length + 1];
      System.arraycopy(sorted, 0, longer, 0, at);
      longer[at] = timeMs;
      System.arraycopy(sorted, at, longer, at + 1, sorted.length - at);
      return longer;
    }
    if (at > 0) {
      System.arraycopy(sorted, 1, sorted, 0, at - 1);
      sorted[at - 1] = timeMs;
    }
    return sorted;
  }

  /** The greatest possible time of the first step of the choice completed. */
  public long foundSinceMs() {
    return foundSinceMs;
  }

  @Override
  public boolean isEmpty() {
    for (long[] step : times) {
      if (step.length > 0) {
        return false;
      }
    }
    return true;
  }

  private long latest() {
    long latest = Long.MIN_VALUE;
    for (long[] step : times) {
      if (step.length > 0) {
        latest = Math.max(latest, step[step.length - 1]);
      }
    }
    return latest;
  }

  @Override
  public boolean liveAt(long timeMs) {
    return !isEmpty() && latest() >= timeMs - windowMs;
  }

  @Override
  public void clear() {
    Arrays.fill(times, new long[0]);
  }

  @Override
  public void clearUpTo(long timeMs) {
    for (int i = 0; i < times.length; i++) {
      times[i] = Arrays.copyOfRange(times[i], lowerBound(times[i], timeMs + 1), times[i].length);
    }
  }

  @Override
  public void prune(long watermarkMs) {
    clearUpTo(watermarkMs - windowMs);
  }

  @Override
  public long deadAtMs() {
    return isEmpty() ? NEVER : latest() + windowMs;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    for (long[] step : times) {
      out.count(step.length);
      long before = baseMs;
      for (long time : step) {
        out.signed(time - before);
        before = time;
      }
    }
  }

  @Override
  void read(ByteReader in, long baseMs) {
    for (int i = 0; i < times.length; i++) {
      long[] step = new long[in.size(1)];
      long before = baseMs;
      for (int j = 0; j < step.length; j++) {
        before += in.signed();
        step[j] = before;
      }
      times[i] = step;
    }
  }
}
