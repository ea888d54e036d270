// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.UserCalendar;
import io.beckon.event.Slots;
import io.beckon.plan.SignalKind;
import io.beckon.plan.SignalSpec;

/**
 * Decayed active dates: one level, or a fast and a slow one. The first event of an active date adds
 * one to what is left of the levels by then. At most 60 bytes.
 *
 * <p>A level is D · exp(−(t − m) / τ) / τ, with τ in days below, m the time of the last such event.
 * The order of operations is fixed, so that every machine finds the same bits.
 */
public final class LevelState extends SignalState {
  private static final double DAY_MS = 86_400_000.0;

  /** How far rounding can move a double, with room to spare. */
  private static final double NOISE = 4e-16;

  /** The most milliseconds looked at one by one around a crossing of a ratio. */
  private static final long MOST_LOOKED_AT = 10_000;

  private final boolean ratio;
  private final double slowestChange;
  private double fast;
  private double slow;
  private long date;
  private long markMs;
  private long firstMs;
  private long lastMs = NEVER;

  LevelState(SignalSpec spec) {
    super(spec);
    ratio = spec.kind() == SignalKind.DROP_RATIO;
    slowestChange = ratio ? 1.0 / spec.tauMs() - 1.0 / spec.longMs() : 1.0 / spec.tauMs();
  }

  @Override
  public void take(long timeMs, Slots attributes, int slot, UserCalendar calendar) {
    prune(timeMs);
    long today = calendar.dateAt(timeMs);
    if (lastMs == NEVER) {
      fast = 1.0;
      slow = ratio ? 1.0 : 0.0;
      firstMs = timeMs;
      markMs = timeMs;
      date = today;
    } else if (today > date) {
      fast = left(fast, timeMs, spec().tauMs()) + 1.0;
      slow = ratio ? left(slow, timeMs, spec().longMs()) + 1.0 : 0.0;
      markMs = timeMs;
      date = today;
    }
    lastMs = timeMs;
  }

  private double left(double sum, long atMs, long tauMs) {
    return sum * StrictMath.exp(-(atMs - markMs) / (double) tauMs);
  }

  private double level(double sum, long atMs, long tauMs) {
    return left(sum, atMs, tauMs) / (tauMs / DAY_MS);
  }

  @Override
  public boolean isEmpty() {
    return lastMs == NEVER;
  }

  @Override
  public void prune(long watermarkMs) {
    if (isForgotten(lastMs, watermarkMs)) {
      clear();
    }
  }

  private void clear() {
    fast = 0;
    slow = 0;
    date = 0;
    markMs = 0;
    firstMs = 0;
    lastMs = NEVER;
  }

  @Override
  public long deadAtMs() {
    return forgottenAt(lastMs);
  }

  @Override
  public void evaluate(long atMs, UserCalendar calendar, Slots into, int slot) {
    double value = valueAt(atMs, calendar);
    if (!Double.isNaN(value)) {
      into.setDouble(slot, value);
    }
  }

  @Override
  public double valueAt(long atMs, UserCalendar calendar) {
    boolean none = isForgotten(lastMs, atMs);
    if (ratio) {
      return none || isTooLow(atMs)
          ? Double.NaN
          : level(fast, atMs, spec().tauMs()) / level(slow, atMs, spec().longMs());
    }
    if (none) {
      return spec().minHistoryMs() == SignalSpec.NO_MIN_HISTORY ? 0.0 : Double.NaN;
    }
    return atMs - firstMs < spec().minHistoryMs() ? Double.NaN : level(fast, atMs, spec().tauMs());
  }

  /** Whether the slow level is too low to compare with; once so, it stays so in silence. */
  private boolean isTooLow(long atMs) {
    double level = level(slow, atMs, spec().longMs());
    return level < spec().minLevel() || level == 0;
  }

  @Override
  public long nextChangeMs(long afterMs, UserCalendar calendar) {
    long forgottenMs = forgottenAfter(lastMs, afterMs);
    if (forgottenMs == Long.MAX_VALUE) {
      return Long.MAX_VALUE;
    }
    if (!ratio) {
      long oldEnoughMs = firstMs + Math.max(0, spec().minHistoryMs());
      return oldEnoughMs > afterMs ? Math.min(oldEnoughMs, forgottenMs) : forgottenMs;
    }
    if (isTooLow(afterMs) || !isTooLow(forgottenMs - 1)) {
      return forgottenMs;
    }
    double perDay = spec().longMs() / DAY_MS;
    long guessMs = markMs + after(slow / perDay, spec().minLevel(), 1.0 / spec().longMs());
    return searched(afterMs, forgottenMs - 1, guessMs, this::isTooLow);
  }

