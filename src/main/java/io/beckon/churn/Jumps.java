// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/** Where the terms of a {@link Scorecard} jump in silence: dates that leave, bins, billings. */
final class Jumps {
  private static final long DAY_MS = 86_400_000L;

  private final Activity activity;
  private final Background background;
  private final List<Term> jumping = new ArrayList<>();

  /** Those of one user, whom the scorecard says something of. */
  Jumps(Scorecard card, Activity activity) {
    this.activity = activity;
    this.background = card.background();
    for (Term term : card.terms()) {
      boolean steps =
          switch (term.feature()) {
            case ACTIVE_7D, ACTIVE_28D, DAYS_TO_RENEWAL -> true;
            case REPEATS, MEAN_GAP, EWMA_GAP -> false;
            case GAP, AGE, GAP_RATIO, LEVEL_7D, LEVEL_28D, TENURE -> term instanceof Term.Bin;
          };
      if (steps) {
        jumping.add(term);
      }
    }
  }

  /** The first after {@code afterMs} and up to {@code lastMs}, or {@code Long.MAX_VALUE}. */
  long next(long afterMs, long lastMs) {
    long next = Long.MAX_VALUE;
    for (Term term : jumping) {
      next = Math.min(next, next(term, afterMs, Math.min(lastMs, next)));
    }
    return next <= lastMs ? next : Long.MAX_VALUE;
  }

  private long next(Term term, long afterMs, long lastMs) {
    if (afterMs >= lastMs) {
      return Long.MAX_VALUE;
    }
    Feature feature = term.feature();
    if (feature == Feature.ACTIVE_7D || feature == Feature.ACTIVE_28D) {
      return nextDate(feature == Feature.ACTIVE_7D ? 7 : 28, afterMs);
    }
    long next = Long.MAX_VALUE;
    long untilMs = lastMs;
    if (feature == Feature.DAYS_TO_RENEWAL) {
      Billing billing = background.billing().orElseThrow();
      next = billing.nextMs(activity.subscribedMs(), afterMs);
      untilMs = Math.min(lastMs, next - 1);
    }
    if (term instanceof Term.Bin bin) {
      next = Math.min(next, edge(feature, bin.from(), afterMs, untilMs));
      next = Math.min(next, edge(feature, bin.below(), afterMs, untilMs));
    }
    return next;
  }

  /** When the number of active dates among the last ones next changes. */
  private long nextDate(int dates, long afterMs) {
    int now = activity.activeDates(dates, afterMs);
    if (now == 0) {
      return Long.MAX_VALUE;
    }
    long silent = Math.max(0, afterMs - activity.closeMs()) / DAY_MS;
    long atMs = activity.closeMs() + silent * DAY_MS;
    do {
      atMs += DAY_MS;
    } while (activity.activeDates(dates, atMs) == now);
    return atMs;
  }

  /** When a feature that moves one way until {@code untilMs} comes to, or below, an edge. */
  private long edge(Feature feature, double edge, long afterMs, long untilMs) {
    if (afterMs >= untilMs) {
      return Long.MAX_VALUE;
    }
    boolean isBelow = feature.at(activity, afterMs, background) < edge;
    LongPredicate passed = timeMs -> feature.at(activity, timeMs, background) < edge != isBelow;
    return Crossings.first(afterMs, untilMs, guess(feature, edge, afterMs), passed);
  }

  private long guess(Feature feature, double edge, long afterMs) {
    double days =
        switch (feature) {
          case GAP -> edge;
          case AGE -> edge - activity.spanDays();
          case GAP_RATIO ->
              edge * activity.meanGapDays(background.priorGapDays(), background.priorWeight());
          case LEVEL_7D -> 7 * StrictMath.log(activity.fast() / (7 * edge));
          case LEVEL_28D -> 28 * StrictMath.log(activity.slow() / (28 * edge));
          case TENURE, DAYS_TO_RENEWAL -> {
            double now = feature.at(activity, afterMs, background);
            double ahead = feature == Feature.TENURE ? edge - now : now - edge;
            long base = Math.max(afterMs, activity.subscribedMs()) - activity.closeMs();
            yield base / Activity.DAY_MS + ahead;
          }
          case REPEATS, MEAN_GAP, EWMA_GAP, ACTIVE_7D, ACTIVE_28D -> 0;
        };
    return activity.closeMs() + (long) (days * Activity.DAY_MS);
  }
}
