// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.LogicalType;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Lines of {@link JsonLines} to Avro's single-object encoding, by the published schemas. Made of
 * the line, a record says what the line says and nothing else. Not thread-safe.
 */
public final class AvroLines {
  private static final String DECIMAL = "Decimal";

  private final Schema schema;
  private final byte[] header;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private @Nullable BinaryEncoder encoder;

  /** A number as written. */
  private record Digits(String text) {
    boolean isLong() {
      char[] chars = text.toCharArray();
      return Values.isWhole(chars, 0, chars.length);
    }

    long value() {
      return Long.parseLong(text);
    }
  }

  /** A writer of records of one kind. */
  public AvroLines(OutputRecord record) {
    this.schema = schema(record);
    this.header =
        ByteBuffer.allocate(10)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) 0xC3)
            .put((byte) 0x01)
            .putLong(SchemaNormalization.parsingFingerprint64(schema))
            .array();
  }

  /** The schema of {@code record}, as published. */
  static Schema schema(OutputRecord record) {
    String name = "/beckon/schemas/" + record.schema() + ".avsc";
    try (InputStream in = AvroLines.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("not in the jar: " + name);
      }
      return AvroSchemas.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The record of a line. Keys that the schema does not have are left out.
   *
   * @throws IllegalArgumentException if it is no such line
   */
  public byte[] encode(byte[] line) {
    try (JsonParser parser = JsonValues.parser(line)) {
      if (!(read(parser, parser.nextToken()) instanceof Map<?, ?> fields)) {
        throw new IllegalArgumentException("not a line of " + schema.getName());
      }
      bytes.reset();
      bytes.writeBytes(header);
      encoder = EncoderFactory.get().binaryEncoder(bytes, encoder);
      write(schema, fields, encoder);
      encoder.flush();
      return bytes.toByteArray();
    } catch (JacksonException | IOException e) {
      throw new IllegalArgumentException("not a line of " + schema.getName(), e);
    }
  }

  private static @Nullable Object read(JsonParser parser, @Nullable JsonToken token)
      throws JacksonException {
    if (token == null) {
      throw new IllegalArgumentException("a line that ends too early");
    }
    return switch (token) {
      case START_OBJECT -> {
        Map<String, Optional<Object>> fields = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          fields.put(name, Optional.ofNullable(read(parser, parser.nextToken())));
        }
        yield fields;
      }
      case START_ARRAY -> {
        List<Optional<Object>> items = new ArrayList<>();
        for (JsonToken next = parser.nextToken();
            next != JsonToken.END_ARRAY;
            next = parser.nextToken()) {
          items.add(Optional.ofNullable(read(parser, next)));
        }
        yield items;
      }
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Digits(parser.getString());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> null;
    };
  }

  private static @Nullable Object get(Map<?, ?> fields, String name) {
    return value(fields.get(name));
  }

  private static @Nullable Object value(@Nullable Object held) {
    return held instanceof Optional<?> value ? value.orElse(null) : null;
  }

  private static void write(Schema type, @Nullable Object value, BinaryEncoder out)
      throws IOException {
    switch (type.getType()) {
      case RECORD -> record(type, value, out);
      case MAP -> {
        Map<?, ?> entries = (Map<?, ?>) fits(type, value, value instanceof Map<?, ?>);
        out.writeMapStart();
        out.setItemCount(entries.size());
        for (Object key : entries.keySet()) {
          out.startItem();
          out.writeString(String.valueOf(key));
          write(type.getValueType(), get(entries, String.valueOf(key)), out);
        }
        out.writeMapEnd();
      }
      case ARRAY -> {
        List<?> items = (List<?>) fits(type, value, value instanceof List<?>);
        out.writeArrayStart();
        out.setItemCount(items.size());
        for (Object item : items) {
          out.startItem();
          write(type.getElementType(), value(item), out);
        }
        out.writeArrayEnd();
      }
      case UNION -> {
        int branch = branch(type, value);
        out.writeIndex(branch);
        write(type.getTypes().get(branch), value, out);
      }
      case STRING ->
          out.writeString(value instanceof Digits number ? number.text() : text(type, value));
      case LONG -> out.writeLong(number(type, value));
      case INT -> out.writeInt(Math.toIntExact(number(type, value)));
      case BOOLEAN -> out.writeBoolean((Boolean) fits(type, value, value instanceof Boolean));
      case NULL -> {
        out.writeNull();
      }
      case DOUBLE ->
          out.writeDouble(
              Double.parseDouble(((Digits) fits(type, value, value instanceof Digits)).text()));
      case ENUM, FIXED, BYTES, FLOAT ->
          throw new IllegalStateException("no record of output holds " + type.getType());
    }
  }

  private static void record(Schema type, @Nullable Object value, BinaryEncoder out)
      throws IOException {
    if (value instanceof Digits number && type.getName().equals(DECIMAL)) {
      out.writeString(number.text());
      return;
    }
    Map<?, ?> fields = (Map<?, ?>) fits(type, value, value instanceof Map<?, ?>);
    for (Schema.Field field : type.getFields()) {
      if (field.schema().getType() == Schema.Type.BYTES) {
        out.writeBytes(raw(fields));
      } else {
        write(field.schema(), get(fields, field.name()), out);
      }
    }
  }

  /** The bytes of a dead letter: as text if they are UTF-8, as Base64 if not. */
  private static byte[] raw(Map<?, ?> fields) {
    return get(fields, "raw") instanceof String text
        ? text.getBytes(StandardCharsets.UTF_8)
        : Base64.getDecoder().decode(String.valueOf(get(fields, "raw_base64")));
  }

  /** Which branch of a union takes {@code value}. */
  private static int branch(Schema union, @Nullable Object value) {
    List<Schema> types = union.getTypes();
    int text = -1;
    for (int i = 0; i < types.size(); i++) {
      Schema type = types.get(i);
      boolean takes =
          switch (type.getType()) {
            case NULL -> value == null;
            case BOOLEAN -> value instanceof Boolean;
            case STRING -> value instanceof String;
            case INT, LONG ->
                isTime(type)
                    ? value instanceof String
                    : value instanceof Digits number && number.isLong();
            case RECORD ->
                type.getName().equals(DECIMAL)
                    ? value instanceof Digits
                    : value instanceof Map<?, ?>;
            case MAP -> value instanceof Map<?, ?>;
            case ARRAY -> value instanceof List<?>;
            case ENUM, FIXED, BYTES, FLOAT, DOUBLE, UNION -> false;
          };
      if (takes) {
        return i;
      }
      text = type.getType() == Schema.Type.STRING ? i : text;
    }
    if (text >= 0 && value instanceof Digits) {
      // A number where the schema has text keeps its digits.
      return text;
    }
    throw new IllegalArgumentException("no branch of " + union + " takes a value");
  }

  private static boolean isTime(Schema type) {
    LogicalType logical = type.getLogicalType();
    return logical != null && logical.getName().equals("timestamp-millis");
  }

  private static long number(Schema type, @Nullable Object value) {
    if (isTime(type)) {
      char[] chars = text(type, value).toCharArray();
      long timeMs = Rfc3339.parse(chars, 0, chars.length);
      fits(type, value, timeMs != Rfc3339.INVALID);
      return timeMs;
    }
    return ((Digits) fits(type, value, value instanceof Digits number && number.isLong())).value();
  }

  private static String text(Schema type, @Nullable Object value) {
    return (String) fits(type, value, value instanceof String);
  }

  private static Object fits(Schema type, @Nullable Object value, boolean fits) {
    if (!fits || value == null) {
      throw new IllegalArgumentException("what the line has is no " + type.getType());
    }
    return value;
  }
}
