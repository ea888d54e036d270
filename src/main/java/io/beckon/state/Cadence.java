// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

/**
 * On how many local dates a user was active, the first and the last of them: what the user's own
 * gap is made of, for {@code inactive}, {@code due} and {@code own_gap}. Mutable; at most 30 bytes.
 */
public final class Cadence {
  /** There is no deadline: too few active dates. */
  public static final long NO_WAIT = -1;

  private long count;
  private long firstDate;
  private long lastDate;

  /** No date yet. */
  public Cadence() {}

  /** Takes an event on {@code date}; only a date after the last one counts. */
  public void take(long date) {
    if (count == 0) {
      firstDate = date;
    } else if (date <= lastDate) {
      return;
    }
    lastDate = date;
    count++;
  }

  /** The number of active dates. */
  public long count() {
    return count;
  }

  /** The first active date; 0 if there is none. */
  public long firstDate() {
    return firstDate;
  }

  /** The last active date; 0 if there is none. */
  public long lastDate() {
    return lastDate;
  }

  /**
   * The user's own gap in days, drawn towards {@code priorGapDays} with the weight of {@code
   * priorWeight} gaps.
   */
  public double gapDays(double priorGapDays, double priorWeight) {
    long x = count - 1;
    long tx = lastDate - firstDate;
    return (priorWeight * priorGapDays + tx) / (priorWeight + x);
  }

  /**
   * How long after an event its silence is unusual, or {@link #NO_WAIT} below {@code minEvents}
   * active dates.
   *
   * @param factor how many gaps
   * @param floorMs the least wait, 0 if none
   * @param ceilingMs the longest, {@code Long.MAX_VALUE} if none; wins over the least
   */
  public long waitMs(
      double factor,
      double priorGapDays,
      double priorWeight,
      long minEvents,
      long floorMs,
      long ceilingMs) {
    if (count < minEvents) {
      return NO_WAIT;
    }
    double gap = gapDays(priorGapDays, priorWeight);
    long waitMs = (long) StrictMath.floor(factor * gap * 86_400_000.0);
    return Math.min(Math.max(waitMs, floorMs), ceilingMs);
  }

  /** Whether there is no date. */
  public boolean isEmpty() {
    return count == 0;
  }

  /** Forgets all dates. */
  public void clear() {
    count = 0;
    firstDate = 0;
    lastDate = 0;
  }

  /** The same, to change on its own. */
  public Cadence copy() {
    Cadence copy = new Cadence();
    copy.count = count;
    copy.firstDate = firstDate;
    copy.lastDate = lastDate;
    return copy;
  }

  void write(ByteWriter out) {
    out.count(count);
    if (count > 0) {
      out.signed(lastDate);
      out.count(lastDate - firstDate);
    }
  }

  void read(ByteReader in) {
    clear();
    count = in.count();
    if (count != 0) {
      lastDate = in.signed();
      long span = in.count();
      if (count < 0 || span < count - 1) {
        throw new StateFormatException("damaged state: more active dates than dates");
      }
      firstDate = lastDate - span;
    }
  }
}
