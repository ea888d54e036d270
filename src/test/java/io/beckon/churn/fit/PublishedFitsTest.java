// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.beckon.churn.BgBb;
import io.beckon.churn.BgNbd;
import io.beckon.churn.MbgNbd;
import io.beckon.churn.ParetoNbd;
import io.beckon.churn.fit.ReturnFit.Family;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Fits of the data of the papers come to the papers' parameters. */
class PublishedFitsTest {
  /** Donors of 1995 by (x, t_x) of n = 6 years, as in the paper of the BG/BB model. */
  private static final int[][] DONORS = {
    {6, 6, 1203}, {5, 6, 728}, {4, 6, 512}, {3, 6, 357}, {2, 6, 234}, {1, 6, 129}, {5, 5, 335},
    {4, 5, 284}, {3, 5, 225}, {2, 5, 173}, {1, 5, 119}, {4, 4, 240}, {3, 4, 181}, {2, 4, 155},
    {1, 4, 78}, {3, 3, 322}, {2, 3, 255}, {1, 3, 129}, {2, 2, 613}, {1, 2, 277}, {1, 1, 1091},
    {0, 0, 3464}
  };

  @Test
  void bgNbdOfCdnow() throws IOException {
    Histories cdnow = Logs.cdnowSummary();
    assertThat(cdnow.users()).isEqualTo(2_357);
    ReturnFit fit = ReturnFit.of(Family.BG_NBD, cdnow);
    BgNbd model = (BgNbd) fit.model();
    assertThat(fit.degenerate()).isFalse();
    assertThat(model.r()).isCloseTo(.2426, within(1e-3));
    assertThat(model.alpha()).isCloseTo(4.4135, within(1e-3));
    assertThat(model.a()).isCloseTo(.7929, within(1e-3));
    assertThat(model.b()).isCloseTo(2.4258, within(1e-3));
    assertThat(fit.lnLikelihood()).isCloseTo(-9582.4256, within(1e-3));
    assertThat(ReturnFit.lnLikelihood(new BgNbd(.243, 4.414, .793, 2.426), cdnow))
        .isCloseTo(-9582.4268, within(1e-4));
  }

  @Test
  void mbgNbdOfCdnow() throws IOException {
    ReturnFit fit = ReturnFit.of(Family.MBG_NBD, Logs.cdnowSummary());
    MbgNbd model = (MbgNbd) fit.model();
    assertThat(fit.degenerate()).isFalse();
    assertThat(model.r()).isCloseTo(.5248, within(1e-3));
    assertThat(model.alpha()).isCloseTo(6.1830, within(2e-3));
    assertThat(model.a()).isCloseTo(.8914, within(1e-3));
    assertThat(model.b()).isCloseTo(1.6140, within(1e-3));
    assertThat(fit.lnLikelihood()).isCloseTo(-9582.1327, within(1e-3));
  }

  @Test
  void paretoNbdOfCdnow() throws IOException {
    Histories cdnow = Logs.cdnowSummary();
    Maximiser.Maximum found =
        Maximiser.find(
            p -> paretoLikelihood(new ParetoNbd(p[0], p[1], p[2], p[3]), cdnow),
            List.of(new double[] {1, 8, 1, 8}));
    assertThat(found.value()).isCloseTo(-9594.9739, within(1e-3));
    double[] expected = {.5533, 10.5776, .6062, 11.6679};
    for (int i = 0; i < expected.length; i++) {
      assertThat(found.parameters().get(i)).isCloseTo(expected[i], within(5e-3));
    }
  }

  @Test
  void bgBbOfDonors() {
    Maximiser.Maximum found =
        Maximiser.find(
            p -> donorsLikelihood(new BgBb(p[0], p[1], p[2], p[3])),
            List.of(new double[] {1, 1, 1, 1}, new double[] {.5, .5, .2, 3}));
    assertThat(found.value()).isCloseTo(-33225.5813, within(1e-3));
    double[] expected = {1.2035, .7497, .6567, 2.7834};
    for (int i = 0; i < expected.length; i++) {
      assertThat(found.parameters().get(i)).isCloseTo(expected[i], within(1e-3));
    }
  }

  private static double paretoLikelihood(ParetoNbd model, Histories histories) {
    double sum = 0;
    for (int i = 0; i < histories.size(); i++) {
      sum += histories.weight(i) * model.lnLikelihood(histories.distinct().get(i));
    }
    return sum;
  }

  private static double donorsLikelihood(BgBb model) {
    double sum = 0;
    for (int[] donors : DONORS) {
      sum += donors[2] * model.lnLikelihood(donors[0], donors[1], 6);
    }
    return sum;
  }
}
