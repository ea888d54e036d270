// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.metrics.TimerGauge;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LiveTimeTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final long LATENESS_MS = TestJobs.LATENESS_MS;
  private static final long TICK = LiveTime.TICK_MS;

  @Test
  void whenAllIsQuietTimeGoesOnWithTheProcessingClock() throws Exception {
    try (Harness harness = new Harness(null)) {
      harness.mark(NOW - LATENESS_MS - 1);
      harness.idle();
      harness.pass(3_600_000);
      assertThat(harness.reached()).isEqualTo(harness.nowMs - TICK - LATENESS_MS - 1);
      assertThat(harness.statuses()).as("idle is not said: it would not be counted").isEmpty();
      assertThat(harness.marks()).isSorted();
    }
  }

  @Test
  void whileTheSourceGivesTimeIsItsOwn() throws Exception {
    try (Harness harness = new Harness(null)) {
      harness.mark(NOW - 60_000);
      harness.pass(3_600_000);
      assertThat(harness.marks()).containsExactly(NOW - 60_000);
    }
  }

  @Test
  void aSourceThatWakesTurnsNothingBack() throws Exception {
    try (Harness harness = new Harness(null)) {
      harness.idle();
      harness.pass(60_000);
      long reached = harness.reached();
      harness.active();
      harness.mark(reached - 30_000);
      harness.pass(10_000);
      assertThat(harness.reached()).isEqualTo(reached);
      harness.mark(reached + 1);
      assertThat(harness.reached()).isEqualTo(reached + 1);
      harness.idle();
      harness.pass(60_000);
      assertThat(harness.marks()).isSorted().doesNotHaveDuplicates();
      assertThat(harness.reached()).isEqualTo(harness.nowMs - TICK - LATENESS_MS - 1);
    }
  }

  @Test
  void aJamIsNotSilence() throws Exception {
    try (Harness harness = new Harness(null)) {
      harness.idle();
      harness.pass(60_000);
      long before = harness.reached();
      harness.jam().markStart();
      harness.pass(600_000);
      assertThat(harness.reached())
          .as("what came meanwhile could not be read")
          .isLessThanOrEqualTo(before + TICK);
      harness.jam().markEnd();
      harness.pass(LiveTime.SETTLE_MS - TICK);
      assertThat(harness.reached()).as("nor at once").isLessThanOrEqualTo(before + TICK);
      harness.pass(2 * TICK);
      assertThat(harness.reached()).isEqualTo(harness.nowMs - TICK - LATENESS_MS - 1);
    }
  }

  @Test
  void aThreadThatStoodStillHasNotBeenQuiet() throws Exception {
    try (Harness harness = new Harness(null)) {
      harness.idle();
      harness.pass(60_000);
      long before = harness.reached();
      harness.jump(600_000);
      assertThat(harness.reached()).isEqualTo(before);
      harness.pass(LiveTime.SETTLE_MS - TICK);
      assertThat(harness.reached()).isEqualTo(before);
      harness.pass(2 * TICK);
      assertThat(harness.reached()).isEqualTo(harness.nowMs - TICK - LATENESS_MS - 1);
    }
  }

  @Test
  void whatIsReadIsNotOvertakenBySilence() throws Exception {
    try (Harness harness = new Harness(null)) {
      harness.idle();
      harness.pass(60_000);
      long before = harness.reached();
      for (int i = 0; i < 50; i++) {
        harness.give(UserElement.passed(harness.nowMs - 30_000, Long.MIN_VALUE));
        harness.pass(TICK);
      }
      assertThat(harness.reached()).as("a backlog is being read").isEqualTo(before);
      harness.give(UserElement.profile("ann", new byte[0]));
      harness.pass(TICK);
      assertThat(harness.reached()).as("what has no time holds none").isGreaterThan(before);
    }
  }

  @Test
  void aRestartRemembersTheLeastThatAnySubtaskHadSaid() throws Exception {
    OperatorSubtaskState both;
    try (Harness one = new Harness(null);
        Harness two = new Harness(null)) {
      one.mark(NOW - 20_000);
      two.mark(NOW - 50_000);
      both =
          AbstractStreamOperatorTestHarness.repackageState(
              one.flink.snapshot(1, 1), two.flink.snapshot(1, 1));
    }
    try (Harness again = new Harness(both)) {
      assertThat(again.marks()).as("before anything else").containsExactly(NOW - 50_000);
      again.mark(NOW - 70_000);
      assertThat(again.reached()).isEqualTo(NOW - 50_000);
    }
  }

  @Test
  void aRestartIntoSilenceGoesOn() throws Exception {
    OperatorSubtaskState snapshot;
    try (Harness first = new Harness(null)) {
      first.mark(NOW - 20_000);
      snapshot = first.flink.snapshot(1, 1);
    }
    try (Harness second = new Harness(snapshot)) {
      second.idle();
      second.pass(3_600_000);
      assertThat(second.reached()).isEqualTo(second.nowMs - TICK - LATENESS_MS - 1);
    }
  }

  @Test
  void theEndIsNotATimeThatCame() throws Exception {
    OperatorSubtaskState snapshot;
    try (Harness first = new Harness(null)) {
      first.mark(NOW);
      first.idle();
      first.mark(Long.MAX_VALUE);
      first.pass(60_000);
      assertThat(first.reached()).isEqualTo(Long.MAX_VALUE);
      snapshot = first.flink.snapshot(1, 1);
    }
    try (Harness second = new Harness(snapshot)) {
      assertThat(second.marks()).containsExactly(NOW);
    }
  }

  /** The operator as Flink runs it; both clocks by hand. */
  private static final class Harness implements AutoCloseable {
    private final OneInputStreamOperatorTestHarness<UserElement, UserElement> flink;
    private long nowMs = NOW;

    Harness(@Nullable OperatorSubtaskState snapshot) throws Exception {
      flink =
          new OneInputStreamOperatorTestHarness<>(
              new LiveTime(TestJobs.live(LATENESS_MS, 30_000).time()), 2, 1, 0);
      flink.setup(
          UserElement.TYPE.createSerializer(flink.getExecutionConfig().getSerializerConfig()));
      flink.setProcessingTime(nowMs);
      if (snapshot != null) {
        flink.initializeState(snapshot);
      }
      flink.open();
    }

    void mark(long watermarkMs) throws Exception {
      flink.processWatermark(watermarkMs);
    }

    void give(UserElement element) throws Exception {
      flink.processElement(element, element.timeMs());
    }

    void idle() throws Exception {
      flink.processWatermarkStatus(WatermarkStatus.IDLE);
    }

    void active() throws Exception {
      flink.processWatermarkStatus(WatermarkStatus.ACTIVE);
    }

    /** Time passes, and the thread with it. */
    void pass(long ms) throws Exception {
      for (long until = nowMs + ms; nowMs < until; ) {
        nowMs += Math.min(TICK, until - nowMs);
        flink.setProcessingTime(nowMs);
      }
    }

    /** Time passes, and the thread stands still. */
    void jump(long ms) throws Exception {
      nowMs += ms;
      flink.setProcessingTime(nowMs);
    }

    TimerGauge jam() {
      return flink
          .getEnvironment()
          .getMetricGroup()
          .getIOMetricGroup()
          .getSoftBackPressuredTimePerSecond();
    }

    List<Long> marks() {
      List<Long> marks = new ArrayList<>();
      for (Object given : flink.getOutput()) {
        if (given instanceof Watermark mark) {
          marks.add(mark.getTimestamp());
        }
      }
      return marks;
    }

    long reached() {
      List<Long> marks = marks();
      return marks.get(marks.size() - 1);
    }

    List<Object> statuses() {
      return flink.getOutput().stream().filter(WatermarkStatus.class::isInstance).toList();
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
