// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.engine.Engine;
import io.beckon.engine.EngineOutput.Counter;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.plan.Plan;
import io.beckon.wire.RunSummary;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

/** A bot in the operator: its state is bounded, it is counted, and the others are served. */
class QuarantineOperatorTest {
  private static final long T = LiveShop.START_MS;
  private static final int LOOKS = 20_000;

  @Test
  void aBotIsBoundedAndTheOthersAreServed() throws Exception {
    JobText job = JobText.live("jobs/x", new LiveShop("bots", "kafka:9092", "").files());
    Engine engine = new Engine(Plan.compile(job.create()));
    UserOperator operator = new UserOperator(new EngagementOperator(job), T);
    KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> flink =
        new KeyedOneInputStreamOperatorTestHarness<>(
            operator, UserElement::user, Types.STRING, EngagementJob.MAX_PARALLELISM, 1, 0);
    try {
      flink.setup(
          EngagementJob.LINE.createSerializer(flink.getExecutionConfig().getSerializerConfig()));
      flink.open();
      for (int i = 0; i < LOOKS; i++) {
        take(flink, engine, "bot", "view", i, T + i * 50L);
        if (i % 2_000 == 0) {
          take(flink, engine, "u" + i, "view", i, T + i * 50L);
          flink.snapshot(i, i);
        }
      }
      flink.processWatermark(T + 3 * 3_600_000L);
      List<String> decisions =
          flink.extractOutputValues().stream()
              .map(line -> new String(line, StandardCharsets.UTF_8))
              .toList();
      assertThat(decisions)
          .as("everybody is asked back, but whom nobody watches")
          .hasSize(LOOKS / 2_000)
          .noneMatch(line -> line.contains("\"user\":\"bot\""));
      assertThat(count(operator, Counter.USERS_QUARANTINED)).isEqualTo(1);
      assertThat(count(operator, Counter.EVENTS_SHED)).isBetween(LOOKS / 2L, (long) LOOKS);
      Object largest =
          operator.getRuntimeContext().getAccumulator(RunSummary.STATE_LARGEST).getLocalValue();
      assertThat((Long) largest)
          .as("largest state written")
          .isBetween(10_000L, Engine.MOST_STATE_BYTES + 256 * 64L);
    } finally {
      flink.close();
    }
  }

  private static long count(UserOperator operator, Counter counter) {
    return operator.getRuntimeContext().getLongCounter(RunSummary.of(counter)).getLocalValue();
  }

  private static void take(
      KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> flink,
      Engine engine,
      String user,
      String type,
      int id,
      long timeMs)
      throws Exception {
    EventType found = engine.plan().job().catalogue().type(type).orElseThrow();
    Slots slots = new Slots(found.record()).setString(0, "item-" + id);
    byte[] event = engine.encodeEvent(new Event("e" + id, found, user, timeMs, slots));
    flink.processElement(UserElement.live(user, timeMs, event, new byte[0]), timeMs);
  }
}
