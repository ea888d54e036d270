// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.kafka.KafkaRefusal;
import io.beckon.kafka.StartChecks;
import io.beckon.kafka.Topics;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Backend;
import io.beckon.language.JobDefinition.LiveSettings;
import io.beckon.language.JobDefinition.ScoreRedis;
import io.beckon.language.JobDefinition.ScoreSettings;
import io.beckon.language.JobDefinition.SourceDefinition;
import io.beckon.language.SourceFile;
import io.beckon.redis.RedisAccess;
import io.beckon.redis.RedisAway;
import io.beckon.redis.RedisRefusal;
import io.beckon.wire.RunSummary;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointException;
import org.apache.flink.runtime.checkpoint.CheckpointFailureReason;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.ExceptionUtils;

/**
 * Runs a job on its topics, on a Flink of its own inside this process, until it is told to stop. It
 * then leaves a savepoint, from which the next run goes on as if there had been no pause.
 */
public final class LiveRun implements AutoCloseable {
  /** How long an answer of the broker is waited for. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static final Duration STOPPING = Duration.ofMinutes(2);

  /** Unless somebody says otherwise. */
  private static final Duration CHECKPOINT_EVERY = Duration.ofSeconds(10);

  /** How long a job that is only starting is left alone before it is told again to stop. */
  private static final Duration STARTING = Duration.ofMillis(200);

  private final Request request;
  private final JobClient client;
  private final List<String> created;
  private final List<String> warnings;
  private boolean stopped;

  private LiveRun(Request request, JobClient client, List<String> created, List<String> warnings) {
    this.request = request;
    this.client = client;
    this.created = created;
    this.warnings = warnings;
  }

  /**
   * What to run.
   *
   * @param folder what messages call the job's folder
   * @param definitions the files of the job; without errors, with topics as its sources
   * @param parallelism over how many threads topics and users are spread, at least 1
   * @param checkpoints the folder that gets checkpoints, and the savepoint at the end
   * @param checkpointEvery how often; with exactly-once delivery, how often results appear
   * @param fromSavepoint where to go on
   * @param environment where the job's secrets are
   * @param scores whether the job of scores runs, not the one that decides
   * @param metrics where Prometheus may read how it does; nowhere if empty
   */
  public record Request(
      String folder,
      List<SourceFile> definitions,
      int parallelism,
      Path checkpoints,
      Duration checkpointEvery,
      Optional<String> fromSavepoint,
      Map<String, String> environment,
      boolean scores,
      Optional<MetricsAt> metrics) {
    public Request {
      Objects.requireNonNull(folder);
      definitions = List.copyOf(definitions);
      Objects.requireNonNull(checkpoints);
      Objects.requireNonNull(checkpointEvery);
      Objects.requireNonNull(fromSavepoint);
      environment = Map.copyOf(environment);
      Objects.requireNonNull(metrics);
      if (parallelism < 1 || parallelism > EngagementJob.MAX_PARALLELISM) {
        throw new IllegalArgumentException(
            "parallelism " + parallelism + " is not in 1.." + EngagementJob.MAX_PARALLELISM);
      }
    }

    /** The job that decides, without metrics. */
    public Request(
        String folder,
        List<SourceFile> definitions,
        int parallelism,
        Path checkpoints,
        Duration checkpointEvery,
        Optional<String> fromSavepoint,
        Map<String, String> environment) {
      this(
          folder,
          definitions,
          parallelism,
          checkpoints,
          checkpointEvery,
          fromSavepoint,
          environment,
          false,
          Optional.empty());
    }

    /** Secrets stay out of logs. */
    @Override
    public String toString() {
      return "LiveRun of " + folder;
    }
  }

  /**
   * Checks what the job needs of Kafka and Redis, and starts it.
   *
   * @throws KafkaRefusal if it could not run; one line for the user
   * @throws RedisRefusal likewise
   * @throws IOException if it does not start
   */
  public static LiveRun start(Request request) throws IOException {
    return start(request, PATIENCE, System.currentTimeMillis());
  }

