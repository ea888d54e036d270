// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/**
 * A schema prepared for reading: what each value is, and nothing else. No class is ever looked up
 * by a name that a schema holds.
 */
final class AvroType {
  /** What a value is. */
  enum Kind {
    NULL,
    BOOLEAN,
    /** A whole number of 32 bits. */
    INT,
    /** A whole number of 64 bits. */
    LONG,
    FLOAT,
    DOUBLE,
    STRING,
    ENUM,
    /** Bytes that say nothing here. */
    BYTES,
    /** As many bytes as the type says, which say nothing here. */
    FIXED,
    /** Days since 1970. */
    DATE,
    /** An instant, epoch milliseconds. */
    TIMESTAMP_MILLIS,
    TIMESTAMP_MICROS,
    TIMESTAMP_NANOS,
    /** A decimal in bytes that say how many they are. */
    DECIMAL,
    /** A decimal in a number of bytes that the type says. */
    FIXED_DECIMAL,
    /** A UUID of 16 bytes. */
    FIXED_UUID,
    ARRAY,
    MAP,
    UNION,
    RECORD
  }

  private final Kind kind;
  private String[] names = {};
  private AvroType[] parts = {};
  private int bytes;
  private int scale;

  private AvroType(Kind kind) {
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }

  /** Of a record, its fields' names; of an enum, its symbols. */
  String name(int index) {
    return names[index];
  }

  /** How many fields, symbols or branches there are. */
  int size() {
    return Math.max(names.length, parts.length);
  }

  /** Of a record the type of a field, of a union a branch, of an array or map (0) the values'. */
  AvroType part(int index) {
    return parts[index];
  }

  /** Of a fixed type the number of bytes. */
  int bytes() {
    return bytes;
  }

  /** Of a decimal, the digits after its point. */
  int scale() {
    return scale;
  }

  static AvroType of(Schema schema) {
    return of(schema, new IdentityHashMap<>());
  }

  private static AvroType of(Schema schema, Map<Schema, AvroType> records) {
    return switch (schema.getType()) {
      case NULL -> new AvroType(Kind.NULL);
      case BOOLEAN -> new AvroType(Kind.BOOLEAN);
      case FLOAT -> new AvroType(Kind.FLOAT);
      case DOUBLE -> new AvroType(Kind.DOUBLE);
      case STRING -> new AvroType(Kind.STRING);
      case INT -> new AvroType(logical(schema).equals("date") ? Kind.DATE : Kind.INT);
      case LONG ->
          new AvroType(
              switch (logical(schema)) {
                case "timestamp-millis" -> Kind.TIMESTAMP_MILLIS;
                case "timestamp-micros" -> Kind.TIMESTAMP_MICROS;
                case "timestamp-nanos" -> Kind.TIMESTAMP_NANOS;
                default -> Kind.LONG;
              });
      case BYTES -> bytes(schema);
      case FIXED -> fixed(schema);
      case ENUM -> {
        AvroType type = new AvroType(Kind.ENUM);
        type.names = schema.getEnumSymbols().toArray(String[]::new);
        yield type;
      }
      case ARRAY -> of(Kind.ARRAY, List.of(schema.getElementType()), records);
      case MAP -> of(Kind.MAP, List.of(schema.getValueType()), records);
      case UNION -> of(Kind.UNION, schema.getTypes(), records);
      case RECORD -> {
        AvroType known = records.get(schema);
        yield known == null ? record(schema, records) : known;
      }
    };
  }

  private static AvroType record(Schema schema, Map<Schema, AvroType> records) {
    AvroType type = new AvroType(Kind.RECORD);
    // Before its fields, which may be of this type again.
    records.put(schema, type);
    type.names = schema.getFields().stream().map(Schema.Field::name).toArray(String[]::new);
    type.parts =
        schema.getFields().stream()
            .map(field -> of(field.schema(), records))
            .toArray(AvroType[]::new);
    return type;
  }

  private static AvroType of(Kind kind, List<Schema> parts, Map<Schema, AvroType> records) {
    AvroType type = new AvroType(kind);
    type.parts = parts.stream().map(part -> of(part, records)).toArray(AvroType[]::new);
    return type;
  }

  private static AvroType bytes(Schema schema) {
    if (!(schema.getLogicalType() instanceof LogicalTypes.Decimal decimal)) {
      return new AvroType(Kind.BYTES);
    }
    AvroType type = new AvroType(Kind.DECIMAL);
    type.scale = decimal.getScale();
    return type;
  }

  private static AvroType fixed(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    boolean uuid = logical(schema).equals("uuid") && schema.getFixedSize() == 16;
    AvroType type =
        new AvroType(
            logical instanceof LogicalTypes.Decimal
                ? Kind.FIXED_DECIMAL
                : uuid ? Kind.FIXED_UUID : Kind.FIXED);
    type.bytes = schema.getFixedSize();
    if (logical instanceof LogicalTypes.Decimal decimal) {
      type.scale = decimal.getScale();
    }
    return type;
  }

  private static String logical(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    return logical == null ? "" : logical.getName();
  }
}
