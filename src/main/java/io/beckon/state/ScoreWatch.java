// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

/**
 * Whether a score stands past its line and may fire. Mutable; at most 31 bytes. What the numbers
 * are is told by who observes.
 */
public final class ScoreWatch {
  /** The signal is not past the line. */
  public static final long NOT_PAST = ByteWriter.NONE;

  private static final int ARMED = 1;
  private static final int PAST = 2;

  private boolean armed;
  private long pastSinceMs = NOT_PAST;
  private long observedMs;
  private long lastEventMs = ByteWriter.NONE;

  /** Nothing observed. */
  public ScoreWatch() {}

  /**
   * Takes note of an event of the signal; before the first nothing is observed. More than {@code
   * lifeMs} after the one before, it begins anew.
   */
  public void take(long timeMs, long lifeMs) {
    if (isEmpty() || timeMs - lastEventMs > lifeMs) {
      clear();
    }
    lastEventMs = timeMs;
  }

  /**
   * Observes the signal after everything at {@code atMs}, which is later than what was observed
   * before or the same instant again. Between two calls the signal must neither have come past the
   * line, nor gone back, nor come clear of it.
   *
   * @param past whether it is past the line
   * @param clear whether it is clear of it
   * @param forMs how long it must have been past
   * @return whether it fires
   */
  public boolean observe(long atMs, boolean past, boolean clear, long forMs) {
    observedMs = atMs;
    if (!past) {
      pastSinceMs = NOT_PAST;
    } else if (pastSinceMs == NOT_PAST) {
      pastSinceMs = atMs;
    }
    armed |= clear;
    if (armed && past && atMs - pastSinceMs >= forMs) {
      armed = false;
      return true;
    }
    return false;
  }

  /** Whether it fires once it has been past the line for long enough. */
  public boolean isArmed() {
    return armed;
  }

  /** Since when the signal has been past the line, or {@link #NOT_PAST}. */
  public long pastSinceMs() {
    return pastSinceMs;
  }

  /** The last instant observed. */
  public long observedMs() {
    return observedMs;
  }

  /** The time of the signal's last event. */
  public long lastEventMs() {
    return lastEventMs;
  }

  /** Whether nothing was observed, or it is forgotten. */
  public boolean isEmpty() {
    return lastEventMs == ByteWriter.NONE;
  }

  /** Forgets everything. */
  public void clear() {
    armed = false;
    pastSinceMs = NOT_PAST;
    observedMs = 0;
    lastEventMs = ByteWriter.NONE;
  }

  /** Forgets everything once the signal's last event is more than {@code lifeMs} past. */
  public void prune(long watermarkMs, long lifeMs) {
    if (!isEmpty() && watermarkMs >= deadAtMs(lifeMs)) {
      clear();
    }
  }

  /** The smallest watermark at which {@link #prune} leaves nothing. */
  public long deadAtMs(long lifeMs) {
    return isEmpty() ? SignalState.NEVER : lastEventMs + lifeMs + 1;
  }

  /** The same, to change on its own. */
  public ScoreWatch copy() {
    ScoreWatch copy = new ScoreWatch();
    copy.armed = armed;
    copy.pastSinceMs = pastSinceMs;
    copy.observedMs = observedMs;
    copy.lastEventMs = lastEventMs;
    return copy;
  }

  void write(ByteWriter out, long baseMs) {
    out.timeOrNone(lastEventMs, baseMs);
    if (isEmpty()) {
      return;
    }
    boolean past = pastSinceMs != NOT_PAST;
    out.u8((armed ? ARMED : 0) | (past ? PAST : 0));
    out.signed(observedMs - baseMs);
    if (past) {
      out.count(observedMs - pastSinceMs);
    }
  }

  void read(ByteReader in, long baseMs) {
    clear();
    lastEventMs = in.timeOrNone(baseMs);
    if (isEmpty()) {
      return;
    }
    int flags = in.u8();
    if ((flags & ~(ARMED | PAST)) != 0) {
      throw new StateFormatException("damaged state: a score's flags " + flags);
    }
    armed = (flags & ARMED) != 0;
    observedMs = in.signed() + baseMs;
    if ((flags & PAST) != 0) {
      long age = in.count();
      if (age < 0) {
        throw new StateFormatException("damaged state: a score past its line in future");
      }
      pastSinceMs = observedMs - age;
    }
  }
}
