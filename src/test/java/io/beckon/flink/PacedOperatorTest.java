// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static io.beckon.flink.TestJobs.HOUR_MS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PacedOperatorTest {
  private static final long T = 1_700_000_000_000L;
  private static final long DAY_MS = 24 * HOUR_MS;
  private static final int USERS = 4_500;

  @Test
  void afterAJumpOfDaysEachDeadlineFiresOnceInSlices() throws Exception {
    try (Harness harness = new Harness(null)) {
      harness.look(USERS);
      harness.flink.processWatermark(T + 5 * DAY_MS);
      assertThat(harness.decisions()).as("one slice").hasSize(PacedOperator.SLICE);
      assertThat(harness.marks()).as("not yet there").isEmpty();
      harness.flink.processWatermark(T + 5 * DAY_MS + 1);
      assertThat(harness.decisions()).as("no other slice out of turn").hasSize(PacedOperator.SLICE);
      harness.drain();
      assertThat(harness.decisions()).hasSize(USERS);
      assertThat(harness.users()).doesNotHaveDuplicates().hasSize(USERS);
      assertThat(harness.marks()).containsExactly(T + 5 * DAY_MS + 1);
      harness.flink.processWatermark(T + 6 * DAY_MS);
      harness.drain();
      assertThat(harness.decisions()).hasSize(USERS);
    }
  }

  @Test
  void aSnapshotBetweenSlicesLosesAndRepeatsNothing() throws Exception {
    OperatorSubtaskState snapshot;
    List<String> before;
    try (Harness first = new Harness(null)) {
      first.look(USERS);
      first.flink.processWatermark(T + DAY_MS);
      first.slice();
      before = first.users();
      snapshot = first.flink.snapshot(1, 1);
    }
    assertThat(before).hasSizeBetween(1, USERS - 1);
    try (Harness second = new Harness(snapshot)) {
      second.flink.processWatermark(T + DAY_MS);
      second.drain();
      assertThat(second.users()).doesNotContainAnyElementsOf(before);
      assertThat(second.users()).doesNotHaveDuplicates().hasSize(USERS - before.size());
    }
  }

  @Test
  void anEventBetweenSlicesFindsWhatWasDueBeforeItDecided() throws Exception {
    try (Harness harness = new Harness(null)) {
      harness.look(USERS);
      harness.flink.processWatermark(T + DAY_MS);
      List<String> done = harness.users();
      String waiting =
          IntStream.range(0, USERS)
              .mapToObj(i -> "u" + i)
              .filter(user -> !done.contains(user))
              .findFirst()
              .orElseThrow();
      harness.take(harness.feed.next("buy", waiting, "i1", T + DAY_MS + 1));
      assertThat(harness.users()).as("bought a day later: no excuse").endsWith(waiting);
      harness.drain();
      assertThat(harness.users()).doesNotHaveDuplicates().hasSize(USERS);
    }
  }

  @Test
  void whatIsDueBeforeTheEndComesBeforeTheEnd() throws Exception {
    try (Harness harness = new Harness(null)) {
      harness.look(USERS);
      harness.flink.processWatermark(T + DAY_MS);
      harness.flink.processWatermark(Long.MAX_VALUE);
      assertThat(harness.users()).doesNotHaveDuplicates().hasSize(USERS);
      harness.drain();
      assertThat(harness.decisions()).hasSize(USERS);
    }
  }

  @Test
  void aLiveEventIsLateByTheOperatorsTimeAlsoAfterARestart() throws Exception {
    OperatorSubtaskState snapshot;
    try (Harness first = new Harness(null)) {
      first.flink.processWatermark(T);
      first.take(first.feed.next("view", "ann", "in-time", T + 1));
      assertThat(first.late()).isEmpty();
      first.take(first.feed.next("view", "ann", "too-late", T));
      assertThat(first.late()).singleElement().asString().contains("too-late");
      snapshot = first.flink.snapshot(1, 1);
    }
    try (Harness second = new Harness(snapshot)) {
      second.feed.next("view", "ann", "an id already taken", T);
      second.feed.next("view", "ann", "another", T);
      second.take(second.feed.next("view", "ann", "late-still", T));
      assertThat(second.late()).singleElement().asString().contains("late-still");
      // No watermark has come since, and nothing is known of this user.
      second.take(second.feed.next("view", "bob", "late-as-well", T));
      assertThat(second.late()).hasSize(2).last().asString().contains("bob");
    }
  }

  /** The operator of a live job as Flink runs it. */
  private static final class Harness implements AutoCloseable {
    private final KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> flink;
    private final Feed feed = new Feed();
    private long nowMs = T;

    Harness(@Nullable OperatorSubtaskState snapshot) throws Exception {
      flink =
          new KeyedOneInputStreamOperatorTestHarness<>(
              new PacedOperator(
                  new EngagementOperator(() -> TestJobs.live(TestJobs.LATENESS_MS, 30_000)), T),
              UserElement::user,
              Types.STRING,
              EngagementJob.MAX_PARALLELISM,
              1,
              0);
      flink.setup(
          EngagementJob.LINE.createSerializer(flink.getExecutionConfig().getSerializerConfig()));
      flink.setProcessingTime(nowMs);
      if (snapshot != null) {
        flink.initializeState(snapshot);
      }
      flink.open();
    }

    /** Each looks at something, all at one instant. */
    void look(int users) throws Exception {
      for (int i = 0; i < users; i++) {
        take(feed.next("view", "u" + i, "i1", T));
      }
    }

    void take(UserElement element) throws Exception {
      flink.processElement(
          UserElement.event(
              element.user(), element.timeMs(), LiveWatermarks.NO_TIME, element.payload()),
          element.timeMs());
    }

    void slice() throws Exception {
      nowMs += PacedOperator.PAUSE_MS;
      flink.setProcessingTime(nowMs);
    }

    void drain() throws Exception {
      while (flink.getProcessingTimeService().getNumActiveTimers() > 0) {
        int before = decisions().size();
        slice();
        assertThat(decisions().size() - before).isLessThanOrEqualTo(PacedOperator.SLICE);
      }
    }

    List<String> decisions() {
      return flink.extractOutputValues().stream()
          .map(line -> new String(line, StandardCharsets.UTF_8))
          .toList();
    }

    List<String> users() {
      return decisions().stream()
          .map(line -> line.replaceAll(".*\"user\":\"([^\"]*)\".*", "$1"))
          .toList();
    }

    List<String> late() {
      var late = flink.getSideOutput(EngagementJob.LATE);
      return late == null
          ? List.of()
          : late.stream().map(line -> new String(line.getValue(), StandardCharsets.UTF_8)).toList();
    }

    List<Long> marks() {
      return flink.getOutput().stream()
          .filter(Watermark.class::isInstance)
          .map(mark -> ((Watermark) mark).getTimestamp())
          .toList();
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
