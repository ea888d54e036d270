// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.UserCalendar;
import io.beckon.plan.DropSpec;
import java.math.BigDecimal;
import java.util.Arrays;

/**
 * What a drop keeps: the value of each local date in its two windows, and whether it may fire. Not
 * thread-safe. At most {@code recent + baseline + 2} dates of at most 20 bytes, or 10 and a
 * decimal, each, and 50 bytes.
 *
 * <p>Dates are closed lazily. In silence it is {@link #nextFiringMs} that matters: there {@link
 * #closeUpTo} fires. An event closes the dates before it itself, except one that fires.
 */
public final class DropWatch {
  /** No date. */
  public static final long NO_DATE = Long.MIN_VALUE;

  private final DropSpec spec;
  private final boolean sums;
  private boolean armed = true;
  private long firstDate;
  private long nextDate;
  private long lastMs = ByteWriter.NONE;
  private long[] dates = new long[4];
  private long[] counts;
  private BigDecimal[] totals;
  private int size;
  private double foundRecent;
  private double foundBaseline;

  /** No event yet. */
  public DropWatch(DropSpec spec) {
    this.spec = spec;
    this.sums = spec.measure() == DropSpec.Measure.SUM;
    this.counts = new long[sums ? 0 : 4];
    this.totals = new BigDecimal[sums ? 4 : 0];
  }

  /** The sums of both windows at the close of one date, moved on date by date. */
  private final class Slide {
    private int head;
    private int middle;
    private int tail;
    private long recentCount;
    private long baselineCount;
    private BigDecimal recentTotal = BigDecimal.ZERO;
    private BigDecimal baselineTotal = BigDecimal.ZERO;

    void moveTo(long date) {
      for (; head < size && dates[head] <= date; head++) {
        if (sums) {
          recentTotal = recentTotal.add(totals[head]);
        } else {
          recentCount += counts[head];
        }
      }
      for (; middle < size && dates[middle] <= date - spec.recentDates(); middle++) {
        if (sums) {
          recentTotal = recentTotal.subtract(totals[middle]);
          baselineTotal = baselineTotal.add(totals[middle]);
        } else {
          recentCount -= counts[middle];
          baselineCount += counts[middle];
        }
      }
      long before = date - spec.recentDates() - spec.baselineDates();
      for (; tail < size && dates[tail] <= before; tail++) {
        if (sums) {
          baselineTotal = baselineTotal.subtract(totals[tail]);
        } else {
          baselineCount -= counts[tail];
        }
      }
    }

    double recent() {
      return (sums ? recentTotal.doubleValue() : (double) recentCount) / spec.recentDates();
    }

    double baseline() {
      return (sums ? baselineTotal.doubleValue() : (double) baselineCount) / spec.baselineDates();
    }

    boolean fires(long date) {
      double b = baseline();
      return date - firstDate + 1 >= spec.minHistoryDates()
          && b > 0
          && b >= spec.minBaseline()
          && recent() <= (1 - spec.by()) * b;
    }

    boolean clears() {
      return recent() > spec.clearAt() * baseline();
    }
  }

  /**
   * Takes an event. If the one before is longer past than retention, it begins anew.
   *
   * @param timeMs not before the last one taken
   * @param value what it adds to the sum; not looked at by the other measures
   */
  public void take(long timeMs, BigDecimal value, UserCalendar calendar) {
    prune(timeMs);
    long date = calendar.dateAt(timeMs);
    if (isEmpty()) {
      firstDate = date;
      nextDate = date;
    } else {
      // What closes with the event's own millisecond closes after it.
      close(calendar.dateAt(timeMs - 1) - 1, false);
    }
    lastMs = timeMs;
    if (size > 0 && dates[size - 1] == date) {
      int last = size - 1;
      if (sums) {
        totals[last] = totals[last].add(value);
      } else if (spec.measure() == DropSpec.Measure.COUNT) {
        counts[last]++;
      }
      return;
    }
    grow(size + 1);
    dates[size] = date;
    if (sums) {
      totals[size] = value;
    } else {
      counts[size] = 1;
    }
    size++;
  }

  private void grow(int to) {
    if (to > dates.length) {
      int length = Math.max(to, dates.length * 2);
      dates = Arrays.copyOf(dates, length);
      counts = sums ? counts : Arrays.copyOf(counts, length);
      totals = sums ? Arrays.copyOf(totals, length) : totals;
    }
  }

  /**
   * Closes dates up to {@code date}, or up to the first at whose close it fires.
   *
   * @return that date, whose {@link #foundRecent} and {@link #foundBaseline} are then known, or
   *     {@link #NO_DATE} if none fired
   */
  public long closeUpTo(long date) {
    return close(date, true);
  }

