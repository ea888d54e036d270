// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Ids of 32 lowercase hexadecimal digits, as content ids are, as two numbers. Their order by code
 * point is the order of the numbers, unsigned, the high one first.
 */
final class HexIds {
  private static final int DIGITS = 32;
  private static final byte[] TEXT = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] VALUES = values();

  private HexIds() {}

  private static byte[] values() {
    byte[] values = new byte[128];
    Arrays.fill(values, (byte) -1);
    for (int i = 0; i < TEXT.length; i++) {
      values[TEXT[i]] = (byte) i;
    }
    return values;
  }

  static boolean isOne(String id) {
    if (id.length() != DIGITS) {
      return false;
    }
    int all = 0;
    for (int i = 0; i < DIGITS; i++) {
      char c = id.charAt(i);
      all |= c < 128 ? VALUES[c] : -1;
    }
    return all >= 0;
  }

  /** The first half of an id that {@link #isOne}. */
  static long high(String id) {
    return half(id, 0);
  }

  /** The second half of an id that {@link #isOne}. */
  static long low(String id) {
    return half(id, DIGITS / 2);
  }

  private static long half(String id, int from) {
    long value = 0;
    for (int i = from; i < from + DIGITS / 2; i++) {
      value = value << 4 | VALUES[id.charAt(i)];
    }
    return value;
  }

  static String text(long high, long low) {
    byte[] digits = new byte[DIGITS];
    for (int i = 0; i < DIGITS / 2; i++) {
      int shift = 60 - 4 * i;
      digits[i] = TEXT[(int) (high >>> shift) & 15];
      digits[DIGITS / 2 + i] = TEXT[(int) (low >>> shift) & 15];
    }
    return new String(digits, StandardCharsets.ISO_8859_1);
  }
}
