// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import io.beckon.calendar.LocalDays;
import io.beckon.calendar.QuietHours;
import io.beckon.calendar.UserCalendar;
import io.beckon.calendar.Zones;
import io.beckon.detect.Moment;
import io.beckon.event.Event;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.experiment.Draw;
import io.beckon.experiment.Holdouts;
import io.beckon.experiment.Variants;
import io.beckon.language.Intervention;
import io.beckon.language.Intervention.SendAt;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Arbitration;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.CapWindow;
import io.beckon.language.PolicyDefinition.Consent;
import io.beckon.language.PolicyDefinition.Exemption;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.ActiveDates;
import io.beckon.language.TriggerDefinition.Goal;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.Frame;
import io.beckon.language.expression.Scope;
import io.beckon.language.expression.Verdict;
import io.beckon.plan.CapPlan;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.MuteInterest;
import io.beckon.plan.MutePlan;
import io.beckon.plan.Plan;
import io.beckon.plan.PolicyPlan;
import io.beckon.plan.Role;
import io.beckon.plan.TriggerPlan;
import io.beckon.plan.TypePlan;
import io.beckon.signal.SignalValues;
import io.beckon.state.IssuedEpisode;
import io.beckon.state.Journey;
import io.beckon.state.Journey.Assigned;
import io.beckon.state.Journey.Phase;
import io.beckon.state.Mutes;
import io.beckon.state.UserState;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Decides moments and what comes of them: runs the checks of {@link Reason} in their order, holds
 * what has to wait, keeps the ledgers, makes commands, follows goals. Follows {@code
 * docs/reference/policy.md} step by step. Not thread-safe; owned by one engine, used for one user
 * after the other.
 */
public final class Desk {
  /** What may wait for a rate waits no longer than this. */
  private static final long MOST_QUEUED_MS = 24 * 3_600_000L;

  /** Longer than quiet hours and holidays hold what comes later in a journey. */
  private static final long MOST_HELD_MS = 400 * 24 * 3_600_000L;

  private static final long HOUR_MS = 3_600_000L;
  private static final long NONE = Long.MAX_VALUE;

  private final Plan plan;
  private final PolicyPlan policy;
  private final PolicyDefinition rules;
  private final Commands commands;
  private final Frame frame;
  private final SignalValues signals;
  private final Zones zones;
  private final long sendFromMs;

  // The batch at hand.
  private final List<Candidate> batch = new ArrayList<>();
  private int winners;
  private String firstWinner = "";
  private long gatherUntilMs = NONE;
  private boolean closesWindows;

  /** Why not, and the numbers compared. */
  private record Refusal(Reason reason, List<Fact> compared) {
    static Refusal of(Reason reason, Fact... compared) {
      return new Refusal(reason, List.of(compared));
    }
  }

  /** Until when a step is held, and why. */
  private record Hold(Phase phase, long untilMs, List<Fact> compared) {}

  /**
   * A desk for {@code plan}'s moments.
   *
   * @param sendFromMs moments before it are {@link Reason#WARMING_UP}
   */
  public Desk(Plan plan, SignalValues signals, Zones zones, long sendFromMs) {
    this.plan = plan;
    this.policy = plan.policy();
    this.rules = policy.definition();
    this.commands = new Commands(plan.job().id());
    this.signals = signals;
    this.zones = zones;
    this.sendFromMs = sendFromMs;
    RecordType any = plan.noProfile().type();
    this.frame = new Frame(Scope.moment(any, any, any, any));
  }

  /**
   * Decides, together, the moments of an instant and what is held until then.
   *
   * @param moments none is decided twice
   * @param withHeld whether what is held and due is decided, too
   * @param nowMs send time
   */
  public void decide(
      UserState state, List<Moment> moments, boolean withHeld, long nowMs, DeskOutput output) {
    batch.clear();
    winners = 0;
    firstWinner = "";
    gatherUntilMs = NONE;
    closesWindows = withHeld;
    for (int i = 0; i < moments.size(); i++) {
      batch.add(Candidate.of(moments.get(i)));
    }
    List<Journey> journeys = state.journeys().all();
    for (int i = 0; i < journeys.size(); i++) {
      Journey journey = journeys.get(i);
      if (journey.phase() == Phase.GATHERING && journey.dueMs() >= nowMs) {
        gatherUntilMs = Math.min(gatherUntilMs, journey.dueMs());
      }
      if (withHeld && journey.isPending() && journey.dueMs() <= nowMs) {
        batch.add(Candidate.of(journey));
      }
    }
    if (batch.size() > 1) {
      batch.sort(Candidate.ORDER);
    }
    for (int i = 0; i < batch.size(); i++) {
      Candidate candidate = batch.get(i);
      if (candidate.moment().isPresent()) {
        take(state, candidate, candidate.moment().get(), nowMs, output);
        if (candidate.trigger().arrival()
            && (candidate.journey().hasCommands() || state.journeys().has(candidate.journey()))) {
          // In order of arrival, events that concern it may have been read before its moment.
          output.catchUp(candidate.journey());
        }
      } else if (candidate.journey().isPending()) {
        // It may have been displaced by one before it.
        attempt(state, candidate, nowMs, output);
      }
    }
  }

