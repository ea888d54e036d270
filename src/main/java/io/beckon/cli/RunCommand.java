// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.flink.EmbeddedRun;
import io.beckon.flink.LiveRun;
import io.beckon.flink.MetricsAt;
import io.beckon.kafka.KafkaRefusal;
import io.beckon.language.JobDefinition;
import io.beckon.redis.RedisRefusal;
import io.beckon.wire.RunSummary;
import io.beckon.wire.UnreadableSourceException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code beckon run}: runs a job on a Flink inside this process, over recorded events or on its
 * topics.
 */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    header = "Runs a job on a Flink inside this process: over recorded events, or live on Kafka.",
    description = {
      "",
      "Without --events the job reads its topics until it is interrupted (Ctrl-C), or for as long as",
      "--for says. It then leaves a savepoint and prints where; --from-savepoint goes on from there.",
      "",
      "With --events the decisions are those of 'beckon backtest'; their lines may come in another order. DIR",
      "gets decisions.jsonl, commands.jsonl, late.jsonl, dead-letters.jsonl and summary.json.",
      "",
      "With --scores nothing is decided: the signals that job.yaml names under 'scores' are published, of every",
      "active user, when an event changes them and as the user's day closes; over files to scores.jsonl.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon run jobs/retail --events jobs/retail/sample/events.csv --out out",
      "  beckon run jobs/retail --events mon.csv.gz tue.csv.gz --parallelism 4 --out out",
      "  beckon run jobs/shop --checkpoint-dir /var/lib/beckon --checkpoint-every 10s",
      "  beckon run jobs/shop --scores --checkpoint-dir /var/lib/beckon-scores",
      "",
      "Exit codes: 0 fine, 1 wrong input, 2 wrong use of the command line."
    })
final class RunCommand implements Callable<Integer> {
  /** What Flink's key groups allow. */
  static final int MOST_PARALLEL = 720;

  private static final Duration DEFAULT_EVERY = Duration.ofSeconds(10);

  private static final Duration FOREVER = Duration.ofDays(36_525);

  private final Console console;

  @Mixin private final RunOptions options = new RunOptions();

  @Option(
      names = "--parallelism",
      paramLabel = "N",
      description = "Over how many threads users are spread; by default one a processor.")
  private Optional<Integer> parallelism = Optional.empty();

  @Option(
      names = "--metrics",
      paramLabel = "[HOST:]PORT",
      converter = MetricsConverter.class,
      description =
          "Live: where Prometheus finds the metrics, at /metrics; the host is 127.0.0.1 unless given.")
  private Optional<MetricsAt> metrics = Optional.empty();

  @Option(names = "--scores", description = "Publishes users' scores, in place of deciding.")
  private boolean scores;

  @Option(
      names = "--for",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "Live: how long to run, for trying: 30s, 5m. Without it, until interrupted.")
  private Optional<Duration> lasting = Optional.empty();

  @Option(
      names = "--checkpoint-dir",
      paramLabel = "DIR",
      description =
          "Live: the folder for checkpoints and savepoints; by default beckon-state/<job>, with --scores"
              + " beckon-state/<job>-scores.")
  private Optional<Path> checkpoints = Optional.empty();

  @Option(
      names = "--checkpoint-every",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description =
          "Live: how often a checkpoint is made; with exactly-once delivery, how often results"
              + " appear. By default 10s.")
  private Optional<Duration> checkpointEvery = Optional.empty();

  @Option(
      names = "--from-savepoint",
      paramLabel = "PATH",
      description = "Live: the savepoint or checkpoint to go on from.")
  private Optional<String> fromSavepoint = Optional.empty();

  RunCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws Refusal, IOException {
    int threads =
        parallelism.orElseGet(
            () -> Math.min(MOST_PARALLEL, Runtime.getRuntime().availableProcessors()));
    if (threads < 1 || threads > MOST_PARALLEL) {
      throw Refusal.usage("--parallelism is from 1 to " + MOST_PARALLEL + ", not " + threads);
    }
    JobFolder folder = options.job();
    if (!options.hasEvents()) {
      return live(folder, checked(folder), threads);
    }
    if (lasting.isPresent()
        || checkpoints.isPresent()
        || checkpointEvery.isPresent()
        || fromSavepoint.isPresent()
        || metrics.isPresent()) {
      throw Refusal.usage(
          "--for, --checkpoint-dir, --checkpoint-every, --from-savepoint and --metrics are for live"
              + " runs, without --events");
    }
    List<Path> events = options.events();
    Optional<Path> profiles = options.profiles();
    JobDefinition job = RunOptions.ofFiles(checked(folder));
    options.checkNames(job);
    try (OutFolder out = options.out()) {
      EmbeddedRun.Request request =
          new EmbeddedRun.Request(
              folder.name(),
              folder.read(),
              events,
              profiles,
              options.untilMs(),
              out.path(),
              threads,
              scores);
      try (Progress progress = new Progress(console, 0)) {
        EmbeddedRun.run(request, read -> progress.at(0, read));
      } catch (UnreadableSourceException | FileSystemException e) {
        throw new Refusal(InputFiles.explain(out.path().toString(), e));
      }
      new RunReport(scores ? job.publishing() : job, out.path()).print(console.out());
    }
    return ExitCodes.OK;
  }

