// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@code bin/chaos}. */
@Tag("packaged")
class ChaosTest {
  private static final long SEED = 7;

  @Test
  @Timeout(value = 15, unit = TimeUnit.MINUTES)
  void whatIsKilledComesBackAndReadersMissNothingAndSeeNothingTwice(@TempDir Path folder)
      throws Exception {
    List<String> told = new ArrayList<>();
    Chaos.Verdict verdict =
        new Chaos(folder.resolve("chaos"), SEED, 300, told::add)
            .run(
                List.of(
                    Fault.TASK_MANAGER_KILLED,
                    Fault.REDIS_KILLED,
                    Fault.BROKER_KILLED,
                    Fault.CHECKPOINTS_SLOW,
                    Fault.LEADER_KILLED),
                Instant.MAX);
    assertThat(verdict.complaints())
        .as("seed %s%n%s%n%s", SEED, String.join("\n", told), verdict.table())
        .isEmpty();
    assertThat(verdict.results().get("decisions")).isGreaterThan(100);
    assertThat(verdict.results().get("commands")).isPositive();
  }
}
