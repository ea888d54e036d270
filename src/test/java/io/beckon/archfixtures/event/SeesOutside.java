// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.archfixtures.event;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Logger;
import org.apache.flink.api.common.typeinfo.Types;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/** Core code that does what only adapters may. */
final class SeesOutside {
  private final Map<String, String> shared = new ConcurrentHashMap<>();

  String read(Path path) throws IOException {
    return shared.computeIfAbsent("text", key -> key + path) + Files.readString(path);
  }

  long time(Clock clock) {
    return clock.millis() + new Random(1).nextLong();
  }

  void log(Logger logger) {
    logger.info(String.valueOf(Types.STRING));
    org.slf4j.Logger other = LoggerFactory.getLogger("fixture");
    other.info(JsonMapper.builder().build().toString());
  }

  Thread thread(Runnable work) {
    return new Thread(work);
  }
}
