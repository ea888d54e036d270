// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import java.util.Objects;

/** What a live job writes, each to a topic of its own. */
public enum OutputRecord {
  /** What is to be done. */
  COMMAND("commands", "Command"),
  /** What became of a moment. */
  DECISION("decisions", "Decision"),
  /** An event that came too late. */
  LATE_EVENT("late", "LateEvent"),
  /** A record that is no event. */
  DEAD_LETTER("dead-letters", "DeadLetter"),
  /** What a moment has brought about. */
  OUTCOME("outcomes", "Outcome"),
  /** What is known of a user's risk. */
  SCORE("scores", "ChurnScore");

  private final String output;
  private final String schema;

  OutputRecord(String output, String schema) {
    this.output = output;
    this.schema = schema;
  }

  /**
   * What the output of this name holds.
   *
   * @throws IllegalArgumentException if there is no such output
   */
  public static OutputRecord of(String output) {
    for (OutputRecord record : values()) {
      if (record.output.equals(output)) {
        return record;
      }
    }
    throw new IllegalArgumentException("no output is called " + Objects.requireNonNull(output));
  }

  /** The name of its schema, and of the schema's file. */
  String schema() {
    return schema;
  }
}
