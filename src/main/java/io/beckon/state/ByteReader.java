// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads what {@link ByteWriter} wrote. Every read is checked: damaged bytes give a {@link
 * StateFormatException}, never another exception and never a huge allocation.
 */
public final class ByteReader {
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] bytes;
  private final int end;
  private int at;

  /** A reader of {@code bytes}, which must not be changed meanwhile. */
  public ByteReader(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  ByteReader(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  int position() {
    return at;
  }

  /** A reader of everything read since {@code from}, which {@link #position} was then. */
  ByteReader since(int from) {
    return new ByteReader(bytes, from, at);
  }

  /** Writes what is left to read, and leaves it so. */
  void copyTo(ByteWriter out) {
    out.bytes(bytes, at, end - at);
  }

  /** Whether nothing is left. */
  public boolean atEnd() {
    return at == end;
  }

  /** Complains if anything is left. */
  public void expectEnd() {
    if (at != end) {
      throw new StateFormatException("damaged state: " + (end - at) + " bytes too many");
    }
  }

  private void need(int count) {
    if (count < 0 || count > end - at) {
      throw new StateFormatException(
          "damaged state: " + count + " bytes expected, " + (end - at) + " left");
    }
  }

  /** One byte. */
  public int u8() {
    need(1);
    return bytes[at++] & 0xff;
  }

  int i32() {
    need(Integer.BYTES);
    int value = (int) INTS.get(bytes, at);
    at += Integer.BYTES;
    return value;
  }

  /** Eight bytes. */
  public long i64() {
    need(Long.BYTES);
    long value = (long) LONGS.get(bytes, at);
    at += Long.BYTES;
    return value;
  }

  /** What {@link ByteWriter#count} wrote. */
  public long count() {
    if (at < end && bytes[at] >= 0) {
      return bytes[at++];
    }
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int next = u8();
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw new StateFormatException("damaged state: a number of more than ten bytes");
  }

  /** What {@link ByteWriter#signed} wrote. */
  public long signed() {
    long raw = count();
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** What {@link ByteWriter#timeOrNone} wrote. */
  public long timeOrNone(long baseMs) {
    long zigzag = count() - 1;
    return zigzag == -1 ? ByteWriter.NONE : ((zigzag >>> 1) ^ -(zigzag & 1)) + baseMs;
  }

  /** A number of items that take at least {@code least} bytes each. */
  public int size(int least) {
    long value = count();
    if (value < 0 || value * least > end - at || value > Integer.MAX_VALUE / 2) {
      throw new StateFormatException("damaged state: " + value + " items cannot follow");
    }
    return (int) value;
  }

  /** So many bytes. */
  public byte[] bytes(int length) {
    need(length);
    byte[] value = new byte[length];
    System.arraycopy(bytes, at, value, 0, length);
    at += length;
    return value;
  }

  /** What {@link ByteWriter#text} wrote. */
  public String text() {
    return text(size(1));
  }

  private String text(int length) {
    need(length);
    String value = new String(bytes, at, length, StandardCharsets.UTF_8);
    at += length;
    return value;
  }

  /** Whether an id follows that is one of {@link HexIds}, as two numbers; reads its mark. */
  boolean isHexId() {
    if (at < end && bytes[at] == 0) {
      at++;
      return true;
    }
    return false;
  }

  String id() {
    if (isHexId()) {
      long high = i64();
      return HexIds.text(high, i64());
    }
    long marker = count();
    if (marker <= 0 || marker - 1 > end - at) {
      throw new StateFormatException("damaged state: an id of " + (marker - 1) + " bytes");
    }
    return text((int) (marker - 1));
  }

  /** A reader of the part that follows, which this one skips. */
  public ByteReader part() {
    int length = size(1);
    ByteReader part = new ByteReader(bytes, at, at + length);
    at += length;
    return part;
  }
}
