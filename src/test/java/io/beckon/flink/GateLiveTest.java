// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.kafka.Broker;
import io.beckon.kafka.Topics;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Outputs;
import io.beckon.policy.Command;
import io.beckon.policy.Reason;
import io.beckon.redis.RealRedis;
import io.beckon.redis.RedisAccess;
import io.beckon.redis.RedisRefusal;
import io.beckon.wire.RunSummary;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
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

/** Jobs with a gate on a real broker, their Redis killed under load. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class GateLiveTest {
  private static final long SEED = 17;
  private static final int USERS = 40;
  private static final int CHUNK = 200;
  private static final int CHUNKS = 8;
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

  private static void createTopics(GateShop shop) throws Exception {
    broker.create(shop.events(), GateShop.PARTITIONS);
    for (String topic : shop.job().outputTopics()) {
      broker.create(topic, GateShop.PARTITIONS);
    }
  }

  private static boolean isOptedOut(String user) {
    return Integer.parseInt(user.substring(1)) % 5 == 0;
  }

  private static void optOut(RealRedis redis) {
    for (int i = 0; i < USERS; i += 5) {
      String key = "beckon:optout:u" + i;
      redis.with(jedis -> jedis.set(key, "1"));
    }
  }

  @Test
  void everyMomentIsDecidedOnceThroughFailuresOfTheJobAndOfRedis(@TempDir Path folder)
      throws Exception {
    try (RealRedis redis = RealRedis.openKeeping();
        KafkaProducer<byte[], byte[]> producer = broker.producer()) {
      optOut(redis);
      GateShop shop =
          new GateShop(
              "gated",
              broker.servers(),
              GateShop.gate(
                  redis.port(),
                  """
                  when_away: send
                  time_limit: 300ms
                  batch: 20
                  breaker: {after: 2, for: 200ms}
                  """));
      createTopics(shop);
      Outputs outputs = shop.job().live().orElseThrow().outputs();
      JobClient client = start(shop, redis, folder);
      Random random = new Random(SEED);
      Map<String, Integer> sent = new HashMap<>();
      try (Broker.Reader decisions = broker.read(outputs.decisions());
          Broker.Reader commands = broker.read(outputs.commands())) {
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
          int failed = FailingDecoder.FAILED.get();
          boolean fails = chunk % 2 == 1;
          boolean away = chunk % 4 >= 2;
          if (fails) {
            FailingDecoder.LEFT.set(1 + random.nextInt(CHUNK - 1));
          }
          for (int i = 0; i < CHUNK; i++) {
            if (away && i == 50) {
              redis.kill();
            }
            String type = List.of("view", "view", "cart", "back").get(random.nextInt(4));
            sent.merge(type, 1, Integer::sum);
            shop.send(producer, "e" + chunk + "-" + i, type, "u" + random.nextInt(USERS));
            if (i % 10 == 9) {
              producer.flush();
              commands.poll();
            }
          }
          int seen = decisions.poll().size();
          decisions.until(
              records -> records.size() > seen && (!fails || FailingDecoder.FAILED.get() > failed));
          if (away) {
            redis.start();
            awaitAsked(decisions, producer, shop, "r" + chunk, sent);
          }
        }
        int moments = sent.getOrDefault("view", 0) + sent.getOrDefault("cart", 0);
        decisions.until(records -> records.size() >= moments);
        client
            .stopWithSavepoint(
                false,
                folder.resolve("savepoint").toUri().toString(),
                SavepointFormatType.CANONICAL)
            .get(60, TimeUnit.SECONDS);
        decisions.all();
        commands.all();
        assertThat(FailingDecoder.FAILED).hasValue(CHUNKS / 2);
        assertEveryMomentOnce(lines(decisions), sent);
        assertCommandsAsDecided(lines(decisions), commands);
        Map<String, Integer> reasons = new TreeMap<>();
        for (JsonNode decision : lines(decisions)) {
          if (text(decision, "reason").equals("CANCELLED")) {
            // After a restart some are decided when their `back` is known already.
            continue;
          }
          boolean unasked = decision.path("compared").has("gate_away");
          boolean optedOut = isOptedOut(text(decision, "user"));
          reasons.merge(text(decision, "reason") + (unasked ? " unasked" : ""), 1, Integer::sum);
          assertThat(text(decision, "reason").equals("OPTED_OUT"))
              .as("%s", decision)
              .isEqualTo(optedOut && !unasked);
        }
        assertThat(reasons.keySet()).containsExactly("ISSUED", "ISSUED unasked", "OPTED_OUT");
        assertThat(reasons.values()).as("%s", reasons).allMatch(count -> count > 20);
      }
    }
  }

  /** Waits until somebody who has opted out is stopped again. */
  private static void awaitAsked(
      Broker.Reader decisions,
      KafkaProducer<byte[], byte[]> producer,
      GateShop shop,
      String id,
      Map<String, Integer> sent) {
    int[] tries = {0};
    decisions.until(
        records -> {
          boolean stopped =
              decisions.lines().stream()
                  .filter(line -> line.contains("\"episode\":\"" + id + "-"))
                  .anyMatch(line -> line.contains("\"reason\":\"OPTED_OUT\""));
          if (!stopped && tries[0] < 500) {
            shop.send(producer, id + "-" + tries[0]++, "view", "u0");
            sent.merge("view", 1, Integer::sum);
            producer.flush();
          }
          return stopped;
        });
  }

  private static JobClient start(GateShop shop, RealRedis redis, Path folder) throws Exception {
    JobDefinition job = shop.job();
    Configuration settings = LiveRun.settings(job, Duration.ofMillis(200));
    settings.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder.resolve("cp").toUri().toString());
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    settings.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1_000);
    settings.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(50));
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(GateShop.PARTITIONS, settings);
    Topics topics = new Topics(job, Map.of());
    Outputs outputs = job.live().orElseThrow().outputs();
    FailingDecoder.reset();
    EngagementJob.buildLive(
        env,
        shop.factory(),
        List.of(
            new EngagementJob.LiveSource(
                "events",
                topics.source(
                    shop.events(),
                    new FailingDecoder(new LiveDecoder(shop.factory(), "events")),
                    UserElement.TYPE))),
        Optional.empty(),
        job.time(),
        0,
        Optional.of(RedisAccess.of(redis.settings(10_000), Map.of())),
        new EngagementJob.Sinks(
            topics.sink(outputs.decisions(), "decisions"),
            topics.sink(outputs.commands(), "commands"),
            topics.sink(outputs.outcomes(), "outcomes"),
            topics.sink(outputs.late(), "late"),
            topics.sink(outputs.deadLetters(), "dead-letters")));
    return env.executeAsync(shop.id());
  }

  @Test
  void aJobCountsEachFinalReasonOnceAndGoesOnWithoutItsGate(@TempDir Path folder) throws Exception {
    try (RealRedis redis = RealRedis.openKeeping();
        KafkaProducer<byte[], byte[]> producer = broker.producer()) {
      optOut(redis);
      redis.with(jedis -> jedis.set("beckon:pause:cart", "1"));
      GateShop shop =
          new GateShop(
              "counted",
              broker.servers(),
              GateShop.gate(
                  redis.port(), "when_away: drop\ntime_limit: 10s\nbreaker: {after: 1, for: 1h}"));
      createTopics(shop);
      // That it is away is no reason not to start.
      redis.kill();
      String savepoint;
      try (Broker.Reader decisions = broker.read(shop.id() + ".decisions");
          Broker.Reader commands = broker.read(shop.id() + ".commands");
          LiveRun run = LiveRun.start(shop.request(folder, Optional.empty()))) {
        assertThat(run.warnings())
            .containsExactly(
                "Redis at 127.0.0.1:"
                    + redis.port()
                    + " cannot be reached; until it does, commands are sent or not as"
                    + " gate.when_away says");
        redis.start();
        for (int i = 0; i < 200; i++) {
          shop.send(producer, "e" + i, i % 3 == 0 ? "cart" : "view", "u" + i % USERS);
        }
        producer.flush();
        decisions.until(records -> records.size() >= 200);
        redis.kill();
        for (int i = 200; i < 300; i++) {
          shop.send(producer, "e" + i, i % 3 == 0 ? "cart" : "view", "u" + i % USERS);
        }
        producer.flush();
        decisions.until(records -> records.size() >= 300);
        Map<String, Long> counters = new TreeMap<>();
        RealRedis.await("counters have come", () -> finals(counters, run) == 300);
        Map<String, Long> found = new TreeMap<>();
        for (JsonNode decision : lines(decisions)) {
          String name =
              RunSummary.of(Reason.valueOf(text(decision, "reason")), text(decision, "trigger"));
          found.merge(name, 1L, Long::sum);
        }
        assertThat(found)
            .containsOnlyKeys(
                RunSummary.of(Reason.ISSUED, "look"),
                RunSummary.of(Reason.OPTED_OUT, "look"),
                RunSummary.of(Reason.OPTED_OUT, "cart"),
                RunSummary.of(Reason.PAUSED, "cart"),
                RunSummary.of(Reason.GATE_AWAY, "look"),
                RunSummary.of(Reason.GATE_AWAY, "cart"));
        assertThat(counters).containsAllEntriesOf(found);
        long issued = found.getOrDefault(RunSummary.of(Reason.ISSUED, "look"), -1L);
        assertThat(counters.get(RunSummary.of(Command.Action.ISSUE, "look"))).isEqualTo(issued);
        assertThat(counters).doesNotContainKey(RunSummary.of(Command.Action.ISSUE, "cart"));
        commands.all();
        assertThat(commands.lines()).hasSize((int) issued);
        savepoint = run.stop();
      }
      GateShop without = new GateShop(shop.id(), broker.servers(), "");
      try (Broker.Reader commands = broker.read(shop.id() + ".commands");
          LiveRun run = LiveRun.start(without.request(folder, Optional.of(savepoint)))) {
        int before = commands.all().size();
        without.send(producer, "last", "view", "u0");
        producer.flush();
        commands.until(records -> records.size() > before);
        assertThat(commands.lines().get(before)).contains("\"user\":\"u0\"");
        run.stop();
      }
    }
  }

  private static long finals(Map<String, Long> counters, LiveRun run) {
    try {
      counters.putAll(run.counters());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return counters.entrySet().stream()
        .filter(counter -> counter.getKey().contains(".reason."))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  @Test
  void whoMayNotAskIsToldSoBeforeTheJobStarts(@TempDir Path folder) throws Exception {
    try (RealRedis redis = RealRedis.open("--requirepass", "open-sesame-4711")) {
      String gate = GateShop.gate(redis.port(), "when_away: drop");
      GateShop shop = new GateShop("refused", broker.servers(), gate);
      assertThatThrownBy(() -> LiveRun.start(shop.request(folder, Optional.empty())).close())
          .isInstanceOf(RedisRefusal.class)
          .hasMessageContaining("wants a user and a password");
      GateShop secret =
          new GateShop(
              "refused",
              broker.servers(),
              gate.replace("time_limit: 10s}", "time_limit: 10s, secrets: {password: NOT_THERE}}"));
      assertThatThrownBy(() -> LiveRun.start(secret.request(folder, Optional.empty())).close())
          .isInstanceOf(RedisRefusal.class)
          .hasMessage(
              "the environment variable NOT_THERE is not set; it holds redis.secrets.password");
    }
  }

  @Test
  void secretsAndUsersStayOutOfLogs(@TempDir Path folder) throws Exception {
    try (RealRedis redis = RealRedis.open();
        KafkaProducer<byte[], byte[]> producer = broker.producer();
        Captured captured = new Captured()) {
      redis.with(
          jedis -> jedis.aclSetUser("gate", "on", ">open-sesame-4711", "~*", "+ping", "+exists"));
      GateShop shop =
          new GateShop(
              "silent",
              broker.servers(),
              GateShop.gate(redis.port(), "when_away: send\ntime_limit: 10s")
                  .replace(
                      "time_limit: 10s}",
                      "time_limit: 10s, secrets: {user: GATE_USER, password: GATE_PASSWORD}}"));
      createTopics(shop);
      LiveRun.Request request =
          new LiveRun.Request(
              "jobs/x",
              shop.files(),
              1,
              folder,
              Duration.ofMillis(200),
              Optional.empty(),
              Map.of("GATE_USER", "gate", "GATE_PASSWORD", "open-sesame-4711"));
      try (Broker.Reader decisions = broker.read(shop.id() + ".decisions");
          LiveRun run = LiveRun.start(request)) {
        shop.send(producer, "e1", "view", "somebody-4712");
        producer.flush();
        decisions.until(records -> !records.isEmpty());
        redis.kill();
        shop.send(producer, "e2", "view", "somebody-4712");
        producer.flush();
        decisions.until(records -> records.size() > 1);
        assertThat(decisions.lines().get(0)).doesNotContain("gate_away");
        assertThat(decisions.lines().get(1)).contains("\"gate_away\":1");
        run.stop();
      }
      assertThat(captured.text())
          .contains("cannot be reached; until it does, commands are sent or not")
          .doesNotContain("open-sesame-4711", "somebody-4712");
    }
  }

  private static List<JsonNode> lines(Broker.Reader reader) {
    return reader.lines().stream().map(JSON::readTree).toList();
  }

  private static String text(JsonNode line, String field) {
    return line.path(field).asString();
  }

  private static void assertEveryMomentOnce(List<JsonNode> decisions, Map<String, Integer> sent) {
    assertThat(
            decisions.stream()
                .map(
                    line ->
                        text(line, "user")
                            + " "
                            + text(line, "trigger")
                            + " "
                            + text(line, "episode")))
        .doesNotHaveDuplicates();
    assertThat(decisions)
        .filteredOn(line -> text(line, "trigger").equals("look"))
        .hasSize(sent.getOrDefault("view", 0));
    assertThat(decisions)
        .filteredOn(line -> text(line, "trigger").equals("cart"))
        .hasSize(sent.getOrDefault("cart", 0));
  }

  /** What is sent is what is decided to be, and is never revoked before it is sent. */
  private static void assertCommandsAsDecided(List<JsonNode> decisions, Broker.Reader commands) {
    List<JsonNode> all = lines(commands);
    Set<String> stopped = new HashSet<>();
    List<String> issued = new ArrayList<>();
    for (JsonNode decision : decisions) {
      String id = text(decision, "command_id");
      if (text(decision, "reason").equals("ISSUED")) {
        issued.add(id);
      } else {
        stopped.add(id);
      }
    }
    Set<String> gone = new HashSet<>();
    int cancels = 0;
    List<String> sent = new ArrayList<>();
    for (JsonNode command : all) {
      String id = text(command, "id");
      if (text(command, "action").equals("ISSUE")) {
        assertThat(gone).as("sent after it was revoked").doesNotContain(id);
        sent.add(id);
      } else {
        gone.add(id);
        cancels++;
        assertThat(sent.contains(id) || stopped.contains(id)).isTrue();
      }
    }
    assertThat(sent).containsExactlyInAnyOrderElementsOf(issued);
    assertThat(cancels).isGreaterThan(20);
  }
}
