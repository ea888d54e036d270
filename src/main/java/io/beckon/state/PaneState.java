// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.UserCalendar;
import io.beckon.event.AttributeType;
import io.beckon.event.Slots;
import io.beckon.plan.SignalKind;
import io.beckon.plan.SignalSpec;
import java.math.BigDecimal;
import java.util.Arrays;

/**
 * Counts, sums, means and extremes over a window, by pane.
 *
 * <p>A window beyond an hour keeps at most {@code window / pane + 2} panes, so at most 50 up to 48
 * days and one a day beyond; a pane takes at most 20 bytes and its amount. A window up to an hour
 * keeps one entry a millisecond with events, as many as there are.
 */
public final class PaneState extends SignalState {
  private final boolean counting;
  private long[] panes = new long[4];
  private long[] counts;
  private BigDecimal[] amounts;
  private int size;

  PaneState(SignalSpec spec) {
    super(spec);
    counting = spec.kind() == SignalKind.COUNT || spec.kind() == SignalKind.AVG;
    counts = new long[counting ? 4 : 0];
    amounts = new BigDecimal[spec.kind().hasAmounts() ? 4 : 0];
  }

  /** The last instant at which the pane counts. */
  private long lastMs(int at) {
    return (panes[at] + 1) * spec().paneMs() - 1 + spec().windowMs();
  }

  /** The first pane that counts at {@code atMs}. */
  private int firstAt(long atMs) {
    int first = size;
    while (first > 0 && lastMs(first - 1) >= atMs) {
      first--;
    }
    return first;
  }

  private BigDecimal joined(BigDecimal a, BigDecimal b) {
    return switch (spec().kind()) {
      case MIN -> a.compareTo(b) <= 0 ? a : b;
      case MAX -> a.compareTo(b) >= 0 ? a : b;
      default -> a.add(b);
    };
  }

  @Override
  public void take(long timeMs, Slots attributes, int slot, UserCalendar calendar) {
    dropFirst(firstAt(timeMs));
    long pane = Math.floorDiv(timeMs, spec().paneMs());
    boolean amount = spec().kind().hasAmounts();
    if (size > 0 && panes[size - 1] == pane) {
      int last = size - 1;
      if (counting) {
        counts[last]++;
      }
      if (amount) {
        amounts[last] = joined(amounts[last], attributes.numberAt(slot));
      }
      return;
    }
    grow(size + 1);
    panes[size] = pane;
    if (counting) {
      counts[size] = 1;
    }
    if (amount) {
      amounts[size] = attributes.numberAt(slot);
    }
    size++;
  }

  private void grow(int to) {
    if (to > panes.length) {
      int length = Math.max(to, panes.length * 2);
      panes = Arrays.copyOf(panes, length);
      counts = counting ? Arrays.copyOf(counts, length) : counts;
      amounts = spec().kind().hasAmounts() ? Arrays.copyOf(amounts, length) : amounts;
    }
  }

  private void dropFirst(int gone) {
    if (gone > 0) {
      size -= gone;
      System.arraycopy(panes, gone, panes, 0, size);
      if (counting) {
        System.arraycopy(counts, gone, counts, 0, size);
      }
      if (spec().kind().hasAmounts()) {
        System.arraycopy(amounts, gone, amounts, 0, size);
      }
    }
  }

  @Override
  public boolean isEmpty() {
    return size == 0;
  }

  @Override
  public void prune(long watermarkMs) {
    dropFirst(firstAt(watermarkMs + 1));
  }

  @Override
  public long deadAtMs() {
    return size == 0 ? NEVER : lastMs(size - 1);
  }

  private long countFrom(int first) {
    long count = 0;
    for (int i = first; i < size; i++) {
      count += counts[i];
    }
    return count;
  }

  /** The amount of all panes from {@code first} on, of which there is at least one. */
  private BigDecimal amountFrom(int first) {
    BigDecimal amount = amounts[size - 1];
    for (int i = size - 2; i >= first; i--) {
      amount = joined(amount, amounts[i]);
    }
    return amount;
  }

