// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

/**
 * A comparison of a signal's value with a line. Missing values are given as NaN.
 *
 * @param greater whether values above the line pass, not those below
 * @param orEqual whether the line itself passes
 * @param orMissing whether a missing value passes
 */
public record Comparison(double line, boolean greater, boolean orEqual, boolean orMissing) {
  /** Whether {@code value} passes. */
  public boolean test(double value) {
    if (Double.isNaN(value)) {
      return orMissing;
    }
    if (value == line) {
      return orEqual;
    }
    return greater == value > line;
  }
}
