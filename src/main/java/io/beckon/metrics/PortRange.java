// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.metrics;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Ports, both ends included. */
record PortRange(int first, int last) {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");
  private static final int MOST = 65_535;

  PortRange {
    if (first < 0 || first > last || last > MOST) {
      throw new IllegalArgumentException("no ports: " + first + "-" + last);
    }
  }

  /**
   * Out of {@code 9250} or {@code 9250-9260}.
   *
   * @throws IllegalArgumentException if it is neither
   */
  static PortRange of(String text) {
    Matcher range = TEXT.matcher(text.trim());
    if (!range.matches()) {
      throw new IllegalArgumentException("neither a port nor a range of ports: " + text);
    }
    int first = Integer.parseInt(range.group(1));
    return new PortRange(first, range.group(2) == null ? first : Integer.parseInt(range.group(2)));
  }

  @Override
  public String toString() {
    return first == last ? Integer.toString(first) : first + "-" + last;
  }
}
