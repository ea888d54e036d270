// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.cluster.ClusterRefusal;
import io.beckon.cluster.ClusterSettings;
import io.beckon.cluster.FlinkRest;
import io.beckon.cluster.Libraries;
import io.beckon.cluster.LocalCluster;
import io.beckon.cluster.Part;
import io.beckon.flink.LiveRun;
import io.beckon.kafka.KafkaRefusal;
import io.beckon.language.JobDefinition;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code beckon cluster}: a real cluster on this machine, for trying and for tests. */
@Command(
    name = "cluster",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    header = "A cluster on this machine: Flink, Kafka and Redis as processes of their own.",
    description = {
      "",
      "For trying a job where it can be killed, stopped and gone on with as in production. Everything",
      "listens on 127.0.0.1 only, and keeps what it has in one folder, also after it has ended: remove",
      "the folder to begin anew.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon cluster start",
      "  beckon cluster submit jobs/shop --parallelism 2",
      "  beckon cluster status",
      "  beckon cluster savepoint shop --stop",
      "  beckon cluster submit jobs/shop --from-savepoint latest",
      "  beckon cluster stop",
      "",
      "Exit codes: 0 fine, 1 something does not run or cannot, 2 wrong use of the command line."
    })
final class ClusterCommand implements Callable<Integer> {
  private static final int MOST = 64;
  private static final int MOST_PORT = 65_535;

  @Spec private CommandSpec spec = CommandSpec.create();

  private final Start start;
  private final Submit submit;
  private final Status status;
  private final Savepoint savepoint;
  private final Stop stop;

  ClusterCommand(Console console, Path home) {
    Libraries libraries = new Libraries(home);
    start = new Start(console, libraries);
    submit = new Submit(console, libraries);
    status = new Status(console, libraries);
    savepoint = new Savepoint(console, libraries);
    stop = new Stop(console, libraries);
  }

  /** Its own commands, in the order of use. */
  List<Object> commands() {
    return List.of(start, submit, status, savepoint, stop);
  }

  @Override
  public Integer call() {
    throw new ParameterException(
        spec.commandLine(), "say what to do: start, submit, status, savepoint or stop");
  }

  /** Which cluster. */
  static final class Place {
    @Option(
        names = "--dir",
        paramLabel = "DIR",
        description = "The cluster's folder; by default beckon-cluster.")
    private Path folder = Path.of("beckon-cluster");

    private LocalCluster open(Libraries libraries) throws Refusal {
      try {
        return LocalCluster.open(folder, libraries);
      } catch (ClusterRefusal e) {
        throw refusal(e);
      }
    }
  }

  private static Refusal refusal(IOException e) {
    return new Refusal(String.valueOf(e.getMessage()));
  }

  private static Refusal interrupted() {
    Thread.currentThread().interrupt();
    return new Refusal("interrupted");
  }

  /** {@code beckon cluster start}. */
  @Command(
      name = "start",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      header = "Starts what does not run: all of it, or what has died.",
      description = "")
  static final class Start implements Callable<Integer> {
    private final Console console;
    private final Libraries libraries;

    @Mixin private final Place place = new Place();

    @Option(
        names = "--task-managers",
        paramLabel = "N",
        description = "How many processes do the job's work; 2 by default.")
    private int taskManagers = 2;

    @Option(
        names = "--slots",
        paramLabel = "N",
        description = "How many parallel parts of jobs each of them takes; 2 by default.")
    private int slots = 2;

    @Option(
        names = "--ha",
        description =
            "Two JobManagers, one of which takes over from the other, and the ZooKeeper that needs.")
    private boolean ha;

    @Option(names = "--without-kafka", description = "No Kafka: there is another one.")
    private boolean withoutKafka;

    @Option(names = "--without-redis", description = "No Redis.")
    private boolean withoutRedis;

    @Option(
        names = "--rest-port",
        paramLabel = "N",
        description = "Where Flink's REST interface is; 8081 by default, 0 for any that is free.")
    private int restPort = ClusterSettings.REST_PORT;

    @Option(
        names = "--kafka-port",
        paramLabel = "N",
        description = "Where Kafka is; 9092 by default, 0 for any that is free.")
    private int kafkaPort = ClusterSettings.KAFKA_PORT;

    @Option(
        names = "--redis-port",
        paramLabel = "N",
        description = "Where Redis is; 6379 by default, 0 for any that is free.")
    private int redisPort = ClusterSettings.REDIS_PORT;

    @Option(
        names = "--redis-server",
        paramLabel = "PROGRAM",
        description =
            "The program to start as Redis; by default the redis-server on the PATH, or else one that"
                + " the build has fetched.")
    private Optional<String> redisServer = Optional.empty();

