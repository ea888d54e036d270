// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static io.beckon.flink.TestJobs.HOUR_MS;
import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.engine.Engine;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.kafka.Broker;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.plan.Plan;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A job that reads history first: what it started with outlives it, and what is read is chosen. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class WarmUpTest {
  private static final long T = 1_700_000_000_000L;
  private static final long DAY_MS = 24 * HOUR_MS;
  private static final long LATENESS_MS = 10_000;
  private static final int PARTITIONS = 2;
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  @Test
  void aRestartKeepsWhenTheJobFirstStarted() throws Exception {
    OperatorSubtaskState snapshot;
    try (Harness first = new Harness(null, T)) {
      first.cart("ann", T - 1);
      first.cart("ann", T);
      first.flink.processWatermark(T + LATENESS_MS);
      assertThat(first.reasons()).containsExactly("WARMING_UP", "ISSUED");
      snapshot = first.flink.snapshot(1, 1);
    }
    try (Harness second = new Harness(snapshot, T + 10 * DAY_MS)) {
      second.cart("ann", T + DAY_MS);
      second.cart("bob", T + DAY_MS);
      second.flink.processWatermark(T + DAY_MS + LATENESS_MS);
      assertThat(second.reasons()).as("of today's, and of ann's first").hasSize(3);
      assertThat(second.reasons()).containsOnly("ISSUED");
      snapshot = second.flink.snapshot(2, 2);
    }
    try (Harness third = new Harness(snapshot, T + 20 * DAY_MS)) {
      third.cart("zoe", T + 2 * DAY_MS);
      third.flink.processWatermark(T + 3 * DAY_MS);
      assertThat(third.reasons()).as("zoe's two, and what was still open").hasSize(4);
      assertThat(third.reasons()).containsOnly("ISSUED");
    }
  }

  @Test
  void anyNumberOfSubtasksAgreesOnIt() throws Exception {
    OperatorSubtaskState both;
    try (Harness one = new Harness(null, T, 2, 0);
        Harness other = new Harness(null, T, 2, 1)) {
      both =
          AbstractStreamOperatorTestHarness.repackageState(
              one.flink.snapshot(1, 1), other.flink.snapshot(1, 1));
    }
    for (int subtask = 0; subtask < 3; subtask++) {
      OperatorSubtaskState mine =
          AbstractStreamOperatorTestHarness.repartitionOperatorState(
              both, EngagementJob.MAX_PARALLELISM, 2, 3, subtask);
      try (Harness harness = new Harness(mine, T + DAY_MS, 3, subtask)) {
        assertThat(harness.operator.startedMs()).isEqualTo(T);
      }
    }
  }

  @Test
  void aStateThatDoesNotSayIsOfAJobThatHasBeenSending() throws Exception {
    OperatorSubtaskState older;
    KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> flink =
        harness(new KeyedProcessOperator<>(new Nothing()), 1, 0);
    try {
      flink.open();
      older = flink.snapshot(1, 1);
    } finally {
      flink.close();
    }
    try (Harness harness = new Harness(older, T)) {
      harness.cart("ann", T - DAY_MS);
      harness.flink.processWatermark(T);
      assertThat(harness.reasons()).containsExactly("ISSUED", "ISSUED");
    }
  }

  @Test
  void historyIsReadAndNotActedOnUntilTheJobHasStarted(@TempDir Path folder) throws Exception {
    Broker broker = Broker.start();
    try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
      Topics topics = new Topics(broker, producer, "history");
      String job = topics.job("observe_from: earliest, send_from: now");
      long startedMs = T + DAY_MS;
      int users = 20;
      for (int i = 0; i < users; i++) {
        topics.cart("h" + i, T + i);
      }
      topics.bring(T + 2 * HOUR_MS);
      try (Broker.Reader decisions = broker.read(topics.topic("decisions"));
          Broker.Reader commands = broker.read(topics.topic("commands"))) {
        String savepoint;
        try (LiveRun run = start(folder, job, Optional.empty(), startedMs)) {
          decisions.until(records -> records.size() >= 2 * users);
          assertThat(reasons(decisions)).hasSize(2 * users).containsOnly("WARMING_UP");
          // It is not bought before the job has started.
          topics.cart("between", startedMs - HOUR_MS / 2);
          topics.cart("live", startedMs);
          topics.bring(startedMs + 2 * HOUR_MS);
          decisions.until(records -> records.size() >= 2 * users + 4);
          savepoint = run.stop();
        }
        decisions.all();
        commands.all();
        assertThat(reasons(decisions.lines(), "between"))
            .containsExactlyInAnyOrder("cart WARMING_UP", "come-back ISSUED");
        assertThat(reasons(decisions.lines(), "live"))
            .containsExactlyInAnyOrder("cart ISSUED", "come-back ISSUED");
        assertThat(commands.keys()).containsExactlyInAnyOrder("between", "live", "live");

        // While the job was away, and before it starts again.
        topics.cart("away", startedMs + DAY_MS);
        topics.bring(startedMs + 2 * DAY_MS);
        try (LiveRun run = start(folder, job, Optional.of(savepoint), startedMs + 10 * DAY_MS)) {
          decisions.until(records -> records.size() >= 2 * users + 6);
          run.stop();
        }
        decisions.all();
        assertThat(decisions.lines()).as("the savepoint's offsets hold").hasSize(2 * users + 6);
        assertThat(reasons(decisions.lines(), "away"))
            .containsExactlyInAnyOrder("cart ISSUED", "come-back ISSUED");

        // Without a savepoint it starts for the first time, and reads what its group has read.
        int before = decisions.lines().size();
        try (LiveRun run = start(folder, job, Optional.empty(), startedMs + 20 * DAY_MS)) {
          decisions.until(records -> records.size() >= 2 * before);
          run.stop();
        }
        decisions.all();
        commands.all();
        assertThat(reasons(decisions).subList(before, decisions.lines().size()))
            .hasSize(before)
            .containsOnly("WARMING_UP");
        assertThat(commands.lines()).hasSize(5);
      }
    } finally {
      broker.close();
    }
  }

  @Test
  void aTimeToObserveFromIsTheRecordsOwn(@TempDir Path folder) throws Exception {
    Broker broker = Broker.start();
    try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
      Topics topics = new Topics(broker, producer, "since");
      String job = topics.job("observe_from: \"%s\"".formatted(Instant.ofEpochMilli(T + 3)));
      for (int i = 0; i < 6; i++) {
        topics.send(0, "u" + i, T + i, T + i);
      }
      // All of a partition is older: it is read from its end.
      topics.send(1, "old", T + 100, T);
      producer.flush();
      try (Broker.Reader decisions = broker.read(topics.topic("decisions"))) {
        String savepoint;
        try (LiveRun run = start(folder, job, Optional.empty(), T)) {
          topics.bring(T + 30 * 60_000);
          decisions.until(records -> records.size() >= 3);
          savepoint = run.stop();
        }
        decisions.all();
        assertThat(decisions.keys()).containsExactlyInAnyOrder("u3", "u4", "u5");
        // Older than that by the record's time, but a savepoint's offsets hold.
        topics.send(0, "u6", T + 40 * 60_000, T);
        topics.bring(T + 45 * 60_000);
        try (LiveRun run = start(folder, job, Optional.of(savepoint), T)) {
          decisions.until(records -> records.size() >= 4);
          run.stop();
        }
        decisions.all();
        assertThat(decisions.keys()).containsExactlyInAnyOrder("u3", "u4", "u5", "u6");
      }
    } finally {
      broker.close();
    }
  }

  private static LiveRun start(Path folder, String job, Optional<String> savepoint, long nowMs)
      throws Exception {
    return LiveRun.start(
        new LiveRun.Request(
            "jobs/x", files(job), 2, folder, Duration.ofMillis(250), savepoint, Map.of()),
        PATIENCE,
        nowMs);
  }

  private static List<SourceFile> files(String job) {
    return List.of(
        new SourceFile("jobs/x/job.yaml", job),
        new SourceFile(
            "jobs/x/events.yaml",
            "{apiVersion: beckon/v1, kind: Events, events: {cart: {item: string}, buy: {item:"
                + " string}}}"),
        trigger("cart", "{event: cart}"),
        trigger("come-back", "{absence: {after: {event: cart}, of: {event: buy}, for: 1h}}"));
  }

  private static SourceFile trigger(String id, String when) {
    return new SourceFile(
        "jobs/x/triggers/" + id + ".yaml",
        """
        apiVersion: beckon/v1
        kind: Trigger
        id: %s
        version: 1
        when: %s
        then: {message: {channel: push, template: t}}
        """
            .formatted(id, when));
  }

  private static String job(String id, String servers, String time) {
    return """
    apiVersion: beckon/v1
    kind: Job
    id: %s
    time: {lateness: 10s, quiet_after: 1h, %s}
    sources: {events: {topic: %s.events}}
    kafka: {bootstrap_servers: "%s"}
    state: {backend: heap}
    """
        .formatted(id, time, id, servers);
  }

  private static List<String> reasons(Broker.Reader decisions) {
    return decisions.lines().stream()
        .map(line -> JsonMapper.shared().readTree(line).path("reason").asString())
        .toList();
  }

  private static List<String> reasons(List<String> decisions, String user) {
    List<String> reasons = new ArrayList<>();
    for (String line : decisions) {
      JsonNode decision = JsonMapper.shared().readTree(line);
      if (decision.path("user").asString().equals(user)) {
        reasons.add(decision.path("trigger").asString() + " " + decision.path("reason").asString());
      }
    }
    return reasons;
  }

  private static KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> harness(
      KeyedProcessOperator<String, UserElement, byte[]> operator, int parallelism, int subtask)
      throws Exception {
    KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> flink =
        new KeyedOneInputStreamOperatorTestHarness<>(
            operator,
            UserElement::user,
            Types.STRING,
            EngagementJob.MAX_PARALLELISM,
            parallelism,
            subtask);
    flink.setup(
        EngagementJob.LINE.createSerializer(flink.getExecutionConfig().getSerializerConfig()));
    return flink;
  }

  /** What a job without any memory runs. */
  private static final class Nothing extends KeyedProcessFunction<String, UserElement, byte[]> {
    private static final long serialVersionUID = 1L;

    @Override
    public void processElement(UserElement element, Context context, Collector<byte[]> lines) {}
  }

  /** The topics of one job. */
  private record Topics(Broker broker, KafkaProducer<byte[], byte[]> producer, String id) {
    /** Makes the topics. */
    String job(String time) throws Exception {
      String text = WarmUpTest.job(id, broker.servers(), time);
      broker.create(topic("events"), PARTITIONS);
      JobDefinition job = JobText.live("jobs/x", files(text)).create();
      for (String topic : job.live().orElseThrow().outputs().topics()) {
        broker.create(topic, PARTITIONS);
      }
      return text;
    }

    String topic(String name) {
      return id + "." + name;
    }

    void cart(String user, long timeMs) {
      Broker.send(
          producer,
          topic("events"),
          Math.floorMod(user.hashCode(), PARTITIONS),
          user,
          event("cart", user, timeMs));
    }

    /** A cart in a record that has a time of its own. */
    @SuppressWarnings("FutureReturnValueIgnored") // What does not arrive, the test misses.
    void send(int partition, String user, long timeMs, long recordMs) {
      producer.send(
          new ProducerRecord<>(
              topic("events"), partition, recordMs, null, event("cart", user, timeMs)));
    }

    /** Brings event time to {@code watermarkMs}. */
    void bring(long watermarkMs) {
      for (int partition = 0; partition < PARTITIONS; partition++) {
        Broker.send(
            producer,
            topic("events"),
            partition,
            null,
            event("buy", "nobody", watermarkMs + LATENESS_MS + 1));
      }
      producer.flush();
    }

    private static byte[] event(String type, String user, long timeMs) {
      return "{\"type\": \"%s\", \"user\": \"%s\", \"time\": \"%s\"}"
          .formatted(type, user, Instant.ofEpochMilli(timeMs))
          .getBytes(StandardCharsets.UTF_8);
    }
  }

  /** The operator of a live job as Flink runs it. */
  private static final class Harness implements AutoCloseable {
    private final PacedOperator operator;
    private final KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> flink;
    private final Engine engine = new Engine(Plan.compile(definition()));
    private final long firstId;
    private int events;

    Harness(@Nullable OperatorSubtaskState snapshot, long nowMs) throws Exception {
      this(snapshot, nowMs, 1, 0);
    }

    Harness(@Nullable OperatorSubtaskState snapshot, long nowMs, int parallelism, int subtask)
        throws Exception {
      operator = new PacedOperator(new EngagementOperator(Harness::definition), nowMs);
      flink = harness(operator, parallelism, subtask);
      flink.setProcessingTime(nowMs);
      if (snapshot != null) {
        flink.initializeState(snapshot);
      }
      flink.open();
      firstId = nowMs;
    }

    private static JobDefinition definition() {
      return JobText.live("jobs/x", files(job("warm", "kafka:9092", "send_from: now"))).create();
    }

    void cart(String user, long timeMs) throws Exception {
      EventType type = engine.plan().job().catalogue().type("cart").orElseThrow();
      Event event =
          new Event("e" + firstId + events++, type, user, timeMs, new Slots(type.record()));
      flink.processElement(
          UserElement.event(user, timeMs, LiveWatermarks.NO_TIME, engine.encodeEvent(event)),
          timeMs);
    }

    List<String> reasons() {
      return flink.extractOutputValues().stream()
          .map(line -> new String(line, StandardCharsets.UTF_8))
          .map(line -> JsonMapper.shared().readTree(line).path("reason").asString())
          .toList();
    }

    @Override
    public void close() {
      try {
        flink.close();
      } catch (Exception e) {
        throw new AssertionError("closing the operator", e);
      }
    }
  }
}
