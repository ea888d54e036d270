// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import io.beckon.event.AttributeType;
import io.beckon.event.Slots;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A compiled expression: its text, the type of its result, the slots it reads and a closure.
 * Immutable and safe for use by many threads, each with a {@link Frame} of its own.
 *
 * <p>Two expressions with the same {@link #key} over the same scope always give the same result.
 */
public final class Expression {
  /** A slot an expression reads. */
  public record Read(int variable, int slot) {}

  private final String text;
  private final String key;
  private final AttributeType type;
  private final Set<Read> reads;
  private final Closure closure;

  Expression(String text, String key, AttributeType type, Set<Read> reads, Closure closure) {
    this.text = Objects.requireNonNull(text);
    this.key = Objects.requireNonNull(key);
    this.type = type;
    // In their order, which Set.copyOf would make another one in each process.
    this.reads = Collections.unmodifiableSet(new LinkedHashSet<>(reads));
    this.closure = closure;
  }

  /** The text as its author wrote it. */
  public String text() {
    return text;
  }

  /**
   * The checked expression in a canonical form: alike for texts that differ only in spaces,
   * needless parentheses, the names of macro variables and the spelling of literals.
   */
  public String key() {
    return key;
  }

  /**
   * The type of the result. It is DECIMAL only for a decimal attribute on its own, which is read
   * exactly; any arithmetic makes it a DOUBLE.
   */
  public AttributeType type() {
    return type;
  }

  /** The slots it may read, or ask with {@code has}, in the order in which it names them. */
  public Set<Read> reads() {
    return reads;
  }

  /** Evaluates a condition; allocates nothing. The expression must be of type BOOL. */
  public Verdict test(Frame frame) {
    if (!(closure instanceof Closure.Bool condition)) {
      throw new IllegalStateException("not a condition: an expression of type " + type.text());
    }
    frame.missed(false);
    boolean value = condition.bool(frame);
    return frame.missed() ? Verdict.MISSING : value ? Verdict.TRUE : Verdict.FALSE;
  }

  /**
   * Evaluates and stores the result in {@code target}, converting an INT to DOUBLE, DECIMAL or
   * TIMESTAMP and a DOUBLE to DECIMAL where the slot asks for it. A missing result makes the slot
   * missing; so do an empty text, an empty list and a double that is not finite, which no slot
   * holds.
   *
   * @return whether there was a result
   * @throws IllegalArgumentException if the slot is of a type the result cannot be converted to
   */
  public boolean into(Frame frame, Slots target, int index) {
    frame.missed(false);
    AttributeType slot = target.type().attribute(index).type();
    switch (slot) {
      case BOOL -> {
        if (!(closure instanceof Closure.Bool bool)) {
          throw notStorable(slot);
        }
        target.setBool(index, bool.bool(frame));
      }
      case INT -> target.setLong(index, lng(frame, slot, type == AttributeType.INT));
      case TIMESTAMP -> target.setLong(index, lng(frame, slot, true));
      case DURATION -> target.setLong(index, lng(frame, slot, type == slot));
      case DOUBLE -> {
        double value = closure instanceof Closure.Lng ? lng(frame, slot, true) : dbl(frame, slot);
        if (!Double.isFinite(value)) {
          frame.miss();
          value = 0;
        }
        target.setDouble(index, value);
      }
      case DECIMAL -> {
        BigDecimal value = decimal(frame, slot);
        target.setDecimal(index, value);
      }
      case STRING -> {
        if (!(closure instanceof Closure.Str str)) {
          throw notStorable(slot);
        }
        target.setString(index, str.str(frame));
      }
      case STRING_LIST -> target.setStrings(index, list(frame, slot));
      case INT_LIST -> target.setInts(index, list(frame, slot));
    }
    if (frame.missed()) {
      target.clear(index);
    }
    return target.has(index);
  }

  /** Evaluates to a plain object as {@link Slots#objectAt} gives it, or null if missing. */
  public @Nullable Object evaluate(Frame frame) {
    frame.missed(false);
    Object value =
        switch (type) {
          case BOOL -> test(frame) == Verdict.TRUE;
          case INT, TIMESTAMP, DURATION -> lng(frame, type, true);
          case DOUBLE -> dbl(frame, type);
          case DECIMAL -> decimal(frame, type);
          case STRING -> closure instanceof Closure.Str str ? str.str(frame) : "";
          case STRING_LIST, INT_LIST -> List.copyOf(list(frame, type));
        };
    boolean nothing =
        frame.missed()
            || value.equals("")
            || (value instanceof List<?> list && list.isEmpty())
            || (value instanceof Double number && !Double.isFinite(number));
    return nothing ? null : value;
  }

  private long lng(Frame frame, AttributeType slot, boolean allowed) {
    if (allowed && closure instanceof Closure.Lng lng) {
      return lng.lng(frame);
    }
    throw notStorable(slot);
  }

  private double dbl(Frame frame, AttributeType slot) {
    if (closure instanceof Closure.Dbl dbl) {
      return dbl.dbl(frame);
    }
    if (closure instanceof Closure.Decimal decimal) {
      if (decimal.has(frame)) {
        return decimal.slots(frame).doubleAt(decimal.slot());
      }
      frame.miss();
      return 0;
    }
    throw notStorable(slot);
  }

  private BigDecimal decimal(Frame frame, AttributeType slot) {
    if (closure instanceof Closure.Decimal decimal) {
      if (decimal.has(frame)) {
        return decimal.slots(frame).numberAt(decimal.slot());
      }
      frame.miss();
      return BigDecimal.ZERO;
    }
    if (type == AttributeType.INT && closure instanceof Closure.Lng lng) {
      return BigDecimal.valueOf(lng.lng(frame));
    }
    double value = dbl(frame, slot);
    if (!Double.isFinite(value)) {
      frame.miss();
      return BigDecimal.ZERO;
    }
    return BigDecimal.valueOf(value);
  }

  /** The elements, known by the type checker to be of the type the slot asks for. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private <T> List<T> list(Frame frame, AttributeType slot) {
    if (type == slot && closure instanceof Closure.Lst lst) {
      List<?> list = lst.list(frame);
      return frame.missed() ? List.of() : (List<T>) list;
    }
    throw notStorable(slot);
  }

  private IllegalArgumentException notStorable(AttributeType slot) {
    return new IllegalArgumentException(type.text() + " in a slot of type " + slot.text());
  }
}
