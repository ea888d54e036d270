// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import io.beckon.event.RecordType;
import java.util.List;
import java.util.Objects;

/**
 * The variables an expression may name, in the order of their numbers in a {@link Frame}. Every
 * expression about a user's events shares one numbering: {@link #EVENT}, {@link #USER}, {@link
 * #MOMENT}.
 *
 * @param variables in the order of their numbers
 */
public record Scope(List<Variable> variables) {
  /** The number of {@code event}. */
  public static final int EVENT = 0;

  /** The number of {@code user}. */
  public static final int USER = 1;

  /** The number of {@code moment}. */
  public static final int MOMENT = 2;

  /** A variable and its type. */
  public record Variable(String name, RecordType type) {
    public Variable {
      Objects.requireNonNull(name);
      Objects.requireNonNull(type);
    }
  }

  public Scope {
    variables = List.copyOf(variables);
  }

  /** What {@code where} may read: the event at hand and the profile. */
  public static Scope where(RecordType event, RecordType user) {
    return new Scope(List.of(new Variable("event", event), new Variable("user", user)));
  }

  /** What {@code if} and params may read: the completing event, the profile and the moment. */
  public static Scope moment(RecordType event, RecordType user, RecordType moment) {
    return new Scope(
        List.of(
            new Variable("event", event),
            new Variable("user", user),
            new Variable("moment", moment)));
  }

  /** What a source's mapping may read: {@code raw}, the record as it came. */
  public static Scope raw(RecordType raw) {
    return new Scope(List.of(new Variable("raw", raw)));
  }

  /** The number of variables. */
  public int size() {
    return variables.size();
  }
}