  @Override
  public void evaluate(long atMs, UserCalendar calendar, Slots into, int slot) {
    int first = firstAt(atMs);
    if (spec().kind() == SignalKind.COUNT) {
      into.setLong(slot, countFrom(first));
    } else if (first < size) {
      BigDecimal amount = amountFrom(first);
      if (spec().kind() == SignalKind.AVG) {
        into.setDouble(slot, amount.doubleValue() / countFrom(first));
      } else if (spec().result() == AttributeType.INT) {
        into.setLong(slot, amount.longValue());
      } else if (spec().result() == AttributeType.DOUBLE) {
        into.setDouble(slot, amount.doubleValue());
      } else {
        into.setDecimal(slot, amount);
      }
    } else if (spec().kind() == SignalKind.SUM) {
      into.setDecimal(slot, BigDecimal.ZERO);
    }
  }

  @Override
  public double valueAt(long atMs, UserCalendar calendar) {
    int first = firstAt(atMs);
    if (first == size) {
      return nothing();
    }
    return switch (spec().kind()) {
      case COUNT -> countFrom(first);
      case AVG -> amountFrom(first).doubleValue() / countFrom(first);
      default -> amountFrom(first).doubleValue();
    };
  }

  /** The value of an empty window. */
  private double nothing() {
    boolean zero = spec().kind() == SignalKind.COUNT || spec().kind() == SignalKind.SUM;
    return zero ? 0 : Double.NaN;
  }

  @Override
  public long nextChangeMs(long afterMs, UserCalendar calendar) {
    int first = firstAt(afterMs);
    return first == size ? Long.MAX_VALUE : lastMs(first) + 1;
  }

  /** In one pass from the newest pane back, so that a long list costs no more than its length. */
  @Override
  public long firstMs(long afterMs, Comparison test, UserCalendar calendar) {
    long emptyMs = size == 0 ? Long.MIN_VALUE : lastMs(size - 1) + 1;
    long found = test.test(nothing()) ? Math.max(afterMs + 1, emptyMs) : Long.MAX_VALUE;
    long count = 0;
    BigDecimal amount = BigDecimal.ZERO;
    for (int i = size - 1; i >= 0 && lastMs(i) > afterMs; i--) {
      count += counting ? counts[i] : 0;
      if (spec().kind().hasAmounts()) {
        amount = i == size - 1 ? amounts[i] : joined(amount, amounts[i]);
      }
      double value =
          switch (spec().kind()) {
            case COUNT -> count;
            case AVG -> amount.doubleValue() / count;
            default -> amount.doubleValue();
          };
      if (test.test(value)) {
        found = Math.max(afterMs + 1, i == 0 ? Long.MIN_VALUE : lastMs(i - 1) + 1);
      }
    }
    return found;
  }

  @Override
  public PaneState copy() {
    PaneState copy = new PaneState(spec());
    copy.panes = panes.clone();
    copy.counts = counts.clone();
    copy.amounts = amounts.clone();
    copy.size = size;
    return copy;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.count(size);
    long before = Math.floorDiv(baseMs, spec().paneMs());
    for (int i = 0; i < size; i++) {
      if (i == 0) {
        out.signed(panes[i] - before);
      } else {
        out.count(panes[i] - before);
      }
      before = panes[i];
      if (counting) {
        out.count(counts[i]);
      }
      if (spec().kind().hasAmounts()) {
        ValueCodec.writeDecimal(out, amounts[i]);
      }
    }
  }

  @Override
  void read(ByteReader in, long baseMs) {
    int length = in.size(2);
    size = 0;
    grow(length);
    long before = Math.floorDiv(baseMs, spec().paneMs());
    for (int i = 0; i < length; i++) {
      long step = i == 0 ? in.signed() : in.count();
      if (i > 0 && step <= 0) {
        throw new StateFormatException("damaged state: panes out of order");
      }
      before += step;
      panes[i] = before;
      if (counting) {
        counts[i] = in.count();
        if (counts[i] <= 0) {
          throw new StateFormatException("damaged state: a pane without events");
        }
      }
      if (spec().kind().hasAmounts()) {
        amounts[i] = ValueCodec.readDecimal(in);
      }
    }
    size = length;
  }
}
