// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The penalised logistic regression, against solutions known otherwise. */
class LogitTest {
  private static final double HARDLY = 1e-9;

  private static Examples counts(int yesOfOnes, int ones, int yesOfZeros, int zeros) {
    Examples examples = new Examples(1);
    for (int i = 0; i < ones; i++) {
      examples.add(examples.size(), 0, new double[] {1}, i < yesOfOnes);
    }
    for (int i = 0; i < zeros; i++) {
      examples.add(examples.size(), 0, new double[] {0}, i < yesOfZeros);
    }
    return examples;
  }

  private static double logit(double p) {
    return Math.log(p / (1 - p));
  }

  @Test
  void withoutAPenaltyItIsTheLogOddsOfEachGroup() {
    Logit fit = Logit.of(counts(30, 40, 10, 60), HARDLY);
    assertThat(fit.intercept()).isCloseTo(logit(10 / 60.0), within(1e-6));
    assertThat(fit.weights().get(0)).isCloseTo(logit(30 / 40.0) - logit(10 / 60.0), within(1e-6));
    double ln =
        30 * Math.log(.75) + 10 * Math.log(.25) + 10 * Math.log(1 / 6.0) + 50 * Math.log(5 / 6.0);
    assertThat(fit.lnLikelihood()).isCloseTo(ln, within(1e-9));
    assertThat(fit.separated()).isFalse();
    assertThat(fit.constant()).isEmpty();
  }

  @Test
  void withAPenaltyTheSlopeOfTheObjectiveIsZero() {
    Examples examples = random(7, 400);
    double penalty = 3;
    Logit fit = Logit.of(examples, penalty);
    int inputs = examples.inputs();
    double[] slope = new double[inputs + 1];
    double[] mean = new double[inputs];
    double[] square = new double[inputs];
    for (int i = 0; i < examples.size(); i++) {
      double[] row = examples.row(i);
      double miss = (examples.label(i) ? 1 : 0) - Logit.sigmoid(fit.linear(row));
      slope[inputs] += miss;
      for (int k = 0; k < inputs; k++) {
        slope[k] += miss * row[k];
        mean[k] += row[k] / examples.size();
        square[k] += row[k] * row[k] / examples.size();
      }
    }
    assertThat(slope[inputs]).isCloseTo(0, within(1e-6));
    for (int k = 0; k < inputs; k++) {
      double variance = square[k] - mean[k] * mean[k];
      // Half the penalty times the square of weight · deviation has this slope.
      assertThat(slope[k] - penalty * fit.weights().get(k) * variance)
          .isCloseTo(0, within(1e-5 * Math.max(1, Math.sqrt(variance) * 100)));
    }
  }

  @Test
  void theWeightsOfItsOwnDrawsComeBack() {
    Logit fit = Logit.of(random(11, 40_000), 1);
    assertThat(fit.intercept()).isCloseTo(-.5, within(.1));
    assertThat(fit.weights().get(0)).isCloseTo(1.5, within(.1));
    assertThat(fit.weights().get(1)).isCloseTo(-.02, within(.002));
    assertThat(fit.weights().get(2)).isCloseTo(0, within(.1));
  }

  @Test
  void unitsMakeNoDifference() {
    Examples examples = random(13, 300);
    Examples scaled = new Examples(3);
    for (int i = 0; i < examples.size(); i++) {
      double[] row = examples.row(i).clone();
      row[0] = row[0] * 1e4 + 5;
      scaled.add(i, 0, row, examples.label(i));
    }
    Logit fit = Logit.of(examples, 2);
    Logit other = Logit.of(scaled, 2);
    assertThat(other.lnLikelihood()).isCloseTo(fit.lnLikelihood(), within(1e-6));
    assertThat(other.weights().get(0) * 1e4).isCloseTo(fit.weights().get(0), within(1e-6));
  }

