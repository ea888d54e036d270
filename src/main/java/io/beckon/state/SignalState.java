// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.UserCalendar;
import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.plan.SignalInterest;
import io.beckon.plan.SignalSpec;

/**
 * What is kept of one user for one signal, and what it says. Not thread-safe; owned by one user.
 *
 * <p>Events are taken in order of (time, id). Questions are about times not before the last event
 * taken, and about silence from then on. What retention forgets is forgotten from the first
 * millisecond that lies more than it past the last event, whenever {@link #prune} comes.
 */
public abstract sealed class SignalState
    permits PaneState,
        DistinctState,
        MarkState,
        GapState,
        ActiveDaysState,
        LevelState,
        BusiestHourState,
        ModelState {
  /** Nothing is ever dead at this. */
  static final long NEVER = ByteWriter.NONE;

  private final SignalSpec spec;

  SignalState(SignalSpec spec) {
    this.spec = spec;
  }

  /** Nothing yet, for the signal of {@code spec}. */
  public static SignalState of(SignalSpec spec) {
    return switch (spec.kind()) {
      case COUNT, SUM, AVG, MIN, MAX -> new PaneState(spec);
      case DISTINCT -> new DistinctState(spec);
      case FIRST, LAST, SINCE -> new MarkState(spec);
      case OWN_GAP -> new GapState(spec);
      case ACTIVE_DAYS -> new ActiveDaysState(spec);
      case ACTIVITY_LEVEL, DROP_RATIO -> new LevelState(spec);
      case BUSIEST_HOUR -> new BusiestHourState(spec);
      case MODEL -> new ModelState(spec);
    };
  }

  /** The signal. */
  public final SignalSpec spec() {
    return spec;
  }

  /**
   * Takes an event for what it is to the signal.
   *
   * @param event not before the last one taken, with the attribute that is measured
   * @param calendar of the user at that time
   */
  public final void take(SignalInterest interest, Event event, UserCalendar calendar) {
    if (this instanceof ModelState model) {
      model.take(interest.part(), event.timeMs(), calendar);
    } else {
      take(event.timeMs(), event.attributes(), interest.measuredSlot(), calendar);
    }
  }

  /**
   * Takes an event that the signal measures.
   *
   * @param timeMs not before the last one taken
   * @param attributes the event's
   * @param slot of the attribute it measures, which the event has; not looked at by kinds without
   * @param calendar of the user at that time
   */
  public abstract void take(long timeMs, Slots attributes, int slot, UserCalendar calendar);

  /** Whether nothing is kept. */
  public abstract boolean isEmpty();

  /** Forgets what no question about a time after {@code watermarkMs} needs. */
  public abstract void prune(long watermarkMs);

  /** A watermark at which {@link #prune} leaves nothing; of kinds without dates the smallest. */
  public abstract long deadAtMs();

  /**
   * Puts the value at {@code atMs} into a slot, or leaves it as it is where the value is missing.
   */
  public abstract void evaluate(long atMs, UserCalendar calendar, Slots into, int slot);

  /** The value at {@code atMs} as a double, NaN if missing; NaN too if it is no number. */
  public abstract double valueAt(long atMs, UserCalendar calendar);

  /**
   * The first instant after {@code afterMs} at which, in silence, the value jumps, appears or goes;
   * {@code Long.MAX_VALUE} if none. Levels and times since move between.
   */
  public abstract long nextChangeMs(long afterMs, UserCalendar calendar);

  /**
   * The first instant after {@code afterMs} at which, in silence, the value passes {@code test}:
   * what a look at every millisecond would find; {@code Long.MAX_VALUE} if none.
   */
  public long firstMs(long afterMs, Comparison test, UserCalendar calendar) {
    long at = afterMs + 1;
    while (at != Long.MAX_VALUE && !test.test(valueAt(at, calendar))) {
      at = nextChangeMs(at, calendar);
    }
    return at;
  }

  /** The same, to change on its own. */
  public abstract SignalState copy();

  abstract void write(ByteWriter out, long baseMs);

  abstract void read(ByteReader in, long baseMs);

  /** Whether an event at {@code lastMs} is forgotten at {@code atMs}. */
  final boolean isForgotten(long lastMs, long atMs) {
    return lastMs == NEVER || atMs - lastMs > spec.retentionMs();
  }

  /**
   * The first instant at which an event at {@code lastMs} is forgotten, if after {@code afterMs}.
   */
  final long forgottenAfter(long lastMs, long afterMs) {
    if (lastMs == NEVER) {
      return Long.MAX_VALUE;
    }
    long at = lastMs + spec.retentionMs() + 1;
    return at > afterMs ? at : Long.MAX_VALUE;
  }

  /** The smallest watermark at which an event at {@code lastMs} is forgotten. */
  final long forgottenAt(long lastMs) {
    return lastMs == NEVER ? NEVER : lastMs + spec.retentionMs() + 1;
  }
}
