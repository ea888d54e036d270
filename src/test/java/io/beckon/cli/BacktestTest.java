// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.wire.RunSummary;
import io.beckon.wire.UnreadableSourceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BacktestTest {
  private static final long START_MS = 1_772_355_600_000L;

  private static final String JOB =
      """
      apiVersion: beckon/v1
      kind: Job
      id: shop
      time: {lateness: 10s, order: settled, clock: live}
      """;

  private static final String EVENTS =
      """
      apiVersion: beckon/v1
      kind: Events
      events:
        cart: {item_id: string}
        purchase: {item_id: string}
        visit: {page: string}
      user: {tier: string}
      """;

  private static final String ABANDONED =
      """
      apiVersion: beckon/v1
      kind: Trigger
      id: abandoned
      version: 1
      mode: live
      when:
        absence: {after: {event: {event: cart, match: [item_id]}}, of: {event: purchase, match: [item_id]}, for: 1m}
      if: "!has(user.tier) || user.tier != 'blocked'"
      cooldown: 5m
      then: {message: {channel: push, template: come-back}}
      """;

  private static final String EAGER =
      """
      apiVersion: beckon/v1
      kind: Trigger
      id: eager
      version: 1
      mode: live
      when: {count: {event: cart, at_least: 3, within: 30s}}
      cancel_on: [{event: purchase}]
      then: {message: {channel: push, template: three}}
      """;

  private static JobDefinition job(String... triggers) {
    List<SourceFile> files = new ArrayList<>();
    files.add(new SourceFile("shop/job.yaml", JOB + "source: {format: jsonl}\n"));
    files.add(new SourceFile("shop/events.yaml", EVENTS));
    for (String trigger : triggers) {
      String name = trigger.equals(EAGER) ? "eager" : "abandoned";
      files.add(new SourceFile("shop/triggers/" + name + ".yaml", trigger));
    }
    Definitions.Loaded loaded = Definitions.load("shop", files);
    assertThat(loaded.problems().hasErrors()).as("%s", loaded.problems().sorted()).isFalse();
    return loaded.job().orElseThrow();
  }

  private static String event(String type, String user, long atMs, String item) {
    return "{\"type\":\"%s\",\"user\":\"%s\",\"time\":%d,\"attributes\":{\"item_id\":\"%s\"}}"
        .formatted(type, user, START_MS + atMs, item);
  }

  private static Backtest.Inputs inputs(Path... events) {
    return new Backtest.Inputs(List.of(events), Optional.empty(), OptionalLong.empty());
  }

  private static Backtest.Result run(JobDefinition job, Backtest.Inputs inputs, Path out)
      throws IOException {
    return new Backtest(job).run(inputs, out, (bytes, records) -> {});
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(file -> file.getFileName() + "").sorted().toList();
    }
  }

  @Test
  void aCartWithoutAPurchaseIsDecidedAtItsDeadline(@TempDir Path folder) throws IOException {
    Path events = folder.resolve("events.jsonl");
    Files.write(
        events,
        List.of(
            event("cart", "u1", 0, "p1"),
            event("cart", "u2", 0, "p1"),
            event("cart", "u2", 0, "p1"),
            event("purchase", "u2", 60_000, "p1"),
            event("visit", "u3", 200_000, ""),
            "{\"type\":\"cart\"}",
            event("cart", "u1", 150_000, "p9"),
            event("cart", "u4", 199_000, "p1")));
    Path out = folder.resolve("out");
    Backtest.Result result = run(job(ABANDONED), inputs(events), out);
    assertThat(names(out))
        .containsExactly(
            "commands.jsonl",
            "dead-letters.jsonl",
            "decisions.jsonl",
            "late.jsonl",
            "outcomes.jsonl",
            "summary.json");
    List<String> decisions = Files.readAllLines(out.resolve("decisions.jsonl"));
    assertThat(decisions).hasSize(1);
    assertThat(decisions.get(0))
        .startsWith("{\"user\":\"u1\",\"trigger\":\"abandoned\",")
        .contains("\"decision_time\":\"2026-03-01T09:01:00.000Z\",\"reason\":\"ISSUED\"");
    assertThat(Files.readAllLines(out.resolve("commands.jsonl"))).hasSize(1);
    assertThat(Files.readAllLines(out.resolve("late.jsonl"))).hasSize(1);
    assertThat(Files.readAllLines(out.resolve("dead-letters.jsonl"))).hasSize(1);
    assertThat(Files.readString(out.resolve("summary.json"))).isEqualTo(result.summary());
    assertThat(result.summary().replaceAll("\"run\": .*", "\"run\": …"))
        .isEqualTo(
            """
            {
              "job": "shop",
              "events": {
                "read": 7,
                "admitted": 6,
                "filtered": 1,
                "late": 1,
                "duplicates": 1,
                "dead_letters": {"NO_USER": 1},
                "after_until": 0,
                "ids_forgotten": 0,
                "shed": 0
              },
              "profiles": {
                "zone_fallbacks": 0
              },
              "users": 3,
              "users_quarantined": 0,
              "from": "2026-03-01T09:00:00.000Z",
              "until": "2026-03-01T09:03:20.000Z",
              "watermark": "2026-03-01T09:03:20.000Z",
              "triggers": {
                "abandoned": {
                  "moments": 1,
                  "reasons": {"ISSUED": 1},
                  "held": 0,
                  "queued": 0,
                  "deferred": 0,
                  "prevented": 1,
                  "misses": 0,
                  "no_instance": 0,
                  "displaced": 0,
                  "open": 1,
                  "commands": {"ISSUE": 1, "CANCEL": 0}
                }
              },
              "run": …
            }
            """);
  }

  @Test
  void profilesAreReadFirstAndNothingAfterUntil(@TempDir Path folder) throws IOException {
    Path events = folder.resolve("events.jsonl");
    Files.write(
        events,
        List.of(
            event("cart", "u1", 0, "p1"),
            event("cart", "u2", 0, "p1"),
            event("cart", "u2", 60_001, "p1"),
            event("cart", "u3", 60_000, "p1")));
    Path profiles = folder.resolve("profiles.jsonl");
    Files.writeString(
        profiles,
        "{\"user\":\"u2\",\"tier\":\"blocked\"}\n{\"user\":\"u1\",\"tier\":\"gold\"}\n7\n");
    Backtest.Result result =
        run(
            job(ABANDONED),
            new Backtest.Inputs(
                List.of(events), Optional.of(profiles), OptionalLong.of(START_MS + 60_000)),
            folder.resolve("out"));
    assertThat(result.counters())
        .containsEntry("events.read", 3L)
        .containsEntry("events.after_until", 1L)
        .containsEntry("dead_letters.BROKEN_RECORD", 1L)
        .containsEntry("trigger.abandoned.reason.ISSUED", 1L)
        .containsEntry("trigger.abandoned.reason.NOT_IN_AUDIENCE", 1L)
        .containsEntry("trigger.abandoned.open", 1L)
        .containsEntry(RunSummary.USERS, 3L);
  }

  @Test
  void orderWithinTheLatenessAndMemoryChangeNothing(@TempDir Path folder) throws IOException {
    long seed = 77;
    Random random = new Random(seed);
    JobDefinition job = job(ABANDONED, EAGER);
    List<Long> times = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    long atMs = 0;
    for (int i = 0; i < 3_000; i++) {
      // Gaps of hours make the watermark jump over many deadlines at once.
      atMs += random.nextInt(50) == 0 ? 4_000_000 : random.nextInt(4_000);
      times.add(atMs);
      String type = random.nextInt(4) == 0 ? "purchase" : "cart";
      lines.add(event(type, "u" + random.nextInt(20), atMs, "p" + random.nextInt(3)));
    }
    Path ordered = folder.resolve("ordered.jsonl");
    Files.write(ordered, lines);
    Backtest.Result expected = run(job, inputs(ordered), folder.resolve("out"));
    assertThat(expected.counters().get("trigger.abandoned.reason.ISSUED")).isGreaterThan(50);
    assertThat(expected.counters().get("trigger.eager.commands.ISSUE")).isGreaterThan(50);
    String decisions = Files.readString(folder.resolve("out/decisions.jsonl"));
    assertSortedByTimeAndUser(decisions.lines().toList());
    for (int round = 0; round < 5; round++) {
      List<Integer> order = new ArrayList<>();
      List<Long> arrival = new ArrayList<>();
      for (int i = 0; i < lines.size(); i++) {
        order.add(i);
        arrival.add(times.get(i) + random.nextInt(10_000));
      }
      order.sort(Comparator.comparing(arrival::get));
      Path shuffled = folder.resolve("shuffled" + round + ".jsonl");
      Files.write(shuffled, order.stream().map(lines::get).toList());
      Path out = folder.resolve("out" + round);
      Backtest.Result result =
          new Backtest(job, 1 + 4 * round).run(inputs(shuffled), out, (bytes, records) -> {});
      assertThat(result.counters())
          .as("seed %d, round %d", seed, round)
          .isEqualTo(expected.counters());
      assertThat(Files.readString(out.resolve("decisions.jsonl"))).isEqualTo(decisions);
      assertThat(out.resolve("commands.jsonl"))
          .hasSameTextualContentAs(folder.resolve("out/commands.jsonl"));
    }
  }

  private static void assertSortedByTimeAndUser(List<String> decisions) {
    Pattern parts = Pattern.compile("\\{\"user\":\"(\\w+)\".*\"decision_time\":\"([^\"]+)\".*");
    List<String> keys = new ArrayList<>();
    for (String decision : decisions) {
      Matcher matcher = parts.matcher(decision);
      assertThat(matcher.matches()).isTrue();
      keys.add(matcher.group(2) + " " + matcher.group(1));
    }
    assertThat(keys).isSorted();
  }

  @Test
  void aRunThatFailsLeavesNoResults(@TempDir Path folder) throws IOException {
    Path good = folder.resolve("good.jsonl");
    Files.write(good, List.of(event("cart", "u1", 0, "p1")));
    Path out = folder.resolve("out");
    Path absent = folder.resolve("absent.jsonl");
    assertThatThrownBy(() -> run(job(ABANDONED), inputs(good, absent), out))
        .isInstanceOf(UnreadableSourceException.class)
        .hasMessage(absent + ": no such file");
    assertThat(names(out)).isEmpty();
    run(job(ABANDONED), inputs(good), out);
    String before = Files.readString(out.resolve("summary.json"));
    assertThatThrownBy(() -> run(job(ABANDONED), inputs(absent), out))
        .isInstanceOf(UnreadableSourceException.class);
    assertThat(out.resolve("summary.json")).hasContent(before);
    assertThat(names(out)).hasSize(6);
    assertThatThrownBy(() -> run(job(ABANDONED), inputs(good), good))
        .isInstanceOf(IOException.class)
        .hasMessage(good + ": is a file, not a folder");
  }

  @Test
  void anEmptyInputGivesAnEmptyRun(@TempDir Path folder) throws IOException {
    Path events = folder.resolve("events.jsonl");
    Files.writeString(events, "");
    Backtest.Result result = run(job(ABANDONED), inputs(events), folder.resolve("out"));
    assertThat(result.counters()).containsEntry("events.read", 0L);
    assertThat(result.summary()).contains("\"watermark\": null,");
  }

  @Test
  void aDayOfARealShopIsReadWhole(@TempDir Path folder) throws IOException {
    Path events = Path.of("..", "shared", "data", "rees46", "events.csv.gz");
    assumeTrue(Files.exists(events), "the evaluation data is not here");
    String source =
        """
        source:
          format: csv
          record: {ts_ms: int, user: string, type: string, item: string, value: decimal}
          map:
            type: raw.type
            types: {view: visit}
            user: raw.user
            time: raw.ts_ms
            attributes: {item_id: raw.item, page: raw.item}
        """;
    Definitions.Loaded loaded =
        Definitions.load(
            "shop",
            List.of(
                new SourceFile("shop/job.yaml", JOB + source),
                new SourceFile("shop/events.yaml", EVENTS),
                new SourceFile("shop/triggers/abandoned.yaml", ABANDONED)));
    assertThat(loaded.problems().hasErrors()).as("%s", loaded.problems().sorted()).isFalse();
    Backtest.Result result = run(loaded.job().orElseThrow(), inputs(events), folder.resolve("out"));
    assertThat(result.counters())
        .containsEntry("events.read", 8_592L)
        .containsEntry("events.late", 0L);
    assertThat(result.counters().get("events.filtered")).isGreaterThan(5_000);
    assertThat(Files.size(folder.resolve("out/dead-letters.jsonl"))).isZero();
  }
}