  @Test
  void whatIsTheSameInAllIsLeftOut() {
    Examples examples = new Examples(3);
    Random random = new Random(5);
    for (int i = 0; i < 100; i++) {
      double x = random.nextGaussian();
      examples.add(i, 0, new double[] {1e9, x, 0}, random.nextDouble() < Logit.sigmoid(x));
    }
    Logit fit = Logit.of(examples, 1);
    assertThat(fit.constant()).containsExactly(0, 2);
    assertThat(fit.weights().get(0)).isZero();
    assertThat(fit.weights().get(1)).isPositive();
  }

  @Test
  void aLineThatPartsAllIsSaidAndThePenaltyBoundsTheWeights() {
    Examples examples = new Examples(1);
    for (int i = 0; i < 50; i++) {
      examples.add(i, 0, new double[] {i}, i >= 25);
    }
    Logit fit = Logit.of(examples, 1);
    assertThat(fit.separated()).isTrue();
    assertThat(fit.weights().get(0)).isBetween(.05, 1.0);
    Logit tighter = Logit.of(examples, 100);
    assertThat(tighter.separated()).isTrue();
    assertThat(tighter.weights().get(0)).isPositive().isLessThan(fit.weights().get(0));
    Logit looser = Logit.of(examples, 1e-9);
    assertThat(looser.weights().get(0)).isFinite().isGreaterThan(fit.weights().get(0));
  }

  @Test
  void twoInputsThatSayTheSameShareTheWeight() {
    Examples examples = new Examples(2);
    Random random = new Random(17);
    for (int i = 0; i < 500; i++) {
      double x = random.nextGaussian();
      examples.add(i, 0, new double[] {x, x}, random.nextDouble() < Logit.sigmoid(2 * x));
    }
    Logit fit = Logit.of(examples, .01);
    assertThat(fit.weights().get(0)).isCloseTo(fit.weights().get(1), within(1e-6));
    assertThat(fit.weights().get(0)).isCloseTo(1, within(.2));
  }

  @Test
  void oneKindTeachesNothing() {
    assertThatThrownBy(() -> Logit.of(counts(5, 5, 5, 5), 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Logit.of(new Examples(1), 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Logit.of(counts(1, 2, 1, 2), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void plattFindsHowSumsWereBent() {
    Random random = new Random(23);
    double[] sums = new double[50_000];
    boolean[] came = new boolean[sums.length];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = 3 * random.nextGaussian();
      came[i] = random.nextDouble() < Logit.sigmoid(.5 * sums[i] - 1);
    }
    Platt platt = Platt.of(sums, came);
    assertThat(platt.slope()).isCloseTo(.5, within(.02));
    assertThat(platt.offset()).isCloseTo(-1, within(.03));
    assertThat(platt.probability(2)).isCloseTo(.5, within(.02));
  }

  @Test
  void plattSaysNothingWhereThereIsNothingToSay() {
    assertThat(Platt.of(new double[] {1, 2}, new boolean[] {true, true})).isEqualTo(Platt.NONE);
    // Higher sums came true less often: a slope below 0 would turn the score around.
    assertThat(Platt.of(new double[] {-2, -1, 1, 2}, new boolean[] {true, true, false, false}))
        .isEqualTo(Platt.NONE);
    // All is certain, and it still ends.
    Platt certain = Platt.of(new double[] {-9, -8, 8, 9}, new boolean[] {false, false, true, true});
    assertThat(certain.slope()).isBetween(0.0, 1.0);
  }

  /** Odds of -0.5 + 1.5 x − 0.02 y + 0 z. */
  private static Examples random(long seed, int size) {
    Random random = new Random(seed);
    Examples examples = new Examples(3);
    for (int i = 0; i < size; i++) {
      double[] row = {random.nextGaussian(), 50 * random.nextGaussian(), random.nextDouble()};
      double z = -.5 + 1.5 * row[0] - .02 * row[1];
      examples.add(i, 0, row, random.nextDouble() < Logit.sigmoid(z));
    }
    return examples;
  }
}
