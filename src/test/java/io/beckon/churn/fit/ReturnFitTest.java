// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.beckon.churn.History;
import io.beckon.churn.MbgNbd;
import io.beckon.churn.Nbd;
import io.beckon.churn.fit.ReturnFit.Family;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** Fits of users that were made up, whose truth is known. */
class ReturnFitTest {
  @Test
  void aFitComesBackToWhatMadeTheData() {
    // Rates of mean .1 a day; chances of mean .2 to be lost after each purchase.
    Histories made = Histories.of(users(11, 4_000, .2));
    ReturnFit fit = ReturnFit.of(Family.MBG_NBD, made);
    MbgNbd model = (MbgNbd) fit.model();
    assertThat(fit.degenerate()).isFalse();
    assertThat(model.r() / model.alpha()).isCloseTo(.1, Percentage.withPercentage(10));
    assertThat(model.a() / (model.a() + model.b())).isCloseTo(.2, within(.02));
    double truth = ReturnFit.lnLikelihood(new MbgNbd(2, 20, 1, 4), made);
    assertThat(fit.lnLikelihood()).isBetween(truth, truth + 12);
  }

  @Test
  void whereNobodyIsLostTheFitIsDegenerateAndSaysSo() {
    ReturnFit fit = ReturnFit.of(Family.MBG_NBD, Histories.of(users(12, 2_000, 0)));
    assertThat(fit.degenerate()).isTrue();
    assertThat(fit.asked()).isInstanceOf(MbgNbd.class);
    assertThat(fit.model()).isInstanceOf(Nbd.class);
    assertThat(fit.model().r()).isCloseTo(2, Percentage.withPercentage(15));
    assertThat(fit.model().alpha()).isCloseTo(20, Percentage.withPercentage(15));
  }

  @Test
  void theOrderOfTheUsersAndTheUnitOfTimeMakeNoDifference() {
    List<History> users = users(13, 600, .3);
    ReturnFit fit = ReturnFit.of(Family.BG_NBD, Histories.of(users));
    Collections.shuffle(users, new Random(5));
    assertThat(ReturnFit.of(Family.BG_NBD, Histories.of(users))).isEqualTo(fit);
    List<History> inHours = users.stream().map(history -> history.times(24)).toList();
    ReturnFit ofHours = ReturnFit.of(Family.BG_NBD, Histories.of(inHours));
    assertThat(ofHours.model().alpha() / 24)
        .isCloseTo(fit.model().alpha(), Percentage.withPercentage(.1));
  }

  @Test
  void equalUsersAreAggregated() {
    History once = new History(0, 0, 30);
    History twice = new History(1, 12, 30);
    History often = new History(4, 20, 40);
    Histories histories = Histories.of(List.of(once, twice, once, often, once));
    assertThat(histories.size()).isEqualTo(3);
    assertThat(histories.users()).isEqualTo(5);
    assertThat(histories.repeaters()).isEqualTo(2);
    assertThat(histories.meanAge()).isCloseTo(32, within(1e-12));
    assertThat(histories.medianGap()).isEqualTo(5);
    assertThat(Histories.of(List.of(once)).medianGap()).isZero();
    MbgNbd model = new MbgNbd(.5, 5, .7, 2);
    assertThat(ReturnFit.lnLikelihood(model, histories))
        .isCloseTo(
            3 * model.lnLikelihood(once) + model.lnLikelihood(twice) + model.lnLikelihood(often),
            within(1e-9));
  }

  @Test
  void historiesWithoutRepeatsSayNothing() {
    for (List<History> users :
        List.of(List.<History>of(), List.of(new History(0, 0, 5)), List.of(new History(0, 0, 0)))) {
      assertThatThrownBy(() -> ReturnFit.of(Family.BG_NBD, Histories.of(users)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void theHighestPointIsFoundAndBoundsAreSaid() {
    Maximiser.Maximum hill =
        Maximiser.find(
            p -> -Math.pow(Math.log(p[0]) - 1, 2) - 3 * Math.pow(Math.log(p[1]) + 2, 2),
            List.of(new double[] {1, 1}));
    assertThat(hill.parameters().get(0)).isCloseTo(Math.E, within(1e-2));
    assertThat(hill.parameters().get(1)).isCloseTo(Math.exp(-2), within(1e-2));
    assertThat(hill.bounded()).isFalse();
    Maximiser.Maximum slope =
        Maximiser.find(p -> Math.log(p[0]), List.of(new double[] {1}, new double[] {3}));
    assertThat(slope.bounded()).isTrue();
    assertThat(slope.value()).isCloseTo(Maximiser.BOUND, within(1e-2));
    assertThatThrownBy(() -> Maximiser.find(p -> 0, List.of())).hasMessageContaining("start");
  }

  /** Users whose rates are gamma(2, 20) a day, seen for 60 to 400 days. */
  private static List<History> users(long seed, int count, double lost) {
    Random random = new Random(seed);
    List<History> users = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double rate = -Math.log(random.nextDouble() * random.nextDouble()) / 20;
      // Beta(1, 1/lost - 1) distributed, of mean lost.
      double chance = lost == 0 ? 0 : 1 - Math.pow(random.nextDouble(), lost / (1 - lost));
      double age = 60 + random.nextInt(340);
      double last = 0;
      long repeats = 0;
      while (random.nextDouble() >= chance) {
        double next = last - Math.log(1 - random.nextDouble()) / rate;
        if (next > age) {
          break;
        }
        last = next;
        repeats++;
      }
      users.add(new History(repeats, last, age));
    }
    return users;
  }
}
