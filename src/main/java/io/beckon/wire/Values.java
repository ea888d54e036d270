// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.AttributeType;
import io.beckon.event.Slots;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * Text to typed values. Each method says whether the text fits; empty text makes the slot missing
 * and fits always. Nothing depends on a locale and nothing is trimmed.
 */
final class Values {
  /** The most digits of a decimal, before and after its point together. */
  static final int DECIMAL_DIGITS = 38;

  /** The most digits of a decimal after its point, and the greatest exponent it is written with. */
  static final int DECIMAL_SCALE = 18;

  private static final double[] POWERS = new double[23];

  static {
    double power = 1;
    for (int i = 0; i < POWERS.length; i++) {
      POWERS[i] = power;
      power *= 10;
    }
  }

  private Values() {}

  /** Sets slot {@code slot} from the text of a scalar, or of list elements joined by {@code ;}. */
  static boolean text(Slots slots, int slot, char[] chars, int offset, int length) {
    if (length == 0) {
      slots.clear(slot);
      return true;
    }
    return switch (slots.type().attribute(slot).type()) {
      case STRING -> {
        String text = new String(chars, offset, length);
        slots.setString(slot, text);
        yield Utf8.isText(text);
      }
      case INT, DURATION -> integer(slots, slot, chars, offset, length);
      case DOUBLE -> real(slots, slot, chars, offset, length);
      case DECIMAL -> decimal(slots, slot, chars, offset, length);
      case BOOL -> bool(slots, slot, chars, offset, length);
      case TIMESTAMP -> timestamp(slots, slot, chars, offset, length);
      case STRING_LIST, INT_LIST -> list(slots, slot, chars, offset, length);
    };
  }

  /** What a value of {@code type} looks like, for messages. */
  static String expected(AttributeType type) {
    return switch (type) {
      case STRING -> "text";
      case INT -> "a whole number of 64 bits";
      case DOUBLE -> "a finite number";
      case DECIMAL -> "a decimal of at most 38 digits, 18 of them after the point";
      case BOOL -> "true or false";
      case TIMESTAMP -> "an RFC 3339 time or epoch milliseconds, in the years 1 to 9999";
      case DURATION -> "whole milliseconds";
      case STRING_LIST -> "a list of texts";
      case INT_LIST -> "a list of whole numbers of 64 bits";
    };
  }

  /** Whether {@code value} has no more digits than decimals may have. */
  static boolean fits(BigDecimal value) {
    if (value.signum() == 0) {
      return true;
    }
    // Only the number counts, not how many zeros it is written with.
    BigDecimal plain =
        value.scale() > DECIMAL_SCALE || value.precision() > DECIMAL_DIGITS
            ? value.stripTrailingZeros()
            : value;
    long wholeDigits = (long) plain.precision() - plain.scale();
    return plain.scale() <= DECIMAL_SCALE
        && Math.max(wholeDigits, 0) + Math.max(plain.scale(), 0) <= DECIMAL_DIGITS;
  }

  private static boolean integer(Slots slots, int slot, char[] chars, int offset, int length) {
    if (!isWhole(chars, offset, length)) {
      return false;
    }
    slots.setLong(slot, whole(chars, offset, length));
    return true;
  }

  /** Whether the text is a 64-bit integer: digits, perhaps after a minus. */
  static boolean isWhole(char[] chars, int offset, int length) {
    int at = offset;
    int end = offset + length;
    boolean negative = length > 0 && chars[at] == '-';
    if (negative) {
      at++;
    }
    if (at == end) {
      return false;
    }
    // Counted down from zero, since the least long has no positive counterpart.
    long value = 0;
    long least = negative ? Long.MIN_VALUE : -Long.MAX_VALUE;
    for (; at < end; at++) {
      int digit = chars[at] - '0';
      if (digit < 0 || digit > 9 || value < least / 10 || value * 10 < least + digit) {
        return false;
      }
      value = value * 10 - digit;
    }
    return true;
  }

  /** The value of text that {@link #isWhole}. */
  static long whole(char[] chars, int offset, int length) {
    boolean negative = chars[offset] == '-';
    long value = 0;
    for (int at = negative ? offset + 1 : offset; at < offset + length; at++) {
      value = value * 10 - (chars[at] - '0');
    }
    return negative ? value : -value;
  }

  private static boolean real(Slots slots, int slot, char[] chars, int offset, int length) {
    int digits = plainDigits(chars, offset, length);
    if (digits >= 0 && digits <= 15) {
      // At most 15 digits and a power of ten that is exact: one rounding, so the nearest double.
      long unscaled = unscaled(chars, offset, length);
      double value = unscaled / POWERS[fraction(chars, offset, length)];
      slots.setDouble(slot, unscaled == 0 ? 0 : value);
      return true;
    }
    if (!isNumber(chars, offset, length)) {
      return false;
    }
    double value = Double.parseDouble(new String(chars, offset, length));
    if (!Double.isFinite(value)) {
      return false;
    }
    // Without a minus zero, equal numbers have equal bits.
    slots.setDouble(slot, value == 0 ? 0 : value);
    return true;
  }

