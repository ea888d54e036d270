// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.fit.ReturnFit;
import io.beckon.event.EventType;
import io.beckon.language.JobDefinition;
import io.beckon.language.diagnostics.Suggestions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code beckon fit}: a model of who returns, from recorded events. */
@Command(
    name = "fit",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    header = "Fits a model of who returns to recorded events, and says how good it is.",
    description = {
      "",
      "MODEL is mbg-nbd or bg-nbd. It is fitted to the days until a cut-off and judged by the horizon",
      "after it: who was silent all the time. FILE gets the model; beside it, as .svg, go the ROC",
      "curve and the calibration.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon fit mbg-nbd --job jobs/retail --event purchase --events year.csv.gz --out orders.yaml",
      "  beckon fit bg-nbd --job jobs/retail --event purchase --horizon 90d --events *.csv --out o.yaml",
      "",
      "Exit codes: 0 fine, 1 wrong input, 2 wrong use of the command line."
    })
final class FitCommand implements Callable<Integer> {
  private static final Pattern ID = Pattern.compile("[a-z][a-z0-9-]{0,63}");
  private static final Pattern NAMED = Pattern.compile("(.+)\\.ya?ml");
  private static final Pattern KIND = Pattern.compile("(?m)^kind: Model$");
  private static final Pattern VERSION = Pattern.compile("(?m)^version: ([0-9]{1,9})$");
  private static final int MOST_DAYS = 400;

  private final Console console;

  @Parameters(
      paramLabel = "MODEL",
      converter = FamilyConverter.class,
      description = "mbg-nbd, or bg-nbd.")
  private ReturnFit.Family family = ReturnFit.Family.MBG_NBD;

  @Option(
      names = "--job",
      paramLabel = "JOB",
      required = true,
      description = "The folder of the job that says how events are read.")
  private Path job = Path.of("");

  @Option(
      names = "--event",
      paramLabel = "TYPE",
      required = true,
      description = "The type of events that count, such as purchase; a day counts once.")
  private String event = "";

  @Option(
      names = "--events",
      paramLabel = "FILE",
      arity = "1..*",
      required = true,
      description = "The events, in the format that job.yaml says, in any order.")
  private List<Path> events = new ArrayList<>();

  @Option(
      names = "--horizon",
      paramLabel = "DAYS",
      converter = HorizonConverter.class,
      description = "How long silence counts, whole days; 30d by default.")
  private int horizonDays = 30;

