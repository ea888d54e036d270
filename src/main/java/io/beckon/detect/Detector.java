// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.detect;

import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.ZoneDays;
import io.beckon.calendar.Zones;
import io.beckon.event.AttributeType;
import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.language.When;
import io.beckon.language.expression.Frame;
import io.beckon.language.expression.Scope;
import io.beckon.language.expression.Verdict;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.Interest;
import io.beckon.plan.MilestoneSpec;
import io.beckon.plan.Plan;
import io.beckon.plan.Role;
import io.beckon.plan.SignalInterest;
import io.beckon.plan.SignalPlan;
import io.beckon.plan.TriggerPlan;
import io.beckon.plan.TypePlan;
import io.beckon.signal.ScoreLine;
import io.beckon.state.Buckets;
import io.beckon.state.Cadence;
import io.beckon.state.Chains;
import io.beckon.state.DistinctValues;
import io.beckon.state.DropWatch;
import io.beckon.state.Gathered;
import io.beckon.state.History;
import io.beckon.state.Instance;
import io.beckon.state.IssuedEpisode;
import io.beckon.state.Journey;
import io.beckon.state.MilestoneWatch;
import io.beckon.state.OpenAbsence;
import io.beckon.state.SignalState;
import io.beckon.state.StepTimes;
import io.beckon.state.TriggerState;
import io.beckon.state.UserState;
import io.beckon.state.Watch;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Finds moments: one user's events in, moments out. Follows {@code docs/reference/moments.md} step
 * by step. Not thread-safe; owned by one engine, used for one user after the other.
 */
public final class Detector {
  private static final byte UNKNOWN = 0;
  private static final byte HOLDS = 1;
  private static final byte FAILS = 2;
  private static final byte MISSES = 3;

  private final Plan plan;
  private final Frame frame;
  private byte[] verdicts = new byte[16];

  /** The moments of the instant at hand, not yet decided. */
  private final List<Moment> moments = new ArrayList<>();

  /** The enders of the instant at hand, in settled order, by trigger index. */
  private final List<@Nullable List<EnderMark>> instantMarks;

  private final List<Integer> markedTriggers = new ArrayList<>();

  /** Whether the event at hand is all that its instant holds, in settled order. */
  private boolean alone;

  private final Zones zones;

  /** Whether a signal took an event of the instant at hand. */
  private boolean tookSignal;

  /** By trigger index; null where the trigger is no score. */
  private final List<@Nullable ScoreLine> lines = new ArrayList<>();

  /** The scores whose signals moved in the instant at hand. */
  private final List<TriggerPlan> moved = new ArrayList<>();

  /** A detector of {@code plan}'s moments. */
  public Detector(Plan plan, Zones zones) {
    this.plan = plan;
    this.zones = zones;
    for (TriggerPlan trigger : plan.triggers()) {
      lines.add(
          trigger.when() instanceof When.Score score
              ? ScoreLine.of(score, plan.job().retentionMs())
              : null);
    }
    this.frame = new Frame(Scope.where(plan.noProfile().type(), plan.noProfile().type()));
    this.instantMarks = new ArrayList<>();
    plan.triggers().forEach(t -> instantMarks.add(null));
  }

  /** Takes an event that just arrived, for the triggers that do not wait for the watermark. */
  public List<Moment> arrive(UserState state, Event event, DetectorOutput output) {
    moments.clear();
    List<Interest> interests = plan.type(event.type()).arrival();
    if (!interests.isEmpty()) {
      alone = true;
      TypePlan type = plan.type(event.type());
      forgetVerdicts(type);
      take(state, event, type, interests, output);
    }
    if (plan.type(event.type()).closesArrivals()) {
      state.cancels().add(event);
    }
    return moments;
  }

  /**
   * Takes an event that just arrived for the urgent triggers alone, which keep nothing of it: of a
   * user in quarantine.
   */
  public List<Moment> arriveUrgent(UserState state, Event event, DetectorOutput output) {
    moments.clear();
    TypePlan type = plan.type(event.type());
    alone = true;
    forgetVerdicts(type);
    for (Interest interest : type.arrival()) {
      if (interest.trigger().definition().urgent()) {
        take(state, event, type, interest, output);
      }
    }
    return moments;
  }

