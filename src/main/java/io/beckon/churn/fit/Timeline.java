// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import io.beckon.churn.Activity;
import java.util.Arrays;
import java.util.function.LongUnaryOperator;

/**
 * What is known of one user: on which local dates they were active, when subscriptions began and
 * ended, and on which dates happened what is to be told beforehand. Filled in any order; copies
 * make no difference.
 */
public final class Timeline {
  private static final int FEW = 2;

  private long[] active = new long[FEW];
  private long[] firstMs = new long[FEW];
  private long[] lastMs = new long[FEW];
  private int activeCount;
  private long[] labels = {};
  private long[] startMs = {};
  private long[] startDates = {};
  private long[] endMs = {};

  /** Active on a date; {@code timeMs} is when. */
  public void active(long date, long timeMs) {
    int found = Arrays.binarySearch(active, 0, activeCount, date);
    if (found >= 0) {
      firstMs[found] = Math.min(firstMs[found], timeMs);
      lastMs[found] = Math.max(lastMs[found], timeMs);
      return;
    }
    int at = -found - 1;
    if (activeCount == active.length) {
      active = Arrays.copyOf(active, 2 * activeCount);
      firstMs = Arrays.copyOf(firstMs, 2 * activeCount);
      lastMs = Arrays.copyOf(lastMs, 2 * activeCount);
    }
    System.arraycopy(active, at, active, at + 1, activeCount - at);
    System.arraycopy(firstMs, at, firstMs, at + 1, activeCount - at);
    System.arraycopy(lastMs, at, lastMs, at + 1, activeCount - at);
    active[at] = date;
    firstMs[at] = timeMs;
    lastMs[at] = timeMs;
    activeCount++;
  }

  /** A subscription begins. */
  public void starts(long date, long timeMs) {
    int found = Arrays.binarySearch(startMs, timeMs);
    if (found < 0) {
      startMs = with(startMs, -found - 1, timeMs);
      startDates = with(startDates, -found - 1, date);
    }
  }

  /** A subscription ends. */
  public void ends(long timeMs) {
    int found = Arrays.binarySearch(endMs, timeMs);
    if (found < 0) {
      endMs = with(endMs, -found - 1, timeMs);
    }
  }

  /** What is to be told beforehand happens on a date. */
  public void happens(long date) {
    int found = Arrays.binarySearch(labels, date);
    if (found < 0) {
      labels = with(labels, -found - 1, date);
    }
  }

  private static long[] with(long[] numbers, int at, long number) {
    long[] more = Arrays.copyOf(numbers, numbers.length + 1);
    System.arraycopy(numbers, at, more, at + 1, numbers.length - at);
    more[at] = number;
    return more;
  }

  /** How many dates the user was active on. */
  public int activeDates() {
    return activeCount;
  }

  /** The i-th of these dates, ascending. */
  public long activeDate(int i) {
    return active[i];
  }

  /** When the user was first active on that date. */
  public long firstMs(int i) {
    return firstMs[i];
  }

  /** How many of these dates are not after {@code date}. */
  public int activeUntil(long date) {
    return until(active, activeCount, date);
  }

  /** The dates on which it happened, ascending. */
  public long[] happened() {
    return labels.clone();
  }

  private static int until(long[] numbers, int count, long most) {
    int found = Arrays.binarySearch(numbers, 0, count, most);
    return found < 0 ? -found - 1 : found + 1;
  }

  /** Whether the user is silent on all of the {@code days} dates after {@code date}. */
  public boolean silentAfter(long date, int days) {
    return activeUntil(date + days) == activeUntil(date);
  }

  /** Whether it happens on one of the {@code days} dates after {@code date}. */
  public boolean happensAfter(long date, int days) {
    return until(labels, labels.length, date + days) > until(labels, labels.length, date);
  }

  /** The dates on which a user is looked at, each at its close. */
  public interface Look {
    /** Sees the user at the close of a date; {@code activity} changes afterwards. */
    void at(long date, long closeMs, Activity activity);
  }

  /**
   * Looks at the user at the close of every {@code every}-th date, counted back from {@code to},
   * once they have been active, unless they have been silent for longer than {@code mostSilent}
   * days.
   *
   * @param closeMs when a date ends
   */
  public void walk(
      long from, long to, int every, long mostSilent, LongUnaryOperator closeMs, Look look) {
    if (activeCount == 0) {
      return;
    }
    Walk walk = new Walk(closeMs);
    long atLeast = Math.max(from, active[0]);
    while (atLeast <= to) {
      long date = to - (to - atLeast) / every * every;
      walk.advance(date);
      if (date - active[walk.next - 1] <= mostSilent) {
        look.at(date, closeMs.applyAsLong(date), walk.activity);
        atLeast = date + every;
      } else if (walk.next < activeCount) {
        atLeast = active[walk.next];
      } else {
        return;
      }
    }
  }

  private final class Walk {
    private final Activity activity = new Activity();
    private final LongUnaryOperator closeMs;
    private int next;
    private int nextStart;
    private int nextEnd;

    Walk(LongUnaryOperator closeMs) {
      this.closeMs = closeMs;
    }

    void advance(long date) {
      while (next < activeCount && active[next] <= date) {
        activity.take(active[next], closeMs.applyAsLong(active[next]), lastMs[next]);
        next++;
      }
      if (startMs.length == 0) {
        return;
      }
      long nowMs = closeMs.applyAsLong(date);
      while (true) {
        long start = nextStart < startMs.length ? startMs[nextStart] : Long.MAX_VALUE;
        long end = nextEnd < endMs.length ? endMs[nextEnd] : Long.MAX_VALUE;
        if (Math.min(start, end) >= nowMs) {
          return;
        }
        // Of one instant, what changes something comes first: who has none begins, then ends.
        if (start < end || (start == end && !activity.isSubscribed())) {
          activity.subscribe(closeMs.applyAsLong(startDates[nextStart++]));
        } else {
          activity.unsubscribe();
          nextEnd++;
        }
      }
    }
  }
}
