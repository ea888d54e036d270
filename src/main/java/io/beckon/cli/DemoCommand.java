// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.kafka.KafkaRefusal;
import io.beckon.kafka.LocalBroker;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.simulate.EventFormat;
import io.beckon.simulate.Simulation;
import io.beckon.simulate.SimulationFiles;
import io.beckon.simulate.SimulationSettings;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code beckon demo}: a day of a simulated shop, told while it happens. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    header = "Shows a day of a simulated shop: what is noticed, what is decided, and why.",
    description = {
      "",
      "Simulates users and runs two triggers of jobs/retail on their events in this process, with",
      "the engine that 'backtest' and 'run' use. Takes 40 seconds; needs nothing but a JDK.",
      "",
      "With --kafka the events go to a topic of a Kafka broker that is started for the demo, the job",
      "runs on it as it would live, and what is shown is read back from the job's topics.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon demo",
      "  beckon demo --users 500 --seed 7 --fast",
      "  beckon demo --speed 600 --out out",
      "  beckon demo --kafka",
      "",
      "Exit codes: 0 fine, 1 wrong input, 2 wrong use of the command line."
    })
final class DemoCommand implements Callable<Integer> {
  /** A Monday. */
  private static final LocalDate DAY = LocalDate.of(2026, 11, 2);

  private static final long DAY_MS = 86_400_000L;

  /** The night passes at once. */
  private static final long NIGHT_MS = DAY_MS / 4;

  /** How long a broker may take to start. */
  private static final Duration STARTING = Duration.ofSeconds(60);

  /** How long a demo that is interrupted has to end in an orderly way. */
  private static final long STOPPING_MS = 10_000;

  private static final long SHOWN_MS = 40_000;
  private static final long WITHIN_MS = 7 * DAY_MS;

  private static final Set<String> TOLD = Set.of("browse-without-buy", "cart-abandonment");

  private final Console console;

  @Option(names = "--users", paramLabel = "N", description = "How many users; 400 by default.")
  private int users = 400;

  @Option(names = "--seed", paramLabel = "S", description = "Another seed, another day.")
  private long seed = 1;

  @Option(
      names = "--speed",
      paramLabel = "X",
      description =
          "How much faster than real time; 1620 by default: 40 seconds from morning to night. Lines"
              + " that would come too fast to be read are counted instead.")
  private double speed = (double) (DAY_MS - NIGHT_MS) / SHOWN_MS;

  @Option(names = "--fast", description = "Every line, as fast as it goes.")
  private boolean fast;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The folder that keeps events.csv and the results; otherwise nothing is kept.")
  private Optional<Path> out = Optional.empty();

  @Option(
      names = "--job",
      paramLabel = "JOB",
      description = "Another job that reads the same events; by default the jobs/retail of Beckon.")
  private Optional<Path> job = Optional.empty();

  @Option(
      names = "--kafka",
      description =
          "Through a real Kafka broker, which is started on this machine and removed at the end.")
  private boolean kafka;

  DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws Refusal {
    if (!(speed >= 1) || speed > 1e9) {
      throw Refusal.usage("--speed is from 1 to 1000000000; without any waiting: --fast");
    }
    SimulationSettings settings = SimulateCommand.settings(users, 1, seed, DAY, false);
    JobFolder folder = JobFolder.of(job.orElseGet(DemoCommand::retail));
    ValidateCommand.load(console, folder);
    List<SourceFile> files = job.isPresent() ? folder.read() : told(folder.read());
    JobDefinition definition = Definitions.load(folder.name(), files).job().orElseThrow();
    if (kafka) {
      // Before anything else, since it may not be there.
      String libraries = brokerLibraries();
      makeOut();
      return inTemporaryFolder(
          true,
          (work, atEnd) ->
              onKafka(folder.name(), files, definition, settings, libraries, work, atEnd));
    }
    if (out.isPresent()) {
      makeOut();
      show(definition, settings, out.get());
      return ExitCodes.OK;
    }
    return inTemporaryFolder(false, (work, atEnd) -> show(definition, settings, work));
  }

  private void makeOut() throws Refusal {
    if (out.isPresent()) {
      InputFiles.makeFolder(out.get());
    }
  }

  /** Something that uses a folder which is removed thereafter. */
  private interface Work {
    /**
     * Does it.
     *
     * @param atEnd what has to be ended before the folder is removed
     */
    void in(Path folder, Deque<Runnable> atEnd) throws Refusal, IOException;
  }