  private static boolean decimal(Slots slots, int slot, char[] chars, int offset, int length) {
    int digits = plainDigits(chars, offset, length);
    if (digits >= 0 && digits <= DECIMAL_SCALE) {
      slots.setDecimal(
          slot,
          BigDecimal.valueOf(unscaled(chars, offset, length), fraction(chars, offset, length)));
      return true;
    }
    // Long before text of this length, a number has too many digits.
    if (length > 200 || !isNumber(chars, offset, length) || !exponentFits(chars, offset, length)) {
      return false;
    }
    BigDecimal value = new BigDecimal(chars, offset, length);
    if (!fits(value)) {
      return false;
    }
    slots.setDecimal(slot, value);
    return true;
  }

  /** The number of digits of {@code [-]d+[.d+]}; −1 for any other text. */
  private static int plainDigits(char[] chars, int offset, int length) {
    int at = offset;
    int end = offset + length;
    if (chars[at] == '-') {
      at++;
    }
    int digits = 0;
    boolean point = false;
    boolean last = false;
    for (; at < end; at++) {
      char c = chars[at];
      if (c >= '0' && c <= '9') {
        digits++;
        last = true;
      } else if (c == '.' && !point && last) {
        point = true;
        last = false;
      } else {
        return -1;
      }
    }
    return last ? digits : -1;
  }

  private static long unscaled(char[] chars, int offset, int length) {
    long value = 0;
    for (int at = offset; at < offset + length; at++) {
      char c = chars[at];
      if (c >= '0') {
        value = value * 10 + (c - '0');
      }
    }
    return chars[offset] == '-' ? -value : value;
  }

  private static int fraction(char[] chars, int offset, int length) {
    for (int at = offset; at < offset + length; at++) {
      if (chars[at] == '.') {
        return offset + length - 1 - at;
      }
    }
    return 0;
  }

  /** Whether the text is {@code [-]d+[.d+][(e|E)[+|-]d+]}: JSON's numbers, leading zeros too. */
  private static boolean isNumber(char[] chars, int offset, int length) {
    int end = offset + length;
    int at = chars[offset] == '-' ? offset + 1 : offset;
    int next = digits(chars, at, end);
    if (next == at) {
      return false;
    }
    at = next;
    if (at < end && chars[at] == '.') {
      next = digits(chars, at + 1, end);
      if (next == at + 1) {
        return false;
      }
      at = next;
    }
    if (at < end && (chars[at] == 'e' || chars[at] == 'E')) {
      at++;
      if (at < end && (chars[at] == '+' || chars[at] == '-')) {
        at++;
      }
      next = digits(chars, at, end);
      if (next == at) {
        return false;
      }
      at = next;
    }
    return at == end;
  }

  private static int digits(char[] chars, int from, int end) {
    int at = from;
    while (at < end && chars[at] >= '0' && chars[at] <= '9') {
      at++;
    }
    return at;
  }

  /** Whether the exponent of text that {@link #isNumber} is within ±18. */
  private static boolean exponentFits(char[] chars, int offset, int length) {
    int exponent = 0;
    boolean inside = false;
    for (int at = offset; at < offset + length; at++) {
      char c = chars[at];
      if (inside && c >= '0' && c <= '9') {
        exponent = Math.min(1_000, exponent * 10 + (c - '0'));
      }
      inside |= c == 'e' || c == 'E';
    }
    return exponent <= DECIMAL_SCALE;
  }

  private static boolean bool(Slots slots, int slot, char[] chars, int offset, int length) {
    boolean yes = equal("true", chars, offset, length);
    if (!yes && !equal("false", chars, offset, length)) {
      return false;
    }
    slots.setBool(slot, yes);
    return true;
  }

  private static boolean equal(String text, char[] chars, int offset, int length) {
    if (text.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (chars[offset + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean timestamp(Slots slots, int slot, char[] chars, int offset, int length) {
    long ms = time(chars, offset, length);
    if (ms == Rfc3339.INVALID) {
      return false;
    }
    slots.setLong(slot, ms);
    return true;
  }

  /** The time that RFC 3339 text or epoch milliseconds say, or {@link Rfc3339#INVALID}. */
  static long time(char[] chars, int offset, int length) {
    long ms =
        isWhole(chars, offset, length)
            ? whole(chars, offset, length)
            : Rfc3339.parse(chars, offset, length);
    return ms < Rfc3339.LEAST_MS || ms > Rfc3339.MOST_MS ? Rfc3339.INVALID : ms;
  }

  private static boolean list(Slots slots, int slot, char[] chars, int offset, int length) {
    boolean ints = slots.type().attribute(slot).type() == AttributeType.INT_LIST;
    List<String> texts = new ArrayList<>();
    List<Long> numbers = new ArrayList<>();
    int start = offset;
    for (int at = offset; at <= offset + length; at++) {
      if (at < offset + length && chars[at] != ';') {
        continue;
      }
      int n = at - start;
      if (n > 0 && ints) {
        if (!isWhole(chars, start, n)) {
          return false;
        }
        numbers.add(whole(chars, start, n));
      } else if (n > 0) {
        texts.add(new String(chars, start, n));
      }
      start = at + 1;
    }
    if (ints) {
      slots.setInts(slot, numbers);
    } else {
      slots.setStrings(slot, texts);
    }
    return true;
  }
}
