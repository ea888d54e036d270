// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.UserCalendar;
import io.beckon.event.AttributeType;
import io.beckon.event.Slots;
import io.beckon.plan.SignalKind;
import io.beckon.plan.SignalSpec;
import org.jspecify.annotations.Nullable;

/** The first or the last event: its time and, if asked for, a value. Two times and one value. */
public final class MarkState extends SignalState {
  private static final int VALUE = 0;

  private long markMs = NEVER;
  private long lastMs = NEVER;
  private @Nullable Slots value;

  MarkState(SignalSpec spec) {
    super(spec);
  }

  @Override
  public void take(long timeMs, Slots attributes, int slot, UserCalendar calendar) {
    if (spec().kind() != SignalKind.FIRST || isForgotten(lastMs, timeMs)) {
      markMs = timeMs;
      if (spec().ofAttribute()) {
        Slots kept = new Slots(ValueCodec.single(spec().result()));
        copy(spec().result(), attributes, slot, kept, VALUE);
        value = kept;
      }
    }
    lastMs = timeMs;
  }

  private static void copy(AttributeType type, Slots from, int slot, Slots to, int at) {
    switch (type) {
      case STRING -> to.setString(at, from.stringAt(slot));
      case INT, TIMESTAMP, DURATION -> to.setLong(at, from.longAt(slot));
      case DOUBLE -> to.setDouble(at, from.doubleAt(slot));
      case DECIMAL -> to.setDecimal(at, from.numberAt(slot));
      case BOOL -> to.setBool(at, from.boolAt(slot));
      case STRING_LIST -> to.setStrings(at, from.stringsAt(slot));
      case INT_LIST -> to.setInts(at, from.intsAt(slot));
    }
  }

  @Override
  public boolean isEmpty() {
    return lastMs == NEVER;
  }

  @Override
  public void prune(long watermarkMs) {
    if (isForgotten(lastMs, watermarkMs)) {
      markMs = NEVER;
      lastMs = NEVER;
      value = null;
    }
  }

  @Override
  public long deadAtMs() {
    return forgottenAt(lastMs);
  }

  @Override
  public void evaluate(long atMs, UserCalendar calendar, Slots into, int slot) {
    if (isForgotten(lastMs, atMs)) {
      return;
    }
    Slots kept = value;
    if (kept != null) {
      copy(spec().result(), kept, VALUE, into, slot);
    } else {
      into.setLong(slot, spec().kind() == SignalKind.SINCE ? atMs - markMs : markMs);
    }
  }

  @Override
  public double valueAt(long atMs, UserCalendar calendar) {
    Slots kept = value;
    if (kept == null || !spec().result().isNumber() || isForgotten(lastMs, atMs)) {
      return Double.NaN;
    }
    return spec().result() == AttributeType.INT ? kept.longAt(VALUE) : kept.doubleAt(VALUE);
  }

  @Override
  public long nextChangeMs(long afterMs, UserCalendar calendar) {
    return forgottenAfter(lastMs, afterMs);
  }

  @Override
  public MarkState copy() {
    MarkState copy = new MarkState(spec());
    copy.markMs = markMs;
    copy.lastMs = lastMs;
    copy.value = value;
    return copy;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.timeOrNone(lastMs, baseMs);
    if (lastMs == NEVER) {
      return;
    }
    if (spec().kind() == SignalKind.FIRST) {
      out.count(lastMs - markMs);
    }
    Slots kept = value;
    if (kept != null) {
      ValueCodec.writeSingle(out, kept);
    }
  }

  @Override
  void read(ByteReader in, long baseMs) {
    lastMs = in.timeOrNone(baseMs);
    markMs = lastMs;
    value = null;
    if (lastMs == NEVER) {
      return;
    }
    if (spec().kind() == SignalKind.FIRST) {
      long age = in.count();
      if (age < 0) {
        throw new StateFormatException("damaged state: a first event after the last");
      }
      markMs = lastMs - age;
    }
    if (spec().ofAttribute()) {
      value = ValueCodec.readSingle(in, spec().result());
    }
  }
}
