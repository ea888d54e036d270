// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.event;

import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The values of one record, one slot an attribute of its {@link RecordType}: primitives unboxed in
 * one array, references in another. Empty, null and missing are the same: missing.
 *
 * <p>Filled once by its maker, then only read; not thread-safe while filled. A getter of the wrong
 * type, or of a missing value, returns an arbitrary value of its type: callers ask {@link #has}
 * first. Decimals can be read as doubles too, without conversion at the time of reading.
 */
public final class Slots {
  /** Marks a word slot as present. */
  private static final Object PRESENT = new Object();

  private final RecordType type;
  private final long[] words;
  private final @Nullable Object[] refs;

  /** A record of {@code type} with every value missing. */
  public Slots(RecordType type) {
    this.type = type;
    this.words = new long[type.size()];
    this.refs = new Object[type.size()];
  }

  /** The type that gives the slots their names. */
  public RecordType type() {
    return type;
  }

  /** Whether slot {@code index} holds a value. */
  public boolean has(int index) {
    return refs[index] != null;
  }

  /** An INT, a TIMESTAMP in epoch milliseconds or a DURATION in milliseconds. */
  public long longAt(int index) {
    return words[index];
  }

  /** A DOUBLE, or a DECIMAL as the nearest double. */
  public double doubleAt(int index) {
    return Double.longBitsToDouble(words[index]);
  }

  /** A BOOL. */
  public boolean boolAt(int index) {
    return words[index] != 0;
  }

  /** A STRING. */
  public String stringAt(int index) {
    return refs[index] instanceof String s ? s : "";
  }

  /** A STRING_LIST. */
  @SuppressWarnings("unchecked")
  public List<String> stringsAt(int index) {
    return refs[index] instanceof List<?> list ? (List<String>) list : List.of();
  }

  /** An INT_LIST. */
  @SuppressWarnings("unchecked")
  public List<Long> intsAt(int index) {
    return refs[index] instanceof List<?> list ? (List<Long>) list : List.of();
  }

  /**
   * Any number, exactly: an INT, a DECIMAL, or a DOUBLE as the shortest decimal that reads back as
   * the same double.
   */
  public BigDecimal numberAt(int index) {
    return switch (type.attribute(index).type()) {
      case INT -> BigDecimal.valueOf(words[index]);
      case DOUBLE -> BigDecimal.valueOf(doubleAt(index));
      default -> refs[index] instanceof BigDecimal d ? d : BigDecimal.ZERO;
    };
  }

  /** Sets an INT, a TIMESTAMP in epoch milliseconds or a DURATION in milliseconds. */
  public Slots setLong(int index, long value) {
    words[index] = value;
    refs[index] = PRESENT;
    return this;
  }

  /** Sets a DOUBLE, which must be finite. */
  public Slots setDouble(int index, double value) {
    words[index] = Double.doubleToLongBits(value);
    refs[index] = PRESENT;
    return this;
  }

  /** Sets a BOOL. */
  public Slots setBool(int index, boolean value) {
    words[index] = value ? 1 : 0;
    refs[index] = PRESENT;
    return this;
  }

  /** Sets a STRING; the empty string makes it missing. */
  public Slots setString(int index, String value) {
    refs[index] = value.isEmpty() ? null : value;
    return this;
  }

  /** Sets a DECIMAL; equal values of different scale are made alike. */
  public Slots setDecimal(int index, BigDecimal value) {
    BigDecimal canonical = value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
    words[index] = Double.doubleToLongBits(canonical.doubleValue());
    refs[index] = canonical;
    return this;
  }

  /** Sets a STRING_LIST; the empty list makes it missing. */
  public Slots setStrings(int index, List<String> value) {
    refs[index] = value.isEmpty() ? null : List.copyOf(value);
    return this;
  }

  /** Sets an INT_LIST; the empty list makes it missing. */
  public Slots setInts(int index, List<Long> value) {
    refs[index] = value.isEmpty() ? null : List.copyOf(value);
    return this;
  }

  /** Makes slot {@code index} missing. */
  public Slots clear(int index) {
    words[index] = 0;
    refs[index] = null;
    return this;
  }

  /** A record of the same type with the same values, to be changed without changing this one. */
  public Slots copy() {
    Slots copy = new Slots(type);
    System.arraycopy(words, 0, copy.words, 0, words.length);
    System.arraycopy(refs, 0, copy.refs, 0, refs.length);
    return copy;
  }

  /**
   * The same values under the same names as a record of {@code other}. What is of another type
   * there, or not there, is missing.
   */
  public Slots as(RecordType other) {
    if (other == type) {
      return this;
    }
    Slots same = new Slots(other);
    for (int to = 0; to < other.size(); to++) {
      int from = type.indexOf(other.attribute(to).name());
      if (from >= 0 && type.attribute(from).type() == other.attribute(to).type()) {
        same.words[to] = words[from];
        same.refs[to] = refs[from];
      }
    }
    return same;
  }

  /** Copies a value, missing or not, into a slot of the same type. */
  public void copyTo(int index, Slots to, int at) {
    to.words[at] = words[index];
    to.refs[at] = refs[index];
  }

  /**
   * The value as a plain object: String, Long (INT, TIMESTAMP and DURATION), Double, BigDecimal,
   * Boolean or a List; null if missing. For writing out, not for the hot path.
   */
  public @Nullable Object objectAt(int index) {
    if (!has(index)) {
      return null;
    }
    return switch (type.attribute(index).type()) {
      case INT, TIMESTAMP, DURATION -> words[index];
      case DOUBLE -> doubleAt(index);
      case BOOL -> boolAt(index);
      case STRING, DECIMAL, STRING_LIST, INT_LIST -> refs[index];
    };
  }

  /** Two records are equal if they are of the same type and hold the same values. */
  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof Slots that) || that.type != type) {
      return false;
    }
    for (int i = 0; i < refs.length; i++) {
      if (!Objects.equals(objectAt(i), that.objectAt(i))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int hash = type.hashCode();
    for (int i = 0; i < refs.length; i++) {
      hash = 31 * hash + Objects.hashCode(objectAt(i));
    }
    return hash;
  }

  /** The names and types only: values are a user's own and stay out of logs. */
  @Override
  public String toString() {
    return "Slots of " + type.name();
  }
}
