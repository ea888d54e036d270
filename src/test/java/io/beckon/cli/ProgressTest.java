// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

final class ProgressTest {
  @Test
  void saysShareCountAndSpeed() {
    assertThat(Progress.line(250, 1_000, 1_234_567, 2_000_000_000L))
        .isEqualTo("25 %, 1,234,567 events, 617,284 events/s");
    assertThat(Progress.line(0, 0, 10, 1_000_000_000L)).isEqualTo("10 events, 10 events/s");
  }

  @Test
  void aShortRunAwayFromATerminalStaysSilent() {
    StringWriter err = new StringWriter();
    PrintWriter writer = new PrintWriter(err);
    try (Progress progress = new Progress(new Console(writer, writer, false), 100)) {
      progress.at(50, 5);
    }
    assertThat(err.toString()).isEmpty();
  }
}