  /** A moment comes in. */
  private void take(
      UserState state, Candidate candidate, Moment moment, long nowMs, DeskOutput output) {
    TriggerPlan trigger = moment.trigger();
    Slots signalled = signals.at(state, trigger, moment.timeMs());
    Values.signals(candidate.evidence(), trigger, signalled);
    frame
        .set(Scope.EVENT, moment.event())
        .set(Scope.USER, state.profileAt(moment.timeMs()))
        .set(Scope.MOMENT, moment.observed())
        .set(Scope.SIGNAL, signalled);
    choose(state, candidate);
    Refusal refusal = refusedAtOnce(state, candidate, moment, output);
    if (refusal == null) {
      refusal = refusedNow(state, candidate, nowMs);
    }
    if (refusal != null) {
      output.decision(decision(state, candidate, refusal.reason(), refusal.compared(), nowMs));
      return;
    }
    candidate.params(Values.params(candidate.chosen(), frame));
    if (gathers(state, candidate, nowMs)) {
      if (gatherUntilMs == NONE) {
        gatherUntilMs = nowMs + rules.arbitration().map(Arbitration::gatherMs).orElse(0L);
      }
      Optional<Refusal> tooMany = tooManyJourneys(state, candidate);
      if (tooMany.isPresent()) {
        refuse(state, candidate, tooMany.get(), nowMs, output);
      } else {
        hold(state, candidate, Phase.GATHERING, gatherUntilMs, output);
      }
      return;
    }
    attempt(state, candidate, nowMs, output);
  }

  /** What is known at the moment and never asked again. */
  private @Nullable Refusal refusedAtOnce(
      UserState state, Candidate candidate, Moment moment, DeskOutput output) {
    TriggerDefinition definition = candidate.definition();
    if (moment.outcome() == Moment.Outcome.EVICTED) {
      return Refusal.of(Reason.EVICTED, new Fact.Whole("max_instances", definition.maxInstances()));
    }
    if (moment.timeMs() < sendFromMs) {
      return Refusal.of(Reason.WARMING_UP, new Fact.At("send_from", sendFromMs));
    }
    if (definition.mode() == Mode.PAUSED) {
      return Refusal.of(Reason.PAUSED);
    }
    if (definition.active().isPresent()) {
      LocalDate date = LocalDays.dateAt(moment.timeMs(), plan.job().zone());
      if (!contains(definition.active().get(), date)) {
        return Refusal.of(Reason.NOT_ACTIVE, new Fact.Text("date", date.toString()));
      }
    }
    Refusal outside = outside("if", definition.audience(), candidate, output);
    if (outside == null) {
      outside = outside("step_if", definition.steps().get(0).condition(), candidate, output);
    }
    if (outside != null) {
      return outside;
    }
    OptionalLong covering =
        state.cooldowns().covering(candidate.trigger(), moment.key(), moment.timeMs());
    return covering.isPresent() ? cooldown(candidate, covering.getAsLong()) : null;
  }

  private static Refusal cooldown(Candidate candidate, long lastMs) {
    return Refusal.of(
        Reason.COOLDOWN,
        new Fact.At("last", lastMs),
        new Fact.Lasting("cooldown", candidate.trigger().cooldownMs().orElse(0)));
  }

  private static boolean contains(ActiveDates active, LocalDate date) {
    return !active.from().filter(date::isBefore).isPresent()
        && !active.until().filter(date::isAfter).isPresent();
  }

  /** Whether a condition does not hold. */
  private @Nullable Refusal outside(
      String name, Optional<Expression> condition, Candidate candidate, DeskOutput output) {
    if (condition.isEmpty()) {
      return null;
    }
    Verdict verdict = condition.get().test(frame);
    if (verdict == Verdict.TRUE) {
      return null;
    }
    if (verdict == Verdict.MISSING) {
      output.missed(candidate.trigger());
    }
    return Refusal.of(
        Reason.NOT_IN_AUDIENCE,
        new Fact.Text(name, verdict == Verdict.FALSE ? "false" : "missing"));
  }

  /** Consent and mutes. */
  private @Nullable Refusal refusedNow(UserState state, Candidate candidate, long nowMs) {
    Lane lane = candidate.definition().lane();
    if (!isExempt(lane, Exemption.CONSENT)) {
      Optional<Fact> of = withoutConsent(state, lane, candidate.chosen(), nowMs);
      if (of.isPresent()) {
        boolean byLane = of.get().name().equals("lane");
        return Refusal.of(
            Reason.NO_CONSENT,
            new Fact.Text("consent", byLane ? "lane" : "channel"),
            new Fact.Text("of", ((Fact.Text) of.get()).value()));
      }
    }
    if (!isExempt(lane, Exemption.MUTE)) {
      for (MutePlan mute : policy.mutes()) {
        if (mute.mute().lane() == lane) {
          OptionalLong since = mutes(state, nowMs).since(mute, nowMs);
          if (since.isPresent()) {
            return Refusal.of(
                Reason.MUTED,
                new Fact.At("muted_since", since.getAsLong()),
                new Fact.Lasting("at_most", mute.mute().atMostMs()));
          }
        }
      }
    }
    return null;
  }

  /** What mutes are begun and ended by, what was read and still waits included. */
  private Mutes mutes(UserState state, long nowMs) {
    if (state.waiting().isEmpty()) {
      return state.mutes();
    }
    Mutes known = state.mutes();
    for (Event event : state.waiting()) {
      TypePlan type = plan.type(event.type());
      if (event.timeMs() > nowMs || !type.settlesMutes()) {
        continue;
      }
      Frame at = new Frame(Scope.where(event.type().record(), plan.noProfile().type()));
      at.set(Scope.EVENT, event.attributes()).set(Scope.USER, state.profileAt(event.timeMs()));
      for (MuteInterest interest : type.mutes()) {
        if (interest.predicate() == Role.ALWAYS
            || type.predicates().get(interest.predicate()).test(at) == Verdict.TRUE) {
          known = known == state.mutes() ? known.copy() : known;
          known.add(interest.mute(), interest.begins(), event.timeMs());
        }
      }
    }
    return known;
  }

  private boolean isExempt(Lane lane, Exemption exemption) {
    return rules.exempt(lane).contains(exemption);
  }

