// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes a state's bytes: variable-length integers, text, nested lengths. Not thread-safe. */
public final class ByteWriter {
  /** A time that is not there. */
  public static final long NONE = Long.MIN_VALUE;

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private byte[] bytes = new byte[256];
  private int size;

  /** An empty one. */
  public ByteWriter() {}

  /** Forgets what was written, to write anew. */
  public void reset() {
    size = 0;
  }

  /** What was written. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  /** What was written, after {@code headroom} bytes of zero. */
  byte[] toBytes(int headroom) {
    byte[] copy = new byte[headroom + size];
    System.arraycopy(bytes, 0, copy, headroom, size);
    return copy;
  }

  private void ensure(int more) {
    if (size + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }

  /** One byte. */
  public void u8(int value) {
    ensure(1);
    bytes[size++] = (byte) value;
  }

  void i32(int value) {
    ensure(Integer.BYTES);
    INTS.set(bytes, size, value);
    size += Integer.BYTES;
  }

  /** Eight bytes. */
  public void i64(long value) {
    ensure(Long.BYTES);
    LONGS.set(bytes, size, value);
    size += Long.BYTES;
  }

  /** A number that is not negative, or any other at ten bytes. */
  public void count(long value) {
    ensure(10);
    byte[] into = bytes;
    int at = size;
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      into[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    into[at++] = (byte) rest;
    size = at;
  }

  /** A number near zero, of either sign. */
  public void signed(long value) {
    count((value << 1) ^ (value >> 63));
  }

  /** A time near {@code baseMs}, or {@link #NONE}, which takes one byte. */
  public void timeOrNone(long timeMs, long baseMs) {
    long delta = timeMs - baseMs;
    count(timeMs == NONE ? 0 : ((delta << 1) ^ (delta >> 63)) + 1);
  }

  /** Bytes without their number. */
  public void bytes(byte[] value, int from, int length) {
    ensure(length);
    System.arraycopy(value, from, bytes, size, length);
    size += length;
  }

  /** Text after its length in bytes. */
  public void text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    count(utf8.length);
    bytes(utf8, 0, utf8.length);
  }

  /** An event's id: 16 bytes where it is 32 hexadecimal digits, as content ids are. */
  void id(String value) {
    if (HexIds.isOne(value)) {
      id(HexIds.high(value), HexIds.low(value));
      return;
    }
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    count(utf8.length + 1L);
    bytes(utf8, 0, utf8.length);
  }

  /** An id that is one of {@link HexIds}. */
  void id(long high, long low) {
    u8(0);
    i64(high);
    i64(low);
  }

  /** Starts a part whose length is written before it; {@link #endPart} takes what this returns. */
  public int startPart() {
    return size;
  }

  /** Puts the length of what was written since {@code start} before it. */
  public void endPart(int start) {
    int length = size - start;
    int digits = 1;
    for (int rest = length >>> 7; rest != 0; rest >>>= 7) {
      digits++;
    }
    ensure(digits);
    System.arraycopy(bytes, start, bytes, start + digits, length);
    size = start;
    count(length);
    size += length;
  }
}
