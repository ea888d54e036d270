// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Each instant of a crossing is the one that asking again and again finds. */
class CrossingTest {
  private static final long DAY_MS = 86_400_000;

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
    Activity weekly = Activity.of(0, 7, 14, 21);
    assertThat(weekly.meanGapDays(30, 2)).isCloseTo(81.0 / 5, within(1e-12));
    assertThat(cadence.waitMs(weekly)).isEqualTo((long) Math.floor(3 * (81.0 / 5) * DAY_MS));
    Activity daily = Activity.of(LongStream.range(0, 60).toArray());
    assertThat(cadence.waitMs(daily)).isEqualTo(14 * DAY_MS);
    assertThat(cadence.waitMs(Activity.of(0, 300, 700))).isEqualTo(90 * DAY_MS);
    assertThat(new OwnCadence(3, 30, 2, 90 * DAY_MS, 14 * DAY_MS).waitMs(weekly))
        .as("the ceiling wins")
        .isEqualTo(14 * DAY_MS);
    assertThat(new OwnCadence(3, 30, 2, 0, 0).waitMs(weekly)).isEqualTo(1);
    assertThatThrownBy(() -> new OwnCadence(0, 30, 2, 0, 0)).hasMessageContaining("cadence");
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
          .isEqualTo(truth <= last ? truth : Long.MAX_VALUE);
    }
    assertThat(Crossings.first(5, 4, 4, timeMs -> true)).isEqualTo(Long.MAX_VALUE);
  }
}