  @Option(
      names = "--cut-off",
      paramLabel = "DATE",
      converter = DateConverter.class,
      description = "The last day that is fitted to; by default a horizon before the last event.")
  private Optional<LocalDate> cutOff = Optional.empty();

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "A number for the interval's samples; 1 by default.")
  private long seed = 1;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The file for the model, such as orders.yaml, which names it.")
  private Path out = Path.of("");

  FitCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws Refusal {
    String id = id();
    for (Path file : events) {
      InputFiles.check(file);
    }
    int version = version();
    JobFolder folder = JobFolder.of(job);
    JobDefinition definition =
        RunOptions.ofFiles(ValidateCommand.load(console, folder).job().orElseThrow());
    EventType type = type(definition);
    FitLog log = read(definition, type);
    long end = cutOff(log);
    Fitted fitted = Fitted.of(family, log.users(), end, horizonDays, seed);
    ModelDocument document =
        new ModelDocument(
            id, version, FamilyConverter.name(family), type.name(), fileNames(), log, fitted);
    write(out, document.yaml());
    write(chart(), FitChart.svg(fitted));
    new FitReport(document, console.out()).print();
    console.out().println();
    console.out().println(out + " and " + chart() + " written");
    return ExitCodes.OK;
  }

  private String id() throws Refusal {
    Matcher named = NAMED.matcher(fileName(out));
    if (!named.matches() || !ID.matcher(named.group(1)).matches()) {
      throw Refusal.usage(
          "--out names the model: small letters, digits and dashes, then .yaml, not '" + out + "'");
    }
    return named.group(1);
  }

  private Path chart() {
    return out.resolveSibling(fileName(out).replaceFirst("\\.ya?ml$", ".svg"));
  }

  private static String fileName(Path path) {
    return Optional.ofNullable(path.getFileName()).map(Path::toString).orElse("");
  }

  private List<String> fileNames() {
    return events.stream().map(FitCommand::fileName).toList();
  }

  /** One more than that of the model which is replaced; what is no model is not replaced. */
  private int version() throws Refusal {
    if (!Files.exists(out)) {
      return 1;
    }
    InputFiles.check(out);
    try {
      String text = Files.readString(out);
      Matcher version = VERSION.matcher(text);
      if (!KIND.matcher(text).find() || !version.find()) {
        throw new Refusal(out + ": there, and not a model; name another file for --out");
      }
      return Integer.parseInt(version.group(1)) + 1;
    } catch (IOException e) {
      throw new Refusal(out + ": there, and not a model; name another file for --out");
    }
  }

  private EventType type(JobDefinition definition) throws Refusal {
    Optional<EventType> type = definition.catalogue().type(event);
    if (type.isPresent()) {
      return type.get();
    }
    List<String> names = definition.catalogue().types().stream().map(EventType::name).toList();
    String help =
        Suggestions.closest(event, names)
            .map(name -> "did you mean " + name + "?")
            .orElse("there are: " + String.join(", ", names));
    throw new Refusal("the job has no event '" + event + "'; " + help);
  }

  private FitLog read(JobDefinition definition, EventType type) throws Refusal {
    FitLog log;
    try (Progress progress = new Progress(console, InputFiles.bytes(events))) {
      log = FitLog.read(definition, type, events, progress);
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(events.get(0).toString(), e));
    }
    if (log.events() == 0) {
      String rejected =
          log.rejected() == 0 ? "" : "; " + log.rejected() + " records are no event of the job";
      throw new Refusal("no event " + event + " in the files" + rejected);
    }
    return log;
  }

  /** The last day to fit to, with at least one repeat until then and the horizon after it. */
  private long cutOff(FitLog log) throws Refusal {
    long end = cutOff.map(LocalDate::toEpochDay).orElse(log.lastDate() - horizonDays);
    String span = ModelDocument.date(log.firstDate()) + " to " + ModelDocument.date(log.lastDate());
    if (end + horizonDays > log.lastDate()) {
      throw new Refusal(
          "the events, "
              + span
              + ", end before the "
              + horizonDays
              + " days after the cut-off do; name an earlier --cut-off or a shorter --horizon");
    }
    boolean repeats = log.users().stream().anyMatch(dates -> dates.until(end) > 1);
    if (!repeats) {
      throw new Refusal(
          "the events, "
              + span
              + ", have nobody with "
              + event
              + " on two days until the cut-off, "
              + ModelDocument.date(end)
              + "; a model needs a longer log, or a shorter --horizon");
    }
    return end;
  }

  private static void write(Path file, String text) throws Refusal {
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Path part = file.resolveSibling("." + fileName(file) + ".part");
      Files.writeString(part, text, StandardCharsets.UTF_8);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(file.toString(), e));
    }
  }

  /** A model's name. */
  static final class FamilyConverter implements ITypeConverter<ReturnFit.Family> {
    static String name(ReturnFit.Family family) {
      return switch (family) {
        case MBG_NBD -> "mbg-nbd";
        case BG_NBD -> "bg-nbd";
      };
    }

    @Override
    public ReturnFit.Family convert(String value) {
      for (ReturnFit.Family family : ReturnFit.Family.values()) {
        if (name(family).equals(value)) {
          return family;
        }
      }
      throw new TypeConversionException("'" + value + "' is no model; there are: mbg-nbd, bg-nbd");
    }
  }

  /** Whole days. */
  static final class HorizonConverter implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String value) {
      OptionalLong ms = Durations.parse(value);
      long days = ms.orElse(0) / Durations.DAY_MS;
      if (days < 1 || days > MOST_DAYS || ms.orElse(0) % Durations.DAY_MS != 0) {
        throw new TypeConversionException(
            "'" + value + "' is not a number of whole days up to 400, such as 30d");
      }
      return (int) days;
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
