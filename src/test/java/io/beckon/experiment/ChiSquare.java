// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.experiment;

/** Pearson's test: how likely counts are that differ so much, if nothing but chance made them. */
public final class ChiSquare {
  private ChiSquare() {}

  /** The p-value of counts of bins that are equally likely. */
  public static double uniform(long[] bins) {
    long n = 0;
    for (long each : bins) {
      n += each;
    }
    double expected = (double) n / bins.length;
    double sum = 0;
    for (long each : bins) {
      sum += (each - expected) * (each - expected) / expected;
    }
    return beyond(sum, bins.length - 1);
  }

  /** The p-value of {@code hits} of {@code n}, each having this probability. */
  public static double share(long hits, long n, double probability) {
    double difference = hits - n * probability;
    return beyond(difference * difference / (n * probability * (1 - probability)), 1);
  }

  /** The p-value of a table whose rows and columns have nothing to do with each other. */
  public static double independent(long[][] table) {
    double[] rows = new double[table.length];
    double[] columns = new double[table[0].length];
    double n = 0;
    for (int i = 0; i < table.length; i++) {
      for (int j = 0; j < columns.length; j++) {
        rows[i] += table[i][j];
        columns[j] += table[i][j];
        n += table[i][j];
      }
    }
    double sum = 0;
    int fullRows = 0;
    int fullColumns = 0;
    for (double row : rows) {
      fullRows += row > 0 ? 1 : 0;
    }
    for (int j = 0; j < columns.length; j++) {
      fullColumns += columns[j] > 0 ? 1 : 0;
      for (int i = 0; i < table.length; i++) {
        double expected = rows[i] * columns[j] / n;
        if (expected > 0) {
          sum += (table[i][j] - expected) * (table[i][j] - expected) / expected;
        }
      }
    }
    return beyond(sum, (fullRows - 1) * (fullColumns - 1));
  }

  /** The p-value, both sides, of a value that is normally distributed with mean 0, deviation 1. */
  public static double normal(double z) {
    return beyond(z * z, 1);
  }

  /** The chance of a sum of squares of at least {@code x}: the upper incomplete gamma function. */
  static double beyond(double x, int degrees) {
    if (degrees == 0 || x <= 0) {
      return 1;
    }
    double a = degrees / 2.0;
    double y = x / 2;
    double scale = Math.exp(-y + a * Math.log(y) - logGamma(a));
    return y < a + 1 ? 1 - scale * series(a, y) : scale * fraction(a, y);
  }

  private static double series(double a, double y) {
    double term = 1 / a;
    double sum = term;
    for (int n = 1; n < 10_000 && term > sum * 1e-16; n++) {
      term *= y / (a + n);
      sum += term;
    }
    return sum;
  }

  /** Lentz's evaluation of the continued fraction. */
  private static double fraction(double a, double y) {
    double tiny = 1e-300;
    double b = y + 1 - a;
    double c = 1 / tiny;
    double d = 1 / b;
    double h = d;
    for (int i = 1; i < 10_000; i++) {
      double an = -i * (i - a);
      b += 2;
      d = an * d + b;
      d = 1 / (Math.abs(d) < tiny ? tiny : d);
      c = b + an / c;
      c = Math.abs(c) < tiny ? tiny : c;
      double factor = d * c;
      h *= factor;
      if (Math.abs(factor - 1) < 1e-15) {
        break;
      }
    }
    return h;
  }

  /** Stirling's series, from where it is exact. */
  private static double logGamma(double a) {
    double shift = 0;
    double x = a;
    while (x < 20) {
      shift += Math.log(x);
      x++;
    }
    double r = 1 / (x * x);
    return (x - 0.5) * Math.log(x)
        - x
        + 0.5 * Math.log(2 * Math.PI)
        + (1 / 12.0 - r * (1 / 360.0 - r * (1 / 1260.0 - r / 1680.0))) / x
        - shift;
  }
}
