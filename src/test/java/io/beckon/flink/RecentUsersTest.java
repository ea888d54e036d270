// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static io.beckon.flink.TestJobs.HOUR_MS;
import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.flink.RecentUsers.Most;
import io.beckon.wire.RunSummary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Users at hand above a real keyed state: what is in it when, and that nobody can tell. */
class RecentUsersTest {
  private static final long T = 1_700_000_000_000L;
  private static final Most TWO = new Most(2, Long.MAX_VALUE);

  @Test
  void whoIsMetBeyondTheNumberPutsOutWhoWasMetLongestAgo() throws Exception {
    try (Harness harness = new Harness(TWO)) {
      harness.view("ann", T);
      harness.view("bob", T + 1);
      assertThat(harness.stored()).as("at hand only").isEmpty();
      harness.view("ann", T + 2);
      harness.view("zoe", T + 3);
      assertThat(harness.stored()).containsExactly("bob");
      harness.view("bob", T + 4);
      assertThat(harness.stored()).containsExactly("ann", "bob");
      harness.time(T + 3 * HOUR_MS);
      assertThat(harness.decided()).containsExactlyInAnyOrder("ann", "bob", "zoe");
    }
  }

  @Test
  void aUserWhoCameBackAndDidNothingIsNotWrittenAgain() throws Exception {
    try (Harness harness = new Harness(new Most(1, Long.MAX_VALUE))) {
      harness.view("ann", T);
      harness.view("bob", T);
      harness.snapshot();
      assertThat(harness.writes()).isEqualTo(2);
      harness.snapshot();
      assertThat(harness.writes()).isEqualTo(2);
    }
  }

  @Test
  void beyondTheBytesFewerAreAtHandWithoutASnapshotToo() throws Exception {
    try (Harness harness = new Harness(new Most(100, 2_000))) {
      // None of them has ever been written; only having changed often tells that they are large.
      for (int user = 0; user < 10; user++) {
        for (int i = 0; i < RecentUsers.WEIGH_AFTER; i++) {
          harness.take(harness.feed.next("view", "u" + user, "item-" + i, T + i));
        }
      }
      assertThat(harness.largest()).isGreaterThan(1_000);
      assertThat(harness.stored()).hasSize(10);
      assertThat(harness.writes()).as("once each").isEqualTo(10);
      long before = harness.writes();
      // Whoever is not at hand any more is read, changed and in the end put out again.
      for (int user = 0; user < 10; user++) {
        harness.view("u" + user, T + 100);
      }
      assertThat(harness.writes() - before).isGreaterThanOrEqualTo(8);
      // With the large ones gone there is room again.
      for (int user = 0; user < 5; user++) {
        harness.view("small" + user, T + 101);
      }
      assertThat(harness.stored()).hasSize(10).noneMatch(user -> user.startsWith("small"));
    }
  }

  @Test
  void oneWhoIsLargerThanAllBytesIsAtHandAlone() throws Exception {
    try (Harness harness = new Harness(new Most(100, 1))) {
      for (int i = 0; i < 3; i++) {
        harness.view("ann", T + i);
        harness.view("bob", T + i);
      }
      harness.time(T + 3 * HOUR_MS);
      assertThat(harness.decided()).containsExactlyInAnyOrder("ann", "bob");
    }
  }

  @Test
  void aSnapshotHasEverybodyAtHandAndARestartGoesOnWithThem() throws Exception {
    OperatorSubtaskState snapshot;
    try (Harness first = new Harness(TWO)) {
      for (String user : List.of("ann", "bob", "zoe")) {
        first.view(user, T);
      }
      snapshot = first.snapshot();
      assertThat(first.stored()).containsExactly("ann", "bob", "zoe");
      // Nobody will ever know: the restart begins before it.
      first.take(first.feed.next("buy", "ann", "i1", T + 1));
    }
    try (Harness second = new Harness(TWO, snapshot, false)) {
      second.feed.next("view", "skip", "an id already taken", T);
      second.feed.next("view", "skip", "an id already taken", T);
      second.feed.next("view", "skip", "an id already taken", T);
      second.take(second.feed.next("buy", "bob", "i1", T + 1));
      second.time(T + HOUR_MS);
      assertThat(second.decided()).containsExactlyInAnyOrder("ann", "zoe");
    }
  }

