// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import java.util.Arrays;

/**
 * The bytes of a record in Avro's binary encoding, read from the front. Whatever they say, nothing
 * is read beyond their end, nothing is made that is larger than they are, and no more values are
 * gone through than a record can hold. Not thread-safe.
 */
final class AvroInput {
  /**
   * The most values of a record: those of no bytes at all, as null, could otherwise be any number.
   */
  static final int MOST_VALUES = 2 * FileRecords.MAX_RECORD_BYTES;

  /** How deep values may be nested. */
  static final int MOST_DEPTH = 64;

  /** Tells that the bytes are not what their schema says. */
  static final class BrokenException extends Exception {
    private static final long serialVersionUID = 1L;

    BrokenException(String message) {
      // Made for every broken record, so without the cost of a trace.
      super(message, null, false, false);
    }
  }

  private byte[] bytes = {};
  private int at;
  private int values;
  private int depth;

  /** Begins with the bytes from {@code from} on. */
  void reset(byte[] record, int from) {
    bytes = record;
    at = from;
    values = 0;
    depth = 0;
  }

  /** Where the next value begins. */
  int position() {
    return at;
  }

  /** Goes back to where a value began. */
  void seek(int position) {
    at = position;
  }

  int remaining() {
    return bytes.length - at;
  }

  /** Takes note of a value that is about to be read. */
  void enter() throws BrokenException {
    if (++values > MOST_VALUES) {
      throw new BrokenException("more than " + MOST_VALUES + " values");
    }
    if (++depth > MOST_DEPTH) {
      throw new BrokenException("nested deeper than " + MOST_DEPTH);
    }
  }

  /** Takes note that a value was read. */
  void leave() {
    depth--;
  }

  /** Not Avro, without a word of what it says. */
  BrokenException broken() {
    return new BrokenException("not the Avro of its schema at byte " + (at + 1));
  }

  private void need(long count) throws BrokenException {
    if (count < 0 || count > remaining()) {
      throw broken();
    }
  }

  boolean readBoolean() throws BrokenException {
    need(1);
    byte b = bytes[at];
    if (b != 0 && b != 1) {
      throw broken();
    }
    at++;
    return b == 1;
  }

  int readInt() throws BrokenException {
    int from = at;
    long value = readLong();
    if (value != (int) value) {
      at = from;
      throw broken();
    }
    return (int) value;
  }

  long readLong() throws BrokenException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      need(1);
      byte b = bytes[at];
      // Of the tenth byte, one bit is left.
      if (shift == 63 && (b & 0xFE) != 0) {
        throw broken();
      }
      at++;
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw broken();
  }

  float readFloat() throws BrokenException {
    return Float.intBitsToFloat((int) littleEndian(4));
  }

  double readDouble() throws BrokenException {
    return Double.longBitsToDouble(littleEndian(8));
  }

  private long littleEndian(int count) throws BrokenException {
    need(count);
    long value = 0;
    for (int i = 0; i < count; i++) {
      value |= (bytes[at + i] & 0xFFL) << (8 * i);
    }
    at += count;
    return value;
  }

  /** The length of bytes or text, all of which are there. */
  int readLength() throws BrokenException {
    int from = at;
    long length = readLong();
    if (length < 0 || length > remaining()) {
      at = from;
      throw broken();
    }
    return (int) length;
  }

  /** An index below {@code size}. */
  int readIndex(int size) throws BrokenException {
    int from = at;
    long index = readLong();
    if (index < 0 || index >= size) {
      at = from;
      throw broken();
    }
    return (int) index;
  }

  /** How many values the next block of an array or a map has; 0 at its end. */
  long readBlock() throws BrokenException {
    int from = at;
    long count = readLong();
    if (count < 0) {
      // The size in bytes follows; what counts is what is there.
      count = -count;
      readLength();
    }
    if (count < 0 || count > MOST_VALUES) {
      at = from;
      throw broken();
    }
    return count;
  }

  byte[] readBytes(int count) throws BrokenException {
    need(count);
    byte[] part = Arrays.copyOfRange(bytes, at, at + count);
    at += count;
    return part;
  }

  void skip(int count) throws BrokenException {
    need(count);
    at += count;
  }
}
