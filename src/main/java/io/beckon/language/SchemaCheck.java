// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import java.util.Objects;
import java.util.Optional;

/** Judges schemas of records. A port: the language itself knows no format. */
@FunctionalInterface
public interface SchemaCheck {
  /** For where no schema can be judged: refuses each. */
  SchemaCheck NONE =
      text -> Optional.of(new Complaint(1, 1, "schemas are not read here", "read JSON"));

  /**
   * What is wrong with {@code text} as the Avro schema of a topic's records; empty if nothing is.
   * Never throws.
   */
  Optional<Complaint> check(String text);

  /**
   * What is wrong with a schema.
   *
   * @param line from 1
   * @param column from 1
   * @param message one line, in the author's words
   * @param help what to do; may be empty
   */
  record Complaint(int line, int column, String message, String help) {
    public Complaint {
      Objects.requireNonNull(message);
      Objects.requireNonNull(help);
    }
  }
}