  /**
   * As {@link #start(Request)}.
   *
   * @param nowMs the processing clock; what {@code send_from: now} means if the job has not been
   *     started before
   */
  static LiveRun start(Request request, Duration patience, long nowMs) throws IOException {
    JobText text = JobText.live(request.folder, request.definitions);
    JobFactory factory = request.scores ? text.publishing() : text;
    JobDefinition job = factory.create();
    Configuration settings = settings(request, job);
    settings.set(RestOptions.ADDRESS, "127.0.0.1");
    settings.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
    settings.set(RestOptions.BIND_PORT, "0");
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(request.parallelism, settings);
    List<String> warnings = new ArrayList<>();
    List<String> created =
        prepare(
            env, factory, request.environment, request.checkpointEvery, patience, nowMs, warnings);
    try {
      return new LiveRun(request, env.executeAsync(name(job)), created, warnings);
    } catch (Exception e) {
      throw new IOException("the job does not start", e);
    }
  }

  /**
   * The Redis that the job's gate asks, or that gets its scores, if there is one; that it is away
   * now is no reason not to start.
   */
  private static Optional<RedisAccess> redis(
      JobDefinition job, Map<String, String> environment, List<String> warnings)
      throws RedisRefusal {
    Optional<ScoreRedis> scores =
        job.publishes() ? job.scores().flatMap(ScoreSettings::redis) : Optional.empty();
    if (job.gate().isEmpty() && scores.isEmpty()) {
      return Optional.empty();
    }
    RedisAccess access = RedisAccess.of(job.redis().orElseThrow(), environment);
    try {
      access.check(job.id(), scores, job.gate());
    } catch (RedisAway away) {
      warnings.add(
          away.getMessage()
              + (job.publishes()
                  ? "; until it does, scores wait in the job's state"
                  : "; until it does, commands are sent or not as gate.when_away says"));
    }
    return Optional.of(access);
  }

