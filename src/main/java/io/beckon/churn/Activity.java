// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.Arrays;

/**
 * What the models know of one user: on which dates they were active, and since when a subscription
 * runs. It never grows. Mutable; not thread-safe.
 *
 * <p>Dates are epoch days of the user's own calendar. They come in order: one that is not after the
 * last one counted counts no more. Silence is counted from the instant at which the last active
 * date ends, in days of 24 hours; so at the close of a date the models see what one who works with
 * whole dates sees on it.
 *
 * <p>The order of operations is fixed, and exponentials are of {@link StrictMath}: the same dates
 * lead to the same bits on every machine.
 */
public final class Activity {
  /** There is no such instant. */
  public static final long NONE = Long.MIN_VALUE;

  /** How many dates, the last one included, are told apart. */
  public static final int REMEMBERED = Long.SIZE;

  /** How much of {@link #gaps} a new gap makes up. */
  public static final double GAP_WEIGHT = 0.2;

  static final double DAY_MS = 86_400_000.0;
  private static final double FAST_DAYS = 7;
  private static final double SLOW_DAYS = 28;

  private long firstDate;
  private long lastDate;
  private long count;
  private long closeMs;
  private long lastMs;
  private long recent;
  private double gaps;
  private double fast;
  private double slow;
  private long subscribedMs = NONE;

  /** Of a user of whom nothing is known. */
  public Activity() {}

  /**
   * As it was kept.
   *
   * @throws IllegalArgumentException if that cannot be
   */
  public Activity(
      long firstDate,
      long lastDate,
      long count,
      long closeMs,
      long lastMs,
      long recent,
      double gaps,
      double fast,
      double slow,
      long subscribedMs) {
    boolean dates =
        count == 0
            ? recent == 0
            : count > 0
                && lastDate - firstDate >= count - 1
                && (count > 1 || lastDate == firstDate)
                && (recent & 1) == 1
                && Long.bitCount(recent) <= count;
    if (!dates || !isSum(gaps) || !isSum(fast) || !isSum(slow)) {
      throw new IllegalArgumentException(
          count + " dates from " + firstDate + " to " + lastDate + " are no activity");
    }
    this.firstDate = firstDate;
    this.lastDate = lastDate;
    this.count = count;
    this.closeMs = closeMs;
    this.lastMs = lastMs;
    this.recent = recent;
    this.gaps = gaps;
    this.fast = fast;
    this.slow = slow;
    this.subscribedMs = subscribedMs;
  }

  private static boolean isSum(double sum) {
    return sum >= 0 && Double.isFinite(sum);
  }

  /** Of one who was active on these dates, in order; each a day of UTC, the event at its begin. */
  public static Activity of(long... dates) {
    Activity activity = new Activity();
    for (long date : dates) {
      activity.take(date, (date + 1) * 86_400_000L, date * 86_400_000L);
    }
    return activity;
  }

  /**
   * Takes an event.
   *
   * @param date the user's local date
   * @param closeMs when that date ends
   * @param timeMs of the event, not before the last one's
   */
  public void take(long date, long closeMs, long timeMs) {
    lastMs = timeMs;
    if (count == 0) {
      firstDate = date;
      recent = 1;
      fast = 1;
      slow = 1;
    } else if (date > lastDate) {
      long gap = date - lastDate;
      recent = gap < REMEMBERED ? recent << gap | 1 : 1;
      gaps = gaps * (1 - GAP_WEIGHT) + gap * GAP_WEIGHT;
      fast = fast * StrictMath.exp(-gap / FAST_DAYS) + 1;
      slow = slow * StrictMath.exp(-gap / SLOW_DAYS) + 1;
    } else {
      return;
    }
    lastDate = date;
    this.closeMs = closeMs;
    count++;
  }

  /** A subscription begins; if one runs, it begins anew. */
  public void subscribe(long closeMs) {
    subscribedMs = closeMs;
  }

  /** The subscription ends. */
  public void unsubscribe() {
    subscribedMs = NONE;
  }

  /** Forgets everything. */
  public void clear() {
    firstDate = 0;
    lastDate = 0;
    count = 0;
    closeMs = 0;
    lastMs = 0;
    recent = 0;
    gaps = 0;
    fast = 0;
    slow = 0;
    subscribedMs = NONE;
  }

