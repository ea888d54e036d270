// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.simulate.EventFormat;
import io.beckon.simulate.Simulation;
import io.beckon.simulate.SimulationFiles;
import io.beckon.simulate.SimulationSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code beckon simulate}: writes the events of users that never were. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    header = "Writes the events of a simulated shop, and what is true of its users.",
    description = {
      "",
      "Window shoppers, loyal buyers, users who fade or leave, bots, and users with a wrong clock.",
      "The same options give the same bytes.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon simulate --out events.jsonl",
      "  beckon simulate --users 5000 --no-clocks-ahead --out events.csv.gz --truth truth.jsonl",
      "  beckon simulate --users 1000000 --days 30 --out month/",
      "",
      "Exit codes: 0 fine, 1 files that cannot be written, 2 wrong use of the command line."
    })
final class SimulateCommand implements Callable<Integer> {
  private static final int MOST_WITHIN_DAYS = 3_660;

  private final Console console;

  @Option(
      names = "--out",
      paramLabel = "FILE|DIR",
      required = true,
      description =
          "The file for the events, compressed if it ends in .gz; or a folder (it exists, or ends in"
              + " /), which gets a file for each day, and truth.jsonl.")
  private String out = "";

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description =
          "jsonl: canonical records; csv: what jobs/retail reads. By default as the file's name"
              + " says, otherwise jsonl.")
  private Optional<EventFormat> format = Optional.empty();

  @Option(names = "--users", paramLabel = "N", description = "How many users; 1000 by default.")
  private int users = 1_000;

  @Option(names = "--days", paramLabel = "D", description = "For how many days; 7 by default.")
  private int days = 7;

  @Option(names = "--seed", paramLabel = "S", description = "A number; 1 by default.")
  private long seed = 1;

  @Option(
      names = "--start",
      paramLabel = "DATE",
      converter = DateConverter.class,
      description = "The first day, UTC; 2026-11-02 by default.")
  private LocalDate start = LocalDate.of(2026, 11, 2);

  @Option(
      names = "--no-clocks-ahead",
      description =
          "No clock is ahead of the time: those that would be are behind. A job that reads a file"
              + " takes its time from the events, and such a clock makes the others' events late.")
  private boolean noClocksAhead;

  @Option(
      names = "--truth",
      paramLabel = "FILE",
      description = "The file for what is true of each user, JSON Lines.")
  private Optional<Path> truth = Optional.empty();

  @Option(
      names = "--within",
      paramLabel = "N",
      description =
          "A user would have bought anyway who bought within N days of browsing; 7 by default.")
  private int withinDays = 7;

  SimulateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws Refusal {
    SimulationSettings settings = settings(users, days, seed, start, !noClocksAhead);
    inRange("--within", withinDays, MOST_WITHIN_DAYS);
    if (out.isEmpty()) {
      throw Refusal.usage("--out needs the name of a file or a folder");
    }
    Path target = Path.of(out);
    boolean folder = out.endsWith("/") || Files.isDirectory(target);
    EventFormat chosen = format.orElseGet(() -> formatOf(out));
    Optional<Path> truthFile =
        folder && truth.isEmpty() ? Optional.of(target.resolve("truth.jsonl")) : truth;
    if (truthFile.isPresent() && same(truthFile.get(), target)) {
      throw Refusal.usage("--out and --truth name the same file");
    }
    SimulationFiles files = new SimulationFiles(settings);
    Path at = target;
    try (Progress progress = new Progress(console, 0)) {
      LongConsumer shown = count -> progress.at(0, count);
      Simulation.Result result;
      if (folder) {
        InputFiles.makeFolder(target);
        result = files.eventsByDay(target, chosen, shown);
      } else {
        makeParent(target);
        result = files.events(target, chosen, shown);
      }
      if (truthFile.isPresent()) {
        at = truthFile.get();
        makeParent(at);
        files.truth(at, withinDays);
      }
      console.out().print(said(settings, result, truthFile));
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(at.toString(), e));
    }
    if (chosen == EventFormat.CSV && !folder) {
      console.out().println("To run it: beckon run jobs/retail --events " + out + " --out out");
    }
    return ExitCodes.OK;
  }

  private String said(
      SimulationSettings settings, Simulation.Result result, Optional<Path> truthFile) {
    return String.format(
        Locale.ROOT,
        "%,d events of %,d users from %s to %s in %s%s%n",
        result.events(),
        settings.users(),
        settings.start(),
        settings.start().plusDays(settings.days() - 1L),
        out,
        truthFile.map(file -> "; the truth in " + file).orElse(""));
  }

  /** Settings, or a complaint about the option that is out of range. */
  static SimulationSettings settings(
      int users, int days, long seed, LocalDate start, boolean clocksAhead) throws Refusal {
    inRange("--users", users, SimulationSettings.MOST_USERS);
    inRange("--days", days, SimulationSettings.MOST_DAYS);
    if (start.getYear() < 1971 || start.getYear() > 2900) {
      throw Refusal.usage("--start is in the years 1971 to 2900, not " + start.getYear());
    }
    return new SimulationSettings(users, days, seed, start, clocksAhead);
  }

  private static void inRange(String option, int value, int most) throws Refusal {
    if (value < 1 || value > most) {
      throw Refusal.usage(
          String.format(Locale.ROOT, "%s is from 1 to %d, not %d", option, most, value));
    }
  }

  private static EventFormat formatOf(String name) {
    return name.endsWith(".csv") || name.endsWith(".csv.gz") ? EventFormat.CSV : EventFormat.JSONL;
  }

  private static boolean same(Path one, Path other) {
    return one.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
  }

  private static void makeParent(Path file) throws Refusal {
    if (Files.isDirectory(file)) {
      throw new Refusal(file + ": a folder; name a file");
    }
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      InputFiles.makeFolder(parent);
    }
  }

  /** A date, or a complaint in plain words. */
  static final class DateConverter implements ITypeConverter<LocalDate> {
    @Override
    public LocalDate convert(String value) {
      try {
        return LocalDate.parse(value);
      } catch (DateTimeParseException e) {
        throw new TypeConversionException("'" + value + "' is not a date, such as 2026-11-02");
      }
    }
  }
}
