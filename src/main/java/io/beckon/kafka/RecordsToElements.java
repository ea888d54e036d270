// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import io.beckon.wire.FileRecords;
import io.beckon.wire.RawRecord;
import java.util.Arrays;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Records as they came, with their place. Never fails. */
final class RecordsToElements<T> implements KafkaRecordDeserializationSchema<T> {
  private static final long serialVersionUID = 1L;

  private static final byte[] NOTHING = {};

  private final TopicRecordDecoder<T> decoder;
  private final TypeInformation<T> type;

  RecordsToElements(TopicRecordDecoder<T> decoder, TypeInformation<T> type) {
    this.decoder = decoder;
    this.type = type;
  }

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    decoder.open();
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<T> out) {
    byte[] key = record.key();
    decoder.decode(key == null ? NOTHING : key, raw(record), out);
  }

  static RawRecord raw(ConsumerRecord<byte[], byte[]> record) {
    String source = record.topic() + "/" + record.partition();
    byte[] value = record.value();
    if (value == null) {
      return new RawRecord(source, record.offset(), NOTHING, RawRecord.Kind.EMPTY);
    }
    return value.length <= FileRecords.MAX_RECORD_BYTES
        ? new RawRecord(source, record.offset(), value, RawRecord.Kind.RECORD)
        : new RawRecord(
            source,
            record.offset(),
            Arrays.copyOf(value, FileRecords.MAX_RECORD_BYTES),
            RawRecord.Kind.OVERSIZED);
  }

  @Override
  public TypeInformation<T> getProducedType() {
    return type;
  }
}
