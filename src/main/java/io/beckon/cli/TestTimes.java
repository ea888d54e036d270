// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;

/** Instants of a test as its author writes them: durations from its start. */
final class TestTimes {
  private static final long[] UNITS = {Durations.DAY_MS, 3_600_000, 60_000, 1_000, 1};
  private static final String[] NAMES = {"d", "h", "m", "s", "ms"};

  private TestTimes() {}

  /** {@code 2h10m}, {@code 0m}, {@code -3d}: {@code timeMs} counted from {@code startMs}. */
  static String offset(long startMs, long timeMs) {
    long rest = Math.abs(timeMs - startMs);
    if (rest == 0) {
      return "0m";
    }
    StringBuilder text = new StringBuilder(timeMs < startMs ? "-" : "");
    for (int i = 0; i < UNITS.length; i++) {
      if (rest >= UNITS[i]) {
        text.append(rest / UNITS[i]).append(NAMES[i]);
        rest %= UNITS[i];
      }
    }
    return text.toString();
  }
}
