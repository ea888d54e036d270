// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.UserCalendar;
import io.beckon.churn.Activity;
import io.beckon.churn.ChurnScore;
import io.beckon.event.Slots;
import io.beckon.plan.SignalInterest.Part;
import io.beckon.plan.SignalSpec;

/**
 * A user's activity, of which a model of churn makes a score. The same is kept whatever the model,
 * so that one that was trained anew, or is of another family, goes on with it. At most 70 bytes.
 */
public final class ModelState extends SignalState {
  private final SignalSpec.Model model;
  private Activity activity = new Activity();
  private long lastMs = NEVER;
  private boolean retrained;

  ModelState(SignalSpec spec) {
    super(spec);
    model = spec.model().orElseThrow();
  }

  @Override
  public void take(long timeMs, Slots attributes, int slot, UserCalendar calendar) {
    take(Part.COUNTS, timeMs, calendar);
  }

  void take(Part part, long timeMs, UserCalendar calendar) {
    prune(timeMs);
    lastMs = timeMs;
    switch (part) {
      case ENDS -> activity.unsubscribe();
      case STARTS -> activity.subscribe(calendar.endOf(calendar.dateAt(timeMs)));
      case COUNTS -> {
        long date = calendar.dateAt(timeMs);
        activity.take(date, calendar.endOf(date), timeMs);
      }
    }
  }

  private ChurnScore score() {
    return model.score();
  }

  /** What the model knows of the user. */
  public Activity activity() {
    return activity;
  }

  /**
   * Whether what was read was written under another version of the model: what was worked out of
   * its scores, such as when one crosses a line, does not hold any more.
   */
  boolean isRetrained() {
    return retrained;
  }

  @Override
  public boolean isEmpty() {
    return lastMs == NEVER;
  }

  @Override
  public void prune(long watermarkMs) {
    if (isForgotten(lastMs, watermarkMs)) {
      activity.clear();
      lastMs = NEVER;
    }
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
    return isForgotten(lastMs, atMs) ? Double.NaN : score().at(activity, atMs);
  }

  @Override
  public long nextChangeMs(long afterMs, UserCalendar calendar) {
    long forgottenMs = forgottenAfter(lastMs, afterMs);
    return forgottenMs == Long.MAX_VALUE
        ? forgottenMs
        : Math.min(forgottenMs, score().nextJump(activity, afterMs, forgottenMs - 1));
  }

  @Override
  public long firstMs(long afterMs, Comparison test, UserCalendar calendar) {
    long from = afterMs + 1;
    double value = valueAt(from, calendar);
    if (test.test(value)) {
      return from;
    }
    // In silence the model goes on to say nothing, or something until all is forgotten.
    long forgottenMs = forgottenAfter(lastMs, from);
    long found =
        Double.isNaN(value)
            ? Long.MAX_VALUE
            : score()
                .first(
                    activity, test.greater(), test.line(), test.orEqual(), from, forgottenMs - 1);
    return found == Long.MAX_VALUE && test.orMissing() ? forgottenMs : found;
  }

  @Override
  public ModelState copy() {
    ModelState copy = new ModelState(spec());
    copy.activity = activity.copy();
    copy.lastMs = lastMs;
    copy.retrained = retrained;
    return copy;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.timeOrNone(lastMs, baseMs);
    if (lastMs == NEVER) {
      return;
    }
    out.count(model.version());
    out.timeOrNone(activity.subscribedMs(), lastMs);
    out.count(activity.count());
    if (activity.isEmpty()) {
      return;
    }
    out.count(lastMs - activity.lastMs());
    out.signed(activity.closeMs() - activity.lastMs());
    out.signed(activity.lastDate());
    out.count(activity.lastDate() - activity.firstDate());
    out.count(activity.recent());
    out.i64(Double.doubleToLongBits(activity.gaps()));
    out.i64(Double.doubleToLongBits(activity.fast()));
    out.i64(Double.doubleToLongBits(activity.slow()));
  }

  @Override
  void read(ByteReader in, long baseMs) {
    activity = new Activity();
    lastMs = in.timeOrNone(baseMs);
    if (lastMs == NEVER) {
      return;
    }
    retrained = in.count() != model.version();
    long subscribedMs = in.timeOrNone(lastMs);
    long count = in.count();
    if (count != 0) {
      long countedMs = lastMs - in.count();
      long closeMs = countedMs + in.signed();
      long lastDate = in.signed();
      long firstDate = lastDate - in.count();
      try {
        activity =
            new Activity(
                firstDate,
                lastDate,
                count,
                closeMs,
                countedMs,
                in.count(),
                Double.longBitsToDouble(in.i64()),
                Double.longBitsToDouble(in.i64()),
                Double.longBitsToDouble(in.i64()),
                subscribedMs);
      } catch (IllegalArgumentException e) {
        throw new StateFormatException("damaged state: " + e.getMessage());
      }
    } else if (subscribedMs != Activity.NONE) {
      activity.subscribe(subscribedMs);
    }
  }
}
