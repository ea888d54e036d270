// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import io.beckon.event.RecordType;
import java.util.List;
import java.util.Objects;

/**
 * The variables an expression may name, in the order of their numbers in a {@link Frame}. Every
 * expression about a user's events shares one numbering: {@link #EVENT}, {@link #USER}, {@link
 * #MOMENT}, {@link #SIGNAL}.
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

  /** The number of {@code signal}. */
  public static final int SIGNAL = 3;

  /**
   * A variable and its type.
   *
   * @param absent whether it only keeps its number: no expression can name it
   */
  public record Variable(String name, RecordType type, boolean absent) {
    public Variable {
      Objects.requireNonNull(name);
      Objects.requireNonNull(type);
    }

    /** A variable that expressions can name. */
    public Variable(String name, RecordType type) {
      this(name, type, false);
    }
  }

  private static final RecordType NO_EVENT = RecordType.of("event", List.of());

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

  /** As {@link #moment(RecordType, RecordType, RecordType)}, and the signals. */
  public static Scope moment(
      RecordType event, RecordType user, RecordType moment, RecordType signal) {
    return new Scope(
        List.of(
            new Variable("event", event),
            new Variable("user", user),
            new Variable("moment", moment),
            new Variable("signal", signal)));
  }

  /** What {@code if} and params may read of a moment that no one event makes. */
  public static Scope momentWithoutEvent(RecordType user, RecordType moment, RecordType signal) {
    return new Scope(
        List.of(
            new Variable("event", NO_EVENT, true),
            new Variable("user", user),
            new Variable("moment", moment),
            new Variable("signal", signal)));
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