  /**
   * Does the work.
   *
   * @param orderly whether it is interrupted and waited for when the process is being ended
   */
  private int inTemporaryFolder(boolean orderly, Work work) throws Refusal {
    Deque<Runnable> atEnd = new ConcurrentLinkedDeque<>();
    CountDownLatch ended = new CountDownLatch(1);
    AtomicBoolean stopping = new AtomicBoolean();
    try {
      Path folder = Files.createTempDirectory("beckon-demo");
      // Also when the demo is stopped half way.
      Optional<Thread> working = orderly ? Optional.of(Thread.currentThread()) : Optional.empty();
      Thread cleaning =
          new Thread(() -> stop(working, stopping, ended, atEnd, folder), "beckon-stop");
      if (!enter(cleaning)) {
        remove(folder);
        return ExitCodes.OK;
      }
      try {
        work.in(folder, atEnd);
      } finally {
        clean(atEnd, folder);
        ended.countDown();
        leave(cleaning);
      }
    } catch (IOException e) {
      if (stopping.get()) {
        // As was wanted.
        return ExitCodes.OK;
      }
      throw new Refusal(
          e instanceof KafkaRefusal
              ? String.valueOf(e.getMessage())
              : InputFiles.explain("the demo", e));
    }
    return ExitCodes.OK;
  }

  /** The files of a job without the triggers whose story a day of visits cannot tell. */
  static List<SourceFile> told(List<SourceFile> files) {
    return files.stream()
        .filter(
            file ->
                !file.path().contains("/triggers/")
                    || TOLD.stream().anyMatch(id -> file.path().endsWith("/" + id + ".yaml")))
        .toList();
  }

  /** Runs while the process is being ended. */
  private static void stop(
      Optional<Thread> working,
      AtomicBoolean stopping,
      CountDownLatch ended,
      Deque<Runnable> atEnd,
      Path folder) {
    if (working.isPresent()) {
      stopping.set(true);
      working.get().interrupt();
      try {
        if (ended.await(STOPPING_MS, TimeUnit.MILLISECONDS)) {
          return;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    clean(atEnd, folder);
  }

  private static void clean(Deque<Runnable> atEnd, Path folder) {
    for (Runnable next = atEnd.pollLast(); next != null; next = atEnd.pollLast()) {
      next.run();
    }
    if (Files.exists(folder)) {
      remove(folder);
    }
  }

  /** Whether the process is not being ended already. */
  private static boolean enter(Thread hook) {
    try {
      Runtime.getRuntime().addShutdownHook(hook);
      return true;
    } catch (IllegalStateException alreadyEnding) {
      return false;
    }
  }

  private static void leave(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException alreadyEnding) {
      // The hook finds that there is nothing left to do.
      return;
    }
  }

  private static Path retail() {
    Path here = Path.of("jobs", "retail");
    return Files.isDirectory(here)
        ? here
        : Path.of(System.getProperty("beckon.home", "")).resolve(here);
  }

  private static void remove(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // It lies where the system cleans up itself.
      return;
    }
  }

  /** The class path of a broker, which the build writes down; Beckon itself has none. */
  private static String brokerLibraries() throws Refusal {
    String named = System.getProperty("beckon.broker.classpath", "");
    if (named.isEmpty()) {
      throw new Refusal("demo --kafka takes its broker from the build of a clone; call bin/beckon");
    }
    String again = "; build again, online: ./mvnw -B -DskipTests package";
    try {
      String libraries = Files.readString(Path.of(named)).strip();
      for (String library : libraries.split(File.pathSeparator, -1)) {
        Path file = Path.of(library);
        if (!Files.exists(file)) {
          throw new Refusal(
              "the libraries of a Kafka broker are not all there: no "
                  + file.getFileName()
                  + again);
        }
      }
      return libraries;
    } catch (IOException e) {
      throw new Refusal("the libraries of a Kafka broker are not there: no " + named + again);
    }
  }

  private void onKafka(
      String folderName,
      List<SourceFile> files,
      JobDefinition definition,
      SimulationSettings settings,
      String libraries,
      Path work,
      Deque<Runnable> atEnd)
      throws Refusal, IOException {
    console.err().println("starting a Kafka broker ...");
    LocalBroker broker =
        LocalBroker.start(libraries, Files.createDirectory(work.resolve("broker")), STARTING);
    atEnd.add(broker::close);
    KafkaDemo demo =
        new KafkaDemo(folderName, files, definition, broker.servers(), broker::isAlive);
    console.err().println("Kafka is at " + broker.servers() + ": " + demo.route());
    onKafka(demo, definition, settings, work);
  }

  /** The demo from where a broker is there. */
  void onKafka(KafkaDemo demo, JobDefinition definition, SimulationSettings settings, Path work)
      throws Refusal, IOException {
    Simulation simulation = new Simulation(settings);
    Path results = out.orElse(work.resolve("results"));
    InputFiles.makeFolder(results);
    if (out.isPresent()) {
      new SimulationFiles(settings)
          .events(results.resolve("events.jsonl"), EventFormat.JSONL, count -> {});
    }
    begin(settings);
    try (KafkaDemo.Started started = demo.start(work, results)) {
      DemoView view = view(definition, simulation, settings, KafkaDemo.LAG_MS);
      started.run(simulation, view);
      end(definition, simulation, view, results);
    }
  }

  private void begin(SimulationSettings settings) {
    console
        .out()
        .printf(
            Locale.ROOT,
            "A day of a shop with %,d users, seed %d. Each line is a decision: when, who, and what they"
                + " really are%n(the simulation knows it, Beckon does not), what was noticed → what is"
                + " done about it.%n%n",
            settings.users(),
            settings.seed());
    console.out().flush();
  }

  private DemoView view(
      JobDefinition definition, Simulation simulation, SimulationSettings settings, long lagMs) {
    Optional<Pace> pace =
        fast
            ? Optional.empty()
            : Optional.of(new Pace(Pace.watch(), settings.startMs() + NIGHT_MS, speed, lagMs));
    return new DemoView(
        definition,
        simulation,
        settings.startMs(),
        pace,
        console,
        System.getenv("NO_COLOR") == null);
  }

  private void end(JobDefinition definition, Simulation simulation, DemoView view, Path results)
      throws IOException {
    PrintWriter to = console.out();
    view.close();
    to.println();
    new RunReport(definition, results).printNumbers(to);
    to.println();
    summary(to, simulation, view);
  }

  private void show(JobDefinition definition, SimulationSettings settings, Path folder)
      throws Refusal {
    Simulation simulation = new Simulation(settings);
    Path events = folder.resolve("events.csv");
    try {
      new SimulationFiles(settings).events(events, EventFormat.CSV, count -> {});
      begin(settings);
      DemoView view = view(definition, simulation, settings, 0);
      new Backtest(definition)
          .run(
              new Backtest.Inputs(List.of(events), Optional.empty(), OptionalLong.empty()),
              folder,
              view);
      end(definition, simulation, view, folder);
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(folder.toString(), e));
    }
  }

