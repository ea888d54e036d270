// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.calendar.Durations;
import org.junit.jupiter.api.Test;

final class TestTimesTest {
  @Test
  void offsetsAreWrittenAsAuthorsWriteThem() {
    assertThat(TestTimes.offset(5, 5)).isEqualTo("0m");
    assertThat(TestTimes.offset(0, 2 * 3_600_000 + 600_000)).isEqualTo("2h10m");
    assertThat(TestTimes.offset(0, 8 * Durations.DAY_MS + 1)).isEqualTo("8d1ms");
    assertThat(TestTimes.offset(3 * Durations.DAY_MS, 0)).isEqualTo("-3d");
  }
}
