// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.ZoneDays;
import io.beckon.calendar.Zones;
import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.plan.Plan;
import io.beckon.plan.SignalPlan;
import io.beckon.plan.TriggerPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the engine keeps of one user. Not thread-safe; owned by one key at a time. */
public final class UserState {
  /** The user is not in quarantine. */
  public static final long NO_QUARANTINE = Long.MIN_VALUE;

  /** Nothing that only a profile tells is watched for yet. */
  public static final long NOT_BEGUN = Long.MAX_VALUE;

  private final Plan plan;
  private final String user;
  private long watermarkMs = Long.MIN_VALUE;
  private @Nullable Slots profile;
  private final IdMemory ids = new IdMemory();
  private final List<Event> waiting = new ArrayList<>(4);
  private final List<Event> cancels = new ArrayList<>(0);
  private final Cooldowns cooldowns = new Cooldowns();
  private final Sends sends = new Sends();
  private final Spendings spendings = new Spendings();
  private final Mutes mutes = new Mutes();
  private final Journeys journeys = new Journeys();
  private final Publication publication = new Publication();
  private final List<TriggerState> triggers = new ArrayList<>(2);
  private final List<ProfileUpdate> updates = new ArrayList<>(0);

  /** By {@link SignalPlan#index}; as many as there are signals, or none at all. */
  private @Nullable SignalState[] signals = {};

  private @Nullable UserCalendar calendar;
  private @Nullable Slots fixedSignals;
  private long begunMs = NOT_BEGUN;
  private long quarantineEndMs = NO_QUARANTINE;

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

  /** The profile as it is at {@code timeMs}, as far as was read by now. */
  public Slots profileAt(long timeMs) {
    Slots found = profile();
    for (int i = 0; i < updates.size() && updates.get(i).timeMs() <= timeMs; i++) {
      found = updates.get(i).profile();
    }
    return found;
  }

  /**
   * What happened until then has passed for what only a profile tells, or {@link #NOT_BEGUN}. Kept
   * as long as there is a profile.
   */
  public long begunMs() {
    return begunMs;
  }

  /** Takes note of when watching for what only a profile tells began. */
  public void begun(long atMs) {
    begunMs = atMs;
  }

  /** Whether a profile was read. */
  public boolean hasProfile() {
    return profile != null;
  }

  /**
   * Replaces the profile; one without anything the plan reads is none, unless changes are waited
   * for. Dates go on as they did, see {@link #calendar(UserCalendar)}.
   */
  public void profile(Slots to) {
    profile = plan.changes().isEmpty() ? null : to;
    for (int i = 0; i < plan.profile().count(); i++) {
      if (to.has(plan.profile().slot(i))) {
        profile = to;
      }
    }
  }

  /** Profile updates that wait for the watermark, in order of time, then of arrival. */
  public List<ProfileUpdate> updates() {
    return updates;
  }

  /** Puts an update among those that wait. */
  public void await(ProfileUpdate update) {
    int at = updates.size();
    while (at > 0 && updates.get(at - 1).timeMs() > update.timeMs()) {
      at--;
    }
    if (at > 0 && updates.get(at - 1).timeMs() == update.timeMs()) {
      // Of several at one instant only the last one ever holds.
      updates.set(at - 1, update);
      return;
    }
    updates.add(at, update);
  }

  /** The user's dates: by the profile's zone, unless it changed. */
  public UserCalendar calendar(Zones zones) {
    UserCalendar known = calendar;
    if (known == null) {
      known = UserCalendar.of(zone(zones));
      calendar = known;
    }
    return known;
  }

  /** The user's dates as they are at {@code timeMs}, as far as was read by now. */
  public UserCalendar calendarAt(long timeMs, Zones zones) {
    UserCalendar found = calendar(zones);
    for (int i = 0; i < updates.size() && updates.get(i).timeMs() <= timeMs; i++) {
      ProfileUpdate update = updates.get(i);
      found = found.changed(zone(update.profile(), zones), update.timeMs());
    }
    return found;
  }

