// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import java.util.Arrays;

/** UTF-8, strictly. */
final class Utf8 {
  private Utf8() {}

  /** Whether {@code bytes} are well-formed UTF-8: no overlong forms, no surrogates. */
  static boolean isValid(byte[] bytes) {
    int n = bytes.length;
    int i = 0;
    while (i < n) {
      int b = bytes[i];
      if (b >= 0) {
        i++;
        continue;
      }
      int more;
      int least;
      int point;
      if ((b & 0xE0) == 0xC0) {
        more = 1;
        least = 0x80;
        point = b & 0x1F;
      } else if ((b & 0xF0) == 0xE0) {
        more = 2;
        least = 0x800;
        point = b & 0x0F;
      } else if ((b & 0xF8) == 0xF0) {
        more = 3;
        least = 0x10000;
        point = b & 0x07;
      } else {
        return false;
      }
      if (n - i <= more) {
        return false;
      }
      for (int k = 1; k <= more; k++) {
        int c = bytes[i + k];
        if ((c & 0xC0) != 0x80) {
          return false;
        }
        point = (point << 6) | (c & 0x3F);
      }
      if (point < least || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
        return false;
      }
      i += more + 1;
    }
    return true;
  }

  /**
   * Decodes well-formed UTF-8 into {@code target}, which has room for a char a byte.
   *
   * @return the number of chars
   */
  static int decode(byte[] bytes, char[] target) {
    int out = 0;
    int i = 0;
    while (i < bytes.length) {
      int b = bytes[i];
      if (b >= 0) {
        target[out++] = (char) b;
        i++;
      } else if ((b & 0xE0) == 0xC0) {
        target[out++] = (char) (((b & 0x1F) << 6) | (bytes[i + 1] & 0x3F));
        i += 2;
      } else if ((b & 0xF0) == 0xE0) {
        target[out++] =
            (char) (((b & 0x0F) << 12) | ((bytes[i + 1] & 0x3F) << 6) | (bytes[i + 2] & 0x3F));
        i += 3;
      } else {
        int point =
            ((b & 0x07) << 18)
                | ((bytes[i + 1] & 0x3F) << 12)
                | ((bytes[i + 2] & 0x3F) << 6)
                | (bytes[i + 3] & 0x3F);
        target[out++] = Character.highSurrogate(point);
        target[out++] = Character.lowSurrogate(point);
        i += 4;
      }
    }
    return out;
  }

  /** Whether every surrogate in {@code text} has its other half: whether UTF-8 can hold it. */
  static boolean isText(String text) {
    int n = text.length();
    for (int i = 0; i < n; i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || i + 1 == n
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /** Where {@code part} begins in {@code bytes} for the first time; -1 if nowhere. */
  static int indexOf(byte[] bytes, byte[] part) {
    for (int at = 0; at <= bytes.length - part.length; at++) {
      if (Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    return -1;
  }
}
