// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** That an option Flink would pass over is found. */
class FlinkOptionsTest {
  @Test
  void whatFlinkKnowsPasses() throws IOException {
    FlinkOptions options = FlinkOptions.find();
    assertThat(options.size()).isGreaterThan(400);
    assertThat(options.complaint("execution.checkpointing.interval", "10s")).isEmpty();
    assertThat(options.complaint("state.backend.type", "rocksdb")).isEmpty();
    assertThat(options.complaint("state.backend.rocksdb.memory.managed", "true")).isEmpty();
    assertThat(options.complaint("kubernetes.taskmanager.service-account", "x")).isEmpty();
    assertThat(options.complaint("metrics.reporter.beckon.port", "9250-9260")).isEmpty();
  }

  @Test
  void whatItWouldPassOverIsFound() throws IOException {
    FlinkOptions options = FlinkOptions.find();
    // Names that it had once.
    assertThat(options.complaint("state.checkpoints.dir", "s3://b/c")).isNotEmpty();
    assertThat(options.complaint("state.backend", "rocksdb")).isNotEmpty();
    assertThat(options.complaint("high-availability", "kubernetes")).isNotEmpty();
    assertThat(options.complaint("kubernetes.operator.savepoint.intervall", "6h")).isNotEmpty();
    assertThat(options.complaint("metrics.reporter.prom.factory.class", "no.such.Factory"))
        .isNotEmpty();
    assertThat(options.complaint("metrics.reporter.beckon.prot", "9249")).isNotEmpty();
    assertThat(options.complaint("metrics.reporter.beckon.port", "nine")).isNotEmpty();
    assertThat(options.complaint("metrics.reporter.beckon", "9249")).isNotEmpty();
    assertThat(options.complaint("execution.checkpointing.intervall", "10s"))
        .hasValueSatisfying(said -> assertThat(said).contains("Flink knows no"));
  }

  @Test
  void whatItCannotReadIsFound() throws IOException {
    FlinkOptions options = FlinkOptions.find();
    assertThat(options.complaint("execution.checkpointing.interval", "10 sheep")).isNotEmpty();
    assertThat(options.complaint("taskmanager.numberOfTaskSlots", "two")).isNotEmpty();
    assertThat(options.complaint("execution.checkpointing.mode", "ONCE_OR_SO")).isNotEmpty();
  }
}