  /** The lane or channel that the user has not agreed to. */
  private Optional<Fact> withoutConsent(
      UserState state, Lane lane, Intervention intervention, long nowMs) {
    if (rules.consent().isEmpty()) {
      return Optional.empty();
    }
    Consent consent = rules.consent().get();
    Slots profile = profile(state, nowMs);
    OptionalInt slot = lane == Lane.MARKETING ? consent.marketingSlot() : consent.serviceSlot();
    if (slot.isPresent()) {
      boolean agreed =
          profile.has(slot.getAsInt())
              ? profile.boolAt(slot.getAsInt())
              : consent.allowsByDefault();
      if (!agreed) {
        return Optional.of(new Fact.Text("lane", lane.name().toLowerCase(Locale.ROOT)));
      }
    }
    if (consent.channelsSlot().isPresent() && intervention.channel().isPresent()) {
      int channels = consent.channelsSlot().getAsInt();
      String channel = intervention.channel().get();
      boolean agreed =
          profile.has(channels)
              ? profile.stringsAt(channels).contains(channel)
              : consent.allowsByDefault();
      if (!agreed) {
        return Optional.of(new Fact.Text("channel", channel));
      }
    }
    return Optional.empty();
  }

  /** The profile that counts at send time: in a live job the last that was read. */
  private Slots profile(UserState state, long nowMs) {
    return plan.isReplay() ? state.profileAt(nowMs) : state.newestProfile();
  }

  private boolean gathers(UserState state, Candidate candidate, long nowMs) {
    return rules.arbitration().isPresent()
        && rules.arbitration().get().gatherMs() > 0
        && !isExempt(candidate.definition().lane(), Exemption.ARBITRATION)
        && !(closesWindows && gatherUntilMs == nowMs)
        && !candidate.isExpired(nowMs)
        && !candidate.isCancelled()
        && !isQuiet(state, candidate, nowMs);
  }

  private boolean isQuiet(UserState state, Candidate candidate, long nowMs) {
    Optional<QuietHours> quiet = quiet(candidate);
    return quiet.isPresent() && quiet.get().isQuiet(state.calendarAt(nowMs, zones), nowMs);
  }

  /** The quiet hours that concern it. */
  private Optional<QuietHours> quiet(Candidate candidate) {
    return isExempt(candidate.definition().lane(), Exemption.QUIET_HOURS)
        ? Optional.empty()
        : policy.quiet();
  }

  /** A step is to be sent now, if nothing speaks against it. */
  private void attempt(UserState state, Candidate candidate, long nowMs, DeskOutput output) {
    if (candidate.moment().isEmpty()) {
      if (candidate.journey().step() > candidate.definition().steps().size()) {
        // An edit took the step away.
        refuse(state, candidate, Refusal.of(Reason.CANCELLED), nowMs, output);
        return;
      }
      Refusal again = refusedAgain(state, candidate, nowMs, output);
      if (again != null) {
        refuse(state, candidate, again, nowMs, output);
        return;
      }
    }
    boolean speaksForItself = candidate.isCancelled() || candidate.isExpired(nowMs);
    Refusal refusal = speaksForItself ? null : lost(candidate);
    if (refusal == null) {
      refusal = capped(state, candidate, nowMs);
    }
    if (refusal == null && !speaksForItself) {
      Optional<Refusal> dropped = dropped(state, candidate, nowMs);
      if (dropped.isEmpty()) {
        Optional<Hold> hold = held(state, candidate, nowMs);
        if (hold.isPresent()) {
          refusal =
              candidate.moment().isPresent()
                  ? tooManyJourneys(state, candidate).orElse(null)
                  : null;
          if (refusal == null) {
            output.decision(
                decision(state, candidate, Reason.DEFERRED, hold.get().compared(), nowMs));
            candidate.journey().planned();
            hold(state, candidate, hold.get().phase(), hold.get().untilMs(), output);
            return;
          }
        }
        candidate.journey().planned();
      }
      refusal = dropped.orElse(refusal);
    }
    if (refusal == null && candidate.isExpired(nowMs)) {
      refusal =
          Refusal.of(
              Reason.EXPIRED,
              new Fact.At(
                  "expires_at",
                  candidate.momentMs() + candidate.definition().expiresInMs().orElse(0)));
    }
    if (refusal == null && candidate.isCancelled()) {
      refusal = Refusal.of(Reason.CANCELLED);
    }
    if (refusal != null) {
      refuse(state, candidate, refusal, nowMs, output);
      return;
    }
    send(state, candidate, nowMs, output);
  }

  /** What may have changed while it was held or waited for. */
  private @Nullable Refusal refusedAgain(
      UserState state, Candidate candidate, long nowMs, DeskOutput output) {
    TriggerPlan trigger = candidate.trigger();
    Journey journey = candidate.journey();
    if (candidate.definition().mode() == Mode.PAUSED) {
      return Refusal.of(Reason.PAUSED);
    }
    long atMs = Math.max(nowMs, plan.isReplay() ? nowMs : state.watermarkMs());
    boolean isNew = candidate.cameFrom() == Phase.WAITING;
    Slots signalled = isNew ? signals.at(state, trigger, atMs) : signals.none();
    frame
        .set(Scope.EVENT, journey.event())
        .set(Scope.USER, profile(state, nowMs))
        .set(Scope.MOMENT, journey.observed())
        .set(Scope.SIGNAL, signalled);
    choose(state, candidate);
    if (isNew) {
      List<Fact> evidence = new ArrayList<>(candidate.evidence());
      Values.signals(evidence, trigger, signalled);
      candidate.evidence(evidence);
      Refusal outside =
          outside(
              "step_if",
              candidate.definition().steps().get(journey.step() - 1).condition(),
              candidate,
              output);
      if (outside != null) {
        return outside;
      }
      candidate.params(Values.params(candidate.chosen(), frame));
    }
    if (candidate.isFirstStep()) {
      OptionalLong covering =
          state.cooldowns().coveringBeside(trigger, journey.key(), journey.momentMs());
      if (covering.isPresent()) {
        return cooldown(candidate, covering.getAsLong());
      }
    }
    return refusedNow(state, candidate, nowMs);
  }

