// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import io.beckon.event.AttributeType;
import java.util.Optional;

/** The types of values inside an expression. */
enum ValueType {
  BOOL,
  INT,
  DOUBLE,
  STRING,
  /** Epoch milliseconds. */
  TIMESTAMP,
  /** Milliseconds. */
  DURATION,
  /** A list, of elements of any of the types above. */
  LIST;

  /** The type of what CEL calls {@code type}; empty if Beckon has no such values. */
  static Optional<ValueType> of(CelType type) {
    return switch (type.kind()) {
      case BOOL -> Optional.of(BOOL);
      case INT -> Optional.of(INT);
      case DOUBLE -> Optional.of(DOUBLE);
      case STRING -> Optional.of(STRING);
      case TIMESTAMP -> Optional.of(TIMESTAMP);
      case DURATION -> Optional.of(DURATION);
      case LIST -> Optional.of(LIST);
      default -> Optional.empty();
    };
  }

  /** The type expressions see for an attribute. */
  static CelType celTypeOf(AttributeType type) {
    return switch (type) {
      case STRING -> SimpleType.STRING;
      case INT -> SimpleType.INT;
      case DOUBLE, DECIMAL -> SimpleType.DOUBLE;
      case BOOL -> SimpleType.BOOL;
      case TIMESTAMP -> SimpleType.TIMESTAMP;
      case DURATION -> SimpleType.DURATION;
      case STRING_LIST -> ListType.create(SimpleType.STRING);
      case INT_LIST -> ListType.create(SimpleType.INT);
    };
  }

  /** The attribute type that holds values of {@code type}; empty if none does. */
  static Optional<AttributeType> storedAs(CelType type) {
    return of(type)
        .flatMap(
            t ->
                switch (t) {
                  case BOOL -> Optional.of(AttributeType.BOOL);
                  case INT -> Optional.of(AttributeType.INT);
                  case DOUBLE -> Optional.of(AttributeType.DOUBLE);
                  case STRING -> Optional.of(AttributeType.STRING);
                  case TIMESTAMP -> Optional.of(AttributeType.TIMESTAMP);
                  case DURATION -> Optional.empty();
                  case LIST -> {
                    Optional<ValueType> element = of(type.parameters().get(0));
                    yield element.equals(Optional.of(STRING))
                        ? Optional.of(AttributeType.STRING_LIST)
                        : element.equals(Optional.of(INT))
                            ? Optional.of(AttributeType.INT_LIST)
                            : Optional.empty();
                  }
                });
  }

  /** The name authors know a type of CEL by. */
  static String name(CelType type) {
    return switch (type.kind()) {
      case TIMESTAMP -> "timestamp";
      case DURATION -> "duration";
      case NULL_TYPE -> "null";
      case LIST -> {
        CelType element = type.parameters().get(0);
        yield of(element).isPresent() ? "list(" + name(element) + ")" : "list";
      }
      case MAP -> "map";
      case STRUCT -> type.name();
      case TYPE -> "type";
      case BOOL, INT, DOUBLE, STRING, UINT, BYTES -> type.name();
      default -> "dyn";
    };
  }
}
