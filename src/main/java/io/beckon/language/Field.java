// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import java.util.Objects;

/**
 * A field of a {@link Shape}.
 *
 * @param presence whether it must be written
 * @param otherwise what holds without it, in words; empty if nothing does
 * @param doc one line, Markdown
 */
record Field(String name, FieldType type, Presence presence, String otherwise, String doc) {
  Field {
    Objects.requireNonNull(name);
    Objects.requireNonNull(type);
    Objects.requireNonNull(presence);
    Objects.requireNonNull(otherwise);
    Objects.requireNonNull(doc);
  }

  /** Whether a field must or may be written. */
  enum Presence {
    REQUIRED,
    OPTIONAL
  }

  static Field required(String name, FieldType type, String doc) {
    return new Field(name, type, Presence.REQUIRED, "", doc);
  }

  static Field optional(String name, FieldType type, String doc) {
    return new Field(name, type, Presence.OPTIONAL, "", doc);
  }

  static Field optional(String name, FieldType type, String otherwise, String doc) {
    return new Field(name, type, Presence.OPTIONAL, otherwise, doc);
  }
}
