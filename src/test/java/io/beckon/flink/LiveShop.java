// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.cli.Backtest;
import io.beckon.kafka.Broker;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import tools.jackson.databind.json.JsonMapper;

/**
 * A job of several shapes on topics called after {@code id}, with random events for it.
 *
 * @param clock {@code replay}, and what comes of a stream is known beforehand, or {@code live}
 * @param settings further lines of {@code job.yaml}; indented ones are about Kafka
 */
record LiveShop(String id, String servers, String clock, String settings) {
  /**
   * No fewer than threads: a subtask without a partition holds time back for {@code quiet_after}.
   */
  static final int PARTITIONS = 5;

  static final Duration CHECKPOINT_EVERY = Duration.ofMillis(250);

  static final long START_MS = 1_700_000_000_000L;
  static final long MINUTE_MS = 60_000;
  static final long LATENESS_MS = 30 * MINUTE_MS;
  private static final int USERS = 40;
  private static final JsonMapper JSON = JsonMapper.shared();

  /** A job by the moments' time. */
  LiveShop(String id, String servers, String settings) {
    this(id, servers, "replay", settings);
  }

  String events() {
    return id + ".events";
  }

  String decisions() {
    return id + ".decisions";
  }

  String commands() {
    return id + ".commands";
  }

  String late() {
    return id + ".late";
  }

  /** The job's folder. */
  List<SourceFile> files() {
    List<SourceFile> files = new ArrayList<>();
    files.add(
        new SourceFile(
            "jobs/x/job.yaml",
            """
            apiVersion: beckon/v1
            kind: Job
            id: %s
            time: {lateness: 30m, clock: %s, quiet_after: 1h}
            sources: {events: {topic: %s}}
            kafka:
              bootstrap_servers: "%s"
            %s
            """
                .formatted(id, clock, events(), servers, settings)));
    files.add(
        new SourceFile(
            "jobs/x/events.yaml",
            """
            apiVersion: beckon/v1
            kind: Events
            events:
              view: {item: string}
              cart: {item: string}
              buy: {item: string, total: int}
              scroll: {depth: int}
            user: {tier: string}
            """));
    trigger(
        files,
        "come-back",
        """
        when: {absence: {after: {event: view, match: [item]}, of: {event: buy}, for: 1h}}
        cancel_on: {event: buy, match: [item]}
        cooldown: 3h
        """);
    trigger(
        files,
        "cart",
        """
        when:
          sequence:
            steps: [{event: view}, {event: cart}]
            within: 4h
            match: [item]
            without: {event: buy}
        cooldown: {per: match, for: 1d}
        """);
    trigger(files, "thanks", "when: {count: {event: buy, at_least: 3, within: 12h}}\n");
    trigger(
        files,
        "spender",
        """
        when: {sum: {event: buy, of: total, at_least: 100, within: 6h}}
        cooldown: 1d
        """);
    trigger(
        files,
        "gold",
        """
        when: {event: cart}
        if: user.tier == "gold"
        """);
    return files;
  }

  private static void trigger(List<SourceFile> files, String id, String body) {
    files.add(
        new SourceFile(
            "jobs/x/triggers/" + id + ".yaml",
            """
            apiVersion: beckon/v1
            kind: Trigger
            id: %s
            version: 1
            %sthen: {message: {channel: push, template: t}}
            """
                .formatted(id, body)));
  }

  JobDefinition job() {
    return JobText.live("jobs/x", files()).create();
  }

  /** Makes every topic. */
  void createTopics(Broker broker) throws Exception {
    broker.create(events(), PARTITIONS);
    for (String topic : job().live().orElseThrow().outputs().topics()) {
      broker.create(topic, PARTITIONS);
    }
  }

  LiveRun.Request request(int parallelism, Path folder, Optional<String> savepoint) {
    return request(parallelism, folder, CHECKPOINT_EVERY, savepoint, Map.of());
  }

  LiveRun.Request request(
      int parallelism,
      Path folder,
      Duration checkpointEvery,
      Optional<String> savepoint,
      Map<String, String> environment) {
    return new LiveRun.Request(
        "jobs/x", files(), parallelism, folder, checkpointEvery, savepoint, environment);
  }