  /** How long a level falls from {@code from} to {@code to}; anything if that never happens. */
  private static long after(double from, double to, double rate) {
    return (long) (StrictMath.log(from / to) / rate);
  }

  private interface Holds {
    boolean at(long timeMs);
  }

  /**
   * The first time at which a condition holds that does not hold at {@code low}, holds at {@code
   * high} and once it holds goes on to: in steps that double away from the guess, then by halves.
   */
  private static long searched(long low, long high, long guessMs, Holds holds) {
    long no = low;
    long yes = high;
    long look = Math.min(Math.max(guessMs, no + 1), yes - 1);
    long step = 1;
    while (no + 1 < yes && look > no && look < yes) {
      boolean held = holds.at(look);
      if (held) {
        yes = look;
        look -= step;
      } else {
        no = look;
        look += step;
      }
      step *= 2;
    }
    while (no + 1 < yes) {
      long middle = no + (yes - no) / 2;
      if (holds.at(middle)) {
        yes = middle;
      } else {
        no = middle;
      }
    }
    return yes;
  }

  @Override
  public long firstMs(long afterMs, Comparison test, UserCalendar calendar) {
    long at = afterMs + 1;
    while (true) {
      double value = valueAt(at, calendar);
      if (test.test(value)) {
        return at;
      }
      long jumpMs = nextChangeMs(at, calendar);
      if (jumpMs == Long.MAX_VALUE) {
        return Long.MAX_VALUE;
      }
      if (!Double.isNaN(value)) {
        long found = falling(at, jumpMs - 1, test, calendar);
        if (found != Long.MAX_VALUE) {
          return found;
        }
      }
      at = jumpMs;
    }
  }

  /**
   * The first time in (low, high], where the value falls all the way, at which it passes; it does
   * not at {@code low}. A ratio of two rounded levels may rise by a bit within few milliseconds, so
   * those are looked at one by one.
   */
  private long falling(long low, long high, Comparison test, UserCalendar calendar) {
    if (test.greater()) {
      return looked(low + 1, Math.min(high, low + noiseMs(low)), test, calendar);
    }
    if (high == low || !test.test(valueAt(high, calendar))) {
      return looked(Math.max(low + 1, high - noiseMs(high)), high, test, calendar);
    }
    double begun =
        ratio
            ? (fast / (spec().tauMs() / DAY_MS)) / (slow / (spec().longMs() / DAY_MS))
            : fast / (spec().tauMs() / DAY_MS);
    long guessMs = markMs + after(begun, test.line(), slowestChange);
    long found = searched(low, high, guessMs, atMs -> test.test(valueAt(atMs, calendar)));
    long earlier = looked(Math.max(low + 1, found - noiseMs(found)), found - 1, test, calendar);
    return Math.min(found, earlier);
  }

  private long looked(long from, long to, Comparison test, UserCalendar calendar) {
    for (long at = from; at <= to; at++) {
      if (test.test(valueAt(at, calendar))) {
        return at;
      }
    }
    return Long.MAX_VALUE;
  }

  /** For how many milliseconds rounding may hide that the value falls: none, for one level. */
  private long noiseMs(long atMs) {
    if (!ratio) {
      return 0;
    }
    double gone = (atMs - markMs) * (1.0 / spec().tauMs() + 1.0 / spec().longMs());
    return (long) Math.min(MOST_LOOKED_AT, NOISE * (gone + 8) / slowestChange + 2);
  }

  @Override
  public LevelState copy() {
    LevelState copy = new LevelState(spec());
    copy.fast = fast;
    copy.slow = slow;
    copy.date = date;
    copy.markMs = markMs;
    copy.firstMs = firstMs;
    copy.lastMs = lastMs;
    return copy;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.timeOrNone(lastMs, baseMs);
    if (lastMs == NEVER) {
      return;
    }
    out.count(lastMs - markMs);
    out.count(markMs - firstMs);
    out.signed(date);
    out.i64(Double.doubleToLongBits(fast));
    if (ratio) {
      out.i64(Double.doubleToLongBits(slow));
    }
  }

  @Override
  void read(ByteReader in, long baseMs) {
    clear();
    long last = in.timeOrNone(baseMs);
    if (last == NEVER) {
      return;
    }
    markMs = last - in.count();
    firstMs = markMs - in.count();
    date = in.signed();
    fast = readSum(in);
    slow = ratio ? readSum(in) : 0;
    if (markMs > last || firstMs > markMs) {
      throw new StateFormatException("damaged state: a level out of order");
    }
    lastMs = last;
  }

  private static double readSum(ByteReader in) {
    double sum = Double.longBitsToDouble(in.i64());
    if (!(sum >= 1.0 && sum < 1e18)) {
      throw new StateFormatException("damaged state: not a sum of active dates");
    }
    return sum;
  }
}
