// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.StoredSlots;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/** The bytes of attribute values, keys and decimals. A value's tag is fixed for ever. */
final class ValueCodec {
  private static final int STRING = 1;
  private static final int INT = 2;
  private static final int DOUBLE = 3;
  private static final int DECIMAL = 4;
  private static final int BOOL = 5;
  private static final int TIMESTAMP = 6;
  private static final int STRING_LIST = 7;
  private static final int INT_LIST = 8;
  private static final int DURATION = 9;

  /** Decimals of so many digits fit a long without their point. */
  private static final int LONG_DIGITS = 18;

  private ValueCodec() {}

  private static int tag(AttributeType type) {
    return switch (type) {
      case STRING -> STRING;
      case INT -> INT;
      case DOUBLE -> DOUBLE;
      case DECIMAL -> DECIMAL;
      case BOOL -> BOOL;
      case TIMESTAMP -> TIMESTAMP;
      case STRING_LIST -> STRING_LIST;
      case INT_LIST -> INT_LIST;
      case DURATION -> DURATION;
    };
  }

  static void writeSlots(ByteWriter out, StoredSlots stored, Slots slots) {
    int present = 0;
    for (int i = 0; i < stored.count(); i++) {
      if (slots.has(stored.slot(i))) {
        present++;
      }
    }
    out.count(present);
    for (int i = 0; i < stored.count(); i++) {
      int slot = stored.slot(i);
      if (slots.has(slot)) {
        out.i32(stored.hash(slot));
        AttributeType type = stored.record().attribute(slot).type();
        out.u8(tag(type));
        writeValue(out, type, slots, slot);
      }
    }
  }

  private static void writeValue(ByteWriter out, AttributeType type, Slots slots, int slot) {
    switch (type) {
      case STRING -> out.text(slots.stringAt(slot));
      case INT, TIMESTAMP, DURATION -> out.signed(slots.longAt(slot));
      case DOUBLE -> out.i64(Double.doubleToLongBits(slots.doubleAt(slot)));
      case DECIMAL -> writeDecimal(out, slots.numberAt(slot));
      case BOOL -> out.u8(slots.boolAt(slot) ? 1 : 0);
      case STRING_LIST -> {
        List<String> values = slots.stringsAt(slot);
        out.count(values.size());
        values.forEach(out::text);
      }
      case INT_LIST -> {
        List<Long> values = slots.intsAt(slot);
        out.count(values.size());
        values.forEach(out::signed);
      }
    }
  }

  /** Reads slots; values of attributes that {@code stored} no longer has are read over. */
  static Slots readSlots(ByteReader in, StoredSlots stored) {
    Slots slots = new Slots(stored.record());
    int count = in.size(6);
    for (int i = 0; i < count; i++) {
      int slot = stored.slotOf(in.i32());
      int tag = in.u8();
      if (slot < 0 || tag(stored.record().attribute(slot).type()) != tag) {
        readInto(in, tag, new Slots(Single.ANY[check(tag)]), 0);
      } else {
        readInto(in, tag, slots, slot);
      }
    }
    return slots;
  }

  private static int check(int tag) {
    if (tag < STRING || tag > DURATION) {
      throw new StateFormatException("damaged state: no value has the tag " + tag);
    }
    return tag;
  }