    @Option(
        names = "--metrics-port",
        paramLabel = "N",
        description =
            "Flink's processes show metrics to Prometheus, one port each from this one on; 0 for any"
                + " that are free. Not shown by default.")
    private Optional<Integer> metricsPort = Optional.empty();

    @Option(
        names = "--flink",
        paramLabel = "KEY=VALUE",
        description = "A setting of Flink, such as heartbeat.timeout=50000; may be given often.")
    private Map<String, String> flink = new LinkedHashMap<>();

    private Start(Console console, Libraries libraries) {
      this.console = console;
      this.libraries = libraries;
    }

    @Override
    public Integer call() throws Refusal {
      inRange("--task-managers", taskManagers, 1, MOST);
      inRange("--slots", slots, 1, MOST);
      inRange("--rest-port", restPort, 0, MOST_PORT);
      inRange("--kafka-port", kafkaPort, 0, MOST_PORT);
      inRange("--redis-port", redisPort, 0, MOST_PORT);
      inRange("--metrics-port", metricsPort.orElse(0), 0, MOST_PORT - MOST - 1);
      InputFiles.makeFolder(place.folder);
      ClusterSettings settings =
          new ClusterSettings(
              taskManagers,
              slots,
              ha,
              restPort,
              withoutKafka ? Optional.empty() : Optional.of(kafkaPort),
              withoutRedis ? Optional.empty() : Optional.of(redisPort),
              redisServer,
              metricsPort,
              flink);
      try {
        LocalCluster cluster = LocalCluster.of(place.folder, settings, libraries);
        List<String> started = cluster.start(line -> console.err().println(line));
        if (started.isEmpty()) {
          console.out().println("all of it runs already");
        }
        tell(cluster);
        return ExitCodes.OK;
      } catch (IOException e) {
        throw refusal(e);
      } catch (InterruptedException e) {
        throw interrupted();
      }
    }

    private void tell(LocalCluster cluster) throws ClusterRefusal {
      PrintWriter out = console.out();
      out.println(
          "Flink  http://127.0.0.1:"
              + cluster.flink().port()
              + " (its REST interface), "
              + cluster.flink().taskManagers()
              + " TaskManagers of "
              + cluster.settings().slots()
              + " slots"
              + (cluster.settings().ha() ? ", two JobManagers" : ""));
      cluster.kafka().ifPresent(servers -> out.println("Kafka  " + servers));
      cluster.redis().ifPresent(server -> out.println("Redis  " + server));
      if (cluster.settings().metricsPort().isPresent()) {
        out.println(
            "metrics, for Prometheus: "
                + cluster.parts().stream()
                    .filter(part -> part.metrics().isPresent())
                    .map(part -> "127.0.0.1:" + part.metrics().getAsInt())
                    .collect(Collectors.joining(", ")));
      }
      out.println("all it keeps is in " + place.folder + "; beckon cluster stop ends it");
    }

    private static void inRange(String option, int value, int least, int most) throws Refusal {
      if (value < least || value > most) {
        throw Refusal.usage(
            String.format(Locale.ROOT, "%s is from %d to %d, not %d", option, least, most, value));
      }
    }
  }

  /** {@code beckon cluster submit}. */
  @Command(
      name = "submit",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      header = "Gives the cluster a job, which it runs from then on.",
      description = "")
  static final class Submit implements Callable<Integer> {
    private static final Duration EVERY = Duration.ofSeconds(10);

    private final Console console;
    private final Libraries libraries;

    @Parameters(paramLabel = "JOB", description = "The folder of the job, which reads topics.")
    private Path job = Path.of("");

    @Mixin private final Place place = new Place();

    @Option(names = "--scores", description = "Publishes users' scores, in place of deciding.")
    private boolean scores;

    @Option(
        names = "--parallelism",
        paramLabel = "N",
        description = "Over how many slots users are spread; by default all that are there.")
    private Optional<Integer> parallelism = Optional.empty();

    @Option(
        names = "--checkpoint-every",
        paramLabel = "DURATION",
        converter = RunCommand.DurationConverter.class,
        description =
            "How often a checkpoint is made; with exactly-once delivery, how often results appear."
                + " By default 10s.")
    private Duration every = EVERY;

    @Option(
        names = "--from-savepoint",
        paramLabel = "PATH|latest",
        description =
            "The savepoint or checkpoint to go on from; latest: the newest savepoint of the"
                + " cluster's folder.")
    private Optional<String> fromSavepoint = Optional.empty();

    private Submit(Console console, Libraries libraries) {
      this.console = console;
      this.libraries = libraries;
    }

