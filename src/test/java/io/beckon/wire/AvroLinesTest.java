// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.detect.Episode;
import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.language.Intervention;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import io.beckon.policy.Reason;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.message.BinaryMessageDecoder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AvroLinesTest {
  private static final Path PUBLISHED = Path.of("schemas");
  private static final Path KEPT = Path.of("src", "test", "resources", "compat", "schemas-1");
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
  private static final UUID ID = UUID.fromString("00000000-0000-5000-8000-000000000001");
  private static final long TIME_MS = 1_772_355_600_007L;

  private final JsonLines lines = new JsonLines();

  /** Reads a record by the published schema, as a reader in another service does. */
  private static GenericRecord read(OutputRecord kind, byte[] record) throws IOException {
    Schema schema = new Schema.Parser().parse(PUBLISHED.resolve(kind.schema() + ".avsc").toFile());
    return new BinaryMessageDecoder<GenericRecord>(GenericData.get(), schema).decode(record);
  }

  /** That a line and its record have the same fields, and say the same in each. */
  private static void assertSame(OutputRecord kind, byte[] line) throws IOException {
    GenericRecord record = read(kind, new AvroLines(kind).encode(line));
    JsonNode json = JSON.readTree(line);
    Set<String> names = new TreeSet<>();
    for (Schema.Field field : record.getSchema().getFields()) {
      names.add(field.name());
      if (field.name().equals("raw")) {
        byte[] raw = new byte[((ByteBuffer) record.get("raw")).remaining()];
        ((ByteBuffer) record.get("raw")).get(raw);
        byte[] expected =
            json.has("raw")
                ? json.path("raw").asString().getBytes(StandardCharsets.UTF_8)
                : Base64.getDecoder().decode(json.path("raw_base64").asString());
        assertThat(raw).isEqualTo(expected);
      } else {
        assertThat(JSON.readTree(text(field.schema(), record.get(field.pos()))))
            .as(field.name())
            .isEqualTo(json.path(field.name()));
      }
    }
    Set<String> keys = new TreeSet<>();
    json.propertyNames().forEach(key -> keys.add(key.equals("raw_base64") ? "raw" : key));
    assertThat(names).isEqualTo(keys);
  }

  /** A value in Avro as the JSON it must have come from. */
  private static String text(Schema type, @Nullable Object value) {
    if (value == null) {
      return "null";
    }
    if (type.getType() == Schema.Type.UNION) {
      return text(type.getTypes().get(GenericData.get().resolveUnion(type, value)), value);
    }
    if (value instanceof Long ms && type.getLogicalType() != null) {
      byte[] time = new byte[24];
      Rfc3339.write(ms, time, 0);
      return "\"" + new String(time, StandardCharsets.US_ASCII) + "\"";
    }
    if (value instanceof CharSequence text) {
      return JSON.valueToTree(text.toString()).toString();
    }
    if (value instanceof GenericRecord record) {
      return JSON.readTree(String.valueOf(record.get("digits"))).toString();
    }
    if (value instanceof List<?> list) {
      return list.stream()
          .map(item -> text(type.getElementType(), item))
          .toList()
          .toString()
          .replace(", ", ",");
    }
    if (value instanceof Map<?, ?> map) {
      List<String> entries = new ArrayList<>();
      map.forEach(
          (key, held) ->
              entries.add(
                  JSON.valueToTree(String.valueOf(key)) + ":" + text(type.getValueType(), held)));
      return JSON.readTree("{" + String.join(",", entries) + "}").toString();
    }
    return value.toString();
  }

  private static Episode episode(Episode.MatchValue... match) {
    return new Episode(List.of(match), "e/1");
  }

  private static Command command(
      Command.Action action, Episode episode, Optional<String> text, OptionalLong expiresAtMs) {
    return new Command(
        ID,
        action,
        "shop",
        "ü\"1",
        "cart",
        3,
        episode,
        1,
        Intervention.Kind.COUPON,
        text,
        text,
        List.of(new Command.Value("value", new BigDecimal("10.00"))),
        List.of(
            new Command.Value("a", 0.1),
            new Command.Value("b", true),
            new Command.Value("c", List.of("x", 1L, 2.5, false)),
            new Command.Value("d", 1e300),
            new Command.Value("e", Long.MIN_VALUE),
            new Command.Value("f", new BigDecimal("123456789012345678901234567890"))),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Lane.MARKETING,
        40,
        TIME_MS,
        TIME_MS + 1,
        TIME_MS + 2,
        expiresAtMs,
        List.of(new Fact.Whole("count", 3)));
  }

  @Test
  void aCommandSaysTheSame() throws IOException {
    Episode matched =
        episode(new Episode.MatchValue("item", "p,1"), new Episode.MatchValue("size", 42L));
    for (Command.Action action : Command.Action.values()) {
      assertSame(
          OutputRecord.COMMAND,
          lines.command(command(action, matched, Optional.of("push"), OptionalLong.of(TIME_MS))));
      assertSame(
          OutputRecord.COMMAND,
          lines.command(command(action, episode(), Optional.empty(), OptionalLong.empty())));
    }
  }

  @Test
  void numbersKeepTheirDigits() throws IOException {
    GenericRecord record =
        read(
            OutputRecord.COMMAND,
            new AvroLines(OutputRecord.COMMAND)
                .encode(
                    lines.command(
                        command(
                            Command.Action.ISSUE,
                            episode(),
                            Optional.empty(),
                            OptionalLong.empty()))));
    Map<?, ?> fields = (Map<?, ?>) record.get("fields");
    assertThat(fields).hasSize(1);
    assertThat(fields.values()).singleElement().hasToString("{\"digits\": \"10.00\"}");
    assertThat(record.get("moment_time")).isEqualTo(TIME_MS);
  }

  @Test
  void aDecisionSaysTheSame() throws IOException {
    for (Reason reason : Reason.values()) {
      Decision decision =
          new Decision(
              "u1",
              "cart",
              3,
              episode(new Episode.MatchValue("gift", true)),
              1,
              TIME_MS,
              TIME_MS + 1,
              reason,
              ID,
              List.of(
                  new Fact.At("since", 0),
                  new Fact.Lasting("waited", 7_200_000),
                  new Fact.Amount("sum", new BigDecimal("1E+2")),
                  new Fact.Text("what", "é\n")),
              List.of(new Fact.Lasting("over", -250)));
      assertSame(OutputRecord.DECISION, lines.decision(decision));
    }
  }

  @Test
  void aLateEventSaysTheSame() throws IOException {
    Slots slots =
        new Slots(Shop.VIEW)
            .setString(0, "p1")
            .setDecimal(1, new BigDecimal("12.50"))
            .setDouble(2, 0.25)
            .setLong(3, -7)
            .setBool(4, true)
            .setLong(5, TIME_MS)
            .setStrings(6, List.of("a", "b"))
            .setInts(7, List.of(1L, 2L));
    Event event = new Event("e1", Shop.CATALOGUE.type("view").orElseThrow(), "u1", 0, slots);
    assertSame(OutputRecord.LATE_EVENT, lines.late(event, TIME_MS));
    assertSame(
        OutputRecord.LATE_EVENT, JsonLines.withWatermark(lines.late(event, TIME_MS), TIME_MS + 9));
  }

  @Test
  void aDeadLetterKeepsItsBytes() throws IOException {
    for (byte[] bytes :
        List.of(
            new byte[0], "{\t\"é\u0000".getBytes(StandardCharsets.UTF_8), new byte[] {-1, 0, 7})) {
      DeadLetter letter =
          new DeadLetter("t/0", 1L << 40, DeadLetterReason.UNKNOWN_SCHEMA, "no `schema`", bytes);
      assertSame(OutputRecord.DEAD_LETTER, lines.deadLetter(letter));
      GenericRecord record =
          read(
              OutputRecord.DEAD_LETTER,
              new AvroLines(OutputRecord.DEAD_LETTER).encode(lines.deadLetter(letter)));
      assertThat(record.get("raw")).isEqualTo(ByteBuffer.wrap(bytes));
    }
  }

  @Test
  void anOutcomeSaysTheSame() throws IOException {
    String line =
        """
        {"user":"u1","trigger":"cart","version":3,"episode":"e","match":{"item":"i1"},\
        "assignment":"treated",\
        "variant":"b","converted":true,"value":"12.50","delay_ms":3600000,\
        "moment_time":"%s","decided_time":"%s","command_id":"%s"}"""
            .formatted(rfc3339(TIME_MS), rfc3339(TIME_MS + 5), ID);
    assertSame(OutputRecord.OUTCOME, line.getBytes(StandardCharsets.UTF_8));
    assertSame(
        OutputRecord.OUTCOME,
        line.replace("\"b\"", "null")
            .replace("{\"item\":\"i1\"}", "null")
            .replace("\"12.50\"", "null")
            .replace("3600000", "null")
            .replace("\"" + ID + "\"", "null")
            .getBytes(StandardCharsets.UTF_8));
    GenericRecord record =
        read(
            OutputRecord.OUTCOME,
            new AvroLines(OutputRecord.OUTCOME)
                .encode(line.replace("\"12.50\"", "12.50").getBytes(StandardCharsets.UTF_8)));
    assertThat(Objects.toString(record.get("value")))
        .as("a number where the schema has text keeps its digits")
        .isEqualTo("12.50");
  }

  private static String rfc3339(long timeMs) {
    return Instant.ofEpochMilli(timeMs).toString();
  }

  @Test
  void whatIsNoLineIsRefused() {
    AvroLines commands = new AvroLines(OutputRecord.COMMAND);
    for (String line : List.of("", "[]", "{}", "{\"id\": 1", "{\"id\": {}}")) {
      assertThatThrownBy(() -> commands.encode(line.getBytes(StandardCharsets.UTF_8)))
          .as(line)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> OutputRecord.of("else")).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @EnumSource(OutputRecord.class)
  void whatIsWrittenByIsWhatIsPublished(OutputRecord kind) throws IOException {
    String published = Files.readString(PUBLISHED.resolve(kind.schema() + ".avsc"));
    assertThat(AvroLines.schema(kind)).isEqualTo(new Schema.Parser().parse(published));
    assertThat(AvroLines.schema(kind).getFullName()).isEqualTo("io.beckon." + kind.schema());
    for (Schema.Field field : AvroLines.schema(kind).getFields()) {
      assertThat(field.doc()).as(kind + "." + field.name()).isNotBlank();
    }
  }

  @Test
  void everySchemaIsOfAnOutput() throws IOException {
    List<String> kinds =
        Stream.of(OutputRecord.values()).map(kind -> kind.schema() + ".avsc").sorted().toList();
    for (Path folder : List.of(PUBLISHED, KEPT)) {
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(
                files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".avsc"))
                    .sorted()
                    .toList())
            .as(folder.toString())
            .isEqualTo(kinds);
      }
    }
  }

  /** Readers of before read what is written now, and readers of now what was written before. */
  @ParameterizedTest
  @EnumSource(OutputRecord.class)
  void schemasFitThoseOfBefore(OutputRecord kind) throws IOException {
    Schema kept =
        new Schema.Parser().parse(Files.readString(KEPT.resolve(kind.schema() + ".avsc")));
    assertThat(misfits(kept, AvroLines.schema(kind))).isEmpty();
  }

  @Test
  void aSchemaThatDoesNotFitIsFound() throws IOException {
    Schema kept = AvroLines.schema(OutputRecord.OUTCOME);
    String text = kept.toString();
    String required =
        "{\"name\":\"converted\",\"type\":\"boolean\",\"doc\":\"Whether the goal was met in time.\"},";
    assertThat(text).contains(required);
    assertThat(misfits(kept, new Schema.Parser().parse(text.replace(required, ""))))
        .as("a field removed, for which readers of before have no default")
        .containsExactly("forward");
    assertThat(
            misfits(
                kept,
                new Schema.Parser()
                    .parse(
                        text.replace(required, required + required.replace("converted", "new")))))
        .as("a field added without a default")
        .containsExactly("backward");
    assertThat(
            misfits(
                kept,
                new Schema.Parser()
                    .parse(
                        text.replace(
                            "\"converted\",\"type\":\"boolean\"",
                            "\"converted\",\"type\":\"string\""))))
        .containsExactly("backward", "forward");
    String optional =
        required
            .replace("converted", "new")
            .replace("\"boolean\"", "[\"null\",\"boolean\"],\"default\":null");
    assertThat(
            misfits(kept, new Schema.Parser().parse(text.replace(required, required + optional))))
        .as("a field added with a default")
        .isEmpty();
  }

  private static List<String> misfits(Schema kept, Schema current) {
    List<String> misfits = new ArrayList<>();
    if (!canRead(current, kept)) {
      misfits.add("backward");
    }
    if (!canRead(kept, current)) {
      misfits.add("forward");
    }
    return misfits;
  }

  private static boolean canRead(Schema reader, Schema writer) {
    return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType()
        == SchemaCompatibilityType.COMPATIBLE;
  }
}
