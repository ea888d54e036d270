// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import java.math.BigDecimal;
import java.util.Arrays;

/**
 * Counts or sums of events by pane, in order of time. With panes of 1 ms single instants are kept,
 * so that windows are exact.
 */
public final class Buckets extends Gathered {
  private final long windowMs;
  private final long paneMs;
  private final boolean sums;
  private long[] firstMs = new long[4];
  private long[] counts = new long[4];
  private BigDecimal[] totals = new BigDecimal[0];
  private int size;

  private long foundSinceMs;
  private long foundCount;
  private BigDecimal foundSum = BigDecimal.ZERO;

  /** Empty, for windows of {@code windowMs} in panes of {@code paneMs}, with sums or without. */
  public Buckets(long windowMs, long paneMs, boolean sums) {
    this.windowMs = windowMs;
    this.paneMs = paneMs;
    this.sums = sums;
    if (sums) {
      totals = new BigDecimal[4];
    }
  }

  private long pane(long timeMs) {
    return paneMs == 1 ? timeMs : Math.floorDiv(timeMs, paneMs);
  }

  private long paneEndMs(int bucket) {
    if (paneMs == 1) {
      return firstMs[bucket]; // every event asks, and a division costs more than all the rest
    }
    return (pane(firstMs[bucket]) + 1) * paneMs - 1;
  }

  /**
   * Adds an event and looks whether a window that contains it reaches the line: first the one that
   * ends at the event, then those that end at later ones.
   *
   * @param value what it adds to the sum; not looked at where only counts are kept
   * @return whether the line is reached; {@link #foundSinceMs} and so on then describe the window
   */
  public boolean add(long timeMs, BigDecimal value, long atLeastCount, BigDecimal atLeastSum) {
    int bucket = insert(timeMs, value);
    for (int last = bucket; last < size; last++) {
      long endMs = last == bucket ? timeMs : firstMs[last];
      if (endMs - timeMs > windowMs) {
        return false;
      }
      if (reaches(last, endMs, atLeastCount, atLeastSum)) {
        return true;
      }
    }
    return false;
  }

  private boolean reaches(int last, long endMs, long atLeastCount, BigDecimal atLeastSum) {
    long count = 0;
    BigDecimal sum = BigDecimal.ZERO;
    int first = last;
    for (int i = last; i >= 0 && paneEndMs(i) >= endMs - windowMs; i--) {
      count += counts[i];
      if (sums) {
        sum = sum.add(totals[i]);
      }
      first = i;
    }
    foundSinceMs = firstMs[first];
    foundCount = count;
    foundSum = sum;
    return sums ? sum.compareTo(atLeastSum) >= 0 : count >= atLeastCount;
  }

  private int insert(long timeMs, BigDecimal value) {
    long pane = pane(timeMs);
    int at = size;
    while (at > 0 && pane(firstMs[at - 1]) > pane) {
      at--;
    }
    if (at > 0 && pane(firstMs[at - 1]) == pane) {
      int same = at - 1;
      firstMs[same] = Math.min(firstMs[same], timeMs);
      counts[same]++;
      if (sums) {
        totals[same] = totals[same].add(value);
      }
      return same;
    }
    if (size == firstMs.length) {
      firstMs = Arrays.copyOf(firstMs, size * 2);
      counts = Arrays.copyOf(counts, size * 2);
      if (sums) {
        totals = Arrays.copyOf(totals, size * 2);
      }
    }
    System.arraycopy(firstMs, at, firstMs, at + 1, size - at);
    System.arraycopy(counts, at, counts, at + 1, size - at);
    firstMs[at] = timeMs;
    counts[at] = 1;
    if (sums) {
      System.arraycopy(totals, at, totals, at + 1, size - at);
      totals[at] = value;
    }
    size++;
    return at;
  }

  /** The time of the earliest event in the window found. */
  public long foundSinceMs() {
    return foundSinceMs;
  }

  /** The number of events in the window found. */
  public long foundCount() {
    return foundCount;
  }

  /** The sum over the window found. */
  public BigDecimal foundSum() {
    return foundSum;
  }

  @Override
  public boolean isEmpty() {
    return size == 0;
  }

  @Override
  public boolean liveAt(long timeMs) {
    return size > 0 && paneEndMs(size - 1) >= timeMs - windowMs;
  }

  @Override
  public void clear() {
    size = 0;
  }

  @Override
  public void clearUpTo(long timeMs) {
    int gone = 0;
    while (gone < size && firstMs[gone] <= timeMs) {
      gone++;
    }
    dropFirst(gone);
  }

  @Override
  public void prune(long watermarkMs) {
    int gone = 0;
    while (gone < size && paneEndMs(gone) + windowMs <= watermarkMs) {
      gone++;
    }
    dropFirst(gone);
  }

  private void dropFirst(int gone) {
    if (gone > 0) {
      size -= gone;
      System.arraycopy(firstMs, gone, firstMs, 0, size);
      System.arraycopy(counts, gone, counts, 0, size);
      if (sums) {
        System.arraycopy(totals, gone, totals, 0, size);
      }
    }
  }

  @Override
  public long deadAtMs() {
    return size == 0 ? NEVER : paneEndMs(size - 1) + windowMs;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.count(size);
    long before = baseMs;
    for (int i = 0; i < size; i++) {
      out.signed(firstMs[i] - before);
      before = firstMs[i];
      out.count(counts[i]);
      if (sums) {
        ValueCodec.writeDecimal(out, totals[i]);
      }
    }
  }

  @Override
  void read(ByteReader in, long baseMs) {
    size = in.size(2);
    firstMs = new long[Math.max(4, size)];
    counts = new long[Math.max(4, size)];
    totals = sums ? new BigDecimal[Math.max(4, size)] : totals;
    long before = baseMs;
    for (int i = 0; i < size; i++) {
      before += in.signed();
      firstMs[i] = before;
      counts[i] = in.count();
      if (sums) {
        totals[i] = ValueCodec.readDecimal(in);
      }
    }
  }
}
