// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.JobDefinition;
import io.beckon.simulate.EventFormat;
import io.beckon.simulate.Simulation;
import io.beckon.simulate.SimulationFiles;
import io.beckon.simulate.SimulationSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
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
      "Simulates users and runs the triggers of jobs/retail on their events in this process, with",
      "the engine that 'backtest' and 'run' use. Takes 40 seconds; needs nothing but a JDK.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon demo",
      "  beckon demo --users 500 --seed 7 --fast",
      "  beckon demo --speed 600 --out out",
      "",
      "Exit codes: 0 fine, 1 wrong input, 2 wrong use of the command line."
    })
final class DemoCommand implements Callable<Integer> {
  /** A Monday. */
  private static final LocalDate DAY = LocalDate.of(2026, 11, 2);

  private static final long DAY_MS = 86_400_000L;

  /** The night passes at once. */
  private static final long NIGHT_MS = DAY_MS / 4;

  private static final long SHOWN_MS = 40_000;
  private static final long WITHIN_MS = 7 * DAY_MS;

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
    JobDefinition definition = ValidateCommand.load(console, folder).job().orElseThrow();
    if (out.isPresent()) {
      InputFiles.makeFolder(out.get());
      show(definition, settings, out.get());
      return ExitCodes.OK;
    }
    try {
      Path folderOfRun = Files.createTempDirectory("beckon-demo");
      // Also when the demo is stopped half way.
      Thread cleaning = new Thread(() -> remove(folderOfRun));
      Runtime.getRuntime().addShutdownHook(cleaning);
      try {
        show(definition, settings, folderOfRun);
      } finally {
        remove(folderOfRun);
        Runtime.getRuntime().removeShutdownHook(cleaning);
      }
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain("the folder for temporary files", e));
    }
    return ExitCodes.OK;
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

  private void show(JobDefinition definition, SimulationSettings settings, Path folder)
      throws Refusal {
    PrintWriter to = console.out();
    Simulation simulation = new Simulation(settings);
    Path events = folder.resolve("events.csv");
    try {
      new SimulationFiles(settings).events(events, EventFormat.CSV, count -> {});
      to.printf(
          Locale.ROOT,
          "A day of a shop with %,d users, seed %d. Each line is a decision: when, who, and what they"
              + " really are%n(the simulation knows it, Beckon does not), what was noticed → what is"
              + " done about it.%n%n",
          settings.users(),
          settings.seed());
      to.flush();
      Optional<Pace> pace =
          fast
              ? Optional.empty()
              : Optional.of(new Pace(Pace.watch(), settings.startMs() + NIGHT_MS, speed));
      DemoView view =
          new DemoView(
              definition,
              simulation,
              settings.startMs(),
              pace,
              console,
              System.getenv("NO_COLOR") == null);
      new Backtest(definition)
          .run(
              new Backtest.Inputs(List.of(events), Optional.empty(), OptionalLong.empty()),
              folder,
              view);
      view.close();
      to.println();
      new RunReport(definition, folder).printNumbers(to);
      to.println();
      summary(to, simulation, view);
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
    to.println("  jobs/retail/triggers            the two triggers, with their tests");
    to.println("  docs/reference/moments.md       when exactly a moment comes, and the reasons");
    to.println("  docs/reference/simulate.md      who these users are, and a million of them");
    to.println("  README.md                       your own events");
    out.ifPresent(
        folder -> to.println("Everything is in " + folder + ": events.csv and the results"));
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