  /** Takes the events that wait for {@code timeMs}, then fires the deadlines at {@code timeMs}. */
  public List<Moment> settle(UserState state, long timeMs, DetectorOutput output) {
    moments.clear();
    tookSignal = false;
    Slots update = null;
    while (!state.updates().isEmpty() && state.updates().get(0).timeMs() == timeMs) {
      // Of several at one instant only the last one ever holds.
      update = state.updates().remove(0).profile();
    }
    if (update != null) {
      update(state, update, timeMs, output);
    }
    List<Event> waiting = state.waiting();
    int count = 0;
    while (count < waiting.size() && waiting.get(count).timeMs() == timeMs) {
      count++;
    }
    alone = count == 1 && !plan.hasWatches();
    for (int i = 0; i < count; i++) {
      Event event = waiting.get(i);
      TypePlan type = plan.type(event.type());
      output.taking(event);
      forgetVerdicts(type);
      take(state, event, type);
      take(state, event, type, type.settled(), output);
    }
    waiting.subList(0, count).clear();
    for (int i = 0; i < moved.size(); i++) {
      score(state, state.of(moved.get(i)), timeMs);
    }
    moved.clear();
    List<TriggerState> triggers = state.triggers();
    for (int i = 0; i < triggers.size(); i++) {
      if (triggers.get(i).nextDeadlineMs() == timeMs) {
        fire(state, triggers.get(i), timeMs);
      }
    }
    cancelWithinInstant();
    return moments;
  }

  /** Whether a signal took an event of the instant that was settled last. */
  public boolean tookSignal() {
    return tookSignal;
  }

  /**
   * Begins to watch what only the profile tells, of a user whose profile was read before any time
   * was known.
   *
   * @param watermarkMs what happened until then has passed
   */
  public void begin(UserState state, long watermarkMs) {
    if (plan.milestones().isEmpty() || state.begunMs() != UserState.NOT_BEGUN) {
      return;
    }
    state.begun(watermarkMs);
    for (TriggerPlan trigger : plan.milestones()) {
      schedule(state, trigger, watermarkMs);
    }
  }

  /** Sets milestones anew for a profile that takes another's place before any time is known. */
  public void reschedule(UserState state) {
    if (state.begunMs() != UserState.NOT_BEGUN) {
      for (TriggerPlan trigger : plan.milestones()) {
        schedule(state, trigger, state.begunMs());
      }
    }
  }

  /** A profile takes effect. */
  private void update(UserState state, Slots profile, long timeMs, DetectorOutput output) {
    boolean isFirst = !state.hasProfile();
    Slots before = state.profile();
    UserCalendar calendar = state.calendar(zones);
    state.profile(profile);
    if (plan.zoneSlot() >= 0 && !state.hasKnownZone(zones)) {
      output.fellBackToZone();
    }
    ZoneDays zone = state.zone(zones);
    // A first profile changes the zone, too, from the one that held without it.
    state.calendar(calendar.changed(zone, timeMs));
    if (!isFirst) {
      for (TriggerPlan trigger : plan.changes()) {
        When.Changes changes = (When.Changes) trigger.when();
        if (hasChanged(changes, before, profile)) {
          moments.add(Moments.changed(trigger, changes.slot(), before, profile, timeMs));
        }
      }
    }
    for (TriggerPlan trigger : plan.milestones()) {
      int slot = ((When.Milestone) trigger.when()).slot();
      // A date that stays is watched as before, at this very instant, too.
      boolean stays = Objects.equals(before.objectAt(slot), profile.objectAt(slot));
      schedule(state, trigger, stays ? timeMs - 1 : timeMs);
    }
    if (!state.calendar(zones).equals(calendar)) {
      for (TriggerPlan trigger : plan.drops()) {
        TriggerState observed = state.find(trigger);
        if (observed != null
            && observed.of(InstanceKey.NONE).gathered() instanceof Watch.OfDrop drop) {
          drop.deadlineMs(drop.watch().nextFiringMs(state.calendar(zones), timeMs));
        }
      }
      for (TriggerPlan trigger : plan.scores()) {
        // What it shows may hang on the date: it is looked at again in this instant.
        if (state.find(trigger) != null && !moved.contains(trigger)) {
          moved.add(trigger);
        }
      }
    }
  }

  private static boolean hasChanged(When.Changes changes, Slots before, Slots after) {
    @Nullable Object from = before.objectAt(changes.slot());
    @Nullable Object to = after.objectAt(changes.slot());
    return !Objects.equals(from, to)
        && (changes.from().isEmpty() || changes.from().get().equals(from))
        && (changes.to().isEmpty() || changes.to().get().equals(to));
  }