  /** Settles which intervention the step sends to this user. */
  private void choose(UserState state, Candidate candidate) {
    Intervention step =
        candidate.definition().steps().get(candidate.journey().step() - 1).intervention();
    List<Intervention.Variant> variants = step.variants();
    if (variants.isEmpty()) {
      candidate.choose(step, Optional.empty());
      return;
    }
    Intervention.Variant variant = variants.get(variant(state, candidate.trigger(), variants));
    candidate.choose(variant.intervention(), Optional.of(variant.name()));
  }

  private int variant(UserState state, TriggerPlan trigger, List<Intervention.Variant> variants) {
    int[] weights = variants.stream().mapToInt(Intervention.Variant::weight).toArray();
    return Variants.choose(rules.holdout().salt(), trigger.id(), state.user(), weights);
  }

  /** Whether others of the batch came first. */
  private @Nullable Refusal lost(Candidate candidate) {
    if (isExempt(candidate.definition().lane(), Exemption.ARBITRATION)) {
      return null;
    }
    int keep = rules.arbitration().map(Arbitration::keep).orElse(Integer.MAX_VALUE);
    if (candidate.cameFrom() == Phase.QUIET
        && rules.quiet().map(PolicyDefinition.Quiet::keepsHighest).orElse(false)) {
      keep = Math.min(keep, 1);
    }
    if (winners >= keep) {
      return Refusal.of(
          Reason.LOST_ARBITRATION,
          new Fact.Whole("keep", keep),
          new Fact.Text("winner", firstWinner));
    }
    if (!candidate.isShadow()) {
      winners++;
      if (winners == 1) {
        firstWinner = candidate.trigger().id();
      }
    }
    return null;
  }

  private @Nullable Refusal capped(UserState state, Candidate candidate, long nowMs) {
    Lane lane = candidate.definition().lane();
    if (!isExempt(lane, Exemption.CAPS)) {
      Optional<Refusal> full = capped(state, candidate, candidate.chosen(), nowMs);
      if (full.isPresent()) {
        return full.get();
      }
    }
    return candidate.isFirstStep() && candidate.trigger().hasLaterSteps()
        ? tooManyJourneys(state, candidate).orElse(null)
        : null;
  }

  private Optional<Refusal> capped(
      UserState state, Candidate candidate, Intervention intervention, long nowMs) {
    long today = Long.MIN_VALUE;
    for (CapPlan cap : policy.caps()) {
      if (!fits(cap, candidate, intervention)) {
        continue;
      }
      if (today == Long.MIN_VALUE) {
        today = state.calendarAt(nowMs, zones).dateAt(nowMs);
      }
      OptionalLong full = state.sends().full(cap, ledger(candidate), nowMs, today);
      if (full.isPresent()) {
        Fact window =
            cap.cap().window() instanceof CapWindow.Rolling rolling
                ? new Fact.Lasting("rolling", rolling.ms())
                : new Fact.Text(
                    "period",
                    ((CapWindow.Calendar) cap.cap().window())
                        .period()
                        .name()
                        .toLowerCase(Locale.ROOT));
        return Optional.of(
            Refusal.of(
                Reason.CAP,
                new Fact.Text("cap", cap.cap().id()),
                new Fact.Whole("at_most", cap.cap().atMost()),
                window,
                new Fact.At("since", full.getAsLong())));
      }
    }
    return Optional.empty();
  }

  private static boolean fits(CapPlan cap, Candidate candidate, Intervention intervention) {
    return cap.cap()
        .of()
        .fits(candidate.trigger().id(), candidate.definition().lane(), intervention);
  }

  /** A shadow has a ledger of its own. */
  private static long ledger(Candidate candidate) {
    return candidate.isShadow() ? candidate.trigger().idHash() : 0;
  }

  /** Whether as many are on their way as may be. */
  private Optional<Refusal> tooManyJourneys(UserState state, Candidate candidate) {
    int pending = 0;
    for (Journey other : state.journeys().all()) {
      boolean same =
          candidate.isShadow()
              ? other.isShadow() && other.trigger().equals(candidate.trigger())
              : !other.isShadow();
      if (same && other.isPending() && !other.equals(candidate.journey())) {
        pending++;
      }
    }
    return pending >= rules.mostJourneys()
        ? Optional.of(
            Refusal.of(
                Reason.CAP,
                new Fact.Text("cap", "journeys"),
                new Fact.Whole("at_most", rules.mostJourneys())))
        : Optional.empty();
  }

  private Optional<Refusal> dropped(UserState state, Candidate candidate, long nowMs) {
    if (!rules.quiet().map(PolicyDefinition.Quiet::drops).orElse(false)
        || candidate.chosen().sendAt() == SendAt.NEXT_OPEN
        || plannedFor(state, candidate, nowMs) > nowMs) {
      return Optional.empty();
    }
    UserCalendar calendar = state.calendarAt(nowMs, zones);
    return quiet(candidate)
        .filter(quiet -> quiet.isQuiet(calendar, nowMs))
        .map(
            quiet ->
                Refusal.of(
                    Reason.QUIET_DROPPED,
                    new Fact.Text("quiet", quiet.nameAt(calendar, nowMs).orElse(""))));
  }

