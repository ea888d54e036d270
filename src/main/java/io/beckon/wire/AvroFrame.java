// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.language.JobDefinition.AvroSource;
import io.beckon.language.JobDefinition.Framing;
import io.beckon.language.JobDefinition.WriterSchema;
import io.beckon.wire.EventDecoder.Refusal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.jspecify.annotations.Nullable;

/** Finds the schema and the body of records in Avro. What it found holds until the next record. */
final class AvroFrame {
  private static final byte[] SINGLE_OBJECT = {(byte) 0xC3, 0x01};
  private static final int SINGLE_OBJECT_BYTES = SINGLE_OBJECT.length + Long.BYTES;
  private static final int CONFLUENT_BYTES = 1 + Integer.BYTES;

  private final Framing framing;
  // By fingerprint, by id, or the only one by 0.
  private final Map<Long, AvroType> types = new HashMap<>();
  private final AvroInput body = new AvroInput();
  private @Nullable AvroType type;

  /**
   * The frame of a source's records.
   *
   * @throws org.apache.avro.AvroRuntimeException if a schema is none, which whoever loads a job has
   *     checked
   */
  AvroFrame(AvroSource source) {
    this.framing = source.framing();
    for (WriterSchema written : source.schemas()) {
      Schema schema = AvroSchemas.parse(written.text());
      long key =
          switch (framing) {
            case PLAIN -> 0;
            case SINGLE_OBJECT -> SchemaNormalization.parsingFingerprint64(schema);
            case CONFLUENT -> written.id().orElseThrow();
          };
      types.put(key, AvroType.of(schema));
    }
  }

  /** Opens a record; a refusal if it is framed in another way or its schema is not known. */
  @Nullable Refusal open(byte[] record) {
    ByteBuffer bytes = ByteBuffer.wrap(record);
    long key = 0;
    int from = 0;
    switch (framing) {
      case PLAIN -> {}
      case SINGLE_OBJECT -> {
        if (record.length < SINGLE_OBJECT_BYTES
            || record[0] != SINGLE_OBJECT[0]
            || record[1] != SINGLE_OBJECT[1]) {
          return broken("it does not begin as Avro's single-object encoding");
        }
        key = bytes.order(ByteOrder.LITTLE_ENDIAN).getLong(SINGLE_OBJECT.length);
        from = SINGLE_OBJECT_BYTES;
      }
      case CONFLUENT -> {
        if (record.length < CONFLUENT_BYTES || record[0] != 0) {
          return broken("it does not begin with a zero byte and the id of a schema");
        }
        key = bytes.getInt(1);
        from = CONFLUENT_BYTES;
      }
    }
    type = types.get(key);
    if (type == null) {
      return new Refusal(
          DeadLetterReason.UNKNOWN_SCHEMA,
          framing == Framing.CONFLUENT
              ? "`avro.schemas` has no schema of the id " + key
              : "`avro.schemas` has no schema of the fingerprint " + "%016x".formatted(key));
    }
    body.reset(record, from);
    return null;
  }

  /** Makes sure that the body was read to the end of the record. */
  @Nullable Refusal close() {
    int left = body.remaining();
    return left == 0 ? null : broken("the record goes on for " + left + " bytes after its value");
  }

  static Refusal broken(String detail) {
    return new Refusal(DeadLetterReason.BROKEN_RECORD, detail);
  }

  /** What the body is. */
  AvroType type() {
    return Objects.requireNonNull(type);
  }

  AvroInput body() {
    return body;
  }
}