  /** Sets the next time a milestone happens after {@code afterMs}. */
  private void schedule(UserState state, TriggerPlan trigger, long afterMs) {
    When.Milestone milestone = (When.Milestone) trigger.when();
    OptionalLong date = date(state, milestone.slot());
    TriggerState observed = state.find(trigger);
    if (date.isEmpty() && observed == null) {
      return;
    }
    TriggerState its = state.of(trigger);
    Instance instance = its.of(InstanceKey.NONE);
    if (instance.gathered() instanceof Watch.OfMilestone watch) {
      watch.deadlineMs(
          date.isEmpty()
              ? Long.MAX_VALUE
              : watch
                  .watch()
                  .nextMs(
                      MilestoneSpec.of(milestone),
                      date.getAsLong(),
                      afterMs,
                      state.calendar(zones)));
    }
    if (instance.isEmpty()) {
      its.remove(instance);
    }
  }

  private OptionalLong date(UserState state, int slot) {
    Slots profile = state.profile();
    if (!profile.has(slot)) {
      return OptionalLong.empty();
    }
    return profile.type().attribute(slot).type() == AttributeType.TIMESTAMP
        ? OptionalLong.of(MilestoneSpec.dateOf(profile.longAt(slot), state.calendar(zones).zone()))
        : MilestoneSpec.dateOf(profile.stringAt(slot));
  }

  /** Lets the signals take an event. */
  private void take(UserState state, Event event, TypePlan type) {
    List<SignalInterest> signals = type.signals();
    for (int i = 0; i < signals.size(); i++) {
      SignalInterest interest = signals.get(i);
      int measured = interest.measuredSlot();
      if ((measured >= 0 && !event.attributes().has(measured))
          || !holds(state, event, type, interest.predicate())) {
        continue;
      }
      state.of(interest.signal()).take(interest, event, state.calendar(zones));
      tookSignal = true;
      for (TriggerPlan score : interest.scores()) {
        if (state.of(score).of(InstanceKey.NONE).gathered() instanceof Watch.OfScore watch) {
          watch.watch().take(event.timeMs(), watch.lifeMs());
        }
        if (!moved.contains(score)) {
          moved.add(score);
        }
      }
    }
  }

  /** Looks at a score after everything at {@code timeMs}, and when to look again. */
  private void score(UserState state, TriggerState observed, long timeMs) {
    TriggerPlan trigger = observed.trigger();
    ScoreLine line = Objects.requireNonNull(lines.get(trigger.index()));
    SignalPlan scored = trigger.scored().orElseThrow();
    SignalState signal = state.of(scored);
    Instance instance = observed.of(InstanceKey.NONE);
    if (!(instance.gathered() instanceof Watch.OfScore score)) {
      throw new IllegalStateException("a score watches nothing: " + trigger);
    }
    UserCalendar calendar = state.calendar(zones);
    score.watch().prune(timeMs, score.lifeMs());
    if (line.observe(score.watch(), signal, timeMs, calendar)) {
      moments.add(Moments.scored(trigger, signal.valueAt(timeMs, calendar), timeMs));
    }
    score.deadlineMs(line.nextDeadlineMs(score.watch(), signal, calendar));
  }

  /** Takes an event that the watermark had passed when it was read: it can only end things. */
  public void late(UserState state, Event event, DetectorOutput output) {
    TypePlan type = plan.type(event.type());
    forgetVerdicts(type);
    late(state, event, type, type.arrival(), output);
    late(state, event, type, type.settled(), output);
  }

  private void late(
      UserState state,
      Event event,
      TypePlan type,
      List<Interest> interests,
      DetectorOutput output) {
    for (Interest interest : interests) {
      TriggerState observed = interest.ends() ? state.find(interest.trigger()) : null;
      if (observed == null) {
        continue;
      }
      for (Role role : interest.roles()) {
        if (isEnder(role) && plays(state, event, type, role, interest.trigger(), output)) {
          endLate(observed, event, role, output);
        }
      }
    }
  }

  private void endLate(TriggerState observed, Event event, Role role, DetectorOutput output) {
    TriggerPlan trigger = observed.trigger();
    long timeMs = event.timeMs();
    if (!role.isComplete(event.attributes())) {
      return;
    }
    for (Instance instance : observed.instances()) {
      if (!role.concerns(event.attributes(), instance.key())) {
        continue;
      }
      OpenAbsence open = instance.open();
      if (open != null && open.sinceMs() <= timeMs && timeMs <= open.deadlineMs()) {
        instance.end();
        output.prevented(trigger);
      }
      boolean of = role.kind() == Role.Kind.OF;
      revoke(trigger, instance, event, of, output);
    }
  }

