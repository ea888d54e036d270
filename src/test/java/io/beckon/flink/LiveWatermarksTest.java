// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.util.clock.ManualClock;
import org.junit.jupiter.api.Test;

class LiveWatermarksTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final long LATENESS_MS = 10_000;
  private static final long QUIET_MS = 30_000;

  private final ManualClock activity = new ManualClock();
  private long nowMs = NOW;
  private final Said said = new Said();
  private final LiveWatermarks watermarks =
      new LiveWatermarks(LATENESS_MS, QUIET_MS, activity, () -> nowMs);

  @Test
  void isTheGreatestTimeLessTheLatenessLessOne() {
    read(NOW);
    read(NOW - 5_000);
    emit();
    assertThat(said.all).containsExactly(NOW - LATENESS_MS - 1);
  }

  @Test
  void inABacklogItIsSaidWithTheEventsAndNotOnlyPeriodically() {
    read(NOW);
    read(NOW + LATENESS_MS - 1);
    assertThat(said.all).as("less than a step").isEmpty();
    read(NOW + LATENESS_MS);
    read(NOW + 1);
    read(NOW + 2 * LATENESS_MS - 1);
    assertThat(said.all).containsExactly(NOW - 1);
    read(NOW + 5 * LATENESS_MS);
    assertThat(said.all).containsExactly(NOW - 1, NOW + 4 * LATENESS_MS - 1);
  }

  @Test
  void deadLettersDoNotMoveTimeNorKeepAPartitionAwake() {
    read(LiveWatermarks.NO_TIME);
    emit();
    assertThat(said.all).isEmpty();
    pass(QUIET_MS - 1);
    read(LiveWatermarks.NO_TIME);
    pass(1);
    emit();
    assertThat(said.all).containsExactly("idle");
  }

  @Test
  void anIdlePartitionHoldsNobodyBack() {
    read(NOW);
    pass(QUIET_MS - 1);
    emit();
    assertThat(said.idle()).isFalse();
    pass(1);
    emit();
    assertThat(said.idle()).isTrue();
  }

  @Test
  void aPartitionThatNeverGaveAnythingIsIdleToo() {
    pass(QUIET_MS);
    emit();
    assertThat(said.all).containsExactly("idle");
  }

  @Test
  void aJamIsNotSilence() {
    read(NOW);
    nowMs += 24 * 3_600_000;
    emit();
    assertThat(said.idle()).as("a day passed, but none in which it could be read").isFalse();
  }

  @Test
  void aPartitionThatWakesIsHeardAtOnceWhenItIsOnTime() {
    pass(QUIET_MS);
    emit();
    read(nowMs - LATENESS_MS);
    assertThat(said.all).containsExactly("idle", "active");
    emit();
    assertThat(said.all).endsWith(nowMs - 2 * LATENESS_MS - 1);
  }

  @Test
  void aLoneStragglerDoesNotStopTime() {
    pass(QUIET_MS);
    for (int i = 0; i < 10; i++) {
      read(nowMs - LATENESS_MS - 1);
      emit();
      pass(QUIET_MS);
      emit();
    }
    assertThat(said.all).as("one an interval, each after a pause").containsOnly("idle");
  }

  @Test
  void aSourceThatIsAlwaysBehindIsWaitedFor() {
    pass(QUIET_MS);
    emit();
    for (int i = 0; i < 30; i++) {
      read(nowMs - 60_000);
      pass(1_000);
      emit();
      assertThat(said.idle()).isTrue();
    }
    read(nowMs - 60_000);
    emit();
    assertThat(said.all).endsWith("active", nowMs - 60_000 - LATENESS_MS - 1);
  }

  private void read(long timeMs) {
    UserElement element =
        timeMs == LiveWatermarks.NO_TIME
            ? UserElement.profile("ann", new byte[0])
            : UserElement.passed(timeMs, Long.MIN_VALUE);
    watermarks.onEvent(element, timeMs, said);
  }

  private void emit() {
    watermarks.onPeriodicEmit(said);
  }

  private void pass(long ms) {
    nowMs += ms;
    activity.advanceTime(Duration.ofMillis(ms));
  }

  private static final class Said implements WatermarkOutput {
    private final List<Object> all = new ArrayList<>();

    boolean idle() {
      return !all.isEmpty() && all.get(all.size() - 1).equals("idle");
    }

    @Override
    public void emitWatermark(Watermark watermark) {
      all.add(watermark.getTimestamp());
    }

    @Override
    public void markIdle() {
      all.add("idle");
    }

    @Override
    public void markActive() {
      all.add("active");
    }
  }
}
