// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

/**
 * A logistic regression and what makes probabilities of its sums.
 *
 * @param logit fitted to all of the examples
 * @param platt fitted to the examples of some users by weights of the others, each in turn
 */
public record Calibrated(Logit logit, Platt platt) {
  private static final int FOLDS = 5;

  /**
   * Fits to examples.
   *
   * @throws IllegalArgumentException if all examples came to the same
   */
  public static Calibrated of(Examples examples, double penalty) {
    Logit logit = Logit.of(examples, penalty);
    double[] sums = new double[examples.size()];
    for (int fold = 0; fold < FOLDS; fold++) {
      int left = fold;
      Examples others = examples.where(i -> fold(examples.user(i), FOLDS) != left);
      if (others.positives() == 0 || others.positives() == others.size()) {
        return new Calibrated(logit, Platt.NONE);
      }
      Logit without = Logit.of(others, penalty);
      for (int i = 0; i < sums.length; i++) {
        if (fold(examples.user(i), FOLDS) == fold) {
          sums[i] = without.linear(examples.row(i));
        }
      }
    }
    return new Calibrated(logit, Platt.of(sums, examples.labels()));
  }

  /**
   * The probability of each example by a fit to those of other users: users are dealt to {@code
   * folds} heaps, each of which is judged by what all others teach.
   *
   * @throws IllegalArgumentException if without one heap all examples came to the same
   */
  public static double[] crossed(Examples examples, int folds, double penalty) {
    double[] probabilities = new double[examples.size()];
    for (int fold = 0; fold < folds; fold++) {
      int left = fold;
      Calibrated fit = of(examples.where(i -> fold(examples.user(i), folds) != left), penalty);
      for (int i = 0; i < probabilities.length; i++) {
        if (fold(examples.user(i), folds) == fold) {
          probabilities[i] = fit.probability(examples.row(i));
        }
      }
    }
    return probabilities;
  }

  private static int fold(int user, int folds) {
    return Math.floorMod(user, folds);
  }

  /** The probability for inputs. */
  public double probability(double[] row) {
    return platt.probability(logit.linear(row));
  }
}
