// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** What holds for any parameters and any history. */
class ReturnModelTest {
  private static final Percentage CLOSE = Percentage.withPercentage(1e-6);

  @Test
  void silenceOnlyEverLowersAScore() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      for (ReturnModel model : models(random)) {
        History history = history(random);
        double horizon = 1 + 100 * random.nextDouble();
        double alive = 1;
        double returns = 1;
        for (double age = history.lastAge(); age < 1e6; age = age * 1.3 + .01) {
          History now = history.at(age);
          String what = "seed " + seed + ", " + model + ", " + now;
          double aliveNow = model.probabilityAlive(now);
          double returnsNow = model.probabilityOfReturn(now, horizon);
          assertThat(aliveNow).as(what).isBetween(0.0, alive * (1 + 1e-12));
          assertThat(returnsNow).as(what).isBetween(0.0, Math.min(returns, aliveNow) * (1 + 1e-12));
          alive = aliveNow;
          returns = returnsNow;
        }
      }
    }
  }

  @Test
  void theClosedFormIsWhereTheProbabilityMeetsTheLine() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      for (ReturnModel model : models(random)) {
        History history = history(random);
        double line = .01 + .98 * random.nextDouble();
        String what = "seed " + seed + ", " + model + ", " + history + ", line " + line;
        OptionalDouble age = model.ageAliveFallsTo(line, history);
        if (age.isEmpty() || age.getAsDouble() > 1e100) {
          double late = model.probabilityAlive(history.at(1e100));
          assertThat(late).as(what).isGreaterThan(line);
        } else if (age.getAsDouble() == history.lastAge()) {
          double atOnce = model.probabilityAlive(history.at(history.lastAge()));
          assertThat(atOnce).as(what).isLessThanOrEqualTo(line);
        } else {
          double then = model.probabilityAlive(history.at(age.getAsDouble()));
          assertThat(then).as(what).isCloseTo(line, within(1e-9));
        }
      }
    }
  }

  @Test
  void bisectionFindsTheFirstDoubleBelowTheLine() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      for (ReturnModel model : models(random)) {
        History history = history(random);
        double line = .01 + .9 * random.nextDouble();
        double horizon = 1 + 100 * random.nextDouble();
        String what = "seed " + seed + ", " + model + ", " + history + ", line " + line;
        double age = model.ageReturnFallsBelow(line, history, horizon).orElseThrow();
        assertThat(model.probabilityOfReturn(history.at(age), horizon)).as(what).isLessThan(line);
        if (age > history.lastAge()) {
          assertThat(model.probabilityOfReturn(history.at(Math.nextDown(age)), horizon))
              .as(what)
              .isGreaterThanOrEqualTo(line);
        }
      }
    }
  }

  @Test
  void theUnitOfTimeMakesNoDifference() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      for (ReturnModel model : models(random)) {
        History history = history(random);
        ReturnModel days = model.times(7);
        History inDays = history.times(7);
        String what = "seed " + seed + ", " + model + ", " + history;
        assertThat(days.probabilityAlive(inDays))
            .as(what)
            .isCloseTo(model.probabilityAlive(history), CLOSE);
        assertThat(days.probabilityOfReturn(inDays, 70))
            .as(what)
            .isCloseTo(model.probabilityOfReturn(history, 10), CLOSE);
        assertThat(days.expectedPurchases(inDays, 70))
            .as(what)
            .isCloseTo(model.expectedPurchases(history, 10), CLOSE);
        // Densities: a repeat a day is as likely as seven a week.
        assertThat(days.lnLikelihood(inDays))
            .as(what)
            .isCloseTo(model.lnLikelihood(history) - history.repeats() * Math.log(7), within(1e-6));
      }
    }
  }

  @Test
  void expectedPurchasesBeginAtTheRateOfThoseAlive() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      for (ReturnModel model : models(random)) {
        History history = history(random);
        double rate = (model.r() + history.repeats()) / (model.alpha() + history.age());
        double time = 1e-9 / rate;
        assertThat(model.expectedPurchases(history, time) / time)
            .as("seed %s, %s, %s", seed, model, history)
            .isCloseTo(model.probabilityAlive(history) * rate, Percentage.withPercentage(1e-4));
      }
    }
  }

  @Test
  void expectedRepeatsAreThoseOfTheCounts() {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      BgNbd model = new BgNbd(parameter(random), 5 + parameter(random), parameter(random), 1);
      double time = 1 + 10 * random.nextDouble();
      double all = 0;
      double mean = 0;
      for (long repeats = 0; repeats < 4_000; repeats++) {
        double share = model.probabilityOfRepeats(repeats, time);
        all += share;
        mean += repeats * share;
      }
      assertThat(all).as("seed %s, %s", seed, model).isCloseTo(1, within(1e-9));
      assertThat(model.expectedPurchases(time))
          .as("seed %s, %s", seed, model)
          .isCloseTo(mean, Percentage.withPercentage(1e-4));
    }
  }

  @Test
  void expectationsHaveNoHoleWhereAIsOne() {
    History history = new History(3, 20, 25);
    for (double a : new double[] {1 - 1e-5, 1 - 1e-7, 1, 1 + 1e-7, 1 + 1e-5}) {
      assertThat(new BgNbd(.5, 5, a, 2).expectedPurchases(history, 30))
          .as("a=%s", a)
          .isCloseTo(
              new BgNbd(.5, 5, 1.000001, 2).expectedPurchases(history, 30),
              Percentage.withPercentage(.01));
    }
    // a + b = 1: the hypergeometric function's c is 0 for who bought once.
    assertThat(new BgNbd(.5, 5, .25, .75).expectedPurchases(30))
        .isCloseTo(
            new BgNbd(.5, 5, .25, .75 + 1e-9).expectedPurchases(30),
            Percentage.withPercentage(1e-4));
    ParetoNbd one = new ParetoNbd(.5, 5, 1, 6);
    assertThat(one.expectedPurchases(history, 30))
        .isCloseTo(
            new ParetoNbd(.5, 5, 1 + 1e-9, 6).expectedPurchases(history, 30),
            Percentage.withPercentage(1e-5));
  }

  @Test
  void extremesStayNumbers() {
    List<History> extremes =
        List.of(
            new History(0, 0, 0),
            new History(0, 0, 1e9),
            new History(1_000_000, 1, 1),
            new History(1_000_000, 1, 1e6),
            new History(50_000, 1e-3, 1e4),
            new History(1, 1e-9, 1e9),
            new History(100_000, 1e5, 1e5 + 1e-9));
    Random random = new Random(1);
    for (int i = 0; i < 50; i++) {
      for (ReturnModel model : models(random)) {
        for (History history : extremes) {
          String what = model + ", " + history;
          assertThat(model.lnLikelihood(history)).as(what).isFinite();
          assertThat(model.probabilityAlive(history)).as(what).isBetween(0.0, 1.0);
          assertThat(model.probabilityOfReturn(history, 30)).as(what).isBetween(0.0, 1.0);
          assertThat(model.expectedPurchases(history, 30))
              .as(what)
              .isFinite()
              .isGreaterThanOrEqualTo(0);
        }
      }
      ParetoNbd pareto =
          new ParetoNbd(
              parameter(random), 10 * parameter(random), parameter(random), parameter(random));
      for (History history : extremes) {
        String what = pareto + ", " + history;
        assertThat(pareto.lnLikelihood(history)).as(what).isNotNaN();
        assertThat(pareto.probabilityAlive(history)).as(what).isBetween(0.0, 1.0);
        assertThat(pareto.expectedPurchases(history, 30)).as(what).isNotNaN();
      }
    }
  }

  @Test
  void whoBoughtOnceIsAliveForSureInOneModelOnly() {
    History once = new History(0, 0, 1_000);
    assertThat(new BgNbd(.5, 5, .7, 2).probabilityAlive(once)).isEqualTo(1);
    assertThat(new BgNbd(.5, 5, .7, 2).ageAliveFallsTo(.5, once)).isEmpty();
    assertThat(new MbgNbd(.5, 5, .7, 2).probabilityAlive(once)).isLessThan(.3);
    assertThat(new Nbd(.5, 5).probabilityAlive(new History(9, 10, 1_000))).isEqualTo(1);
  }

  @Test
  void parametersAreAboveZero() {
    assertThatThrownBy(() -> new BgNbd(0, 1, 1, 1)).hasMessageContaining("r=0.0");
    assertThatThrownBy(() -> new MbgNbd(1, 1, 1, Double.NaN)).hasMessageContaining("b=NaN");
    assertThatThrownBy(() -> new Nbd(1, Double.POSITIVE_INFINITY)).hasMessageContaining("alpha=I");
  }

  static List<ReturnModel> models(Random random) {
    double r = parameter(random);
    double alpha = 10 * parameter(random);
    double a = parameter(random);
    double b = 3 * parameter(random);
    return List.of(new BgNbd(r, alpha, a, b), new MbgNbd(r, alpha, a, b), new Nbd(r, alpha));
  }

  /** From about .05 to 5. */
  private static double parameter(Random random) {
    return Math.exp(random.nextDouble() * 4.6 - 3);
  }

  static History history(Random random) {
    long repeats = random.nextInt(4) == 0 ? 0 : random.nextInt(1 << random.nextInt(9));
    double last = repeats == 0 ? 0 : 100 * random.nextDouble();
    return new History(repeats, last, last + 100 * random.nextDouble());
  }
}
