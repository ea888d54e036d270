// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.beckon.churn.Background;
import io.beckon.churn.Feature;
import io.beckon.churn.Term;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Scorecards are fitted to what was known, and judged by what was not. */
class ScorecardFitTest {
  private static final List<Term> TERMS =
      List.of(new Term.Ln(Feature.GAP, 1, 1), new Term.Linear(Feature.REPEATS, 1));
  private static final Background BACKGROUND = new Background(5, 2, Optional.empty());
  private static final int HORIZON = 10;
  private static final long SPLIT = 100;

  /** Rows of users on dates from 0 to 199; the odds are those of z = 2 x − 1. */
  private static Examples examples(long seed) {
    Random random = new Random(seed);
    Examples examples = new Examples(2);
    for (int user = 0; user < 60; user++) {
      for (long date = 0; date < 200; date += 5) {
        double[] row = {random.nextGaussian(), random.nextGaussian()};
        examples.add(user, date, row, random.nextDouble() < Logit.sigmoid(2 * row[0] - 1));
      }
    }
    return examples;
  }

  private static Examples changed(Examples examples, long from, long to) {
    Examples other = new Examples(2);
    for (int i = 0; i < examples.size(); i++) {
      boolean within = examples.date(i) >= from && examples.date(i) <= to;
      double[] row = within ? new double[] {99, -99} : examples.row(i);
      other.add(examples.user(i), examples.date(i), row, within ^ examples.label(i));
    }
    return other;
  }

  private static ScorecardFit split(Examples examples) {
    return ScorecardFit.split(examples, TERMS, BACKGROUND, HORIZON, SPLIT, 1);
  }

  @Test
  void nothingThatIsKnownAfterTheSplitReachesTheWeights() {
    Examples examples = examples(1);
    ScorecardFit fit = split(examples);
    for (int i = 0; i < fit.training().size(); i++) {
      assertThat(fit.training().date(i) + HORIZON).isLessThanOrEqualTo(SPLIT);
    }
    for (int i = 0; i < fit.judged().size(); i++) {
      assertThat(fit.judged().date(i)).isGreaterThanOrEqualTo(SPLIT);
    }
    // Rows whose horizon ends after the split: whatever they say, the scorecard stays the same.
    ScorecardFit other = split(changed(examples, SPLIT - HORIZON + 1, 1000));
    assertThat(other.scorecard()).isEqualTo(fit.scorecard());
    assertThat(other.probabilities()).isNotEqualTo(fit.probabilities());
    // And one day earlier it does not.
    assertThat(split(changed(examples, SPLIT - HORIZON, 1000)).scorecard())
        .isNotEqualTo(fit.scorecard());
  }

  @Test
  void nobodyIsJudgedByAFitToThemselves() {
    Examples examples = examples(2);
    double[] before = Calibrated.crossed(examples, 5, 1);
    Examples other = new Examples(2);
    for (int i = 0; i < examples.size(); i++) {
      boolean one = examples.user(i) == 7;
      other.add(examples.user(i), examples.date(i), examples.row(i), one ^ examples.label(i));
    }
    double[] after = Calibrated.crossed(other, 5, 1);
    for (int i = 0; i < before.length; i++) {
      if (examples.user(i) % 5 == 7 % 5) {
        assertThat(after[i]).isEqualTo(before[i]);
      } else {
        assertThat(after[i]).isNotEqualTo(before[i]);
      }
    }
  }

  @Test
  void whatOnlyMemoryCouldTellIsNotTold() {
    // Each user has a label of their own and a number that gives them away: a plant that rows of
    // the same user would pick up, and rows of others cannot.
    Random random = new Random(4);
    Examples examples = new Examples(2);
    for (int user = 0; user < 200; user++) {
      double sign = random.nextGaussian();
      boolean label = random.nextBoolean();
      for (int i = 0; i < 20; i++) {
        examples.add(user, i, new double[] {sign, random.nextGaussian()}, label);
      }
    }
    double[] crossed = Calibrated.crossed(examples, 10, 1);
    assertThat(Ranking.of(crossed, examples.labels()).auc().orElseThrow()).isLessThan(.6);
  }

  @Test
  void probabilitiesMeanWhatTheySay() {
    ScorecardFit fit = split(examples(3));
    double mean = fit.probabilities().stream().mapToDouble(p -> p).average().orElseThrow();
    double came = fit.judged().positives() / (double) fit.judged().size();
    assertThat(mean).isCloseTo(came, within(.03));
    assertThat(fit.scorecard().slope()).isCloseTo(1, within(.1));
    assertThat(fit.scorecard().terms().get(0).weight()).isCloseTo(2, within(.3));
    assertThat(fit.logLoss()).isBetween(.3, .6);
  }

  @Test
  void constantTermsAreDroppedFromTheScorecard() {
    Examples examples = examples(5);
    Examples same = new Examples(2);
    for (int i = 0; i < examples.size(); i++) {
      double[] row = {examples.row(i)[0], 4};
      same.add(examples.user(i), examples.date(i), row, examples.label(i));
    }
    ScorecardFit fit = split(same);
    assertThat(fit.dropped()).containsExactly(TERMS.get(1));
    assertThat(fit.scorecard().terms()).hasSize(1);
  }

  @Test
  void eachHeapMustLeaveBothKinds() {
    Examples examples = new Examples(1);
    for (int user = 0; user < 10; user++) {
      examples.add(user, 0, new double[] {user}, user == 3);
    }
    assertThat(ScorecardFit.canCross(examples, 5)).isFalse();
    examples.add(4, 1, new double[] {4}, true);
    assertThat(ScorecardFit.canCross(examples, 5)).isTrue();
  }
}
