// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

/** RFC 3339 times, to and from epoch milliseconds; finer fractions are cut off. */
final class Rfc3339 {
  /** What {@link #parse} gives for text that is not a time. */
  static final long INVALID = Long.MIN_VALUE;

  /** The first millisecond of year 1. */
  static final long LEAST_MS = -62_135_596_800_000L;

  /** The last millisecond of year 9999. */
  static final long MOST_MS = 253_402_300_799_999L;

  private Rfc3339() {}

  /** The time that the chars say, or {@link #INVALID}. A space may stand for the T. */
  static long parse(char[] text, int offset, int length) {
    int end = offset + length;
    if (length < 20
        || text[offset + 4] != '-'
        || text[offset + 7] != '-'
        || !isSeparator(text[offset + 10])
        || text[offset + 13] != ':'
        || text[offset + 16] != ':') {
      return INVALID;
    }
    int year = digits(text, offset, 4);
    int month = digits(text, offset + 5, 2);
    int day = digits(text, offset + 8, 2);
    int hour = digits(text, offset + 11, 2);
    int minute = digits(text, offset + 14, 2);
    int second = digits(text, offset + 17, 2);
    if (year < 1
        || month < 1
        || month > 12
        || day < 1
        || day > daysOf(year, month)
        || hour < 0
        || hour > 23
        || minute < 0
        || minute > 59
        || second < 0
        || second > 59) {
      return INVALID;
    }
    int at = offset + 19;
    int millis = 0;
    if (text[at] == '.') {
      int unit = 100;
      int first = ++at;
      while (at < end && text[at] >= '0' && text[at] <= '9') {
        millis += (text[at] - '0') * unit;
        unit /= 10;
        at++;
      }
      if (at == first) {
        return INVALID;
      }
    }
    long offsetMs = zone(text, at, end);
    if (offsetMs == INVALID) {
      return INVALID;
    }
    long seconds = daysFrom(year, month, day) * 86_400L + hour * 3_600L + minute * 60L + second;
    return seconds * 1_000 + millis - offsetMs;
  }

  private static boolean isSeparator(char c) {
    return c == 'T' || c == 't' || c == ' ';
  }

  private static long zone(char[] text, int at, int end) {
    if (at == end) {
      return INVALID;
    }
    char sign = text[at];
    if (sign == 'Z' || sign == 'z') {
      return at + 1 == end ? 0 : INVALID;
    }
    if ((sign != '+' && sign != '-') || end - at != 6 || text[at + 3] != ':') {
      return INVALID;
    }
    int hours = digits(text, at + 1, 2);
    int minutes = digits(text, at + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
      return INVALID;
    }
    long ms = hours * 3_600_000L + minutes * 60_000L;
    return sign == '-' ? -ms : ms;
  }

  private static int digits(char[] text, int at, int count) {
    int value = 0;
    for (int i = at; i < at + count; i++) {
      int digit = text[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private static int daysOf(int year, int month) {
    return switch (month) {
      case 2 -> year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
      case 4, 6, 9, 11 -> 30;
      default -> 31;
    };
  }

  /** Days since 1970-01-01 in the proleptic Gregorian calendar; years from March on. */
  private static long daysFrom(int year, int month, int day) {
    int y = month <= 2 ? year - 1 : year;
    int era = Math.floorDiv(y, 400);
    int yearOfEra = y - era * 400;
    int dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
    return era * 146_097L + dayOfEra - 719_468;
  }

  /**
   * Writes {@code yyyy-mm-ddThh:mm:ss.sssZ}, 24 bytes, at {@code at}. Times outside the years 0 to
   * 9999 are written as the nearest that can be.
   */
  static void write(long timeMs, byte[] target, int at) {
    long ms = Math.max(LEAST_MS, Math.min(MOST_MS, timeMs));
    long days = Math.floorDiv(ms, 86_400_000L);
    int ofDay = (int) Math.floorMod(ms, 86_400_000L);
    long z = days + 719_468;
    long era = Math.floorDiv(z, 146_097L);
    int dayOfEra = (int) (z - era * 146_097);
    int yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    int dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    int monthFromMarch = (5 * dayOfYear + 2) / 153;
    int day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1;
    int month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
    int year = (int) (yearOfEra + era * 400) + (month <= 2 ? 1 : 0);
    put(target, at, year, 4);
    target[at + 4] = '-';
    put(target, at + 5, month, 2);
    target[at + 7] = '-';
    put(target, at + 8, day, 2);
    target[at + 10] = 'T';
    put(target, at + 11, ofDay / 3_600_000, 2);
    target[at + 13] = ':';
    put(target, at + 14, ofDay / 60_000 % 60, 2);
    target[at + 16] = ':';
    put(target, at + 17, ofDay / 1_000 % 60, 2);
    target[at + 19] = '.';
    put(target, at + 20, ofDay % 1_000, 3);
    target[at + 23] = 'Z';
  }

  private static void put(byte[] target, int at, int value, int width) {
    int rest = value;
    for (int i = at + width - 1; i >= at; i--) {
      target[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }
}
