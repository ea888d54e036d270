// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

/** How events are written. */
public enum EventFormat {
  /** Canonical records, one JSON object a line. */
  JSONL,
  /** The columns that {@code jobs/retail} reads. */
  CSV;

  /** The ending of a file's name, without the dot. */
  String ending() {
    return this == CSV ? "csv" : "jsonl";
  }
}
