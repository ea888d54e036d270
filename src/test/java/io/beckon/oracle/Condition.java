// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Slots;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A condition that the generator wrote, known twice: as the text the engine compiles, and as a tree
 * that the oracle evaluates in the plainest way.
 */
public sealed interface Condition {
  /** The condition in CEL. */
  String text();

  /** What it says of {@code view}. */
  Truth test(View view);

  /** Three-valued truth, as CEL has it with errors absorbed. */
  enum Truth {
    TRUE,
    FALSE,
    MISSING;

    static Truth of(boolean value) {
      return value ? TRUE : FALSE;
    }
  }

  /** What a condition looks at. */
  record View(
      Optional<Slots> event,
      Optional<Slots> user,
      Map<String, Object> moment,
      Map<String, Object> signal) {
    Optional<Object> value(String variable, String attribute) {
      return switch (variable) {
        case "event" -> event.flatMap(e -> slot(e, attribute));
        case "user" -> user.flatMap(u -> slot(u, attribute));
        case "signal" -> Optional.ofNullable(signal.get(attribute));
        default -> Optional.ofNullable(moment.get(attribute));
      };
    }

    private static Optional<Object> slot(Slots slots, String attribute) {
      return Optional.ofNullable(slots.objectAt(slots.type().indexOf(attribute)));
    }
  }

  /** {@code event.price >= 2.5}. */
  record Compare(String variable, String attribute, String operator, Object literal)
      implements Condition {
    @Override
    public String text() {
      String right = literal instanceof String s ? '"' + s + '"' : literal.toString();
      return variable + "." + attribute + " " + operator + " " + right;
    }

    @Override
    public Truth test(View view) {
      return view.value(variable, attribute).map(this::compare).orElse(Truth.MISSING);
    }

    private Truth compare(Object left) {
      int order;
      if (literal instanceof String s) {
        order = ((String) left).compareTo(s);
      } else if (literal instanceof Boolean b) {
        order = ((Boolean) left).compareTo(b);
      } else if (literal instanceof Long l) {
        order = ((Long) left).compareTo(l);
      } else {
        double number = left instanceof BigDecimal d ? d.doubleValue() : (Double) left;
        order = Double.compare(number, (Double) literal);
      }
      return Truth.of(
          switch (operator) {
            case "==" -> order == 0;
            case "!=" -> order != 0;
            case ">=" -> order >= 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            case "<" -> order < 0;
            default -> throw new IllegalStateException(operator);
          });
    }
  }

  /** {@code event.item in ["i1", "i2"]}. */
  record OneOf(String variable, String attribute, List<String> values) implements Condition {
    @Override
    public String text() {
      return variable
          + "."
          + attribute
          + " in "
          + values.stream().map(v -> '"' + v + '"').collect(Collectors.joining(", ", "[", "]"));
    }

    @Override
    public Truth test(View view) {
      return view.value(variable, attribute)
          .map(v -> Truth.of(values.contains(v)))
          .orElse(Truth.MISSING);
    }
  }

  /** {@code "i1" in event.items}. */
  record Contains(String variable, String attribute, String value) implements Condition {
    @Override
    public String text() {
      return '"' + value + "\" in " + variable + "." + attribute;
    }

    @Override
    public Truth test(View view) {
      return view.value(variable, attribute)
          .map(v -> Truth.of(((List<?>) v).contains(value)))
          .orElse(Truth.MISSING);
    }
  }

  /** {@code size(event.items) >= 2}. */
  record SizeAtLeast(String variable, String attribute, int size) implements Condition {
    @Override
    public String text() {
      return "size(" + variable + "." + attribute + ") >= " + size;
    }

    @Override
    public Truth test(View view) {
      return view.value(variable, attribute)
          .map(v -> Truth.of(((List<?>) v).size() >= size))
          .orElse(Truth.MISSING);
    }
  }

  /** {@code event.ok}. */
  record Flag(String variable, String attribute) implements Condition {
    @Override
    public String text() {
      return variable + "." + attribute;
    }

    @Override
    public Truth test(View view) {
      return view.value(variable, attribute).map(v -> Truth.of((Boolean) v)).orElse(Truth.MISSING);
    }
  }

  /** {@code has(event.price)}. */
  record Has(String variable, String attribute) implements Condition {
    @Override
    public String text() {
      return "has(" + variable + "." + attribute + ")";
    }

    @Override
    public Truth test(View view) {
      return Truth.of(view.value(variable, attribute).isPresent());
    }
  }

  /** {@code moment.time - moment.since >= duration("10s")}; of a signal's timestamp too. */
  record Elapsed(String variable, String attribute, String operator, long ms) implements Condition {
    @Override
    public String text() {
      return "moment.time - "
          + (variable + "." + attribute + " " + operator + " duration(\"" + ms + "ms\")");
    }

    @Override
    public Truth test(View view) {
      long time = (Long) view.value("moment", "time").orElseThrow();
      return view.value(variable, attribute)
          .map(since -> time - (Long) since)
          .map(passed -> Truth.of(operator.equals(">=") ? passed >= ms : passed < ms))
          .orElse(Truth.MISSING);
    }
  }

  /** {@code signal.x >= duration("10s")}. */
  record Lasting(String variable, String attribute, String operator, long ms) implements Condition {
    @Override
    public String text() {
      return variable + "." + attribute + " " + operator + " duration(\"" + ms + "ms\")";
    }

    @Override
    public Truth test(View view) {
      return view.value(variable, attribute)
          .map(lasted -> (Long) lasted)
          .map(lasted -> Truth.of(operator.equals(">=") ? lasted >= ms : lasted < ms))
          .orElse(Truth.MISSING);
    }
  }

  /** {@code !(a)}. */
  record Not(Condition inner) implements Condition {
    @Override
    public String text() {
      return "!(" + inner.text() + ")";
    }

    @Override
    public Truth test(View view) {
      return switch (inner.test(view)) {
        case TRUE -> Truth.FALSE;
        case FALSE -> Truth.TRUE;
        case MISSING -> Truth.MISSING;
      };
    }
  }

  /** {@code (a) && (b)}: false as soon as one is false, whatever the other misses. */
  record And(Condition left, Condition right) implements Condition {
    @Override
    public String text() {
      return "(" + left.text() + ") && (" + right.text() + ")";
    }

    @Override
    public Truth test(View view) {
      Truth a = left.test(view);
      Truth b = right.test(view);
      if (a == Truth.FALSE || b == Truth.FALSE) {
        return Truth.FALSE;
      }
      return a == Truth.TRUE && b == Truth.TRUE ? Truth.TRUE : Truth.MISSING;
    }
  }

  /** {@code (a) || (b)}: true as soon as one is true, whatever the other misses. */
  record Or(Condition left, Condition right) implements Condition {
    @Override
    public String text() {
      return "(" + left.text() + ") || (" + right.text() + ")";
    }

    @Override
    public Truth test(View view) {
      Truth a = left.test(view);
      Truth b = right.test(view);
      if (a == Truth.TRUE || b == Truth.TRUE) {
        return Truth.TRUE;
      }
      return a == Truth.FALSE && b == Truth.FALSE ? Truth.FALSE : Truth.MISSING;
    }
  }
}
