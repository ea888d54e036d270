// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.engine.Engine;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.plan.Plan;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Events of {@link TestJobs#shop}, stamped as decoding stamps them. */
final class Feed {
  private final Engine engine = new Engine(Plan.compile(TestJobs.shop()));
  private long greatestMs = Long.MIN_VALUE;
  private int events;

  UserElement next(String type, String user, String item, long timeMs) {
    EventType found = engine.plan().job().catalogue().type(type).orElseThrow();
    Slots slots = new Slots(found.record()).setString(0, item);
    Event event = new Event("e" + events++, found, user, timeMs, slots);
    greatestMs = Math.max(greatestMs, timeMs);
    byte[] payload = engine.encodeEvent(event);
    return timeMs > watermarkMs()
        ? UserElement.event(user, timeMs, watermarkMs(), payload)
        : UserElement.late(
            user, timeMs, watermarkMs(), payload, item.getBytes(StandardCharsets.UTF_8));
  }

  /** As of the last event. */
  long watermarkMs() {
    return greatestMs - TestJobs.LATENESS_MS - 1;
  }

  /** Without lateness, as at the end of the input. */
  long finalWatermarkMs() {
    return greatestMs;
  }

  /** Lines of canonical JSON: looks and purchases, some of them late, some lines broken. */
  static List<String> lines(long seed, int count) {
    Random random = new Random(seed);
    List<String> lines = new ArrayList<>();
    long timeMs = 1_700_000_000_000L;
    for (int i = 0; i < count; i++) {
      timeMs += random.nextInt(120_000);
      long shiftedMs = timeMs - random.nextInt(random.nextInt(10) == 0 ? 60_000 : 5_000);
      int dice = random.nextInt(100);
      String type = dice < 60 ? "view" : dice < 80 ? "buy" : dice < 97 ? "scroll" : "unheard-of";
      String attribute =
          type.equals("scroll")
              ? "\"depth\": " + random.nextInt(9)
              : "\"item\": \"i" + random.nextInt(4) + "\"";
      String line =
          "{\"id\": \"e"
              + i
              + "\", \"type\": \""
              + type
              + "\", \"user\": \"u"
              + random.nextInt(40)
              + "\", \"time\": \""
              + Instant.ofEpochMilli(shiftedMs)
              + "\", \"attributes\": {"
              + attribute
              + "}}";
      lines.add(random.nextInt(200) == 0 ? line.substring(1) : line);
    }
    return lines;
  }
}
