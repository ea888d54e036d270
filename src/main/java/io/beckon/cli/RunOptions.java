// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Format;
import io.beckon.language.JobDefinition.IdRule;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** What the commands that read events have in common. */
final class RunOptions {
  @Parameters(paramLabel = "JOB", description = "The folder of the job.")
  private Path job = Path.of("");

  @Option(
      names = "--events",
      paramLabel = "FILE",
      arity = "1..*",
      description = "The events, in the format that job.yaml says; gzip is recognised.")
  private List<Path> events = new ArrayList<>();

  @Option(
      names = "--profiles",
      paramLabel = "FILE",
      description = "The users' profiles, JSON Lines: {\"user\": \"u1\", \"attributes\": {…}}.")
  private Optional<Path> profiles = Optional.empty();

  @Option(
      names = "--until",
      paramLabel = "TIME",
      converter = InstantConverter.class,
      description =
          "Where the input ends, such as 2026-11-02T20:00:00Z, which is included; without it, at the"
              + " last event.")
  private Optional<Instant> until = Optional.empty();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The folder for the results; what a run before left there is replaced.")
  private Optional<Path> out = Optional.empty();

  /** Whether events come from files. */
  boolean hasEvents() {
    return !events.isEmpty();
  }

  /** Whether anything is said that concerns events from files only. */
  boolean isOfFiles() {
    return hasEvents() || profiles.isPresent() || until.isPresent() || out.isPresent();
  }

  JobFolder job() throws Refusal {
    return JobFolder.of(job);
  }

  /** The event files, each checked to be there. */
  List<Path> events() throws Refusal {
    if (events.isEmpty()) {
      throw Refusal.usage("Missing required option: '--events=FILE'");
    }
    for (Path file : events) {
      InputFiles.check(file);
    }
    return List.copyOf(events);
  }

  /**
   * Refuses files that {@code id: row} cannot tell apart: rows of one would be taken for copies.
   */
  void checkNames(JobDefinition job) throws Refusal {
    if (!(job.source().id() instanceof IdRule.Row)) {
      return;
    }
    Map<Optional<Path>, Path> named = new HashMap<>();
    for (Path file : events) {
      Path other = named.putIfAbsent(Optional.ofNullable(file.getFileName()), file);
      if (other != null) {
        throw new Refusal(
            file
                + ": called like "
                + other
                + ", and under `id: row` the name is part of an event's id; rename one of them");
      }
    }
  }

  /** The profiles, checked to be there. */
  Optional<Path> profiles() throws Refusal {
    if (profiles.isPresent()) {
      InputFiles.check(profiles.get());
    }
    return profiles;
  }

  OptionalLong untilMs() {
    return until.map(Instant::toEpochMilli).map(OptionalLong::of).orElse(OptionalLong.empty());
  }

  /** The folder for the results, made if it is not there, and held. */
  OutFolder out() throws Refusal {
    return OutFolder.open(
        out.orElseThrow(() -> Refusal.usage("Missing required option: '--out=DIR'")));
  }

  /** A job whose records files can hold: of one source, not in Avro. */
  static JobDefinition ofFiles(JobDefinition job) throws Refusal {
    if (job.sources().size() > 1) {
      throw new Refusal(
          "job.yaml has "
              + job.sources().size()
              + " sources, and files hold the records of one; run a copy of the job with that one");
    }
    if (job.source().format() == Format.AVRO) {
      throw new Refusal(
          "job.yaml reads Avro, and files hold JSON Lines or CSV; run it live, without --events");
    }
    return job;
  }

  /** RFC 3339, or a complaint in plain words. */
  static final class InstantConverter implements ITypeConverter<Instant> {
    @Override
    public Instant convert(String value) {
      try {
        return OffsetDateTime.parse(value).toInstant();
      } catch (DateTimeParseException e) {
        throw new TypeConversionException(
            "'" + value + "' is not a time with its offset, such as 2026-11-02T20:00:00Z");
      }
    }
  }
}