  /** Whether there is no active date. */
  public boolean isEmpty() {
    return count == 0;
  }

  /** The first active date. */
  public long firstDate() {
    return firstDate;
  }

  /** The last active date. */
  public long lastDate() {
    return lastDate;
  }

  /** How many active dates there are. */
  public long count() {
    return count;
  }

  /** When the last active date ends, as it was known on that date. */
  public long closeMs() {
    return closeMs;
  }

  /** The time of the last event. */
  public long lastMs() {
    return lastMs;
  }

  /** Bit i is set if the user was active on {@code lastDate - i}. */
  public long recent() {
    return recent;
  }

  /** The gaps so far, in days, faded: each new one takes {@link #GAP_WEIGHT}, from 0 on. */
  public double gaps() {
    return gaps;
  }

  /** The active dates, faded with 7 days, at the last of them. */
  public double fast() {
    return fast;
  }

  /** The active dates, faded with 28 days, at the last of them. */
  public double slow() {
    return slow;
  }

  /** Whether a subscription runs. */
  public boolean isSubscribed() {
    return subscribedMs != NONE;
  }

  /** When the date ends on which the subscription that runs began, or {@link #NONE}. */
  public long subscribedMs() {
    return subscribedMs;
  }

  /** The active dates after the first one, x. */
  public long repeats() {
    return count - 1;
  }

  /** The days from the first active date to the last one, t_x. */
  public double spanDays() {
    return lastDate - firstDate;
  }

  /** How long the silence has lasted. */
  public double gapDays(long timeMs) {
    return Math.max(0, timeMs - closeMs) / DAY_MS;
  }

  /** The days since the first active date, T. */
  public double ageDays(long timeMs) {
    return spanDays() + gapDays(timeMs);
  }

  /** What a model in days sees. */
  public History history(long timeMs) {
    return new History(repeats(), spanDays(), ageDays(timeMs));
  }

  /** The user's own gap, shrunk towards a prior: (k0 m0 + t_x) / (k0 + x). */
  public double meanGapDays(double priorGapDays, double priorWeight) {
    return (priorWeight * priorGapDays + spanDays()) / (priorWeight + repeats());
  }

  /** The gaps, faded, of one whose gaps were the prior before the first. */
  public double fadedGapDays(double priorGapDays) {
    return gaps + StrictMath.pow(1 - GAP_WEIGHT, (double) repeats()) * priorGapDays;
  }

  /** Active dates a day, faded with 7 days. */
  public double fastLevel(long timeMs) {
    return fast * StrictMath.exp(-gapDays(timeMs) / FAST_DAYS) / FAST_DAYS;
  }

  /** Active dates a day, faded with 28 days. */
  public double slowLevel(long timeMs) {
    return slow * StrictMath.exp(-gapDays(timeMs) / SLOW_DAYS) / SLOW_DAYS;
  }

  /** How many of the last dates, at most 64, were active: those up to the last that is closed. */
  public int activeDates(int dates, long timeMs) {
    long silent = Math.max(0, timeMs - closeMs) / 86_400_000L;
    long left = dates - silent;
    return left <= 0 ? 0 : Long.bitCount(left >= REMEMBERED ? recent : recent & (1L << left) - 1);
  }

  /** For how long the subscription that runs has run; without one, {@link #ageDays}. */
  public double tenureDays(long timeMs) {
    return isSubscribed() ? Math.max(0, timeMs - subscribedMs) / DAY_MS : ageDays(timeMs);
  }

  /** The same, to change on its own. */
  public Activity copy() {
    return new Activity(
        firstDate, lastDate, count, closeMs, lastMs, recent, gaps, fast, slow, subscribedMs);
  }

  private long[] parts() {
    return new long[] {
      firstDate,
      lastDate,
      count,
      closeMs,
      lastMs,
      recent,
      Double.doubleToLongBits(gaps),
      Double.doubleToLongBits(fast),
      Double.doubleToLongBits(slow),
      subscribedMs
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Activity activity && Arrays.equals(parts(), activity.parts());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(parts());
  }

  @Override
  public String toString() {
    return count + " dates from " + firstDate + " to " + lastDate;
  }
}
