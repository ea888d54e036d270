// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.event.Event;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.wire.RawRecord.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.message.BinaryMessageEncoder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class AvroRecordsTest {
  private static final long TIME_MS = 1_772_359_200_007L;

  private static final String EVENTS =
      """
      apiVersion: beckon/v1
      kind: Events
      events:
        view:
          text: string
          whole: int
          real: double
          exact: decimal
          flag: bool
          at: timestamp
          texts: list(string)
          wholes: list(int)
        buy: {total: {type: decimal, required: true}}
      """;

  private static final String TRIGGER =
      """
      apiVersion: beckon/v1
      kind: Trigger
      id: t
      version: 1
      when: {event: buy}
      then: {message: {channel: push, template: x}}
      """;

  private static final String FLAT =
      """
      {"type": "record", "name": "Flat", "fields": [
        {"name": "what", "type": {"type": "enum", "name": "What", "symbols": ["look", "buy"]}},
        {"name": "who", "type": ["null", "string", "long"]},
        {"name": "ts", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "value", "type": %s}
      ]}
      """;

  /** A job that reads {@code value} as one attribute of each type. */
  private static JobDefinition job(
      String avro, String type, String path, Map<String, String> files) {
    String text =
        """
        apiVersion: beckon/v1
        kind: Job
        id: shop
        sources:
          events:
            topic: shop.events
            format: avro
            id: offset
            avro: %s
            record:
              what: string
              who: string
              ts: timestamp
              value: {type: %s, path: %s}
            map:
              type: raw.what
              types: {look: view}
              user: raw.who
              time: raw.ts
              attributes: {%s: raw.value}
        kafka: {bootstrap_servers: "localhost:9092"}
        """
            .formatted(avro, type, path, attribute(type));
    return load(text, files);
  }

  private static String attribute(String type) {
    return switch (type) {
      case "int" -> "whole";
      case "double" -> "real";
      case "decimal" -> "exact";
      case "bool" -> "flag";
      case "timestamp" -> "at";
      case "list(string)" -> "texts";
      case "list(int)" -> "wholes";
      default -> "text";
    };
  }

  private static JobDefinition load(String job, Map<String, String> schemas) {
    List<SourceFile> files = new ArrayList<>();
    files.add(new SourceFile("shop/job.yaml", job));
    files.add(new SourceFile("shop/events.yaml", EVENTS));
    files.add(new SourceFile("shop/triggers/t.yaml", TRIGGER));
    schemas.forEach((name, text) -> files.add(new SourceFile("shop/schemas/" + name, text)));
    Definitions.Loaded loaded = Definitions.load("shop", files, AvroSchemas::check);
    assertThat(loaded.problems().sorted()).isEmpty();
    return loaded.job().orElseThrow();
  }

  private static EventDecoder plain(String schema, String type) {
    return plain(schema, type, "value");
  }

  private static EventDecoder plain(String schema, String type, String path) {
    return new EventDecoder(
        job("{framing: plain, schemas: [schemas/e.avsc]}", type, path, Map.of("e.avsc", schema)));
  }

  private static Schema parse(String schema) {
    return new Schema.Parser().parse(schema);
  }

  /** A record of {@link #FLAT}, by the library's own writer. */
  private static byte[] flat(String type, Object value) {
    Schema schema = parse(FLAT.formatted(type));
    GenericData.Record record = new GenericData.Record(schema);
    record.put("what", new GenericData.EnumSymbol(schema.getField("what").schema(), "look"));
    record.put("who", "u1");
    record.put("ts", TIME_MS);
    record.put("value", value);
    return bytes(record);
  }

  static byte[] bytes(GenericData.Record record) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    try {
      new GenericDatumWriter<GenericData.Record>(record.getSchema()).write(record, encoder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static RawRecord raw(byte[] bytes) {
    return new RawRecord("shop.events/2", 17, bytes, Kind.RECORD);
  }

  private static Event event(EventDecoder decoder, byte[] bytes) {
    Decoded decoded = decoder.decode(raw(bytes));
    assertThat(decoded).isInstanceOf(Decoded.Read.class);
    return ((Decoded.Read) decoded).event();
  }

  private static String refusal(EventDecoder decoder, byte[] bytes) {
    Decoded decoded = decoder.decode(raw(bytes));
    assertThat(decoded).isInstanceOf(Decoded.Rejected.class);
    DeadLetter letter = ((Decoded.Rejected) decoded).letter();
    assertThat(letter.bytes()).isEqualTo(bytes);
    assertThat(letter.source() + ":" + letter.row()).isEqualTo("shop.events/2:17");
    return letter.reason() + ": " + letter.detail();
  }

  /** What becomes of a value of a schema under a declared type: the attribute, or the refusal. */
  private static Object read(String schema, Object value, String type) {
    EventDecoder decoder = plain(FLAT.formatted(schema), type);
    byte[] bytes = flat(schema, value);
    Decoded decoded = decoder.decode(raw(bytes));
    if (decoded instanceof Decoded.Read read) {
      Event event = read.event();
      assertThat(event.type().name()).isEqualTo("view");
      assertThat(event.user()).isEqualTo("u1");
      assertThat(event.timeMs()).isEqualTo(TIME_MS);
      assertThat(event.id()).isEqualTo("shop.events/2/17");
      Object found = event.attributes().objectAt(event.type().record().indexOf(attribute(type)));
      return found == null ? "missing" : found;
    }
    return refusal(decoder, bytes);
  }

  private static String wrong(String expected) {
    return "WRONG_VALUE: field `value` is not " + expected;
  }

  @Test
  void valuesBecomeWhatTheirTypesSay() {
    String nullable = "[\"null\", \"string\"]";
    assertThat(read(nullable, "x", "string")).isEqualTo("x");
    assertThat(read("\"string\"", "", "string")).isEqualTo("missing");
    assertThat(read("\"string\"", "12", "int")).isEqualTo(12L);
    assertThat(read("\"string\"", "1.5", "double")).isEqualTo(1.5);
    assertThat(read("\"string\"", "2026-03-01T10:00:00.007Z", "timestamp")).isEqualTo(TIME_MS);
    assertThat(read("\"string\"", "noon", "timestamp"))
        .isEqualTo(wrong("an RFC 3339 time or epoch milliseconds, in the years 1 to 9999"));
    assertThat(read("\"string\"", "x", "list(string)")).isEqualTo(wrong("a list of texts"));
    assertThat(read("\"boolean\"", true, "bool")).isEqualTo(true);
    assertThat(read("\"boolean\"", true, "string")).isEqualTo(wrong("text"));
    assertThat(read("\"int\"", -7, "int")).isEqualTo(-7L);
    assertThat(read("\"long\"", Long.MIN_VALUE, "int")).isEqualTo(Long.MIN_VALUE);
    assertThat(read("\"long\"", 42L, "string")).isEqualTo("42");
    assertThat(read("\"long\"", 42L, "double")).isEqualTo(42.0);
    assertThat(read("\"long\"", 42L, "decimal")).isEqualTo(new BigDecimal("42"));
    assertThat(read("\"long\"", TIME_MS, "timestamp")).isEqualTo(TIME_MS);
    assertThat(read("\"long\"", Long.MAX_VALUE, "timestamp")).asString().startsWith("WRONG_VALUE");
    assertThat(read("\"long\"", 1L, "bool")).isEqualTo(wrong("true or false"));
    assertThat(read("\"double\"", 0.1, "double")).isEqualTo(0.1);
    assertThat(read("\"double\"", -0.0, "double")).isEqualTo(0.0);
    assertThat(read("\"double\"", 12.5, "decimal")).isEqualTo(new BigDecimal("12.5"));
    assertThat(read("\"double\"", Double.NaN, "double")).isEqualTo(wrong("a finite number"));
    assertThat(read("\"double\"", 1e300, "decimal")).asString().startsWith("WRONG_VALUE");
    assertThat(read("\"double\"", 3.0, "int")).isEqualTo(wrong("a whole number of 64 bits"));
    assertThat(read("\"float\"", 0.1f, "decimal")).isEqualTo(new BigDecimal("0.1"));
    assertThat(read("\"float\"", 0.5f, "double")).isEqualTo(0.5);
    assertThat(read("\"float\"", Float.NEGATIVE_INFINITY, "double")).asString().startsWith("WRONG");
  }

  @Test
  void logicalTypesBecomeTimesDecimalsAndTexts() {
    String millis = "{\"type\": \"long\", \"logicalType\": \"timestamp-millis\"}";
    assertThat(read(millis, TIME_MS, "timestamp")).isEqualTo(TIME_MS);
    assertThat(read(millis, TIME_MS, "int")).isEqualTo(wrong("a whole number of 64 bits"));
    String micros = millis.replace("millis", "micros");
    assertThat(read(micros, TIME_MS * 1_000 + 999, "timestamp")).isEqualTo(TIME_MS);
    assertThat(read(micros, -1L, "timestamp")).isEqualTo(-1L);
    String nanos = millis.replace("millis", "nanos");
    assertThat(read(nanos, TIME_MS * 1_000_000 + 1, "timestamp")).isEqualTo(TIME_MS);
    String date = "{\"type\": \"int\", \"logicalType\": \"date\"}";
    assertThat(read(date, 20_513, "timestamp")).isEqualTo(20_513 * 86_400_000L);
    assertThat(read(date, 20_513, "string")).isEqualTo("2026-03-01");
    assertThat(read(date, Integer.MAX_VALUE, "string")).isEqualTo(wrong("text"));
    String uuid = "{\"type\": \"string\", \"logicalType\": \"uuid\"}";
    String id = UUID.nameUUIDFromBytes(new byte[0]).toString();
    assertThat(read(uuid, id, "string")).isEqualTo(id);
    String decimal =
        "{\"type\": \"bytes\", \"logicalType\": \"decimal\", \"precision\": 40, \"scale\": 2}";
    assertThat(read(decimal, unscaled("12.50", decimal), "decimal"))
        .isEqualTo(new BigDecimal("12.5"));
    assertThat(read(decimal, unscaled("-12.50", decimal), "double")).isEqualTo(-12.5);
    assertThat(read(decimal, unscaled("12.50", decimal), "string")).isEqualTo(wrong("text"));
    assertThat(read(decimal, unscaled("9".repeat(38) + ".00", decimal), "decimal"))
        .isEqualTo(new BigDecimal("9".repeat(38)));
    assertThat(read(decimal, unscaled("9".repeat(37) + ".01", decimal), "decimal"))
        .asString()
        .startsWith("WRONG_VALUE");
    assertThat(read(decimal, ByteBuffer.wrap(new byte[0]), "decimal"))
        .asString()
        .startsWith("WRONG");
    assertThat(read(decimal, ByteBuffer.wrap(new byte[500_000]), "decimal"))
        .asString()
        .startsWith("WRONG_VALUE");
    String fixed =
        "{\"type\": \"fixed\", \"name\": \"F\", \"size\": 4, \"logicalType\": \"decimal\","
            + " \"precision\": 9, \"scale\": 3}";
    assertThat(read(fixed, new GenericData.Fixed(parse(fixed), new byte[] {0, 0, 4, 1}), "decimal"))
        .isEqualTo(new BigDecimal("1.025"));
  }

  private static ByteBuffer unscaled(String value, String schema) {
    Schema type = parse(schema);
    return new Conversions.DecimalConversion()
        .toBytes(new BigDecimal(value), type, type.getLogicalType());
  }

  @Test
  void listsAreOfTextsOrWholeNumbers() {
    String texts = "{\"type\": \"array\", \"items\": [\"null\", \"string\", \"int\"]}";
    assertThat(read(texts, Arrays.asList("a", null, "", 7), "list(string)"))
        .isEqualTo(List.of("a", "7"));
    assertThat(read(texts, List.of(), "list(string)")).isEqualTo("missing");
    assertThat(read(texts, Arrays.asList("5", null, 7), "list(int)")).isEqualTo(List.of(5L, 7L));
    assertThat(read(texts, List.of("a"), "list(int)"))
        .isEqualTo(wrong("a list of whole numbers of 64 bits"));
    assertThat(read(texts, List.of("a"), "string")).isEqualTo(wrong("text"));
    String reals = "{\"type\": \"array\", \"items\": \"double\"}";
    assertThat(read(reals, List.of(1.0), "list(int)")).asString().startsWith("WRONG_VALUE");
  }

  @Test
  void bytesAndObjectsAreNoValues() {
    assertThat(read("\"bytes\"", ByteBuffer.wrap(new byte[] {1}), "string"))
        .isEqualTo(wrong("text, but bytes"));
    String fixed = "{\"type\": \"fixed\", \"name\": \"F\", \"size\": 2}";
    assertThat(read(fixed, new GenericData.Fixed(parse(fixed), new byte[2]), "int"))
        .isEqualTo(wrong("a whole number of 64 bits, but bytes"));
    String map = "{\"type\": \"map\", \"values\": \"long\"}";
    assertThat(read(map, Map.of("a", 1L), "int")).isEqualTo(wrong("a whole number of 64 bits"));
  }

  @Test
  void pathsLeadThroughRecordsMapsAndUnions() {
    String nested =
        """
        ["null", "string",
         {"type": "record", "name": "Payload", "fields": [
          {"name": "skipped", "type": {"type": "array", "items": "Payload"}},
          {"name": "props", "type": {"type": "map", "values": ["null", "string", "long"]}}]}]""";
    String schema = FLAT.formatted(nested);
    EventDecoder decoder = plain(schema, "string", "value.props.item");
    Schema payload = parse(schema).getField("value").schema().getTypes().get(2);
    GenericData.Record inner = new GenericData.Record(payload);
    inner.put("skipped", List.of());
    inner.put("props", Map.of("item", "inner"));
    GenericData.Record outer = new GenericData.Record(payload);
    outer.put("skipped", List.of(inner, inner));
    outer.put("props", Map.of("other", 1L, "item", 42L));
    assertThat(event(decoder, flat(nested, outer)).attributes().stringAt(0)).isEqualTo("42");
    outer.put("props", Map.of());
    assertThat(event(decoder, flat(nested, outer)).attributes().has(0)).isFalse();
    assertThat(event(decoder, flat(nested, "")).attributes().has(0)).isFalse();
    assertThat(refusal(decoder, flat(nested, "no object"))).isEqualTo(wrong("text"));
    byte[] nothing = flat("[\"null\", \"string\"]", "x");
    nothing = Arrays.copyOf(nothing, nothing.length - 2);
    nothing[nothing.length - 1] = 0;
    assertThat(event(decoder, nothing).attributes().has(0)).isFalse();
  }

  @Test
  void theSchemaOfARecordIsFoundByItsFrame() throws Exception {
    String first = FLAT.formatted("\"string\"");
    String second =
        first.replace(
            "{\"name\": \"value\"",
            "{\"name\": \"new\", \"type\": \"int\"},\n  {\"name\": \"value\"");
    Map<String, String> files = Map.of("a.avsc", first, "b.avsc", second);
    GenericData.Record record = new GenericData.Record(parse(second));
    record.put("what", new GenericData.EnumSymbol(parse(second).getField("what").schema(), "look"));
    record.put("ts", TIME_MS);
    record.put("who", 7L);
    record.put("new", 1);
    record.put("value", "x");

    EventDecoder single =
        new EventDecoder(
            job(
                "{framing: single_object, schemas: [schemas/a.avsc, schemas/b.avsc]}",
                "string",
                "value",
                files));
    byte[] framed =
        bytes(new BinaryMessageEncoder<>(GenericData.get(), parse(second)).encode(record));
    assertThat(event(single, framed).user()).isEqualTo("7");
    byte[] old =
        ByteBuffer.allocate(10 + flat("\"string\"", "y").length)
            .put((byte) 0xC3)
            .put((byte) 1)
            .put(SchemaNormalization.parsingFingerprint("CRC-64-AVRO", parse(first)))
            .put(flat("\"string\"", "y"))
            .array();
    assertThat(event(single, old).attributes().stringAt(0)).isEqualTo("y");
    framed[5] ^= 1;
    assertThat(refusal(single, framed))
        .startsWith("UNKNOWN_SCHEMA: `avro.schemas` has no schema of the fingerprint ");
    assertThat(refusal(single, bytes(record)))
        .isEqualTo("BROKEN_RECORD: it does not begin as Avro's single-object encoding");
    assertThat(refusal(single, new byte[] {(byte) 0xC3, 1, 0})).startsWith("BROKEN_RECORD");

    EventDecoder confluent =
        new EventDecoder(
            job(
                "{framing: confluent, schemas: {1: schemas/a.avsc, 100007: schemas/b.avsc}}",
                "string",
                "value",
                files));
    assertThat(event(confluent, confluent(100_007, bytes(record))).user()).isEqualTo("7");
    assertThat(event(confluent, confluent(1, flat("\"string\"", "y"))).user()).isEqualTo("u1");
    assertThat(refusal(confluent, confluent(2, bytes(record))))
        .isEqualTo("UNKNOWN_SCHEMA: `avro.schemas` has no schema of the id 2");
    assertThat(refusal(confluent, new byte[] {0, 0, 0, 1})).startsWith("BROKEN_RECORD");
    assertThat(refusal(confluent, new byte[] {1, 0, 0, 0, 1, 2}))
        .isEqualTo("BROKEN_RECORD: it does not begin with a zero byte and the id of a schema");
  }

  private static byte[] confluent(int id, byte[] body) {
    return ByteBuffer.allocate(5 + body.length).put((byte) 0).putInt(id).put(body).array();
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  @Test
  void whatIsNotTheAvroOfItsSchemaIsBroken() {
    EventDecoder decoder = plain(FLAT.formatted("\"string\""), "string");
    byte[] good = flat("\"string\"", "abc");
    assertThat(event(decoder, good).attributes().stringAt(0)).isEqualTo("abc");
    assertThat(refusal(decoder, Arrays.copyOf(good, good.length + 2)))
        .isEqualTo("BROKEN_RECORD: the record goes on for 2 bytes after its value");
    for (int length = 0; length < good.length; length++) {
      assertThat(refusal(decoder, Arrays.copyOf(good, length)))
          .startsWith("BROKEN_RECORD: not the Avro of its schema at byte ");
    }
    byte[] symbol = good.clone();
    symbol[0] = 9;
    assertThat(refusal(decoder, symbol)).endsWith("at byte 1");
    byte[] branch = good.clone();
    branch[1] = 6;
    assertThat(refusal(decoder, branch)).endsWith("at byte 2");
    byte[] text = good.clone();
    text[good.length - 1] = (byte) 0xFF;
    assertThat(refusal(decoder, text)).isEqualTo("BROKEN_RECORD: text that is not UTF-8");
    assertThat(refusal(decoder, "{\"what\": \"look\"}".getBytes(StandardCharsets.UTF_8)))
        .startsWith("BROKEN_RECORD");
  }

  @Test
  void nothingGrowsLargerThanTheRecord() {
    byte[] head = flat("\"string\"", "");
    // A text of 2^62 bytes, and one of a negative length.
    EventDecoder text = plain(FLAT.formatted("\"string\""), "string");
    assertThat(refusal(text, with(head, Long.MAX_VALUE / 2))).startsWith("BROKEN_RECORD");
    assertThat(refusal(text, with(head, -5))).startsWith("BROKEN_RECORD");
    // Lists of nulls: a block of very many, and very many blocks of as many as are allowed.
    EventDecoder nulls =
        plain(FLAT.formatted("{\"type\": \"array\", \"items\": \"null\"}"), "list(string)");
    for (long count : List.of(Long.MAX_VALUE, Long.MIN_VALUE, (long) AvroInput.MOST_VALUES + 1)) {
      assertThat(refusal(nulls, with(head, count))).startsWith("BROKEN_RECORD");
    }
    long[] blocks = new long[1_000];
    Arrays.fill(blocks, AvroInput.MOST_VALUES);
    assertThat(refusal(nulls, with(head, blocks)))
        .isEqualTo("BROKEN_RECORD: more than " + AvroInput.MOST_VALUES + " values");
    assertThat(event(nulls, with(head, 3, 0)).attributes().has(6)).isFalse();
    // A list of lists of lists: recursion ends before the stack does.
    EventDecoder deep =
        plain(
            FLAT.formatted(
                "{\"type\": \"record\", \"name\": \"Deep\", \"fields\":"
                    + " [{\"name\": \"next\", \"type\": [\"null\", \"Deep\"]}]}"),
            "string");
    long[] next = new long[1_000_000];
    Arrays.fill(next, 1);
    assertThat(refusal(deep, with(head, next)))
        .isEqualTo("BROKEN_RECORD: nested deeper than " + AvroInput.MOST_DEPTH);
  }

  /** {@code record} with numbers in place of its last byte. */
  private static byte[] with(byte[] record, long... numbers) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(record, 0, record.length - 1);
    try {
      var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
      for (long number : numbers) {
        encoder.writeLong(number);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  @Test
  void aRecordSaysWhatItLacks() {
    String schema = FLAT.formatted("\"string\"");
    GenericData.Record record = new GenericData.Record(parse(schema));
    record.put("what", new GenericData.EnumSymbol(parse(schema).getField("what").schema(), "buy"));
    record.put("ts", TIME_MS);
    record.put("value", "");
    assertThat(refusal(plain(schema, "string"), bytes(record))).startsWith("NO_USER");
    record.put("who", "u1");
    assertThat(refusal(plain(schema, "string"), bytes(record)))
        .isEqualTo("MISSING_ATTRIBUTE: required attribute `total` is missing");
    // A field that the schema does not have is missing.
    String without = schema.replace("\"ts\"", "\"then\"");
    assertThat(refusal(plain(without, "string"), bytes(record))).startsWith("NO_TIME");
    EventDecoder decoder = plain(schema, "string");
    assertThat(decoder.decode(new RawRecord("t/0", 1, new byte[0], Kind.EMPTY)))
        .isInstanceOfSatisfying(
            Decoded.Rejected.class,
            rejected ->
                assertThat(rejected.letter().reason()).isEqualTo(DeadLetterReason.NO_VALUE));
  }

  private static final String CANONICAL =
      """
      {"type": "record", "name": "Event", "namespace": "com.shop", "fields": [
        {"name": "attributes", "type": %s},
        {"name": "extra", "type": ["null", "bytes"], "default": null},
        {"name": "time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "user", "type": ["null", "long", "string"]},
        {"name": "type", "type": ["string", "int"]},
        {"name": "id", "type": ["null", "string", "double"], "default": null}
      ]}
      """;

  private static EventDecoder canonical(String schema) {
    return new EventDecoder(canonicalJob(schema));
  }

  private static JobDefinition canonicalJob(String schema) {
    return load(
        """
            apiVersion: beckon/v1
            kind: Job
            id: shop
            sources:
              events:
                topic: shop.events
                format: avro
                avro: {framing: plain, schemas: [schemas/nested/event.avsc]}
            kafka: {bootstrap_servers: "localhost:9092"}
            """,
        Map.of("nested/event.avsc", schema));
  }

  private static GenericData.Record canonicalRecord(String schema, Object attributes) {
    GenericData.Record record = new GenericData.Record(parse(schema));
    record.put("attributes", attributes);
    record.put("time", TIME_MS * 1_000);
    record.put("user", 9L);
    record.put("type", "view");
    record.put("id", "e1");
    return record;
  }

  @Test
  void canonicalRecordsNeedNoMapping() {
    String schema =
        CANONICAL.formatted(
            """
            {"type": "map", "values": ["null", "string", "long", "double", "boolean",
             {"type": "array", "items": ["string", "long"]}]}""");
    JobDefinition job = canonicalJob(schema);
    EventDecoder decoder = new EventDecoder(job);
    Map<String, Object> attributes =
        Map.of("text", "x", "whole", 3L, "flag", true, "texts", List.of("a"), "unknown", 1.0);
    GenericData.Record record = canonicalRecord(schema, attributes);
    Event event = event(decoder, bytes(record));
    EventDecoder json = json(job);
    String line =
        """
        {"id": "e1", "type": "view", "user": 9, "time": %d,
         "attributes": {"text": "x", "whole": 3, "flag": true, "texts": ["a"], "unknown": 1.0}}"""
            .formatted(TIME_MS);
    assertThat(event).isEqualTo(event(json, line.getBytes(StandardCharsets.UTF_8)));
    record.put("id", null);
    String content = line.replace("\"e1\"", "null");
    assertThat(event(decoder, bytes(record)))
        .isEqualTo(event(json, content.getBytes(StandardCharsets.UTF_8)));

    record.put("attributes", Map.of("whole", true));
    assertThat(refusal(decoder, bytes(record)))
        .isEqualTo("WRONG_VALUE: attribute `whole` is not a whole number of 64 bits");
    record.put("id", 0.5);
    record.put("attributes", Map.of());
    assertThat(refusal(decoder, bytes(record)))
        .isEqualTo("WRONG_VALUE: `id` is neither text nor a whole number");
    record.put("user", null);
    assertThat(refusal(decoder, bytes(record))).startsWith("NO_USER");
    record.put("type", 1);
    assertThat(refusal(decoder, bytes(record))).isEqualTo("WRONG_VALUE: `type` is not text");
    record.put("type", "");
    assertThat(refusal(decoder, bytes(record))).startsWith("NO_TYPE");
    record.put("type", "unheard-of");
    assertThat(refusal(decoder, bytes(record))).startsWith("UNKNOWN_TYPE");
    assertThat(refusal(decoder, Arrays.copyOf(bytes(record), bytes(record).length + 1)))
        .isEqualTo("BROKEN_RECORD: the record goes on for 1 bytes after its value");
  }

  @ParameterizedTest
  @CsvSource({"true, BROKEN_RECORD", "false, WRONG_VALUE"})
  void attributesMayBeARecordOrNothing(boolean truncated, String reason) {
    String schema =
        CANONICAL.formatted(
            """
            ["null", "string", {"type": "record", "name": "View", "fields": [
              {"name": "exact", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9,
               "scale": 2}},
              {"name": "other", "type": "string"},
              {"name": "at", "type": ["null", {"type": "int", "logicalType": "date"}]}]}]""");
    EventDecoder decoder = canonical(schema);
    GenericData.Record view =
        new GenericData.Record(parse(schema).getField("attributes").schema().getTypes().get(2));
    view.put("exact", ByteBuffer.wrap(new byte[] {4, (byte) 0xE2}));
    view.put("other", "");
    view.put("at", 1);
    Event event = event(decoder, bytes(canonicalRecord(schema, view)));
    assertThat(event.attributes().numberAt(3)).isEqualTo(new BigDecimal("12.5"));
    assertThat(event.attributes().longAt(5)).isEqualTo(86_400_000L);
    assertThat(event.user()).isEqualTo("9");
    GenericData.Record none = new GenericData.Record(canonicalRecord(schema, view), true);
    none.put("attributes", null);
    assertThat(event(decoder, bytes(none)).attributes().has(3)).isFalse();
    none.put("attributes", "text");
    byte[] bytes = bytes(none);
    assertThat(refusal(decoder, truncated ? Arrays.copyOf(bytes, 3) : bytes)).startsWith(reason);
  }

  /** Whatever is said in Avro and in JSON is the same event, or the same refusal. */
  @Test
  void randomRecordsSayTheSameInAvroAndInJson() {
    long seed = 1312;
    Random random = new Random(seed);
    String schema =
        FLAT.formatted(
            """
            {"type": "record", "name": "V", "fields": [
              {"name": "v", "type": ["null", "string", "long", "int", "double", "boolean",
                {"type": "array", "items": ["null", "string", "long"]},
                {"type": "map", "values": "string"}]}]}""");
    Schema parsed = parse(schema);
    Schema inner = parsed.getField("value").schema();
    for (String type :
        List.of(
            "string",
            "int",
            "double",
            "decimal",
            "bool",
            "timestamp",
            "list(string)",
            "list(int)")) {
      JobDefinition avroJob =
          job(
              "{framing: plain, schemas: [schemas/e.avsc]}",
              type,
              "value.v",
              Map.of("e.avsc", schema));
      EventDecoder avro = new EventDecoder(avroJob);
      EventDecoder json = json(avroJob);
      for (int round = 0; round < 2_000; round++) {
        Object value = value(random);
        GenericData.Record record = new GenericData.Record(parsed);
        GenericData.Record held = new GenericData.Record(inner);
        held.put("v", value);
        record.put("what", new GenericData.EnumSymbol(parsed.getField("what").schema(), "look"));
        record.put("who", "u1");
        record.put("ts", TIME_MS);
        record.put("value", held);
        ObjectNode line = JsonMapper.shared().createObjectNode();
        line.put("what", "look").put("who", "u1").put("ts", TIME_MS);
        line.putObject("value").set("v", JsonMapper.shared().valueToTree(value));
        Decoded expected = json.decode(raw(line.toString().getBytes(StandardCharsets.UTF_8)));
        Decoded actual = avro.decode(raw(bytes(record)));
        assertThat(said(actual))
            .as("seed %d, round %d, %s: %s", seed, round, type, line)
            .isEqualTo(said(expected));
      }
    }
  }

  /** A decoder of the same job's records in JSON. */
  private static EventDecoder json(JobDefinition job) {
    JobDefinition.SourceDefinition source = job.source();
    return new EventDecoder(
        job,
        new JobDefinition.SourceDefinition(
            source.name(),
            source.topic(),
            JobDefinition.Format.JSONL,
            source.id(),
            source.mapping()));
  }

  private static Object said(Decoded decoded) {
    return decoded instanceof Decoded.Rejected rejected
        ? rejected.letter().reason() + ": " + rejected.letter().detail()
        : decoded;
  }

  private static @Nullable Object value(Random random) {
    String text =
        List.of("", "a", "12", "-3.50", "true", "2026-03-01T10:00:00Z", "é\uD83D\uDE00\n")
            .get(random.nextInt(7));
    return switch (random.nextInt(8)) {
      case 0 -> null;
      case 1 -> random.nextLong();
      case 2 -> random.nextInt();
      case 3 -> (double) random.nextInt(2_000) / 16;
      case 4 -> random.nextBoolean();
      case 5 -> List.of(text, random.nextLong(), "x");
      case 6 -> Map.of("k", text);
      default -> text;
    };
  }

  @Test
  void mutatedRecordsNeverThrow() {
    long seed = 64;
    Random random = new Random(seed);
    String everything =
        CANONICAL.formatted(
            """
            {"type": "record", "name": "All", "fields": [
              {"name": "text", "type": ["null", "string"]},
              {"name": "whole", "type": "int"},
              {"name": "real", "type": "float"},
              {"name": "exact", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9,
               "scale": 2}},
              {"name": "flag", "type": "boolean"},
              {"name": "at", "type": {"type": "int", "logicalType": "date"}},
              {"name": "texts", "type": {"type": "array", "items": ["string", "long"]}},
              {"name": "more", "type": {"type": "array", "items": "All"}},
              {"name": "map", "type": {"type": "map", "values": ["null", "double"]}},
              {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
              {"name": "id", "type": {"type": "fixed", "name": "Id", "size": 16}}]}""");
    Schema all = parse(everything).getField("attributes").schema();
    List<EventDecoder> decoders =
        List.of(
            canonical(everything),
            plain(
                everything.replace(
                    "\"type\", \"type\": [\"string\"", "\"what\", \"type\": [\"string\""),
                "decimal",
                "attributes.exact"),
            new EventDecoder(
                job(
                    "{framing: single_object, schemas: [schemas/e.avsc]}",
                    "string",
                    "attributes.text",
                    Map.of("e.avsc", everything))));
    GenericData.Record leaf = attributes(all, List.of());
    byte[] body = bytes(canonicalRecord(everything, attributes(all, List.of(leaf, leaf))));
    byte[] framed =
        ByteBuffer.allocate(body.length + 10)
            .put((byte) 0xC3)
            .put((byte) 1)
            .putLong(Long.reverseBytes(SchemaNormalization.parsingFingerprint64(parse(everything))))
            .put(body)
            .array();
    int read = 0;
    for (int round = 0; round < 60_000; round++) {
      boolean frame = round % 3 == 2;
      byte[] mutated = mutate(frame ? framed : body, frame ? 10 : 0, random);
      try {
        Decoded decoded = decoders.get(round % 3).decode(raw(mutated));
        if (decoded instanceof Decoded.Rejected rejected) {
          assertThat(rejected.letter().bytes()).isEqualTo(mutated);
        } else {
          read++;
        }
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        throw new AssertionError("seed " + seed + ", round " + round, e);
      }
    }
    assertThat(read).as("some are still events, seed %d", seed).isPositive();
  }

  private static GenericData.Record attributes(Schema all, List<GenericData.Record> more) {
    GenericData.Record record = new GenericData.Record(all);
    record.put("text", "some text");
    record.put("whole", 5);
    record.put("real", 1.5f);
    record.put("exact", ByteBuffer.wrap(new byte[] {4, 5}));
    record.put("flag", true);
    record.put("at", 20_000);
    record.put("texts", List.of("a", 4L, "b"));
    record.put("more", more);
    record.put("map", Map.of("k", 1.0));
    record.put("kind", new GenericData.EnumSymbol(all.getField("kind").schema(), "B"));
    record.put("id", new GenericData.Fixed(all.getField("id").schema(), new byte[16]));
    return record;
  }

  private static byte[] mutate(byte[] original, int kept, Random random) {
    byte[] bytes = original.clone();
    for (int left = random.nextInt(4); left >= 0; left--) {
      int at = kept + random.nextInt(bytes.length - kept);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt();
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes = Arrays.copyOf(bytes, Math.max(kept + 1, at));
        case 3 -> {
          // A huge number, often where a length or a count stands.
          for (int i = at; i < Math.min(bytes.length - 1, at + 9); i++) {
            bytes[i] = (byte) 0xFF;
          }
        }
        default -> bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(3));
      }
    }
    return bytes;
  }
}
