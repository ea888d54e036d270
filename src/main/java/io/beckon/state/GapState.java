// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.UserCalendar;
import io.beckon.event.Slots;
import io.beckon.plan.SignalSpec;

/** The user's own gap between active dates. At most 40 bytes. */
public final class GapState extends SignalState {
  private Cadence cadence = new Cadence();
  private long lastMs = NEVER;

  GapState(SignalSpec spec) {
    super(spec);
  }

  @Override
  public void take(long timeMs, Slots attributes, int slot, UserCalendar calendar) {
    prune(timeMs);
    cadence.take(calendar.dateAt(timeMs));
    lastMs = timeMs;
  }

  @Override
  public boolean isEmpty() {
    return lastMs == NEVER;
  }

  @Override
  public void prune(long watermarkMs) {
    if (isForgotten(lastMs, watermarkMs)) {
      cadence.clear();
      lastMs = NEVER;
    }
  }

  @Override
  public long deadAtMs() {
    return forgottenAt(lastMs);
  }

  @Override
  public void evaluate(long atMs, UserCalendar calendar, Slots into, int slot) {
    double gap = valueAt(atMs, calendar);
    if (!Double.isNaN(gap)) {
      into.setDouble(slot, gap);
    }
  }

  /** Without a prior there is no gap before the second active date: 0 / 0. */
  @Override
  public double valueAt(long atMs, UserCalendar calendar) {
    return isForgotten(lastMs, atMs)
        ? Double.NaN
        : cadence.gapDays(spec().priorGapDays(), spec().priorWeight());
  }

  @Override
  public long nextChangeMs(long afterMs, UserCalendar calendar) {
    return forgottenAfter(lastMs, afterMs);
  }

  @Override
  public GapState copy() {
    GapState copy = new GapState(spec());
    copy.cadence = cadence.copy();
    copy.lastMs = lastMs;
    return copy;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.timeOrNone(lastMs, baseMs);
    if (lastMs != NEVER) {
      cadence.write(out);
    }
  }

  @Override
  void read(ByteReader in, long baseMs) {
    lastMs = in.timeOrNone(baseMs);
    cadence.clear();
    if (lastMs != NEVER) {
      cadence.read(in);
      if (cadence.isEmpty()) {
        throw new StateFormatException("damaged state: an event without a date");
      }
    }
  }
}
