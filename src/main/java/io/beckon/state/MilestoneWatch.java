// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.Durations;
import io.beckon.calendar.UserCalendar;
import io.beckon.plan.MilestoneSpec;
import java.time.LocalDate;

/**
 * On which dates a milestone happened already, so that none happens twice. Mutable; at most 20
 * bytes.
 *
 * <p>It keeps the last such date and, one bit each, those up to 63 dates before. What happens next
 * is later than now, and now is no more than two dates before the last.
 */
public final class MilestoneWatch {
  /** A date that has begun in one zone is over in every zone so many dates later. */
  private static final int DATES_APART = 4;

  private static final int YEARS_LOOKED_AT = 3;

  /** Before every date that can be written. */
  private static final long EARLIEST_MS = -100_000_000_000_000L;

  private long newest;
  private long bits;
  private long foundDate;
  private long foundBase;
  private int foundYears;

  /** Nothing happened. */
  public MilestoneWatch() {}

  /**
   * The first instant after {@code afterMs} at which the milestone happens on a date on which it
   * did not yet; {@code Long.MAX_VALUE} if none. {@link #foundDate} and so on then describe it.
   *
   * @param date of the attribute, as an epoch day
   */
  public long nextMs(MilestoneSpec spec, long date, long afterMs, UserCalendar calendar) {
    if (!spec.anniversary()) {
      return found(spec, date, 0, date, afterMs, calendar);
    }
    LocalDate begun = LocalDate.ofEpochDay(date);
    long now = calendar.dateAt(Math.max(afterMs, EARLIEST_MS)) - spec.offsetDays();
    int first = Math.max(begun.getYear() + 1, LocalDate.ofEpochDay(now).getYear() - 1);
    // A year ago, this year or next: one of them is still to come.
    for (int year = first; year <= first + YEARS_LOOKED_AT; year++) {
      // 29 February is 28 February in common years.
      long base = begun.withYear(year).toEpochDay();
      long atMs = found(spec, base, year - begun.getYear(), base, afterMs, calendar);
      if (atMs != Long.MAX_VALUE) {
        return atMs;
      }
    }
    return Long.MAX_VALUE;
  }

  private long found(
      MilestoneSpec spec, long date, int years, long base, long afterMs, UserCalendar calendar) {
    long moved = date + spec.offsetDays();
    long atMs = calendar.instantOf(moved, spec.at());
    if (atMs <= afterMs || hasHappened(moved)) {
      return Long.MAX_VALUE;
    }
    foundDate = moved;
    foundBase = base;
    foundYears = years;
    return atMs;
  }

  /** The date on which it happens next. */
  public long foundDate() {
    return foundDate;
  }

  /** That date before it was moved: the anniversary itself. */
  public long foundBase() {
    return foundBase;
  }

  /** How many years after the first it is; 0 of what happens once. */
  public int foundYears() {
    return foundYears;
  }

  /** Takes note that it happened on {@code date}. */
  public void happened(long date) {
    if (bits == 0) {
      newest = date;
      bits = 1;
    } else if (date > newest) {
      long ahead = date - newest;
      bits = (ahead >= 64 ? 0 : bits << ahead) | 1;
      newest = date;
    } else if (newest - date < 64) {
      bits |= 1L << (newest - date);
    }
  }

  private boolean hasHappened(long date) {
    return bits != 0
        && date <= newest
        && (newest - date >= 64 || (bits & 1L << (newest - date)) != 0);
  }

  /** Whether it never happened. */
  public boolean isEmpty() {
    return bits == 0;
  }

  /** Forgets everything. */
  public void clear() {
    bits = 0;
    newest = 0;
  }

  /** Forgets the dates on which it happened once no change of zone can bring them back. */
  public void prune(long watermarkMs) {
    if (!isEmpty() && watermarkMs >= deadAtMs()) {
      clear();
    }
  }

  /** The smallest watermark at which {@link #prune} leaves nothing. */
  public long deadAtMs() {
    return isEmpty() ? ByteWriter.NONE : (newest + DATES_APART) * Durations.DAY_MS;
  }

  /** The same, to change on its own. */
  public MilestoneWatch copy() {
    MilestoneWatch copy = new MilestoneWatch();
    copy.newest = newest;
    copy.bits = bits;
    return copy;
  }

  void write(ByteWriter out) {
    out.count(bits);
    if (bits != 0) {
      out.signed(newest);
    }
  }

  void read(ByteReader in) {
    bits = in.count();
    newest = 0;
    if (bits != 0) {
      if ((bits & 1) == 0) {
        throw new StateFormatException("damaged state: a milestone without its last date");
      }
      newest = in.signed();
    }
  }
}
