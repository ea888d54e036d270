// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.event;

/** The type of an attribute, as written in the catalogue ({@code list(string)} and so on). */
public enum AttributeType {
  /** Text; the empty string counts as missing. */
  STRING("string"),
  /** A 64-bit signed integer. */
  INT("int"),
  /** A finite IEEE double. */
  DOUBLE("double"),
  /** An exact decimal; expressions see it as a double, sums add it exactly. */
  DECIMAL("decimal"),
  /** True or false. */
  BOOL("bool"),
  /** An instant, cut to the millisecond. */
  TIMESTAMP("timestamp"),
  /** A length of time in whole milliseconds; of signals only, never in the catalogue. */
  DURATION("duration"),
  /** Several texts; the empty list counts as missing. */
  STRING_LIST("list(string)"),
  /** Several integers; the empty list counts as missing. */
  INT_LIST("list(int)");

  private final String text;

  AttributeType(String text) {
    this.text = text;
  }

  /** The name authors write in YAML. */
  public String text() {
    return text;
  }

  /** Whether the catalogue of events may use it. */
  public boolean isDeclarable() {
    return this != DURATION;
  }

  /** Whether {@code sum} can add values of this type. */
  public boolean isNumber() {
    return this == INT || this == DOUBLE || this == DECIMAL;
  }

  /** Whether the type may key an instance ({@code match}): a string, integer or boolean. */
  public boolean isKey() {
    return this == STRING || this == INT || this == BOOL;
  }

  /** The element type of a list, this type otherwise. */
  public AttributeType element() {
    return switch (this) {
      case STRING_LIST -> STRING;
      case INT_LIST -> INT;
      default -> this;
    };
  }

  /** Whether the type is a list. */
  public boolean isList() {
    return this == STRING_LIST || this == INT_LIST;
  }
}
