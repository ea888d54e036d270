// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.signal;

import io.beckon.calendar.UserCalendar;
import io.beckon.language.When;
import io.beckon.state.Comparison;
import io.beckon.state.ScoreWatch;
import io.beckon.state.SignalState;
import java.util.OptionalDouble;

/**
 * The line of a score: when a signal is past it, when it is clear of it, and for how long it must
 * be past. Immutable; what it found so far is in a {@link ScoreWatch}.
 *
 * <p>Who calls: at an instant with events of the signal, {@link ScoreWatch#take} for each and then
 * {@link #observe} once, after all; in silence {@link #observe} at each {@link #nextDeadlineMs};
 * and after a change of the user's zone, the deadline anew. The score fires where {@link #observe}
 * says so.
 */
public final class ScoreLine {
  private final Comparison past;
  private final Comparison notPast;
  private final Comparison clear;
  private final long forMs;
  private final long retentionMs;

  private ScoreLine(
      double line, boolean above, OptionalDouble clearAt, long forMs, long retentionMs) {
    if (clearAt.isPresent()
        && (above ? clearAt.getAsDouble() > line : clearAt.getAsDouble() < line)) {
      throw new IllegalArgumentException("a signal cannot be past a line and clear of it");
    }
    this.past = new Comparison(line, above, false, false);
    this.notPast = new Comparison(line, !above, true, true);
    this.clear =
        clearAt.isPresent()
            ? new Comparison(clearAt.getAsDouble(), !above, false, false)
            : new Comparison(line, !above, true, false);
    this.forMs = forMs;
    this.retentionMs = retentionMs;
  }

  /** The line of a score. */
  public static ScoreLine of(When.Score score, long retentionMs) {
    When.Line line = score.line();
    OptionalDouble clearAt =
        line.clearAt().isPresent()
            ? OptionalDouble.of(line.clearAt().get().doubleValue())
            : OptionalDouble.empty();
    return new ScoreLine(
        line.at().doubleValue(), line.above(), clearAt, score.forMs(), retentionMs);
  }

  /**
   * A line that the signal is past above it.
   *
   * @param clearAt below which it is clear; without, wherever it is not past and not missing
   * @param forMs how long it must be past without interruption
   * @param retentionMs how long past the signal's last event the score is watched, if the signal's
   *     window is not longer
   * @throws IllegalArgumentException if the signal could be past the line and clear of it at once
   */
  public static ScoreLine above(double line, OptionalDouble clearAt, long forMs, long retentionMs) {
    return new ScoreLine(line, true, clearAt, forMs, retentionMs);
  }

  /** As {@link #above}, of a line that the signal is past below it. */
  public static ScoreLine below(double line, OptionalDouble clearAt, long forMs, long retentionMs) {
    return new ScoreLine(line, false, clearAt, forMs, retentionMs);
  }

  /** How long past the signal's last event it is watched. */
  public long lifeMs(SignalState state) {
    return state.spec().lifeMs(retentionMs);
  }

  /** The first instant after {@code afterMs} at which, in silence, the signal is past the line. */
  public long firstPastMs(SignalState state, long afterMs, UserCalendar calendar) {
    return state.firstMs(afterMs, past, calendar);
  }

  /** The first instant after {@code afterMs} at which, in silence, it is not past it. */
  public long firstNotPastMs(SignalState state, long afterMs, UserCalendar calendar) {
    return state.firstMs(afterMs, notPast, calendar);
  }

  /** The first instant after {@code afterMs} at which, in silence, it is clear of it. */
  public long firstClearMs(SignalState state, long afterMs, UserCalendar calendar) {
    return state.firstMs(afterMs, clear, calendar);
  }

  /**
   * Observes the signal after all events at {@code atMs}.
   *
   * @return whether the score fires
   */
  public boolean observe(ScoreWatch watch, SignalState state, long atMs, UserCalendar calendar) {
    if (watch.isEmpty() || atMs - watch.lastEventMs() > lifeMs(state)) {
      return false;
    }
    double value = state.valueAt(atMs, calendar);
    return watch.observe(atMs, past.test(value), clear.test(value), forMs);
  }

  /**
   * The next instant at which, in silence, there is something to observe: it comes past the line,
   * goes back, comes clear, or has been past for long enough. {@code Long.MAX_VALUE} if there is
   * none before the watch is forgotten.
   */
  public long nextDeadlineMs(ScoreWatch watch, SignalState state, UserCalendar calendar) {
    if (watch.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long after = watch.observedMs();
    long next;
    if (watch.pastSinceMs() == ScoreWatch.NOT_PAST) {
      next = firstPastMs(state, after, calendar);
    } else {
      next = firstNotPastMs(state, after, calendar);
      if (watch.isArmed()) {
        next = Math.min(next, Math.max(after + 1, watch.pastSinceMs() + forMs));
      }
    }
    if (!watch.isArmed()) {
      next = Math.min(next, firstClearMs(state, after, calendar));
    }
    return next > watch.lastEventMs() + lifeMs(state) ? Long.MAX_VALUE : next;
  }
}
