// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.UserCalendar;
import io.beckon.event.Slots;
import io.beckon.plan.SignalSpec;
import java.util.Arrays;

/** Events by hour of the local week: at most 168 hours of at most 10 bytes each. */
public final class BusiestHourState extends SignalState {
  private static final int HOURS = 168;

  private int[] hours = new int[4];
  private long[] counts = new long[4];
  private int size;
  private long lastMs = NEVER;

  BusiestHourState(SignalSpec spec) {
    super(spec);
  }

  @Override
  public void take(long timeMs, Slots attributes, int slot, UserCalendar calendar) {
    prune(timeMs);
    lastMs = timeMs;
    int hour = calendar.hourOfWeek(timeMs);
    int at = Arrays.binarySearch(hours, 0, size, hour);
    if (at >= 0) {
      counts[at]++;
      return;
    }
    at = -at - 1;
    grow(size + 1);
    System.arraycopy(hours, at, hours, at + 1, size - at);
    System.arraycopy(counts, at, counts, at + 1, size - at);
    hours[at] = hour;
    counts[at] = 1;
    size++;
  }

  private void grow(int to) {
    if (to > hours.length) {
      hours = Arrays.copyOf(hours, Math.max(to, hours.length * 2));
      counts = Arrays.copyOf(counts, hours.length);
    }
  }

  @Override
  public boolean isEmpty() {
    return lastMs == NEVER;
  }

  @Override
  public void prune(long watermarkMs) {
    if (isForgotten(lastMs, watermarkMs)) {
      size = 0;
      lastMs = NEVER;
    }
  }

  @Override
  public long deadAtMs() {
    return forgottenAt(lastMs);
  }

  private int busiest() {
    int best = 0;
    for (int i = 1; i < size; i++) {
      if (counts[i] > counts[best]) {
        best = i;
      }
    }
    return hours[best];
  }

  @Override
  public void evaluate(long atMs, UserCalendar calendar, Slots into, int slot) {
    if (!isForgotten(lastMs, atMs)) {
      into.setLong(slot, busiest());
    }
  }

  @Override
  public double valueAt(long atMs, UserCalendar calendar) {
    return isForgotten(lastMs, atMs) ? Double.NaN : busiest();
  }

  @Override
  public long nextChangeMs(long afterMs, UserCalendar calendar) {
    return forgottenAfter(lastMs, afterMs);
  }

  @Override
  public BusiestHourState copy() {
    BusiestHourState copy = new BusiestHourState(spec());
    copy.hours = hours.clone();
    copy.counts = counts.clone();
    copy.size = size;
    copy.lastMs = lastMs;
    return copy;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.timeOrNone(lastMs, baseMs);
    if (lastMs == NEVER) {
      return;
    }
    out.count(size);
    for (int i = 0; i < size; i++) {
      out.u8(hours[i]);
      out.count(counts[i]);
    }
  }

  @Override
  void read(ByteReader in, long baseMs) {
    size = 0;
    lastMs = in.timeOrNone(baseMs);
    if (lastMs == NEVER) {
      return;
    }
    int length = in.size(2);
    if (length == 0 || length > HOURS) {
      throw new StateFormatException("damaged state: " + length + " hours of a week");
    }
    grow(length);
    for (int i = 0; i < length; i++) {
      hours[i] = in.u8();
      counts[i] = in.count();
      if (hours[i] >= HOURS || counts[i] <= 0 || (i > 0 && hours[i] <= hours[i - 1])) {
        throw new StateFormatException("damaged state: hours of a week out of order");
      }
    }
    size = length;
  }
}
