// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Objects;

/**
 * What to simulate.
 *
 * @param users how many, from 1 to {@link #MOST_USERS}
 * @param days for how long, from 1 to {@link #MOST_DAYS}
 * @param seed the same seed and settings give the same events
 * @param start the first day, UTC
 * @param clocksAhead whether some clocks are ahead; otherwise those are behind
 */
public record SimulationSettings(
    int users, int days, long seed, LocalDate start, boolean clocksAhead) {
  /** What the packed queue of visits can tell apart, rounded down. */
  public static final int MOST_USERS = 10_000_000;

  /** Ten years. */
  public static final int MOST_DAYS = 3_660;

  /** Checks the ranges. */
  public SimulationSettings {
    Objects.requireNonNull(start);
    if (users < 1 || users > MOST_USERS) {
      throw new IllegalArgumentException("users " + users);
    }
    if (days < 1 || days > MOST_DAYS) {
      throw new IllegalArgumentException("days " + days);
    }
  }

  /** The first moment, epoch milliseconds. */
  public long startMs() {
    return start.atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
  }

  /** The first moment after the last day, epoch milliseconds. */
  public long endMs() {
    return startMs() + days * 86_400_000L;
  }
}
