// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.wire.Decoded;
import io.beckon.wire.EventDecoder;
import io.beckon.wire.Experiments;
import io.beckon.wire.FileRecords;
import io.beckon.wire.RawRecord;
import io.beckon.wire.RunSummary;
import io.beckon.wire.UnreadableSourceException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.SerializedThrowable;
import org.jspecify.annotations.Nullable;

/**
 * Runs the engagement job over files, on a Flink of its own inside this process, to the end of the
 * input. Results depend only on the job and its input, not on the parallelism; their lines may come
 * in another order.
 */
public final class EmbeddedRun {
  private static final Duration HEARTBEAT = Duration.ofSeconds(1);

  /** Long pauses of a busy machine are no reason to give up on oneself. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private EmbeddedRun() {}

  /**
   * What to run.
   *
   * @param folder what messages call the job's folder
   * @param definitions the files of the job, as for {@link Definitions#load}; without errors
   * @param events files of the job's source, read in this order
   * @param profiles JSON Lines of profiles, all read before the first event
   * @param untilMs later events are not read, and the watermark ends there; epoch milliseconds
   * @param out the folder that gets {@code decisions.jsonl}, {@code commands.jsonl}, {@code
   *     outcomes.jsonl}, {@code late.jsonl}, {@code dead-letters.jsonl} and {@code summary.json};
   *     made if missing
   * @param parallelism over how many threads users are spread, at least 1
   * @param scores whether the job of scores runs, not the one that decides: {@code scores.jsonl}
   *     takes the place of decisions, commands and outcomes
   */
  public record Request(
      String folder,
      List<SourceFile> definitions,
      List<Path> events,
      Optional<Path> profiles,
      OptionalLong untilMs,
      Path out,
      int parallelism,
      boolean scores) {
    public Request {
      Objects.requireNonNull(folder);
      definitions = List.copyOf(definitions);
      events = List.copyOf(events);
      Objects.requireNonNull(profiles);
      Objects.requireNonNull(untilMs);
      Objects.requireNonNull(out);
      if (parallelism < 1 || parallelism > EngagementJob.MAX_PARALLELISM) {
        throw new IllegalArgumentException(
            "parallelism " + parallelism + " is not in 1.." + EngagementJob.MAX_PARALLELISM);
      }
    }

    /** The job that decides. */
    public Request(
        String folder,
        List<SourceFile> definitions,
        List<Path> events,
        Optional<Path> profiles,
        OptionalLong untilMs,
        Path out,
        int parallelism) {
      this(folder, definitions, events, profiles, untilMs, out, parallelism, false);
    }
  }

  /**
   * What a run did.
   *
   * @param counters by the names of {@link RunSummary}
   * @param summary what {@code summary.json} says
   */
  public record Result(Map<String, Long> counters, RunSummary.Times times, String summary) {
    public Result {
      counters = Map.copyOf(counters);
    }
  }

  /**
   * Runs a job. Output files appear under their names when the whole run has succeeded, and not
   * before.
   *
   * @param progress told about every second how many events have been read
   * @throws UnreadableSourceException if a file cannot be read, or is not what the job expects; one
   *     line for the user
   * @throws IOException if the output cannot be written
   * @throws IllegalArgumentException if the definitions have errors
   */
  public static Result run(Request request, LongConsumer progress) throws IOException {
    JobText text = new JobText(request.folder, request.definitions);
    return run(request.scores ? text.publishing() : text, request, progress);
  }

  static Result run(JobFactory factory, Request request, LongConsumer progress) throws IOException {
    long start = System.nanoTime();
    JobDefinition job = factory.create();
    List<InputFile> files = files(request, job);
    check(files, job);
    Files.createDirectories(request.out);
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(request.parallelism, settings());
    List<Output> outputs = job.publishes() ? Output.OF_SCORES : Output.OF_DECISIONS;
    if (job.publishes()) {
      EngagementJob.buildScores(
          env,
          factory,
          new FilesSource(files),
          request.untilMs,
          new EngagementJob.ScoreSinks(
              sink(request, Output.SCORES),
              sink(request, Output.LATE),
              sink(request, Output.DEAD_LETTERS)));
    } else {
      EngagementJob.build(
          env,
          factory,
          new FilesSource(files),
          request.untilMs,
          new EngagementJob.Sinks(
              sink(request, Output.DECISIONS),
              sink(request, Output.COMMANDS),
              sink(request, Output.OUTCOMES),
              sink(request, Output.LATE),
              sink(request, Output.DEAD_LETTERS)));
    }
    try {
      JobExecutionResult done = execute(env, job.id(), progress);
      Result result = result(job, done.getAllAccumulatorResults(), request, start);
      for (Output output : outputs) {
        Files.move(
            output.unfinished(request.out),
            output.finished(request.out),
            StandardCopyOption.REPLACE_EXISTING);
      }
      Files.writeString(request.out.resolve("summary.json"), result.summary);
      return result;
    } finally {
      for (Output output : outputs) {
        Files.deleteIfExists(output.unfinished(request.out));
      }
    }
  }

  private enum Output {
    DECISIONS("decisions.jsonl"),
    COMMANDS("commands.jsonl"),
    OUTCOMES("outcomes.jsonl"),
    LATE("late.jsonl"),
    DEAD_LETTERS("dead-letters.jsonl"),
    SCORES("scores.jsonl");

