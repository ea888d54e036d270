// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The probability that a user buys within a horizon, asked at instants.
 *
 * @param model in days
 * @param horizonMs from the instant asked; above 0
 */
public record ReturnScore(ReturnModel model, long horizonMs) {
  private static final double DAY_MS = 86_400_000.0;

  /** Beyond that nothing is looked for: 1000 years after the last purchase. */
  private static final long MOST_MS = 365_250L * 86_400_000L;

  /** Refuses a horizon that is not above 0. */
  public ReturnScore {
    if (horizonMs <= 0) {
      throw new IllegalArgumentException("a horizon of " + horizonMs + " ms");
    }
  }

  /** The probability at an instant, epoch milliseconds. */
  public double at(PurchaseDays days, long timeMs) {
    return model.probabilityOfReturn(days.at(timeMs), horizonMs / DAY_MS);
  }

  /**
   * The first millisecond from {@code fromMs} on at which {@link #at} is below {@code line} if the
   * user stays silent; empty if that takes more than a thousand years.
   */
  public OptionalLong firstBelow(double line, PurchaseDays days, long fromMs) {
    long lastDayMs = days.lastDay() * 86_400_000L;
    OptionalDouble age = model.ageReturnFallsBelow(line, days.at(lastDayMs), horizonMs / DAY_MS);
    if (age.isEmpty()) {
      return OptionalLong.empty();
    }
    double guessMs = (days.firstDay() + age.getAsDouble()) * DAY_MS;
    return Crossings.first(
        fromMs, lastDayMs + MOST_MS, (long) guessMs, timeMs -> at(days, timeMs) < line);
  }

  /**
   * The first millisecond from {@code fromMs} on at which the probability that the user is not lost
   * is below {@code line} if the user stays silent; empty if that takes more than a thousand years.
   */
  public OptionalLong firstAliveBelow(double line, PurchaseDays days, long fromMs) {
    long lastDayMs = days.lastDay() * 86_400_000L;
    OptionalDouble age = model.ageAliveFallsTo(line, days.at(lastDayMs));
    if (age.isEmpty()) {
      return OptionalLong.empty();
    }
    double guessMs = (days.firstDay() + age.getAsDouble()) * DAY_MS;
    return Crossings.first(
        fromMs,
        lastDayMs + MOST_MS,
        (long) guessMs,
        timeMs -> model.probabilityAlive(days.at(timeMs)) < line);
  }
}
