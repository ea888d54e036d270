// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

final class SampleEventsTest {
  @Test
  void theSampleIsWhatTheGeneratorMakes() throws IOException {
    assertThat(Files.readString(SampleEvents.FILE)).isEqualTo(SampleEvents.csv());
  }
}
