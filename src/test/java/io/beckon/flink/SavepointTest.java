// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.kafka.Broker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** A job that is stopped and goes on elsewhere says what it would have said without a pause. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SavepointTest {
  private static final long SEED = 23;
  private static final int EVENTS = 1_600;

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
  void stoppedAnywhereAndResumedAtAnyParallelismNothingIsLostAndNothingComesTwice(
      @TempDir Path folder) throws Exception {
    // From disk at 2 to 4 and to 1, and in the end in memory.
    Map<Integer, String> legs = new LinkedHashMap<>();
    legs.put(2, "rocksdb");
    legs.put(4, "rocksdb");
    legs.put(1, "rocksdb");
    legs.put(3, "heap");
    List<String> events = LiveShop.random(SEED, EVENTS);
    Path expected = shop("rocksdb").backtest(folder, events);
    shop("rocksdb").createTopics(broker);
    Random random = new Random(SEED);
    Optional<String> savepoint = Optional.empty();
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        Broker.Reader decisions = broker.read(shop("rocksdb").decisions());
        Broker.Reader commands = broker.read(shop("rocksdb").commands())) {
      int sent = 0;
      for (Map.Entry<Integer, String> leg : legs.entrySet()) {
        LiveShop shop = shop(leg.getValue());
        boolean last = leg.getKey() == 3;
        try (LiveRun run =
            LiveRun.start(shop.request(leg.getKey(), folder.resolve("state"), savepoint))) {
          int seen = decisions.all().size();
          int until = last ? EVENTS : sent + 300 + random.nextInt(150);
          shop.send(producer, events.subList(sent, until));
          sent = until;
          if (!last) {
            decisions.until(records -> records.size() > seen + 10);
            assertThat(decisions.lines()).as("seed %s", SEED).hasSizeGreaterThan(seen + 10);
            // Some of these are read before the job stands still, and the others by the next.
            int more = sent + random.nextInt(100);
            shop.send(producer, events.subList(sent, more));
            sent = more;
          } else {
            shop.end(producer, events);
            int wanted = LiveShop.sorted(expected, "decisions.jsonl").size();
            int orders = LiveShop.sorted(expected, "commands.jsonl").size();
            decisions.until(records -> records.size() >= wanted);
            commands.until(records -> records.size() >= orders);
          }
          savepoint = Optional.of(run.stop());
        }
      }
      decisions.all();
      commands.all();
      assertReasons(decisions.lines());
      assertThat(decisions.lines().stream().sorted().toList())
          .as("seed %s", SEED)
          .isEqualTo(LiveShop.sorted(expected, "decisions.jsonl"));
      assertThat(commands.lines().stream().sorted().toList())
          .as("seed %s", SEED)
          .isEqualTo(LiveShop.sorted(expected, "commands.jsonl"));
    }
  }

  @Test
  void heapAndDiskSayTheSameOfEveryUserInTheSameOrder(@TempDir Path folder) throws Exception {
    List<String> events = LiveShop.random(SEED + 1, EVENTS / 2);
    Map<String, List<String>> heap = byUser("heap", "same-heap", folder, events);
    Map<String, List<String>> disk = byUser("rocksdb", "same-disk", folder, events);
    assertThat(heap).as("seed %s", SEED + 1).hasSizeGreaterThan(10).isEqualTo(disk);
  }

  @Test
  void timeGoesOnWhereItWasAndDeadlinesHalfFiredAreFiredOnce(@TempDir Path folder)
      throws Exception {
    int users = 20_000;
    long startMs = LiveShop.START_MS;
    LiveShop shop = new LiveShop("timed", broker.servers(), "live", "delivery: at_least_once");
    shop.createTopics(broker);
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        Broker.Reader decisions = broker.read(shop.decisions());
        Broker.Reader late = broker.read(shop.late())) {
      String savepoint;
      try (LiveRun run = LiveRun.start(shop.request(2, folder, Optional.empty()))) {
        List<String> views = new ArrayList<>();
        views.add(LiveShop.view("p", "probe", startMs - 40 * LiveShop.MINUTE_MS));
        for (int i = 0; i < users; i++) {
          views.add(LiveShop.view("v" + i, "u" + i, startMs));
        }
        shop.send(producer, views);
        shop.bring(producer, startMs + 30 * LiveShop.MINUTE_MS);
        decisions.until(records -> !records.isEmpty());
        savepoint = run.stop();
      }
      assertThat(decisions.keys()).containsExactly("probe");
      assertThat(late.all()).isEmpty();
      try (LiveRun run = LiveRun.start(shop.request(4, folder, Optional.of(savepoint)))) {
        // Nothing is kept of this user, and no partition has said anything since.
        shop.send(
            producer, List.of(LiveShop.view("l", "nobody", startMs + 10 * LiveShop.MINUTE_MS)));
        late.until(records -> !records.isEmpty());
        assertThat(late.lines())
            .singleElement()
            .asString()
            .contains("\"id\":\"l\"", "\"watermark\":\"2023-11-14T22:43:20.000Z\"");
        shop.bring(producer, startMs + 120 * LiveShop.MINUTE_MS);
        decisions.until(records -> records.size() > 1);
        // Thousands are due, and these were the first of them.
        savepoint = run.stop();
      }
      try (LiveRun run = LiveRun.start(shop.request(1, folder, Optional.of(savepoint)))) {
        decisions.until(records -> records.size() > users);
        run.stop();
      }
      decisions.all();
      assertThat(decisions.keys()).hasSize(users + 1).doesNotHaveDuplicates();
    }
  }

  /** Every decision's bytes but for the job's name, by user. */
  private static Map<String, List<String>> byUser(
      String backend, String id, Path folder, List<String> events) throws Exception {
    LiveShop shop = new LiveShop(id, broker.servers(), "state: {backend: " + backend + "}");
    shop.createTopics(broker);
    Path expected = shop.backtest(folder, events);
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        Broker.Reader decisions = broker.read(shop.decisions());
        LiveRun run = LiveRun.start(shop.request(2, folder.resolve(id), Optional.empty()))) {
      shop.send(producer, events);
      shop.end(producer, events);
      List<String> all = LiveShop.sorted(expected, "decisions.jsonl");
      decisions.until(records -> records.size() >= all.size());
      run.stop();
      decisions.all();
      assertThat(decisions.lines().stream().sorted().toList()).isEqualTo(all);
      Map<String, List<String>> byUser = new TreeMap<>();
      for (int i = 0; i < decisions.lines().size(); i++) {
        byUser
            .computeIfAbsent(decisions.keys().get(i), user -> new ArrayList<>())
            .add(withoutIds(decisions.lines().get(i)));
      }
      return byUser;
    }
  }

  /** The job's name is part of the command's id. */
  private static String withoutIds(String decision) {
    return decision.replaceAll("\"command_id\":\"[^\"]*\"", "\"command_id\":…");
  }

  private static void assertReasons(List<String> decisions) {
    JsonMapper json = JsonMapper.shared();
    assertThat(
            decisions.stream()
                .map(line -> json.readTree(line.getBytes(StandardCharsets.UTF_8)))
                .map(decision -> decision.path("reason").asString())
                .distinct())
        .as("what the stream covers")
        .contains("ISSUED", "COOLDOWN", "NOT_IN_AUDIENCE");
    assertThat(decisions).anySatisfy(line -> assertThat(line).contains("\"trigger\":\"thanks\""));
    assertThat(decisions).anySatisfy(line -> assertThat(line).contains("\"trigger\":\"spender\""));
  }

  private static LiveShop shop(String backend) {
    return new LiveShop("moves", broker.servers(), "state: {backend: " + backend + "}");
  }
}