  @Test
  void anElementAfterASnapshotBelongsToItsOwnUser() throws Exception {
    try (Harness harness = new Harness(TWO)) {
      harness.view("ann", T);
      harness.view("bob", T);
      harness.snapshot();
      harness.take(harness.feed.next("buy", "ann", "i1", T + 1));
      harness.snapshot();
      harness.time(T + 2 * HOUR_MS);
      assertThat(harness.decided()).containsExactly("bob");
    }
  }

  @Test
  void oneWhoWasStoredAndIsEmptyIsGoneFromTheStateToo() throws Exception {
    try (Harness harness = new Harness(TWO)) {
      harness.view("ann", T);
      harness.view("bob", T);
      harness.snapshot();
      assertThat(harness.stored()).containsExactly("ann", "bob");
      harness.time(T + 30 * 24 * HOUR_MS);
      assertThat(harness.stored()).isEmpty();
      assertThat(harness.timers()).isZero();
      harness.snapshot();
      assertThat(harness.stored()).as("and not written again").isEmpty();
    }
  }

  @Test
  void aTimerThatOutlivedItsUserPutsNobodyOut() throws Exception {
    try (Harness harness = new Harness(new Most(1, Long.MAX_VALUE))) {
      // A deadline at T + 1h, then one before it: the former is left to fire in vain.
      harness.view("ann", T + HOUR_MS);
      harness.view("bob", T + HOUR_MS);
      harness.take(harness.feed.next("view", "ann", "i2", T + HOUR_MS - 5_000));
      assertThat(harness.timers()).isEqualTo(3);
      harness.take(UserElement.erase("ann"));
      assertThat(harness.timers()).isEqualTo(2);
      harness.take(harness.feed.next("view", "bob", "i2", T + HOUR_MS + 1));
      long writes = harness.writes();
      harness.time(T + 2 * HOUR_MS);
      assertThat(harness.decided()).containsExactly("bob");
      assertThat(harness.writes()).isEqualTo(writes);
      harness.snapshot();
      assertThat(harness.stored()).containsExactly("bob");
    }
  }

  @Test
  void whoIsFoundEmptyTakesTheWorkingTimerAlong() throws Exception {
    try (Harness harness = new Harness(TWO)) {
      // Between the instant from which all can be forgotten and the timer that does it.
      harness.take(harness.feed.next("buy", "ann", "i1", T));
      harness.take(
          harness.feed.next("buy", "bob", "i1", T + 24 * HOUR_MS + TestJobs.LATENESS_MS + 100_000));
      assertThat(harness.timers()).isEqualTo(2);
      harness.take(harness.feed.next("view", "ann", "too late to be anything", T - 1));
      assertThat(harness.timers()).as("bob's").isEqualTo(1);
      harness.snapshot();
      assertThat(harness.stored()).containsExactly("bob");
    }
  }

