// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.kafka.Broker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A topic of profiles beside the events, on a real broker. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ProfileTopicTest {
  private static final String TOPIC = "people.profiles";
  private static final int MOST_TRIES = 200;

  private Broker broker;
  private LiveShop shop;
  private KafkaProducer<byte[], byte[]> producer;
  private Broker.Reader decisions;

  /** Event time, which the test alone moves. */
  private long nowMs = LiveShop.START_MS;

  @BeforeEach
  void start() throws Exception {
    broker = Broker.start();
    shop = new LiveShop("people", broker.servers(), "profiles: {topic: %s}".formatted(TOPIC));
    shop.createTopics(broker);
    broker.create(TOPIC, 2);
    producer = broker.producer();
    decisions = broker.read(shop.decisions());
  }

  @AfterEach
  void stop() throws Exception {
    decisions.close();
    producer.close();
    broker.close();
  }

  @Test
  void profilesAreReplacedErasedAndOutliveTheProcess(@TempDir Path folder) throws Exception {
    tell("ann", "{\"tier\": \"gold\"}");
    tell("bob", "{\"user\": \"bob\", \"attributes\": {\"tier\": \"gold\"}}");
    try (LiveRun run = LiveRun.start(shop.request(2, folder, Optional.empty()))) {
      assertThat(run.created()).isEmpty();
      until("ann", "ISSUED", "");
      until("bob", "ISSUED", "");
      tell("ann", "{\"tier\": \"silver\"}");
      until("ann", "NOT_IN_AUDIENCE", "false");
      tell("ann", "{\"tier\": \"silver\"}");
      tell("ann", "{\"tier\": \"gold\"}");
      until("ann", "ISSUED", "");
      // Ended without a word, as a process that is killed.
    }
    Optional<String> left = Optional.of(LiveShop.lastCheckpoint(folder));
    try (LiveRun run = LiveRun.start(shop.request(1, folder, left))) {
      assertThat(cart("ann")).as("at once: it was in the state").isEqualTo("ISSUED");
      assertThat(cart("bob")).isEqualTo("ISSUED");
      // Both look and do not buy, and one is erased.
      look("ann");
      look("bob");
      assertThat(cart("ann")).as("so the look has been read, too").isEqualTo("ISSUED");
      tell("ann", null);
      // An event that waited would be erased, too: only once this has come, ann has gone.
      tell("zoe", "{\"tier\": \"gold\"}");
      until("zoe", "ISSUED", "");
      assertThat(cart("ann")).isEqualTo("NOT_IN_AUDIENCEmissing");
      nowMs += 4 * TestJobs.HOUR_MS;
      shop.bring(producer, nowMs);
      decisions.until(all -> decisions.lines().stream().anyMatch(l -> isComeBack(l, "bob")));
      run.stop();
      decisions.all();
      assertThat(decisions.lines()).anyMatch(line -> isComeBack(line, "bob"));
      assertThat(decisions.lines()).noneMatch(line -> isComeBack(line, "ann"));
    }
  }

  @Test
  void whatIsNoProfileIsADeadLetter(@TempDir Path folder) throws Exception {
    List<byte[]> broken =
        List.of(
            utf8("{\"tier\": \"go"),
            utf8("[1]"),
            utf8("{\"tier\": [1]}"),
            utf8("{\"user\": \"bob\", \"tier\": \"gold\"}"),
            new byte[] {'{', (byte) 0xff, '}'},
            new byte[0]);
    try (Broker.Reader letters = broker.read("people.dead-letters");
        LiveRun run = LiveRun.start(shop.request(1, folder, Optional.empty()))) {
      for (byte[] value : broken) {
        Broker.send(producer, TOPIC, 0, "ann", value);
      }
      Broker.send(producer, TOPIC, 0, null, utf8("{\"tier\": \"gold\"}"));
      Broker.send(producer, TOPIC, 0, null, null);
      Broker.send(producer, TOPIC, 0, "ann", utf8("{\"tier\": \"gold\"}"));
      producer.flush();
      letters.until(records -> records.size() >= broken.size() + 2);
      until("ann", "ISSUED", "");
      run.stop();
      letters.all();
      List<JsonNode> told = letters.lines().stream().map(JsonMapper.shared()::readTree).toList();
      assertThat(told.stream().map(letter -> letter.path("source").asString()))
          .containsOnly(TOPIC + "/0");
      assertThat(told.stream().map(letter -> letter.path("row").asLong()))
          .containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
      assertThat(told.stream().map(letter -> letter.path("reason").asString()))
          .containsExactly(
              "BROKEN_RECORD",
              "BROKEN_RECORD",
              "WRONG_VALUE",
              "WRONG_VALUE",
              "BROKEN_RECORD",
              "BROKEN_RECORD",
              "NO_USER",
              "NO_VALUE");
      assertThat(told.get(0).path("raw").asString()).isEqualTo("{\"tier\": \"go");
    }
  }

  private void tell(String user, @Nullable String profile) {
    Broker.send(producer, TOPIC, 0, user, profile == null ? null : utf8(profile));
    producer.flush();
  }

  /** Profiles are taken when they are read: asks until the answer is the one expected. */
  private void until(String user, String reason, String compared) {
    String answer = "";
    for (int i = 0; i < MOST_TRIES && !answer.equals(reason + compared); i++) {
      answer = cart(user);
    }
    assertThat(answer).as(user).isEqualTo(reason + compared);
  }

  /** What the trigger for golden users says of a cart: the reason, and why its `if` said no. */
  private String cart(String user) {
    event(user, "cart");
    shop.bring(producer, nowMs);
    int seen = decisions.all().size();
    String time = Instant.ofEpochMilli(nowMs).toString();
    decisions.until(all -> answer(user, time).isPresent());
    JsonNode answer = answer(user, time).orElseThrow(() -> new AssertionError("after " + seen));
    return answer.path("reason").asString() + answer.path("compared").path("if").asString("");
  }

  private Optional<JsonNode> answer(String user, String time) {
    return decisions.lines().stream()
        .map(JsonMapper.shared()::readTree)
        .filter(
            line ->
                line.path("trigger").asString().equals("gold")
                    && line.path("user").asString().equals(user)
                    && Instant.parse(line.path("moment_time").asString()).toString().equals(time))
        .findFirst();
  }

  private void look(String user) {
    event(user, "view");
  }

  private void event(String user, String type) {
    nowMs += 1_000;
    shop.send(
        producer,
        List.of(
            LiveShop.view("e" + nowMs, user, nowMs)
                .replace("\"type\": \"view\"", "\"type\": \"" + type + "\"")));
  }

  private static boolean isComeBack(String line, String user) {
    return line.contains("\"trigger\":\"come-back\"") && line.contains("\"user\":\"" + user + "\"");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