  /**
   * A job that a cluster was given.
   *
   * @param id Flink's
   * @param created the topics that were created for it
   * @param warnings what does not keep it from running; one line each, for the user
   */
  public record Submitted(String id, String name, List<String> created, List<String> warnings) {
    public Submitted {
      Objects.requireNonNull(id);
      Objects.requireNonNull(name);
      created = List.copyOf(created);
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * Checks what the job needs of Kafka and gives it to a cluster, which runs it from then on.
   *
   * @param host where Flink's REST interface is
   * @param jar the job jar, which goes there too
   * @throws KafkaRefusal if it could not run; one line for the user
   * @throws IOException if the cluster does not take it
   */
  public static Submitted submit(Request request, String host, int port, Path jar)
      throws IOException {
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createRemoteEnvironment(
            host, port, new Configuration(), jar.toAbsolutePath().toString());
    env.setParallelism(request.parallelism);
    JobText text = JobText.live(request.folder, request.definitions);
    JobFactory factory = request.scores ? text.publishing() : text;
    JobDefinition job = factory.create();
    Configuration settings = settings(request, job);
    // How to restart, and where checkpoints go, is the cluster's to say.
    settings.removeConfig(RestartStrategyOptions.RESTART_STRATEGY);
    settings.removeConfig(CheckpointingOptions.CHECKPOINTS_DIRECTORY);
    env.configure(settings);
    List<String> warnings = new ArrayList<>();
    List<String> created =
        prepare(
            env,
            factory,
            request.environment,
            request.checkpointEvery,
            PATIENCE,
            System.currentTimeMillis(),
            warnings);
    try {
      JobClient client = env.executeAsync(name(job));
      return new Submitted(client.getJobID().toHexString(), name(job), created, warnings);
    } catch (Exception e) {
      throw new IOException("the cluster does not take the job", e);
    }
  }

  /**
   * Runs a job wherever Flink's client, which has called this, is told to. Flink's own options win
   * over what the job needs by itself; without an interval of checkpoints it is 10 seconds.
   *
   * @param folder what messages call the job's folder
   * @param scores whether the job of scores runs, not the one that decides
   * @throws KafkaRefusal if it could not run; one line for the user
   * @throws IOException if it does not start
   */
  public static Submitted execute(
      String folder, List<SourceFile> definitions, Map<String, String> environment, boolean scores)
      throws IOException {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    JobText text = JobText.live(folder, definitions);
    JobFactory factory = scores ? text.publishing() : text;
    JobDefinition job = factory.create();
    Map<String, String> given = env.getConfiguration().toMap();
    Duration every =
        env.getConfiguration()
            .getOptional(CheckpointingOptions.CHECKPOINTING_INTERVAL)
            .orElse(CHECKPOINT_EVERY);
    Configuration needed = settings(job, every);
    given.keySet().forEach(needed::removeKey);
    env.configure(needed);
    List<String> warnings = new ArrayList<>();
    List<String> created =
        prepare(env, factory, environment, every, PATIENCE, System.currentTimeMillis(), warnings);
    try {
      JobClient client = env.executeAsync(name(job));
      return new Submitted(client.getJobID().toHexString(), name(job), created, warnings);
    } catch (Exception e) {
      throw new IOException("the job does not start", e);
    }
  }

  /** What is left to do before a job can be run where {@code env} says. */
  private static List<String> prepare(
      StreamExecutionEnvironment env,
      JobFactory factory,
      Map<String, String> environment,
      Duration checkpointEvery,
      Duration patience,
      long nowMs,
      List<String> warnings)
      throws IOException {
    JobDefinition job = factory.create();
    Topics topics = new Topics(job, environment);
    Optional<RedisAccess> redis = redis(job, environment, warnings);
    List<String> created = new StartChecks(job, topics, patience).run(checkpointEvery);
    build(env, factory, job, topics, nowMs, redis);
    return created;
  }

  private static String name(JobDefinition job) {
    return job.publishes() ? job.id() + "-scores" : job.id();
  }

  /** Adds the job, started now, to {@code env}, its topics as its sources and sinks. */
  static void build(
      StreamExecutionEnvironment env,
      JobFactory factory,
      JobDefinition job,
      Topics topics,
      long nowMs,
      Optional<RedisAccess> redis) {
    List<EngagementJob.LiveSource> sources = new ArrayList<>();
    for (SourceDefinition source : job.sources()) {
      sources.add(
          new EngagementJob.LiveSource(
              source.name(),
              topics.source(
                  source.topic().orElseThrow(),
                  new LiveDecoder(factory, source.name()),
                  UserElement.TYPE)));
    }
    LiveSettings live = job.live().orElseThrow();
    Optional<Source<UserElement, ?, ?>> profiles =
        live.profiles()
            .map(topic -> topics.wholeSource(topic, new ProfileDecoder(factory), UserElement.TYPE));
    if (job.publishes()) {
      EngagementJob.buildLiveScores(
          env,
          factory,
          sources,
          profiles,
          job.time(),
          nowMs,
          redis,
          topics.sink(job.scores().orElseThrow().topic(), "scores"));
      return;
    }
    EngagementJob.buildLive(
        env,
        factory,
        sources,
        profiles,
        job.time(),
        nowMs,
        redis,
        new EngagementJob.Sinks(
            topics.sink(live.outputs().decisions(), "decisions"),
            topics.sink(live.outputs().commands(), "commands"),
            topics.sink(live.outputs().outcomes(), "outcomes"),
            topics.sink(live.outputs().late(), "late"),
            topics.sink(live.outputs().deadLetters(), "dead-letters")));
  }

  /** What the job needs of Flink, wherever it runs. */
  static Configuration settings(JobDefinition job, Duration checkpointEvery) {
    Configuration settings = new Configuration();
    settings.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.STREAMING);
    boolean rocksdb = job.live().orElseThrow().backend() == Backend.ROCKSDB;
    settings.set(StateBackendOptions.STATE_BACKEND, rocksdb ? "rocksdb" : "hashmap");
    settings.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, rocksdb);
    settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, checkpointEvery);
    settings.set(
        CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
    // Elements are immutable, and every line of output is an array of its own.
    settings.set(PipelineOptions.OBJECT_REUSE, true);
    return settings;
  }

