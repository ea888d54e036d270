// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.Zones;
import io.beckon.detect.Detector;
import io.beckon.detect.DetectorOutput;
import io.beckon.detect.Moment;
import io.beckon.engine.EngineOutput.Counter;
import io.beckon.engine.EngineOutput.TriggerCounter;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition.SendFrom;
import io.beckon.language.When;
import io.beckon.plan.Closer;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.MuteInterest;
import io.beckon.plan.Plan;
import io.beckon.plan.Role;
import io.beckon.plan.TriggerPlan;
import io.beckon.plan.TypePlan;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Desk;
import io.beckon.policy.DeskOutput;
import io.beckon.policy.Outcome;
import io.beckon.signal.SignalValues;
import io.beckon.state.EventCodec;
import io.beckon.state.Instance;
import io.beckon.state.IssuedEpisode;
import io.beckon.state.Journey;
import io.beckon.state.ProfileUpdate;
import io.beckon.state.StateCodec;
import io.beckon.state.TriggerState;
import io.beckon.state.UserState;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The one entrance: what tests, backtests and jobs all run. Both clocks are arguments. Not
 * thread-safe: one engine a thread; one plan may serve many engines.
 *
 * <p>Results depend only on the plan and, per user, on the sequence of offered events with the
 * watermarks they were read at; not on how often {@link #advance} is called in between.
 */
public final class Engine {
  /** The deadline of a state that waits for nothing. */
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  /** A user whose state has more bytes than this is put in quarantine. */
  public static final int MOST_STATE_BYTES = 1 << 16;

  /** How long a quarantine lasts, by the watermark. */
  public static final long QUARANTINE_MS = 86_400_000L;

  /** A state is weighed at one event in so many, and as often as so many more of them wait. */
  private static final int WEIGH_EVERY = 64;

  private static final int WEIGH_WAITING = 256;

  private final Plan plan;
  private final Zones zones;
  private final Detector detector;
  private final Desk desk;
  private final StateCodec codec;
  private final Optional<Publisher> publisher;

  /** An engine that runs {@code plan}; where it is to send from now on, it sends from always. */
  public Engine(Plan plan) {
    this(plan, Long.MIN_VALUE);
  }

  /**
   * An engine that runs {@code plan}.
   *
   * @param startedMs when the job first started: what {@code send_from: now} means
   */
  public Engine(Plan plan, long startedMs) {
    this.zones = new Zones();
    this.plan = plan;
    this.detector = new Detector(plan, zones);
    this.desk = new Desk(plan, new SignalValues(plan, zones), zones, sendFromMs(plan, startedMs));
    this.codec = new StateCodec(plan, zones);
    this.publisher =
        plan.published().map(scores -> new Publisher(scores, plan.job().signals().type(), zones));
  }

  private static long sendFromMs(Plan plan, long startedMs) {
    Optional<SendFrom> from = plan.job().time().sendFrom();
    if (from.isEmpty()) {
      return Long.MIN_VALUE;
    }
    return from.get() instanceof SendFrom.At at ? at.timeMs() : startedMs;
  }

  /** The plan it runs. */
  public Plan plan() {
    return plan;
  }

  /** Whether events of {@code type} are of interest; others need not be offered. */
  public boolean listensTo(EventType type) {
    return plan.listensTo(type);
  }

  /** The state of a user of whom nothing is known. */
  public UserState newState(String user) {
    return new UserState(plan, user);
  }

  /**
   * Reads a user's profile before any of the user's events: it holds from the beginning, and
   * replaces every attribute.
   *
   * @param profile of the catalogue's profile type
   */
  public void profile(UserState state, Slots profile) {
    state.profile(profile);
    state.recalendar();
  }

  /**
   * Takes a profile update: it takes effect at its time, or as soon after the watermark as can be,
   * and replaces every attribute. The first thing read of a user, it holds from the beginning where
   * it has no time.
   *
   * @param profile of the catalogue's profile type
   * @param timeMs the update's time, if it has one
   * @param watermarkMs the watermark when it was read, {@link Long#MIN_VALUE} if there is none yet
   * @param sendTimeMs the send clock; of a live job it tells the time where there is no watermark
   */
  public void profile(
      UserState state,
      Slots profile,
      OptionalLong timeMs,
      long watermarkMs,
      long sendTimeMs,
      EngineOutput output) {
    Adapter adapter = new Adapter(state, sendTimeMs, output);
    settle(state, watermarkMs, adapter);
    release(state, adapter);
    long reachedMs = state.watermarkMs();
    if (state.isQuarantined()) {
      replace(state, profile, reachedMs);
      return;
    }
    boolean isKnown = reachedMs != Long.MIN_VALUE;
    long nowMs = plan.isReplay() ? Long.MIN_VALUE : sendTimeMs;
    if (!isKnown && timeMs.orElse(nowMs) <= nowMs) {
      profile(state, profile);
      if (plan.zoneSlot() >= 0 && !state.hasKnownZone(zones)) {
        output.count(Counter.ZONE_FALLBACKS);
      }
      detector.reschedule(state);
      if (!plan.isReplay()) {
        begin(state, nowMs);
      }
      return;
    }
    if (isKnown) {
      begin(state, reachedMs);
    }
    long leastMs = isKnown ? reachedMs + 1 : Long.MIN_VALUE;
    state.await(new ProfileUpdate(Math.max(timeMs.orElse(leastMs), leastMs), profile));
    if (state.updates().size() % WEIGH_EVERY == 0) {
      weigh(state, adapter);
    }
  }

  /** Puts a profile in the place of another at once: nothing is watched that could change by it. */
  private void replace(UserState state, Slots profile, long timeMs) {
    UserCalendar calendar = state.calendar(zones);
    state.profile(profile);
    if (timeMs == Long.MIN_VALUE) {
      state.recalendar();
    } else {
      state.calendar(calendar.changed(state.zone(zones), timeMs));
    }
  }

  /**
   * Begins to watch for what only a profile tells, of a user whose profile holds from the
   * beginning. The user's first event does the same.
   *
   * @param watermarkMs what happened until then has passed
   */
  public void begin(UserState state, long watermarkMs) {
    detector.begin(state, watermarkMs);
  }

  /**
   * Takes one event, after handling everything due by {@code watermarkMs}.
   *
   * @param watermarkMs the watermark when the event was read, the event itself included
   * @param sendTimeMs the send clock; not looked at in jobs with {@code clock: replay}
   */
  public void offer(
      UserState state, Event event, long watermarkMs, long sendTimeMs, EngineOutput output) {
    Adapter adapter = new Adapter(state, sendTimeMs, output);
    settle(state, watermarkMs, adapter);
    if (!state.isQuarantined() && (watermarkMs != Long.MIN_VALUE || !plan.isReplay())) {
      detector.begin(state, watermarkMs == Long.MIN_VALUE ? sendTimeMs : watermarkMs);
    }
    if (state.ids().contains(event.id())) {
      output.count(Counter.DUPLICATE_EVENTS);
      return;
    }
    if (plan.idForgottenAt(event.timeMs()) > state.watermarkMs()
        && state.ids().add(event.id(), event.timeMs())) {
      output.count(Counter.IDS_FORGOTTEN);
    }
    TypePlan type = plan.type(event.type());
    if (event.timeMs() <= state.watermarkMs()) {
      output.count(Counter.LATE_EVENTS);
      output.late(event, state.watermarkMs());
      end(state, event, type, false, adapter);
      release(state, adapter);
      // Its id may be too old to be remembered, so nothing else would clear away what it ended.
      state.prune();
      return;
    }
    if (state.isQuarantined()) {
      output.count(Counter.EVENTS_SHED);
      end(state, event, type, false, adapter);
      List<Moment> urgent = detector.arriveUrgent(state, event, adapter);
      decide(state, urgent, event.timeMs(), false, adapter);
      release(state, adapter);
      weigh(state, event, adapter);
      return;
    }
    if (!type.settlesMutes()) {
      mute(state, event, type);
    }
    close(state, event, type.arrivalClosers(), false, adapter);
    List<Moment> arrived = detector.arrive(state, event, adapter);
    if (type.waits()) {
      // Before anything is decided: what a moment's signals tell includes the event itself.
      state.await(event);
    }
    decide(state, arrived, event.timeMs(), false, adapter);
    release(state, adapter);
    weigh(state, event, adapter);
  }

  /**
   * Takes an event as one that can only end, mute and convert.
   *
   * @param waited whether it waited: what takes events as they arrive has had it
   */
  private void end(UserState state, Event event, TypePlan type, boolean waited, Adapter adapter) {
    if (!waited || type.settlesMutes()) {
      mute(state, event, type);
    }
    if (!waited) {
      close(state, event, type.arrivalClosers(), true, adapter);
    }
    close(state, event, type.settledClosers(), true, adapter);
    detector.late(state, event, adapter);
  }

  /**
   * Looks now and then whether the state has grown too large: when, the events alone tell, so that
   * it does not depend on where a state was last written.
   */
  private void weigh(UserState state, Event event, Adapter adapter) {
    int drawn = (event.id().hashCode() ^ Long.hashCode(event.timeMs())) * 0x9E3779B9;
    int waiting = state.waiting().size();
    if (Integer.remainderUnsigned(drawn >>> 8, WEIGH_EVERY) == 0
        || (waiting > 0 && waiting % WEIGH_WAITING == 0)) {
      weigh(state, adapter);
    }
  }

  private void weigh(UserState state, Adapter adapter) {
    if (codec.encode(state).length <= MOST_STATE_BYTES / 2) {
      return;
    }
    // What was not read since it was written may hold what is to be forgotten.
    state.triggers().forEach(TriggerState::instances);
    state.prune();
    if (codec.encode(state).length > MOST_STATE_BYTES) {
      quarantine(state, adapter);
    }
  }

  /** Ends what the events that wait still end, and observes nothing of the user for a while. */
  private void quarantine(UserState state, Adapter adapter) {
    boolean isNew = !state.isQuarantined();
    if (isNew) {
      adapter.output.count(Counter.USERS_QUARANTINED);
    }
    long nowMs = state.watermarkMs();
    for (Event event : List.copyOf(state.waiting())) {
      end(state, event, plan.type(event.type()), true, adapter);
      nowMs = Math.max(nowMs, event.timeMs());
    }
    for (ProfileUpdate update : List.copyOf(state.updates())) {
      replace(state, update.profile(), update.timeMs());
    }
    if (isNew) {
      state.quarantine(nowMs + QUARANTINE_MS);
    }
    if (codec.encode(state).length > MOST_STATE_BYTES) {
      state.forgetIssued();
    }
  }

  /**
   * Handles everything due by {@code watermarkMs}: settled events and deadlines, in order; and, in
   * a live job, what is held until {@code sendTimeMs}.
   */
  public void advance(UserState state, long watermarkMs, long sendTimeMs, EngineOutput output) {
    Adapter adapter = new Adapter(state, sendTimeMs, output);
    settle(state, watermarkMs, adapter);
    release(state, adapter);
  }

  private void settle(UserState state, long watermarkMs, Adapter adapter) {
    int dropped = state.journeys().takeDropped();
    for (int i = 0; i < dropped; i++) {
      adapter.output.count(Counter.HELD_DROPPED);
    }
    while (true) {
      long dueMs = state.nextDueMs();
      if (dueMs > watermarkMs || dueMs == NO_DEADLINE) {
        break;
      }
      settleInstant(state, dueMs, adapter);
    }
    state.watermarkMs(watermarkMs);
    state.prune();
  }

  private void settleInstant(UserState state, long dueMs, Adapter adapter) {
    List<Moment> moments = detector.settle(state, dueMs, adapter);
    if (state.journeys().nextGoalEndMs() <= dueMs) {
      desk.followUp(state, dueMs, adapter);
    }
    decide(state, moments, dueMs, true, adapter);
    if (publisher.isPresent()) {
      publisher.get().settled(state, dueMs, detector.tookSignal(), adapter.output);
    }
  }

  /** Decides moments and, in a replay, what is held until {@code timeMs}. */
  private void decide(
      UserState state, List<Moment> moments, long timeMs, boolean settled, Adapter adapter) {
    boolean replay = plan.isReplay();
    long nowMs = replay ? timeMs : adapter.sendTimeMs;
    boolean withHeld = settled || !replay;
    if (moments.isEmpty() && !(withHeld && state.journeys().nextDueMs() <= nowMs)) {
      return;
    }
    for (int i = 0; i < moments.size(); i++) {
      adapter.output.count(TriggerCounter.MOMENTS, moments.get(i).trigger().id());
    }
    desk.decide(state, List.copyOf(moments), withHeld, nowMs, adapter);
  }

  /** Decides, in a live job, what is held until now. */
  private void release(UserState state, Adapter adapter) {
    if (!plan.isReplay() && state.journeys().nextDueMs() <= adapter.sendTimeMs) {
      desk.decide(state, List.of(), true, adapter.sendTimeMs, adapter);
      state.prune();
    }
    if (state.journeys().nextGoalEndMs() <= state.watermarkMs()) {
      // It was decided after its goal's time.
      desk.followUp(state, state.watermarkMs(), adapter);
    }
  }

  private void mute(UserState state, Event event, TypePlan type) {
    for (MuteInterest interest : type.mutes()) {
      if (detector.holds(state, event, interest.predicate())) {
        state.mutes().add(interest.mute(), interest.begins(), event.timeMs());
      }
    }
  }

  /**
   * Ends what came of moments where an event is the goal or cancels: the goal first.
   *
   * @param late whether the watermark had passed it: then what an absence waits for cancels, too
   */
  private void close(
      UserState state, Event event, List<Closer> closers, boolean late, Adapter adapter) {
    if (closers.isEmpty() || state.journeys().all().isEmpty()) {
      return;
    }
    for (Journey journey : List.copyOf(state.journeys().all())) {
      close(state, journey, event, closers, Role.Kind.GOAL, adapter);
      if (state.journeys().has(journey)) {
        close(state, journey, event, closers, Role.Kind.CANCEL, adapter);
      }
      if (late && event.timeMs() <= journey.momentMs() && state.journeys().has(journey)) {
        close(state, journey, event, closers, Role.Kind.OF, adapter);
      }
    }
  }

  private void close(
      UserState state,
      Journey journey,
      Event event,
      List<Closer> closers,
      Role.Kind kind,
      Adapter adapter) {
    for (int i = 0; i < closers.size(); i++) {
      Closer closer = closers.get(i);
      if (closer.role().kind() == kind
          && closer.trigger().equals(journey.trigger())
          && detector.fits(state, event, closer.role(), journey.key())) {
        if (kind == Role.Kind.GOAL) {
          desk.goal(state, journey, event, adapter.sendTimeMs, adapter);
        } else {
          desk.cancel(state, journey, event, adapter.sendTimeMs, adapter);
        }
        return;
      }
    }
  }

  /**
   * The smallest watermark at which {@link #advance} has something to do: an event settles, an
   * absence is due or, where neither waits, everything can be forgotten; {@link #NO_DEADLINE} if
   * nothing.
   */
  public long nextDeadline(UserState state) {
    return state.nextDeadlineMs();
  }

  /**
   * The smallest watermark at which {@link #advance} has something to do that is seen in the
   * results: at or after {@link #nextDeadline}. Whoever asks for less work wakes a user then, and
   * at the end of input once more.
   */
  public long wakeUp(UserState state) {
    return state.wakeUpMs();
  }

  /**
   * The smallest send time at which {@link #advance} has something to do in a live job, whatever
   * the watermark; {@link #NO_DEADLINE} if nothing, and in a replay.
   */
  public long nextSend(UserState state) {
    return plan.isReplay() ? NO_DEADLINE : state.journeys().nextDueMs();
  }

  /** Whether {@link #nextDeadline} is there only to forget: no event waits, no absence is open. */
  public boolean isOnlyToForget(UserState state) {
    return state.nextDueMs() == NO_DEADLINE && state.nextDeadlineMs() != NO_DEADLINE;
  }

  /** Whether anything but a milestone will come in silence: an event settles, a deadline is due. */
  public boolean isWaiting(UserState state) {
    if (!state.waiting().isEmpty() || !state.updates().isEmpty()) {
      return true;
    }
    for (Journey journey : state.journeys().all()) {
      if (journey.isPending() || journey.isFollowed()) {
        return true;
      }
    }
    for (TriggerState trigger : state.triggers()) {
      if (!(trigger.trigger().when() instanceof When.Milestone)
          && trigger.nextDeadlineMs() != NO_DEADLINE) {
        return true;
      }
    }
    return false;
  }

  /** Whether nothing is kept: such a state may be dropped. */
  public boolean isEmpty(UserState state) {
    return state.isEmpty();
  }

  /**
   * Counts the absences still open.
   *
   * @param openByTrigger by {@link io.beckon.plan.TriggerPlan#index}; added to
   */
  public void countOpen(UserState state, long[] openByTrigger) {
    for (TriggerState trigger : state.triggers()) {
      if (trigger.nextDeadlineMs() == NO_DEADLINE) {
        continue;
      }
      for (Instance instance : trigger.instances()) {
        if (instance.open() != null) {
          openByTrigger[trigger.trigger().index()]++;
        }
      }
    }
  }

  /**
   * Counts what is on its way.
   *
   * @param held moments without a final decision, since their first step is held, by {@link
   *     io.beckon.plan.TriggerPlan#index}; added to
   * @param followed assigned episodes whose outcome is still to come; added to
   */
  public void countJourneys(UserState state, long[] held, long[] followed) {
    for (Journey journey : state.journeys().all()) {
      if (journey.isPending() && journey.step() == 1) {
        held[journey.trigger().index()]++;
      }
      if (journey.isFollowed()) {
        followed[journey.trigger().index()]++;
      }
    }
  }

  /**
   * The state as bytes, the same in every process. What a trigger observed and nothing touched
   * since {@link #decode} is written as it was read.
   */
  public byte[] encode(UserState state) {
    return codec.encode(state);
  }

  /** As {@link #encode(UserState)}, after {@code headroom} bytes left to the caller. */
  public byte[] encode(UserState state, int headroom) {
    return codec.encode(state, headroom);
  }

  /**
   * The state of {@code user} from its bytes. What a trigger observed is read only when it is
   * touched: damage in there is thrown, as the same exception, by the call that touches it.
   *
   * @throws io.beckon.state.StateFormatException if they are damaged or of an unknown version
   */
  public UserState decode(String user, byte[] bytes) {
    return codec.decode(user, bytes);
  }

  /**
   * The state of {@code user} from its bytes, which begin at {@code from} and must not be changed
   * as long as the state is in use.
   *
   * @throws io.beckon.state.StateFormatException if they are damaged or of an unknown version
   */
  public UserState decode(String user, byte[] bytes, int from) {
    return codec.decode(user, bytes, from);
  }

  /**
   * An event as bytes, holding only the attributes that the plan reads: what travels to the keyed
   * operator.
   */
  public byte[] encodeEvent(Event event) {
    return EventCodec.encode(plan, event);
  }

  /**
   * The event of {@code user} from its bytes; only the slots the plan reads are filled.
   *
   * @throws io.beckon.state.StateFormatException if they are damaged
   */
  public Event decodeEvent(String user, byte[] bytes) {
    return EventCodec.decode(plan, user, bytes);
  }

  /** Hands what the detector finds to the engine's output. */
  private final class Adapter implements DetectorOutput, DeskOutput {
    private final UserState state;
    private final long sendTimeMs;
    private final EngineOutput output;

    Adapter(UserState state, long sendTimeMs, EngineOutput output) {
      this.state = state;
      this.sendTimeMs = sendTimeMs;
      this.output = output;
    }

    @Override
    public void taking(Event event) {
      TypePlan type = plan.type(event.type());
      if (type.settlesMutes()) {
        mute(state, event, type);
      }
      close(state, event, type.settledClosers(), false, this);
    }

    @Override
    public void revoked(TriggerPlan trigger, InstanceKey key, IssuedEpisode episode, Event by) {
      desk.revoked(state, trigger, key, episode, by, sendTimeMs, this);
    }

    @Override
    public void decision(Decision decision) {
      output.decision(decision);
    }

    @Override
    public void command(Command command) {
      output.command(command);
    }

    @Override
    public void request(BudgetRequest request) {
      output.request(request);
    }

    @Override
    public void outcome(Outcome outcome) {
      output.outcome(outcome);
    }

    @Override
    public void goalTooLate(TriggerPlan trigger) {
      output.count(TriggerCounter.GOALS_TOO_LATE, trigger.id());
    }

    @Override
    public void opened(Journey journey, long endMs) {
      detector.remember(state, journey, endMs, this);
    }

    @Override
    public void extended(Journey journey, long endMs) {
      detector.extend(state, journey, endMs);
    }

    @Override
    public void closed(Journey journey) {
      detector.forget(state, journey);
    }

    @Override
    public void catchUp(Journey journey) {
      TriggerPlan trigger = journey.trigger();
      for (Event event : List.copyOf(state.cancels())) {
        boolean isKept = state.journeys().has(journey);
        if (!isKept && !journey.hasCommands()) {
          return;
        }
        if (isKept) {
          List<Closer> closers = plan.type(event.type()).arrivalClosers();
          close(state, journey, event, closers, Role.Kind.GOAL, this);
        }
        // One within the span that was known beforehand has cancelled the moment itself.
        if (event.timeMs() > journey.momentMs() + trigger.spanMs()
            && detector.cancels(state, event, trigger, journey.key())) {
          desk.cancel(state, journey, event, sendTimeMs, this);
        }
      }
    }

    @Override
    public void prevented(TriggerPlan trigger) {
      output.count(TriggerCounter.PREVENTED, trigger.id());
    }

    @Override
    public void missed(TriggerPlan trigger) {
      output.count(TriggerCounter.MISSES, trigger.id());
    }

    @Override
    public void withoutInstance(TriggerPlan trigger) {
      output.count(TriggerCounter.NO_INSTANCE, trigger.id());
    }

    @Override
    public void fellBackToZone() {
      output.count(Counter.ZONE_FALLBACKS);
    }

    @Override
    public void displaced(TriggerPlan trigger, InstanceKey key, long timeMs) {
      output.count(TriggerCounter.INSTANCES_DISPLACED, trigger.id());
      desk.displaced(state, trigger, key, timeMs, sendTimeMs, this);
    }
  }
}