  @Test
  void whoEverIsAtHandTheDecisionsAreTheSame() throws Exception {
    for (long seed = 1; seed <= 3; seed++) {
      Random random = new Random(seed);
      Feed feed = new Feed();
      List<Object> steps = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        String user = "u" + random.nextInt(12);
        if (random.nextInt(40) == 0) {
          steps.add(UserElement.erase(user));
        }
        String type = random.nextInt(3) == 0 ? "buy" : "view";
        long timeMs = T + i * 200_000L - random.nextInt(15_000);
        steps.add(feed.next(type, user, "i" + random.nextInt(3), timeMs));
        if (random.nextInt(4) == 0) {
          steps.add(feed.watermarkMs());
        }
        if (random.nextInt(15) == 0) {
          steps.add(random.nextBoolean() ? "snapshot" : "restart");
        }
      }
      steps.add(feed.finalWatermarkMs());
      steps.add(Long.MAX_VALUE);
      Outcome usual = play(steps, Most.USUAL, false);
      assertThat(usual.decisions).as("seed %s", seed).hasSizeGreaterThan(50);
      assertThat(usual.open).as("seed %s", seed).isPositive();
      assertThat(play(steps, TWO, false)).as("seed %s, two", seed).isEqualTo(usual);
      assertThat(play(steps, new Most(100, 60), false)).as("seed %s, bytes", seed).isEqualTo(usual);
      if (seed == 1) {
        assertThat(play(steps, TWO, true)).as("seed %s, on disk", seed).isEqualTo(usual);
      }
    }
  }

  /** What came out of a run; the order among users is nobody's promise. */
  private record Outcome(List<String> decisions, List<String> commands, long open) {}

  private static Outcome play(List<Object> steps, Most most, boolean disk) throws Exception {
    List<String> decisions = new ArrayList<>();
    List<String> commands = new ArrayList<>();
    Harness harness = new Harness(most, null, disk);
    long open;
    try {
      for (Object step : steps) {
        if (step instanceof UserElement element) {
          harness.take(element);
        } else if (step instanceof Long watermarkMs) {
          harness.time(watermarkMs);
        } else {
          OperatorSubtaskState snapshot = harness.snapshot();
          if (step.equals("restart")) {
            decisions.addAll(harness.decisions());
            commands.addAll(harness.commands());
            harness.close();
            harness = new Harness(most, snapshot, disk);
          }
        }
      }
      decisions.addAll(harness.decisions());
      commands.addAll(harness.commands());
      open = harness.count(RunSummary.open("come-back"));
    } finally {
      harness.close();
    }
    decisions.sort(null);
    commands.sort(null);
    return new Outcome(decisions, commands, open);
  }

  /** The operator as Flink runs it. */
  private static final class Harness implements AutoCloseable {
    private final UserOperator operator;
    private final KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> flink;
    private final Feed feed = new Feed();

    Harness(Most most) throws Exception {
      this(most, null, false);
    }

    Harness(Most most, @Nullable OperatorSubtaskState snapshot, boolean disk) throws Exception {
      operator = new UserOperator(new EngagementOperator(TestJobs::shop, most, false));
      flink =
          new KeyedOneInputStreamOperatorTestHarness<>(
              operator, UserElement::user, Types.STRING, EngagementJob.MAX_PARALLELISM, 1, 0);
      if (disk) {
        flink.setStateBackend(new EmbeddedRocksDBStateBackend());
      }
      flink.setup(
          EngagementJob.LINE.createSerializer(flink.getExecutionConfig().getSerializerConfig()));
      if (snapshot != null) {
        flink.initializeState(snapshot);
      }
      flink.open();
    }

    void view(String user, long timeMs) throws Exception {
      take(feed.next("view", user, "i1", timeMs));
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

    /** Of whom Flink's state has something. */
    List<String> stored() throws Exception {
      ValueStateDescriptor<byte[]> user = new ValueStateDescriptor<>("user", EngagementJob.LINE);
      List<String> stored = new ArrayList<>();
      operator
          .<String>getKeyedStateBackend()
          .applyToAllKeys(
              VoidNamespace.INSTANCE,
              VoidNamespaceSerializer.INSTANCE,
              user,
              (String key, ValueState<byte[]> state) -> stored.add(key));
      stored.sort(null);
      return stored;
    }

    long writes() {
      return count(RunSummary.STATE_WRITES);
    }

    long largest() {
      return (Long)
          operator.getRuntimeContext().getAccumulator(RunSummary.STATE_LARGEST).getLocalValue();
    }

    long count(String name) {
      return operator.getRuntimeContext().getLongCounter(name).getLocalValue();
    }

    List<String> decisions() {
      return flink.extractOutputValues().stream()
          .map(line -> new String(line, StandardCharsets.UTF_8))
          .toList();
    }

    /** The users of the decisions. */
    List<String> decided() {
      return decisions().stream()
          .map(line -> line.replaceAll(".*\"user\":\"([^\"]*)\".*", "$1"))
          .toList();
    }

    List<String> commands() {
      OutputTag<byte[]> tag = EngagementJob.COMMANDS;
      List<String> lines = new ArrayList<>();
      Iterable<StreamRecord<byte[]>> records = flink.getSideOutput(tag);
      if (records != null) {
        records.forEach(record -> lines.add(new String(record.getValue(), StandardCharsets.UTF_8)));
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