  private static Configuration settings(Request request, JobDefinition job) {
    Configuration settings = settings(job, request.checkpointEvery);
    settings.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY,
        request.checkpoints.toAbsolutePath().toUri().toString());
    settings.set(
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "exponential-delay");
    request.fromSavepoint.ifPresent(
        path -> settings.set(StateRecoveryOptions.SAVEPOINT_PATH, path));
    request.metrics.ifPresent(at -> at.addTo(settings));
    return settings;
  }

  /** The topics that were created for the job. */
  public List<String> created() {
    return List.copyOf(created);
  }

  /** What is not as it should be, and no reason not to start; one line each. */
  public List<String> warnings() {
    return List.copyOf(warnings);
  }

  /**
   * Waits while the job runs.
   *
   * @param atMost how long
   * @param progress told about every second how many events have been read
   * @throws IOException if the job fails for good
   */
  public void await(Duration atMost, LongConsumer progress) throws IOException {
    long deadline = System.nanoTime() + atMost.toNanos();
    try {
      for (long left = 1; left > 0; left = deadline - System.nanoTime()) {
        try {
          client
              .getJobExecutionResult()
              .get(Math.min(left, TimeUnit.SECONDS.toNanos(1)), TimeUnit.NANOSECONDS);
          return;
        } catch (TimeoutException stillRunning) {
          progress.accept(counters().getOrDefault(RunSummary.READ, 0L));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IOException("the job failed", e);
    }
  }

  /** The counters so far, by the names of {@link RunSummary}; lost with each restart. */
  public Map<String, Long> counters() throws InterruptedException {
    try {
      return counters(client.getAccumulators().get());
    } catch (ExecutionException notThere) {
      // Between two attempts there are none.
      return Map.of();
    }
  }

  private static Map<String, Long> counters(Map<String, Object> accumulated) {
    Map<String, Long> counters = new HashMap<>();
    accumulated.forEach(
        (name, value) -> {
          if (value instanceof Long count) {
            counters.put(name, count);
          }
        });
    return counters;
  }

  /**
   * Stops the job with a savepoint; everything decided so far is committed.
   *
   * @return the savepoint
   * @throws IOException if there is none: the job has failed, or takes too long
   */
  public String stop() throws IOException {
    stopped = true;
    long deadline = System.nanoTime() + STOPPING.toNanos();
    try {
      while (true) {
        try {
          return client
              .stopWithSavepoint(
                  false,
                  request.checkpoints.resolve("savepoints").toAbsolutePath().toUri().toString(),
                  SavepointFormatType.CANONICAL)
              .get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
          if (!isStarting(e) || System.nanoTime() > deadline) {
            throw e;
          }
          TimeUnit.MILLISECONDS.sleep(STARTING.toMillis());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while stopping", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the job could not be stopped with a savepoint", e);
    }
  }

  /**
   * Stops the job for good, once there is nothing left to read: everything decided is committed,
   * and users who still wait for something are counted.
   *
   * @return all counters, by the names of {@link RunSummary}
   * @throws IOException if the job has failed, or takes too long
   */
  public Map<String, Long> finish() throws IOException {
    stopped = true;
    try {
      client
          .stopWithSavepoint(
              true,
              request.checkpoints.resolve("savepoints").toAbsolutePath().toUri().toString(),
              SavepointFormatType.CANONICAL)
          .get(STOPPING.toSeconds(), TimeUnit.SECONDS);
      return counters(
          client
              .getJobExecutionResult()
              .get(STOPPING.toSeconds(), TimeUnit.SECONDS)
              .getAllAccumulatorResults());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while stopping", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the job could not be finished", e);
    }
  }

  /** Whether a savepoint failed only because the job has just begun, or begun again. */
  private static boolean isStarting(ExecutionException failure) {
    return ExceptionUtils.findThrowable(failure, CheckpointException.class)
        .map(CheckpointException::getCheckpointFailureReason)
        .filter(reason -> reason == CheckpointFailureReason.NOT_ALL_REQUIRED_TASKS_RUNNING)
        .isPresent();
  }

  /** Ends the job at once if it was not stopped; a checkpoint is left to go on from. */
  @Override
  public void close() throws IOException {
    if (stopped) {
      return;
    }
    try {
      client.cancel().get(STOPPING.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      // It has ended by itself, which await() told.
      return;
    } catch (TimeoutException e) {
      throw new IOException("the job does not end", e);
    }
  }
}
