// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.plan.Plan;
import io.beckon.plan.TriggerPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the engine keeps of one user. Not thread-safe; owned by one key at a time. */
public final class UserState {
  private final Plan plan;
  private final String user;
  private long watermarkMs = Long.MIN_VALUE;
  private @Nullable Slots profile;
  private final IdMemory ids = new IdMemory();
  private final List<Event> waiting = new ArrayList<>(4);
  private final List<Event> cancels = new ArrayList<>(0);
  private final Cooldowns cooldowns = new Cooldowns();
  private final List<TriggerState> triggers = new ArrayList<>(2);

  /** The state of a user of whom nothing is known. */
  public UserState(Plan plan, String user) {
    this.plan = Objects.requireNonNull(plan);
    this.user = Objects.requireNonNull(user);
  }

  /** Whose state it is. */
  public String user() {
    return user;
  }

  /** Up to which event time everything was handled. */
  public long watermarkMs() {
    return watermarkMs;
  }

  /** Moves the watermark on; never back. */
  public void watermarkMs(long to) {
    watermarkMs = Math.max(watermarkMs, to);
  }

  /** The user's profile; every attribute missing if none was read. */
  public Slots profile() {
    return profile == null ? plan.noProfile() : profile;
  }

  /** Whether a profile was read. */
  boolean hasProfile() {
    return profile != null;
  }

  /** Replaces the profile; one without anything the plan reads is none. */
  public void profile(Slots to) {
    profile = null;
    for (int i = 0; i < plan.profile().count(); i++) {
      if (to.has(plan.profile().slot(i))) {
        profile = to;
      }
    }
  }

  /** The ids remembered. */
  public IdMemory ids() {
    return ids;
  }

  /** The events that wait for the watermark, by (time, id). */
  public List<Event> waiting() {
    return waiting;
  }

  /** Puts an event among those that wait. */
  public void await(Event event) {
    int at = waiting.size();
    while (at > 0 && Event.compareByTimeAndId(waiting.get(at - 1), event) > 0) {
      at--;
    }
    waiting.add(at, event);
  }

  /**
   * Events read that may cancel moments still to come, in order of arrival; kept until the
   * watermark has passed them.
   */
  public List<Event> cancels() {
    return cancels;
  }

  /** The ledger of cooldowns. */
  public Cooldowns cooldowns() {
    return cooldowns;
  }

  /** What triggers observed, in the order of the plan; triggers that observed nothing left out. */
  public List<TriggerState> triggers() {
    return triggers;
  }

  /** What {@code trigger} observed, or null if nothing. */
  public @Nullable TriggerState find(TriggerPlan trigger) {
    int at = search(trigger.index());
    return at < 0 ? null : triggers.get(at);
  }

  /** What {@code trigger} observed, made if there is nothing yet. */
  public TriggerState of(TriggerPlan trigger) {
    int at = search(trigger.index());
    if (at >= 0) {
      return triggers.get(at);
    }
    TriggerState state = new TriggerState(plan, user, trigger);
    triggers.add(-at - 1, state);
    return state;
  }

  private int search(int index) {
    int low = 0;
    int high = triggers.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int found = triggers.get(middle).trigger().index();
      if (found == index) {
        return middle;
      }
      if (found < index) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }

  /** The earliest deadline of an open absence, or {@code Long.MAX_VALUE}. */
  public long nextAbsenceMs() {
    long next = Long.MAX_VALUE;
    for (int i = 0; i < triggers.size(); i++) {
      next = Math.min(next, triggers.get(i).nextDeadlineMs());
    }
    return next;
  }

  /**
   * The smallest watermark at which there is something to do: an event settles, an absence is due
   * or, where nothing waits, everything can be forgotten; {@code Long.MAX_VALUE} if nothing.
   */
  public long nextDeadlineMs() {
    long next = nextAbsenceMs();
    if (!waiting.isEmpty()) {
      next = Math.min(next, waiting.get(0).timeMs());
    }
    if (next != Long.MAX_VALUE) {
      return next;
    }
    long dead = Math.max(ids.deadAtMs(plan), cooldowns.deadAtMs());
    for (int i = 0; i < cancels.size(); i++) {
      dead = Math.max(dead, cancels.get(i).timeMs());
    }
    for (int i = 0; i < triggers.size(); i++) {
      dead = Math.max(dead, triggers.get(i).deadAtMs());
    }
    return dead == Gathered.NEVER ? Long.MAX_VALUE : dead;
  }

  /** Forgets what cannot matter any more. */
  public void prune() {
    ids.prune(plan, watermarkMs);
    cooldowns.prune(watermarkMs);
    if (!cancels.isEmpty()) {
      cancels.removeIf(event -> event.timeMs() <= watermarkMs);
    }
    for (int i = triggers.size() - 1; i >= 0; i--) {
      triggers.get(i).prune(watermarkMs);
      if (triggers.get(i).isEmpty()) {
        triggers.remove(i);
      }
    }
  }

  /** Whether nothing is kept, so that the state may be dropped. */
  public boolean isEmpty() {
    return profile == null
        && ids.isEmpty()
        && waiting.isEmpty()
        && cancels.isEmpty()
        && cooldowns.isEmpty()
        && triggers.isEmpty();
  }

  /** The user's id stays out of logs. */
  @Override
  public String toString() {
    return "UserState with " + triggers.size() + " triggers";
  }
}
