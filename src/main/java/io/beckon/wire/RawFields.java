// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.Slots;
import io.beckon.wire.EventDecoder.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The declared fields of raw records of one format. What was read holds until the next record. */
interface RawFields {
  /** A field to read: its slot and where it stands. */
  record Field(int slot, List<String> path) {}

  /** Takes note of a header; complains of columns, one line each. */
  List<String> header(RawRecord record);

  /** Reads a record; a refusal if it is broken. */
  @Nullable Refusal read(RawRecord record);

  /** The values; always the same object. */
  Slots slots();

  /** The first slot whose value does not fit its type, or −1. */
  int wrongSlot();

  /** What a slot's value is instead of its type, as the end of a sentence; may be empty. */
  default String instead(int slot) {
    return "";
  }

  /** The text of the id's field, or null if it is missing. */
  @Nullable String id();

  /** Whether the id's field holds a scalar, or nothing. */
  boolean idFits();
}
