// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code simulate} and {@code demo} as their users meet them. */
final class SimulateCommandTest {
  private static final Path RETAIL = Path.of("jobs", "retail");

  private record Said(int code, String out, String err) {}

  private static Said beckon(boolean terminal, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Console console = new Console(new PrintWriter(out), new PrintWriter(err), terminal);
    int code = Beckon.execute(console, args);
    return new Said(code, out.toString(), err.toString());
  }

  private static Said beckon(String... args) {
    return beckon(false, args);
  }

  private static JsonNode summary(Path out) throws IOException {
    return JsonMapper.shared().readTree(Files.readAllBytes(out.resolve("summary.json")));
  }

  // --- simulate

  @Test
  void theShopsTriggersRunOnSimulatedCsv(@TempDir Path folder) throws IOException {
    Path events = folder.resolve("new").resolve("events.csv.gz");
    Path truth = folder.resolve("truth.jsonl");
    Said said =
        beckon(
            "simulate",
            "--users=300",
            "--days=2",
            "--no-clocks-ahead",
            "--out=" + events,
            "--truth=" + truth);
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out())
        .contains(" events of 300 users from 2026-11-02 to 2026-11-03 in " + events)
        .contains("; the truth in " + truth)
        .contains("To run it: beckon run jobs/retail --events " + events + " --out out");
    assertThat(Files.readAllLines(truth)).hasSize(300);