    @Override
    public Integer call() throws Refusal {
      JobFolder folder = JobFolder.of(job);
      JobDefinition definition = ValidateCommand.load(console, folder).job().orElseThrow();
      if (definition.live().isEmpty()) {
        throw Refusal.usage("job.yaml reads files; a cluster runs jobs that read topics");
      }
      if (scores && definition.scores().isEmpty()) {
        throw Refusal.usage(
            "job.yaml names no scores; add for example: scores: {signals: [last_order]}");
      }
      LocalCluster cluster = place.open(libraries);
      int spread =
          parallelism.orElse(cluster.settings().taskManagers() * cluster.settings().slots());
      Start.inRange("--parallelism", spread, 1, RunCommand.MOST_PARALLEL);
      try {
        int port = cluster.flink().port();
        String name = scores ? definition.id() + "-scores" : definition.id();
        for (FlinkRest.Job other : cluster.flink().jobs()) {
          if (other.isThere() && other.name().equals(name)) {
            throw new Refusal(
                name
                    + " is there already; stop it first: beckon cluster savepoint "
                    + name
                    + " --stop");
          }
        }
        LiveRun.Submitted submitted =
            LiveRun.submit(
                new LiveRun.Request(
                    folder.name(),
                    folder.read(),
                    spread,
                    cluster.checkpoints(),
                    every,
                    savepoint(cluster),
                    System.getenv(),
                    scores,
                    Optional.empty()),
                LocalCluster.HOST,
                port,
                cluster.jobJar());
        submitted.warnings().forEach(warning -> console.err().println("warning: " + warning));
        submitted.created().forEach(topic -> console.err().println("created topic " + topic));
        console
            .out()
            .println(
                submitted.name()
                    + " is job "
                    + submitted.id()
                    + "; beckon cluster status tells how it does");
        return ExitCodes.OK;
      } catch (ClusterRefusal | KafkaRefusal e) {
        throw refusal(e);
      } catch (IOException e) {
        throw new Refusal(RunCommand.why(e));
      }
    }

    private Optional<String> savepoint(LocalCluster cluster) throws Refusal, IOException {
      if (!fromSavepoint.equals(Optional.of("latest"))) {
        return fromSavepoint;
      }
      List<Path> savepoints = new ArrayList<>();
      if (Files.isDirectory(cluster.savepoints())) {
        try (Stream<Path> found = Files.list(cluster.savepoints())) {
          found
              .filter(each -> Files.exists(each.resolve("_metadata")))
              .sorted(Comparator.comparing(Submit::writtenAt))
              .forEach(savepoints::add);
        }
      }
      if (savepoints.isEmpty()) {
        throw new Refusal("there is no savepoint in " + cluster.savepoints());
      }
      String latest = savepoints.get(savepoints.size() - 1).toUri().toString();
      console.err().println("going on from " + latest);
      return Optional.of(latest);
    }

    private static FileTime writtenAt(Path savepoint) {
      try {
        return Files.getLastModifiedTime(savepoint.resolve("_metadata"));
      } catch (IOException gone) {
        return FileTime.fromMillis(0);
      }
    }
  }

  /** {@code beckon cluster status}. */
  @Command(
      name = "status",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      header = "Tells what runs, and how the jobs do.",
      description = "")
  static final class Status implements Callable<Integer> {
    private final Console console;
    private final Libraries libraries;

    @Mixin private final Place place = new Place();

    private Status(Console console, Libraries libraries) {
      this.console = console;
      this.libraries = libraries;
    }

    @Override
    public Integer call() throws Refusal {
      LocalCluster cluster = place.open(libraries);
      PrintWriter out = console.out();
      Instant now = Instant.now();
      boolean all = true;
      for (Part part : cluster.parts()) {
        all &= part.runs();
        out.println(
            String.format(Locale.ROOT, "%-15s ", part.name())
                + part.pid()
                    .map(
                        pid ->
                            "process "
                                + pid
                                + (part.port().isPresent()
                                    ? ", port " + part.port().getAsInt()
                                    : "")
                                + (part.metrics().isPresent()
                                    ? ", metrics at 127.0.0.1:" + part.metrics().getAsInt()
                                    : "")
                                + part.since().map(since -> ", for " + ago(since, now)).orElse(""))
                    .orElse("does not run; its last words are in " + cluster.log(part.name())));
      }
      try {
        List<FlinkRest.Job> jobs = cluster.flink().jobs();
        if (jobs.isEmpty()) {
          out.println("no jobs");
        }
        for (FlinkRest.Job job : jobs) {
          tell(cluster.flink(), job, now);
          all &= !job.isThere() ? !job.state().equals("FAILED") : job.runsWholly();
        }
      } catch (ClusterRefusal e) {
        out.println(e.getMessage());
        all = false;
      }
      return all ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private void tell(FlinkRest flink, FlinkRest.Job job, Instant now) throws ClusterRefusal {
      StringBuilder line =
          new StringBuilder()
              .append("job ")
              .append(job.name())
              .append(": ")
              .append(job.state().toLowerCase(Locale.ROOT));
      if (job.isThere()) {
        line.append(", ").append(job.running()).append(" of ").append(job.tasks()).append(" tasks");
        Optional<FlinkRest.Checkpoint> last = flink.checkpoint(job.id());
        last.ifPresent(
            checkpoint ->
                line.append(", checkpoint ")
                    .append(checkpoint.number())
                    .append(" ")
                    .append(ago(checkpoint.completed(), now))
                    .append(" ago, ")
                    .append(String.format(Locale.ROOT, "%,d bytes", checkpoint.bytes())));
        long restored = flink.restored(job.id());
        if (restored > 0) {
          line.append(", went on from a checkpoint ")
              .append(restored)
              .append(restored == 1 ? " time" : " times");
        }
      }
      line.append(" (").append(job.id()).append(")");
      console.out().println(line);
      if (job.isThere() && !job.runsWholly()) {
        flink
            .lastFailure(job.id())
            .ifPresent(failure -> console.out().println("  last failure: " + failure));
      }
    }

    private static String ago(Instant then, Instant now) {
      Duration passed = Duration.between(then, now).truncatedTo(ChronoUnit.SECONDS);
      Duration shown = passed.isNegative() ? Duration.ZERO : passed;
      return shown.toString().substring(2).toLowerCase(Locale.ROOT);
    }
  }