  private static boolean isEnder(Role role) {
    return role.kind() == Role.Kind.OF || role.kind() == Role.Kind.CANCEL;
  }

  /**
   * Revokes the issued episodes in whose span the event's time lies.
   *
   * @param untilMoment whether the span ends with the moment, as it does for a late {@code of}
   */
  private static void revoke(
      TriggerPlan trigger,
      Instance instance,
      Event event,
      boolean untilMoment,
      DetectorOutput output) {
    List<IssuedEpisode> issued = instance.issued();
    for (int i = 0; i < issued.size(); ) {
      IssuedEpisode episode = issued.get(i);
      long endMs = untilMoment ? episode.momentMs() : episode.endMs();
      if (episode.startMs() <= event.timeMs() && event.timeMs() <= endMs) {
        issued.remove(i);
        output.revoked(trigger, instance.key(), episode, event);
      } else {
        i++;
      }
    }
  }

  private void forgetVerdicts(TypePlan type) {
    int count = type.predicates().size();
    if (count > verdicts.length) {
      verdicts = new byte[count];
    } else {
      Arrays.fill(verdicts, 0, count, UNKNOWN);
    }
  }

  private void take(
      UserState state,
      Event event,
      TypePlan type,
      List<Interest> interests,
      DetectorOutput output) {
    for (Interest interest : interests) {
      take(state, event, type, interest, output);
    }
  }

  private void take(
      UserState state, Event event, TypePlan type, Interest interest, DetectorOutput output) {
    TriggerPlan trigger = interest.trigger();
    TriggerState observed = state.find(trigger);
    // An ender counts also where nothing was observed: against what opens in this instant or, in
    // order of arrival, what comes to be later.
    if (!interest.selects() && observed == null && !interest.ends()) {
      return;
    }
    int mask = 0;
    Role select = null;
    for (Role role : interest.roles()) {
      if (role.kind() == Role.Kind.SELECT && plays(state, event, type, role, trigger, output)) {
        mask |= 1 << role.step();
        select = role;
      }
    }
    if (select != null && !select.isComplete(event.attributes())) {
      output.withoutInstance(trigger);
      select = null;
    }
    if (select != null
        && select.measuredSlot() >= 0
        && !event.attributes().has(select.measuredSlot())) {
      output.missed(trigger);
      select = null;
    }
    for (Role role : interest.roles()) {
      if (role.kind() != Role.Kind.SELECT
          && plays(state, event, type, role, trigger, output)
          && role.isComplete(event.attributes())) {
        if (role.kind() == Role.Kind.WITHOUT) {
          without(observed, event, role);
        } else {
          end(observed, event, role, select, trigger, output);
        }
      }
    }
    if (select != null) {
      select(state, state.of(trigger), event, select, mask, output);
    }
  }

  private boolean plays(
      UserState state,
      Event event,
      TypePlan type,
      Role role,
      TriggerPlan trigger,
      DetectorOutput output) {
    int predicate = role.predicate();
    if (predicate == Role.ALWAYS) {
      return true;
    }
    byte verdict = known(state, event, type, predicate);
    if (verdict == MISSES) {
      output.missed(trigger);
    }
    return verdict == HOLDS;
  }

  private boolean holds(UserState state, Event event, TypePlan type, int predicate) {
    return predicate == Role.ALWAYS || known(state, event, type, predicate) == HOLDS;
  }

  /** What a condition says of the event at hand: looked into once. */
  private byte known(UserState state, Event event, TypePlan type, int predicate) {
    byte verdict = verdicts[predicate];
    if (verdict == UNKNOWN) {
      verdict = verdict(state, event, type, predicate);
      verdicts[predicate] = verdict;
    }
    return verdict;
  }

  private static void without(@Nullable TriggerState observed, Event event, Role role) {
    if (observed == null) {
      return;
    }
    for (Instance instance : observed.instances()) {
      if (instance.gathered() instanceof Chains chains
          && role.concerns(event.attributes(), instance.key())) {
        chains.without(event.timeMs());
      }
    }
  }