  private long close(long upTo, boolean firing) {
    if (isEmpty() || nextDate > upTo) {
      return NO_DATE;
    }
    Slide slide = new Slide();
    slide.moveTo(nextDate);
    long fired = NO_DATE;
    while (nextDate <= upTo && slide.tail < size && fired == NO_DATE) {
      if (armed && slide.fires(nextDate)) {
        if (!firing) {
          return NO_DATE;
        }
        fired = nextDate;
        armed = false;
        foundRecent = slide.recent();
        foundBaseline = slide.baseline();
      } else {
        armed |= slide.clears();
      }
      nextDate++;
      slide.moveTo(nextDate);
    }
    if (fired == NO_DATE) {
      nextDate = upTo + 1;
      slide.moveTo(nextDate);
    }
    dropFirst(slide.tail);
    return fired;
  }

  private void dropFirst(int gone) {
    if (gone > 0) {
      size -= gone;
      System.arraycopy(dates, gone, dates, 0, size);
      if (sums) {
        System.arraycopy(totals, gone, totals, 0, size);
      } else {
        System.arraycopy(counts, gone, counts, 0, size);
      }
    }
  }

  /** The next date at whose close it fires in silence, or {@link #NO_DATE}. */
  public long nextFiringDate() {
    if (isEmpty()) {
      return NO_DATE;
    }
    Slide slide = new Slide();
    boolean ready = armed;
    long date = nextDate;
    slide.moveTo(date);
    while (slide.tail < size) {
      if (ready && slide.fires(date)) {
        return date;
      }
      ready |= slide.clears();
      date++;
      slide.moveTo(date);
    }
    return NO_DATE;
  }

  /**
   * The instant at which it fires next in silence: that date's close, or the greatest number.
   *
   * @param nowMs what was before is handled: a date that is over by then closes at this instant
   */
  public long nextFiringMs(UserCalendar calendar, long nowMs) {
    long date = nextFiringDate();
    if (date == NO_DATE) {
      return Long.MAX_VALUE;
    }
    // The calendar may have changed with the close itself, and knows the dates from there on.
    long closeMs = date < calendar.dateAt(nowMs) ? nowMs : calendar.endOf(date);
    return closeMs - lastMs > spec.retentionMs() ? Long.MAX_VALUE : closeMs;
  }

  /** The recent value a date where it fired. */
  public double foundRecent() {
    return foundRecent;
  }

  /** The baseline a date where it fired. */
  public double foundBaseline() {
    return foundBaseline;
  }

  /** Whether it may fire. */
  public boolean isArmed() {
    return armed;
  }

  /** The time of the last event. */
  public long lastEventMs() {
    return lastMs;
  }

  /** Whether nothing is kept. */
  public boolean isEmpty() {
    return lastMs == ByteWriter.NONE;
  }

  /** Forgets everything. */
  public void clear() {
    armed = true;
    firstDate = 0;
    nextDate = 0;
    lastMs = ByteWriter.NONE;
    size = 0;
  }

  /** Forgets everything once the last event is longer past than retention. */
  public void prune(long watermarkMs) {
    if (!isEmpty() && watermarkMs - lastMs > spec.retentionMs()) {
      clear();
    }
  }

  /** The smallest watermark at which {@link #prune} leaves nothing. */
  public long deadAtMs() {
    return isEmpty() ? SignalState.NEVER : lastMs + spec.retentionMs() + 1;
  }

  /** The same, to change on its own. */
  public DropWatch copy() {
    DropWatch copy = new DropWatch(spec);
    copy.armed = armed;
    copy.firstDate = firstDate;
    copy.nextDate = nextDate;
    copy.lastMs = lastMs;
    copy.dates = dates.clone();
    copy.counts = counts.clone();
    copy.totals = totals.clone();
    copy.size = size;
    return copy;
  }

  void write(ByteWriter out, long baseMs) {
    out.timeOrNone(lastMs, baseMs);
    if (isEmpty()) {
      return;
    }
    out.u8(armed ? 1 : 0);
    out.signed(firstDate);
    out.count(nextDate - firstDate);
    out.count(size);
    long before = firstDate - 1;
    for (int i = 0; i < size; i++) {
      out.count(dates[i] - before);
      before = dates[i];
      if (sums) {
        ValueCodec.writeDecimal(out, totals[i]);
      } else if (spec.measure() == DropSpec.Measure.COUNT) {
        out.count(counts[i]);
      }
    }
  }

  void read(ByteReader in, long baseMs) {
    clear();
    long last = in.timeOrNone(baseMs);
    if (last == ByteWriter.NONE) {
      return;
    }
    int flag = in.u8();
    firstDate = in.signed();
    long closed = in.count();
    int length = in.size(1);
    if (flag > 1 || closed < 0) {
      throw new StateFormatException("damaged state: a drop closed before its first date");
    }
    armed = flag == 1;
    nextDate = firstDate + closed;
    grow(length);
    long before = firstDate - 1;
    for (int i = 0; i < length; i++) {
      long step = in.count();
      if (step <= 0) {
        throw new StateFormatException("damaged state: dates of a drop out of order");
      }
      before += step;
      dates[i] = before;
      if (sums) {
        totals[i] = ValueCodec.readDecimal(in);
      } else {
        counts[i] = spec.measure() == DropSpec.Measure.COUNT ? in.count() : 1;
        if (counts[i] <= 0) {
          throw new StateFormatException("damaged state: a date of a drop without events");
        }
      }
    }
    size = length;
    lastMs = last;
  }
}
