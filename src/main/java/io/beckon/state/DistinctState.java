// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.UserCalendar;
import io.beckon.event.Slots;
import io.beckon.plan.SignalSpec;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The newest time of each value, the one longest not seen first. At most 256 values: some 256 times
 * 12 bytes and the values' own.
 */
public final class DistinctState extends SignalState {
  /** How many values are kept. */
  public static final int MOST = 256;

  private final LinkedHashMap<Object, Long> newest = new LinkedHashMap<>();

  DistinctState(SignalSpec spec) {
    super(spec);
  }

  /** Of a list each element is a value. */
  @Override
  public void take(long timeMs, Slots attributes, int slot, UserCalendar calendar) {
    if (attributes.objectAt(slot) instanceof List<?> list) {
      for (Object value : list) {
        takeValue(timeMs, value);
      }
    } else {
      takeValue(timeMs, valueOf(attributes, slot));
    }
  }

  private static Object valueOf(Slots attributes, int slot) {
    return switch (attributes.type().attribute(slot).type()) {
      case INT, TIMESTAMP, DURATION -> attributes.longAt(slot);
      case BOOL -> attributes.boolAt(slot);
      case DOUBLE, DECIMAL -> attributes.numberAt(slot).toString();
      case STRING, STRING_LIST, INT_LIST -> attributes.stringAt(slot);
    };
  }

  private void takeValue(long timeMs, Object value) {
    // Put at the end: times never go back, so the order is that of the newest times.
    if (newest.remove(value) == null && newest.size() >= MOST) {
      Iterator<Object> oldest = newest.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    newest.put(value, timeMs);
  }

  @Override
  public boolean isEmpty() {
    return newest.isEmpty();
  }

  @Override
  public void prune(long watermarkMs) {
    Iterator<Long> times = newest.values().iterator();
    while (times.hasNext() && times.next() + spec().windowMs() <= watermarkMs) {
      times.remove();
    }
  }

  @Override
  public long deadAtMs() {
    long dead = NEVER;
    for (long time : newest.values()) {
      dead = time + spec().windowMs();
    }
    return dead;
  }

  private int countAt(long atMs) {
    int gone = 0;
    for (long time : newest.values()) {
      if (time >= atMs - spec().windowMs()) {
        break;
      }
      gone++;
    }
    return newest.size() - gone;
  }

  @Override
  public void evaluate(long atMs, UserCalendar calendar, Slots into, int slot) {
    into.setLong(slot, countAt(atMs));
  }

  @Override
  public double valueAt(long atMs, UserCalendar calendar) {
    return countAt(atMs);
  }

  @Override
  public long nextChangeMs(long afterMs, UserCalendar calendar) {
    for (long time : newest.values()) {
      if (time + spec().windowMs() >= afterMs) {
        return time + spec().windowMs() + 1;
      }
    }
    return Long.MAX_VALUE;
  }

  @Override
  public long firstMs(long afterMs, Comparison test, UserCalendar calendar) {
    int left = newest.size();
    long fromMs = afterMs + 1;
    for (long time : newest.values()) {
      long lastMs = time + spec().windowMs();
      if (lastMs >= fromMs) {
        if (test.test(left)) {
          return fromMs;
        }
        fromMs = lastMs + 1;
      }
      left--;
    }
    return test.test(0) ? fromMs : Long.MAX_VALUE;
  }

  @Override
  public DistinctState copy() {
    DistinctState copy = new DistinctState(spec());
    copy.newest.putAll(newest);
    return copy;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.count(newest.size());
    long before = baseMs;
    for (Map.Entry<Object, Long> each : newest.entrySet()) {
      out.signed(each.getValue() - before);
      before = each.getValue();
      ValueCodec.writePart(out, each.getKey());
    }
  }

  @Override
  void read(ByteReader in, long baseMs) {
    newest.clear();
    int size = in.size(2);
    long before = baseMs;
    for (int i = 0; i < size; i++) {
      long step = in.signed();
      before += step;
      if ((i > 0 && step < 0) || newest.put(ValueCodec.readPart(in), before) != null) {
        throw new StateFormatException("damaged state: distinct values out of order");
      }
    }
  }
}
