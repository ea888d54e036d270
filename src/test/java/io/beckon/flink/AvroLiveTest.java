// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.kafka.Broker;
import io.beckon.language.SourceFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.message.BinaryMessageDecoder;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Records in Avro, in each framing, through a real broker to outputs in Avro. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class AvroLiveTest {
  private static final long T = 1_700_000_000_000L;
  private static final int MOST_BYTES = 1 << 20;

  private static final String LOOK =
      """
      {"type": "record", "name": "Look", "namespace": "com.shop", "fields": [
        {"name": "who", "type": "string"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "thing", "type": ["null", {"type": "record", "name": "Thing", "fields": [
          {"name": "no", "type": "string"}]}]},
        {"name": "page", "type": "bytes"}]}
      """;

  private static final String EVENT =
      """
      {"type": "record", "name": "Event", "namespace": "com.shop", "fields": [
        {"name": "type", "type": {"type": "enum", "name": "Type", "symbols": ["view", "buy"]}},
        {"name": "user", "type": "string"},
        {"name": "time", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "attributes", "type": {"type": "map", "values": ["string", "long"]}}]}
      """;

  /** A later version of {@link #EVENT}. */
  private static final String EVENT_2 =
      EVENT.replace(
          "{\"name\": \"user\"",
          "{\"name\": \"device\", \"type\": [\"null\", \"string\"], \"default\": null},"
              + " {\"name\": \"user\"");

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
  void everyFramingIsReadAndResultsAreAvro(@TempDir Path folder) throws Exception {
    for (String topic : List.of("looks", "sales", "visits")) {
      broker.create("avro." + topic, 1);
    }
    for (String output : List.of("commands", "decisions", "late", "dead-letters")) {
      broker.create("avro." + output, 1);
    }
    Map<String, byte[]> poison = new HashMap<>();
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        Broker.Reader commands = broker.read("avro.commands");
        Broker.Reader decisions = broker.read("avro.decisions");
        Broker.Reader late = broker.read("avro.late");
        Broker.Reader letters = broker.read("avro.dead-letters");
        LiveRun run = LiveRun.start(request(folder))) {
      byte[] look = look("u1", T, 0);
      send(producer, "looks", look, null, poison);
      send(producer, "looks", Arrays.copyOf(look, look.length - 1), "BROKEN_RECORD", poison);
      send(producer, "looks", Arrays.copyOf(look, look.length + 1), "BROKEN_RECORD", poison);
      send(producer, "looks", new byte[0], "BROKEN_RECORD", poison);
      send(producer, "looks", null, "NO_VALUE", poison);
      send(producer, "looks", look("u".repeat(513), T, 0), "WRONG_VALUE", poison);
      // As large as a record may be, and a byte more.
      byte[] large = look("u2", T, MOST_BYTES - look.length - 2);
      assertThat(large).hasSize(MOST_BYTES);
      send(producer, "looks", large, null, poison);
      send(producer, "looks", look("u2", T, MOST_BYTES - look.length - 1), "TOO_LARGE", poison);

      send(producer, "sales", confluent(7, EVENT_2, "buy", "u2", T + 60_000), null, poison);
      send(producer, "sales", confluent(1, EVENT, "buy", "u9", T + 60_000), null, poison);
      send(producer, "sales", confluent(8, EVENT_2, "buy", "u1", T), "UNKNOWN_SCHEMA", poison);
      send(producer, "sales", body(EVENT, "buy", "u1", T), "BROKEN_RECORD", poison);
      // Written with another schema than its id says.
      send(producer, "sales", confluent(1, EVENT_2, "buy", "u1", T), "BROKEN_RECORD", poison);

      send(producer, "visits", single(EVENT, "view", "u3", T), null, poison);
      byte[] unknown = single(EVENT_2, "view", "u4", T);
      send(producer, "visits", unknown, "UNKNOWN_SCHEMA", poison);
      send(producer, "visits", body(EVENT, "view", "u4", T), "BROKEN_RECORD", poison);
      long end = T + 2 * TestJobs.HOUR_MS;
      send(producer, "looks", look("end", end, 0), null, poison);
      send(producer, "sales", confluent(1, EVENT, "buy", "end", end), null, poison);
      send(producer, "visits", single(EVENT, "buy", "end", end), null, poison);

      commands.until(records -> records.size() >= 2);
      decisions.until(records -> records.size() >= 2);
      letters.until(records -> records.size() >= poison.size());
      send(producer, "looks", look("u5", T, 0), null, poison);
      late.until(records -> !records.isEmpty());
      run.stop();

      List<GenericRecord> issued = read("Command", commands.poll());
      assertThat(issued)
          .extracting(record -> record.get("user").toString())
          .containsExactlyInAnyOrder("u1", "u3");
      assertThat(commands.keys()).containsExactlyInAnyOrder("u1", "u3");
      assertThat(issued)
          .allSatisfy(
              record -> {
                assertThat(record.get("kind")).hasToString("message");
                assertThat(record.get("match")).hasToString("{item=i0}");
                assertThat(record.get("moment_time")).isEqualTo(T + TestJobs.HOUR_MS);
              });
      assertThat(read("Decision", decisions.poll()))
          .extracting(record -> record.get("reason").toString())
          .containsExactly("ISSUED", "ISSUED");
      assertThat(read("LateEvent", late.poll()))
          .singleElement()
          .satisfies(
              record -> {
                assertThat(record.get("user")).hasToString("u5");
                assertThat(record.get("attributes")).hasToString("{item=i0}");
                assertThat(record.get("time")).isEqualTo(T);
              });
      check(poison, read("DeadLetter", letters.poll()));
      assertThat(letters.poll()).allMatch(record -> record.key() == null);
    }
  }

  private static void check(Map<String, byte[]> poison, List<GenericRecord> letters) {
    Map<String, byte[]> found = new HashMap<>();
    for (GenericRecord letter : letters) {
      ByteBuffer raw = (ByteBuffer) letter.get("raw");
      byte[] bytes = new byte[raw.remaining()];
      raw.get(bytes);
      String place = letter.get("source") + ":" + letter.get("row") + " " + letter.get("reason");
      assertThat(found.put(place, bytes)).as(place).isNull();
    }
    assertThat(found.keySet()).isEqualTo(poison.keySet());
    for (Map.Entry<String, byte[]> sent : poison.entrySet()) {
      byte[] kept = Objects.requireNonNull(found.get(sent.getKey()));
      if (sent.getKey().endsWith("TOO_LARGE")) {
        assertThat(kept.length).isBetween(100_000, 900_000);
        assertThat(kept).isEqualTo(Arrays.copyOf(sent.getValue(), kept.length));
      } else {
        assertThat(kept).as(sent.getKey()).isEqualTo(sent.getValue());
      }
    }
  }

  /** Sends a record without a key; of one that is no event, takes note of what must come of it. */
  private static void send(
      KafkaProducer<byte[], byte[]> producer,
      String topic,
      byte @Nullable [] value,
      @Nullable String reason,
      Map<String, byte[]> poison) {
    long offset = OFFSETS.merge(topic, 1L, Long::sum) - 1;
    if (reason != null) {
      poison.put(
          "avro." + topic + "/0:" + offset + " " + reason, value == null ? new byte[0] : value);
    }
    Broker.send(producer, "avro." + topic, 0, null, value);
    producer.flush();
  }

  private static final Map<String, Long> OFFSETS = new HashMap<>();

  private static LiveRun.Request request(Path folder) {
    String job =
        """
        apiVersion: beckon/v1
        kind: Job
        id: avro
        time: {lateness: 10s, clock: replay, quiet_after: 1s}
        sources:
          looks:
            topic: avro.looks
            format: avro
            avro: {framing: plain, schemas: [schemas/look.avsc]}
            id: offset
            record: {who: string, at: timestamp, what: {type: string, path: thing.no}}
            map: {type: '"view"', user: raw.who, time: raw.at, attributes: {item: raw.what}}
          sales:
            topic: avro.sales
            format: avro
            avro: {framing: confluent, schemas: {1: schemas/event.avsc, 7: schemas/event-2.avsc}}
          visits:
            topic: avro.visits
            format: avro
            avro: {framing: single_object, schemas: [schemas/event.avsc]}
        outputs: {format: avro}
        kafka: {bootstrap_servers: "%s"}
        state: {backend: heap}
        """
            .formatted(broker.servers());
    List<SourceFile> files =
        List.of(
            new SourceFile("jobs/avro/job.yaml", job),
            new SourceFile(
                "jobs/avro/events.yaml",
                "{apiVersion: beckon/v1, kind: Events, events: {view: {item: string}, buy: {item:"
                    + " string}}}"),
            new SourceFile(
                "jobs/avro/triggers/come-back.yaml",
                """
                apiVersion: beckon/v1
                kind: Trigger
                id: come-back
                version: 1
                when: {absence: {after: {event: view, match: [item]}, of: {event: buy}, for: 1h}}
                then: {message: {channel: push, template: t}}
                """),
            new SourceFile("jobs/avro/schemas/look.avsc", LOOK),
            new SourceFile("jobs/avro/schemas/event.avsc", EVENT),
            new SourceFile("jobs/avro/schemas/event-2.avsc", EVENT_2));
    return new LiveRun.Request(
        "jobs/avro", files, 2, folder, Duration.ofMillis(250), Optional.empty(), Map.of());
  }

  private static List<GenericRecord> read(
      String schema, List<ConsumerRecord<byte[], byte[]>> records) throws IOException {
    Path file = Path.of("schemas", schema + ".avsc");
    BinaryMessageDecoder<GenericRecord> decoder =
        new BinaryMessageDecoder<>(
            GenericData.get(), new Schema.Parser().parse(Files.readString(file)));
    List<GenericRecord> read = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      read.add(decoder.decode(record.value()));
    }
    return read;
  }

  private static byte[] look(String user, long timeMs, int pageBytes) throws IOException {
    Schema schema = new Schema.Parser().parse(LOOK);
    GenericData.Record thing =
        new GenericData.Record(schema.getField("thing").schema().getTypes().get(1));
    thing.put("no", "i0");
    GenericData.Record look = new GenericData.Record(schema);
    look.put("who", user);
    look.put("at", timeMs * 1_000);
    look.put("thing", thing);
    look.put("page", ByteBuffer.allocate(pageBytes));
    return body(look);
  }

  private static GenericData.Record event(String schema, String type, String user, long timeMs) {
    Schema parsed = new Schema.Parser().parse(schema);
    GenericData.Record event = new GenericData.Record(parsed);
    event.put("type", new GenericData.EnumSymbol(parsed.getField("type").schema(), type));
    event.put("user", user);
    event.put("time", timeMs);
    event.put("attributes", Map.of("item", "i0"));
    return event;
  }

  private static byte[] body(GenericData.Record record) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new GenericDatumWriter<GenericData.Record>(record.getSchema())
        .write(record, EncoderFactory.get().directBinaryEncoder(out, null));
    return out.toByteArray();
  }

  private static byte[] body(String schema, String type, String user, long timeMs)
      throws IOException {
    return body(event(schema, type, user, timeMs));
  }

  private static byte[] confluent(int id, String schema, String type, String user, long timeMs)
      throws IOException {
    byte[] body = body(schema, type, user, timeMs);
    return ByteBuffer.allocate(5 + body.length).put((byte) 0).putInt(id).put(body).array();
  }

  private static byte[] single(String schema, String type, String user, long timeMs)
      throws IOException {
    ByteBuffer framed =
        new BinaryMessageEncoder<GenericData.Record>(
                GenericData.get(), new Schema.Parser().parse(schema))
            .encode(event(schema, type, user, timeMs));
    byte[] bytes = new byte[framed.remaining()];
    framed.get(bytes);
    return bytes;
  }
}
