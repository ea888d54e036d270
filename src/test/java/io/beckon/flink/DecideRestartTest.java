// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.kafka.Broker;
import io.beckon.kafka.Topics;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Outputs;
import io.beckon.language.SourceFile;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
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
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A live job that fails again and again never sends more than its policy allows, by what a {@code
 * read_committed} reader sees; nor twice; and loses no moment.
 */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class DecideRestartTest {
  private static final long SEED = 23;
  private static final int FAILURES = 11;
  private static final int CHUNK = 80;
  private static final int PARALLELISM = 4;
  private static final int USERS = 20;
  private static final int HELLOS = 30;
  private static final JsonMapper JSON = JsonMapper.shared();

  private static final long CAP_MS = 3_000;
  private static final int CAP = 5;
  private static final long COOLDOWN_MS = 2_000;
  private static final BigDecimal BUDGET = new BigDecimal("4.50");
  private static final BigDecimal PER_USER = new BigDecimal("1.50");
  private static final int MESSAGES = 6;
  private static final int COUPONS = 3;
  private static final long PER_MS = 1_000;

  private static List<SourceFile> files(String servers) {
    List<SourceFile> files = new ArrayList<>();
    files.add(
        new SourceFile(
            "jobs/x/job.yaml",
            """
            apiVersion: beckon/v1
            kind: Job
            id: limits
            time: {lateness: 10s, order: arrival, clock: live, quiet_after: 1h}
            sources: {events: {topic: limits.events}}
            kafka: {bootstrap_servers: "%s"}
            """
                .formatted(servers)));
    files.add(
        new SourceFile(
            "jobs/x/policy.yaml",
            """
            apiVersion: beckon/v1
            kind: Policy
            timezone: {fallback: UTC}
            caps: [{id: few, at_most: 5, rolling: 3s}]
            holdout: {global: 10%, salt: s}
            budgets: {coupons: {total: 4.50, per_day: 1000, per_user: 1.50}}
            rates:
              message: {at_most: 6, per: 1s, max_queue: 10}
              coupon: {at_most: 3, per: 1s, when_full: drop}
            """));
    files.add(
        new SourceFile(
            "jobs/x/events.yaml",
            """
            apiVersion: beckon/v1
            kind: Events
            events: {view: {}, cart: {}, buy: {}, hello: {}, scroll: {}}
            user: {tier: string}
            """));
    trigger(
        files,
        """
        id: look
        when: {event: view}
        expires_in: 5s
        then: {message: {channel: push, template: t}}
        """);
    trigger(
        files,
        """
        id: welcome
        when: {event: hello}
        expires_in: 10m
        then: {message: {channel: push, template: t}}
        """);
    trigger(
        files,
        """
        id: cart
        priority: 70
        when: {event: cart}
        cooldown: 2s
        expires_in: 20s
        goal: {event: buy, within: 2s}
        then: {coupon: {channel: push, template: t, offer: TEN, value: 1.50, budget: coupons}}
        """);
    trigger(
        files,
        """
        id: thanks
        priority: 60
        when: {event: buy}
        cooldown: 2s
        expires_in: 4s
        then:
          - message: {channel: sms, template: t}
          - wait: 1s
          - reminder: {channel: push, template: t}
        """);
    return files;
  }

  private static void trigger(List<SourceFile> files, String body) {
    files.add(
        new SourceFile(
            "jobs/x/triggers/" + body.lines().findFirst().orElseThrow().substring(4) + ".yaml",
            "apiVersion: beckon/v1\nkind: Trigger\nversion: 1\n" + body));
  }

  @Test
  void noLimitIsExceededThroughFailures(@TempDir Path folder) throws Exception {
    Broker broker = Broker.start();
    try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
      String servers = broker.servers();
      JobFactory factory = JobText.live("jobs/x", files(servers));
      JobDefinition job = factory.create();
      broker.create("limits.events", PARALLELISM);
      Outputs outputs = job.live().orElseThrow().outputs();
      for (String topic : job.outputTopics()) {
        broker.create(topic, PARALLELISM);
      }
      JobClient client = start(factory, job, folder);
      try (Broker.Reader decisions = broker.read(outputs.decisions());
          Broker.Reader commands = broker.read(outputs.commands());
          Broker.Reader outcomes = broker.read(outputs.outcomes())) {
        Map<String, Integer> sent = new HashMap<>();
        Random random = new Random(SEED);
        for (int chunk = 0; chunk <= FAILURES; chunk++) {
          int failed = FailingDecoder.FAILED.get();
          boolean fails = chunk < FAILURES;
          if (fails) {
            FailingDecoder.LEFT.set(1 + random.nextInt(CHUNK - 1));
          }
          for (int i = 0; i < CHUNK; i++) {
            // Who comes for the first time is kept from a coupon by nothing but what all have
            // spent.
            boolean isNew = i == 0;
            String type =
                isNew ? "cart" : List.of("view", "view", "cart", "buy").get(random.nextInt(4));
            String user = isNew ? "new" + chunk : "u" + random.nextInt(USERS);
            sent.merge(type, 1, Integer::sum);
            send(producer, type, user, chunk * CHUNK + i, random);
            if (i % 10 == 9) {
              producer.flush();
              commands.poll();
            }
          }
          int seen = decisions.poll().size();
          decisions.until(records -> !fails || FailingDecoder.FAILED.get() > failed);
          if (random.nextBoolean()) {
            decisions.until(records -> records.size() > seen);
          }
        }
        assertThat(FailingDecoder.FAILED).as("seed %s", SEED).hasValue(FAILURES);
        int moments = sent.values().stream().mapToInt(n -> n).sum();
        untilFinal(decisions, moments);
        // Nobody waits any more: of so many at once, some have to, and have the time.
        for (int i = 0; i < HELLOS; i++) {
          send(producer, "hello", "guest" + i, CHUNK * (FAILURES + 1) + i, random);
        }
        producer.flush();
        untilFinal(decisions, moments + HELLOS);
        // The last goals' time is over only when event time says so.
        for (int partition = 0; partition < PARALLELISM; partition++) {
          Broker.send(
              producer,
              "limits.events",
              partition,
              null,
              event("end" + partition, "scroll", "nobody", System.currentTimeMillis() + 60_000));
        }
        producer.flush();
        outcomes.until(records -> records.size() >= assigned(decisions).size());
        client
            .stopWithSavepoint(
                false,
                folder.resolve("savepoint").toUri().toString(),
                SavepointFormatType.CANONICAL)
            .get(60, TimeUnit.SECONDS);
        decisions.all();
        commands.all();
        outcomes.all();
        assertEveryMomentEndsOnce(lines(decisions), sent);
        assertWithinLimits(lines(decisions), lines(commands));
        assertThat(lines(outcomes).stream().map(DecideRestartTest::episode).toList())
            .doesNotHaveDuplicates()
            .containsAll(assigned(decisions));
      }
    } finally {
      broker.close();
    }
  }

  private static JobClient start(JobFactory factory, JobDefinition job, Path folder)
      throws Exception {
    Configuration settings = LiveRun.settings(job, Duration.ofMillis(200));
    settings.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY, folder.resolve("cp").toUri().toString());
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    settings.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1_000);
    settings.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(50));
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.createLocalEnvironment(PARALLELISM, settings);
    Topics topics = new Topics(job, Map.of());
    Outputs outputs = job.live().orElseThrow().outputs();
    FailingDecoder.reset();
    EngagementJob.buildLive(
        env,
        factory,
        List.of(
            new EngagementJob.LiveSource(
                "events",
                topics.source(
                    "limits.events",
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
    return env.executeAsync("limits");
  }

  private static void send(
      KafkaProducer<byte[], byte[]> producer, String type, String user, int id, Random random) {
    Broker.send(
        producer,
        "limits.events",
        Math.floorMod(user.hashCode(), PARALLELISM),
        user,
        event("e" + id, type, user, System.currentTimeMillis() - random.nextInt(500)));
  }

  private static byte[] event(String id, String type, String user, long timeMs) {
    return "{\"id\": \"%s\", \"type\": \"%s\", \"user\": \"%s\", \"time\": \"%s\", \"attributes\": {}}"
        .formatted(id, type, user, Instant.ofEpochMilli(timeMs))
        .getBytes(StandardCharsets.UTF_8);
  }

  private static List<JsonNode> lines(Broker.Reader reader) {
    return reader.lines().stream().map(JSON::readTree).toList();
  }

  private static void untilFinal(Broker.Reader decisions, int moments) {
    decisions.until(
        records -> finals(decisions, line -> line.path("step").asInt() == 1) >= moments);
  }

  private static long finals(Broker.Reader decisions, Predicate<JsonNode> which) {
    return lines(decisions).stream().filter(DecideRestartTest::isFinal).filter(which).count();
  }

  private static boolean isFinal(JsonNode decision) {
    return !text(decision, "reason").equals("DEFERRED");
  }

  private static String text(JsonNode line, String field) {
    return line.path(field).asString();
  }

  private static long time(JsonNode line, String field) {
    return Instant.parse(text(line, field)).toEpochMilli();
  }

  private static String episode(JsonNode line) {
    return text(line, "user") + " " + text(line, "trigger") + " " + text(line, "episode");
  }

  /** The episodes of the trigger with a goal whose outcome is due in any case. */
  private static Set<String> assigned(Broker.Reader decisions) {
    Set<String> episodes = new HashSet<>();
    for (JsonNode decision : lines(decisions)) {
      if (text(decision, "trigger").equals("cart")
          && List.of("ISSUED", "HOLDOUT").contains(text(decision, "reason"))) {
        episodes.add(episode(decision));
      }
    }
    return episodes;
  }

  private static void assertEveryMomentEndsOnce(
      List<JsonNode> decisions, Map<String, Integer> sent) {
    assertThat(
            decisions.stream()
                .filter(DecideRestartTest::isFinal)
                .map(line -> episode(line) + " " + text(line, "step")))
        .doesNotHaveDuplicates();
    Map<String, String> types = Map.of("look", "view", "cart", "cart", "thanks", "buy");
    types.forEach(
        (trigger, type) ->
            assertThat(
                    decisions.stream()
                        .filter(DecideRestartTest::isFinal)
                        .filter(line -> text(line, "trigger").equals(trigger))
                        .filter(line -> line.path("step").asInt() == 1))
                .as(trigger)
                .hasSize(sent.getOrDefault(type, 0)));
  }

  private static void assertWithinLimits(List<JsonNode> decisions, List<JsonNode> commands) {
    List<JsonNode> issued =
        commands.stream().filter(line -> text(line, "action").equals("ISSUE")).toList();
    assertThat(issued.stream().map(line -> text(line, "id"))).doesNotHaveDuplicates();
    assertThat(issued.stream().map(line -> text(line, "id")))
        .containsExactlyInAnyOrderElementsOf(
            decisions.stream()
                .filter(line -> text(line, "reason").equals("ISSUED"))
                .map(line -> text(line, "command_id"))
                .toList());
    Map<String, Integer> reasons = new TreeMap<>();
    for (JsonNode decision : decisions) {
      reasons.merge(text(decision, "reason"), 1, Integer::sum);
    }
    assertThat(reasons)
        .as("every limit was met with")
        .containsKeys("CAP", "COOLDOWN", "BUDGET", "RATE", "HOLDOUT", "ISSUED");

    assertThat(List.of("CAP", "COOLDOWN", "BUDGET", "RATE", "ISSUED"))
        .as("%s", reasons)
        .allSatisfy(
            reason -> assertThat(reasons.getOrDefault(reason, 0)).as(reason).isGreaterThan(4));
    assertThat(count(decisions, "BUDGET", "period")).as("the budget of all").isPositive();
    assertThat(count(decisions, "BUDGET", "per_user")).as("the budget of one").isPositive();
    assertThat(count(decisions, "ISSUED", "queued_since")).as("waited for a rate").isPositive();
    assertThat(count(decisions, "RATE", "queued_since")).as("waited in vain").isPositive();

    apart(issued, line -> text(line, "user"), "decision_time", CAP, CAP_MS);
    List<JsonNode> coupons = of(issued, line -> text(line, "kind").equals("coupon"));
    apart(coupons, line -> "", "decision_time", COUPONS, PER_MS);
    apart(
        of(issued, line -> text(line, "kind").equals("message")),
        line -> "",
        "decision_time",
        MESSAGES,
        PER_MS);
    apart(
        of(issued, line -> line.path("step").asInt() == 1 && !text(line, "trigger").equals("look")),
        line -> text(line, "user") + " " + text(line, "trigger"),
        "moment_time",
        1,
        COOLDOWN_MS);
    assertThat(sum(coupons)).isLessThanOrEqualTo(BUDGET).isGreaterThan(new BigDecimal("2"));
    Map<String, List<JsonNode>> byUser = new HashMap<>();
    coupons.forEach(
        line -> byUser.computeIfAbsent(text(line, "user"), u -> new ArrayList<>()).add(line));
    assertThat(byUser.values()).allSatisfy(of -> assertThat(sum(of)).isLessThanOrEqualTo(PER_USER));
  }

  private static long count(List<JsonNode> decisions, String reason, String compared) {
    return decisions.stream()
        .filter(line -> text(line, "reason").equals(reason) && line.path("compared").has(compared))
        .count();
  }

  private static List<JsonNode> of(List<JsonNode> commands, Predicate<JsonNode> which) {
    return commands.stream().filter(which).toList();
  }

  private static BigDecimal sum(List<JsonNode> commands) {
    return commands.stream()
        .map(line -> new BigDecimal(text(line, "cost")))
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  /** In no window [t, t + perMs) are there more than so many of a group. */
  private static void apart(
      List<JsonNode> commands,
      Function<JsonNode, String> group,
      String field,
      int atMost,
      long perMs) {
    Map<String, List<Long>> times = new TreeMap<>();
    for (JsonNode line : commands) {
      times.computeIfAbsent(group.apply(line), g -> new ArrayList<>()).add(time(line, field));
    }
    assertThat(times).isNotEmpty();
    times.forEach(
        (name, of) -> {
          of.sort(Long::compare);
          for (int i = atMost; i < of.size(); i++) {
            assertThat(of.get(i) - of.get(i - atMost))
                .as("%s times %s of '%s'", atMost + 1, field, name)
                .isGreaterThanOrEqualTo(perMs);
          }
        });
  }
}
