// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.JobDefinition;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
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
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
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

  /** Amounts of money keep their digits. */
  private final JsonMapper json =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  RunReport(JobDefinition job, Path out) {
    this.job = job;
    this.out = out;
  }

  /** Prints events, a table of the triggers, the first commands, and where the rest is. */
  void print(PrintWriter to) throws Refusal {
    try {
      printNumbers(to);
      to.println();
      if (job.publishes()) {
        to.println("Everything is in " + out + ": " + String.join(", ", files()));
        return;
      }
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
    if (job.publishes()) {
      JsonNode scores = summary.path("scores");
      to.println(
          "Scores told %,d times as events changed them, %,d times as days closed"
              .formatted(scores.path("change").asLong(), scores.path("close").asLong()));
      return;
    }
    table(summary).forEach(to::println);
    List<String> experiments = experiments(summary);
    if (!experiments.isEmpty()) {
      to.println();
      experiments.forEach(to::println);
    }
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
    boolean spends = summary.path("triggers").valueStream().anyMatch(each -> each.has("spend"));
    rows.add(
        row(
            spends,
            List.of(
                "trigger",
                "moments",
                "prevented",
                "open",
                "commands",
                "taken back",
                "spent",
                "decided")));
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
      for (String rest : List.of("held", "queued")) {
        if (counts.path(rest).asLong(0) > 0) {
          reasons.add("still " + rest + " " + number(counts.path(rest)));
        }
      }
      JsonNode commands = counts.path("commands");
      rows.add(
          row(
              spends,
              List.of(
                  trigger.getKey(),
                  number(counts.path("moments")),
                  number(counts.path("prevented")),
                  number(counts.path("open")),
                  number(commands.path("ISSUE")),
                  number(commands.path("CANCEL")),
                  spent(counts.path("spend")),
                  reasons.toString())));
    }
    List<String> lines = new ArrayList<>(aligned(rows, rows.get(0).size() - 1));
    if (idle > 0) {
      lines.add((rows.size() > 1 ? "and " : "") + count(idle, "trigger") + " without a moment");
    }
    return lines;
  }

  /** A row of the table, without what is spent where there are no budgets. */
  private static List<String> row(boolean spends, List<String> all) {
    List<String> row = new ArrayList<>(all);
    if (!spends) {
      row.remove(all.size() - 2);
    }
    return row;
  }

  /** {@code 120.00 EUR}; budgets of one unit together. */
  private static String spent(JsonNode spend) {
    Map<String, BigDecimal> byUnit = new TreeMap<>();
    for (Map.Entry<String, JsonNode> budget : spend.properties()) {
      byUnit.merge(
          budget.getValue().path("unit").asString(""),
          budget.getValue().path("amount").decimalValue(),
          BigDecimal::add);
    }
    StringJoiner sums = new StringJoiner(", ");
    byUnit.forEach(
        (unit, sum) ->
            sums.add(
                String.format(Locale.ROOT, "%,." + Math.max(0, sum.scale()) + "f", sum)
                    + (unit.isEmpty() ? "" : " " + unit)));
    return sums.length() == 0 ? "0" : sums.toString();
  }

  /** What goals say of the treated and the held out; empty if no outcome counts yet. */
  private static List<String> experiments(JsonNode summary) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "goal of",
            "treated",
            "reached it",
            "rate",
            "held out",
            "reached it",
            "rate",
            "uplift",
            "95 % interval"));
    long early = 0;
    for (Map.Entry<String, JsonNode> trigger : summary.path("triggers").properties()) {
      JsonNode experiment = trigger.getValue().path("experiment");
      JsonNode treated = experiment.path("treated");
      JsonNode heldOut = experiment.path("held_out");
      early += experiment.path("too_early").asLong(0);
      if (treated.path("n").asLong(0) + heldOut.path("n").asLong(0) == 0) {
        continue;
      }
      JsonNode uplift = experiment.path("uplift");
      rows.add(
          List.of(
              trigger.getKey(),
              number(treated.path("n")),
              number(treated.path("converted")),
              percent(treated.path("rate")),
              number(heldOut.path("n")),
              number(heldOut.path("converted")),
              percent(heldOut.path("rate")),
              uplift.isObject() ? points(uplift.path("difference")) : "-",
              uplift.isObject()
                  ? points(uplift.path("low")) + " to " + points(uplift.path("high"))
                  : ""));
    }
    if (rows.size() == 1) {
      return List.of();
    }
    List<String> lines = new ArrayList<>(aligned(rows, rows.get(0).size() - 1));
    lines.add(
        "Uplift in percentage points; of episodes whose goal's time is over"
            + (early > 0
                ? String.format(Locale.ROOT, ", and %,d more reached it before.", early)
                : "."));
    return lines;
  }

  private static String percent(JsonNode share) {
    return share.isNumber() ? String.format(Locale.ROOT, "%.1f%%", 100 * share.asDouble()) : "-";
  }

  private static String points(JsonNode difference) {
    String text = String.format(Locale.ROOT, "%+.2f", 100 * difference.asDouble());
    return text.equals("-0.00") ? "+0.00" : text;
  }

  /** Rows as lines of columns, the first and the one of {@code words} to the left. */
  private static List<String> aligned(List<List<String>> rows, int words) {
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
        boolean text = i == 0 || i == words;
        line.append(text ? row.get(i) + space : space + row.get(i)).append("  ");
      }
      lines.add(line.toString().stripTrailing());
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
