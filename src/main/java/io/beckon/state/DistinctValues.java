// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import java.util.ArrayList;
import java.util.List;

/** The newest event of each different value. */
public final class DistinctValues extends Gathered {
  private record Newest(Object value, long timeMs) {}

  private final long windowMs;
  private final List<Newest> values = new ArrayList<>();

  private long foundSinceMs;
  private long foundCount;

  /** Empty, for windows of {@code windowMs}. */
  public DistinctValues(long windowMs) {
    this.windowMs = windowMs;
  }

  /**
   * Adds an event and looks whether a window that contains it holds enough values: first the one
   * that ends at the event, then those that end at later ones. An event no newer than the newest of
   * its value changes nothing.
   *
   * @param value a String, Long or Boolean
   * @return whether there are {@code atLeast}; {@link #foundSinceMs} then describes the window
   */
  public boolean add(long timeMs, Object value, long atLeast) {
    int at = values.size();
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i).value().equals(value)) {
        if (values.get(i).timeMs() >= timeMs) {
          return false;
        }
        values.remove(i);
        at = values.size();
        break;
      }
    }
    while (at > 0 && values.get(at - 1).timeMs() > timeMs) {
      at--;
    }
    values.add(at, new Newest(value, timeMs));
    if (reaches(timeMs, atLeast)) {
      return true;
    }
    for (int i = at + 1; i < values.size() && values.get(i).timeMs() - timeMs <= windowMs; i++) {
      if (reaches(values.get(i).timeMs(), atLeast)) {
        return true;
      }
    }
    return false;
  }

  /** Whether an event would change anything: its value is new, or the event newer. */
  public boolean isNews(long timeMs, Object value) {
    for (Newest newest : values) {
      if (newest.value().equals(value)) {
        return newest.timeMs() < timeMs;
      }
    }
    return true;
  }

  private boolean reaches(long endMs, long atLeast) {
    foundCount = 0;
    for (Newest newest : values) {
      if (newest.timeMs() <= endMs && newest.timeMs() >= endMs - windowMs) {
        if (foundCount == 0) {
          foundSinceMs = newest.timeMs();
        }
        foundCount++;
      }
    }
    return foundCount >= atLeast;
  }

  /** The time of the earliest event that counts in the window found. */
  public long foundSinceMs() {
    return foundSinceMs;
  }

  /** The number of values in the window found. */
  public long foundCount() {
    return foundCount;
  }

  @Override
  public boolean isEmpty() {
    return values.isEmpty();
  }

  @Override
  public boolean liveAt(long timeMs) {
    return !values.isEmpty() && values.get(values.size() - 1).timeMs() >= timeMs - windowMs;
  }

  @Override
  public void clear() {
    values.clear();
  }

  @Override
  public void clearUpTo(long timeMs) {
    values.removeIf(v -> v.timeMs() <= timeMs);
  }

  @Override
  public void prune(long watermarkMs) {
    values.removeIf(v -> v.timeMs() + windowMs <= watermarkMs);
  }

  @Override
  public long deadAtMs() {
    return values.isEmpty() ? NEVER : values.get(values.size() - 1).timeMs() + windowMs;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.count(values.size());
    long before = baseMs;
    for (Newest newest : values) {
      out.signed(newest.timeMs() - before);
      before = newest.timeMs();
      ValueCodec.writePart(out, newest.value());
    }
  }

  @Override
  void read(ByteReader in, long baseMs) {
    values.clear();
    int size = in.size(2);
    long before = baseMs;
    for (int i = 0; i < size; i++) {
      before += in.signed();
      values.add(new Newest(ValueCodec.readPart(in), before));
    }
  }
}
