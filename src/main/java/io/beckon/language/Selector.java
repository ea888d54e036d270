// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.EventType;
import io.beckon.language.expression.Expression;
import java.util.Objects;
import java.util.Optional;

/**
 * Which events: {@code {event, where}}.
 *
 * @param type the event type
 * @param where a condition over {@code Scope.where(event, user)}
 */
public record Selector(EventType type, Optional<Expression> where) {
  public Selector {
    Objects.requireNonNull(type);
    Objects.requireNonNull(where);
  }
}
