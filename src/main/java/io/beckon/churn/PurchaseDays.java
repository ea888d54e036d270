// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

/**
 * On which days a user bought, as far as the models need it: the first, the last and how many.
 * Events of one day count once. Days may come in any order and more than once: the last {@link
 * #REMEMBERED} days are told apart one by one, and whatever comes no later than that leads to the
 * same state. 32 bytes.
 *
 * @param firstDay epoch day
 * @param lastDay epoch day
 * @param count how many days
 * @param recent bit i is set if the user bought on {@code lastDay - i}
 */
public record PurchaseDays(long firstDay, long lastDay, long count, long recent) {
  /** How many days, the last one included, are told apart. */
  public static final int REMEMBERED = Long.SIZE;

  private static final double DAY_MS = 86_400_000.0;

  /** Refuses what cannot be. */
  public PurchaseDays {
    if (firstDay > lastDay
        || (recent & 1) == 0
        || count < Long.bitCount(recent)
        || count > lastDay - firstDay + 1) {
      throw new IllegalArgumentException(
          count + " days from " + firstDay + " to " + lastDay + ", " + Long.toHexString(recent));
    }
  }

  /** A user who bought on one day. */
  public static PurchaseDays of(long day) {
    return new PurchaseDays(day, day, 1, 1);
  }

  /**
   * With a purchase on {@code day}. A day further back than what is told apart, and not before the
   * first one, is taken for one that was counted already.
   */
  public PurchaseDays with(long day) {
    return merge(of(day));
  }

  /**
   * What both know together, whichever is asked. It is exact unless both know days further back
   * than what is told apart, in spans that overlap: these are taken for the same days, as far as
   * their numbers go.
   */
  public PurchaseDays merge(PurchaseDays other) {
    if (other.lastDay > lastDay) {
      return other.merge(this);
    }
    long behind = lastDay - other.lastDay;
    long shifted = behind < REMEMBERED ? other.recent << behind : 0;
    long older = count - Long.bitCount(recent);
    long othersOlder = other.count - Long.bitCount(shifted);
    boolean apart = other.lastDay < firstDay;
    long olderTogether = apart ? older + othersOlder : Math.max(older, othersOlder);
    long together = recent | shifted;
    return new PurchaseDays(
        Math.min(firstDay, other.firstDay),
        lastDay,
        olderTogether + Long.bitCount(together),
        together);
  }

  /** The purchase days after the first one, x. */
  public long repeats() {
    return count - 1;
  }

  /**
   * What a model in days sees at an instant, epoch milliseconds, of one whose days are those of
   * UTC: as {@link Activity}, silence from the end of the last day on.
   */
  public History at(long timeMs) {
    double lastAge = lastDay - firstDay;
    double gap = Math.max(0, timeMs - (lastDay + 1) * DAY_MS) / DAY_MS;
    return new History(repeats(), lastAge, lastAge + gap);
  }
}
