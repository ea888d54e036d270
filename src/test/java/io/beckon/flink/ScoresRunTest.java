// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.kafka.Broker;
import io.beckon.language.SourceFile;
import io.beckon.redis.RealRedis;
import io.beckon.wire.RunSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The job of scores: over files, and on a real broker. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ScoresRunTest {
  private static final long SEED = 21;
  private static final int EVENTS = 1_500;
  private static final JsonMapper JSON = JsonMapper.shared();

  private static final String SCORES =
      "scores: {signals: [looks, spent, item, order_gap], active_for: 2d}\n";

  private static final SourceFile SIGNALS =
      new SourceFile(
          "jobs/x/signals.yaml",
          """
          apiVersion: beckon/v1
          kind: Signals
          signals:
            looks: {count: view, over: 1h}
            spent: {sum: event.total, of: buy, over: 30d}
            item: {last: event.item, of: buy}
            order_gap: {own_gap: buy, prior_gap: 7d}
          """);

  private static Broker broker;

  @BeforeAll
  static void startBroker() throws Exception {
    broker = Broker.start();
  }

  @AfterAll
  static void stopBroker() throws Exception {
    broker.close();
  }

  private static List<SourceFile> onTopics(LiveShop shop) {
    List<SourceFile> files = new ArrayList<>(shop.files());
    files.add(SIGNALS);
    return files;
  }

  /** The same job, but its events are in files. */
  private static List<SourceFile> overFiles(LiveShop shop) {
    List<SourceFile> files = new ArrayList<>();
    for (SourceFile file : onTopics(shop)) {
      files.add(
          file.path().endsWith("job.yaml")
              ? new SourceFile(
                  file.path(),
                  """
                  apiVersion: beckon/v1
                  kind: Job
                  id: %s
                  time: {lateness: 30m, clock: replay}
                  source: {format: jsonl}
                  """
                          .formatted(shop.id())
                      + SCORES)
              : file);
    }
    return files;
  }

  private static Path overFiles(LiveShop shop, Path folder, List<String> events, int parallelism)
      throws IOException {
    Path file = Files.write(folder.resolve("events.jsonl"), events);
    Path out = folder.resolve("out-" + parallelism);
    EmbeddedRun.Result result =
        EmbeddedRun.run(
            new EmbeddedRun.Request(
                "jobs/x",
                overFiles(shop),
                List.of(file),
                Optional.empty(),
                OptionalLong.of(LiveShop.untilMs(events)),
                out,
                parallelism,
                true),
            read -> {});
    long lines = Files.readAllLines(out.resolve("scores.jsonl")).size();
    assertThat(
            result.counters().getOrDefault(RunSummary.SCORES_CHANGE, 0L)
                + result.counters().getOrDefault(RunSummary.SCORES_CLOSE, 0L))
        .isEqualTo(lines);
    assertThat(result.summary()).contains("\"scores\": {", "\"change\": ", "\"close\": ");
    return out;
  }

  @Test
  void overFilesAnyParallelismTellsTheSame(@TempDir Path folder) throws IOException {
    LiveShop shop = new LiveShop("scores-files", "unused:9092", SCORES);
    List<String> events = LiveShop.random(SEED, EVENTS);
    Path one = overFiles(shop, folder, events, 1);
    Path four = overFiles(shop, folder, events, 4);
    assertThat(LiveShop.sorted(four, "scores.jsonl"))
        .as("seed %s", SEED)
        .hasSizeGreaterThan(500)
        .isEqualTo(LiveShop.sorted(one, "scores.jsonl"));
    assertThat(LiveShop.sorted(one, "late.jsonl")).isEmpty();
    assertThat(folder.resolve("out-1/decisions.jsonl")).doesNotExist();
  }

  @Test
  void onTopicsEachIsThereOnceAlsoThroughASavepoint(@TempDir Path folder) throws Exception {
    LiveShop shop =
        new LiveShop("scores-live", broker.servers(), "  create_topics: true\n" + SCORES);
    List<String> events = LiveShop.random(SEED + 1, EVENTS);
    Path expected = overFiles(shop, folder, events, 2);
    broker.create(shop.events(), LiveShop.PARTITIONS);
    String savepoint;
    int half = events.size() / 2;
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        LiveRun run = LiveRun.start(request(shop, folder, Optional.empty()))) {
      assertThat(run.created()).containsExactly("scores-live.scores");
      try (Broker.Reader scores = broker.read("scores-live.scores")) {
        shop.send(producer, events.subList(0, half));
        shop.send(producer, List.of(LiveShop.view("first", "someone", LiveShop.START_MS)));
        scores.until(records -> records.size() > 50);
      }
      savepoint = run.stop();
    }
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        Broker.Reader scores = broker.read("scores-live.scores");
        LiveRun run = LiveRun.start(request(shop, folder, Optional.of(savepoint)))) {
      shop.send(producer, events.subList(half, events.size()));
      shop.end(producer, events);
      int lines = Files.readAllLines(expected.resolve("scores.jsonl")).size();
      scores.until(records -> ofOthers(scores.lines()).size() >= lines);
      run.stop();
      scores.poll();
      assertThat(ofOthers(scores.lines()))
          .as("seed %s", SEED)
          .isEqualTo(LiveShop.sorted(expected, "scores.jsonl"));
      assertThat(scores.keys()).doesNotContainNull().contains("u1", "someone");
    }
    try (Admin admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, broker.servers()))) {
      ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "scores-live.scores");
      assertThat(
              Objects.requireNonNull(admin.describeConfigs(List.of(topic)).all().get().get(topic))
                  .get("cleanup.policy"))
          .hasFieldOrPropertyWithValue("value", "compact");
    }
  }

  private static List<String> ofOthers(List<String> lines) {
    return lines.stream().filter(line -> !line.contains("\"someone\"")).sorted().toList();
  }

  @Test
  void anErasedUserLeavesATombstone(@TempDir Path folder) throws Exception {
    LiveShop shop =
        new LiveShop(
            "scores-erase",
            broker.servers(),
            "  create_topics: true\nprofiles: {topic: scores-erase.people}\n" + SCORES);
    broker.create(shop.events(), LiveShop.PARTITIONS);
    broker.create("scores-erase.people", 1);
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        LiveRun run = LiveRun.start(request(shop, folder, Optional.empty()));
        Broker.Reader scores = broker.read("scores-erase.scores")) {
      shop.send(producer, List.of(LiveShop.view("a", "u7", LiveShop.START_MS)));
      shop.bring(producer, LiveShop.START_MS + LiveShop.MINUTE_MS);
      scores.until(records -> records.size() >= 1);
      assertThat(scores.lines().get(0)).contains("\"user\":\"u7\"", "\"looks\":1");
      Broker.send(producer, "scores-erase.people", 0, "u7", null);
      producer.flush();
      scores.until(records -> records.size() >= 2);
      assertThat(scores.keys().get(1)).isEqualTo("u7");
      assertThat(scores.poll().get(1).value()).isNull();
      run.stop();
    }
  }

  /** From the topic of events to Redis, through its death under load. */
  @Test
  void inRedisStandsTheNewestThatTheTopicHasThoughItIsKilled(@TempDir Path folder)
      throws Exception {
    int chunks = 6;
    try (RealRedis redis = RealRedis.openKeeping()) {
      LiveShop shop =
          new LiveShop(
              "scores-redis",
              broker.servers(),
              "  create_topics: true\nprofiles: {topic: scores-redis.people}\nredis: {address: \"127.0.0.1:"
                  + redis.port()
                  + "\"}\n"
                  + SCORES.replace("active_for: 2d", "redis: {key: \"s:{user}\", ttl: 1d}"));
      List<String> events = LiveShop.random(SEED + 2, EVENTS);
      broker.create(shop.events(), LiveShop.PARTITIONS);
      broker.create("scores-redis.people", 1);
      try (KafkaProducer<byte[], byte[]> producer = broker.producer();
          LiveRun run = LiveRun.start(request(shop, folder, Optional.empty()));
          Broker.Reader scores = broker.read("scores-redis.scores")) {
        assertThat(run.warnings()).isEmpty();
        Map<String, Long> times = new HashMap<>();
        for (int chunk = 0; chunk < chunks; chunk++) {
          boolean isAway = chunk % 2 == 1;
          if (isAway) {
            redis.kill();
          }
          int seen = scores.poll().size();
          shop.send(
              producer,
              events.subList(chunk * events.size() / chunks, (chunk + 1) * events.size() / chunks));
          // The topic goes on, be Redis there or not.
          assertThat(scores.until(records -> records.size() > seen + 20))
              .hasSizeGreaterThan(seen + 20);
          if (isAway) {
            redis.start();
          }
          neverOlder(redis, times);
        }
        shop.end(producer, events);
        LiveShop expected = new LiveShop("scores-redis", "unused:9092", SCORES);
        int lines =
            Files.readAllLines(overFiles(expected, folder, events, 1).resolve("scores.jsonl"))
                .size();
        scores.until(records -> records.size() >= lines);
        RealRedis.await(
            "Redis has what the topic has",
            () -> {
              neverOlder(redis, times);
              return newest(scores).equals(inRedis(redis));
            });
        assertThat(inRedis(redis)).hasSizeGreaterThan(30);
        assertThat(redis.<Long>with(jedis -> jedis.pttl("s:u1"))).isPositive();
        Broker.send(producer, "scores-redis.people", 0, "u1", null);
        producer.flush();
        RealRedis.await("u1 is gone", () -> !redis.<Boolean>with(jedis -> jedis.exists("s:u1")));
        // Counters begin anew with a restart: the job never had one.
        assertThat(run.finish())
            .containsEntry(RunSummary.READ, (long) events.size() + LiveShop.PARTITIONS);
      }
    }
  }

  private static void neverOlder(RealRedis redis, Map<String, Long> times) {
    inRedis(redis)
        .forEach(
            (user, fields) -> {
              long timeMs = Long.parseLong(fields.getOrDefault("time", "-1"));
              assertThat(timeMs).as(user).isGreaterThanOrEqualTo(times.getOrDefault(user, 0L));
              times.put(user, timeMs);
            });
  }

  private static Map<String, Map<String, String>> inRedis(RealRedis redis) {
    return redis.with(
        jedis -> {
          Map<String, Map<String, String>> found = new HashMap<>();
          for (String key : jedis.keys("s:*")) {
            found.put(key.substring(2), jedis.hgetAll(key));
          }
          return found;
        });
  }

  /** Of each user what the last line says. */
  private static Map<String, Map<String, String>> newest(Broker.Reader scores) {
    scores.poll();
    Map<String, Map<String, String>> newest = new HashMap<>();
    for (String text : scores.lines()) {
      JsonNode line = JSON.readTree(text);
      Map<String, String> fields = new HashMap<>();
      fields.put("time", Long.toString(Instant.parse(line.path("time").asString()).toEpochMilli()));
      for (String part : List.of("scores", "texts")) {
        line.path(part).properties().forEach(e -> fields.put(e.getKey(), e.getValue().asString()));
      }
      newest.put(line.path("user").asString(), fields);
    }
    return newest;
  }

  private static LiveRun.Request request(LiveShop shop, Path folder, Optional<String> savepoint) {
    return new LiveRun.Request(
        "jobs/x",
        onTopics(shop),
        2,
        folder.resolve("state"),
        LiveShop.CHECKPOINT_EVERY,
        savepoint,
        Map.of(),
        true,
        Optional.empty());
  }
}
