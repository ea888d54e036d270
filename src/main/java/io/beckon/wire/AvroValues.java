// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.AttributeType;
import io.beckon.event.Slots;
import io.beckon.wire.AvroInput.BrokenException;
import io.beckon.wire.AvroType.Kind;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Values in Avro to typed values. Each method reads a value to its end, also one that is wrong. */
final class AvroValues {
  private static final long DAY_MS = 86_400_000;

  /** More bytes than any decimal has that fits, sign and zeros before it included. */
  private static final int MOST_DECIMAL_BYTES = 64;

  private AvroValues() {}

  /**
   * Sets slot {@code slot} from the next value.
   *
   * @return whether the value fits
   */
  static boolean set(AvroInput in, AvroType type, Slots slots, int slot) throws BrokenException {
    in.enter();
    boolean fits = fits(in, type, slots, slot);
    in.leave();
    return fits;
  }

  private static boolean fits(AvroInput in, AvroType type, Slots slots, int slot)
      throws BrokenException {
    AttributeType wanted = slots.type().attribute(slot).type();
    slots.clear(slot);
    return switch (type.kind()) {
      case NULL -> true;
      case UNION -> set(in, type.part(in.readIndex(type.size())), slots, slot);
      case BOOLEAN -> {
        boolean value = in.readBoolean();
        if (wanted == AttributeType.BOOL) {
          slots.setBool(slot, value);
        }
        yield wanted == AttributeType.BOOL;
      }
      case INT -> whole(in.readInt(), wanted, slots, slot);
      case LONG -> whole(in.readLong(), wanted, slots, slot);
      case FLOAT -> {
        float value = in.readFloat();
        yield Float.isFinite(value)
            && real(value, wanted, slots, slot)
            && (wanted == AttributeType.DOUBLE
                || exact(new BigDecimal(Float.toString(value)), slots, slot));
      }
      case DOUBLE -> {
        double value = in.readDouble();
        yield Double.isFinite(value)
            && real(value, wanted, slots, slot)
            && (wanted == AttributeType.DOUBLE || exact(BigDecimal.valueOf(value), slots, slot));
      }
      case DATE -> date(in.readInt(), wanted, slots, slot);
      case TIMESTAMP_MILLIS -> time(in.readLong(), 1, wanted, slots, slot);
      case TIMESTAMP_MICROS -> time(in.readLong(), 1_000, wanted, slots, slot);
      case TIMESTAMP_NANOS -> time(in.readLong(), 1_000_000, wanted, slots, slot);
      case DECIMAL -> decimal(in, in.readLength(), type.scale(), wanted, slots, slot);
      case FIXED_DECIMAL -> decimal(in, type.bytes(), type.scale(), wanted, slots, slot);
      case STRING -> text(string(in), wanted, slots, slot);
      case ENUM -> text(type.name(in.readIndex(type.size())), wanted, slots, slot);
      case FIXED_UUID -> text(uuid(in), wanted, slots, slot);
      case ARRAY -> {
        if (wanted.isList()) {
          yield list(in, type.part(0), wanted, slots, slot);
        }
        content(in, type);
        yield false;
      }
      case BYTES, FIXED, MAP, RECORD -> {
        content(in, type);
        yield false;
      }
    };
  }

  private static boolean whole(long value, AttributeType wanted, Slots slots, int slot) {
    switch (wanted) {
      case INT, DURATION -> slots.setLong(slot, value);
      case DOUBLE -> slots.setDouble(slot, (double) value);
      case DECIMAL -> slots.setDecimal(slot, BigDecimal.valueOf(value));
      case STRING -> slots.setString(slot, Long.toString(value));
      case TIMESTAMP -> {
        return instant(value, slots, slot);
      }
      case BOOL, STRING_LIST, INT_LIST -> {
        return false;
      }
    }
    return true;
  }

  /** Whether a real number may be wanted; a double is set. */
  private static boolean real(double value, AttributeType wanted, Slots slots, int slot) {
    if (wanted == AttributeType.DOUBLE) {
      // Without a minus zero, equal numbers have equal bits.
      slots.setDouble(slot, value == 0 ? 0 : value);
    }
    return wanted == AttributeType.DOUBLE || wanted == AttributeType.DECIMAL;
  }

  private static boolean exact(BigDecimal value, Slots slots, int slot) {
    if (!Values.fits(value)) {
      return false;
    }
    slots.setDecimal(slot, value);
    return true;
  }

  private static boolean decimal(
      AvroInput in, int length, int scale, AttributeType wanted, Slots slots, int slot)
      throws BrokenException {
    // One as long as a record would take a long time to turn into digits.
    if (length == 0 || length > MOST_DECIMAL_BYTES) {
      in.skip(length);
      return false;
    }
    BigDecimal value = new BigDecimal(new BigInteger(in.readBytes(length)), scale);
    switch (wanted) {
      case DECIMAL -> {
        return exact(value, slots, slot);
      }
      case DOUBLE -> {
        double nearest = value.doubleValue();
        slots.setDouble(slot, nearest == 0 ? 0 : nearest);
        return Double.isFinite(nearest);
      }
      case INT, DURATION, BOOL, STRING, TIMESTAMP, STRING_LIST, INT_LIST -> {
        return false;
      }
    }
    return false;
  }

  private static boolean instant(long timeMs, Slots slots, int slot) {
    if (timeMs < Rfc3339.LEAST_MS || timeMs > Rfc3339.MOST_MS) {
      return false;
    }
    slots.setLong(slot, timeMs);
    return true;
  }

  private static boolean time(
      long value, int unitsInMs, AttributeType wanted, Slots slots, int slot) {
    return wanted == AttributeType.TIMESTAMP
        && instant(Math.floorDiv(value, unitsInMs), slots, slot);
  }

