// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

/** One summand of a {@link Scorecard}. */
public sealed interface Term {
  /** The greatest number a scorecard may have, so that no sum leaves the doubles. */
  double MOST = 1e9;

  /** What it weighs. */
  Feature feature();

  /** By how much. */
  double weight();

  /** The summand, for a value of its feature. */
  double of(double value);

  /**
   * weight · ln(feature + plus).
   *
   * @param plus not below 0; above 0 if the feature may be 0
   */
  record Ln(Feature feature, double plus, double weight) implements Term {
    /** Refuses logarithms that are not there. */
    public Ln {
      requireNumbers(weight, plus);
      if (plus < 0 || (plus == 0 && feature.mayBeZero())) {
        throw new IllegalArgumentException("ln(" + feature.text() + " + " + plus + ")");
      }
    }

    @Override
    public double of(double value) {
      return weight * StrictMath.log(value + plus);
    }
  }

  /** weight · feature. */
  record Linear(Feature feature, double weight) implements Term {
    /** Refuses a weight that is no number. */
    public Linear {
      requireNumbers(weight);
    }

    @Override
    public double of(double value) {
      return weight * value;
    }
  }

  /** The weight itself where {@code from <= feature < below}. */
  record Bin(Feature feature, double from, double below, double weight) implements Term {
    /** Refuses a bin that holds nothing. */
    public Bin {
      requireNumbers(weight, from, below);
      if (!(from < below)) {
        throw new IllegalArgumentException(feature.text() + " from " + from + " below " + below);
      }
    }

    @Override
    public double of(double value) {
      return value >= from && value < below ? weight : 0;
    }
  }

  /** Refuses what is no number, or too great. */
  static void requireNumbers(double... numbers) {
    for (double number : numbers) {
      if (!(Math.abs(number) <= MOST)) {
        throw new IllegalArgumentException("a scorecard with " + number);
      }
    }
  }
}