  private JobDefinition checked(JobFolder folder) throws Refusal, IOException {
    JobDefinition job = ValidateCommand.load(console, folder).job().orElseThrow();
    if (scores && job.scores().isEmpty()) {
      throw Refusal.usage(
          "job.yaml names no scores; add for example: scores: {signals: [last_order]}");
    }
    return job;
  }

  private int live(JobFolder folder, JobDefinition job, int threads) throws Refusal {
    if (job.live().isEmpty()) {
      throw Refusal.usage("job.yaml reads files: say which with --events FILE and --out DIR");
    }
    if (options.isOfFiles()) {
      throw Refusal.usage("--profiles, --until and --out are for runs over files, with --events");
    }
    String name = scores ? job.id() + "-scores" : job.id();
    Path state = checkpoints.orElse(Path.of("beckon-state", name));
    InputFiles.makeFolder(state);
    LiveRun.Request request =
        new LiveRun.Request(
            folder.name(),
            folder.read(),
            threads,
            state,
            checkpointEvery.orElse(DEFAULT_EVERY),
            fromSavepoint,
            System.getenv(),
            scores,
            metrics);
    CountDownLatch ended = new CountDownLatch(1);
    Thread running = Thread.currentThread();
    Thread interrupt = new Thread(() -> interrupt(running, ended), "beckon-stop");
    try (LiveRun run = LiveRun.start(request)) {
      Runtime.getRuntime().addShutdownHook(interrupt);
      run.warnings().forEach(warning -> console.err().println("warning: " + warning));
      run.created().forEach(topic -> console.err().println("created topic " + topic));
      console.err().println(name + " is running; Ctrl-C stops it");
      try (Progress progress = new Progress(console, 0)) {
        run.await(lasting.orElse(FOREVER), read -> progress.at(0, read));
      }
      // Interrupted or not, from here on it has to stop in an orderly way.
      boolean interrupted = Thread.interrupted();
      tellStateBytes(run);
      console.out().println("stopped; to go on: --from-savepoint " + run.stop());
      console.out().flush();
      return interrupted ? ExitCodes.OK : leave(interrupt);
    } catch (KafkaRefusal | RedisRefusal e) {
      throw new Refusal(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new Refusal(why(e));
    } finally {
      ended.countDown();
    }
  }

  private void tellStateBytes(LiveRun run) {
    try {
      RunSummary.StateBytes.of(run.counters())
          .ifPresent(
              bytes ->
                  console
                      .err()
                      .println(
                          "a user's state has "
                              + bytes.mean()
                              + " bytes on average, "
                              + bytes.largest()
                              + " at most"));
    } catch (InterruptedException stopNow) {
      // Which is what comes next, in an orderly way.
      return;
    }
  }

  private static int leave(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException alreadyEnding) {
      return ExitCodes.OK;
    }
    return ExitCodes.OK;
  }

  /** Runs while the process is being ended: the run has its time to stop. */
  private static void interrupt(Thread running, CountDownLatch ended) {
    running.interrupt();
    try {
      ended.await(3, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The failure and its last cause, in one line. */
  static String why(IOException failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String what = String.valueOf(failure.getMessage());
    String last = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    return cause == failure ? what : what + ": " + last;
  }

  /** A duration as in definitions, or a complaint in plain words. */
  static final class DurationConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      OptionalLong ms = Durations.parse(value);
      if (ms.isEmpty() || ms.getAsLong() == 0) {
        throw new TypeConversionException(
            "'" + value + "' is not a duration, one number and one unit, such as 30s");
      }
      return Duration.ofMillis(ms.getAsLong());
    }
  }

  /** A port, with or without a host before it. */
  static final class MetricsConverter implements ITypeConverter<MetricsAt> {
    private static final Pattern PLACE = Pattern.compile("(?:(.+):)?(\\d{1,5})");

    @Override
    public MetricsAt convert(String value) {
      Matcher place = PLACE.matcher(value);
      if (place.matches()) {
        int port = Integer.parseInt(place.group(2));
        if (port >= 1 && port <= 65_535) {
          return new MetricsAt(place.group(1) == null ? "127.0.0.1" : place.group(1), port);
        }
      }
      throw new TypeConversionException(
          "'" + value + "' is no port, such as 9250, nor a host and a port, such as 0.0.0.0:9250");
    }
  }
}
