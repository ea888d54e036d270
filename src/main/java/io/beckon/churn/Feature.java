// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.Locale;
import java.util.Optional;

/** What a {@link Scorecard} weighs. In silence each moves one way, but for days_to_renewal. */
public enum Feature {
  /** The days of silence, from the close of the last active date. */
  GAP,
  /** The active dates after the first one, x. */
  REPEATS,
  /** The days since the first active date, T. */
  AGE,
  /** The user's own gap, shrunk towards the prior. */
  MEAN_GAP,
  /** The silence over the user's own gap, shrunk. */
  GAP_RATIO,
  /** The user's gaps, faded, beginning with the prior. */
  EWMA_GAP,
  /** Active dates a day, faded with 7 days. */
  LEVEL_7D,
  /** Active dates a day, faded with 28 days. */
  LEVEL_28D,
  /** How many of the last 7 dates were active. */
  ACTIVE_7D,
  /** How many of the last 28 dates were active. */
  ACTIVE_28D,
  /** The days since the close of the date on which the subscription began; else the age. */
  TENURE,
  /** The days to the next billing date that is strictly ahead. */
  DAYS_TO_RENEWAL;

  /** The name in a document, such as {@code level_7d}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The feature of that name. */
  public static Optional<Feature> of(String text) {
    for (Feature feature : values()) {
      if (feature.text().equals(text)) {
        return Optional.of(feature);
      }
    }
    return Optional.empty();
  }

  /** Whether it may be 0, so that it has a logarithm only with something added. */
  public boolean mayBeZero() {
    return switch (this) {
      case GAP, REPEATS, AGE, GAP_RATIO, LEVEL_7D, LEVEL_28D, ACTIVE_7D, ACTIVE_28D, TENURE -> true;
      case MEAN_GAP, EWMA_GAP, DAYS_TO_RENEWAL -> false;
    };
  }

  /** Whether there must be a {@link Billing}. */
  public boolean needsBilling() {
    return this == DAYS_TO_RENEWAL;
  }

  /** Its value at an instant, never below 0; the user has an active date. */
  public double at(Activity activity, long timeMs, Background background) {
    double priorGapDays = background.priorGapDays();
    return switch (this) {
      case GAP -> activity.gapDays(timeMs);
      case REPEATS -> activity.repeats();
      case AGE -> activity.ageDays(timeMs);
      case MEAN_GAP -> activity.meanGapDays(priorGapDays, background.priorWeight());
      case GAP_RATIO ->
          activity.gapDays(timeMs) / activity.meanGapDays(priorGapDays, background.priorWeight());
      case EWMA_GAP -> activity.fadedGapDays(priorGapDays);
      case LEVEL_7D -> activity.fastLevel(timeMs);
      case LEVEL_28D -> activity.slowLevel(timeMs);
      case ACTIVE_7D -> activity.activeDates(7, timeMs);
      case ACTIVE_28D -> activity.activeDates(28, timeMs);
      case TENURE -> activity.tenureDays(timeMs);
      case DAYS_TO_RENEWAL ->
          background
              .billing()
              .map(billing -> billing.daysToNext(activity.subscribedMs(), timeMs))
              .orElse(Double.NaN);
    };
  }
}