    static final List<Output> OF_DECISIONS =
        List.of(DECISIONS, COMMANDS, OUTCOMES, LATE, DEAD_LETTERS);
    static final List<Output> OF_SCORES = List.of(SCORES, LATE, DEAD_LETTERS);

    private final String file;

    Output(String file) {
      this.file = file;
    }

    Path finished(Path folder) {
      return folder.resolve(file);
    }

    Path unfinished(Path folder) {
      return folder.resolve("." + file + ".part");
    }
  }

  private static JsonLinesSink sink(Request request, Output output) {
    return new JsonLinesSink(output.unfinished(request.out));
  }

  private static List<InputFile> files(Request request, JobDefinition job) {
    List<InputFile> files = new ArrayList<>();
    request.profiles.ifPresent(
        path ->
            files.add(
                new InputFile(
                    SourceElement.Kind.PROFILE, path.toString(), JobDefinition.Format.JSONL)));
    for (Path path : request.events) {
      files.add(new InputFile(SourceElement.Kind.EVENT, path.toString(), job.source().format()));
    }
    return files;
  }

  /** Finds out before anything starts what is not there or not what the job reads. */
  private static void check(List<InputFile> files, JobDefinition job) throws IOException {
    EventDecoder decoder = new EventDecoder(job);
    for (InputFile file : files) {
      try (FileRecords records = FileRecords.open(Path.of(file.path()), file.format())) {
        Optional<RawRecord> first = records.next();
        if (first.isPresent()
            && first.get().kind() == RawRecord.Kind.HEADER
            && decoder.decode(first.get()) instanceof Decoded.Header header
            && !header.problems().isEmpty()) {
          throw new UnreadableSourceException(
              file.path() + ": " + String.join("; ", header.problems()));
        }
      }
    }
  }

  private static Configuration settings() {
    Configuration settings = new Configuration();
    settings.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.STREAMING);
    settings.set(StateBackendOptions.STATE_BACKEND, "hashmap");
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    // Elements are immutable, and every line of output is an array of its own.
    settings.set(PipelineOptions.OBJECT_REUSE, true);
    // Counters, and so the progress, travel with heartbeats.
    settings.set(HeartbeatManagerOptions.HEARTBEAT_INTERVAL, HEARTBEAT);
    settings.set(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT, PATIENCE);
    settings.set(RestOptions.ADDRESS, "127.0.0.1");
    settings.set(RestOptions.BIND_ADDRESS, "127.0.0.1");
    settings.set(RestOptions.BIND_PORT, "0");
    return settings;
  }

  private static JobExecutionResult execute(
      StreamExecutionEnvironment env, String name, LongConsumer progress) throws IOException {
    try {
      JobClient client = env.executeAsync(name);
      CompletableFuture<JobExecutionResult> result = client.getJobExecutionResult();
      while (true) {
        try {
          return result.get(HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException stillRunning) {
          report(client, progress);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (Exception e) {
      throw failure(e);
    }
  }

  private static void report(JobClient client, LongConsumer progress) throws InterruptedException {
    try {
      if (client.getAccumulators().get().get(RunSummary.READ) instanceof Long read) {
        progress.accept(read);
      }
    } catch (ExecutionException justEnded) {
      // Nothing to report: the result, good or bad, comes next.
      return;
    }
  }

  /** The failure that its user can do something about, or else all there is to say. */
  private static IOException failure(Exception e) {
    Optional<String> medium = Optional.empty();
    Throwable cause = e;
    while (cause != null) {
      Throwable known =
          cause instanceof SerializedThrowable serialized
              ? serialized.deserializeError(EmbeddedRun.class.getClassLoader())
              : cause;
      if (known instanceof UnreadableSourceException unreadable) {
        return unreadable;
      }
      if (known != null && known.getClass() == IOException.class && known.getMessage() != null) {
        // What the operating system says: a full disk, for one.
        medium = Optional.of(known.getMessage());
      }
      cause = cause.getCause();
    }
    if (medium.isPresent()) {
      FileSystemException failure = new FileSystemException(null, null, medium.get());
      failure.initCause(e);
      return failure;
    }
    return new IOException("the run failed", e);
  }

  private static Result result(
      JobDefinition job, Map<String, Object> accumulated, Request request, long start)
      throws IOException {
    Map<String, Long> counters = new HashMap<>();
    accumulated.forEach((name, value) -> counters.put(name, (Long) value));
    OptionalLong first = optional(counters.remove(Counts.FIRST_EVENT));
    OptionalLong last = optional(counters.remove(Counts.LAST_EVENT));
    RunSummary.Times times =
        new RunSummary.Times(first, last, request.untilMs.isPresent() ? request.untilMs : last);
    // The file's name while it is written.
    Experiments experiments =
        job.publishes()
            ? Experiments.none()
            : Experiments.read(
                job, request.out.resolve(".outcomes.jsonl.part"), times.watermarkMs());
    String summary = RunSummary.json(job, counters, times, experiments, System.nanoTime() - start);
    return new Result(counters, times, summary);
  }

  private static OptionalLong optional(@Nullable Long value) {
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
