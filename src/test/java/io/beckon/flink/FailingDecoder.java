// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.kafka.TopicRecordDecoder;
import io.beckon.wire.RawRecord;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.flink.util.Collector;

/** Fails when it has decoded so many records as were left. One test at a time. */
final class FailingDecoder implements TopicRecordDecoder<UserElement> {
  private static final long serialVersionUID = 1L;

  /** After how many records the next failure comes; none while it is 0. */
  static final AtomicInteger LEFT = new AtomicInteger();

  /** How often it has failed. */
  static final AtomicInteger FAILED = new AtomicInteger();

  private final LiveDecoder decoder;

  FailingDecoder(LiveDecoder decoder) {
    this.decoder = decoder;
  }

  /** Forgets the failures of other tests. */
  static void reset() {
    LEFT.set(0);
    FAILED.set(0);
  }

  @Override
  public void open() {
    decoder.open();
  }

  @Override
  public void decode(RawRecord record, Collector<UserElement> out) {
    if (LEFT.get() > 0 && LEFT.decrementAndGet() == 0) {
      FAILED.incrementAndGet();
      throw new IllegalStateException("a failure on purpose");
    }
    decoder.decode(record, out);
  }
}
