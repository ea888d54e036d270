// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import io.beckon.wire.RawRecord;
import java.io.Serializable;
import org.apache.flink.util.Collector;

/** Makes elements of a topic's records, right where they are read. */
public interface TopicRecordDecoder<T> extends Serializable {
  /** Called once, before the first record. */
  void open();

  /** Hands out what {@code record} is; one element, since the watermark goes by them. */
  void decode(RawRecord record, Collector<T> out);

  /**
   * Hands out what {@code record} is, of a topic whose keys mean something.
   *
   * @param key empty if the record has none
   */
  default void decode(byte[] key, RawRecord record, Collector<T> out) {
    decode(record, out);
  }
}
