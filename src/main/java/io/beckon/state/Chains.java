// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import java.util.Arrays;

/**
 * The choices of a sequence begun, in settled order: per number of steps done the latest time at
 * which such a choice begins. A choice that begins later is never worse: it expires later, and
 * fewer {@code without} events lie behind its beginning. So k numbers suffice, however many events
 * there are.
 *
 * <p>Choices whose last event has the present instant's own time are kept apart until time goes on,
 * because times must strictly increase.
 */
public final class Chains extends Gathered {
  private static final long NONE = ByteWriter.NONE;

  private final long windowMs;
  private final long[] begun;
  private final long[] begunNow;
  private long nowMs = NONE;
  private long withoutMs = NONE;
  private long withoutBeforeMs = NONE;

  private long foundSinceMs;

  /** Empty, for sequences of {@code steps} steps within {@code windowMs}. */
  public Chains(long windowMs, int steps) {
    this.windowMs = windowMs;
    this.begun = new long[steps - 1];
    this.begunNow = new long[steps - 1];
    clear();
  }

  /**
   * Takes an event that the steps of {@code mask} pick; times do not decrease from call to call.
   *
   * @return whether it completes a choice, which {@link #foundSinceMs} then describes
   */
  public boolean add(long timeMs, int mask) {
    goOnTo(timeMs);
    int last = begun.length;
    if ((mask & 1 << last) != 0 && begun[last - 1] != NONE) {
      foundSinceMs = begun[last - 1];
      return true;
    }
    for (int step = 0; step < last; step++) {
      if ((mask & 1 << step) != 0) {
        long since = step == 0 ? timeMs : begun[step - 1];
        begunNow[step] = Math.max(begunNow[step], since);
      }
    }
    return false;
  }

  /** Whether an event at {@code timeMs} picked by {@code mask} stands in some choice. */
  public boolean isOfUse(long timeMs, int mask) {
    goOnTo(timeMs);
    for (int step = 0; step <= begun.length; step++) {
      if ((mask & 1 << step) != 0 && (step == 0 || begun[step - 1] != NONE)) {
        return true;
      }
    }
    return false;
  }

  /** Notes a {@code without} event; times do not decrease from call to call. */
  public void without(long timeMs) {
    if (timeMs > withoutMs) {
      withoutBeforeMs = withoutMs;
      withoutMs = timeMs;
    }
  }

  private void goOnTo(long timeMs) {
    if (timeMs > nowMs) {
      for (int i = 0; i < begun.length; i++) {
        begun[i] = Math.max(begun[i], begunNow[i]);
        begunNow[i] = NONE;
      }
      nowMs = timeMs;
    }
    for (int i = 0; i < begun.length; i++) {
      if (!holds(begun[i], timeMs)) {
        begun[i] = NONE;
      }
    }
  }

  private boolean holds(long sinceMs, long timeMs) {
    long withoutBefore = withoutMs < timeMs ? withoutMs : withoutBeforeMs;
    return sinceMs != NONE && sinceMs >= timeMs - windowMs && withoutBefore <= sinceMs;
  }

  /** The greatest possible time of the first step of the choice completed. */
  public long foundSinceMs() {
    return foundSinceMs;
  }

  @Override
  public boolean isEmpty() {
    return latest() == NONE;
  }

  private long latest() {
    long latest = NONE;
    for (int i = 0; i < begun.length; i++) {
      latest = Math.max(latest, Math.max(begun[i], begunNow[i]));
    }
    return latest;
  }

  @Override
  public boolean liveAt(long timeMs) {
    for (int i = 0; i < begun.length; i++) {
      if (holds(begun[i], timeMs) || holds(begunNow[i], timeMs)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void clear() {
    Arrays.fill(begun, NONE);
    Arrays.fill(begunNow, NONE);
    withoutMs = NONE;
    withoutBeforeMs = NONE;
  }

  @Override
  public void clearUpTo(long timeMs) {
    // In settled order everything gathered is of this time or before.
    clear();
  }

  @Override
  public void prune(long watermarkMs) {
    // An event after the watermark comes at its next millisecond at the earliest.
    if (!liveAt(watermarkMs + 1)) {
      clear();
    }
  }

  /** A choice that a {@code without} event lies behind is not kept for the rest of its window. */
  @Override
  public long deadAtMs() {
    long dead = NEVER;
    for (int i = 0; i < begun.length; i++) {
      dead = Math.max(dead, Math.max(deadAtMs(begun[i]), deadAtMs(begunNow[i])));
    }
    return dead;
  }

  private long deadAtMs(long sinceMs) {
    if (sinceMs == NONE) {
      return NEVER;
    }
    long hinderedMs = withoutBeforeMs > sinceMs ? withoutBeforeMs : withoutMs;
    return hinderedMs > sinceMs ? Math.min(hinderedMs, sinceMs + windowMs) : sinceMs + windowMs;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.timeOrNone(nowMs, baseMs);
    out.timeOrNone(withoutMs, baseMs);
    out.timeOrNone(withoutBeforeMs, baseMs);
    for (int i = 0; i < begun.length; i++) {
      out.timeOrNone(begun[i], baseMs);
      out.timeOrNone(begunNow[i], baseMs);
    }
  }

  @Override
  void read(ByteReader in, long baseMs) {
    nowMs = in.timeOrNone(baseMs);
    withoutMs = in.timeOrNone(baseMs);
    withoutBeforeMs = in.timeOrNone(baseMs);
    for (int i = 0; i < begun.length; i++) {
      begun[i] = in.timeOrNone(baseMs);
      begunNow[i] = in.timeOrNone(baseMs);
    }
  }
}
