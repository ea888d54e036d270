// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import java.util.Objects;

/**
 * One record of a source as it came.
 *
 * @param source the file's name, or topic and partition: {@code shop.clicks/3}
 * @param row its number in the source, from 1: of JSON Lines the line's, of CSV the record's; 0 for
 *     a header; of a topic the offset, from 0
 * @param bytes exactly as in the source, without the line end; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody; copies would cost on the hot path.
public record RawRecord(String source, long row, byte[] bytes, Kind kind) {
  /** What a raw record is. */
  public enum Kind {
    /** The names of the columns of a CSV file. */
    HEADER,
    /** A record. */
    RECORD,
    /** The first part of a record that is too long to be read. */
    OVERSIZED,
    /** A record of a topic that has no value, as a tombstone. */
    EMPTY
  }

  public RawRecord {
    Objects.requireNonNull(source);
    Objects.requireNonNull(bytes);
    Objects.requireNonNull(kind);
  }

  /** The place only: what a record says stays out of logs. */
  @Override
  public String toString() {
    return "RawRecord[" + source + ":" + row + " " + kind + "]";
  }
}
