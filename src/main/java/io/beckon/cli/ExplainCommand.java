// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.JobDefinition;
import io.beckon.language.TriggerDefinition;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import tools.jackson.databind.JsonNode;

/** {@code beckon explain}: what happened to one user, and why. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    header = "Tells in plain words what happened to one user, and why.",
    description = {
      "",
      "Every moment a trigger noticed, in order of time: what was noticed, what was sent, held or not"
          + " sent, by which check, and the numbers it compared.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon explain jobs/retail --decisions out --user u17",
      "  beckon explain jobs/retail --decisions out/decisions.jsonl --user u17 --trigger birthday",
      "  zcat decisions.jsonl.gz | beckon explain jobs/retail --decisions - --user u17",
      "",
      "Exit codes: 0 fine, 1 definitions with errors or wrong input, 2 wrong use of the command line."
    })
final class ExplainCommand implements Callable<Integer> {
  private static final String STDIN = "-";

  private final Console console;
  private final InputStream stdin;

  @Parameters(paramLabel = "JOB", description = "The folder of the job.")
  private Path job = Path.of("");

  @Option(
      names = "--decisions",
      paramLabel = "FILE|DIR",
      required = true,
      description =
          "The decisions, JSON Lines, gzip is recognised, - is the standard input; or the folder of a"
              + " run, of which commands and outcomes are read, too.")
  private String decisions = "";

  @Option(names = "--user", paramLabel = "USER", required = true, description = "Whom it is about.")
  private String user = "";

  @Option(
      names = "--trigger",
      paramLabel = "TRIGGER",
      description = "Only what this trigger noticed.")
  private Optional<String> trigger = Optional.empty();

  @Option(
      names = "--commands",
      paramLabel = "FILE",
      description = "The commands: what went out exactly, and what was taken back.")
  private Optional<String> commands = Optional.empty();

  @Option(
      names = "--outcomes",
      paramLabel = "FILE",
      description = "The outcomes: whether the goal was reached.")
  private Optional<String> outcomes = Optional.empty();

  @Option(
      names = "--profiles",
      paramLabel = "FILE",
      description = "The users' profiles: times are shown in the user's zone, if it has one.")
  private Optional<String> profiles = Optional.empty();

  @Option(
      names = "--zone",
      paramLabel = "ZONE",
      converter = ZoneConverter.class,
      description = "The zone in which times are shown; the user's or else the job's by default.")
  private Optional<ZoneId> zone = Optional.empty();

  ExplainCommand(Console console, InputStream stdin) {
    this.console = console;
    this.stdin = stdin;
  }

  @Override
  public Integer call() throws Refusal {
    JobDefinition definition = ValidateCommand.load(console, JobFolder.of(job)).job().orElseThrow();
    check(definition);
    ofFolder();
    UserRecords reader = new UserRecords(user, stdin);
    UserRecords.Found found = reader.read(decisions);
    List<JsonNode> sent = read(reader, commands);
    List<JsonNode> brought = read(reader, outcomes);
    PlainTimes times = new PlainTimes(zone(definition));
    Explanation explanation = new Explanation(definition, times, user, trigger);
    console.out().print(explanation.text(found, sent, brought));
    return ExitCodes.OK;
  }

  private void check(JobDefinition definition) throws Refusal {
    long fromStdin =
        List.of(Optional.of(decisions), commands, outcomes, profiles).stream()
            .filter(file -> file.equals(Optional.of(STDIN)))
            .count();
    if (fromStdin > 1) {
      throw Refusal.usage("only one of the files can be the standard input");
    }
    List<String> ids = definition.triggers().stream().map(TriggerDefinition::id).toList();
    if (trigger.isPresent() && !ids.contains(trigger.get())) {
      throw new Refusal(
          "--trigger "
              + trigger.get()
              + ": the job has no such trigger; it has "
              + String.join(", ", ids));
    }
  }

  /** A folder stands for the files of a run in it. */
  private void ofFolder() {
    Path folder = Path.of(decisions);
    if (decisions.equals(STDIN) || !Files.isDirectory(folder)) {
      return;
    }
    decisions = folder.resolve("decisions.jsonl").toString();
    commands = commands.or(() -> inFolder(folder, "commands.jsonl"));
    outcomes = outcomes.or(() -> inFolder(folder, "outcomes.jsonl"));
  }

  private static Optional<String> inFolder(Path folder, String name) {
    Path file = folder.resolve(name);
    return Files.exists(file) ? Optional.of(file.toString()) : Optional.empty();
  }

  private static List<JsonNode> read(UserRecords reader, Optional<String> file) throws Refusal {
    return file.isPresent() ? reader.read(file.get()).records() : List.of();
  }

  private ZoneId zone(JobDefinition definition) throws Refusal {
    if (zone.isPresent()) {
      return zone.get();
    }
    Optional<String> attribute = definition.timezone().from();
    if (profiles.isEmpty() || attribute.isEmpty()) {
      return definition.zone();
    }
    Optional<String> name = Optional.empty();
    for (JsonNode profile : new UserRecords(user, stdin).read(profiles.get()).records()) {
      JsonNode attributes = profile.has("attributes") ? profile.path("attributes") : profile;
      JsonNode value = attributes.get(attribute.get());
      name = value == null || value.isNull() ? Optional.empty() : Optional.of(value.asString());
    }
    try {
      return name.map(ZoneId::of).orElse(definition.zone());
    } catch (DateTimeException e) {
      return definition.zone();
    }
  }

  /** A zone, or a complaint in plain words. */
  static final class ZoneConverter implements ITypeConverter<ZoneId> {
    @Override
    public ZoneId convert(String value) {
      try {
        return ZoneId.of(value);
      } catch (DateTimeException e) {
        throw new TypeConversionException("'" + value + "' is not a zone, such as Europe/Paris");
      }
    }
  }
}
