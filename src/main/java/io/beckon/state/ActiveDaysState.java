// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.Durations;
import io.beckon.calendar.UserCalendar;
import io.beckon.event.Slots;
import io.beckon.plan.SignalSpec;

/** Which of the last dates had an event: one bit a date. At most 20 bytes. */
public final class ActiveDaysState extends SignalState {
  /** Further behind UTC no zone is. */
  private static final long WESTERNMOST_MS = 18 * 3_600_000L;

  private long newest;
  private long bits;

  ActiveDaysState(SignalSpec spec) {
    super(spec);
  }

  private long kept() {
    return -1L >>> (64 - spec().days());
  }

  @Override
  public void take(long timeMs, Slots attributes, int slot, UserCalendar calendar) {
    long date = calendar.dateAt(timeMs);
    if (bits == 0) {
      newest = date;
    }
    if (date >= newest) {
      long ahead = date - newest;
      bits = (ahead >= 64 ? 0 : bits << ahead & kept()) | 1;
      newest = date;
    }
  }

  @Override
  public boolean isEmpty() {
    return bits == 0;
  }

  /** By then the window of dates is past in every zone. */
  @Override
  public void prune(long watermarkMs) {
    if (bits != 0 && watermarkMs >= deadAtMs()) {
      bits = 0;
      newest = 0;
    }
  }

  @Override
  public long deadAtMs() {
    return bits == 0 ? NEVER : (newest + spec().days()) * Durations.DAY_MS + WESTERNMOST_MS;
  }

  private int countAt(long atMs, UserCalendar calendar) {
    if (bits == 0) {
      return 0;
    }
    long behind = Math.max(0, calendar.dateAt(atMs) - newest);
    return behind >= 64 ? 0 : Long.bitCount(bits << behind & kept());
  }

  @Override
  public void evaluate(long atMs, UserCalendar calendar, Slots into, int slot) {
    into.setLong(slot, countAt(atMs, calendar));
  }

  @Override
  public double valueAt(long atMs, UserCalendar calendar) {
    return countAt(atMs, calendar);
  }

  @Override
  public long nextChangeMs(long afterMs, UserCalendar calendar) {
    long today = bits == 0 ? 0 : Math.max(newest, calendar.dateAt(afterMs));
    for (int i = spec().days() - 1; i >= 0; i--) {
      if ((bits & 1L << i) != 0) {
        // The last date of whose window it is one.
        long last = newest - i + spec().days() - 1;
        long closeMs = last < today ? Long.MIN_VALUE : calendar.endOf(last);
        if (closeMs > afterMs) {
          return closeMs;
        }
      }
    }
    return Long.MAX_VALUE;
  }

  @Override
  public ActiveDaysState copy() {
    ActiveDaysState copy = new ActiveDaysState(spec());
    copy.newest = newest;
    copy.bits = bits;
    return copy;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.count(bits);
    if (bits != 0) {
      out.signed(newest - Math.floorDiv(baseMs, Durations.DAY_MS));
    }
  }

  @Override
  void read(ByteReader in, long baseMs) {
    bits = in.count();
    newest = 0;
    if (bits != 0) {
      if ((bits & 1) == 0 || (bits & ~kept()) != 0) {
        throw new StateFormatException("damaged state: active dates beyond the window");
      }
      newest = in.signed() + Math.floorDiv(baseMs, Durations.DAY_MS);
    }
  }
}