  private void end(
      @Nullable TriggerState observed,
      Event event,
      Role role,
      @Nullable Role select,
      TriggerPlan trigger,
      DetectorOutput output) {
    long timeMs = event.timeMs();
    if (observed != null) {
      for (Instance instance : observed.instances()) {
        if (!role.concerns(event.attributes(), instance.key())) {
          continue;
        }
        if (instance.open() != null) {
          instance.end();
          output.prevented(trigger);
        } else if (select == null || !select.concerns(event.attributes(), instance.key())) {
          Gathered gathered = instance.gathered();
          if (gathered != null) {
            gathered.clearUpTo(timeMs);
          }
        }
        if (role.kind() == Role.Kind.CANCEL) {
          revoke(trigger, instance, event, false, output);
        }
      }
    }
    if (alone) {
      return;
    }
    Optional<InstanceKey> into =
        select == null ? Optional.empty() : Optional.of(select.key(event.attributes()));
    mark(trigger, new EnderMark(role, event, into));
  }

  private void mark(TriggerPlan trigger, EnderMark mark) {
    List<EnderMark> marks = instantMarks.get(trigger.index());
    if (marks == null) {
      marks = new ArrayList<>(2);
      instantMarks.set(trigger.index(), marks);
    }
    if (marks.isEmpty()) {
      markedTriggers.add(trigger.index());
    }
    marks.add(mark);
  }

  private void select(
      UserState state,
      TriggerState observed,
      Event event,
      Role select,
      int mask,
      DetectorOutput output) {
    Instance instance = observed.find(select, event);
    if (instance == null) {
      instance = observed.add(select.key(event.attributes()));
    }
    if (instance.gathered() instanceof History history) {
      heard(state, observed, instance, history, event, output);
      return;
    }
    if (instance.gathered() instanceof Watch.OfDrop drop) {
      int measured = select.measuredSlot();
      BigDecimal value = measured >= 0 ? event.attributes().numberAt(measured) : BigDecimal.ONE;
      drop.watch().take(event.timeMs(), value, state.calendar(zones));
      drop.deadlineMs(drop.watch().nextFiringMs(state.calendar(zones), event.timeMs()));
      instance.tookIn(event.timeMs());
      return;
    }
    OpenAbsence open = instance.open();
    if (open != null) {
      if (observed.trigger().restarts()) {
        instance.open(open.restartedAt(event.timeMs()));
        instance.tookIn(event.timeMs());
      }
      return;
    }
    boolean taken = gather(state, observed, instance, event, select, mask, output);
    if (instance.isEmpty()) {
      observed.remove(instance);
    } else if (taken) {
      displace(observed, instance, event.timeMs(), output);
    }
  }

  /** A silence begins anew. */
  private void heard(
      UserState state,
      TriggerState observed,
      Instance instance,
      History history,
      Event event,
      DetectorOutput output) {
    TriggerPlan trigger = observed.trigger();
    long timeMs = event.timeMs();
    history.take(timeMs, state.calendar(zones).dateAt(timeMs));
    instance.tookIn(timeMs);
    instance.open(null);
    long waitMs = waitMs(trigger.delay().orElseThrow(), history.cadence());
    history.keepFor(waitMs);
    if (waitMs != Cadence.NO_WAIT) {
      if (speaksAgainst(instantMarks.get(trigger.index()), instance.key(), timeMs, timeMs)) {
        output.prevented(trigger);
      } else {
        instance.open(
            new OpenAbsence(timeMs, timeMs + waitMs, timeMs, history.cadence().count(), event));
      }
    }
    if (instance.isEmpty()) {
      observed.remove(instance);
    } else {
      displace(observed, instance, timeMs, output);
    }
  }

  private static long waitMs(When.Wait delay, Cadence cadence) {
    if (delay instanceof When.Wait.Fixed fixed) {
      return fixed.ms();
    }
    When.Wait.OwnGap gap = (When.Wait.OwnGap) delay;
    return cadence.waitMs(
        gap.factor(),
        gap.priorGapMs() / 86_400_000.0,
        gap.priorWeight(),
        gap.minEvents(),
        gap.floorMs().orElse(0),
        gap.ceilingMs().orElse(Long.MAX_VALUE));
  }

