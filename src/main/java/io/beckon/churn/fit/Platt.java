// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

/**
 * What makes probabilities of sums: sigmoid(slope · z + offset), fitted to sums of examples that
 * the sums' weights had not seen. J. Platt, Probabilistic outputs for support vector machines
 * (1999), with his targets, which keep short of 0 and 1.
 *
 * @param slope above 0
 */
public record Platt(double slope, double offset) {
  /** Of sums that are calibrated as they are. */
  public static final Platt NONE = new Platt(1, 0);

  private static final int MOST_ROUNDS = 100;
  private static final double ENOUGH = 1e-12;
  private static final double LEAST_CURVATURE = 1e-12;

  /** Fits; {@link #NONE} where the sums do not rise with what came true, or only one kind did. */
  public static Platt of(double[] sums, boolean[] cameTrue) {
    double positives = 0;
    for (boolean came : cameTrue) {
      positives += came ? 1 : 0;
    }
    double negatives = cameTrue.length - positives;
    if (positives == 0 || negatives == 0) {
      return NONE;
    }
    double high = (positives + 1) / (positives + 2);
    double low = 1 / (negatives + 2);
    double slope = 1;
    double offset = 0;
    double value = objective(sums, cameTrue, high, low, slope, offset);
    for (int round = 0; round < MOST_ROUNDS; round++) {
      double[] right = new double[2];
      double[][] curvature = new double[2][2];
      for (int i = 0; i < sums.length; i++) {
        double p = Logit.sigmoid(slope * sums[i] + offset);
        double miss = (cameTrue[i] ? high : low) - p;
        double spread = p * (1 - p);
        right[0] += miss * sums[i];
        right[1] += miss;
        curvature[0][0] += spread * sums[i] * sums[i];
        curvature[1][0] += spread * sums[i];
        curvature[1][1] += spread;
      }
      curvature[0][0] += LEAST_CURVATURE;
      curvature[1][1] += LEAST_CURVATURE;
      double[] step = Cholesky.solve(curvature, right);
      double length = 1;
      double next = objective(sums, cameTrue, high, low, slope + step[0], offset + step[1]);
      while (!(next > value) && length > 1e-9) {
        length /= 2;
        next =
            objective(
                sums, cameTrue, high, low, slope + length * step[0], offset + length * step[1]);
      }
      if (!(next > value)) {
        break;
      }
      slope += length * step[0];
      offset += length * step[1];
      double gain = next - value;
      value = next;
      if (gain <= ENOUGH * Math.abs(value)) {
        break;
      }
    }
    return slope > 0 && Double.isFinite(slope) && Double.isFinite(offset)
        ? new Platt(slope, offset)
        : NONE;
  }

  private static double objective(
      double[] sums, boolean[] cameTrue, double high, double low, double slope, double offset) {
    double value = 0;
    for (int i = 0; i < sums.length; i++) {
      double z = slope * sums[i] + offset;
      double target = cameTrue[i] ? high : low;
      value += target * z - Logit.softplus(z);
    }
    return value;
  }

  /** The probability. */
  public double probability(double sum) {
    return Logit.sigmoid(slope * sum + offset);
  }
}
