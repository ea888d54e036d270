// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.cli.Backtest;
import io.beckon.kafka.Broker;
import io.beckon.kafka.KafkaRefusal;
import io.beckon.kafka.Topics;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Outputs;
import io.beckon.language.SourceFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The job on a real broker: what readers see, whatever fails meanwhile. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LiveRunTest {
  private static final long SEED = 11;
  private static final int PARTITIONS = 3;
  private static final int FAILURES = 10;
  private static final int CHUNK = 250;
  private static final JsonMapper JSON = JsonMapper.shared();

  private static Broker broker;

  @BeforeAll
  static void startBroker() throws Exception {
    broker = Broker.start();
  }

  @AfterAll
  static void stopBroker() throws Exception {
    broker.close();
  }

  @Test
  void failuresAndRestartsOfTheBrokerLoseNothingAndRepeatNothing(@TempDir Path folder)
      throws Exception {
    FailingDecoder.reset();
    List<String> events = events(SEED, CHUNK * (FAILURES + 1));
    long untilMs = 1_700_000_000_000L + 200_000L * events.size();
    Path expected = backtest(folder, events, untilMs);
    JobDefinition job = job("crashes", broker.servers());
    broker.create("crashes.events", PARTITIONS);
    for (String topic : job.live().orElseThrow().outputs().topics()) {
      broker.create(topic, PARTITIONS);
    }

    Configuration settings = LiveRun.settings(job, Duration.ofMillis(250));
    settings.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder.resolve("cp").toUri().toString());
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    settings.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1_000);
    settings.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(50));
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(2, settings);
    String servers = broker.servers();
    JobFactory factory = () -> job("crashes", servers);
    Topics topics = new Topics(job, Map.of());
    Outputs outputs = job.live().orElseThrow().outputs();
    EngagementJob.buildLive(
        env,
        factory,
        List.of(
            new EngagementJob.LiveSource(
                "events",
                topics.source(
                    "crashes.events",
                    new FailingDecoder(new LiveDecoder(factory, "events")),
                    UserElement.TYPE))),
        Optional.empty(),
        job.time(),
        0,
        Optional.empty(),
        new EngagementJob.Sinks(
            topics.sink(outputs.decisions(), "decisions"),
            topics.sink(outputs.commands(), "commands"),
            topics.sink(outputs.outcomes(), "outcomes"),
            topics.sink(outputs.late(), "late"),
            topics.sink(outputs.deadLetters(), "dead-letters")));
    JobClient client = env.executeAsync("crashes");
    Random random = new Random(SEED);
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        Broker.Reader decisions = broker.read(outputs.decisions());
        Broker.Reader commands = broker.read(outputs.commands())) {
      for (int chunk = 0; chunk <= FAILURES; chunk++) {
        int failed = FailingDecoder.FAILED.get();
        boolean fails = chunk < FAILURES;
        if (fails) {
          FailingDecoder.LEFT.set(1 + random.nextInt(CHUNK - 1));
        }
        send(producer, "crashes.events", events.subList(chunk * CHUNK, (chunk + 1) * CHUNK));
        if (chunk == 3 || chunk == 7) {
          broker.restart();
        }
        int seen = decisions.poll().size();
        // A failure each; every other time, only after a checkpoint has brought results.
        decisions.until(records -> !fails || FailingDecoder.FAILED.get() > failed);
        if (chunk > 1 && random.nextBoolean()) {
          decisions.until(records -> records.size() > seen);
        }
      }
      assertThat(FailingDecoder.FAILED).as("seed %s", SEED).hasValue(FAILURES);
      end(producer, "crashes.events", untilMs);
      int expectedDecisions = Files.readAllLines(expected.resolve("decisions.jsonl")).size();
      int expectedCommands = Files.readAllLines(expected.resolve("commands.jsonl")).size();
      assertThat(expectedDecisions).isGreaterThan(200);
      decisions.until(records -> records.size() >= expectedDecisions);
      commands.until(records -> records.size() >= expectedCommands);
      stop(client, folder);
      decisions.poll();
      commands.poll();
      assertThat(decisions.lines().stream().sorted().toList())
          .as("seed %s", SEED)
          .isEqualTo(sorted(expected, "decisions.jsonl"));
      assertThat(commands.lines().stream().sorted().toList())
          .as("seed %s", SEED)
          .isEqualTo(sorted(expected, "commands.jsonl"));
      List<String> users =
          commands.lines().stream()
              .map(line -> JSON.readTree(line).path("user").asString())
              .toList();
      assertThat(commands.keys()).isEqualTo(users);
    }
  }

  @Test
  void whatIsNoEventBecomesADeadLetterAndTheJobGoesOn(@TempDir Path folder) throws Exception {
    JobDefinition job = job("poison", broker.servers());
    broker.create("poison.events", 1);
    for (String topic : job.live().orElseThrow().outputs().topics()) {
      broker.create(topic, 1);
    }
    String good = event(0, "view", "u1", 1_700_000_000_000L);
    String large = event(1, "view", "x".repeat(1 << 20), 1_700_000_000_000L);
    Map<Integer, byte[]> poison = new HashMap<>();
    List<byte[]> values = new ArrayList<>();
    values.add(utf8(good));
    for (byte[] value :
        List.of(
            utf8(good.substring(1)),
            utf8("[1, 2]"),
            utf8(good.replace("\"i0\"", "{}")),
            utf8(good.replace("\"view\"", "\"unheard-of\"")),
            utf8(good.replace("\"u1\"", "null")),
            utf8(good.replaceFirst("\"time\": \"[^\"]*\"", "\"time\": \"noon\"")),
            new byte[] {'{', (byte) 0xff, '}'},
            new byte[0],
            utf8(large))) {
      poison.put(values.size(), value);
      values.add(value);
    }
    int tombstone = values.size();
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        Broker.Reader letters = broker.read(job.live().orElseThrow().outputs().deadLetters());
        Broker.Reader decisions = broker.read(job.live().orElseThrow().outputs().decisions())) {
      for (byte[] value : values) {
        Broker.send(producer, "poison.events", 0, null, value);
      }
      Broker.send(producer, "poison.events", 0, "u1", null);
      Broker.send(producer, "poison.events", 0, null, null);
      producer.flush();
      JobClient client = start("poison", folder);
      letters.until(records -> records.size() >= poison.size() + 2);
      end(producer, "poison.events", 1_700_000_000_000L + 2 * TestJobs.HOUR_MS);
      decisions.until(records -> !records.isEmpty());
      stop(client, folder);
      letters.poll();
      assertThat(decisions.lines()).singleElement().asString().contains("come-back");

      Map<Long, JsonNode> byOffset = new HashMap<>();
      for (String line : letters.lines()) {
        JsonNode letter = JSON.readTree(line);
        assertThat(letter.path("source").asString()).isEqualTo("poison.events/0");
        assertThat(byOffset.put(letter.path("row").asLong(), letter)).as(line).isNull();
      }
      assertThat(byOffset).hasSize(poison.size() + 2);
      assertThat(List.of(tombstone, tombstone + 1))
          .allSatisfy(
              offset ->
                  assertThat(
                          Objects.requireNonNull(byOffset.get((long) offset))
                              .path("reason")
                              .asString())
                      .isEqualTo("NO_VALUE"));
      for (Map.Entry<Integer, byte[]> sent : poison.entrySet()) {
        JsonNode letter = Objects.requireNonNull(byOffset.get((long) sent.getKey()));
        String reason = letter.path("reason").asString();
        byte[] raw =
            letter.has("raw")
                ? utf8(letter.path("raw").asString())
                : Base64.getDecoder().decode(letter.path("raw_base64").asString());
        if (reason.equals("TOO_LARGE")) {
          assertThat(raw).hasSizeLessThan(900_000);
          assertThat(new String(sent.getValue(), StandardCharsets.UTF_8))
              .startsWith(new String(raw, StandardCharsets.UTF_8));
          assertThat(letter.path("detail").asString()).contains("only the first");
        } else {
          assertThat(raw).as(reason).isEqualTo(sent.getValue());
        }
      }
      assertThat(byOffset.values().stream().map(l -> l.path("reason").asString()).distinct())
          .containsExactlyInAnyOrder(
              "BROKEN_RECORD", "WRONG_VALUE", "UNKNOWN_TYPE", "NO_USER", "TOO_LARGE", "NO_VALUE");
    }
  }

  @Test
  void aJobFromItsFilesReadsSeveralTopicsAndGoesOnFromItsSavepoint(@TempDir Path folder)
      throws Exception {
    String text =
        """
        apiVersion: beckon/v1
        kind: Job
        id: several
        time: {lateness: 10s, clock: replay, quiet_after: 1s}
        sources:
          looks:
            topic: several.looks
            id: offset
            record: {who: string, at: timestamp, what: {type: string, path: thing.no}}
            map: {type: '"view"', user: raw.who, time: raw.at, attributes: {item: raw.what}}
          sales: {topic: several.sales}
        outputs: {commands: {topic: several.out}}
        kafka: {bootstrap_servers: "%s", create_topics: true}
        state: {backend: heap}
        """
            .formatted(broker.servers());
    LiveRun.Request first = request(folder, text, Optional.empty());
    String savepoint;
    long t = 1_700_000_000_000L;
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        LiveRun run = LiveRun.start(first)) {
      assertThat(run.created())
          .containsExactlyInAnyOrder(
              "several.looks",
              "several.sales",
              "several.out",
              "several.decisions",
              "several.late",
              "several.dead-letters");
      look(producer, "u1", t);
      look(producer, "u2", t);
      Broker.send(producer, "several.sales", null, "u2", utf8(event(1, "buy", "u2", t + 60_000)));
      producer.flush();
      AtomicInteger read = new AtomicInteger();
      while (read.get() < 3) {
        run.await(Duration.ofSeconds(1), n -> read.set((int) n));
      }
      savepoint = run.stop();
    }
    LiveRun.Request second = request(folder, text, Optional.of(savepoint));
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        Broker.Reader commands = broker.read("several.out");
        LiveRun run = LiveRun.start(second)) {
      assertThat(run.created()).isEmpty();
      look(producer, "nobody", t + 2 * TestJobs.HOUR_MS);
      Broker.send(
          producer,
          "several.sales",
          null,
          "x",
          utf8(event(2, "buy", "x", t + 2 * TestJobs.HOUR_MS)));
      producer.flush();
      commands.until(records -> !records.isEmpty());
      run.stop();
      commands.poll();
      assertThat(commands.lines()).singleElement().asString().contains("\"user\":\"u1\"");
      // The offset is the event's id, and the anchor of the episode.
      assertThat(commands.lines().get(0)).contains("\"episode\":\"i0/several.looks%2F0%2F0\"");
    }
  }

  @Test
  void whatCannotRunIsToldBeforeItStarts(@TempDir Path folder) {
    String job =
        """
        {apiVersion: beckon/v1, kind: Job, id: refused, sources: {e: {topic: refused.events}},
         kafka: {bootstrap_servers: "%s"%s}}
        """;
    assertThatThrownBy(() -> start(folder, job.formatted(broker.servers(), ""), 1))
        .isInstanceOf(KafkaRefusal.class)
        .hasMessageContaining("refused.events")
        .hasMessageContaining("refused.dead-letters")
        .hasMessageContaining("kafka-topics.sh --bootstrap-server " + broker.servers());
    assertThatThrownBy(
            () ->
                start(
                    folder,
                    job.formatted(
                        broker.servers(), ", properties: {transaction.timeout.ms: 3600000}"),
                    1))
        .isInstanceOf(KafkaRefusal.class)
        .hasMessageContaining("transaction.max.timeout.ms is 900000");
    assertThatThrownBy(() -> start(folder, job.formatted(broker.servers(), ""), 600))
        .isInstanceOf(KafkaRefusal.class)
        .hasMessage(
            "a checkpoint every 10m is too seldom for transactions that time out after 10m; make"
                + " one at least every 200s, or raise transaction.timeout.ms under"
                + " kafka.properties");
    assertThatThrownBy(
            () ->
                start(
                    folder,
                    job.formatted(
                        broker.servers(), ", secrets: {sasl.jaas.config: NOT_SET_ANYWHERE}"),
                    1))
        .isInstanceOf(KafkaRefusal.class)
        .hasMessageContaining("NOT_SET_ANYWHERE is not set");
    assertThatThrownBy(() -> start(folder, job.formatted("127.0.0.1:1", ""), 1))
        .isInstanceOf(KafkaRefusal.class)
        .hasMessageContaining("no Kafka broker answers at 127.0.0.1:1");
  }

  private static void start(Path folder, String job, int seconds) throws IOException {
    LiveRun.start(
            new LiveRun.Request(
                "jobs/x",
                files(job),
                1,
                folder,
                Duration.ofSeconds(seconds),
                Optional.empty(),
                Map.of()),
            Duration.ofSeconds(2),
            0)
        .close();
  }

  private static LiveRun.Request request(Path folder, String job, Optional<String> savepoint) {
    return new LiveRun.Request(
        "jobs/x", files(job), 2, folder, Duration.ofMillis(250), savepoint, Map.of());
  }

  private static List<SourceFile> files(String job) {
    return List.of(
        new SourceFile("jobs/x/job.yaml", job),
        new SourceFile(
            "jobs/x/events.yaml",
            "{apiVersion: beckon/v1, kind: Events, events: {view: {item: string}, buy: {item:"
                + " string}}}"),
        new SourceFile(
            "jobs/x/triggers/come-back.yaml",
            """
            apiVersion: beckon/v1
            kind: Trigger
            id: come-back
            version: 1
            when: {absence: {after: {event: view, match: [item]}, of: {event: buy}, for: 1h}}
            then: {message: {channel: push, template: t}}
            """));
  }

  private static void look(KafkaProducer<byte[], byte[]> producer, String user, long timeMs) {
    String value =
        "{\"who\": \"%s\", \"at\": %d, \"thing\": {\"no\": \"i0\"}}".formatted(user, timeMs);
    Broker.send(producer, "several.looks", null, user, utf8(value));
  }

  private static JobClient start(String id, Path folder) throws Exception {
    String servers = broker.servers();
    JobFactory factory = () -> job(id, servers);
    JobDefinition job = factory.create();
    Configuration settings = LiveRun.settings(job, Duration.ofMillis(250));
    settings.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder.resolve("cp").toUri().toString());
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, settings);
    LiveRun.build(env, factory, job, new Topics(job, Map.of()), 0, Optional.empty());
    return env.executeAsync(id);
  }

  private static void stop(JobClient client, Path folder) throws Exception {
    client
        .stopWithSavepoint(
            false, folder.resolve("savepoints").toUri().toString(), SavepointFormatType.CANONICAL)
        .get(30, TimeUnit.SECONDS);
  }

  private static JobDefinition job(String id, String servers) {
    return TestJobs.live(id, servers, List.of("events"));
  }

  /** Events out of order by less than the lateness, some of them twice. */
  private static List<String> events(long seed, int count) {
    Random random = new Random(seed);
    List<String> events = new ArrayList<>();
    long timeMs = 1_700_000_000_000L;
    while (events.size() < count) {
      timeMs += random.nextInt(120_000);
      String type = random.nextInt(4) == 0 ? "buy" : "view";
      String event =
          event(events.size(), type, "u" + random.nextInt(40), timeMs - random.nextInt(5_000));
      events.add(event);
      if (random.nextInt(20) == 0 && events.size() < count) {
        events.add(event);
      }
    }
    return events;
  }

  private static String event(int id, String type, String user, long timeMs) {
    return "{\"id\": \"e%d\", \"type\": \"%s\", \"user\": \"%s\", \"time\": \"%s\", \"attributes\": {\"item\": \"i%d\"}}"
        .formatted(id, type, user, Instant.ofEpochMilli(timeMs), id % 4);
  }

  private static void send(
      KafkaProducer<byte[], byte[]> producer, String topic, List<String> events) {
    for (String event : events) {
      String user = JSON.readTree(event).path("user").asString();
      Broker.send(producer, topic, null, user, utf8(event));
    }
    producer.flush();
  }

  /** An event in every partition that nobody listens to, so that the watermark comes to there. */
  private static void end(KafkaProducer<byte[], byte[]> producer, String topic, long watermarkMs) {
    String event =
        "{\"type\": \"scroll\", \"user\": \"nobody\", \"time\": \"%s\"}"
            .formatted(Instant.ofEpochMilli(watermarkMs + TestJobs.LATENESS_MS + 1));
    producer
        .partitionsFor(topic)
        .forEach(p -> Broker.send(producer, topic, p.partition(), null, utf8(event)));
    producer.flush();
  }

  private static Path backtest(Path folder, List<String> events, long untilMs) throws IOException {
    Path file = Files.write(folder.resolve("events.jsonl"), events);
    Path out = folder.resolve("expected");
    new Backtest(job("crashes", "unused"))
        .run(
            new Backtest.Inputs(List.of(file), Optional.empty(), OptionalLong.of(untilMs)),
            out,
            (bytes, records) -> {});
    return out;
  }

  private static List<String> sorted(Path folder, String name) throws IOException {
    return Files.readAllLines(folder.resolve(name)).stream().sorted().toList();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
