// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What every fit is told, and what it does with it. */
final class FitOptions {
  private static final Pattern ID = Pattern.compile("[a-z][a-z0-9-]{0,63}");
  private static final Pattern NAMED = Pattern.compile("(.+)\\.ya?ml");
  private static final Pattern KIND = Pattern.compile("(?m)^kind: Model$");
  private static final Pattern VERSION = Pattern.compile("(?m)^version: ([0-9]{1,9})$");
  private static final int MOST_DAYS = 400;

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
      description =
          "The type of events that count, such as purchase; a day counts once. May be repeated.")
  private List<String> event = new ArrayList<>();

  @Option(
      names = "--events",
      paramLabel = "FILE",
      arity = "1..*",
      required = true,
      description = "The events, in the format that job.yaml says, in any order.")
  private List<Path> events = new ArrayList<>();

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

  /** The model's id. */
  String id() throws Refusal {
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

  static String fileName(Path path) {
    return Optional.ofNullable(path.getFileName()).map(Path::toString).orElse("");
  }

  /** The names of the events' files. */
  List<String> fileNames() {
    return events.stream().map(FitOptions::fileName).toList();
  }

  /** One more than that of the model which is replaced; what is no model is not replaced. */
  int version() throws Refusal {
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

  /** The event types that count. */
  List<EventType> types(JobDefinition definition) throws Refusal {
    return types(definition, event);
  }

  /** The event types of these names. */
  static List<EventType> types(JobDefinition definition, List<String> names) throws Refusal {
    List<EventType> types = new ArrayList<>();
    for (String name : names) {
      types.add(type(definition, name));
    }
    return types;
  }

  private static EventType type(JobDefinition definition, String event) throws Refusal {
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

  /** The job, as it decodes files. */
  JobDefinition definition(Console console) throws Refusal {
    return RunOptions.ofFiles(ValidateCommand.load(console, JobFolder.of(job)).job().orElseThrow());
  }

  /** Refuses files that cannot be read. */
  void checkFiles() throws Refusal {
    for (Path file : events) {
      InputFiles.check(file);
    }
  }

  /** The events, of which some must count. */
  FitLog read(JobDefinition definition, FitLog.Roles roles, Console console) throws Refusal {
    FitLog log;
    try (Progress progress = new Progress(console, InputFiles.bytes(events))) {
      log = FitLog.read(definition, roles, events, progress);
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(events.get(0).toString(), e));
    }
    if (log.events() == 0) {
      String rejected =
          log.rejected() == 0 ? "" : "; " + log.rejected() + " records are no event of the job";
      throw new Refusal("no event " + eventWords() + " in the files" + rejected);
    }
    return log;
  }

  /** The types that count, for people. */
  String eventWords() {
    return String.join(" or ", event);
  }

  /** The types that count, as a selector. */
  String eventYaml() {
    return event.size() == 1 ? event.get(0) : "{events: [" + String.join(", ", event) + "]}";
  }

  /** For the samples of intervals. */
  long seed() {
    return seed;
  }

  /** The file for the model. */
  Path out() {
    return out;
  }

  /** Writes the model and its picture, and says so. */
  void write(String yaml, String svg, Console console) throws Refusal {
    write(out, yaml);
    write(chart(), svg);
    console.out().println();
    console.out().println(out + " and " + chart() + " written");
  }

  static void write(Path file, String text) throws Refusal {
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

  /** Whole days. */
  static final class DaysConverter implements ITypeConverter<Integer> {
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
