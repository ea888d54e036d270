// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalLong;
import java.util.Random;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;

/** Each instant of a crossing is the one that asking again and again finds. */
class CrossingTest {
  private static final long DAY_MS = 86_400_000;

  /** Published fits, in days. */
  private static final MbgNbd MBG = new MbgNbd(.525, 6.183, .891, 1.614).times(7);

  private static final BgNbd BG = new BgNbd(.243, 4.414, .793, 2.426).times(7);

  private static final long THIRTY_DAYS_MS = 30 * DAY_MS;

  @Test
  void aReturnFallsBelowItsLineWhenAReplaySaysSo() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      PurchaseDays days = days(random);
      ReturnModel model = random.nextBoolean() ? MBG : BG;
      ReturnScore score = new ReturnScore(model, THIRTY_DAYS_MS);
      double line = .02 + .6 * random.nextDouble();
      long from = days.lastDay() * DAY_MS + random.nextInt((int) DAY_MS);
      OptionalLong found = score.firstBelow(line, days, from);
      replay(seed, from, found, timeMs -> score.at(days, timeMs) < line);
    }
  }

  @Test
  void aliveFallsBelowItsLineWhenAReplaySaysSo() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      PurchaseDays days = days(random);
      ReturnModel model = random.nextBoolean() ? MBG : BG;
      ReturnScore score = new ReturnScore(model, THIRTY_DAYS_MS);
      double line = .3 + .6 * random.nextDouble();
      long from = days.lastDay() * DAY_MS + random.nextInt((int) DAY_MS);
      OptionalLong found = score.firstAliveBelow(line, days, from);
      if (model == BG && days.repeats() == 0) {
        assertThat(found).as("seed %s", seed).isEmpty();
      } else {
        replay(seed, from, found, timeMs -> model.probabilityAlive(days.at(timeMs)) < line);
      }
    }
  }

  @Test
  void asOfALaterInstantItIsTheSameCrossing() {
    PurchaseDays days = PurchaseDays.of(100).with(110).with(125).with(131);
    ReturnScore score = new ReturnScore(MBG, THIRTY_DAYS_MS);
    long at = score.firstBelow(.3, days, 131 * DAY_MS).orElseThrow();
    assertThat(score.firstBelow(.3, days, at - 1)).hasValue(at);
    assertThat(score.firstBelow(.3, days, at)).hasValue(at);
    assertThat(score.firstBelow(.3, days, at + 5)).hasValue(at + 5);
    assertThat(score.firstBelow(1e-30, days, at)).as("in more than a thousand years").isEmpty();
  }

  @Test
  void aSurpriseFallsToItsLineAtTheClosedForm() {
    for (int seed = 0; seed < 1_000; seed++) {
      Random random = new Random(seed);
      GapSurprise surprise =
          new GapSurprise(.2 + random.nextDouble(), 1 + 30 * random.nextDouble());
      History history = ReturnModelTest.history(random);
      double line = .001 + .5 * random.nextDouble();
      double age = surprise.ageFallsTo(line, history);
      String what = "seed " + seed;
      assertThat(surprise.probability(history.at(age))).as(what).isCloseTo(line, within(1e-9));
      // In steps of a thousandth of the way, none before has fallen so low.
      double way = age - history.lastAge();
      for (int step = 0; step < 1_000; step++) {
        double earlier = history.lastAge() + way * step / 1_000;
        assertThat(surprise.probability(history.at(earlier))).as(what).isGreaterThan(line);
      }
    }
    assertThat(new GapSurprise(1, 30).probability(new History(4, 90, 90))).isEqualTo(1);
  }

  @Test
  void aCadenceIsClamped() {
    OwnCadence cadence = new OwnCadence(3, 30, 2, 14 * DAY_MS, 90 * DAY_MS);
    PurchaseDays weekly = PurchaseDays.of(0).with(7).with(14).with(21);
    assertThat(cadence.gapDays(weekly)).isCloseTo(81.0 / 5, within(1e-12));
    assertThat(cadence.waitMs(weekly)).isEqualTo((long) Math.floor(3 * (81.0 / 5) * DAY_MS));
    PurchaseDays daily = PurchaseDays.of(0);
    PurchaseDays seldom = PurchaseDays.of(0).with(300).with(700);
    for (int day = 1; day < 60; day++) {
      daily = daily.with(day);
    }
    assertThat(cadence.waitMs(daily)).isEqualTo(14 * DAY_MS);
    assertThat(cadence.waitMs(seldom)).isEqualTo(90 * DAY_MS);
    assertThat(new OwnCadence(3, 30, 2, 90 * DAY_MS, 14 * DAY_MS).waitMs(weekly))
        .as("the ceiling wins")
        .isEqualTo(14 * DAY_MS);
    assertThatThrownBy(() -> new OwnCadence(0, 30, 2, 0, 0)).hasMessageContaining("cadence");
  }

  @Test
  void aWaitIsOverWhenTheGapsAre() {
    for (int seed = 0; seed < 1_000; seed++) {
      Random random = new Random(seed);
      PurchaseDays days = days(random);
      OwnCadence cadence = new OwnCadence(1 + 5 * random.nextDouble(), 30, 2, 0, Long.MAX_VALUE);
      long at = days.lastDay() * DAY_MS + cadence.waitMs(days);
      assertThat(cadence.gaps(days, at + 1)).as("seed %s", seed).isGreaterThan(cadence.factor());
      assertThat(cadence.gaps(days, at - 1)).as("seed %s", seed).isLessThan(cadence.factor());
    }
  }

  @Test
  void crossingsAreFoundFromAnyGuess() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      long from = random.nextInt(1_000);
      long last = from + random.nextInt(1_000);
      long truth = from + random.nextInt(1_100);
      long guess = random.nextBoolean() ? random.nextLong() : truth + random.nextInt(100) - 50;
      assertThat(Crossings.first(from, last, guess, timeMs -> timeMs >= truth))
          .as("seed %s", seed)
          .isEqualTo(truth <= last ? OptionalLong.of(truth) : OptionalLong.empty());
    }
    assertThat(Crossings.first(5, 4, 4, timeMs -> true)).isEmpty();
  }

  /** In steps that end at the instant found, and by single milliseconds around it. */
  private static void replay(int seed, long from, OptionalLong found, LongPredicate below) {
    long at = found.orElseThrow();
    long step = Math.max(1, (at - from) / 2_000);
    for (long timeMs = from; timeMs < at; timeMs += step) {
      assertThat(below.test(timeMs)).as("seed %s, %s before", seed, at - timeMs).isFalse();
    }
    for (long timeMs = Math.max(from, at - 200); timeMs < at; timeMs++) {
      assertThat(below.test(timeMs)).as("seed %s, %s before", seed, at - timeMs).isFalse();
    }
    for (long timeMs = at; timeMs < at + 200; timeMs++) {
      assertThat(below.test(timeMs)).as("seed %s, %s after", seed, timeMs - at).isTrue();
    }
  }

  private static PurchaseDays days(Random random) {
    PurchaseDays days = PurchaseDays.of(10_000L + random.nextInt(10_000));
    for (int more = random.nextInt(30); more > 0; more--) {
      days = days.with(days.lastDay() + 1 + random.nextInt(60));
    }
    return days;
  }
}
