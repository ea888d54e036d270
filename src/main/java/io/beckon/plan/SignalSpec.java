// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.calendar.Durations;
import io.beckon.churn.ChurnScore;
import io.beckon.event.AttributeType;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The numbers of one signal. Those that its kind does not use are 0. Made by the factories, one a
 * kind.
 *
 * @param kind what it measures
 * @param result the type of its values; of {@link SignalKind#SINCE} a duration in milliseconds,
 *     here an INT
 * @param ofAttribute whether {@code first} and {@code last} tell an attribute's value, not a time
 * @param windowMs the window of counts, amounts and distinct values
 * @param paneMs the pane in which the window is kept; 1 is exact
 * @param days the number of dates of {@link SignalKind#ACTIVE_DAYS}
 * @param tauMs the decay of a level, the fast one of a drop ratio
 * @param longMs the slow decay of a drop ratio
 * @param minHistoryMs how long the first event must be past, −1 if nothing is asked
 * @param minLevel the least slow level of a drop ratio
 * @param priorGapDays the gap to begin with; not looked at where its weight is 0
 * @param priorWeight how many gaps the prior counts for
 * @param retentionMs how long past the last event what has no window is kept
 * @param model by which {@link SignalKind#MODEL} is scored; says nothing of what is kept
 */
public record SignalSpec(
    SignalKind kind,
    AttributeType result,
    boolean ofAttribute,
    long windowMs,
    long paneMs,
    int days,
    long tauMs,
    long longMs,
    long minHistoryMs,
    double minLevel,
    double priorGapDays,
    double priorWeight,
    long retentionMs,
    Optional<Model> model) {
  /** The longest window that is exact. */
  public static final long EXACT_MS = 3_600_000L;

  /** No history is asked for. */
  public static final long NO_MIN_HISTORY = -1;

  private static final int PANES = 48;

  /**
   * What makes a value of a user's activity.
   *
   * @param version of the model: with another one the value is another
   */
  public record Model(ChurnScore score, int version) {}

  public SignalSpec {
    Objects.requireNonNull(kind);
    Objects.requireNonNull(result);
    require(model.isPresent() == (kind == SignalKind.MODEL), "a model has a score");
    require(windowMs >= 0 && paneMs >= 0 && retentionMs >= 0, "lengths are not negative");
    require(kind != SignalKind.ACTIVE_DAYS || (days >= 1 && days <= 64), "1 to 64 dates");
    require(!isLevel(kind) || tauMs > 0, "a decay is positive");
    require(kind != SignalKind.DROP_RATIO || longMs > tauMs, "the long decay is the longer one");
  }

  /** The numbers of a kind that is not of a model. */
  public SignalSpec(
      SignalKind kind,
      AttributeType result,
      boolean ofAttribute,
      long windowMs,
      long paneMs,
      int days,
      long tauMs,
      long longMs,
      long minHistoryMs,
      double minLevel,
      double priorGapDays,
      double priorWeight,
      long retentionMs) {
    this(
        kind,
        result,
        ofAttribute,
        windowMs,
        paneMs,
        days,
        tauMs,
        longMs,
        minHistoryMs,
        minLevel,
        priorGapDays,
        priorWeight,
        retentionMs,
        Optional.empty());
  }

  private static boolean isLevel(SignalKind kind) {
    return kind == SignalKind.ACTIVITY_LEVEL || kind == SignalKind.DROP_RATIO;
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException(what);
    }
  }

  /** The pane of a window: single milliseconds up to an hour, then 1/48 of it, at most a day. */
  public static long paneMs(long windowMs) {
    return windowMs <= EXACT_MS ? 1 : Math.min(windowMs / PANES, Durations.DAY_MS);
  }

  private static SignalSpec window(SignalKind kind, AttributeType result, long windowMs) {
    long paneMs = kind == SignalKind.DISTINCT ? 1 : paneMs(windowMs);
    return new SignalSpec(kind, result, false, windowMs, paneMs, 0, 0, 0, -1, 0, 0, 0, 0);
  }

  private static SignalSpec kept(SignalKind kind, AttributeType result, boolean of, long forMs) {
    return new SignalSpec(kind, result, of, 0, 0, 0, 0, 0, -1, 0, 0, 0, forMs);
  }

  /** {@code count … over}. */
  public static SignalSpec count(long windowMs) {
    return window(SignalKind.COUNT, AttributeType.INT, windowMs);
  }

  /** {@code sum … over}: exact, whatever number the attribute is. */
  public static SignalSpec sum(long windowMs) {
    return window(SignalKind.SUM, AttributeType.DECIMAL, windowMs);
  }

  /** {@code avg … over}. */
  public static SignalSpec avg(long windowMs) {
    return window(SignalKind.AVG, AttributeType.DOUBLE, windowMs);
  }

  /** {@code min … over} of an attribute of {@code type}, a number. */
  public static SignalSpec min(AttributeType type, long windowMs) {
    return window(SignalKind.MIN, type, windowMs);
  }

  /** {@code max … over} of an attribute of {@code type}, a number. */
  public static SignalSpec max(AttributeType type, long windowMs) {
    return window(SignalKind.MAX, type, windowMs);
  }

  /** {@code distinct … over}. */
  public static SignalSpec distinct(long windowMs) {
    return window(SignalKind.DISTINCT, AttributeType.INT, windowMs);
  }

  /** {@code first} without an attribute: a time. */
  public static SignalSpec first(long retentionMs) {
    return kept(SignalKind.FIRST, AttributeType.TIMESTAMP, false, retentionMs);
  }

  /** {@code first} of an attribute of {@code type}. */
  public static SignalSpec firstOf(AttributeType type, long retentionMs) {
    return kept(SignalKind.FIRST, type, true, retentionMs);
  }

  /** {@code last} without an attribute: a time. */
  public static SignalSpec last(long retentionMs) {
    return kept(SignalKind.LAST, AttributeType.TIMESTAMP, false, retentionMs);
  }

  /** {@code last} of an attribute of {@code type}. */
  public static SignalSpec lastOf(AttributeType type, long retentionMs) {
    return kept(SignalKind.LAST, type, true, retentionMs);
  }

  /** {@code since}. */
  public static SignalSpec since(long retentionMs) {
    return kept(SignalKind.SINCE, AttributeType.INT, false, retentionMs);
  }

  /** {@code own_gap}, with a prior gap or without. */
  public static SignalSpec ownGap(OptionalLong priorGapMs, double priorWeight, long retentionMs) {
    boolean prior = priorGapMs.isPresent();
    double gapDays = prior ? priorGapMs.getAsLong() / 86_400_000.0 : 0;
    double weight = prior ? priorWeight : 0;
    return new SignalSpec(
        SignalKind.OWN_GAP,
        AttributeType.DOUBLE,
        false,
        0,
        0,
        0,
        0,
        0,
        -1,
        0,
        gapDays,
        weight,
        retentionMs);
  }

  /** {@code active_days … over} whole dates. */
  public static SignalSpec activeDays(int days) {
    return new SignalSpec(
        SignalKind.ACTIVE_DAYS, AttributeType.INT, false, 0, 0, days, 0, 0, -1, 0, 0, 0, 0);
  }

  /** {@code activity_level}. */
  public static SignalSpec activityLevel(long tauMs, OptionalLong minHistoryMs, long retentionMs) {
    return new SignalSpec(
        SignalKind.ACTIVITY_LEVEL,
        AttributeType.DOUBLE,
        false,
        0,
        0,
        0,
        tauMs,
        0,
        minHistoryMs.orElse(NO_MIN_HISTORY),
        0,
        0,
        0,
        retentionMs);
  }

  /** {@code drop_ratio}; {@code shortMs} is below {@code longMs}. */
  public static SignalSpec dropRatio(
      long shortMs, long longMs, OptionalDouble minLevel, long retentionMs) {
    return new SignalSpec(
        SignalKind.DROP_RATIO,
        AttributeType.DOUBLE,
        false,
        0,
        0,
        0,
        shortMs,
        longMs,
        -1,
        minLevel.orElse(0),
        0,
        0,
        retentionMs);
  }

  /** {@code busiest_hour_of}. */
  public static SignalSpec busiestHour(long retentionMs) {
    return kept(SignalKind.BUSIEST_HOUR, AttributeType.INT, false, retentionMs);
  }

  /** {@code model}. */
  public static SignalSpec model(ChurnScore score, int version, long retentionMs) {
    return new SignalSpec(
        SignalKind.MODEL,
        AttributeType.DOUBLE,
        false,
        0,
        0,
        0,
        0,
        0,
        -1,
        0,
        0,
        0,
        retentionMs,
        Optional.of(new Model(score, version)));
  }

  /**
   * How long after its last event a signal of the kind goes on to change, and what watches it is
   * kept: {@code retentionMs}, or until its window is empty in every zone if that is longer.
   */
  public long lifeMs(long retentionMs) {
    long emptyMs = days == 0 ? windowMs + paneMs : (days + 2) * Durations.DAY_MS;
    return Math.max(retentionMs, emptyMs);
  }

  /**
   * What is kept, and by which numbers: part of a shape's text, so golden. What a model makes of it
   * is not in it: a model that was trained anew goes on with what was observed.
   */
  @Override
  public String toString() {
    return "SignalSpec[kind="
        + kind
        + ", result="
        + result
        + ", ofAttribute="
        + ofAttribute
        + ", windowMs="
        + windowMs
        + ", paneMs="
        + paneMs
        + ", days="
        + days
        + ", tauMs="
        + tauMs
        + ", longMs="
        + longMs
        + ", minHistoryMs="
        + minHistoryMs
        + ", minLevel="
        + minLevel
        + ", priorGapDays="
        + priorGapDays
        + ", priorWeight="
        + priorWeight
        + ", retentionMs="
        + retentionMs
        + "]";
  }
}
