// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.expression.Expression;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a trigger does in one step.
 *
 * @param channel how the user is reached
 * @param template what is shown
 * @param fields what the kind adds, in the order of the kind: text or a decimal, as written
 * @param params for the template, in the author's order
 * @param budget the id of the budget that pays for it
 * @param cost what it takes from the budget; there if and only if it names one. Where there are
 *     variants, theirs count.
 * @param variants what it is in a test of one against another; none, or at least two whose weights
 *     are not all zero
 */
public record Intervention(
    Kind kind,
    Optional<String> channel,
    Optional<String> template,
    List<Field> fields,
    List<Param> params,
    Optional<String> budget,
    Optional<BigDecimal> cost,
    SendAt sendAt,
    List<Variant> variants) {

  public Intervention {
    Objects.requireNonNull(kind);
    Objects.requireNonNull(sendAt);
    fields = List.copyOf(fields);
    params = List.copyOf(params);
    variants = List.copyOf(variants);
    if (budget.isPresent() != cost.isPresent()) {
      throw new IllegalArgumentException("the budget is " + budget + ", the cost " + cost);
    }
  }

  /** Free of charge, at once, and the same for everybody. */
  public Intervention(
      Kind kind,
      Optional<String> channel,
      Optional<String> template,
      List<Field> fields,
      List<Param> params) {
    this(
        kind,
        channel,
        template,
        fields,
        params,
        Optional.empty(),
        Optional.empty(),
        SendAt.NOW,
        List.of());
  }

  /** It and its variants, or itself if it has none: all that may be sent. */
  public List<Intervention> alternatives() {
    return variants.isEmpty()
        ? List.of(this)
        : variants.stream().map(Variant::intervention).toList();
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

  /** The same step with other variants. */
  public Intervention withVariants(List<Variant> others) {
    return new Intervention(kind, channel, template, fields, params, budget, cost, sendAt, others);
  }

  /** What is computed for its params and those of its variants. */
  public List<Expression> expressions() {
    List<Expression> all = new ArrayList<>();
    for (Param param : params) {
      for (Part part : param.parts()) {
        if (part instanceof Part.Computed computed) {
          all.add(computed.expression());
        }
      }
    }
    variants.forEach(variant -> all.addAll(variant.intervention().expressions()));
    return all;
  }

  /** When it is sent. */
  public enum SendAt {
    /** As soon as it may. */
    NOW,
    /** In the hour of the day in which the user is usually there. */
    USUAL_HOUR,
    /** Not in quiet hours, even where the policy would drop it. */
    NEXT_OPEN
  }

  /**
   * One of several things to do in a step.
   *
   * @param weight of its share among all variants of the step
   * @param intervention complete, without variants
   */
  public record Variant(String name, int weight, Intervention intervention) {
    public Variant {
      Objects.requireNonNull(name);
      Objects.requireNonNull(intervention);
    }
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