  /** When {@code send_at} wants it sent; now where it does not say, or has been heard. */
  private long plannedFor(UserState state, Candidate candidate, long nowMs) {
    if (candidate.chosen().sendAt() != SendAt.USUAL_HOUR || candidate.journey().isPlanned()) {
      return nowMs;
    }
    OptionalInt slot = candidate.trigger().usualHourSlot();
    if (slot.isEmpty()) {
      return nowMs;
    }
    Slots signalled = signals.at(state, candidate.trigger(), nowMs);
    if (!signalled.has(slot.getAsInt())) {
      return nowMs;
    }
    int hour = (int) (signalled.longAt(slot.getAsInt()) % 24);
    UserCalendar calendar = state.calendarAt(nowMs, zones);
    long atMs = nowMs;
    while (true) {
      long inDay = Math.floorMod(calendar.localMs(atMs), 24 * HOUR_MS);
      if (inDay / HOUR_MS == hour) {
        return atMs;
      }
      // As long as the clock just goes on, the hour begins so much later.
      long aheadMs = Math.floorMod(hour * HOUR_MS - inDay, 24 * HOUR_MS);
      atMs = Math.min(atMs + aheadMs, calendar.changeAfter(atMs));
    }
  }

  /** Until when it has to wait. */
  private Optional<Hold> held(UserState state, Candidate candidate, long nowMs) {
    long plannedMs = plannedFor(state, candidate, nowMs);
    UserCalendar calendar = state.calendarAt(nowMs, zones);
    Optional<QuietHours> quiet = quiet(candidate);
    long openMs = quiet.isPresent() ? quiet.get().openFrom(calendar, plannedMs) : plannedMs;
    if (openMs == nowMs) {
      return Optional.empty();
    }
    long dueMs = openMs + spread(state);
    List<Fact> compared = new ArrayList<>(3);
    compared.add(new Fact.At("until", dueMs));
    if (plannedMs > nowMs || candidate.chosen().sendAt() == SendAt.NEXT_OPEN) {
      compared.add(
          new Fact.Text("send_at", candidate.chosen().sendAt().name().toLowerCase(Locale.ROOT)));
    }
    if (openMs > plannedMs) {
      quiet
          .flatMap(hours -> hours.nameAt(calendar, plannedMs))
          .ifPresent(name -> compared.add(new Fact.Text("quiet", name)));
    }
    return Optional.of(new Hold(openMs > plannedMs ? Phase.QUIET : Phase.PLANNED, dueMs, compared));
  }

  /** So that a million users are not released at once. */
  private long spread(UserState state) {
    long spreadMs = rules.quiet().map(PolicyDefinition.Quiet::spreadMs).orElse(0L);
    if (spreadMs == 0) {
      return 0;
    }
    return (long) (Draw.unit(rules.holdout().salt(), Draw.SPREAD, state.user()) * spreadMs);
  }

  private void hold(
      UserState state, Candidate candidate, Phase phase, long untilMs, DeskOutput output) {
    Journey journey = candidate.journey();
    boolean isNew = candidate.moment().isPresent() && journey.phase() == Phase.FRESH;
    journey.prepared(
        Values.notesOfFacts(candidate.evidence()), Values.notesOfParams(candidate.params()));
    journey.hold(phase, untilMs);
    if (isNew) {
      state.journeys().keep(journey);
      state.cooldowns().start(candidate.trigger(), journey.key(), journey.momentMs());
      if (!candidate.isShadow()) {
        output.opened(journey, IssuedEpisode.OPEN_END_MS);
      }
    }
  }

  /** Everything else has said yes. */
  private void send(UserState state, Candidate candidate, long nowMs, DeskOutput output) {
    Journey journey = candidate.journey();
    if (candidate.isShadow()) {
      count(state, candidate, candidate.chosen(), Optional.empty(), nowMs, nowMs);
      output.decision(decision(state, candidate, Reason.SHADOW, List.of(), nowMs));
      startCooldown(state, candidate);
      goOn(state, candidate, nowMs, output);
      return;
    }
    if (candidate.isFirstStep()) {
      Optional<List<Fact>> heldOut = heldOut(state, candidate);
      if (heldOut.isPresent()) {
        output.decision(decision(state, candidate, Reason.HOLDOUT, heldOut.get(), nowMs));
        startCooldown(state, candidate);
        boolean wasHeld = journey.isPending();
        journey.done();
        journey.lasts(nowMs);
        open(journey, wasHeld, output);
        follow(state, candidate, Assigned.HELD_OUT, nowMs);
        return;
      }
    }
    Optional<Budget> budget = candidate.chosen().budget().flatMap(rules::budget);
    Intervention sent = candidate.chosen();
    List<Fact> compared = List.of();
    Optional<Intervention> fallback =
        budget.flatMap(Budget::whenEmpty).filter(f -> isAllowed(state, candidate, f, nowMs));
    if (budget.isPresent() && budget.get().perUser().isPresent()) {
      BigDecimal limit = budget.get().perUser().get();
      BigDecimal cost = sent.cost().orElse(BigDecimal.ZERO);
      BigDecimal spent = state.spendings().of(budget.get());
      if (spent.add(cost).compareTo(limit) > 0) {
        List<Fact> numbers =
            List.of(
                new Fact.Text("budget", budget.get().id()),
                new Fact.Amount("per_user", limit),
                new Fact.Amount("spent", spent),
                new Fact.Amount("cost", cost));
        if (fallback.isEmpty()) {
          unpaid(state, candidate, numbers, nowMs, output);
          return;
        }
        sent = fallback.get();
        fallback = Optional.empty();
        budget = Optional.empty();
        compared = new ArrayList<>(numbers);
        compared.add(0, new Fact.Text("fallback", sent.kind().name().toLowerCase(Locale.ROOT)));
      } else {
        state.spendings().add(budget.get(), cost);
      }
    }
    if (fallback.isPresent() || !sent.equals(candidate.chosen())) {
      frame
          .set(Scope.EVENT, journey.event())
          .set(Scope.USER, profile(state, nowMs))
          .set(Scope.MOMENT, journey.observed())
          .set(Scope.SIGNAL, signals.at(state, candidate.trigger(), nowMs));
    }
    boolean handedOn =
        budget.isPresent()
            || policy.isRated(candidate.definition(), sent)
            || fallback.filter(f -> policy.isRated(candidate.definition(), f)).isPresent();
    Decision decision = decision(state, candidate, Reason.ISSUED, compared, nowMs);
    boolean isOwn = sent.equals(candidate.chosen());
    Command command =
        commands.issue(
            state.user(),
            candidate,
            sent,
            isOwn ? candidate.params() : Values.params(sent, frame),
            candidate.variant(),
            nowMs);
    if (isOwn && command.params().size() < sent.params().size()) {
      output.missed(candidate.trigger());
    }
    long untilMs = nowMs;
    if (handedOn) {
      long sendUntilMs = sendUntil(state, candidate, nowMs);
      if (mayQueue(candidate, sent, fallback)) {
        untilMs = sendUntilMs;
      }
      output.request(
          new BudgetRequest.Spend(
              nowMs,
              command,
              decision,
              fallback.map(
                  f ->
                      commands.issue(
                          state.user(),
                          candidate,
                          f,
                          Values.params(f, frame),
                          candidate.variant(),
                          nowMs)),
              sendUntilMs,
              rememberUntil(candidate, untilMs)));
    } else {
      output.decision(decision);
      output.command(command);
    }
    count(state, candidate, sent, fallback, nowMs, untilMs);
    startCooldown(state, candidate);
    if (handedOn) {
      journey.handed(nowMs);
    } else {
      journey.sent(nowMs);
    }
    journey.lasts(untilMs);
    if (candidate.isFirstStep()) {
      boolean wasHeld = journey.isPending();
      if (!candidate.trigger().hasLaterSteps()) {
        journey.done();
      }
      if (handedOn) {
        state.journeys().keep(journey);
      }
      open(journey, wasHeld, output);
      follow(state, candidate, Assigned.TREATED, nowMs);
    }
    goOn(state, candidate, nowMs, output);
  }

