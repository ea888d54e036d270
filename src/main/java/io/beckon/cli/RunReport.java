// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.JobDefinition;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.StringJoiner;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a run brought, for a person: out of the files it left. */
final class RunReport {
  private static final int COMMANDS_SHOWN = 5;
  private static final String DECISION_TIME = "\"decision_time\":\"";
  private static final DateTimeFormatter DAY_AND_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT);

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);

  private final JobDefinition job;
  private final Path out;
  private final JsonMapper json = JsonMapper.shared();

  RunReport(JobDefinition job, Path out) {
    this.job = job;
    this.out = out;
  }

  /** Prints events, a table of the triggers, the first commands, and where the rest is. */
  void print(PrintWriter to) throws Refusal {
    try {
      printNumbers(to);
      to.println();
      List<String> commands = firstCommands();
      if (!commands.isEmpty()) {
        to.println("The first commands:");
        commands.forEach(line -> to.println("  " + line));
        to.println();
      }
      to.println("Everything is in " + out + ": " + String.join(", ", files()));
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(out.toString(), e));
    }
  }

  /** Prints events and a table of the triggers. */
  void printNumbers(PrintWriter to) throws IOException {
    JsonNode summary = json.readTree(Files.readAllBytes(out.resolve("summary.json")));
    to.println(events(summary));
    to.println();
    table(summary).forEach(to::println);
  }

  private String events(JsonNode summary) {
    JsonNode events = summary.path("events");
    long read = events.path("read").asLong();
    if (read == 0) {
      return "No events, so there was nothing to decide" + troubles(events);
    }
    return count(read, "event")
        + " of "
        + count(summary.path("users").asLong(), "user")
        + ", "
        + period(summary.path("from"), summary.path("until"))
        + " ("
        + job.zone()
        + ")"
        + troubles(events);
  }

  /** What did not simply go in. */
  private static String troubles(JsonNode events) {
    StringBuilder text = new StringBuilder();
    long dead = 0;
    StringJoiner reasons = new StringJoiner(", ", " (", ")");
    for (Map.Entry<String, JsonNode> reason : events.path("dead_letters").properties()) {
      dead += reason.getValue().asLong();
      reasons.add(reason.getKey() + " " + number(reason.getValue()));
    }
    append(text, events.path("duplicates").asLong(), " duplicate", " duplicates");
    append(text, events.path("late").asLong(), " late", " late");
    append(text, dead, " dead letter", " dead letters");
    text.append(dead > 0 ? reasons.toString() : "");
    append(text, events.path("after_until").asLong(), " after --until", " after --until");
    return text.toString();
  }

  private static void append(StringBuilder text, long number, String one, String several) {
    if (number > 0) {
      text.append(text.isEmpty() ? "; " : ", ").append(String.format(Locale.ROOT, "%,d", number));
      text.append(number == 1 ? one : several);
    }
  }

  private String period(JsonNode from, JsonNode until) {
    ZonedDateTime first = Instant.parse(from.asString()).atZone(job.zone());
    ZonedDateTime last = Instant.parse(until.asString()).atZone(job.zone());
    boolean oneDay = first.toLocalDate().equals(last.toLocalDate());
    return DAY_AND_TIME.format(first) + " to " + (oneDay ? TIME : DAY_AND_TIME).format(last);
  }

  private static List<String> table(JsonNode summary) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of("trigger", "moments", "prevented", "open", "commands", "taken back", "decided"));
    int idle = 0;
    for (Map.Entry<String, JsonNode> trigger : summary.path("triggers").properties()) {
      JsonNode counts = trigger.getValue();
      if (isIdle(counts)) {
        idle++;
        continue;
      }
      StringJoiner reasons = new StringJoiner(", ");
      for (Map.Entry<String, JsonNode> reason : counts.path("reasons").properties()) {
        reasons.add(reason.getKey() + " " + number(reason.getValue()));
      }
      JsonNode commands = counts.path("commands");
      rows.add(
          List.of(
              trigger.getKey(),
              number(counts.path("moments")),
              number(counts.path("prevented")),
              number(counts.path("open")),
              number(commands.path("ISSUE")),
              number(commands.path("CANCEL")),
              reasons.toString()));
    }
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        String space = " ".repeat(widths[i] - row.get(i).length());
        boolean text = i == 0 || i == columns - 1;
        line.append(text ? row.get(i) + space : space + row.get(i)).append("  ");
      }
      lines.add(line.toString().stripTrailing());
    }
    if (idle > 0) {
      lines.add((rows.size() > 1 ? "and " : "") + count(idle, "trigger") + " without a moment");
    }
    return lines;
  }

  /** Whether a trigger saw nothing begin. */
  private static boolean isIdle(JsonNode counts) {
    return counts.path("moments").asLong() == 0
        && counts.path("prevented").asLong() == 0
        && counts.path("open").asLong() == 0;
  }

  private static String number(JsonNode number) {
    return String.format(Locale.ROOT, "%,d", number.asLong());
  }

  private static String count(long number, String what) {
    return String.format(Locale.ROOT, "%,d %s%s", number, what, number == 1 ? "" : "s");
  }

  private List<String> firstCommands() throws IOException {
    Path commands = out.resolve("commands.jsonl");
    if (!Files.exists(commands)) {
      return List.of();
    }
    // The latest of those kept is at the head, to be replaced by an earlier one.
    PriorityQueue<String> first =
        new PriorityQueue<>(
            Comparator.comparing(RunReport::decisionTime)
                .thenComparing(Comparator.naturalOrder())
                .reversed());
    try (BufferedReader reader = Files.newBufferedReader(commands)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        first.add(line);
        if (first.size() > COMMANDS_SHOWN) {
          first.remove();
        }
      }
    }
    PlainWords words = new PlainWords(job);
    List<String> lines = new ArrayList<>();
    while (!first.isEmpty()) {
      lines.add(0, words.command(json.readTree(first.remove())));
    }
    return lines;
  }

  /** Read without parsing: there may be many commands, and few are shown. */
  private static String decisionTime(String line) {
    int at = line.indexOf(DECISION_TIME);
    int end = line.indexOf('"', at + DECISION_TIME.length());
    return at < 0 || end < 0 ? "" : line.substring(at + DECISION_TIME.length(), end);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(out)) {
      return files
          .filter(file -> !Files.isDirectory(file))
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.endsWith(".jsonl") || name.equals("summary.json"))
          .sorted()
          .toList();
    }
  }
}
