// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.budget.BudgetCounter;
import io.beckon.cli.Backtest;
import io.beckon.engine.EngineOutput.TriggerCounter;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.language.TriggerDefinition;
import io.beckon.policy.Reason;
import io.beckon.wire.RunSummary;
import io.beckon.wire.UnreadableSourceException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddedRunTest {
  private static final long SEED = 5;

  @Test
  void anyParallelismDecidesAsABacktestDoes(@TempDir Path folder) throws IOException {
    List<String> lines = Feed.lines(SEED, 6_000);
    Path first = Files.write(folder.resolve("first.jsonl"), lines.subList(0, 3_500));
    Path second = Files.write(folder.resolve("second.jsonl"), lines.subList(3_500, lines.size()));
    Path profiles =
        Files.writeString(
            folder.resolve("people.jsonl"), "{\"user\": \"u1\", \"tier\": \"gold\"}\n{}\n");
    Path alone = folder.resolve("alone");
    Backtest.Inputs inputs =
        new Backtest.Inputs(List.of(first, second), Optional.of(profiles), OptionalLong.empty());
    Backtest.Result expected = backtest(TestJobs.shop(), inputs, alone);
    assertThat(sorted(alone, "decisions.jsonl")).as("seed %s", SEED).hasSizeGreaterThan(500);
    assertThat(sorted(alone, "late.jsonl")).as("seed %s", SEED).hasSizeGreaterThan(50);
    assertThat(sorted(alone, "dead-letters.jsonl")).as("seed %s", SEED).hasSizeGreaterThan(50);
    assertThat(expected.counters().get(RunSummary.open("come-back")))
        .as("seed %s", SEED)
        .isPositive();

    for (int parallelism : List.of(1, 4)) {
      Path out = folder.resolve("out-" + parallelism);
      EmbeddedRun.Result result =
          EmbeddedRun.run(TestJobs::shop, request(inputs, out, parallelism), read -> {});
      assertSame(out, alone);
      assertThat(Files.readString(out.resolve("summary.json"))).isEqualTo(result.summary());
      RunSummary.StateBytes bytes = RunSummary.StateBytes.of(result.counters()).orElseThrow();
      assertThat(bytes.mean()).isBetween(20L, bytes.largest() - 1);
      assertThat(bytes.largest()).isLessThan(4_096);
      assertThat(result.summary())
          .contains(
              "\"state_bytes\": {\"mean\": %d, \"largest\": %d}"
                  .formatted(bytes.mean(), bytes.largest()));
    }
  }

  /** What users share is decided alike though they are spread over threads. */
  @ParameterizedTest
  @ValueSource(strings = {"settled", "arrival"})
  void anyParallelismSharesAsABacktestDoes(String order, @TempDir Path folder) throws IOException {
    List<SourceFile> definitions = DecideShop.overFiles("decide", order);
    Path events = Files.write(folder.resolve("events.jsonl"), LiveShop.random(SEED, 3_000));
    Backtest.Inputs inputs =
        new Backtest.Inputs(List.of(events), Optional.empty(), OptionalLong.empty());
    Path alone = folder.resolve("alone");
    JobDefinition job = DecideShop.job(definitions);
    Map<String, Long> counters = backtest(job, inputs, alone).counters();
    Map<Reason, Long> reasons = new EnumMap<>(Reason.class);
    for (TriggerDefinition trigger : job.triggers()) {
      long finals = 0;
      for (Reason reason : Reason.values()) {
        long count = counters.getOrDefault(RunSummary.of(reason, trigger.id()), -1L);
        reasons.merge(reason, count, Long::sum);
        finals += count;
      }
      assertThat(
              finals
                  + counters.getOrDefault(RunSummary.held(trigger.id()), -1L)
                  + counters.getOrDefault(RunSummary.queued(trigger.id()), -1L))
          .as("moments of %s", trigger.id())
          .isEqualTo(counters.get(RunSummary.of(TriggerCounter.MOMENTS, trigger.id())))
          .isPositive();
    }
    assertThat(reasons)
        .as("%s, seed %s", order, SEED)
        .allSatisfy(
            (reason, count) -> {
              if (List.of(Reason.BUDGET, Reason.RATE, Reason.CAP, Reason.HOLDOUT, Reason.ISSUED)
                  .contains(reason)) {
                assertThat(count).as("%s", reason).isGreaterThan(10);
              }
            });
    for (BudgetCounter counter : BudgetCounter.values()) {
      assertThat(counters.get(RunSummary.of(counter))).as("%s", counter).isGreaterThan(10);
    }
    assertThat(sorted(alone, "outcomes.jsonl")).hasSizeGreaterThan(20);

    for (int parallelism : List.of(1, 4)) {
      Path out = folder.resolve("out-" + parallelism);
      EmbeddedRun.Result result =
          EmbeddedRun.run(
              new EmbeddedRun.Request(
                  "jobs/x",
                  definitions,
                  inputs.events(),
                  inputs.profiles(),
                  inputs.untilMs(),
                  out,
                  parallelism),
              read -> {});
      assertSame(out, alone);
      counters.forEach(
          (name, count) ->
              assertThat(result.counters().getOrDefault(name, 0L)).as(name).isEqualTo(count));
    }
  }

  @Test
  void aJobFromItsFilesRunsToAGivenInstant(@TempDir Path folder) throws IOException {
    Path job = Path.of("jobs", "retail");
    List<SourceFile> definitions = definitions(job);
    Path events = job.resolve("sample").resolve("events.csv");
    long middleMs = middle(events);
    Backtest.Inputs inputs =
        new Backtest.Inputs(List.of(events), Optional.empty(), OptionalLong.of(middleMs));
    Path alone = folder.resolve("alone");
    JobDefinition definition = Definitions.load(job.toString(), definitions).job().orElseThrow();
    Backtest.Result expected = backtest(definition, inputs, alone);
    assertThat(expected.counters().get(RunSummary.AFTER_UNTIL)).isPositive();
    assertThat(expected.counters().get(RunSummary.READ)).isPositive();

    Path out = folder.resolve("out");
    List<Long> progress = new ArrayList<>();
    EmbeddedRun.Result result =
        EmbeddedRun.run(
            new EmbeddedRun.Request(
                job.toString(),
                definitions,
                inputs.events(),
                inputs.profiles(),
                inputs.untilMs(),
                out,
                2),
            progress::add);
    assertSame(out, alone);
    assertThat(result.times().watermarkMs()).hasValue(middleMs);
    assertThat(progress)
        .allSatisfy(read -> assertThat(read).isBetween(0L, result.counters().get(RunSummary.READ)));
  }

  @Test
  void aBoundedRunWarmsUpToATimeAndNeverToNow(@TempDir Path folder) throws IOException {
    List<String> lines = Feed.lines(SEED + 1, 3_000);
    Path events = Files.write(folder.resolve("events.jsonl"), lines);
    Backtest.Inputs inputs =
        new Backtest.Inputs(List.of(events), Optional.empty(), OptionalLong.empty());
    Map<String, Boolean> warms = Map.of("\"2023-11-15T12:00:00+01:00\"", true, "now", false);
    for (Map.Entry<String, Boolean> from : warms.entrySet()) {
      List<SourceFile> definitions = warming(from.getKey());
      Path alone = folder.resolve("alone-" + from.getValue());
      JobDefinition definition = Definitions.load("jobs/x", definitions).job().orElseThrow();
      backtest(definition, inputs, alone);
      Path out = folder.resolve("out-" + from.getValue());
      EmbeddedRun.run(
          new EmbeddedRun.Request(
              "jobs/x", definitions, inputs.events(), inputs.profiles(), inputs.untilMs(), out, 2),
          read -> {});
      assertSame(out, alone);
      List<String> decisions = sorted(alone, "decisions.jsonl");
      assertThat(decisions).anyMatch(line -> line.contains("\"ISSUED\""));
      assertThat(decisions.stream().anyMatch(line -> line.contains("\"WARMING_UP\"")))
          .as(from.getKey())
          .isEqualTo(from.getValue());
    }
  }

  private static List<SourceFile> warming(String sendFrom) {
    return List.of(
        new SourceFile(
            "jobs/x/job.yaml",
            "{apiVersion: beckon/v1, kind: Job, id: x, source: {format: jsonl}, time: {lateness:"
                + " 10s, observe_from: earliest, send_from: "
                + sendFrom
                + "}}"),
        new SourceFile(
            "jobs/x/events.yaml",
            "{apiVersion: beckon/v1, kind: Events, events: {view: {item: string}, buy: {item:"
                + " string}, scroll: {depth: int}}}"),
        new SourceFile(
            "jobs/x/triggers/come-back.yaml",
            """
            apiVersion: beckon/v1
            kind: Trigger
            id: come-back
            version: 1
            when: {absence: {after: {event: view, match: [item]}, of: {event: buy}, for: 1h}}
            cooldown: 3h
            then: {message: {channel: push, template: t}}
            """));
  }

  @Test
  void noEventsAreNoResults(@TempDir Path folder) throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.jsonl"));
    Path out = folder.resolve("out");
    EmbeddedRun.Result result = run(empty, out);
    assertThat(result.counters().getOrDefault(RunSummary.READ, 0L)).isZero();
    assertThat(result.times().watermarkMs()).isEmpty();
    assertThat(out.resolve("decisions.jsonl")).isEmptyFile();
  }

  @Test
  void aMissingFileIsNamedBeforeAnythingStarts(@TempDir Path folder) {
    Path none = folder.resolve("none.jsonl");
    assertThatThrownBy(() -> run(none, folder.resolve("out")))
        .isInstanceOf(UnreadableSourceException.class)
        .hasMessageContaining("none.jsonl")
        .hasMessageNotContaining("Exception");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void aFileThatBreaksOffFailsTheRunAndLeavesNoResults(@TempDir Path folder) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(String.join("\n", Feed.lines(SEED, 20_000)).getBytes(StandardCharsets.UTF_8));
    }
    byte[] half = Arrays.copyOf(bytes.toByteArray(), bytes.size() / 2);
    Path damaged = Files.write(folder.resolve("damaged.jsonl.gz"), half);
    Path out = Files.createDirectory(folder.resolve("out"));
    Files.writeString(out.resolve("decisions.jsonl"), "of an earlier run\n");
    assertThatThrownBy(() -> run(damaged, out))
        .isInstanceOf(UnreadableSourceException.class)
        .hasMessageContaining("damaged.jsonl.gz");
    try (Stream<Path> left = Files.list(out)) {
      assertThat(left).containsExactly(out.resolve("decisions.jsonl"));
    }
    assertThat(out.resolve("decisions.jsonl")).hasContent("of an earlier run");
  }

  private static EmbeddedRun.Result run(Path events, Path out) throws IOException {
    return EmbeddedRun.run(
        TestJobs::shop,
        request(
            new Backtest.Inputs(List.of(events), Optional.empty(), OptionalLong.empty()), out, 1),
        read -> {});
  }

  private static EmbeddedRun.Request request(Backtest.Inputs inputs, Path out, int parallelism) {
    return new EmbeddedRun.Request(
        "jobs/shop",
        List.of(),
        inputs.events(),
        inputs.profiles(),
        inputs.untilMs(),
        out,
        parallelism);
  }

  private static Backtest.Result backtest(JobDefinition job, Backtest.Inputs inputs, Path out)
      throws IOException {
    return new Backtest(job).run(inputs, out, (bytes, records) -> {});
  }

  /** The same files with the same lines, and the same summary but for how long it took. */
  private static void assertSame(Path out, Path expected) throws IOException {
    try (Stream<Path> files = Files.list(out);
        Stream<Path> expectedFiles = Files.list(expected)) {
      assertThat(files.map(Path::getFileName))
          .containsExactlyInAnyOrderElementsOf(expectedFiles.map(Path::getFileName).toList());
    }
    for (String name :
        List.of(
            "decisions.jsonl",
            "commands.jsonl",
            "outcomes.jsonl",
            "late.jsonl",
            "dead-letters.jsonl")) {
      assertThat(sorted(out, name)).as(name).isEqualTo(sorted(expected, name));
    }
    assertThat(summary(out)).isEqualTo(summary(expected));
  }

  private static List<String> sorted(Path folder, String name) throws IOException {
    return Files.readAllLines(folder.resolve(name)).stream().sorted().toList();
  }

  private static List<String> summary(Path folder) throws IOException {
    return Files.readAllLines(folder.resolve("summary.json")).stream()
        .filter(line -> !line.contains("\"run\": "))
        .toList();
  }

  private static List<SourceFile> definitions(Path job) throws IOException {
    List<SourceFile> definitions = new ArrayList<>();
    try (Stream<Path> files = Files.walk(job)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
        definitions.add(new SourceFile(file.toString(), Files.readString(file)));
      }
    }
    return definitions;
  }

  /** The time in the middle row of a CSV file whose first column is epoch milliseconds. */
  private static long middle(Path events) throws IOException {
    List<String> lines = Files.readAllLines(events);
    String line = lines.get(lines.size() / 2);
    return Long.parseLong(line.substring(0, line.indexOf(',')));
  }
}
