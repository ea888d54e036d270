// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The models against vectors computed elsewhere to 12 digits, the overflow cases included. */
class ReferenceVectorsTest {
  private static final Path VECTORS =
      Path.of("..", "shared", "data", "reference", "bgnbd_vectors.csv");

  /** A relative error of 1e-8. */
  private static final Percentage CLOSE = Percentage.withPercentage(1e-6);

  private static final BgNbd BG = new BgNbd(.243, 4.414, .793, 2.426);

  /** The published fit of this model, not the numbers of the other one. */
  private static final MbgNbd MBG = new MbgNbd(.525, 6.183, .891, 1.614);

  private static final GapSurprise NBD = new GapSurprise(.243, 4.414);

  @Test
  void everyVectorIsMet() throws IOException {
    Assumptions.assumeTrue(Files.exists(VECTORS), "no reference vectors in ../shared/data");
    List<String> lines = Files.readAllLines(VECTORS);
    assertThat(lines).hasSize(12);
    assertThat(lines.get(0))
        .isEqualTo("x,tx,T,bg_palive,bg_E39,bg_pbuy4w,mbg_palive,nbd_gap_logsurv,bg_loglik");
    for (String line : lines.subList(1, lines.size())) {
      String[] f = line.split(",");
      History history =
          new History(Long.parseLong(f[0]), Double.parseDouble(f[1]), Double.parseDouble(f[2]));
      check(line, BG.probabilityAlive(history), f[3]);
      check(line, BG.expectedPurchases(history, 39), f[4]);
      check(line, BG.probabilityOfReturn(history, 4), f[5]);
      check(line, MBG.probabilityAlive(history), f[6]);
      check(line, NBD.lnProbability(history), f[7]);
      check(line, BG.lnLikelihood(history), f[8]);
    }
  }

  private static void check(String line, double value, String expected) {
    assertThat(value).as(line).isCloseTo(Double.parseDouble(expected), CLOSE);
  }
}
