// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.signal;

import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.Zones;
import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.language.expression.Frame;
import io.beckon.language.expression.Scope;
import io.beckon.language.expression.Verdict;
import io.beckon.plan.Plan;
import io.beckon.plan.Role;
import io.beckon.plan.SignalInterest;
import io.beckon.plan.SignalPlan;
import io.beckon.plan.SignalRead;
import io.beckon.plan.TriggerPlan;
import io.beckon.plan.TypePlan;
import io.beckon.state.SignalState;
import io.beckon.state.UserState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What signals say at a moment: with the events up to its time and no later ones. A moment that is
 * decided at arrival sees the events and profile updates that were read and still wait, too. Not
 * thread-safe; owned by one engine.
 */
public final class SignalValues {
  private final Plan plan;
  private final Zones zones;
  private final Slots none;
  private final Frame frame;

  /** The signals of {@code plan}. */
  public SignalValues(Plan plan, Zones zones) {
    this.plan = plan;
    this.zones = zones;
    this.none = new Slots(plan.job().signals().type());
    this.frame = new Frame(Scope.where(plan.noProfile().type(), plan.noProfile().type()));
  }

  /** No signal says anything. */
  public Slots none() {
    return none;
  }

  /** The signals that the expressions of {@code trigger} read, at {@code timeMs}. */
  public Slots at(UserState state, TriggerPlan trigger, long timeMs) {
    if (trigger.reads().isEmpty()) {
      return none;
    }
    Slots fixed = state.fixedSignals();
    Slots values = new Slots(none.type());
    UserCalendar calendar =
        trigger.arrival() ? state.calendarAt(timeMs, zones) : state.calendar(zones);
    for (SignalRead read : trigger.reads()) {
      if (fixed != null && fixed.has(read.slot())) {
        fixed.copyTo(read.slot(), values, read.slot());
        continue;
      }
      SignalState kept = state.find(read.signal());
      if (trigger.arrival()) {
        kept = withWaiting(state, read.signal(), kept, timeMs);
      }
      if (kept == null) {
        kept = SignalState.of(read.signal().spec());
      }
      kept.evaluate(timeMs, calendar, values, read.slot());
    }
    return values;
  }

  private @Nullable SignalState withWaiting(
      UserState state, SignalPlan signal, @Nullable SignalState kept, long timeMs) {
    SignalState all = kept;
    boolean own = false;
    List<Event> waiting = state.waiting();
    for (int i = 0; i < waiting.size() && waiting.get(i).timeMs() <= timeMs; i++) {
      Event event = waiting.get(i);
      TypePlan type = plan.type(event.type());
      for (SignalInterest interest : type.signals()) {
        if (interest.signal().equals(signal) && takes(state, event, type, interest)) {
          if (!own || all == null) {
            all = all == null ? SignalState.of(signal.spec()) : all.copy();
            own = true;
          }
          all.take(interest, event, state.calendarAt(event.timeMs(), zones));
        }
      }
    }
    return all;
  }

  private boolean takes(UserState state, Event event, TypePlan type, SignalInterest interest) {
    int measured = interest.measuredSlot();
    if (measured >= 0 && !event.attributes().has(measured)) {
      return false;
    }
    if (interest.predicate() == Role.ALWAYS) {
      return true;
    }
    frame.set(Scope.EVENT, event.attributes()).set(Scope.USER, state.profileAt(event.timeMs()));
    return type.predicates().get(interest.predicate()).test(frame) == Verdict.TRUE;
  }
}
