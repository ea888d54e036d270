// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.event;

import java.util.Objects;

/**
 * One attribute of a {@link RecordType}.
 *
 * @param name what expressions call it
 * @param type the type of its values
 * @param required whether a record without it is refused (a dead letter), rather than read as
 *     missing
 */
public record Attribute(String name, AttributeType type, boolean required) {
  public Attribute {
    Objects.requireNonNull(name);
    Objects.requireNonNull(type);
  }

  /** An attribute that may be missing. */
  public static Attribute optional(String name, AttributeType type) {
    return new Attribute(name, type, false);
  }
}
