// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.calendar;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Durations as authors write them: {@code 250ms}, {@code 30s}, {@code 30m}, {@code 2h}, {@code 7d},
 * {@code 2w}. A day is 24 hours.
 */
public final class Durations {
  /** One day of 24 hours, in milliseconds. */
  public static final long DAY_MS = 86_400_000L;

  private static final Pattern DURATION = Pattern.compile("(0|[1-9][0-9]{0,11})(ms|s|m|h|d|w)");

  private Durations() {}

  /** The milliseconds of {@code text}, or empty if it is not a duration or beyond 100 years. */
  public static OptionalLong parse(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      return OptionalLong.empty();
    }
    long count = Long.parseLong(matcher.group(1));
    long unit =
        switch (matcher.group(2)) {
          case "ms" -> 1;
          case "s" -> 1_000;
          case "m" -> 60_000;
          case "h" -> 3_600_000;
          case "d" -> DAY_MS;
          default -> 7 * DAY_MS;
        };
    long most = 36_525 * DAY_MS;
    return count > most / unit ? OptionalLong.empty() : OptionalLong.of(count * unit);
  }

  /** The shortest text that {@link #parse} reads back as {@code ms}, which is not negative. */
  public static String format(long ms) {
    if (ms == 0) {
      return "0s";
    }
    if (ms % (7 * DAY_MS) == 0) {
      return ms / (7 * DAY_MS) + "w";
    }
    if (ms % DAY_MS == 0) {
      return ms / DAY_MS + "d";
    }
    if (ms % 3_600_000 == 0) {
      return ms / 3_600_000 + "h";
    }
    if (ms % 60_000 == 0) {
      return ms / 60_000 + "m";
    }
    return ms % 1_000 == 0 ? ms / 1_000 + "s" : ms + "ms";
  }
}
