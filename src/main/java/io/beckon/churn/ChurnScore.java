// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

/**
 * What a model says of a user at an instant. Between two events it only depends on the time, so the
 * instant at which it passes a line is known beforehand.
 */
public sealed interface ChurnScore permits ReturnScore, CadenceScore, Scorecard {
  /** The value at an instant not before the last event; NaN where the model says nothing. */
  double at(Activity activity, long timeMs);

  /**
   * The first millisecond from {@code fromMs} to {@code lastMs} at which, in silence, the value is
   * past a line: what a look at each of them finds; {@code Long.MAX_VALUE} if there is none. NaN is
   * past no line.
   *
   * @param above whether values above the line are past it, not those below
   * @param orEqual whether the line itself is past it
   */
  long first(
      Activity activity, boolean above, double line, boolean orEqual, long fromMs, long lastMs);

  /**
   * The first millisecond after {@code afterMs} and up to {@code lastMs} at which, in silence, the
   * value may jump, appear or go; {@code Long.MAX_VALUE} if there is none.
   */
  long nextJump(Activity activity, long afterMs, long lastMs);

  /** Whether {@code value} is past a line. */
  static boolean isPast(double value, boolean above, double line, boolean orEqual) {
    return value == line ? orEqual : above ? value > line : value < line;
  }
}
