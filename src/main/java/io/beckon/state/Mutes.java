// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.plan.MutePlan;
import io.beckon.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * The events that begin and end mutes. A lane is muted at t if a mute of it began at some f, f <= t
 * < f + {@code at_most}, and none of what ends it has a time in [f, t]: in whatever order they
 * came.
 */
public final class Mutes {
  /** How many beginnings, and how many ends, are kept of each mute. */
  static final int MOST = 64;

  private record Mark(long mute, boolean begins, long timeMs) {}

  private final List<Mark> marks = new ArrayList<>(0);

  /** Takes note of an event; beyond 64 of a kind the oldest is forgotten. */
  public void add(MutePlan mute, boolean begins, long timeMs) {
    Mark added = new Mark(mute.hash(), begins, timeMs);
    if (marks.contains(added)) {
      return;
    }
    int at = marks.size();
    while (at > 0 && marks.get(at - 1).timeMs() > timeMs) {
      at--;
    }
    marks.add(at, added);
    int count = 0;
    for (int i = marks.size() - 1; i >= 0; i--) {
      Mark mark = marks.get(i);
      if (mark.mute() == mute.hash() && mark.begins() == begins && ++count > MOST) {
        marks.remove(i);
      }
    }
  }

  /** Another one of the same marks. */
  public Mutes copy() {
    Mutes copy = new Mutes();
    copy.marks.addAll(marks);
    return copy;
  }

  /** Since when it is muted at {@code timeMs}, if it is. */
  public OptionalLong since(MutePlan mute, long timeMs) {
    long beganMs = last(mute.hash(), true, timeMs);
    if (beganMs == Long.MIN_VALUE
        || timeMs >= beganMs + mute.mute().atMostMs()
        || last(mute.hash(), false, timeMs) >= beganMs) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(beganMs);
  }

  private long last(long mute, boolean begins, long timeMs) {
    for (int i = marks.size() - 1; i >= 0; i--) {
      Mark mark = marks.get(i);
      if (mark.mute() == mute && mark.begins() == begins && mark.timeMs() <= timeMs) {
        return mark.timeMs();
      }
    }
    return Long.MIN_VALUE;
  }

  private static long deadAtMs(Plan plan, Mark mark) {
    MutePlan mute = plan.policy().muteByHash(mark.mute());
    return mute == null
        ? Long.MIN_VALUE
        : mark.timeMs() + mute.mute().atMostMs() + Sends.marginMs(plan);
  }

  void prune(Plan plan, long watermarkMs) {
    if (!marks.isEmpty()) {
      marks.removeIf(mark -> deadAtMs(plan, mark) <= watermarkMs);
    }
  }

  boolean isEmpty() {
    return marks.isEmpty();
  }

  long deadAtMs(Plan plan) {
    long dead = Gathered.NEVER;
    for (Mark mark : marks) {
      dead = Math.max(dead, deadAtMs(plan, mark));
    }
    return dead;
  }

  void write(ByteWriter out, long baseMs) {
    out.count(marks.size());
    for (Mark mark : marks) {
      out.i64(mark.mute());
      out.u8(mark.begins() ? 1 : 0);
      out.signed(mark.timeMs() - baseMs);
    }
  }

  /** Those of mutes that are gone are read over. */
  void read(ByteReader in, Plan plan, long baseMs) {
    int size = in.size(10);
    for (int i = 0; i < size; i++) {
      long mute = in.i64();
      boolean begins = in.u8() != 0;
      long timeMs = in.signed() + baseMs;
      if (plan.policy().muteByHash(mute) != null) {
        marks.add(new Mark(mute, begins, timeMs));
      }
    }
  }
}
