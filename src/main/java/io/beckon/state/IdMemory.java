// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.event.CodePoints;
import io.beckon.plan.Plan;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The ids of a user's recent events, oldest by (time, id) first, so that later copies are known as
 * such. Every event asks for them, reads and writes them all; so ids that are hexadecimal digits
 * are kept as numbers.
 */
public final class IdMemory {
  /** How many ids are remembered at the most. */
  public static final int MOST = 256;

  private long[] timesMs = new long[8];
  private long[] highs = new long[8];
  private long[] lows = new long[8];

  /** The ids that are no numbers; null until there is one. */
  private @Nullable String @Nullable [] texts;

  private int size;

  /** Whether an event with this id was read and is remembered. */
  public boolean contains(String id) {
    if (size == 0) {
      return false;
    }
    @Nullable String[] others = texts;
    if (!HexIds.isOne(id)) {
      for (int i = size - 1; others != null && i >= 0; i--) {
        if (id.equals(others[i])) {
          return true;
        }
      }
      return false;
    }
    long low = HexIds.low(id);
    long high = HexIds.high(id);
    for (int i = size - 1; i >= 0; i--) {
      if (lows[i] == low && highs[i] == high && (others == null || others[i] == null)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Remembers an id.
   *
   * @return whether the oldest had to be forgotten early for it
   */
  public boolean add(String id, long timeMs) {
    int at = size;
    while (at > 0 && isAfter(at - 1, id, timeMs)) {
      at--;
    }
    makeRoom(size + 1);
    if (at < size) {
      System.arraycopy(timesMs, at, timesMs, at + 1, size - at);
      System.arraycopy(highs, at, highs, at + 1, size - at);
      System.arraycopy(lows, at, lows, at + 1, size - at);
      if (texts != null) {
        System.arraycopy(texts, at, texts, at + 1, size - at);
      }
    }
    size++;
    timesMs[at] = timeMs;
    if (HexIds.isOne(id)) {
      set(at, HexIds.high(id), HexIds.low(id));
    } else {
      set(at, id);
    }
    if (size <= MOST) {
      return false;
    }
    dropFirst(1);
    return true;
  }

  private void makeRoom(int least) {
    if (least > timesMs.length) {
      int length = Math.max(least, timesMs.length * 2);
      timesMs = Arrays.copyOf(timesMs, length);
      highs = Arrays.copyOf(highs, length);
      lows = Arrays.copyOf(lows, length);
      if (texts != null) {
        texts = Arrays.copyOf(texts, length);
      }
    }
  }

  private void set(int at, long high, long low) {
    highs[at] = high;
    lows[at] = low;
    if (texts != null) {
      texts[at] = null;
    }
  }

  private void set(int at, String text) {
    if (texts == null) {
      texts = new String[timesMs.length];
    }
    texts[at] = text;
  }

  private boolean isAfter(int other, String id, long timeMs) {
    return timesMs[other] != timeMs
        ? timesMs[other] > timeMs
        : CodePoints.compare(text(other), id) > 0;
  }

  private String text(int at) {
    String text = texts == null ? null : texts[at];
    return text == null ? HexIds.text(highs[at], lows[at]) : text;
  }

  /** Forgets what {@code plan} forgets at {@code watermarkMs}. */
  public void prune(Plan plan, long watermarkMs) {
    int gone = 0;
    while (gone < size && plan.idForgottenAt(timesMs[gone]) <= watermarkMs) {
      gone++;
    }
    if (gone > 0) {
      dropFirst(gone);
    }
  }

  private void dropFirst(int gone) {
    size -= gone;
    System.arraycopy(timesMs, gone, timesMs, 0, size);
    System.arraycopy(highs, gone, highs, 0, size);
    System.arraycopy(lows, gone, lows, 0, size);
    if (texts != null) {
      System.arraycopy(texts, gone, texts, 0, size);
    }
  }

  boolean isEmpty() {
    return size == 0;
  }

  long deadAtMs(Plan plan) {
    return size == 0 ? Gathered.NEVER : plan.idForgottenAt(timesMs[size - 1]);
  }

  void write(ByteWriter out, long baseMs) {
    out.count(size);
    long before = baseMs;
    for (int i = 0; i < size; i++) {
      out.signed(timesMs[i] - before);
      before = timesMs[i];
      String text = texts == null ? null : texts[i];
      if (text == null) {
        out.id(highs[i], lows[i]);
      } else {
        out.id(text);
      }
    }
  }

  void read(ByteReader in, long baseMs) {
    int count = in.size(2);
    makeRoom(count);
    long before = baseMs;
    for (int i = 0; i < count; i++) {
      before += in.signed();
      timesMs[i] = before;
      size = i + 1;
      if (in.isHexId()) {
        set(i, in.i64(), in.i64());
      } else {
        set(i, in.id());
      }
    }
  }
}
