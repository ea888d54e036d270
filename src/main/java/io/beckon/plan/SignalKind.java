// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

/** What a signal measures. */
public enum SignalKind {
  /** How many events a window holds. */
  COUNT,
  /** The exact sum of an attribute over a window. */
  SUM,
  /** The mean of an attribute over a window. */
  AVG,
  /** The least value of an attribute in a window. */
  MIN,
  /** The greatest value of an attribute in a window. */
  MAX,
  /** How many different values of an attribute a window holds. */
  DISTINCT,
  /** The first event's time, or the first value of an attribute. */
  FIRST,
  /** The last event's time, or the last value of an attribute. */
  LAST,
  /** The time since the last event. */
  SINCE,
  /** The user's own gap between active dates, in days. */
  OWN_GAP,
  /** How many of the last dates had an event. */
  ACTIVE_DAYS,
  /** The decayed number of active dates a day. */
  ACTIVITY_LEVEL,
  /** A fast decayed level against a slow one. */
  DROP_RATIO,
  /** The hour of the week with most events. */
  BUSIEST_HOUR,
  /** What a model of churn says of the user's activity. */
  MODEL;

  /** Whether it is kept in panes of a window. */
  public boolean isPaned() {
    return this == COUNT || this == SUM || this == AVG || this == MIN || this == MAX;
  }

  /** Whether it adds up or compares the values of a number. */
  public boolean hasAmounts() {
    return this == SUM || this == AVG || this == MIN || this == MAX;
  }
}
