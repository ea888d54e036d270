// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** Numbers that papers and other implementations print, at the parameters they print. */
class PublishedNumbersTest {
  private static final BgNbd BG = new BgNbd(.243, 4.414, .793, 2.426);
  private static final BgNbd BG_FITTED = new BgNbd(.2426, 4.4135, .7929, 2.4258);
  private static final ParetoNbd PARETO = new ParetoNbd(.5533, 10.5776, .6062, 11.6679);
  private static final BgBb DONATIONS = new BgBb(1.2035, .7497, .6567, 2.7834);
  private static final History PAPER = new History(2, 30.43, 38.86);
  private static final History HEAVY = new History(26, 30.86, 31);

  @Test
  void theCustomerOfThePaper() {
    assertThat(BG_FITTED.expectedPurchases(PAPER, 39)).isCloseTo(1.2259, within(1e-4));
    assertThat(BG.expectedPurchases(PAPER, 39)).isCloseTo(1.226, within(5e-4));
    assertThat(BG.probabilityAlive(PAPER)).isCloseTo(.7266, within(1e-4));
  }

  @Test
  void theExpectedRepeatsOfANewCustomer() {
    double[][] expected = {
      {.1429, .0078}, {1, .0532}, {3, .1506}, {31.8571, 1.0405}, {32, 1.0437}, {78, 1.8580}
    };
    for (double[] row : expected) {
      assertThat(BG_FITTED.expectedPurchases(row[0]))
          .as("t=%s", row[0])
          .isCloseTo(row[1], within(2e-4));
    }
  }

  @Test
  void aHeavyCustomer() {
    assertThat(BG.expectedPurchases(HEAVY, 52)).isCloseTo(25.76, within(5e-3));
    assertThat(PARETO.expectedPurchases(HEAVY, 52)).isCloseTo(25.4565, within(1e-3));
    assertThat(PARETO.probabilityAlive(HEAVY)).isCloseTo(.9979, within(5e-5));
  }

  @Test
  void countsOfANewCustomer() {
    assertThat(BG.probabilityOfRepeats(0, 39)).isCloseTo(.5737864, within(5e-8));
    assertThat(BG.probabilityOfRepeats(10, 2)).isCloseTo(1.07869e-07, percent(1e-3));
    assertThat(BG.probabilityOfRepeats(11, 30)).isCloseTo(.0019995214, percent(1e-5));
    assertThat(BG.probabilityOfRepeats(15, 30)).isCloseTo(.0007023638, percent(1e-5));
    assertThat(BG.probabilityOfRepeats(20, 30)).isCloseTo(.000222226, percent(1e-3));
  }

  @Test
  void donorsAtTheNextOpportunity() {
    assertThat(DONATIONS.probabilityAlive(0, 0, 6)).isCloseTo(.1081, within(1e-4));
    assertThat(DONATIONS.probabilityAlive(2, 4, 6)).isCloseTo(.5897, within(1e-4));
    assertThat(DONATIONS.probabilityAlive(6, 6, 6)).isCloseTo(.9304, within(1e-4));
  }

  @Test
  void theAgesAtWhichHalfAreLost() {
    double[][] expected = {
      {1, 1.71, 10.6423}, {2, 30.43, 62.4913}, {7, 29.43, 42.4872}, {26, 30.86, 35.9593}
    };
    for (double[] row : expected) {
      History history = new History((long) row[0], row[1], row[1]);
      assertThat(BG.ageAliveFallsTo(.5, history).orElseThrow())
          .as("x=%s", row[0])
          .isCloseTo(row[2], within(5e-5));
    }
  }

  private static Percentage percent(double percent) {
    return Percentage.withPercentage(percent);
  }
}