  /** Gathers an event; whether it changed anything. */
  private boolean gather(
      UserState state,
      TriggerState observed,
      Instance instance,
      Event event,
      Role select,
      int mask,
      DetectorOutput output) {
    TriggerPlan trigger = observed.trigger();
    long timeMs = event.timeMs();
    Gathered gathered = instance.gathered();
    boolean complete;
    long sinceMs = timeMs;
    BigDecimal measure = BigDecimal.ZERO;
    boolean taken = true;
    if (gathered != null) {
      // In settled order nothing before this event is still to come.
      gathered.prune(trigger.arrival() ? state.watermarkMs() : timeMs - 1);
    }
    if (gathered instanceof Buckets buckets) {
      boolean sums = trigger.gathers() instanceof When.Sum;
      BigDecimal value =
          sums ? event.attributes().numberAt(select.measuredSlot()) : BigDecimal.ZERO;
      complete = buckets.add(timeMs, value, trigger.atLeastCount(), trigger.atLeast());
      sinceMs = buckets.foundSinceMs();
      measure = sums ? buckets.foundSum() : BigDecimal.valueOf(buckets.foundCount());
    } else if (gathered instanceof DistinctValues distinct) {
      Object value = value(event.attributes(), select.measuredSlot());
      taken = distinct.isNews(timeMs, value);
      complete = distinct.add(timeMs, value, trigger.atLeastCount());
      sinceMs = distinct.foundSinceMs();
      measure = BigDecimal.valueOf(distinct.foundCount());
    } else if (gathered instanceof Chains chains) {
      taken = chains.isOfUse(timeMs, mask);
      complete = chains.add(timeMs, mask);
      sinceMs = chains.foundSinceMs();
    } else if (gathered instanceof StepTimes steps) {
      complete = steps.add(timeMs, mask);
      sinceMs = steps.foundSinceMs();
    } else {
      complete = true;
    }
    if (taken) {
      instance.tookIn(timeMs);
    }
    if (complete) {
      instance.empty();
      complete(
          state, observed, instance, event, gathered == null ? timeMs : sinceMs, measure, output);
    }
    return taken;
  }

  private static Object value(Slots event, int slot) {
    return switch (event.type().attribute(slot).type()) {
      case INT -> event.longAt(slot);
      case BOOL -> event.boolAt(slot);
      default -> event.stringAt(slot);
    };
  }

  private void complete(
      UserState state,
      TriggerState observed,
      Instance instance,
      Event event,
      long sinceMs,
      BigDecimal measure,
      DetectorOutput output) {
    TriggerPlan trigger = observed.trigger();
    long timeMs = event.timeMs();
    if (trigger.isAbsence()) {
      if (speaksAgainst(instantMarks.get(trigger.index()), instance.key(), timeMs, timeMs)) {
        output.prevented(trigger);
      } else {
        instance.open(
            new OpenAbsence(
                timeMs, timeMs + trigger.waitMs(), sinceMs, measure.longValue(), event));
      }
      return;
    }
    Moment moment = Moments.completed(trigger, instance.key(), event, sinceMs, measure);
    boolean cancelled = trigger.arrival() && wasCancelled(state, trigger, instance.key(), timeMs);
    moments.add(cancelled ? moment.cancelled() : moment);
  }