  /** Takes the dates from the profile alone: its zone was always the user's. */
  public void recalendar() {
    calendar = null;
  }

  /** Sets the user's dates after a change of zone. */
  public void calendar(UserCalendar to) {
    calendar = to;
  }

  /** The dates if they are in a change of zone, which the profile does not tell. */
  @Nullable UserCalendar changingCalendar() {
    return calendar != null && calendar.isChanging() ? calendar : null;
  }

  /** The zone the profile names, or that of the job. */
  public ZoneDays zone(Zones zones) {
    return zone(profile(), zones);
  }

  private ZoneDays zone(Slots of, Zones zones) {
    int slot = plan.zoneSlot();
    return slot >= 0 && of.has(slot)
        ? zones.find(of.stringAt(slot)).orElseGet(() -> fallback(zones))
        : fallback(zones);
  }

  private ZoneDays fallback(Zones zones) {
    return zones.of(plan.job().timezone().fallback());
  }

  /** Whether the profile names a zone there is. */
  public boolean hasKnownZone(Zones zones) {
    int slot = plan.zoneSlot();
    return slot >= 0 && profile().has(slot) && zones.find(profile().stringAt(slot)).isPresent();
  }

  /** What is kept for {@code signal}, or null if nothing. */
  public @Nullable SignalState find(SignalPlan signal) {
    return signals.length == 0 ? null : signals[signal.index()];
  }

  /** What is kept for {@code signal}, made if there is nothing yet. */
  public SignalState of(SignalPlan signal) {
    if (signals.length == 0) {
      signals = new SignalState[plan.signals().size()];
    }
    SignalState known = signals[signal.index()];
    if (known == null) {
      known = SignalState.of(signal.spec());
      signals[signal.index()] = known;
    }
    return known;
  }

  /** The values of signals that are given, not measured, or null. Never part of the bytes. */
  public @Nullable Slots fixedSignals() {
    return fixedSignals;
  }

