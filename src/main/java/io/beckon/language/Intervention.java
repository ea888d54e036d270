// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.expression.Expression;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a trigger does: one step.
 *
 * @param channel how the user is reached
 * @param template what is shown
 * @param fields what the kind adds, in the order of the kind: text or a decimal, as written
 * @param params for the template, in the author's order
 */
public record Intervention(
    Kind kind,
    Optional<String> channel,
    Optional<String> template,
    List<Field> fields,
    List<Param> params) {

  public Intervention {
    Objects.requireNonNull(kind);
    fields = List.copyOf(fields);
    params = List.copyOf(params);
  }

  /** The kinds of intervention. */
  public enum Kind {
    /** An offer. */
    COUPON,
    /** How to do something. */
    TUTORIAL,
    /** A person calls or writes. */
    OUTREACH,
    /** Rights, points, renewals. */
    REMINDER,
    /** Care, thanks, celebration. */
    MESSAGE,
    /** Anything else. */
    CUSTOM
  }

  /**
   * A field of the kind.
   *
   * @param value a String or a java.math.BigDecimal
   */
  public record Field(String name, Object value) {}

  /** A parameter of the template and its parts, which are joined. */
  public record Param(String name, List<Part> parts) {
    public Param {
      parts = List.copyOf(parts);
    }
  }

  /** A part of a parameter. */
  public sealed interface Part {
    /** Text as written. */
    record Text(String text) implements Part {}

    /** {@code ${…}}, over {@code Scope.moment(event, user, moment)}. */
    record Computed(Expression expression) implements Part {}
  }
}
