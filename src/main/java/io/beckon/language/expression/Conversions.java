// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** CEL's conversions between values, on primitives. What cannot be converted is a miss. */
final class Conversions {
  /** The first and last instants CEL has: years 1 to 9999. */
  static final long MIN_TIMESTAMP = Instant.parse("0001-01-01T00:00:00Z").toEpochMilli();

  static final long MAX_TIMESTAMP = Instant.parse("9999-12-31T23:59:59.999Z").toEpochMilli();

  /** CEL's longest duration: 10,000 years of 365.25 days. */
  static final long MAX_DURATION = 315_576_000_000L * 1000;

  private static final Pattern DURATION =
      Pattern.compile("([-+]?)((?:(?:\\d+\\.?\\d*|\\.\\d+)(?:ns|us|\u00b5s|ms|s|m|h))+|0)");
  private static final Pattern DURATION_PART =
      Pattern.compile("(\\d+\\.?\\d*|\\.\\d+)(ns|us|\u00b5s|ms|s|m|h)");
  private static final Map<String, BigDecimal> UNITS_MS =
      Map.of(
          "ns",
          new BigDecimal("0.000001"),
          "us",
          new BigDecimal("0.001"),
          "\u00b5s",
          new BigDecimal("0.001"),
          "ms",
          BigDecimal.ONE,
          "s",
          BigDecimal.valueOf(1000),
          "m",
          BigDecimal.valueOf(60_000),
          "h",
          BigDecimal.valueOf(3_600_000));
  private static final Pattern OFFSET = Pattern.compile("([-+]?)(\\d{1,2}):(\\d{2})");

  private Conversions() {}

  static long toInt(Frame frame, double value) {
    // As CEL: -2^63 itself is refused, because it may stand for numbers below it.
    if (value > -0x1p63 && value < 0x1p63) {
      return (long) value;
    }
    frame.miss();
    return 0;
  }

  /** Decimal digits with an optional sign; no exception, which would cost more than the rest. */
  static long toInt(Frame frame, String text) {
    int n = text.length();
    boolean signed = n > 0 && (text.charAt(0) == '-' || text.charAt(0) == '+');
    boolean negative = signed && text.charAt(0) == '-';
    int i = signed ? 1 : 0;
    boolean valid = n > i;
    // Summed below zero, where there is room for one number more.
    long value = 0;
    for (; valid && i < n; i++) {
      int digit = Character.digit(text.charAt(i), 10);
      valid = digit >= 0 && value >= Long.MIN_VALUE / 10 && value * 10 >= Long.MIN_VALUE + digit;
      value = value * 10 - digit;
    }
    if (!valid || (!negative && value == Long.MIN_VALUE)) {
      frame.miss();
      return 0;
    }
    return negative ? value : -value;
  }

  static double toDouble(Frame frame, String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      frame.miss();
      return 0;
    }
  }

  static boolean toBool(Frame frame, String text) {
    return switch (text) {
      case "true", "True", "TRUE", "t", "1" -> true;
      case "false", "False", "FALSE", "f", "0" -> false;
      default -> {
        frame.miss();
        yield false;
      }
    };
  }

  /** Cut to the millisecond, as attributes are. */
  static long toTimestamp(Frame frame, String text) {
    return parseTimestamp(text)
        .filter(t -> t.toEpochMilli() >= MIN_TIMESTAMP && t.toEpochMilli() <= MAX_TIMESTAMP)
        .map(Instant::toEpochMilli)
        .orElseGet(
            () -> {
              frame.miss();
              return 0L;
            });
  }

  /** An instant of years 1 to 9999. */
  static Optional<Instant> parseTimestamp(String text) {
    try {
      Instant instant =
          OffsetDateTime.parse(text, DateTimeFormatter.ISO_OFFSET_DATE_TIME).toInstant();
      boolean inRange =
          instant.getEpochSecond() >= Math.floorDiv(MIN_TIMESTAMP, 1000)
              && instant.getEpochSecond() <= Math.floorDiv(MAX_TIMESTAMP, 1000);
      return inRange ? Optional.of(instant) : Optional.empty();
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  static long timestampOfSeconds(Frame frame, long seconds) {
    if (seconds < Math.floorDiv(MIN_TIMESTAMP, 1000)
        || seconds > Math.floorDiv(MAX_TIMESTAMP, 1000)) {
      frame.miss();
      return 0;
    }
    return seconds * 1000;
  }

  /** A duration finer than a millisecond is a miss: it could not be held. */
  static long toDuration(Frame frame, String text) {
    Optional<BigDecimal> ms = parseDuration(text);
    if (ms.isPresent() && ms.get().stripTrailingZeros().scale() <= 0) {
      return ms.get().longValueExact();
    }
    frame.miss();
    return 0;
  }

  /** The milliseconds of a duration in CEL's range. */
  static Optional<BigDecimal> parseDuration(String text) {
    Matcher whole = DURATION.matcher(text);
    // The length is bounded because the pattern recurses.
    if (text.length() > 100 || !whole.matches()) {
      return Optional.empty();
    }
    BigDecimal sum = BigDecimal.ZERO;
    Matcher part = DURATION_PART.matcher(text);
    while (part.find()) {
      BigDecimal unit = UNITS_MS.getOrDefault(part.group(2), BigDecimal.ZERO);
      sum = sum.add(new BigDecimal(part.group(1)).multiply(unit));
    }
    if (sum.compareTo(BigDecimal.valueOf(MAX_DURATION)) > 0) {
      return Optional.empty();
    }
    return Optional.of("-".equals(whole.group(1)) ? sum.negate() : sum);
  }

  static String durationText(long ms) {
    long whole = Math.abs(ms) / 1000;
    long part = Math.abs(ms) % 1000;
    String digits = part == 0 ? "" : "." + Long.toString(1000 + part).substring(1);
    return (ms < 0 ? "-" : "") + whole + digits + "s";
  }

  static String timestampText(long ms) {
    return Instant.ofEpochMilli(ms).toString();
  }

  /** An IANA name, or an offset such as {@code +09:00}, {@code -5:30} or {@code 05:30}. */
  static Optional<ZoneId> zone(String text) {
    try {
      Matcher offset = OFFSET.matcher(text);
      if (offset.matches()) {
        int sign = "-".equals(offset.group(1)) ? -1 : 1;
        return Optional.of(
            ZoneOffset.ofHoursMinutes(
                sign * Integer.parseInt(offset.group(2)),
                sign * Integer.parseInt(offset.group(3))));
      }
      return Optional.of(ZoneId.of(text));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