  private void summary(PrintWriter to, Simulation simulation, DemoView view) {
    List<DemoView.Sent> sent = view.sent();
    StringJoiner shares = new StringJoiner(", ");
    view.sentTo().forEach((persona, count) -> shares.add(persona.words() + " " + count));
    if (!sent.isEmpty()) {
      to.println("Sent to, by what they really are: " + shares);
      to.printf(
          Locale.ROOT,
          "Of %,d sent, %,d went to users who would have bought anyway within 7 days. The simulation"
              + " knows that; the shop cannot.%n%n",
          sent.size(),
          sent.stream().filter(each -> wouldBuyAnyway(simulation, each)).count());
    }
    to.println("What to read next:");
    to.println(
        "  jobs/retail/triggers            these two triggers and the others, with their tests");
    to.println("  docs/reference/moments.md       when exactly a moment comes, and the reasons");
    to.println("  docs/reference/simulate.md      who these users are, and a million of them");
    to.println("  README.md                       your own events");
    out.ifPresent(
        folder ->
            to.printf(
                "Everything is in %s: events.%s and the results%n",
                folder, kafka ? "jsonl" : "csv"));
  }

  private static boolean wouldBuyAnyway(Simulation simulation, DemoView.Sent sent) {
    Simulation.Truth truth = simulation.truth(sent.user());
    long momentMs = sent.momentMs() - truth.clock().offsetMs();
    return truth.interests().stream()
        .filter(each -> each.product().id().equals(sent.item()) && each.atMs() <= momentMs)
        .flatMapToLong(each -> each.boughtAtMs().stream())
        .anyMatch(boughtMs -> boughtMs > momentMs && boughtMs - momentMs <= WITHIN_MS);
  }
}