  /** {@code beckon cluster savepoint}. */
  @Command(
      name = "savepoint",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      header = "Makes a savepoint of a running job, and tells where.",
      description = "")
  static final class Savepoint implements Callable<Integer> {
    private final Console console;
    private final Libraries libraries;

    @Parameters(
        paramLabel = "NAME",
        description = "The job's id in job.yaml, with -scores for its scores; or Flink's id.")
    private String name = "";

    @Mixin private final Place place = new Place();

    @Option(names = "--stop", description = "The job stops there; all it has decided is sent.")
    private boolean stop;

    private Savepoint(Console console, Libraries libraries) {
      this.console = console;
      this.libraries = libraries;
    }

    @Override
    public Integer call() throws Refusal {
      LocalCluster cluster = place.open(libraries);
      try {
        List<FlinkRest.Job> jobs =
            cluster.flink().jobs().stream().filter(FlinkRest.Job::isThere).toList();
        FlinkRest.Job job =
            jobs.stream()
                .filter(each -> each.name().equals(name) || each.id().equals(name))
                .findFirst()
                .orElseThrow(
                    () ->
                        new Refusal(
                            "no job "
                                + name
                                + " runs"
                                + (jobs.isEmpty()
                                    ? ""
                                    : "; there is "
                                        + String.join(
                                            ", ",
                                            jobs.stream().map(FlinkRest.Job::name).toList()))));
        console
            .out()
            .println(
                (stop ? "stopped; to go on: --from-savepoint " : "savepoint ")
                    + cluster
                        .flink()
                        .savepoint(job.id(), cluster.savepoints().toUri().toString(), stop));
        return ExitCodes.OK;
      } catch (ClusterRefusal e) {
        throw refusal(e);
      } catch (InterruptedException e) {
        throw interrupted();
      }
    }
  }

  /** {@code beckon cluster stop}. */
  @Command(
      name = "stop",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      header = "Stops the jobs with savepoints, and ends all processes.",
      description = "")
  static final class Stop implements Callable<Integer> {
    private final Console console;
    private final Libraries libraries;

    @Mixin private final Place place = new Place();

    @Option(
        names = "--now",
        description = "Without savepoints: go on from checkpoints, or not at all.")
    private boolean now;

    private Stop(Console console, Libraries libraries) {
      this.console = console;
      this.libraries = libraries;
    }

    @Override
    public Integer call() throws Refusal {
      LocalCluster cluster = place.open(libraries);
      int code = ExitCodes.OK;
      try {
        if (!now) {
          code = stopJobs(cluster);
        }
        List<String> ended = cluster.stop();
        console
            .out()
            .println(ended.isEmpty() ? "nothing ran" : "ended: " + String.join(", ", ended));
        return code;
      } catch (InterruptedException e) {
        throw interrupted();
      }
    }

    /** As well as that can be done: what is left of a broken cluster has to end, too. */
    private int stopJobs(LocalCluster cluster) throws InterruptedException {
      int code = ExitCodes.OK;
      if (cluster.parts().stream().noneMatch(Part::runs)) {
        return code;
      }
      try {
        for (FlinkRest.Job job : cluster.flink().jobs()) {
          if (job.isThere()) {
            console
                .out()
                .println(
                    job.name()
                        + " stopped; to go on: --from-savepoint "
                        + cluster
                            .flink()
                            .savepoint(job.id(), cluster.savepoints().toUri().toString(), true));
          }
        }
      } catch (ClusterRefusal e) {
        console.err().println("beckon: " + e.getMessage());
        code = ExitCodes.FAILED;
      }
      return code;
    }
  }
}
