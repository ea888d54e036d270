// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import io.beckon.churn.Background;
import io.beckon.churn.Scorecard;
import io.beckon.churn.Term;
import java.util.ArrayList;
import java.util.List;

/**
 * A scorecard, fitted to what was known of users and what came of it, and judged by examples that
 * its weights have not seen.
 *
 * @param scorecard what to score with; terms that are constant in the examples are left out
 * @param dropped the terms left out
 * @param training what it was fitted to
 * @param lnLikelihood of these, before the calibration
 * @param separated whether the terms part the kinds without error, so that only the penalty keeps
 *     the weights within bounds
 * @param judged what it was judged by
 * @param probabilities of these, as judged
 */
public record ScorecardFit(
    Scorecard scorecard,
    List<Term> dropped,
    Examples training,
    double lnLikelihood,
    boolean separated,
    Examples judged,
    List<Double> probabilities) {
  public ScorecardFit {
    dropped = List.copyOf(dropped);
    probabilities = List.copyOf(probabilities);
  }

  /**
   * Fits to the examples whose answer was known at the close of a date and judges by those that
   * were asked from then on: those in between serve neither.
   *
   * @param terms what the examples' numbers are
   * @param horizonDays of the question
   * @throws IllegalArgumentException if all examples of before came to the same
   */
  public static ScorecardFit split(
      Examples examples,
      List<Term> terms,
      Background background,
      int horizonDays,
      long split,
      double penalty) {
    Examples before = before(examples, horizonDays, split);
    Examples after = examples.where(i -> examples.date(i) >= split);
    Calibrated fit = Calibrated.of(before, penalty);
    List<Double> probabilities = new ArrayList<>();
    for (int i = 0; i < after.size(); i++) {
      probabilities.add(fit.probability(after.row(i)));
    }
    return of(fit, terms, background, before, after, probabilities);
  }

  /** The examples whose answer is known at the close of a date. */
  public static Examples before(Examples examples, int horizonDays, long split) {
    return examples.where(i -> examples.date(i) + horizonDays <= split);
  }

  /**
   * Fits to all examples and judges each by a fit to those of other users.
   *
   * @param folds how many heaps users are dealt to
   * @throws IllegalArgumentException if, without one of the heaps, all examples came to the same
   */
  public static ScorecardFit crossed(
      Examples examples, List<Term> terms, Background background, int folds, double penalty) {
    List<Double> probabilities = new ArrayList<>();
    for (double probability : Calibrated.crossed(examples, folds, penalty)) {
      probabilities.add(probability);
    }
    Calibrated fit = Calibrated.of(examples, penalty);
    return of(fit, terms, background, examples, examples, probabilities);
  }

  private static ScorecardFit of(
      Calibrated fit,
      List<Term> terms,
      Background background,
      Examples training,
      Examples judged,
      List<Double> probabilities) {
    List<Term> weighed = new ArrayList<>();
    List<Term> dropped = new ArrayList<>();
    for (int k = 0; k < terms.size(); k++) {
      if (fit.logit().constant().contains(k)) {
        dropped.add(terms.get(k));
      } else {
        weighed.add(Question.weighing(terms.get(k), fit.logit().weights().get(k)));
      }
    }
    Scorecard scorecard =
        new Scorecard(
            fit.logit().intercept(),
            fit.platt().slope(),
            fit.platt().offset(),
            weighed,
            background);
    return new ScorecardFit(
        scorecard,
        dropped,
        training,
        fit.logit().lnLikelihood(),
        fit.logit().separated(),
        judged,
        probabilities);
  }

  /** Whether each heap of users can be left out, and the others still came to both. */
  public static boolean canCross(Examples examples, int folds) {
    for (int fold = 0; fold < folds; fold++) {
      int left = fold;
      Examples others = examples.where(i -> Math.floorMod(examples.user(i), folds) != left);
      if (others.positives() == 0 || others.positives() == others.size()) {
        return false;
      }
    }
    return true;
  }

  /** How likely the judged were, by the mean of −ln of the probability of what came true. */
  public double logLoss() {
    double sum = 0;
    for (int i = 0; i < judged.size(); i++) {
      double p = probabilities.get(i);
      sum -= StrictMath.log(Math.max(judged.label(i) ? p : 1 - p, Double.MIN_NORMAL));
    }
    return judged.size() == 0 ? 0 : sum / judged.size();
  }
}
