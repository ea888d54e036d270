// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;

/** Times of records as a reader's clock shows them. */
record PlainTimes(ZoneId zone) {
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS", Locale.ROOT);

  /** {@code 2026-11-02 22:14:05}, with milliseconds if there are any; itself if it is no time. */
  String shown(String rfc3339) {
    return parse(rfc3339).map(this::shown).orElse(rfc3339);
  }

  String shown(Instant at) {
    ZonedDateTime local = at.atZone(zone);
    return (local.getNano() == 0 ? SECONDS : MILLIS).format(local);
  }

  /** {@code 2d 3h}, {@code 4m 5s}, {@code 250ms}: the two greatest units. */
  static String lasting(long ms) {
    long[] sizes = {86_400_000, 3_600_000, 60_000, 1_000, 1};
    String[] units = {"d", "h", "m", "s", "ms"};
    for (int i = 0; i < sizes.length; i++) {
      if (ms >= sizes[i]) {
        long rest = i + 1 < sizes.length ? ms % sizes[i] / sizes[i + 1] : 0;
        return ms / sizes[i] + units[i] + (rest == 0 ? "" : " " + rest + units[i + 1]);
      }
    }
    return "0s";
  }

  static Optional<Instant> parse(String rfc3339) {
    try {
      return Optional.of(Instant.parse(rfc3339));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