  /** Events out of order by less than the lateness; every tenth again, up to ten events later. */
  static List<String> random(long seed, int count) {
    Random random = new Random(seed);
    List<String> events = new ArrayList<>();
    long timeMs = START_MS;
    for (int i = 0; events.size() < count; i++) {
      timeMs += random.nextInt(2 * (int) MINUTE_MS);
      int dice = random.nextInt(100);
      String type = dice < 50 ? "view" : dice < 70 ? "cart" : dice < 97 ? "buy" : "scroll";
      String item = "\"item\": \"i" + random.nextInt(3) + "\"";
      String attributes =
          switch (type) {
            case "scroll" -> "\"depth\": 1";
            case "buy" -> item + ", \"total\": " + random.nextInt(60);
            default -> item;
          };
      events.add(
          "{\"id\": \"e%d\", \"type\": \"%s\", \"user\": \"u%d\", \"time\": \"%s\", \"attributes\": {%s}}"
              .formatted(
                  i,
                  type,
                  random.nextInt(USERS),
                  Instant.ofEpochMilli(timeMs - random.nextInt(5 * (int) MINUTE_MS)),
                  attributes));
      if (random.nextInt(10) == 0 && events.size() < count) {
        events.add(events.get(Math.max(0, events.size() - 1 - random.nextInt(10))));
      }
    }
    return events;
  }

  /** After all of {@code events}, and after all that waits then. */
  static long untilMs(List<String> events) {
    return START_MS + 2 * MINUTE_MS * events.size();
  }

  /** What comes of {@code events}: the folder of a backtest's results. */
  Path backtest(Path folder, List<String> events) throws IOException {
    return backtest(job(), folder, events);
  }

  /** What {@code job} makes of {@code events}. */
  static Path backtest(JobDefinition job, Path folder, List<String> events) throws IOException {
    Path file = Files.write(folder.resolve(job.id() + ".jsonl"), events);
    Path out = folder.resolve(job.id() + "-expected");
    new Backtest(job)
        .run(
            new Backtest.Inputs(List.of(file), Optional.empty(), OptionalLong.of(untilMs(events))),
            out,
            (bytes, records) -> {});
    return out;
  }

  /** Writes {@code events} to their topic, each user's in order; where is the same each time. */
  void send(KafkaProducer<byte[], byte[]> producer, List<String> events) {
    for (String event : events) {
      String user = JSON.readTree(event).path("user").asString();
      int partition = Math.floorMod(user.hashCode(), PARTITIONS);
      Broker.send(producer, events(), partition, user, event.getBytes(StandardCharsets.UTF_8));
    }
    producer.flush();
  }

  static String view(String id, String user, long timeMs) {
    return "{\"id\": \"%s\", \"type\": \"view\", \"user\": \"%s\", \"time\": \"%s\", \"attributes\": {\"item\": \"i1\"}}"
        .formatted(id, user, Instant.ofEpochMilli(timeMs));
  }

  /** Brings event time to the end of {@code events}. */
  void end(KafkaProducer<byte[], byte[]> producer, List<String> events) {
    bring(producer, untilMs(events));
  }

  /** Brings event time to {@code watermarkMs}. */
  void bring(KafkaProducer<byte[], byte[]> producer, long watermarkMs) {
    String last =
        "{\"type\": \"scroll\", \"user\": \"nobody\", \"time\": \"%s\"}"
            .formatted(Instant.ofEpochMilli(watermarkMs + LATENESS_MS + 1));
    for (int i = 0; i < PARTITIONS; i++) {
      Broker.send(producer, events(), i, null, last.getBytes(StandardCharsets.UTF_8));
    }
    producer.flush();
  }

  static List<String> sorted(Path folder, String name) throws IOException {
    return Files.readAllLines(folder.resolve(name)).stream().sorted().toList();
  }

  /** Where a run that was not stopped can go on. */
  static String lastCheckpoint(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths
          .filter(path -> path.endsWith("_metadata"))
          .map(Path::getParent)
          .max((a, b) -> Integer.compare(number(a), number(b)))
          .orElseThrow()
          .toUri()
          .toString();
    }
  }

  private static int number(Path checkpoint) {
    return Integer.parseInt(checkpoint.getFileName().toString().replace("chk-", ""));
  }
}
