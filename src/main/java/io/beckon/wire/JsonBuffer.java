// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.erdtman.jcs.NumberToJSON;

/**
 * JSON as bytes, written once into a buffer that is used again. Strings and doubles are written as
 * RFC 8785 says. Not thread-safe.
 */
final class JsonBuffer {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /** Integral doubles below this are exact, and written by ES6 as plain digits. */
  private static final double EXACT = 1L << 53;

  private byte[] bytes = new byte[512];
  private int length;

  /** Begins anew. */
  JsonBuffer clear() {
    length = 0;
    return this;
  }

  /** A copy of what was written. */
  byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  /** The buffer itself: valid up to {@link #length} and until the next write. */
  byte[] array() {
    return bytes;
  }

  int length() {
    return length;
  }

  private void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
    }
  }

  /** ASCII as it stands. */
  JsonBuffer raw(String ascii) {
    int n = ascii.length();
    reserve(n);
    for (int i = 0; i < n; i++) {
      bytes[length++] = (byte) ascii.charAt(i);
    }
    return this;
  }

  /** Bytes as they stand. */
  JsonBuffer raw(byte[] more) {
    reserve(more.length);
    System.arraycopy(more, 0, bytes, length, more.length);
    length += more.length;
    return this;
  }

  JsonBuffer raw(char ascii) {
    reserve(1);
    bytes[length++] = (byte) ascii;
    return this;
  }

  /** A quoted string. */
  JsonBuffer string(String text) {
    int n = text.length();
    reserve(6 * n + 2);
    bytes[length++] = '"';
    for (int i = 0; i < n; i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        ascii(c);
      } else if (c < 0x800) {
        bytes[length++] = (byte) (0xC0 | (c >> 6));
        bytes[length++] = more(c);
      } else if (Character.isHighSurrogate(c)
          && i + 1 < n
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        int point = Character.toCodePoint(c, text.charAt(++i));
        bytes[length++] = (byte) (0xF0 | (point >> 18));
        bytes[length++] = more(point >> 12);
        bytes[length++] = more(point >> 6);
        bytes[length++] = more(point);
      } else {
        // Half a pair has no UTF-8; events never hold one.
        char known = Character.isSurrogate(c) ? '\uFFFD' : c;
        bytes[length++] = (byte) (0xE0 | (known >> 12));
        bytes[length++] = more(known >> 6);
        bytes[length++] = more(known);
      }
    }
    bytes[length++] = '"';
    return this;
  }

  /** A byte that goes on with a code point, of the lowest six bits. */
  private static byte more(int bits) {
    return (byte) (0x80 | (bits & 0x3F));
  }

  private void ascii(char c) {
    if (c >= 0x20 && c != '"' && c != '\\') {
      bytes[length++] = (byte) c;
      return;
    }
    bytes[length++] = '\\';
    char letter =
        switch (c) {
          case '"', '\\' -> c;
          case '\b' -> 'b';
          case '\t' -> 't';
          case '\n' -> 'n';
          case '\f' -> 'f';
          case '\r' -> 'r';
          default -> 'u';
        };
    bytes[length++] = (byte) letter;
    if (letter == 'u') {
      bytes[length++] = '0';
      bytes[length++] = '0';
      bytes[length++] = HEX[c >> 4];
      bytes[length++] = HEX[c & 0xF];
    }
  }

  /** A whole number. */
  JsonBuffer number(long value) {
    if (value == Long.MIN_VALUE) {
      return raw("-9223372036854775808");
    }
    reserve(20);
    long rest = value;
    if (rest < 0) {
      bytes[length++] = '-';
      rest = -rest;
    }
    int digits = 1;
    for (long bound = rest; bound >= 10; bound /= 10) {
      digits++;
    }
    for (int at = length + digits - 1; at >= length; at--) {
      bytes[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
    return this;
  }

  /** A finite double as ES6 writes it. */
  JsonBuffer number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < EXACT) {
      return number((long) value);
    }
    try {
      return raw(NumberToJSON.serializeNumber(value));
    } catch (IOException e) {
      throw new IllegalStateException("not a finite number: " + value, e);
    }
  }

  /** A decimal without an exponent, with the digits it has. */
  JsonBuffer number(BigDecimal value) {
    return raw(value.toPlainString());
  }

  JsonBuffer bool(boolean value) {
    return raw(value ? "true" : "false");
  }

  /** A time as RFC 3339 text, quoted. */
  JsonBuffer time(long timeMs) {
    reserve(26);
    bytes[length] = '"';
    Rfc3339.write(timeMs, bytes, length + 1);
    bytes[length + 25] = '"';
    length += 26;
    return this;
  }
}
