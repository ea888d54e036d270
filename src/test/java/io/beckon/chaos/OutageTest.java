// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@code bin/chaos --outage}. */
@Tag("packaged")
class OutageTest {
  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void afterAnOutageOfHoursWhatIsStaleExpiresAndWhatIsNotIsSent(@TempDir Path folder)
      throws Exception {
    List<String> told = new ArrayList<>();
    Outage.Verdict verdict = new Outage(folder.resolve("outage"), 20_000, told::add).run();
    assertThat(verdict.complaints())
        .as("%s%n%s", String.join("\n", told), verdict.table())
        .isEmpty();
    assertThat(verdict.table())
        .contains("| commands | 1,800 |", "| expired, and nothing sent | 16,200 |");
  }
}
