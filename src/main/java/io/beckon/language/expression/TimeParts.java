// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import io.beckon.language.expression.Closure.Lng;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.zone.ZoneRules;
import java.util.Optional;

/** CEL's parts of a timestamp, read off the clock and calendar of a zone. */
final class TimeParts {
  private static final long DAY_MS = 86_400_000;

  /** A part, and CEL's count of it. */
  enum Part {
    YEAR,
    /** From 0. */
    MONTH,
    /** Of the month, from 1. */
    DATE,
    /** Of the month, from 0. */
    DAY_OF_MONTH,
    /** From 0, Sunday. */
    DAY_OF_WEEK,
    /** From 0. */
    DAY_OF_YEAR,
    HOURS,
    MINUTES,
    SECONDS,
    MILLISECONDS
  }

  private TimeParts() {}

  /** The part that CEL's {@code function} gives. */
  static Optional<Part> part(String function) {
    return switch (function) {
      case "getFullYear" -> Optional.of(Part.YEAR);
      case "getMonth" -> Optional.of(Part.MONTH);
      case "getDate" -> Optional.of(Part.DATE);
      case "getDayOfMonth" -> Optional.of(Part.DAY_OF_MONTH);
      case "getDayOfWeek" -> Optional.of(Part.DAY_OF_WEEK);
      case "getDayOfYear" -> Optional.of(Part.DAY_OF_YEAR);
      case "getHours" -> Optional.of(Part.HOURS);
      case "getMinutes" -> Optional.of(Part.MINUTES);
      case "getSeconds" -> Optional.of(Part.SECONDS);
      case "getMilliseconds" -> Optional.of(Part.MILLISECONDS);
      default -> Optional.empty();
    };
  }

  static Lng closure(Part part, Lng timestamp, ZoneId zone) {
    ZoneRules rules = zone.getRules();
    if (rules.isFixedOffset()) {
      long offsetMs = offsetMs(rules, Instant.EPOCH);
      return f -> of(part, timestamp.lng(f) + offsetMs);
    }
    return f -> {
      long ms = timestamp.lng(f);
      return of(part, ms + offsetMs(rules, Instant.ofEpochMilli(ms)));
    };
  }

  private static long offsetMs(ZoneRules rules, Instant instant) {
    return 1000L * rules.getOffset(instant).getTotalSeconds();
  }

  /** A part of {@code localMs}, milliseconds of local time since the epoch's local midnight. */
  private static long of(Part part, long localMs) {
    return switch (part) {
      case HOURS -> Math.floorMod(localMs, DAY_MS) / 3_600_000;
      case MINUTES -> Math.floorMod(localMs, 3_600_000L) / 60_000;
      case SECONDS -> Math.floorMod(localMs, 60_000L) / 1000;
      case MILLISECONDS -> Math.floorMod(localMs, 1000L);
      // The epoch was a Thursday.
      case DAY_OF_WEEK -> Math.floorMod(Math.floorDiv(localMs, DAY_MS) + 4, 7L);
      case YEAR -> date(localMs).getYear();
      case MONTH -> date(localMs).getMonthValue() - 1L;
      case DATE -> date(localMs).getDayOfMonth();
      case DAY_OF_MONTH -> date(localMs).getDayOfMonth() - 1L;
      case DAY_OF_YEAR -> date(localMs).getDayOfYear() - 1L;
    };
  }

  private static LocalDate date(long localMs) {
    return LocalDate.ofEpochDay(Math.floorDiv(localMs, DAY_MS));
  }
}
