// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Logistic regression with a penalty on the square of the weights: Newton's method, each input in
 * units of its own standard deviation, so that the penalty treats them alike. The weights come back
 * in the inputs' own units.
 *
 * @param intercept where the sum begins; not penalised
 * @param weights one an input; 0 for one that is constant
 * @param constant which inputs are the same in all examples, ascending
 * @param lnLikelihood of the examples, without the penalty
 * @param separated whether one sum puts all examples of one kind above all of the other: the
 *     likelihood alone would have the weights grow without end
 */
public record Logit(
    double intercept,
    List<Double> weights,
    List<Integer> constant,
    double lnLikelihood,
    boolean separated) {
  private static final int MOST_ROUNDS = 100;
  private static final int MOST_HALVINGS = 40;

  /** What a round must gain at least, of the objective; below that it has arrived. */
  private static final double ENOUGH = 1e-12;

  /** Deviations below that share of the largest value are rounding. */
  private static final double ROUNDING = 1e-9;

  public Logit {
    weights = List.copyOf(weights);
    constant = List.copyOf(constant);
  }

  /**
   * Fits to examples.
   *
   * @param penalty how strongly weights are drawn to 0: half of it times their squares, in standard
   *     deviations, is taken from the log-likelihood; above 0
   * @throws IllegalArgumentException if all examples came to the same, or there are none
   */
  public static Logit of(Examples examples, double penalty) {
    if (!(penalty > 0) || !Double.isFinite(penalty)) {
      throw new IllegalArgumentException("a penalty of " + penalty);
    }
    long positives = examples.positives();
    if (positives == 0 || positives == examples.size()) {
      throw new IllegalArgumentException("examples of one kind only");
    }
    return new Fit(examples, penalty).run();
  }

  /** The sum for inputs: the logarithm of the odds. */
  public double linear(double[] inputs) {
    double sum = intercept;
    for (int i = 0; i < inputs.length; i++) {
      sum += weights.get(i) * inputs[i];
    }
    return sum;
  }

  /** ln(1 + e^z) without overflow. */
  static double softplus(double z) {
    return Math.max(z, 0) + StrictMath.log1p(StrictMath.exp(-Math.abs(z)));
  }

  /** 1 / (1 + e^−z). */
  static double sigmoid(double z) {
    return 1 / (1 + StrictMath.exp(-z));
  }

  /** One fit; the first unknown is the intercept. */
  private static final class Fit {
    private final Examples examples;
    private final double penalty;
    private final double[] means;
    private final double[] deviations;
    private final int[] kept;
    private final List<Integer> constant = new ArrayList<>();

    Fit(Examples examples, double penalty) {
      this.examples = examples;
      this.penalty = penalty;
      int inputs = examples.inputs();
      means = new double[inputs];
      deviations = new double[inputs];
      int n = examples.size();
      double[] largest = new double[inputs];
      for (int i = 0; i < n; i++) {
        double[] row = examples.row(i);
        for (int k = 0; k < inputs; k++) {
          means[k] += row[k];
          largest[k] = Math.max(largest[k], Math.abs(row[k]));
        }
      }
      for (int k = 0; k < inputs; k++) {
        means[k] /= n;
      }
      for (int i = 0; i < n; i++) {
        double[] row = examples.row(i);
        for (int k = 0; k < inputs; k++) {
          double off = row[k] - means[k];
          deviations[k] += off * off;
        }
      }
      int[] keeping = new int[inputs];
      int count = 0;
      for (int k = 0; k < inputs; k++) {
        deviations[k] = Math.sqrt(deviations[k] / n);
        if (deviations[k] > ROUNDING * largest[k]) {
          keeping[count++] = k;
        } else {
          constant.add(k);
        }
      }
      kept = Arrays.copyOf(keeping, count);
    }

    Logit run() {
      double[] at = new double[kept.length + 1];
      double share = examples.positives() / (double) examples.size();
      at[0] = StrictMath.log(share) - StrictMath.log1p(-share);
      double value = objective(at);
      for (int round = 0; round < MOST_ROUNDS; round++) {
        double[] step = step(at);
        double[] next = at;
        double better = value;
        double length = 1;
        for (int halving = 0; halving < MOST_HALVINGS && !(better > value); halving++) {
          next = moved(at, step, length);
          better = objective(next);
          length /= 2;
        }
        if (!(better > value)) {
          break;
        }
        double gain = better - value;
        at = next;
        value = better;
        if (gain <= ENOUGH * Math.abs(value)) {
          break;
        }
      }
      return result(at);
    }

    private static double[] moved(double[] at, double[] step, double length) {
      double[] next = new double[at.length];
      for (int k = 0; k < at.length; k++) {
        next[k] = at[k] + length * step[k];
      }
      return next;
    }

    private double scaled(double[] row, int k) {
      int input = kept[k];
      return (row[input] - means[input]) / deviations[input];
    }

    private double sum(double[] at, double[] row) {
      double sum = at[0];
      for (int k = 0; k < kept.length; k++) {
        sum += at[k + 1] * scaled(row, k);
      }
      return sum;
    }

    /** The log-likelihood less the penalty; never above 0. */
    private double objective(double[] at) {
      double squares = 0;
      for (int k = 1; k < at.length; k++) {
        squares += at[k] * at[k];
      }
      return lnLikelihood(at) - penalty / 2 * squares;
    }

    private double lnLikelihood(double[] at) {
      double ln = 0;
      for (int i = 0; i < examples.size(); i++) {
        double z = sum(at, examples.row(i));
        ln -= softplus(examples.label(i) ? -z : z);
      }
      return ln;
    }

    private double[] step(double[] at) {
      int unknowns = at.length;
      double[][] curvature = new double[unknowns][unknowns];
      double[] slope = new double[unknowns];
      double[] inputs = new double[unknowns];
      inputs[0] = 1;
      for (int i = 0; i < examples.size(); i++) {
        double[] row = examples.row(i);
        for (int k = 0; k < kept.length; k++) {
          inputs[k + 1] = scaled(row, k);
        }
        double p = sigmoid(sum(at, row));
        double miss = (examples.label(i) ? 1 : 0) - p;
        double spread = p * (1 - p);
        for (int k = 0; k < unknowns; k++) {
          slope[k] += miss * inputs[k];
          double part = spread * inputs[k];
          for (int j = 0; j <= k; j++) {
            curvature[k][j] += part * inputs[j];
          }
        }
      }
      for (int k = 1; k < unknowns; k++) {
        slope[k] -= penalty * at[k];
        curvature[k][k] += penalty;
      }
      // Where all is certain the intercept's curvature vanishes; it must not divide by 0.
      curvature[0][0] += ROUNDING;
      return Cholesky.solve(curvature, slope);
    }

    private Logit result(double[] at) {
      double intercept = at[0];
      List<Double> weights = new ArrayList<>();
      for (int k = 0; k < examples.inputs(); k++) {
        weights.add(0.0);
      }
      for (int k = 0; k < kept.length; k++) {
        double weight = at[k + 1] / deviations[kept[k]];
        weights.set(kept[k], weight);
        intercept -= weight * means[kept[k]];
      }
      double lowest = Double.POSITIVE_INFINITY;
      double highest = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < examples.size(); i++) {
        double z = sum(at, examples.row(i));
        if (examples.label(i)) {
          lowest = Math.min(lowest, z);
        } else {
          highest = Math.max(highest, z);
        }
      }
      return new Logit(intercept, weights, constant, lnLikelihood(at), lowest > highest);
    }
  }
}