  private static boolean date(int days, AttributeType wanted, Slots slots, int slot) {
    long timeMs = days * DAY_MS;
    if (wanted == AttributeType.STRING && timeMs >= Rfc3339.LEAST_MS && timeMs <= Rfc3339.MOST_MS) {
      slots.setString(slot, LocalDate.ofEpochDay(days).toString());
      return true;
    }
    return wanted == AttributeType.TIMESTAMP && instant(timeMs, slots, slot);
  }

  private static boolean text(String text, AttributeType wanted, Slots slots, int slot) {
    if (wanted == AttributeType.STRING) {
      slots.setString(slot, text);
      return true;
    }
    if (text.isEmpty()) {
      return true;
    }
    return !wanted.isList() && Values.text(slots, slot, text.toCharArray(), 0, text.length());
  }

  private static String string(AvroInput in) throws BrokenException {
    byte[] bytes = in.readBytes(in.readLength());
    if (!Utf8.isValid(bytes)) {
      throw new BrokenException("text that is not UTF-8");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static String uuid(AvroInput in) throws BrokenException {
    ByteBuffer bytes = ByteBuffer.wrap(in.readBytes(16));
    return new UUID(bytes.getLong(), bytes.getLong()).toString();
  }

  private static boolean list(
      AvroInput in, AvroType item, AttributeType wanted, Slots slots, int slot)
      throws BrokenException {
    List<String> texts = new ArrayList<>();
    List<Long> numbers = new ArrayList<>();
    Name name = new Name();
    boolean fits = true;
    for (long left = in.readBlock(); left > 0; left = in.readBlock()) {
      for (; left > 0; left--) {
        name.read(in, item);
        String text = name.text();
        fits &= name.fits();
        if (text == null) {
          continue;
        }
        char[] chars = text.toCharArray();
        if (wanted == AttributeType.STRING_LIST) {
          texts.add(text);
        } else if (Values.isWhole(chars, 0, chars.length)) {
          numbers.add(Values.whole(chars, 0, chars.length));
        } else {
          fits = false;
        }
      }
    }
    if (wanted == AttributeType.STRING_LIST) {
      slots.setStrings(slot, texts);
    } else {
      slots.setInts(slot, numbers);
    }
    return fits;
  }

  /** What names a user, a type or an event: text, or a whole number, which is its digits. */
  static final class Name {
    private @Nullable String text;
    private boolean fits = true;
    private boolean written;

    /** As if there had been nothing. */
    void clear() {
      text = null;
      fits = true;
      written = false;
    }

    /** Reads the next value. */
    void read(AvroInput in, AvroType type) throws BrokenException {
      clear();
      in.enter();
      switch (type.kind()) {
        case NULL -> {}
        case UNION -> read(in, type.part(in.readIndex(type.size())));
        case STRING -> text(string(in));
        case ENUM -> text(type.name(in.readIndex(type.size())));
        case FIXED_UUID -> text(uuid(in));
        case INT -> text = Integer.toString(in.readInt());
        case LONG -> text = Long.toString(in.readLong());
        case BOOLEAN,
            FLOAT,
            DOUBLE,
            BYTES,
            FIXED,
            DATE,
            TIMESTAMP_MILLIS,
            TIMESTAMP_MICROS,
            TIMESTAMP_NANOS,
            DECIMAL,
            FIXED_DECIMAL,
            ARRAY,
            MAP,
            RECORD -> {
          content(in, type);
          fits = false;
        }
      }
      in.leave();
    }

    private void text(String found) {
      text = found.isEmpty() ? null : found;
      written = true;
    }

    /** The text; null if there is none. */
    @Nullable String text() {
      return text;
    }

    /** Whether it was text, a whole number or nothing. */
    boolean fits() {
      return fits;
    }

    /** Whether it was text or nothing. */
    boolean isText() {
      return fits && (written || text == null);
    }
  }

  /** Passes over the next value. */
  static void skip(AvroInput in, AvroType type) throws BrokenException {
    in.enter();
    content(in, type);
    in.leave();
  }

  private static void content(AvroInput in, AvroType type) throws BrokenException {
    switch (type.kind()) {
      case NULL -> {}
      case BOOLEAN -> in.readBoolean();
      case INT, DATE -> in.readInt();
      case LONG, TIMESTAMP_MILLIS, TIMESTAMP_MICROS, TIMESTAMP_NANOS -> in.readLong();
      case FLOAT -> in.skip(Float.BYTES);
      case DOUBLE -> in.skip(Double.BYTES);
      case STRING, BYTES, DECIMAL -> in.skip(in.readLength());
      case ENUM -> in.readIndex(type.size());
      case FIXED, FIXED_DECIMAL, FIXED_UUID -> in.skip(type.bytes());
      case UNION -> skip(in, type.part(in.readIndex(type.size())));
      case RECORD -> {
        for (int i = 0; i < type.size(); i++) {
          skip(in, type.part(i));
        }
      }
      case ARRAY, MAP -> {
        for (long left = in.readBlock(); left > 0; left = in.readBlock()) {
          for (; left > 0; left--) {
            if (type.kind() == Kind.MAP) {
              key(in);
            }
            skip(in, type.part(0));
          }
        }
      }
    }
  }

  /** The name of an entry of a map. */
  static String key(AvroInput in) throws BrokenException {
    return string(in);
  }

  /** The branch that the next value is of, if its type is a union, or else the type. */
  static AvroType branch(AvroInput in, AvroType type) throws BrokenException {
    // A union holds no union.
    return type.kind() == Kind.UNION ? type.part(in.readIndex(type.size())) : type;
  }
}
