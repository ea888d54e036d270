// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.language.expression.Expression;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How a raw record becomes an event. Expressions are over {@code Scope.raw(raw)}.
 *
 * @param raw the declared fields of a raw record, with their types
 * @param paths per slot of {@code raw}: the CSV column, or the path of names in the JSON object
 * @param type STRING: the event type's name, before {@code types}
 * @param types renames what {@code type} gives; what it does not name stays as it is
 * @param user STRING
 * @param time TIMESTAMP
 * @param attributes per event type and slot; slots not named are missing
 */
public record Mapping(
    RecordType raw,
    List<List<String>> paths,
    Expression type,
    Map<String, String> types,
    Expression user,
    Expression time,
    List<AttributeMapping> attributes) {

  public Mapping {
    Objects.requireNonNull(raw);
    paths = paths.stream().map(List::copyOf).toList();
    types = Map.copyOf(types);
    attributes = List.copyOf(attributes);
  }

  /** Fills slot {@code slot} of events of {@code type}. */
  public record AttributeMapping(EventType type, int slot, Expression value) {}
}