  /**
   * Whether a {@code cancel_on} event of the moment's span was read before, in order of arrival.
   */
  private boolean wasCancelled(
      UserState state, TriggerPlan trigger, InstanceKey key, long momentMs) {
    long endMs = momentMs + trigger.spanMs();
    for (Event cancel : state.cancels()) {
      if (cancel.timeMs() < momentMs || cancel.timeMs() > endMs) {
        continue;
      }
      if (cancels(state, cancel, trigger, key)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether an event, taken as it came, cancels what becomes of an instance: not one that is itself
   * selected into it.
   */
  public boolean cancels(UserState state, Event event, TriggerPlan trigger, InstanceKey key) {
    TypePlan type = plan.type(event.type());
    for (Interest interest : type.arrival()) {
      if (interest.trigger().equals(trigger) && cancels(state, event, type, interest, key)) {
        return true;
      }
    }
    return false;
  }

  /** Whether an event cancels what becomes of an instance it is not itself selected into. */
  private boolean cancels(
      UserState state, Event event, TypePlan type, Interest interest, InstanceKey key) {
    boolean cancels = false;
    for (Role role : interest.roles()) {
      if (!role.isComplete(event.attributes())
          || !role.concerns(event.attributes(), key)
          || (role.predicate() != Role.ALWAYS
              && verdict(state, event, type, role.predicate()) != HOLDS)) {
        continue;
      }
      int measured = role.measuredSlot();
      if (role.kind() == Role.Kind.SELECT && (measured < 0 || event.attributes().has(measured))) {
        return false;
      }
      cancels |= role.kind() == Role.Kind.CANCEL;
    }
    return cancels;
  }

  private byte verdict(UserState state, Event event, TypePlan type, int predicate) {
    frame.set(Scope.EVENT, event.attributes()).set(Scope.USER, state.profileAt(event.timeMs()));
    Verdict found = type.predicates().get(predicate).test(frame);
    return found == Verdict.TRUE ? HOLDS : found == Verdict.FALSE ? FAILS : MISSES;
  }

  private static boolean speaksAgainst(
      @Nullable List<EnderMark> marks, InstanceKey key, long fromMs, long toMs) {
    if (marks == null) {
      return false;
    }
    for (EnderMark mark : marks) {
      long timeMs = mark.event().timeMs();
      if (timeMs >= fromMs && timeMs <= toMs && mark.concerns(key)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Cancels moments of this instant that a {@code cancel_on} event of this instant speaks against.
   */
  private void cancelWithinInstant() {
    if (markedTriggers.isEmpty()) {
      return;
    }
    for (int i = 0; i < moments.size(); i++) {
      Moment moment = moments.get(i);
      List<EnderMark> marks = instantMarks.get(moment.trigger().index());
      if (moment.outcome() == Moment.Outcome.OPEN
          && speaksAgainst(marks, moment.key(), moment.timeMs(), moment.timeMs())) {
        moments.set(i, moment.cancelled());
      }
    }
    for (int index : markedTriggers) {
      List<EnderMark> marks = instantMarks.get(index);
      if (marks != null) {
        marks.clear();
      }
    }
    markedTriggers.clear();
  }

  private void fire(UserState state, TriggerState observed, long timeMs) {
    TriggerPlan trigger = observed.trigger();
    List<Instance> instances = observed.instances();
    for (int i = 0; i < instances.size(); ) {
      Instance instance = instances.get(i);
      OpenAbsence open = instance.open();
      if (open != null && open.deadlineMs() == timeMs) {
        moments.add(Moments.waited(trigger, instance, open, timeMs, Moment.Outcome.OPEN));
        instance.open(null);
        if (instance.gathered() instanceof History history) {
          history.fired();
        }
      } else if (instance.gathered() instanceof Watch watch && watch.deadlineMs() == timeMs) {
        fire(state, observed, watch, timeMs);
      }
      if (instance.isEmpty()) {
        instances.remove(i);
      } else {
        i++;
      }
    }
  }

  private void fire(UserState state, TriggerState observed, Watch watch, long timeMs) {
    TriggerPlan trigger = observed.trigger();
    if (watch instanceof Watch.OfDrop drop) {
      UserCalendar calendar = state.calendar(zones);
      if (drop.watch().closeUpTo(calendar.dateAt(timeMs) - 1) != DropWatch.NO_DATE) {
        moments.add(Moments.dropped(trigger, drop.watch(), timeMs));
      }
      drop.deadlineMs(drop.watch().nextFiringMs(calendar, timeMs));
    } else if (watch instanceof Watch.OfMilestone milestone) {
      reach(state, trigger, milestone, timeMs);
    } else {
      score(state, observed, timeMs);
    }
  }

  private void reach(
      UserState state, TriggerPlan trigger, Watch.OfMilestone milestone, long timeMs) {
    MilestoneSpec spec = MilestoneSpec.of((When.Milestone) trigger.when());
    MilestoneWatch watch = milestone.watch();
    UserCalendar calendar = state.calendar(zones);
    OptionalLong known = date(state, ((When.Milestone) trigger.when()).slot());
    if (known.isEmpty()) {
      // The attribute is of another type by now: nothing is known of it until it is read again.
      milestone.deadlineMs(Long.MAX_VALUE);
      return;
    }
    long date = known.getAsLong();
    // What was planned is found again: the bytes keep the time only.
    long atMs = watch.nextMs(spec, date, timeMs - 1, calendar);
    if (atMs != timeMs) {
      milestone.deadlineMs(atMs);
      return;
    }
    moments.add(Moments.reached(trigger, watch, timeMs));
    watch.happened(watch.foundDate());
    milestone.deadlineMs(watch.nextMs(spec, date, timeMs, calendar));
  }

  /**
   * Lets instances go until no more than {@code max_instances} are live at {@code timeMs}; never
   * {@code kept}, which just became live.
   */
  private void displace(TriggerState observed, Instance kept, long timeMs, DetectorOutput output) {
    int most = observed.trigger().definition().maxInstances();
    if (observed.size() <= most) {
      return;
    }
    List<Instance> instances = observed.instances();
    int live = 0;
    for (Instance instance : instances) {
      if (instance.isLiveAt(timeMs)) {
        live++;
      }
    }
    for (; live > most; live--) {
      Instance gone = leastOf(observed, kept, timeMs, true);
      if (gone == null) {
        return;
      }
      OpenAbsence open = gone.open();
      if (open != null) {
        moments.add(Moments.waited(observed.trigger(), gone, open, timeMs, Moment.Outcome.EVICTED));
      }
      instances.remove(gone);
      output.displaced(observed.trigger(), gone.key(), timeMs);
    }
    int remembered = 0;
    for (Instance instance : instances) {
      if (isOnlyRemembered(observed, instance, timeMs)) {
        remembered++;
      }
    }
    for (; remembered > most; remembered--) {
      Instance gone = leastOf(observed, kept, timeMs, false);
      if (gone == null) {
        return;
      }
      instances.remove(gone);
    }
  }

  /** Whether all there is of it are issued episodes whose span has ended. */
  private static boolean isOnlyRemembered(TriggerState observed, Instance instance, long timeMs) {
    return !instance.isLiveAt(timeMs) && observed.remembers(instance, timeMs);
  }

  private static @Nullable Instance leastOf(
      TriggerState observed, Instance kept, long timeMs, boolean live) {
    Instance least = null;
    for (Instance instance : observed.instances()) {
      if ((live ? instance.isLiveAt(timeMs) : isOnlyRemembered(observed, instance, timeMs))
          && !instance.key().equals(kept.key())
          && (least == null || goesBefore(instance, least, timeMs))) {
        least = instance;
      }
    }
    return least;
  }

  private static boolean goesBefore(Instance a, Instance b, long timeMs) {
    boolean aHolds = a.hasEpisodeAt(timeMs);
    boolean bHolds = b.hasEpisodeAt(timeMs);
    if (aHolds != bHolds) {
      return bHolds;
    }
    return a.latestMs() != b.latestMs()
        ? a.latestMs() < b.latestMs()
        : a.key().compareTo(b.key()) < 0;
  }

  /** Remembers that an episode is open beyond its moment: its instance is live, and it may end. */
  public void remember(UserState state, Journey journey, long endMs, DetectorOutput output) {
    TriggerPlan trigger = journey.trigger();
    TriggerState observed = state.of(trigger);
    Instance instance = observed.find(journey.key());
    if (instance == null) {
      instance = observed.add(journey.key());
      instance.tookIn(journey.spanStartMs());
    }
    instance.remember(remembered(journey, endMs));
    // The instance was live already, as long as its deadline was pending.
    if (!trigger.opensBefore()) {
      displace(observed, instance, journey.momentMs(), output);
    }
  }

  /** Takes note of where a remembered episode ends; nothing if it is not remembered any more. */
  public void extend(UserState state, Journey journey, long endMs) {
    change(state, journey, Optional.of(remembered(journey, endMs)));
  }

  /** Forgets an episode that came to nothing. */
  public void forget(UserState state, Journey journey) {
    change(state, journey, Optional.empty());
  }

  private static IssuedEpisode remembered(Journey journey, long endMs) {
    return new IssuedEpisode(
        journey.anchor(),
        journey.spanStartMs(),
        journey.momentMs(),
        endMs,
        journey.wasSent(1) ? journey.stepMs(1) : IssuedEpisode.NOT_SENT);
  }

  private static void change(UserState state, Journey journey, Optional<IssuedEpisode> to) {
    TriggerState observed = state.find(journey.trigger());
    Instance instance = observed == null ? null : observed.find(journey.key());
    if (instance != null) {
      instance.change(journey.anchor(), to);
    }
  }

  /** Whether an event plays {@code role} for the instance called {@code key}. */
  public boolean fits(UserState state, Event event, Role role, InstanceKey key) {
    return role.isComplete(event.attributes())
        && role.concerns(event.attributes(), key)
        && holds(state, event, role.predicate());
  }

  /** Whether a condition holds of an event: one of its type's predicates, or none. */
  public boolean holds(UserState state, Event event, int predicate) {
    return predicate == Role.ALWAYS
        || verdict(state, event, plan.type(event.type()), predicate) == HOLDS;
  }
}
