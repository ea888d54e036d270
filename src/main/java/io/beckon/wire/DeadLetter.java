// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import java.util.Objects;

/**
 * A record that did not become an event, and why.
 *
 * @param source the file's name, or topic and partition
 * @param row the record's number in it, or its offset
 * @param detail names fields and what was expected of them; never a user's values
 * @param bytes the record as it came; of one too large, its first part; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record DeadLetter(
    String source, long row, DeadLetterReason reason, String detail, byte[] bytes) {
  public DeadLetter {
    Objects.requireNonNull(source);
    Objects.requireNonNull(reason);
    Objects.requireNonNull(detail);
    Objects.requireNonNull(bytes);
  }

  /** Without the bytes: what a record says stays out of logs. */
  @Override
  public String toString() {
    return "DeadLetter[" + source + ":" + row + " " + reason + ": " + detail + "]";
  }
}