  private boolean mayQueue(
      Candidate candidate, Intervention sent, Optional<Intervention> fallback) {
    return policy.mayQueue(candidate.definition(), sent)
        || fallback.filter(f -> policy.mayQueue(candidate.definition(), f)).isPresent();
  }

  /** The user has had as much of a budget as may be. */
  private void unpaid(
      UserState state, Candidate candidate, List<Fact> numbers, long nowMs, DeskOutput output) {
    output.decision(decision(state, candidate, Reason.BUDGET, numbers, nowMs));
    if (!candidate.isFirstStep()) {
      goOn(state, candidate, nowMs, output);
      return;
    }
    startCooldown(state, candidate);
    if (candidate.journey().isPending()) {
      end(state, candidate.journey(), output);
    }
  }

  /** An episode that goes on beyond its moment is remembered. */
  private static void open(Journey journey, boolean wasHeld, DeskOutput output) {
    if (wasHeld) {
      output.extended(journey, journey.endMs());
    } else {
      output.opened(journey, journey.endMs());
    }
  }

  private static void startCooldown(UserState state, Candidate candidate) {
    // One that was held began when it was.
    if (candidate.isFirstStep() && candidate.moment().isPresent()) {
      state.cooldowns().start(candidate.trigger(), candidate.journey().key(), candidate.momentMs());
    }
  }

  private Optional<List<Fact>> heldOut(UserState state, Candidate candidate) {
    if (isExempt(candidate.definition().lane(), Exemption.HOLDOUT)) {
      return Optional.empty();
    }
    return Holdouts.of(
            rules.holdout().salt(),
            rules.holdout().share(),
            candidate.trigger().id(),
            candidate.definition().holdout(),
            state.user())
        .map(
            held ->
                List.of(
                    new Fact.Text("scope", held.scope().label()),
                    new Fact.Amount("share", held.share()),
                    new Fact.Amount("draw", BigDecimal.valueOf(held.draw()))));
  }

  /** Whether something may be sent in a command's place. */
  private boolean isAllowed(
      UserState state, Candidate candidate, Intervention intervention, long nowMs) {
    Lane lane = candidate.definition().lane();
    return (isExempt(lane, Exemption.CONSENT)
            || withoutConsent(state, lane, intervention, nowMs).isEmpty())
        && (isExempt(lane, Exemption.CAPS)
            || capped(state, candidate, intervention, nowMs).isEmpty());
  }

  /** Takes note of a send in the ledger of caps. */
  private void count(
      UserState state,
      Candidate candidate,
      Intervention sent,
      Optional<Intervention> fallback,
      long nowMs,
      long untilMs) {
    for (CapPlan cap : policy.caps()) {
      if (fits(cap, candidate, sent) || fallback.filter(f -> fits(cap, candidate, f)).isPresent()) {
        UserCalendar calendar = state.calendarAt(nowMs, zones);
        state
            .sends()
            .add(cap, ledger(candidate), untilMs, calendar.dateAt(nowMs), calendar.dateAt(untilMs));
      }
    }
  }

  /** The last instant at which it may go out. */
  private long sendUntil(UserState state, Candidate candidate, long nowMs) {
    long untilMs = nowMs + MOST_QUEUED_MS;
    if (candidate.isFirstStep() && candidate.definition().expiresInMs().isPresent()) {
      untilMs =
          Math.min(
              untilMs, candidate.momentMs() + candidate.definition().expiresInMs().getAsLong());
    }
    Optional<QuietHours> quiet = quiet(candidate);
    if (quiet.isPresent()) {
      long quietMs = quiet.get().quietFrom(state.calendarAt(nowMs, zones), nowMs);
      untilMs = quietMs == Long.MAX_VALUE ? untilMs : Math.min(untilMs, quietMs - 1);
    }
    return untilMs;
  }