    Path out = folder.resolve("out");
    Said ran =
        beckon(
            "backtest", RETAIL.toString(), "--events", events.toString(), "--out", out.toString());
    assertThat(ran.code()).as(ran.err()).isZero();
    JsonNode counted = summary(out).path("events");
    long rows;
    try (GZIPInputStream unpacked = new GZIPInputStream(Files.newInputStream(events))) {
      rows = new String(unpacked.readAllBytes(), StandardCharsets.UTF_8).lines().count() - 1;
    }
    assertThat(counted.path("read").asLong()).isEqualTo(rows);
    assertThat(counted.path("dead_letters").isEmpty()).isTrue();
    assertThat(counted.path("duplicates").asLong()).isPositive();
    // Clocks behind and devices that report hours late: few, and nobody else.
    assertThat(counted.path("late").asLong()).isBetween(1L, rows / 10);
  }

  @Test
  void canonicalLinesAndCsvMeanTheSame(@TempDir Path folder) throws IOException {
    Path job = Files.createDirectory(folder.resolve("job"));
    Files.createDirectory(job.resolve("models"));
    Files.createDirectory(job.resolve("triggers"));
    for (String file :
        List.of(
            "events.yaml",
            "models/orders.yaml",
            "signals.yaml",
            "policy.yaml",
            "triggers/browse-without-buy.yaml",
            "triggers/cart-abandonment.yaml")) {
      Files.copy(RETAIL.resolve(file), job.resolve(file));
    }
    Files.writeString(
        job.resolve("job.yaml"),
        """
        apiVersion: beckon/v1
        kind: Job
        id: retail
        time: {lateness: 10s, order: settled, clock: replay}
        source: {format: jsonl}
        """);
    Path csv = folder.resolve("events.csv");
    Path json = folder.resolve("events.jsonl");
    for (Path file : List.of(csv, json)) {
      Said said = beckon("simulate", "--users=400", "--days=2", "--seed=5", "--out=" + file);
      assertThat(said.code()).as(said.err()).isZero();
    }
    Path csvOut = folder.resolve("csv");
    Path jsonOut = folder.resolve("json");
    assertThat(beckon("backtest", RETAIL.toString(), "--events=" + csv, "--out=" + csvOut).code())
        .isZero();
    Said ran = beckon("backtest", job.toString(), "--events=" + json, "--out=" + jsonOut);
    assertThat(ran.code()).as(ran.err()).isZero();
    assertThat(summary(jsonOut).path("events")).isEqualTo(summary(csvOut).path("events"));
    for (String trigger : List.of("browse-without-buy", "cart-abandonment")) {
      assertThat(summary(jsonOut).path("triggers").path(trigger))
          .as(trigger)
          .isEqualTo(summary(csvOut).path("triggers").path(trigger));
    }
    assertThat(summary(csvOut).path("triggers").path("cart-abandonment").path("moments").asLong())
        .isPositive();
  }

  @Test
  void aFolderGetsAFileADayAndTheTruth(@TempDir Path folder) throws IOException {
    Path out = folder.resolve("days");
    Said said =
        beckon("simulate", "--users=50", "--days=2", "--start=2026-01-31", "--out=" + out + "/");
    assertThat(said.code()).as(said.err()).isZero();
    try (Stream<Path> files = Files.list(out)) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())).toList())
          .contains("events-2026-01-31.jsonl", "events-2026-02-01.jsonl", "truth.jsonl");
    }
  }

  @Test
  void wrongUseOfSimulateIsExplained(@TempDir Path folder) {
    String out = "--out=" + folder.resolve("events.jsonl");
    refused(2, "--out", "simulate");
    refused(2, "--users is from 1 to 10000000, not 0", "simulate", out, "--users=0");
    refused(2, "--users is from 1 to 10000000, not 10000001", "simulate", out, "--users=10000001");
    refused(2, "--days is from 1 to 3660, not -1", "simulate", out, "--days=-1");
    refused(2, "--within is from 1 to 3660, not 0", "simulate", out, "--within=0");
    refused(2, "'today' is not a date, such as 2026-11-02", "simulate", out, "--start=today");
    refused(2, "--start is in the years 1971 to 2900", "simulate", out, "--start=1969-01-01");
    refused(2, "--format", "simulate", out, "--format=xml");
    refused(
        2, "same file", "simulate", out, "--truth=" + folder.resolve(".").resolve("events.jsonl"));
    refused(
        1, folder + ": a folder; name a file", "simulate", out, "--users=5", "--truth=" + folder);
  }

  @Test
  void effectsArePlantedForTheTriggersOfAJob(@TempDir Path folder) throws IOException {
    Path job = ExperimentJob.write(folder.resolve("shop"));
    Path plain = folder.resolve("plain.jsonl");
    Path planted = folder.resolve("planted.jsonl");
    Path truth = folder.resolve("truth.jsonl");
    Said said =
        beckon(
            "simulate",
            "--users=300",
            "--job=" + job,
            "--effect=cart-abandonment=60%",
            "--baseline=0.2",
            "--out=" + planted,
            "--truth=" + truth);
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(beckon("simulate", "--users=300", "--out=" + plain).code()).isZero();
    assertThat(purchases(planted)).isGreaterThan(purchases(plain));
    assertThat(Files.readString(truth)).contains("\"planted\":{\"cart-abandonment\":\"treated\"}");
  }

  private static long purchases(Path file) throws IOException {
    return Files.readAllLines(file).stream().filter(line -> line.contains("\"purchase\"")).count();
  }

  @Test
  void effectsThatCannotBePlantedAreExplained(@TempDir Path folder) throws IOException {
    String job = "--job=" + ExperimentJob.write(folder.resolve("shop"));
    String out = "--out=" + folder.resolve("events.jsonl");
    refused(2, "--effect needs the job", "simulate", out, "--effect=cart-abandonment=0.1");
    refused(2, "--job and --baseline are for --effect", "simulate", out, job);
    refused(2, "--job and --baseline are for --effect", "simulate", out, "--baseline=0.3");
    refused(1, "no such trigger; it has cart-abandonment", "simulate", out, job, "--effect=x=0.1");
    String effect = "--effect=cart-abandonment=";
    refused(2, "'much' is not a share, such as 0.08 or 8%", "simulate", out, job, effect + "much");
    refused(2, "is from 0 to 1, not -0.1", "simulate", out, job, effect + "-0.1");
    refused(2, "add up to more than 1", "simulate", out, job, effect + "0.6", "--baseline=0.5");
    String other = "--effect=look-again=0.1";
    refused(1, "needs a goal that is a purchase", "simulate", out, job, other);
    refused(1, "looks (product_view) and carts", "simulate", out, job, "--effect=thanks=0.1");
    refused(1, "not live, so it sends nothing", "simulate", out, job, "--effect=quietly=0.1");
  }

  @Test
  void whatCannotBeWrittenIsNamed(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    refused(1, file.toString(), "simulate", "--users=5", "--out=" + file.resolve("events.jsonl"));
  }

  private static void refused(int code, String part, String... args) {
    Said said = beckon(args);
    assertThat(said.code()).as(said.err()).isEqualTo(code);
    assertThat(said.err()).contains(part).doesNotContain("Exception", "internal error");
  }

  // --- demo

  @Test
  void theDemoTellsItsStoryAndTheNumbersAgree(@TempDir Path folder) throws IOException {
    Said said = beckon("demo", "--fast", "--users=300", "--seed=3", "--out=" + folder);
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.err()).isEmpty();
    assertThat(said.out())
        .startsWith("A day of a shop with 300 users, seed 3.")
        .containsPattern(
            "(?m)^Mon \\d\\d:\\d\\d  u\\d+ +(window shopper|loyal buyer|fading|churner|wrong clock|bot) +"
                + "sku-\\d+: 3 × product view until \\d\\d:\\d\\d, no purchase for 2h → coupon by push$")
        .containsPattern("(?m)no purchase for 2h → tutorial by push$")
        .containsPattern("(?m)no purchase for 1h → reminder by email$")
        .containsPattern("(?m)→ nothing, COOLDOWN: the last was Mon \\d\\d:\\d\\d, only one in 1w$")
        .containsPattern("(?m)^-- (Mon|Tue) \\d\\d:\\d\\d  \\d+ events?, ")
        .contains("who would have bought anyway", "What to read next:", "trigger ")
        .doesNotContain("\u001b", "\r", "more in between");

    // A line for every decision, the interim ones too, and for every command taken back.
    long issued = 0;
    long cancelled = 0;
    long decisions = 0;
    for (JsonNode trigger : summary(folder).path("triggers")) {
      issued += trigger.path("commands").path("ISSUE").asLong();
      cancelled += trigger.path("commands").path("CANCEL").asLong();
      for (JsonNode reason : trigger.path("reasons")) {
        decisions += reason.asLong();
      }
      decisions += trigger.path("deferred").asLong();
    }
    assertThat(issued).isPositive();
    assertThat(lines(said, "→ (coupon|reminder|tutorial) by \\w+$")).isEqualTo(issued);
    assertThat(lines(said, "purchase after all → .* taken back$")).isEqualTo(cancelled);
    assertThat(lines(said, "→ nothing, ")).isEqualTo(decisions - issued);
    assertThat(said.out()).contains(String.format(Locale.ROOT, "Of %,d sent, ", issued));
    assertThat(beckon("demo", "--fast", "--users=300", "--seed=3", "--out=" + folder))
        .isEqualTo(said);
  }

  private static long lines(Said said, String pattern) {
    return Pattern.compile("(?m)^(Mon|Tue) \\d\\d:\\d\\d  u.*" + pattern)
        .matcher(said.out())
        .results()
        .count();
  }

  @Test
  void onATerminalTheClockRunsAndLeavesNoTrace() {
    Said said = beckon(true, "demo", "--speed=1000000000", "--users=100");
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out()).contains("\r\u001b[2K").doesNotContain("\n-- ");
    String end = said.out().substring(said.out().lastIndexOf("\u001b[2K"));
    assertThat(end).contains("What to read next:");
  }

  @Test
  void wrongUseOfTheDemoIsExplained(@TempDir Path folder) {
    refused(2, "--speed is from 1 to 1000000000", "demo", "--speed=0");
    refused(2, "--speed is from 1 to 1000000000", "demo", "--speed=NaN");
    refused(2, "--users is from 1", "demo", "--users=0");
    refused(1, folder + ": no job.yaml in it", "demo", "--fast", "--job=" + folder);
  }
}
