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

  /** Whether a field must, may, or may not yet be written. */
  enum Presence {
    REQUIRED,
    OPTIONAL,
    /** Part of the language, but not of this version: an error, never ignored. */
    LATER
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

  static Field later(String name) {
    return new Field(name, new FieldType.Special(""), Presence.LATER, "", "");
  }
}
