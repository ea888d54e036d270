// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.List;

/**
 * A logistic scorecard: 1 / (1 + e^−(slope · z + offset)), with z = intercept + the sum of the
 * terms, in their order. With a {@link Billing} it speaks only while a subscription runs.
 *
 * @param intercept where z begins
 * @param slope of the calibration; 1 without one
 * @param offset of the calibration; 0 without one
 * @param terms the summands
 * @param background what their features are measured against
 */
public record Scorecard(
    double intercept, double slope, double offset, List<Term> terms, Background background)
    implements ChurnScore {
  /** Refuses what is no number, and a renewal of nothing. */
  public Scorecard {
    terms = List.copyOf(terms);
    Term.requireNumbers(intercept, slope, offset);
    for (Term term : terms) {
      if (term.feature().needsBilling() && background.billing().isEmpty()) {
        throw new IllegalArgumentException(term.feature().text() + " without a billing");
      }
    }
  }

  /** Whether it says something of this user at all. */
  private boolean speaks(Activity activity) {
    return !activity.isEmpty() && (background.billing().isEmpty() || activity.isSubscribed());
  }

  @Override
  public double at(Activity activity, long timeMs) {
    return speaks(activity) ? probability(linear(activity, timeMs)) : Double.NaN;
  }

  /** z, before the calibration; the user has an active date. */
  public double linear(Activity activity, long timeMs) {
    double z = intercept;
    for (Term term : terms) {
      z += term.of(term.feature().at(activity, timeMs, background));
    }
    return z;
  }

  /** Of that z: it never falls where slope · z rises, also as computed. */
  double probability(double z) {
    return 1 / (1 + StrictMath.exp(-(slope * z + offset)));
  }

  @Override
  public long first(
      Activity activity, boolean above, double line, boolean orEqual, long fromMs, long lastMs) {
    return speaks(activity) && fromMs <= lastMs
        ? new ScorecardCrossing(this, activity, above, line, orEqual).first(fromMs, lastMs)
        : Long.MAX_VALUE;
  }

  @Override
  public long nextJump(Activity activity, long afterMs, long lastMs) {
    return speaks(activity) ? new Jumps(this, activity).next(afterMs, lastMs) : Long.MAX_VALUE;
  }
}
