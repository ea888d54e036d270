// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.language.JobDefinition.ScoreRedis;
import io.beckon.redis.RealRedis;
import io.beckon.redis.ScoreWrite;
import io.beckon.redis.ScoreWrite.Field;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.apache.flink.streaming.runtime.tasks.StreamTaskActionExecutor;
import org.apache.flink.streaming.runtime.tasks.mailbox.Mail;
import org.apache.flink.streaming.runtime.tasks.mailbox.MailboxExecutorImpl;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisException;

/** Scores on their way to a real Redis that is killed, frozen or not there yet. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class RedisScoresOperatorTest {
  private static final long SEED = 5;
  private static final ScoreRedis KEY = new ScoreRedis("s:{user}", 3_600_000);

  private static ScoreWrite write(int user, long timeMs) {
    return ScoreWrite.of(
        "u" + user, timeMs, List.of(new Field("churn", Long.toString(timeMs % 1_000))));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyUserEndsWithTheNewestHoweverOftenRedisIsKilled(boolean disk) throws Exception {
    int users = 4_000;
    Random random = new Random(SEED);
    Map<String, ScoreWrite> newest = new HashMap<>();
    try (RealRedis redis = RealRedis.openKeeping();
        Harness harness = new Harness(redis, 1_000, disk, null);
        Sampler sampler = new Sampler(redis, users)) {
      long timeMs = 1_700_000_000_000L;
      for (int kill = 0; kill < 4; kill++) {
        for (int i = 0; i < 12_000; i++) {
          // Some at the same instant: then the later one counts.
          timeMs += random.nextInt(3);
          ScoreWrite write = write(random.nextInt(users), timeMs);
          newest.put(write.user(), write);
          harness.take(write);
          if (i == 4_000 || i == 9_000) {
            // In the middle of a batch, as far as anybody knows.
            redis.kill();
            long failures = harness.metric("failures");
            harness.take(write(0, timeMs));
            newest.put("u0", write(0, timeMs));
            harness.await(() -> harness.metric("failures") > failures);
            assertThat(harness.metric("up")).isZero();
          } else if (i == 6_000 || i == 11_000) {
            redis.start();
          }
        }
        long written = harness.metric("written");
        harness.await(() -> harness.metric("written") > written || harness.metric("pending") == 0);
      }
      harness.await(() -> harness.metric("pending") == 0);
      assertThat(harness.metric("up")).isOne();
      assertThat(harness.pendingInState()).isZero();
      assertThat(harness.metric("refused_older")).isZero();
      assertHas(redis, newest);
      assertThat(sampler.stop()).as("seed %s", SEED).isGreaterThan(users);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whileItIsAwayOnlyTheStateGrowsAndThenAllOfItIsWritten(boolean disk) throws Exception {
    int users = 3 * ScoresWriter.MOST + 77;
    Map<String, ScoreWrite> newest = new HashMap<>();
    try (RealRedis redis = RealRedis.open()) {
      redis.kill();
      OperatorSubtaskState snapshot;
      try (Harness harness = new Harness(redis, 1_000, disk, null)) {
        for (long timeMs = 10; timeMs <= 20; timeMs += 10) {
          for (int user = 0; user < users; user++) {
            newest.put("u" + user, write(user, timeMs));
            harness.take(write(user, timeMs));
          }
        }
        assertThat(harness.metric("pending")).isEqualTo(users);
        assertThat(harness.pendingInState()).isEqualTo(users);
        assertThat(harness.metric("written")).isZero();
        snapshot = harness.flink.snapshot(1, 1);
        redis.start();
        harness.await(() -> harness.metric("pending") == 0);
        assertHas(redis, newest);
        assertThat(harness.metric("written")).isBetween((long) users, 2L * users);
      }
      // The same again, as after a restart: somebody has been faster with two, one is not ours.
      redis.with(Jedis::flushAll);
      redis.with(jedis -> jedis.hset("s:u1", Map.of("time", "30", "churn", "30")));
      redis.with(jedis -> jedis.hset("s:u2", Map.of("time", "20", "churn", "x")));
      redis.with(jedis -> jedis.set("s:u3", "not ours"));
      try (Harness harness = new Harness(redis, 1_000, disk, snapshot)) {
        harness.await(() -> harness.metric("pending") == 0);
        assertThat(harness.pendingInState()).isZero();
        assertThat(harness.metric("refused_older")).isOne();
        assertThat(harness.metric("not_ours")).isOne();
        assertThat(harness.metric("written")).isEqualTo(users - 2);
        newest.put("u1", write(1, 30));
        newest.remove("u3");
        assertHas(redis, newest);
        assertThat(redis.<Long>with(jedis -> jedis.pttl("s:u5"))).isPositive();
        harness.take(ScoreWrite.erased("u1", 0));
        harness.take(write(4, 40));
        harness.await(() -> harness.metric("pending") == 0);
        newest.remove("u1");
        newest.put("u4", write(4, 40));
        assertHas(redis, newest);
        assertThat(redis.<Boolean>with(jedis -> jedis.exists("s:u1"))).isFalse();
      }
    }
  }

  @Test
  void aBoundedInputEndsWhenAllIsWritten() throws Exception {
    int users = 2 * ScoresWriter.MOST;
    try (RealRedis redis = RealRedis.open()) {
      redis.kill();
      try (Harness harness = new Harness(redis, 1_000, false, null)) {
        Map<String, ScoreWrite> newest = new HashMap<>();
        for (int user = 0; user < users; user++) {
          newest.put("u" + user, write(user, 10));
          harness.take(write(user, 10));
        }
        Thread starter =
            new Thread(
                () -> {
                  RealRedis.await("it has failed", () -> harness.metric("failures") > 2);
                  try {
                    redis.start();
                  } catch (IOException e) {
                    throw new AssertionError(e);
                  }
                });
        starter.start();
        harness.flink.endInput();
        assertThat(harness.metric("pending")).isZero();
        assertHas(redis, newest);
        starter.join();
      }
    }
  }

  @Test
  void whoEndsItWhileItWaitsDoesNotWait() throws Exception {
    try (RealRedis redis = RealRedis.open()) {
      Harness harness = new Harness(redis, 60_000, false, null);
      harness.take(write(1, 10));
      harness.await(() -> harness.metric("pending") == 0);
      redis.freeze();
      harness.take(write(1, 20));
      Thread ending = Thread.currentThread();
      Thread interrupting =
          new Thread(
              () -> {
                RealRedis.await(
                    "it waits",
                    () ->
                        List.of(ending.getStackTrace()).stream()
                            .anyMatch(frame -> frame.getMethodName().equals("endInput")));
                ending.interrupt();
              });
      interrupting.start();
      // As Flink does it with a task that is cancelled.
      assertThatThrownBy(() -> harness.flink.endInput()).isInstanceOf(InterruptedException.class);
      long startNanos = System.nanoTime();
      harness.close();
      RealRedis.await("its thread has ended", () -> !isWriterAlive());
      assertThat(System.nanoTime() - startNanos).isLessThan(TimeUnit.SECONDS.toNanos(30));
      interrupting.join();
      redis.thaw();
    }
  }

  private static boolean isWriterAlive() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().startsWith("redis-scores-"));
  }

  private static void assertHas(RealRedis redis, Map<String, ScoreWrite> newest) {
    Map<String, Map<String, String>> expected = new HashMap<>();
    newest.forEach(
        (user, write) ->
            expected.put(
                user,
                Map.of(
                    "time", Long.toString(write.timeMs()), "churn", write.fields().get(0).text())));
    // The whole of it could be too much for one message of a failure.
    Map<String, Map<String, String>> found = hashes(redis, List.copyOf(newest.keySet()));
    List<String> wrong =
        expected.keySet().stream()
            .filter(user -> !Objects.equals(expected.get(user), found.get(user)))
            .map(user -> user + ": " + expected.get(user) + ", not " + found.get(user))
            .toList();
    assertThat(wrong.stream().limit(10)).as("%s of %s", wrong.size(), newest.size()).isEmpty();
  }

  private static Map<String, Map<String, String>> hashes(RealRedis redis, List<String> users) {
    return redis.with(
        jedis -> {
          Map<String, Response<Map<String, String>>> answers = new HashMap<>();
          Pipeline pipeline = jedis.pipelined();
          users.forEach(user -> answers.put(user, pipeline.hgetAll("s:" + user)));
          pipeline.sync();
          Map<String, Map<String, String>> all = new HashMap<>();
          answers.forEach((user, answer) -> all.put(user, answer.get()));
          return all;
        });
  }

  /** Looks at users all the time: none is ever older than before, nor halfway written. */
  private static final class Sampler implements AutoCloseable {
    private final RealRedis redis;
    private final int users;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final AtomicInteger seen = new AtomicInteger();
    private final List<String> wrong = new ArrayList<>();
    private final Thread thread = new Thread(this::run, "sampler");

    Sampler(RealRedis redis, int users) {
      this.redis = redis;
      this.users = users;
      thread.start();
    }

    private void run() {
      Random random = new Random(SEED);
      Map<String, Long> last = new HashMap<>();
      while (!stopped.get()) {
        List<String> some = random.ints(100, 0, users).distinct().mapToObj(u -> "u" + u).toList();
        try {
          hashes(redis, some).forEach((user, hash) -> look(user, hash, last));
        } catch (JedisException away) {
          Thread.onSpinWait();
        }
      }
    }

    private void look(String user, Map<String, String> hash, Map<String, Long> last) {
      if (hash.isEmpty() && !last.containsKey(user)) {
        return;
      }
      long timeMs = Long.parseLong(hash.getOrDefault("time", "-1"));
      boolean whole = hash.size() == 2 && Long.toString(timeMs % 1_000).equals(hash.get("churn"));
      if (!whole || timeMs < last.getOrDefault(user, 0L)) {
        wrong.add(user + " " + hash + " after " + last.get(user));
      }
      last.put(user, timeMs);
      seen.incrementAndGet();
    }

    /** How many were seen. */
    int stop() throws InterruptedException {
      stopped.set(true);
      thread.join();
      assertThat(wrong).isEmpty();
      return seen.get();
    }

    @Override
    public void close() {
      try {
        stop();
      } catch (Exception e) {
        throw new AssertionError("it does not end", e);
      }
    }
  }

  /** The operator as Flink runs it, in the thread of the test. */
  private static final class Harness implements AutoCloseable {
    private final RedisScoresOperator operator;
    private final KeyedOneInputStreamOperatorTestHarness<String, ScoreWrite, byte[]> flink;
    private final TestMetrics metrics = new TestMetrics();

    Harness(RealRedis redis, long limitMs, boolean disk, @Nullable OperatorSubtaskState snapshot)
        throws Exception {
      operator = new RedisScoresOperator(redis.access(limitMs), "shop", KEY);
      flink =
          new KeyedOneInputStreamOperatorTestHarness<>(
              operator,
              ScoreWrite::user,
              Types.STRING,
              metrics.environment(EngagementJob.MAX_PARALLELISM));
      // What a task does; the harness does not.
      operator.setMailboxExecutor(
          new MailboxExecutorImpl(flink.getTaskMailbox(), 0, StreamTaskActionExecutor.IMMEDIATE));
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

    void take(ScoreWrite write) throws Exception {
      flink.processElement(write, write.timeMs());
      mail();
    }

    private void mail() throws Exception {
      Optional<Mail> next = flink.getTaskMailbox().tryTake(0);
      while (next.isPresent()) {
        next.get().run();
        next = flink.getTaskMailbox().tryTake(0);
      }
    }

    void await(BooleanSupplier isSo) {
      RealRedis.await(
          "what is pending: " + metric("pending"),
          () -> {
            try {
              mail();
            } catch (Exception e) {
              throw new AssertionError(e);
            }
            return isSo.getAsBoolean();
          });
    }

    long metric(String name) {
      return metrics.value(name);
    }

    long pendingInState() {
      return operator
          .<String>getKeyedStateBackend()
          .getKeys("pending", VoidNamespace.INSTANCE)
          .count();
    }

    @Override
    public void close() {
      try {
        flink.close();
      } catch (Exception e) {
        throw new AssertionError("it does not end", e);
      }
    }
  }
}
