// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.beckon.churn.fit.Ranking.Interval;
import io.beckon.churn.fit.Ranking.Point;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RankingTest {
  @Test
  void tiesCountHalf() {
    Ranking ranking =
        Ranking.of(new double[] {3, 2, 2, 1}, new boolean[] {true, false, true, false});
    assertThat(ranking.auc()).hasValue((1 + 1 + .5 + 1) / 4);
    assertThat(ranking.users()).isEqualTo(4);
    assertThat(ranking.silentUsers()).isEqualTo(2);
    assertThat(ranking.curve())
        .containsExactly(new Point(0, 0), new Point(0, .5), new Point(.5, 1), new Point(1, 1));
    assertThat(ranking.recallAt(0)).isEqualTo(.5);
    assertThat(ranking.recallAt(.25)).isEqualTo(.75);
    assertThat(ranking.recallAt(1)).isEqualTo(1);
  }

  @Test
  void usersOfOneKindHaveNone() {
    assertThat(Ranking.of(new double[] {1, 2}, new boolean[] {true, true}).auc()).isEmpty();
    assertThat(Ranking.of(new double[0], new boolean[0]).auc()).isEmpty();
    assertThatThrownBy(() -> Ranking.of(new double[1], new boolean[2]))
        .hasMessageContaining("1 risks");
  }

  @Test
  void itIsTheShareOfPairsInTheRightOrder() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int users = 2 + random.nextInt(40);
      double[] risks = new double[users];
      boolean[] silent = new boolean[users];
      for (int i = 0; i < users; i++) {
        risks[i] = random.nextInt(10);
        silent[i] = i == 0 || (i > 1 && random.nextBoolean());
      }
      double right = 0;
      double pairs = 0;
      for (int i = 0; i < users; i++) {
        for (int j = 0; j < users; j++) {
          if (silent[i] && !silent[j]) {
            pairs++;
            right += risks[i] > risks[j] ? 1 : risks[i] == risks[j] ? .5 : 0;
          }
        }
      }
      Ranking ranking = Ranking.of(risks, silent);
      assertThat(ranking.auc().orElseThrow())
          .as("seed %s", seed)
          .isCloseTo(right / pairs, within(1e-12));
      assertThat(area(ranking.curve()))
          .as("seed %s, under the curve", seed)
          .isCloseTo(right / pairs, within(1e-12));
    }
  }

  @Test
  void theIntervalHoldsTheTruthAboutAsOftenAsItSays() {
    // Normal scores one standard deviation apart: the area is Phi(1 / sqrt 2).
    double truth = .7602499;
    int held = 0;
    int rounds = 300;
    for (int seed = 0; seed < rounds; seed++) {
      Random random = new Random(seed);
      double[] risks = new double[200];
      boolean[] silent = new boolean[200];
      for (int i = 0; i < risks.length; i++) {
        silent[i] = i % 2 == 0;
        risks[i] = random.nextGaussian() + (silent[i] ? 1 : 0);
      }
      Interval interval = Ranking.of(risks, silent).aucInterval(300, seed);
      assertThat(interval.high() - interval.low()).as("seed %s", seed).isBetween(.05, .25);
      held += interval.low() <= truth && truth <= interval.high() ? 1 : 0;
    }
    assertThat(held).isBetween((int) (.90 * rounds), (int) (.985 * rounds));
  }

  @Test
  void aSeedGivesTheSameInterval() {
    Ranking ranking =
        Ranking.of(
            new double[] {5, 4, 3, 2, 1, 0}, new boolean[] {true, false, true, true, false, false});
    assertThat(ranking.aucInterval(200, 7)).isEqualTo(ranking.aucInterval(200, 7));
    assertThat(ranking.aucInterval(200, 7)).isNotEqualTo(ranking.aucInterval(200, 8));
  }

  @Test
  void calibrationKeepsEqualProbabilitiesTogether() {
    Calibration calibration =
        Calibration.of(
            new double[] {.1, .1, .1, .5, .9, .7},
            new boolean[] {false, false, true, true, true, true},
            3);
    assertThat(calibration.groups())
        .hasSize(3)
        .satisfies(groups -> assertThat(groups.get(0).observed()).isCloseTo(1 / 3.0, within(1e-12)))
        .satisfies(groups -> assertThat(groups.get(0).predicted()).isCloseTo(.1, within(1e-12)));
    assertThat(calibration.groups().stream().mapToLong(Calibration.Group::users))
        .containsExactly(3L, 1L, 2L);
    assertThat(Calibration.of(new double[0], new boolean[0], 10).groups()).isEmpty();
  }

  private static double area(List<Point> curve) {
    double area = 0;
    for (int i = 1; i < curve.size(); i++) {
      Point p = curve.get(i - 1);
      Point q = curve.get(i);
      area += (q.falsePositives() - p.falsePositives()) * (p.recall() + q.recall()) / 2;
    }
    return area;
  }

  @Test
  void rowsOfOneUserAreNoFurtherWitnesses() {
    Random random = new Random(9);
    int users = 60;
    int copies = 20;
    double[] risks = new double[users];
    boolean[] silent = new boolean[users];
    double[] many = new double[users * copies];
    boolean[] manySilent = new boolean[many.length];
    int[] whose = new int[many.length];
    for (int i = 0; i < many.length; i++) {
      int user = i % users;
      if (i < users) {
        silent[i] = random.nextBoolean();
        risks[i] = random.nextGaussian() + (silent[i] ? 1 : 0);
      }
      whose[i] = user;
      many[i] = risks[user];
      manySilent[i] = silent[user];
    }
    Ranking ranking = Ranking.of(many, manySilent);
    double width = width(Ranking.of(risks, silent).aucInterval(500, 1));
    double byUser = width(ranking.aucInterval(500, 1, whose));
    double byRow = width(ranking.aucInterval(500, 1));
    assertThat(byUser).isBetween(.8 * width, 1.25 * width);
    assertThat(byRow).isLessThan(.5 * width);
    assertThat(ranking.aucInterval(500, 1, whose)).isEqualTo(ranking.aucInterval(500, 1, whose));
  }

  private static double width(Interval interval) {
    return interval.high() - interval.low();
  }
}
