// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.calendar.Durations;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/** What may be written as a field's value: parsing and the reference both go by it. */
sealed interface FieldType {

  /** What the reference says of it, in Markdown. */
  String describe();

  /** Text that is not empty. */
  record Text() implements FieldType {
    @Override
    public String describe() {
      return "text";
    }
  }

  /** A name or an id. */
  record Word(Form form) implements FieldType {
    @Override
    public String describe() {
      return form == Form.ID ? "id" : "name";
    }
  }

  /** The two forms of names. */
  enum Form {
    /** Of jobs and triggers. */
    ID,
    /** Of event types, attributes, raw fields and params. */
    NAME
  }

  /** A whole number, both bounds included. */
  record Whole(long min, long max) implements FieldType {
    @Override
    public String describe() {
      return max == Integer.MAX_VALUE
          ? "whole number, at least " + min
          : "whole number, " + min + " to " + max;
    }
  }

  /**
   * A decimal number.
   *
   * @param least the bound below; empty: none
   * @param open whether {@code least} itself is too small
   * @param most the bound above, included; empty: none
   */
  record Decimal(Optional<BigDecimal> least, boolean open, Optional<BigDecimal> most)
      implements FieldType {
    static Decimal any() {
      return new Decimal(Optional.empty(), false, Optional.empty());
    }

    static Decimal positive() {
      return new Decimal(Optional.of(BigDecimal.ZERO), true, Optional.empty());
    }

    static Decimal notNegative() {
      return new Decimal(Optional.of(BigDecimal.ZERO), false, Optional.empty());
    }

    static Decimal positive(long most) {
      return new Decimal(Optional.of(BigDecimal.ZERO), true, Optional.of(BigDecimal.valueOf(most)));
    }

    boolean allows(BigDecimal value) {
      boolean low = least.isPresent() && value.compareTo(least.get()) < (open ? 1 : 0);
      return !low && (most.isEmpty() || value.compareTo(most.get()) <= 0);
    }

    @Override
    public String describe() {
      return "number"
          + least.map(l -> open ? " above " + l : ", at least " + l).orElse("")
          + most.map(m -> ", at most " + m).orElse("");
    }
  }

  /** Whole local days, both bounds included. */
  record Days(int min, int max) implements FieldType {
    @Override
    public String describe() {
      return "whole days, " + min + "d to " + max + "d";
    }
  }

  /** A local time of day. */
  record TimeOfDay() implements FieldType {
    @Override
    public String describe() {
      return "local time, `09:00`";
    }
  }

  /** The names of event types of the catalogue. */
  record EventNames() implements FieldType {
    @Override
    public String describe() {
      return "list of event types";
    }
  }

  /** A duration in milliseconds, both bounds included. */
  record Duration(long minMs, long maxMs) implements FieldType {
    @Override
    public String describe() {
      return minMs > 1
          ? "duration, " + days(minMs) + " to " + days(maxMs)
          : (minMs == 0 ? "duration" : "duration above 0") + ", at most " + days(maxMs);
    }

    private static String days(long ms) {
      return ms % Durations.DAY_MS == 0 ? ms / Durations.DAY_MS + "d" : Durations.format(ms);
    }
  }

  /** True or false. */
  record Flag() implements FieldType {
    @Override
    public String describe() {
      return "`true` or `false`";
    }
  }

  /** One of several words. */
  record Choice(List<String> allowed) implements FieldType {
    public Choice {
      allowed = List.copyOf(allowed);
    }

    static Choice of(String... allowed) {
      return new Choice(List.of(allowed));
    }

    @Override
    public String describe() {
      return String.join(" \\| ", allowed.stream().map(word -> "`" + word + "`").toList());
    }
  }

  /** Several of some words, each once. */
  record Choices(List<String> allowed) implements FieldType {
    public Choices {
      allowed = List.copyOf(allowed);
    }

    static Choices of(String... allowed) {
      return new Choices(List.of(allowed));
    }

    @Override
    public String describe() {
      return "list of "
          + String.join(", ", allowed.stream().map(word -> "`" + word + "`").toList());
    }
  }

  /** A part of 1: a number or a percentage. */
  record Share() implements FieldType {
    @Override
    public String describe() {
      return "share, `10%` or `0.1`";
    }
  }

  /** Hours of the day. */
  record Windows() implements FieldType {
    @Override
    public String describe() {
      return "list of local times, `\"22:00-08:00\"`";
    }
  }

  /** A CEL expression. */
  record Cel(String result) implements FieldType {
    @Override
    public String describe() {
      return "expression: " + result;
    }
  }

  /** A local date. */
  record Date() implements FieldType {
    @Override
    public String describe() {
      return "date, `2026-11-01`";
    }
  }

  /** A time of a test: a duration from its start, or an instant. */
  record Moment(boolean relative) implements FieldType {
    @Override
    public String describe() {
      return relative ? "duration from `start`, or RFC 3339 time" : "RFC 3339 time";
    }
  }

  /** The name of an event type of the catalogue. */
  record EventName() implements FieldType {
    @Override
    public String describe() {
      return "event type";
    }
  }

  /** The names of attributes. */
  record Names() implements FieldType {
    @Override
    public String describe() {
      return "list of attribute names";
    }
  }

  /** Fields of their own. */
  record Nested(String shape) implements FieldType {
    @Override
    public String describe() {
      return "[" + shape + "](#" + anchor(shape) + ")";
    }
  }

  /** A list of mappings, or, where {@code single} says so, one of them alone. */
  record Several(String shape, int min, int max, boolean single) implements FieldType {
    @Override
    public String describe() {
      String list = "list of " + new Nested(shape).describe();
      String size =
          min > 1 || max < Integer.MAX_VALUE
              ? min == max ? ", exactly " + min : ", " + min + " to " + max
              : "";
      return list + size + (single ? ", or one alone" : "");
    }
  }

  /**
   * Names and what stands for each.
   *
   * @param values one of these; none: anything
   */
  record Table(String what, List<FieldType> values) implements FieldType {
    public Table {
      values = List.copyOf(values);
    }

    Table(String what, FieldType... values) {
      this(what, List.of(values));
    }

    @Override
    public String describe() {
      return what;
    }
  }

  /**
   * What its reader alone knows.
   *
   * @param forms one of these; none: a single value
   */
  record Special(String what, List<FieldType> forms) implements FieldType {
    public Special {
      forms = List.copyOf(forms);
    }

    Special(String what, FieldType... forms) {
      this(what, List.of(forms));
    }

    @Override
    public String describe() {
      return what;
    }
  }

  /** Several texts, each once. */
  record Texts(String what, int min, int max) implements FieldType {
    @Override
    public String describe() {
      return "list of "
          + what
          + (max < Integer.MAX_VALUE
              ? ", " + min + " to " + max
              : min > 0 ? ", at least " + min : "");
    }
  }

  /** Two numbers between 0 and 1. */
  record Interval() implements FieldType {
    @Override
    public String describe() {
      return "two numbers, 0 to 1";
    }
  }

  /** Anything at all. */
  record Anything() implements FieldType {
    @Override
    public String describe() {
      return "any value";
    }
  }

  private static String anchor(String shape) {
    return shape.toLowerCase(java.util.Locale.ROOT).replace(' ', '-').replaceAll("[^a-z0-9_-]", "");
  }
}