  /** Until when a CANCEL may come: generously, since nothing tells how late an event can be. */
  private long rememberUntil(Candidate candidate, long untilMs) {
    long waitsMs = candidate.trigger().hasLaterSteps() ? MOST_HELD_MS : 0;
    for (TriggerDefinition.Step step : candidate.definition().steps()) {
      waitsMs += step.waitMs();
    }
    return Math.max(untilMs, candidate.journey().endMs())
        + waitsMs
        + plan.job().time().dedupeMs()
        + MOST_QUEUED_MS;
  }

  /** Follows the goal of an episode that was assigned. */
  private void follow(UserState state, Candidate candidate, Assigned assigned, long nowMs) {
    Journey journey = candidate.journey();
    Optional<Goal> goal = candidate.definition().goal();
    journey.assign(
        assigned, candidate.variant().orElse(""), candidate.definition().version(), nowMs);
    if (goal.isPresent()) {
      journey.follow(journey.momentMs() + goal.get().withinMs());
      state.journeys().keep(journey);
    }
    if (journey.phase() == Phase.DONE) {
      settle(state, journey);
    }
  }

  /** The step at hand has ended one way or another: on to the next. */
  private void goOn(UserState state, Candidate candidate, long nowMs, DeskOutput output) {
    Journey journey = candidate.journey();
    journey.lasts(nowMs);
    int next = journey.step() + 1;
    List<TriggerDefinition.Step> steps = candidate.definition().steps();
    boolean isOver = candidate.isFirstStep() && journey.phase() == Phase.DONE;
    if (isOver || next > steps.size()) {
      boolean wasOpen = journey.phase() != Phase.DONE;
      journey.done();
      if (wasOpen && !candidate.isShadow()) {
        output.extended(journey, journey.endMs());
      }
      settle(state, journey);
      return;
    }
    if (journey.evidence().isEmpty()) {
      journey.prepared(Values.notesOfFacts(candidate.evidence()), List.of());
    }
    long waitMs = steps.get(next - 1).waitMs();
    journey.goOn(next, nowMs + waitMs);
    state.journeys().keep(journey);
    if (!candidate.isShadow()) {
      output.extended(journey, IssuedEpisode.OPEN_END_MS);
    }
    if (waitMs == 0) {
      attempt(state, Candidate.of(journey), nowMs, output);
    }
  }

  /** Keeps a journey without a step at hand only as long as something of it can still matter. */
  private static void settle(UserState state, Journey journey) {
    if (!journey.isFollowed() && !journey.isUnconverted() && journey.sentFirstOnly()) {
      state.journeys().remove(journey);
    }
  }

  /** A step is not sent. */
  private void refuse(
      UserState state, Candidate candidate, Refusal refusal, long nowMs, DeskOutput output) {
    output.decision(decision(state, candidate, refusal.reason(), refusal.compared(), nowMs));
    Journey journey = candidate.journey();
    if (!candidate.isFirstStep()) {
      goOn(state, candidate, nowMs, output);
    } else if (journey.isPending()) {
      giveUp(state, journey, output);
    }
  }

  /** A first step that was held comes to nothing. */
  private static void giveUp(UserState state, Journey journey, DeskOutput output) {
    state.cooldowns().giveBack(journey.trigger(), journey.key(), journey.momentMs());
    end(state, journey, output);
  }

  private static void end(UserState state, Journey journey, DeskOutput output) {
    journey.done();
    state.journeys().remove(journey);
    output.closed(journey);
  }

  private Decision decision(
      UserState state, Candidate candidate, Reason reason, List<Fact> compared, long nowMs) {
    return new Decision(
        state.user(),
        candidate.trigger().id(),
        candidate.definition().version(),
        candidate.episode(),
        candidate.journey().step(),
        candidate.momentMs(),
        nowMs,
        reason,
        commands
            .ids()
            .of(
                state.user(),
                candidate.trigger().id(),
                candidate.episode(),
                candidate.journey().step()),
        candidate.evidence(),
        compared);
  }

  /**
   * An event fits the goal of a journey's episode.
   *
   * @param nowMs send time of a live job
   */
  public void goal(UserState state, Journey journey, Event event, long nowMs, DeskOutput output) {
    Optional<Goal> goal = journey.trigger().definition().goal();
    if (goal.isEmpty()
        || event.timeMs() <= journey.momentMs()
        || event.timeMs() > journey.momentMs() + goal.get().withinMs()) {
      return;
    }
    if (journey.isFollowed()) {
      output.outcome(
          outcome(state, journey, true, value(state, goal.get(), event), event.timeMs()));
      journey.followedUp(true);
    } else if (journey.isUnconverted()) {
      output.goalTooLate(journey.trigger());
    }
    if (journey.isPending()) {
      stop(
          state,
          journey,
          Refusal.of(
              Reason.CANCELLED,
              new Fact.Text("goal", event.type().name()),
              new Fact.At("goal_at", event.timeMs())),
          endedAt(journey, event, nowMs),
          output);
    } else {
      settle(state, journey);
    }
  }

  private Optional<BigDecimal> value(UserState state, Goal goal, Event event) {
    if (goal.value().isEmpty()) {
      return Optional.empty();
    }
    frame.set(Scope.EVENT, event.attributes()).set(Scope.USER, state.profileAt(event.timeMs()));
    Object value = goal.value().get().evaluate(frame);
    if (value instanceof BigDecimal decimal) {
      return Optional.of(decimal);
    }
    if (value instanceof Long whole) {
      return Optional.of(BigDecimal.valueOf(whole));
    }
    return value instanceof Double number && Double.isFinite(number)
        ? Optional.of(BigDecimal.valueOf(number))
        : Optional.empty();
  }

  private long endedAt(Journey journey, Event by, long nowMs) {
    return plan.isReplay() ? Math.max(by.timeMs(), journey.momentMs()) : nowMs;
  }

