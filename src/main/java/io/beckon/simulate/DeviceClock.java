// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import java.util.Locale;

/** What a user's device makes of the time. */
public enum DeviceClock {
  /** Tells the right time at once. */
  RIGHT(0),
  /** Tells times an hour ahead. */
  AHEAD(3_600_000L),
  /** Tells times an hour behind. */
  BEHIND(-3_600_000L),
  /** Tells right times, but hours late. */
  LATE(0);

  private final long offsetMs;

  DeviceClock(long offsetMs) {
    this.offsetMs = offsetMs;
  }

  /** What it adds to the true time, in milliseconds. */
  public long offsetMs() {
    return offsetMs;
  }

  /** Its name in the truth: {@code ahead}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
