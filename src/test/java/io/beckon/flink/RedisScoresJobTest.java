// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.JobDefinition.ScoreRedis;
import io.beckon.redis.RealRedis;
import io.beckon.redis.ScoreWrite;
import io.beckon.redis.ScoreWrite.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;

/** A job whose scores go to Redis, and elsewhere; Redis is killed under load, the job is not. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class RedisScoresJobTest {
  private static final long SEED = 23;
  private static final int USERS = 3_000;
  private static final int PARTITIONS = 2;
  private static final ScoreRedis KEY = new ScoreRedis("s:{job}:{user}", 3_600_000);

  private final Random random = new Random(SEED);
  private final Map<String, Long> newest = new HashMap<>();
  private long timeMs = 1_700_000_000_000L;
  private int sent;

  @Test
  void theJobGoesOnWhileRedisIsKilledAndEveryUserEndsWithTheNewest(
      @TempDir(cleanup = CleanupMode.NEVER) Path folder) throws Exception {
    LiveSource source = new LiveSource("scores-killed", PARTITIONS);
    try (RealRedis redis = RealRedis.openKeeping()) {
      Job job = new Job(source, redis, "hashmap", PARTITIONS, folder, "");
      for (int round = 0; round < 3; round++) {
        send(source, 5_000);
        RealRedis.await("all else has come", () -> job.seen() == sent);
        redis.kill();
        int checkpoints = source.topic().checkpoints().size();
        send(source, 5_000);
        RealRedis.await("what else comes of it comes", () -> job.seen() == sent);
        long killedMs = timeMs;
        RealRedis.await(
            "time goes on",
            () -> {
              send(source, 1);
              return job.watermarkMs() > killedMs;
            });
        RealRedis.await(
            "and checkpoints", () -> source.topic().checkpoints().size() > checkpoints + 4);
        redis.start();
      }
      RealRedis.await("all is there", () -> wrong(redis).isEmpty());
      assertThat(source.topic().starts()).as("it was never restarted").isEqualTo(PARTITIONS);
      job.client.cancel().get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void whatIsPendingAtASavepointIsWrittenByTheNext(
      @TempDir(cleanup = CleanupMode.NEVER) Path folder) throws Exception {
    LiveSource source = new LiveSource("scores-restored", PARTITIONS);
    try (RealRedis redis = RealRedis.openKeeping()) {
      redis.kill();
      Job first = new Job(source, redis, "hashmap", PARTITIONS, folder, "");
      send(source, 20_000);
      RealRedis.await("all is taken", () -> first.seen() == sent);
      String savepoint = first.stop(folder);
      Job second = new Job(source, redis, "rocksdb", PARTITIONS + 1, folder, savepoint);
      send(source, 500);
      RealRedis.await("it runs", () -> second.seen() == sent);
      savepoint = second.stop(folder);
      redis.start();
      Job third = new Job(source, redis, "hashmap", 1, folder, savepoint);
      RealRedis.await("all is there", () -> wrong(redis).isEmpty());
      third.client.cancel().get(60, TimeUnit.SECONDS);
    }
  }

  private void send(LiveSource source, int count) {
    for (int i = 0; i < count; i++) {
      timeMs += 1 + random.nextInt(3);
      String user = "u" + random.nextInt(USERS);
      newest.put(user, timeMs);
      source
          .topic()
          .write(
              Math.floorMod(user.hashCode(), PARTITIONS),
              UserElement.event(
                  user,
                  timeMs,
                  LiveWatermarks.NO_TIME,
                  Long.toString(timeMs % 997).getBytes(StandardCharsets.US_ASCII)));
    }
    // Both partitions have to say how far time has come.
    timeMs += 5;
    for (int partition = 0; partition < PARTITIONS; partition++) {
      newest.put("p" + partition, timeMs);
      source
          .topic()
          .write(
              partition,
              UserElement.event(
                  "p" + partition,
                  timeMs,
                  LiveWatermarks.NO_TIME,
                  Long.toString(timeMs % 997).getBytes(StandardCharsets.US_ASCII)));
    }
    sent += count + PARTITIONS;
  }

  /** Who has not their newest scores there, or others. */
  private List<String> wrong(RealRedis redis) {
    return redis.with(
        jedis -> {
          Map<String, Response<Map<String, String>>> answers = new HashMap<>();
          Pipeline pipeline = jedis.pipelined();
          newest.keySet().forEach(user -> answers.put(user, pipeline.hgetAll("s:shop:" + user)));
          pipeline.sync();
          List<String> wrong = new ArrayList<>();
          newest.forEach(
              (user, at) -> {
                Map<String, String> expected =
                    Map.of("time", Long.toString(at), "churn", Long.toString(at % 997));
                if (!expected.equals(Objects.requireNonNull(answers.get(user)).get())) {
                  wrong.add(user);
                }
              });
          return wrong;
        });
  }

  /** Scores of what a source gives, to Redis and to whoever looks. */
  private static final class Job {
    private static final AtomicLong NUMBER = new AtomicLong();
    private final String name = "job" + NUMBER.getAndIncrement();
    private final String topic;
    private final JobClient client;

    Job(
        LiveSource source,
        RealRedis redis,
        String backend,
        int parallelism,
        Path folder,
        String savepoint)
        throws Exception {
      Configuration settings = new Configuration();
      settings.set(PipelineOptions.GENERIC_TYPES, false);
      settings.set(PipelineOptions.OBJECT_REUSE, true);
      settings.set(StateBackendOptions.STATE_BACKEND, backend);
      settings.set(RestOptions.BIND_PORT, "0");
      settings.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
      settings.set(
          CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder.resolve("cp").toUri().toString());
      if (!savepoint.isEmpty()) {
        settings.set(StateRecoveryOptions.SAVEPOINT_PATH, savepoint);
      }
      StreamExecutionEnvironment env =
          StreamExecutionEnvironment.createLocalEnvironment(parallelism, settings);
      env.setMaxParallelism(EngagementJob.MAX_PARALLELISM);
      env.enableCheckpointing(100);
      DataStream<ScoreWrite> scores =
          env.fromSource(
                  source,
                  WatermarkStrategy.<UserElement>forMonotonousTimestamps()
                      .withTimestampAssigner((element, before) -> element.timeMs()),
                  "events",
                  UserElement.TYPE)
              .uid("events")
              .map(Job::score)
              .returns(ScoreWrites.TYPE)
              .uid("score");
      RedisScoresOperator.add(scores, redis.access(2_000), "shop", KEY);
      // Counted over all jobs that read the source.
      topic = "topic " + System.identityHashCode(source.topic());
      scores
          .process(new Looking(topic, name))
          .returns(EngagementJob.LINE)
          .setParallelism(1)
          .uid("look")
          .sinkTo(new DiscardingSink<>())
          .setParallelism(1)
          .uid("lines");
      client = env.executeAsync(name);
    }

    private static ScoreWrite score(UserElement element) {
      return ScoreWrite.of(
          element.user(),
          element.timeMs(),
          List.of(new Field("churn", new String(element.payload(), StandardCharsets.US_ASCII))));
    }

    long seen() {
      return Looking.of(Looking.SEEN, topic).get();
    }

    long watermarkMs() {
      return Looking.of(Looking.TIME, name).get();
    }

    /** Stops it with a savepoint, as soon as all of it runs. */
    String stop(Path folder) {
      String[] savepoint = {""};
      RealRedis.await(
          "it stops",
          () -> {
            try {
              savepoint[0] =
                  client
                      .stopWithSavepoint(
                          false,
                          folder.resolve("sp").toUri().toString(),
                          SavepointFormatType.CANONICAL)
                      .get(60, TimeUnit.SECONDS);
              return true;
            } catch (ExecutionException e) {
              assertThat(e).hasMessageContaining("Not all required tasks are currently running");
              return false;
            } catch (InterruptedException | TimeoutException e) {
              throw new AssertionError(e);
            }
          });
      return savepoint[0];
    }
  }

  /** Counts what comes, and takes note of the time. */
  private static final class Looking extends ProcessFunction<ScoreWrite, byte[]> {
    private static final long serialVersionUID = 1L;
    static final Map<String, AtomicLong> SEEN = new ConcurrentHashMap<>();
    static final Map<String, AtomicLong> TIME = new ConcurrentHashMap<>();

    private final String topic;
    private final String job;

    Looking(String topic, String job) {
      this.topic = topic;
      this.job = job;
    }

    static AtomicLong of(Map<String, AtomicLong> all, String name) {
      return all.computeIfAbsent(name, key -> new AtomicLong());
    }

    @Override
    public void processElement(ScoreWrite write, Context context, Collector<byte[]> out) {
      of(SEEN, topic).incrementAndGet();
      of(TIME, job).set(context.timerService().currentWatermark());
    }
  }
}
