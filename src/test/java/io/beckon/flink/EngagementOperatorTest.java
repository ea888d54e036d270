// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static io.beckon.flink.TestJobs.HOUR_MS;
import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.wire.RunSummary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EngagementOperatorTest {
  private static final long T = 1_700_000_000_000L;

  @Test
  void anAbsenceIsDecidedWhenTimeHasPassedIt() throws Exception {
    try (Harness harness = Harness.fresh()) {
      Feed feed = new Feed();
      harness.take(feed.next("view", "ann", "i1", T));
      harness.time(T + HOUR_MS - 1);
      assertThat(harness.decisions()).isEmpty();
      harness.time(T + HOUR_MS);
      assertThat(harness.decisions())
          .singleElement()
          .asString()
          .contains("\"user\":\"ann\"", "\"trigger\":\"come-back\"", "\"ISSUED\"");
      harness.time(T + 90 * 24 * HOUR_MS);
      assertThat(harness.decisions()).as("once, and no timer again").hasSize(1);
      assertThat(harness.commands()).hasSize(1);
      assertThat(harness.timers()).isZero();
      assertThat(harness.users()).as("a user whose last horizon passed leaves nothing").isZero();
    }
  }

  @Test
  void aUserWhoIsErasedLeavesNothing() throws Exception {
    try (Harness harness = Harness.fresh()) {
      Feed feed = new Feed();
      harness.take(UserElement.erase("ann"));
      assertThat(harness.users()).isZero();
      harness.take(feed.next("view", "ann", "i1", T));
      harness.take(feed.next("view", "bob", "i1", T + 1));
      harness.time(T + 10_000);
      harness.snapshot();
      assertThat(harness.users()).as("written").isEqualTo(2);
      harness.take(UserElement.erase("ann"));
      harness.snapshot();
      assertThat(harness.users()).isEqualTo(1);
      assertThat(harness.timers()).as("no more than bob's, and one of his before").isLessThan(3);
      harness.time(T + 2 * HOUR_MS);
      assertThat(harness.decisions()).singleElement().asString().contains("\"user\":\"bob\"");
      // A stranger: nothing is known, and nothing stops a new beginning.
      harness.take(feed.next("view", "ann", "i1", T + 3 * HOUR_MS));
      harness.time(T + 5 * HOUR_MS);
      assertThat(harness.decisions()).hasSize(2).last().asString().contains("\"user\":\"ann\"");
    }
  }

  @Test
  void deadlinesThatMoveAwayDoNotGatherTimers() throws Exception {
    try (Harness harness = Harness.fresh()) {
      Feed feed = new Feed();
      for (int i = 0; i < 500; i++) {
        harness.take(feed.next("view", "ann", "i1", T + i * 60_000L));
        assertThat(harness.timers()).as("after event %s", i).isLessThanOrEqualTo(1);
        if (i % 10 == 0) {
          harness.time(feed.watermarkMs());
          assertThat(harness.timers()).as("after time %s", i).isLessThanOrEqualTo(2);
        }
      }
      harness.time(T + 500 * 60_000L + 2 * HOUR_MS);
      assertThat(harness.decisions()).hasSize(1);
      assertThat(harness.timers()).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void theHighestWatermarkNeverReachesTheEngine() throws Exception {
    try (Harness harness = Harness.fresh()) {
      Feed feed = new Feed();
      harness.take(feed.next("view", "ann", "i1", T));
      harness.take(feed.next("view", "bob", "i1", T + HOUR_MS - 1));
      harness.take(feed.next("view", "bob", "i2", T + HOUR_MS));
      harness.time(feed.finalWatermarkMs());
      assertThat(harness.decisions()).as("due at the very end").hasSize(1);
      harness.time(Long.MAX_VALUE);
      assertThat(harness.decisions()).as("what lies beyond the end never comes").hasSize(1);
      assertThat(harness.count(RunSummary.open("come-back"))).isEqualTo(2);
      assertThat(harness.timers()).isZero();
    }
  }

  @Test
  void aLateEventGoesToTheLateOutput() throws Exception {
    try (Harness harness = Harness.fresh()) {
      Feed feed = new Feed();
      harness.take(feed.next("view", "ann", "i1", T));
      harness.take(feed.next("view", "ann", "i2", T - TestJobs.LATENESS_MS));
      assertThat(harness.late()).as("at the edge, but in time").isEmpty();
      harness.take(feed.next("view", "ann", "i3", T - TestJobs.LATENESS_MS - 1));
      assertThat(harness.late()).containsExactly("i3");
      harness.time(T + 2 * HOUR_MS);
      assertThat(harness.decisions()).hasSize(2);
    }
  }

  @Test
  void aRestartAtAnyPlaceChangesNothing() throws Exception {
    long seed = 20261122;
    Random random = new Random(seed);
    Feed feed = new Feed();
    List<Object> steps = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      String type = random.nextInt(3) == 0 ? "buy" : "view";
      String user = "u" + random.nextInt(3);
      long timeMs = T + i * 400_000L - random.nextInt(15_000);
      steps.add(feed.next(type, user, "i" + random.nextInt(2), timeMs));
      if (random.nextInt(5) == 0) {
        steps.add(feed.watermarkMs());
      }
    }
    steps.add(feed.finalWatermarkMs());
    steps.add(Long.MAX_VALUE);
    Outcome whole = run(steps, steps.size());
    assertThat(whole.decisions).as("seed %s", seed).hasSizeGreaterThan(10);
    for (int k = 0; k < steps.size(); k += 3) {
      assertThat(run(steps, k)).as("seed %s, restart after step %s", seed, k).isEqualTo(whole);
    }
  }

  /** What came out of a run; the order among users is nobody's promise. */
  private record Outcome(List<String> decisions, List<String> late, long open) {}

  private static Outcome run(List<Object> steps, int restartAt) throws Exception {
    List<String> decisions = new ArrayList<>();
    List<String> late = new ArrayList<>();
    OperatorSubtaskState snapshot;
    long open;
    try (Harness first = Harness.fresh()) {
      first.play(steps.subList(0, restartAt));
      snapshot = first.snapshot();
      decisions.addAll(first.decisions());
      late.addAll(first.late());
      open = first.count(RunSummary.open("come-back"));
    }
    try (Harness second = Harness.from(snapshot)) {
      second.play(steps.subList(restartAt, steps.size()));
      decisions.addAll(second.decisions());
      late.addAll(second.late());
      open += second.count(RunSummary.open("come-back"));
    }
    decisions.sort(null);
    late.sort(null);
    return new Outcome(decisions, late, open);
  }

  /** The operator as Flink runs it. */
  private static final class Harness implements AutoCloseable {
    private final KeyedProcessOperator<String, UserElement, byte[]> operator;
    private final KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> flink;

    private Harness(@Nullable OperatorSubtaskState snapshot) throws Exception {
      operator = new UserOperator(new EngagementOperator(TestJobs::shop));
      flink =
          new KeyedOneInputStreamOperatorTestHarness<>(
              operator, UserElement::user, Types.STRING, EngagementJob.MAX_PARALLELISM, 1, 0);
      flink.setup(
          EngagementJob.LINE.createSerializer(flink.getExecutionConfig().getSerializerConfig()));
      if (snapshot != null) {
        flink.initializeState(snapshot);
      }
      flink.open();
    }

    static Harness fresh() throws Exception {
      return new Harness(null);
    }

    static Harness from(OperatorSubtaskState snapshot) throws Exception {
      return new Harness(snapshot);
    }

    void play(List<Object> steps) throws Exception {
      for (Object step : steps) {
        if (step instanceof UserElement element) {
          take(element);
        } else if (step instanceof Long watermarkMs) {
          time(watermarkMs);
        }
      }
    }

    void take(UserElement element) throws Exception {
      flink.processElement(element, element.timeMs());
    }

    void time(long watermarkMs) throws Exception {
      flink.processWatermark(watermarkMs);
    }

    OperatorSubtaskState snapshot() throws Exception {
      return flink.snapshot(1, 1);
    }

    int timers() {
      return flink.numEventTimeTimers();
    }

    int users() {
      return flink.numKeyedStateEntries();
    }

    long count(String name) {
      return operator.getRuntimeContext().getLongCounter(name).getLocalValue();
    }

    List<String> decisions() {
      List<String> lines = new ArrayList<>();
      for (byte[] line : flink.extractOutputValues()) {
        lines.add(new String(line, StandardCharsets.UTF_8));
      }
      return lines;
    }

    List<String> commands() {
      return side(EngagementJob.COMMANDS);
    }

    List<String> late() {
      return side(EngagementJob.LATE);
    }

    private List<String> side(OutputTag<byte[]> tag) {
      List<String> lines = new ArrayList<>();
      Queue<StreamRecord<byte[]>> records = flink.getSideOutput(tag);
      if (records != null) {
        records.forEach(r -> lines.add(new String(r.getValue(), StandardCharsets.UTF_8)));
      }
      return lines;
    }

    @Override
    public void close() {
      try {
        flink.close();
      } catch (Exception e) {
        throw new AssertionError("closing the operator", e);
      }
    }
  }
}