  private static void readInto(ByteReader in, int tag, Slots slots, int slot) {
    switch (check(tag)) {
      case STRING -> slots.setString(slot, in.text());
      case INT, TIMESTAMP, DURATION -> slots.setLong(slot, in.signed());
      case DOUBLE -> slots.setDouble(slot, Double.longBitsToDouble(in.i64()));
      case DECIMAL -> slots.setDecimal(slot, readDecimal(in));
      case BOOL -> slots.setBool(slot, in.u8() != 0);
      case STRING_LIST -> {
        int size = in.size(1);
        List<String> values = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
          values.add(in.text());
        }
        slots.setStrings(slot, values);
      }
      default -> {
        int size = in.size(1);
        List<Long> values = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
          values.add(in.signed());
        }
        slots.setInts(slot, values);
      }
    }
  }

  /** The record of one value of {@code type}. */
  static RecordType single(AttributeType type) {
    return Single.ANY[tag(type)];
  }

  /** Writes the one value of a record of {@link #single}. */
  static void writeSingle(ByteWriter out, Slots value) {
    AttributeType type = value.type().attribute(0).type();
    out.u8(tag(type));
    writeValue(out, type, value, 0);
  }

  /** Reads what {@link #writeSingle} wrote of {@code type}. */
  static Slots readSingle(ByteReader in, AttributeType type) {
    if (in.u8() != tag(type)) {
      throw new StateFormatException("damaged state: a value that is no " + type.text());
    }
    Slots value = new Slots(single(type));
    readInto(in, tag(type), value, 0);
    if (!value.has(0)) {
      throw new StateFormatException("damaged state: a value that is missing");
    }
    return value;
  }

  static void writeDecimal(ByteWriter out, BigDecimal value) {
    out.signed(value.scale());
    if (value.precision() <= LONG_DIGITS) {
      writeUnscaled(out, value.unscaledValue().longValue());
      return;
    }
    byte[] unscaled = value.unscaledValue().toByteArray();
    out.count(unscaled.length);
    out.bytes(unscaled, 0, unscaled.length);
  }

  /** As {@link BigInteger#toByteArray} has it: the fewest bytes that keep the sign. */
  private static void writeUnscaled(ByteWriter out, long value) {
    int bits = Long.SIZE - Long.numberOfLeadingZeros(value < 0 ? ~value : value) + 1;
    int length = (bits + 7) / 8;
    out.count(length);
    for (int i = length - 1; i >= 0; i--) {
      out.u8((int) (value >>> (8 * i)));
    }
  }

  private static long readUnscaled(ByteReader in, int length) {
    long value = (byte) in.u8();
    for (int i = 1; i < length; i++) {
      value = value << 8 | in.u8();
    }
    return value;
  }

  static BigDecimal readDecimal(ByteReader in) {
    long scale = in.signed();
    int length = in.size(1);
    if (length == 0 || scale < -10_000 || scale > 10_000) {
      throw new StateFormatException("damaged state: not a decimal");
    }
    if (length <= Long.BYTES) {
      return BigDecimal.valueOf(readUnscaled(in, length), (int) scale);
    }
    return new BigDecimal(new BigInteger(in.bytes(length)), (int) scale);
  }

  static void writeKey(ByteWriter out, InstanceKey key) {
    out.count(key.size());
    for (int i = 0; i < key.size(); i++) {
      writePart(out, key.part(i));
    }
  }

  static InstanceKey readKey(ByteReader in) {
    int size = in.size(2);
    List<Object> parts = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      parts.add(readPart(in));
    }
    return InstanceKey.of(parts);
  }

  /** A String, Long or Boolean. */
  static void writePart(ByteWriter out, Object part) {
    if (part instanceof String text) {
      out.u8(STRING);
      out.text(text);
    } else if (part instanceof Long whole) {
      out.u8(INT);
      out.signed(whole);
    } else if (part instanceof Boolean flag) {
      out.u8(BOOL);
      out.u8(flag ? 1 : 0);
    } else {
      throw new IllegalStateException("not a key value: " + part.getClass());
    }
  }

  static Object readPart(ByteReader in) {
    int tag = in.u8();
    return switch (tag) {
      case STRING -> in.text();
      case INT -> in.signed();
      case BOOL -> in.u8() != 0;
      default -> throw new StateFormatException("damaged state: no key value has the tag " + tag);
    };
  }

  /** One-slot records, by tag. */
  private static final class Single {
    private static final RecordType[] ANY = any();

    private static RecordType[] any() {
      RecordType[] types = new RecordType[DURATION + 1];
      for (AttributeType type : AttributeType.values()) {
        types[tag(type)] = RecordType.of("unknown", List.of(Attribute.optional("value", type)));
      }
      return types;
    }
  }
}