  /** The step at hand is not sent any more, and none after it. */
  private void stop(
      UserState state, Journey journey, Refusal refusal, long atMs, DeskOutput output) {
    Candidate candidate = Candidate.of(journey);
    output.decision(decision(state, candidate, refusal.reason(), refusal.compared(), atMs));
    if (candidate.isFirstStep() && journey.assigned() == Assigned.NONE) {
      giveUp(state, journey, output);
      return;
    }
    journey.done();
    if (!candidate.isShadow()) {
      output.extended(journey, journey.endMs());
    }
    settle(state, journey);
  }

  /** An event cancels a journey's episode, if it is still open at its time. */
  public void cancel(UserState state, Journey journey, Event by, long nowMs, DeskOutput output) {
    if (by.timeMs() < journey.spanStartMs()
        || (!journey.isPending() && by.timeMs() > journey.endMs())) {
      return;
    }
    revoke(state, journey, by, nowMs, output);
  }

  private void revoke(UserState state, Journey journey, Event by, long nowMs, DeskOutput output) {
    for (int step = 1; step <= journey.lastStep(); step++) {
      if (journey.wasSent(step) || journey.wasHanded(step)) {
        long atMs =
            plan.isReplay() ? Math.max(endedAt(journey, by, nowMs), journey.stepMs(step)) : nowMs;
        Command command =
            revoking(
                state,
                journey.trigger(),
                journey.key(),
                journey.anchor(),
                step,
                journey.momentMs(),
                by,
                atMs);
        if (journey.wasHanded(step)) {
          long knownMs = plan.isReplay() ? Math.max(atMs, state.watermarkMs() + 1) : atMs;
          output.request(new BudgetRequest.Revoke(knownMs, command));
        } else {
          output.command(command);
        }
      }
    }
    boolean hadCommands = journey.hasCommands();
    journey.revoked();
    if (journey.isPending()) {
      stop(
          state,
          journey,
          Refusal.of(
              Reason.CANCELLED,
              new Fact.Text("cancelled_by", by.type().name()),
              new Fact.At("cancelled_at", by.timeMs())),
          endedAt(journey, by, nowMs),
          output);
    } else {
      settle(state, journey);
    }
    if (hadCommands) {
      output.closed(journey);
    }
  }

  private Command revoking(
      UserState state,
      TriggerPlan trigger,
      InstanceKey key,
      String anchor,
      int step,
      long momentMs,
      Event by,
      long atMs) {
    List<TriggerDefinition.Step> steps = trigger.definition().steps();
    Intervention sent = steps.get(Math.min(step, steps.size()) - 1).intervention();
    Optional<String> variant = Optional.empty();
    if (!sent.variants().isEmpty()) {
      Intervention.Variant chosen = sent.variants().get(variant(state, trigger, sent.variants()));
      sent = chosen.intervention();
      variant = Optional.of(chosen.name());
    }
    return commands.revoke(
        state.user(), trigger, key, anchor, step, sent, variant, momentMs, by, atMs);
  }

  /**
   * A remembered episode was ended by an event.
   *
   * @param nowMs send time of a live job
   */
  public void revoked(
      UserState state,
      TriggerPlan trigger,
      InstanceKey key,
      IssuedEpisode episode,
      Event by,
      long nowMs,
      DeskOutput output) {
    Journey journey = state.journeys().find(trigger, key, episode.anchor());
    if (journey != null) {
      revoke(state, journey, by, nowMs, output);
      return;
    }
    if (!episode.isSent()) {
      return;
    }
    long atMs =
        plan.isReplay()
            ? Math.max(by.timeMs(), Math.max(episode.momentMs(), episode.decidedMs()))
            : nowMs;
    output.command(
        revoking(state, trigger, key, episode.anchor(), 1, episode.momentMs(), by, atMs));
  }

  /** An instance was displaced at {@code timeMs}: what is still to come of it does not. */
  public void displaced(
      UserState state,
      TriggerPlan trigger,
      InstanceKey key,
      long timeMs,
      long nowMs,
      DeskOutput output) {
    for (Journey journey : List.copyOf(state.journeys().all())) {
      if (!journey.trigger().equals(trigger) || !journey.key().equals(key) || journey.isShadow()) {
        continue;
      }
      journey.revoked();
      if (journey.isPending()) {
        stop(
            state,
            journey,
            Refusal.of(
                Reason.EVICTED,
                new Fact.Whole("max_instances", trigger.definition().maxInstances())),
            plan.isReplay() ? Math.max(timeMs, journey.momentMs()) : nowMs,
            output);
      } else {
        settle(state, journey);
      }
    }
  }

  /** Records what did not come of those whose time is over at {@code watermarkMs}. */
  public void followUp(UserState state, long watermarkMs, DeskOutput output) {
    for (Journey journey : List.copyOf(state.journeys().all())) {
      if (journey.isFollowed() && journey.goalEndMs() <= watermarkMs) {
        output.outcome(outcome(state, journey, false, Optional.empty(), 0));
        journey.followedUp(false);
      }
    }
  }

  private Outcome outcome(
      UserState state,
      Journey journey,
      boolean converted,
      Optional<BigDecimal> value,
      long goalMs) {
    Candidate candidate = Candidate.of(journey);
    return new Outcome(
        state.user(),
        journey.trigger().id(),
        journey.version(),
        candidate.episode(),
        journey.assigned() == Assigned.HELD_OUT
            ? Outcome.Assignment.HELD_OUT
            : Outcome.Assignment.TREATED,
        journey.variant().isEmpty() ? Optional.empty() : Optional.of(journey.variant()),
        converted,
        value,
        converted ? OptionalLong.of(goalMs - journey.momentMs()) : OptionalLong.empty(),
        journey.momentMs(),
        journey.decidedMs(),
        commands.ids().of(state.user(), journey.trigger().id(), candidate.episode(), 1));
  }
}
