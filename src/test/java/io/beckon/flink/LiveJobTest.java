// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static io.beckon.flink.TestJobs.HOUR_MS;
import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.JobDefinition;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Time on a whole Flink: several partitions, subtasks, checkpoints. The folders stay: when a test
 * ends, its cluster may still be at work in them.
 */
class LiveJobTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Test
  void anAbsenceWithEverythingQuietFiresWithinItsBound(
      TestInfo test, @TempDir(cleanup = CleanupMode.NEVER) Path folder) throws Exception {
    Settings settings = new Settings(500, 1_000, 1_000);
    try (Job job = new Job(test, settings, 3, 2, folder)) {
      job.look("warm-up", System.currentTimeMillis());
      job.await(() -> job.users().contains("warm-up"));
      // From here on nobody gives anything, but this once; one subtask and two partitions never.
      long lookedMs = System.currentTimeMillis();
      job.look("ann", lookedMs);
      job.await(() -> job.users().contains("ann"));
      long firedMs = System.currentTimeMillis();
      long deadlineMs = lookedMs + settings.forMs;
      assertThat(firedMs).as("not early").isGreaterThan(deadlineMs + settings.latenessMs);
      assertThat(firedMs - deadlineMs)
          .isLessThanOrEqualTo(settings.latenessMs + settings.quietAfterMs + 2_000);
      assertThat(job.users()).containsExactlyInAnyOrder("warm-up", "ann");
    }
  }

  @Test
  void oneIdlePartitionHoldsNobodyBack(
      TestInfo test, @TempDir(cleanup = CleanupMode.NEVER) Path folder) throws Exception {
    // Silence of all would take a minute: only the partition that goes on can move time here.
    Settings settings = new Settings(0, 1_000, 60_000);
    try (Job job = new Job(test, settings, 2, 2, folder)) {
      long startMs = System.currentTimeMillis() - HOUR_MS;
      job.look("ann", startMs);
      int[] steps = {0};
      job.await(
          () -> {
            // Far in the past: the processing clock has nothing to do with it.
            job.look("bob", startMs + steps[0]++ * 1_000L);
            return job.users().contains("ann");
          });
      assertThat(job.users()).containsOnlyOnce("ann");
    }
  }

  @Test
  void aRestartIntoSilenceStillFires(
      TestInfo test, @TempDir(cleanup = CleanupMode.NEVER) Path folder) throws Exception {
    Settings settings = new Settings(500, 1_000, 8_000);
    try (Job job = new Job(test, settings, 2, 2, folder)) {
      job.await(() -> !job.source.topic().checkpoints().isEmpty());
      job.look("ann", System.currentTimeMillis());
      int before = job.source.topic().checkpoints().size();
      // One may have been under way; the next began after the event had been written.
      job.await(() -> job.source.topic().checkpoints().size() >= before + 3);
      job.source.topic().fail();
      job.await(() -> job.source.topic().starts() == 4);
      assertThat(job.users()).as("failed before the deadline").isEmpty();
      job.await(() -> job.users().contains("ann"));
      assertThat(job.users()).containsExactly("ann");
    }
  }

  @Test
  void overdueDeadlinesByTheHundredThousandHoldUpNoCheckpoint(
      TestInfo test, @TempDir(cleanup = CleanupMode.NEVER) Path folder) throws Exception {
    int users = 200_000;
    long thenMs = System.currentTimeMillis() - 48 * HOUR_MS;
    try (Job job = new Job(test, new Settings(500, 600_000, HOUR_MS), 2, 2, folder)) {
      for (int i = 0; i < users; i++) {
        job.look("u" + i, thenMs);
      }
      job.look("now", System.currentTimeMillis());
      // The other partition held time back until here.
      job.look(1, "now-too", System.currentTimeMillis());
      job.await(() -> !job.lines().isEmpty());
      long begunAt = System.nanoTime();
      job.await(() -> job.lines().size() >= users);
      long endedAt = System.nanoTime();
      List<Long> completed =
          job.source.topic().checkpoints().stream()
              .filter(at -> at - begunAt > 0 && at - endedAt < 0)
              .toList();
      assertThat(completed).as("checkpoints while deadlines fired").hasSizeGreaterThan(2);
      long last = begunAt;
      long longest = 0;
      for (long at : completed) {
        longest = Math.max(longest, at - last);
        last = at;
      }
      assertThat(Duration.ofNanos(longest)).isLessThan(Duration.ofSeconds(10));
      assertThat(job.users()).hasSize(users).doesNotHaveDuplicates();
    }
  }

  private record Settings(long latenessMs, long quietAfterMs, long forMs) implements Serializable {
    JobDefinition job() {
      return TestJobs.live(latenessMs, quietAfterMs, forMs);
    }
  }

  /** A running job, with a second source that never gives anything and knows no time. */
  private static final class Job implements AutoCloseable {
    private final LiveSource source;
    private final String name;
    private final JobClient client;
    private final Feed feed = new Feed();

    Job(TestInfo test, Settings settings, int partitions, int parallelism, Path folder)
        throws Exception {
      name = test.getDisplayName();
      source = new LiveSource(name, partitions);
      LiveSource profiles = new LiveSource(name + " profiles", 1);
      Configuration flink = new Configuration();
      flink.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
      flink.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ZERO);
      flink.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
      flink.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder.toUri().toString());
      StreamExecutionEnvironment env =
          StreamExecutionEnvironment.createLocalEnvironment(parallelism, flink);
      env.enableCheckpointing(100);
      JobDefinition.TimeSettings time = settings.job().time();
      LiveTime.keep(
              env.fromSource(source, LiveWatermarks.strategy(time), "events", UserElement.TYPE),
              time)
          .union(env.fromSource(profiles, LiveWatermarks.timeless(), "profiles", UserElement.TYPE))
          .keyBy(UserElement::user, Types.STRING)
          .transform(
              "engage",
              EngagementJob.LINE,
              new PacedOperator(new EngagementOperator(settings::job), 0))
          .sinkTo(new Collected(name));
      client = env.executeAsync(name);
    }

    void look(String user, long timeMs) {
      look(0, user, timeMs);
    }

    void look(int partition, String user, long timeMs) {
      UserElement event = feed.next("view", user, "i1", timeMs);
      source
          .topic()
          .write(
              partition, UserElement.event(user, timeMs, LiveWatermarks.NO_TIME, event.payload()));
    }

    List<byte[]> lines() {
      return Collected.lines(name);
    }

    List<String> users() {
      List<byte[]> lines = lines();
      List<byte[]> copy;
      synchronized (lines) {
        copy = List.copyOf(lines);
      }
      return copy.stream()
          .map(line -> new String(line, StandardCharsets.UTF_8))
          .map(line -> line.replaceAll(".*\"user\":\"([^\"]*)\".*", "$1"))
          .toList();
    }

    void await(BooleanSupplier condition) {
      long start = System.nanoTime();
      while (!condition.getAsBoolean()) {
        assertThat(System.nanoTime() - start)
            .as("waited %s; decisions so far: %s", PATIENCE, lines().size())
            .isLessThan(PATIENCE.toNanos());
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
      }
    }

    @Override
    public void close() {
      client.cancel().join();
    }
  }

  /** Keeps lines where the test finds them. */
  private record Collected(String name) implements Sink<byte[]> {
    private static final Map<String, List<byte[]>> LINES = new ConcurrentHashMap<>();

    static List<byte[]> lines(String name) {
      return LINES.computeIfAbsent(name, key -> Collections.synchronizedList(new ArrayList<>()));
    }

    @Override
    public SinkWriter<byte[]> createWriter(WriterInitContext context) {
      List<byte[]> lines = lines(name);
      return new SinkWriter<>() {
        @Override
        public void write(byte[] line, Context context) {
          lines.add(line);
        }

        @Override
        public void flush(boolean endOfInput) {}

        @Override
        public void close() {}
      };
    }
  }
}
