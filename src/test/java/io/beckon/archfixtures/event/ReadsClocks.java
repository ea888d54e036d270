// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.archfixtures.event;

import java.time.Instant;
import java.time.ZoneId;
import java.util.UUID;

/** Core code whose result depends on when and where it runs. */
final class ReadsClocks {
  long clocks() {
    return System.currentTimeMillis() + System.nanoTime() + Instant.now().toEpochMilli();
  }

  String chance() {
    return UUID.randomUUID().toString() + Math.random() + ZoneId.systemDefault();
  }
}