  /** Gives values of signals in place of measured ones, for tests of definitions. */
  public void fixedSignals(Slots to) {
    fixedSignals = to;
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

  /** The ledger of caps. */
  public Sends sends() {
    return sends;
  }

  /** What the user has had of budgets. */
  public Spendings spendings() {
    return spendings;
  }

  /** What mutes are begun and ended by. */
  public Mutes mutes() {
    return mutes;
  }

  /** What is on its way. */
  public Journeys journeys() {
    return journeys;
  }

  /** What of the user's scores was published. */
  public Publication publication() {
    return publication;
  }

  /** The profile that was read last, also if it waits. */
  public Slots newestProfile() {
    return updates.isEmpty() ? profile() : updates.get(updates.size() - 1).profile();
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

  /** The earliest instant at which something waits to be handled, or {@code Long.MAX_VALUE}. */
  public long nextDueMs() {
    long next = nextTriggerMs();
    if (!waiting.isEmpty()) {
      next = Math.min(next, waiting.get(0).timeMs());
    }
    if (!updates.isEmpty()) {
      next = Math.min(next, updates.get(0).timeMs());
    }
    return Math.min(next, nextJourneyMs());
  }

  /** The earliest watermark at which something that is on its way is due. */
  private long nextJourneyMs() {
    if (journeys.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long next = journeys.nextGoalEndMs();
    return plan.isReplay() ? Math.min(next, journeys.nextDueMs()) : next;
  }

  /** The earliest deadline of a trigger or of scores, or {@code Long.MAX_VALUE}. */
  public long nextTriggerMs() {
    long next = publication.closeMs();
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
    long next = nextDueMs();
    return next != Long.MAX_VALUE ? next : forgettableMs();
  }

  /**
   * The smallest watermark at which something is to be done that is seen outside: as {@link
   * #nextDeadlineMs}, but events may wait as long as nothing can depend on them.
   */
  public long wakeUpMs() {
    long next = Math.min(nextTriggerMs(), nextJourneyMs());
    if (!updates.isEmpty()) {
      next = Math.min(next, updates.get(0).timeMs());
    }
    for (int i = 0; i < waiting.size(); i++) {
      Event event = waiting.get(i);
      next = Math.min(next, event.timeMs() + plan.type(event.type()).patienceMs());
    }
    return next != Long.MAX_VALUE ? next : forgettableMs();
  }

  /** The smallest watermark at which everything can be forgotten, if nothing waits. */
  private long forgettableMs() {
    long dead = Math.max(ids.deadAtMs(plan), cooldowns.deadAtMs());
    dead = Math.max(dead, Math.max(sends.deadAtMs(plan), mutes.deadAtMs(plan)));
    dead = Math.max(dead, Math.max(journeys.deadAtMs(plan), quarantineEndMs));
    for (int i = 0; i < cancels.size(); i++) {
      dead = Math.max(dead, cancels.get(i).timeMs());
    }
    for (int i = 0; i < triggers.size(); i++) {
      dead = Math.max(dead, triggers.get(i).deadAtMs());
    }
    for (SignalState signal : signals) {
      if (signal != null && !signal.isEmpty()) {
        dead = Math.max(dead, signal.deadAtMs());
      }
    }
    UserCalendar changing = changingCalendar();
    if (changing != null) {
      dead = Math.max(dead, changing.settledMs());
    }
    return dead == Gathered.NEVER ? Long.MAX_VALUE : dead;
  }

  /** Forgets what cannot matter any more. */
  public void prune() {
    if (quarantineEndMs <= watermarkMs) {
      quarantineEndMs = NO_QUARANTINE;
    }
    ids.prune(plan, watermarkMs);
    cooldowns.prune(watermarkMs);
    sends.prune(plan, watermarkMs);
    mutes.prune(plan, watermarkMs);
    journeys.prune(plan, watermarkMs);
    if (!cancels.isEmpty()) {
      cancels.removeIf(event -> event.timeMs() <= watermarkMs);
    }
    if (calendar != null && calendar.isChanging()) {
      calendar = calendar.since(watermarkMs);
    }
    for (int i = 0; i < signals.length; i++) {
      SignalState signal = signals[i];
      if (signal != null) {
        signal.prune(watermarkMs);
        if (signal.isEmpty()) {
          signals[i] = null;
        }
      }
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
        && updates.isEmpty()
        && hasNoSignals()
        && changingCalendar() == null
        && cancels.isEmpty()
        && cooldowns.isEmpty()
        && sends.isEmpty()
        && spendings.isEmpty()
        && mutes.isEmpty()
        && journeys.isEmpty()
        && publication.isEmpty()
        && !isQuarantined()
        && triggers.isEmpty();
  }

  private boolean hasNoSignals() {
    for (SignalState signal : signals) {
      if (signal != null && !signal.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** Whether events only end, mute and convert, and nothing is observed. */
  public boolean isQuarantined() {
    return quarantineEndMs != NO_QUARANTINE;
  }

  /** The watermark at which the user's quarantine ends, or {@link #NO_QUARANTINE}. */
  long quarantineEndMs() {
    return quarantineEndMs;
  }

  /** Sets when the quarantine ends. */
  void quarantined(long endMs) {
    quarantineEndMs = endMs;
  }

  /**
   * Forgets what was observed, and observes nothing until the watermark reaches {@code endMs}. Kept
   * are the profile, the ids, the ledgers, what is on its way, and which issued episodes an event
   * may still revoke. Whatever waits must have been dealt with.
   */
  public void quarantine(long endMs) {
    if (endMs == NO_QUARANTINE) {
      throw new IllegalArgumentException("a quarantine without an end");
    }
    quarantineEndMs = endMs;
    waiting.clear();
    updates.clear();
    begunMs = NOT_BEGUN;
    signals = new SignalState[0];
    publication.clear();
    triggers.forEach(TriggerState::forgetObserved);
    triggers.removeIf(TriggerState::isEmpty);
  }

  /** Forgets also which issued episodes an event may revoke. */
  public void forgetIssued() {
    cancels.clear();
    triggers.clear();
  }

  /** The user's id stays out of logs. */
  @Override
  public String toString() {
    return "UserState with " + triggers.size() + " triggers";
  }
}
