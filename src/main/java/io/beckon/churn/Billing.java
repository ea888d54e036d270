// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

/**
 * When a subscription is paid for: so many days after the close of the date on which it began, and
 * again and again.
 *
 * @param firstDays the first time; not below 0
 * @param everyDays how long until the next; above 0
 */
public record Billing(int firstDays, int everyDays) {
  private static final long DAY_MS = 86_400_000L;

  /** Refuses what cannot be. */
  public Billing {
    if (firstDays < 0 || everyDays <= 0) {
      throw new IllegalArgumentException("billed after " + firstDays + ", every " + everyDays);
    }
  }

  /**
   * The first billing that is strictly after an instant.
   *
   * @param subscribedMs when the date ends on which the subscription began
   */
  public long nextMs(long subscribedMs, long timeMs) {
    long firstMs = subscribedMs + firstDays * DAY_MS;
    long everyMs = everyDays * DAY_MS;
    long now = Math.max(timeMs, subscribedMs);
    return now < firstMs ? firstMs : firstMs + ((now - firstMs) / everyMs + 1) * everyMs;
  }

  /** The days to it; before {@code subscribedMs} those from then. */
  public double daysToNext(long subscribedMs, long timeMs) {
    long now = Math.max(timeMs, subscribedMs);
    return (nextMs(subscribedMs, timeMs) - now) / Activity.DAY_MS;
  }
}
