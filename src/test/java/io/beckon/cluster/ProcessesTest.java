// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are known by their files. */
class ProcessesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Says something and stays. */
  private static final List<String> STAYS = List.of("sh", "-c", "echo here; sleep 600");

  @Test
  void oneThatRunsIsFoundByWhoeverLooksAndEnds(@TempDir Path folder) throws Exception {
    Processes processes = new Processes(folder.resolve("run"), folder.resolve("logs"));
    processes.start("some", STAYS, Map.of());
    try {
      Processes others = new Processes(folder.resolve("run"), folder.resolve("logs"));
      ProcessHandle found = others.find("some").orElseThrow();
      assertThat(found.isAlive()).isTrue();
      assertThat(others.find("other")).isEmpty();
      assertThat(others.stop("some", PATIENCE)).isTrue();
      assertThat(found.isAlive()).isFalse();
      assertThat(others.find("some")).isEmpty();
      assertThat(others.stop("some", PATIENCE)).isFalse();
    } finally {
      processes.kill("some", PATIENCE);
    }
  }

  @Test
  void anotherProcessOfTheSameNumberIsNotTakenForIt(@TempDir Path folder) throws Exception {
    Path run = Files.createDirectories(folder.resolve("run"));
    ProcessHandle self = ProcessHandle.current();
    Instant began = self.info().startInstant().orElseThrow();
    Path file = run.resolve("some.pid");
    Processes processes = new Processes(run, folder);
    Files.writeString(file, self.pid() + " " + began.toEpochMilli() + "\n");
    assertThat(processes.find("some")).contains(self);
    Files.writeString(file, self.pid() + " " + (began.toEpochMilli() - 3_600_000) + "\n");
    assertThat(processes.find("some")).isEmpty();
    Files.writeString(file, "half a fi");
    assertThat(processes.find("some")).isEmpty();
  }

  @Test
  void settingsAreKeptAsText() {
    ClusterSettings settings =
        new ClusterSettings(
            3,
            2,
            true,
            0,
            Optional.of(9092),
            Optional.empty(),
            Optional.of("some server"),
            Optional.of(9250),
            Map.of("heartbeat.timeout", "9000"));
    assertThat(ClusterSettings.of(settings.asMap())).isEqualTo(settings);
  }

  @Test
  void portsThatAreChosenAreNotThoseThatClientsAreGiven() throws Exception {
    for (int i = 0; i < 20; i++) {
      int port = Ports.free();
      assertThat(port).isBetween(20_000, 31_999);
      assertThat(Ports.isFree(port)).isTrue();
      assertThat(Ports.answers(port)).isFalse();
    }
  }
}
