// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.beckon.experiment.Uplift.Group;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UpliftTest {
  /** The examples (a) to (h) of table II of the paper, method 10, to the digits printed there. */
  @ParameterizedTest
  @CsvSource({
    "56, 70, 48, 80, 0.0524, 0.3339",
    "9, 10, 3, 10, 0.1705, 0.8090",
    "6, 7, 2, 7, 0.0582, 0.8062",
    "5, 56, 0, 29, -0.0381, 0.1926",
    "0, 10, 0, 20, -0.1611, 0.2775",
    "0, 10, 0, 10, -0.2775, 0.2775",
    "10, 10, 0, 20, 0.6791, 1.0000",
    "10, 10, 0, 10, 0.6075, 1.0000"
  })
  void theIntervalIsThatOfThePaper(long a, long m, long b, long n, double low, double high) {
    Uplift uplift = Uplift.between(new Group(m, a), new Group(n, b)).orElseThrow();
    assertThat(uplift.difference()).isCloseTo((double) a / m - (double) b / n, within(1e-12));
    assertThat(uplift.low()).isCloseTo(low, within(5e-5));
    assertThat(uplift.high()).isCloseTo(high, within(5e-5));
  }

  @Test
  void theIntervalTurnsWithItsGroups() {
    Uplift one = Uplift.between(new Group(9_000, 900), new Group(1_000, 40)).orElseThrow();
    Uplift other = Uplift.between(new Group(1_000, 40), new Group(9_000, 900)).orElseThrow();
    assertThat(other.difference()).isCloseTo(-one.difference(), within(1e-15));
    assertThat(other.low()).isCloseTo(-one.high(), within(1e-15));
    assertThat(other.high()).isCloseTo(-one.low(), within(1e-15));
    assertThat(one.isClear()).isTrue();
    assertThat(Uplift.between(new Group(900, 90), new Group(100, 8)).orElseThrow().isClear())
        .isFalse();
  }

  @Test
  void nobodyHasNoUplift() {
    assertThat(Uplift.between(new Group(0, 0), new Group(10, 1))).isEmpty();
    assertThat(Uplift.between(new Group(10, 1), new Group(0, 0))).isEmpty();
    assertThatThrownBy(() -> new Group(3, 4)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Group(0, 0).rate()).isInstanceOf(IllegalStateException.class);
  }

  /** Of 4,000 experiments whose truth is known, the interval misses it in about one of twenty. */
  @Test
  void theTruthLiesInTheIntervalAsOftenAsItPromises() {
    Random random = new Random(20261122);
    int inside = 0;
    int experiments = 4_000;
    for (int i = 0; i < experiments; i++) {
      Group treated = group(random, 450, 0.12);
      Group heldOut = group(random, 50, 0.04);
      Uplift uplift = Uplift.between(treated, heldOut).orElseThrow();
      inside += uplift.low() <= 0.08 && 0.08 <= uplift.high() ? 1 : 0;
    }
    assertThat((double) inside / experiments).isBetween(0.935, 0.975);
  }

  private static Group group(Random random, int n, double probability) {
    int converted = 0;
    for (int i = 0; i < n; i++) {
      converted += random.nextDouble() < probability ? 1 : 0;
    }
    return new Group(n, converted);
  }
}
