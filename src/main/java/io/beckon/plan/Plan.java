// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.calendar.Durations;
import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.Ender;
import io.beckon.language.Intervention;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Clock;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.Selector;
import io.beckon.language.SignalDefinition;
import io.beckon.language.SignalMeasure;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.When;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.Scope;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A job compiled for the engine. Immutable; safe for use by many threads. */
public final class Plan {
  /** Up to this window single events are kept; above it, counts above 64 and sums use panes. */
  private static final long EXACT_WINDOW_MS = 3_600_000;

  private static final int EXACT_COUNT = 64;
  private static final int PANES = 48;

  /** Events that show by nothing are settled some time all the same, so that states end. */
  private static final long MOST_PATIENCE_MS = 3_600_000;

  /** The signal that {@code send_at: usual_hour} reads. */
  public static final String USUAL_HOUR = "usual_hour";

  private final JobDefinition job;
  private final PolicyPlan policy;
  private final List<TriggerPlan> triggers;
  private final List<TypePlan> types;
  private final Map<Integer, TypePlan> typesByHash;
  private final Map<Long, TriggerPlan> triggersByHash;
  private final List<SignalPlan> signals;
  private final Map<Long, SignalPlan> signalsByHash;
  private final List<TriggerPlan> scores;
  private final List<TriggerPlan> milestones;
  private final List<TriggerPlan> changes;
  private final List<TriggerPlan> drops;
  private final Optional<ScoresPlan> published;
  private final StoredSlots profile;
  private final Slots noProfile;
  private final int zoneSlot;

  private Plan(
      JobDefinition job,
      List<TriggerPlan> triggers,
      List<TypePlan> types,
      List<SignalPlan> signals,
      PolicyPlan policy,
      StoredSlots profile,
      Optional<ScoresPlan> published) {
    this.published = published;
    this.job = job;
    this.policy = policy;
    this.triggers = List.copyOf(triggers);
    this.types = List.copyOf(types);
    this.signals = List.copyOf(signals);
    this.profile = profile;
    this.noProfile = new Slots(job.catalogue().profile());
    this.zoneSlot = zoneSlot(job);
    this.scores = of(When.Score.class);
    this.milestones = of(When.Milestone.class);
    this.changes = of(When.Changes.class);
    this.drops = of(When.Drop.class);
    Map<Long, SignalPlan> bySignalHash = new HashMap<>();
    for (SignalPlan signal : signals) {
      if (bySignalHash.put(signal.shapeHash(), signal) != null) {
        throw new IllegalStateException("two signals share a hash: " + signal.spec());
      }
    }
    this.signalsByHash = Map.copyOf(bySignalHash);
    Map<Integer, TypePlan> byHash = new HashMap<>();
    for (TypePlan type : types) {
      if (byHash.put(type.nameHash(), type) != null) {
        throw new IllegalStateException("two event types share a hash: rename " + type.type());
      }
    }
    this.typesByHash = Map.copyOf(byHash);
    Map<Long, TriggerPlan> byId = new HashMap<>();
    for (TriggerPlan trigger : triggers) {
      if (byId.put(trigger.idHash(), trigger) != null) {
        throw new IllegalStateException("two triggers share a hash: rename " + trigger.id());
      }
    }
    this.triggersByHash = Map.copyOf(byId);
  }

  private List<TriggerPlan> of(Class<? extends When> shape) {
    return triggers.stream().filter(t -> shape.isInstance(t.when())).toList();
  }

  private static int zoneSlot(JobDefinition job) {
    return job.timezone().from().map(name -> job.catalogue().profile().indexOf(name)).orElse(-1);
  }

  /** Compiles {@code job}, whose definitions have been checked. Drafts are left out. */
  public static Plan compile(JobDefinition job) {
    return new Compiler(job).compile();
  }

  /** The job it was compiled from. */
  public JobDefinition job() {
    return job;
  }

  /** What may be sent at all. */
  public PolicyPlan policy() {
    return policy;
  }

  /** The triggers that observe, sorted by id. */
  public List<TriggerPlan> triggers() {
    return triggers;
  }

  /** What is wanted of events of {@code type}. */
  public TypePlan type(EventType type) {
    return types.get(type.index());
  }

  /**
   * Whether events of {@code type} must be offered: the admission filter. Milestones are observed
   * from a user's first event on, whatever its type.
   */
  public boolean listensTo(EventType type) {
    return !milestones.isEmpty() || types.get(type.index()).isHeard();
  }

  /** The event type a state's bytes name, or null if this plan has none. */
  public @Nullable TypePlan typeByHash(int nameHash) {
    return typesByHash.get(nameHash);
  }

  /** The trigger a state's bytes name, or null if this plan has none. */
  public @Nullable TriggerPlan triggerByHash(long idHash) {
    return triggersByHash.get(idHash);
  }

  /** What is kept for signals, each once a user. */
  public List<SignalPlan> signals() {
    return signals;
  }

  /** The signal a state's bytes name, or null if this plan has none. */
  public @Nullable SignalPlan signalByHash(long shapeHash) {
    return signalsByHash.get(shapeHash);
  }

  /** The triggers of shape score. */
  public List<TriggerPlan> scores() {
    return scores;
  }

  /** The triggers of shape milestone. */
  public List<TriggerPlan> milestones() {
    return milestones;
  }

  /** The triggers of shape changes. */
  public List<TriggerPlan> changes() {
    return changes;
  }

  /** The triggers of shape drop. */
  public List<TriggerPlan> drops() {
    return drops;
  }

  /** What it publishes of each user, if it is a plan of scores. */
  public Optional<ScoresPlan> published() {
    return published;
  }

  /** Whether moments may come at an instant without an event of the trigger's. */
  public boolean hasWatches() {
    return !(scores.isEmpty() && milestones.isEmpty() && changes.isEmpty() && drops.isEmpty());
  }

  /** The profile slot that names a user's zone, or −1. */
  public int zoneSlot() {
    return zoneSlot;
  }

  /** The profile of a user of whom nothing is known. */
  public Slots noProfile() {
    return noProfile;
  }

  /** The profile slots some expression reads. */
  public StoredSlots profile() {
    return profile;
  }

  /** Whether send time is the moment's time. */
  public boolean isReplay() {
    return job.time().clock() == Clock.REPLAY;
  }

  /** The first watermark at which an id of an event at {@code timeMs} is forgotten. */
  public long idForgottenAt(long timeMs) {
    return timeMs + job.time().dedupeMs() - job.time().latenessMs();
  }

  @Override
  public String toString() {
    return "Plan of " + job.id() + " with " + triggers.size() + " triggers";
  }

  private static final class Compiler {
    private final JobDefinition job;
    private final List<TypeBuilder> types = new ArrayList<>();
    private final Set<Integer> profileSlots = new TreeSet<>();
    private final List<SignalPlan> signals = new ArrayList<>();
    private final Map<Integer, SignalPlan> signalBySlot = new HashMap<>();
    private final Optional<JobDefinition.ScoreSettings> scores;

    Compiler(JobDefinition job) {
      this.job = job;
      this.scores = job.publishes() ? job.scores() : Optional.empty();
      for (EventType type : job.catalogue().types()) {
        types.add(new TypeBuilder(type));
      }
    }

    Plan compile() {
      List<TriggerDefinition> observing =
          job.triggers().stream()
              .filter(t -> t.mode() != TriggerDefinition.Mode.DRAFT)
              .sorted(Comparator.comparing(TriggerDefinition::id))
              .toList();
      signals(observing);
      List<TriggerPlan> triggers = new ArrayList<>();
      for (TriggerDefinition definition : observing) {
        triggers.add(trigger(triggers.size(), definition));
      }
      for (SignalPlan signal : signals) {
        connect(signal, triggers);
      }
      boolean isSettled = job.time().order() == Order.SETTLED;
      PolicyPlan policy = new PolicyPlan(job.policy());
      connect(policy);
      if (zoneSlot(job) >= 0) {
        profileSlots.add(zoneSlot(job));
      }
      return new Plan(
          job,
          triggers,
          types.stream().map(type -> type.build(isSettled, scores.isPresent())).toList(),
          signals,
          policy,
          new StoredSlots(job.catalogue().profile(), profileSlots),
          published());
    }

    private Optional<ScoresPlan> published() {
      return scores.map(
          settings ->
              new ScoresPlan(
                  settings.signals().stream()
                      .map(name -> job.signals().type().indexOf(name))
                      .map(
                          slot ->
                              new SignalRead(slot, Objects.requireNonNull(signalBySlot.get(slot))))
                      .toList(),
                  settings.activeForMs()));
    }

    /** What is kept for the signals that are read: once for all that mean the same. */
    private void signals(List<TriggerDefinition> observing) {
      Set<Integer> read = new TreeSet<>();
      for (TriggerDefinition definition : observing) {
        read.addAll(signalSlots(definition));
        if (definition.when() instanceof When.Score score) {
          read.add(score.index());
        }
      }
      scores.stream()
          .flatMap(settings -> settings.signals().stream())
          .forEach(name -> read.add(job.signals().type().indexOf(name)));
      Map<String, List<Integer>> slotsByText = new LinkedHashMap<>();
      for (int slot : read) {
        SignalDefinition signal = job.signals().all().get(slot);
        String text = Shapes.text(signal.measure(), spec(signal));
        slotsByText.computeIfAbsent(text, t -> new ArrayList<>()).add(slot);
      }
      slotsByText.forEach(
          (text, slots) -> {
            SignalDefinition signal = job.signals().all().get(slots.get(0));
            List<Integer> events =
                parts(signal.measure()).values().stream()
                    .flatMap(List::stream)
                    .map(selector -> selector.type().index())
                    .distinct()
                    .toList();
            SignalPlan plan =
                new SignalPlan(signals.size(), Hashes.of64(text), spec(signal), slots, events);
            signals.add(plan);
            slots.forEach(slot -> signalBySlot.put(slot, plan));
          });
    }

    /** What is evaluated for moments: {@code if}, and what steps say. */
    private List<Expression> expressions(TriggerDefinition definition) {
      List<Expression> all = new ArrayList<>(definition.audience().stream().toList());
      definition.steps().forEach(step -> add(all, step));
      return all;
    }

    private List<Expression> laterExpressions(TriggerDefinition definition) {
      List<Expression> all = new ArrayList<>();
      definition.steps().stream().skip(1).forEach(step -> add(all, step));
      return all;
    }

    private void add(List<Expression> all, TriggerDefinition.Step step) {
      all.addAll(step.condition().stream().toList());
      all.addAll(step.intervention().expressions());
      for (Intervention each : step.intervention().alternatives()) {
        each.budget()
            .flatMap(job.policy()::budget)
            .flatMap(PolicyDefinition.Budget::whenEmpty)
            .ifPresent(fallback -> all.addAll(fallback.expressions()));
      }
    }

    private SignalSpec spec(SignalDefinition signal) {
      SignalMeasure measure = signal.measure();
      long retentionMs = job.retentionMs();
      if (measure instanceof SignalMeasure.Count count) {
        return SignalSpec.count(count.overMs());
      }
      if (measure instanceof SignalMeasure.Statistic of) {
        return switch (of.kind()) {
          case SUM -> SignalSpec.sum(of.overMs());
          case AVG -> SignalSpec.avg(of.overMs());
          case MIN -> SignalSpec.min(signal.type(), of.overMs());
          case MAX -> SignalSpec.max(signal.type(), of.overMs());
        };
      }
      if (measure instanceof SignalMeasure.Distinct distinct) {
        return SignalSpec.distinct(distinct.overMs());
      }
      if (measure instanceof SignalMeasure.First first) {
        return first.of().isPresent()
            ? SignalSpec.firstOf(signal.type(), retentionMs)
            : SignalSpec.first(retentionMs);
      }
      if (measure instanceof SignalMeasure.Last last) {
        return last.of().isPresent()
            ? SignalSpec.lastOf(signal.type(), retentionMs)
            : SignalSpec.last(retentionMs);
      }
      if (measure instanceof SignalMeasure.Since) {
        return SignalSpec.since(retentionMs);
      }
      if (measure instanceof SignalMeasure.OwnGap gap) {
        return SignalSpec.ownGap(gap.priorGapMs(), gap.priorWeight(), retentionMs);
      }
      if (measure instanceof SignalMeasure.ActiveDays days) {
        return SignalSpec.activeDays(days.days());
      }
      if (measure instanceof SignalMeasure.ActivityLevel level) {
        return SignalSpec.activityLevel(level.tauMs(), level.minHistoryMs(), retentionMs);
      }
      if (measure instanceof SignalMeasure.DropRatio ratio) {
        return SignalSpec.dropRatio(
            ratio.shortMs(), ratio.longMs(), OptionalDouble.of(ratio.minLevel()), retentionMs);
      }
      if (measure instanceof SignalMeasure.BusiestHour) {
        return SignalSpec.busiestHour(retentionMs);
      }
      if (measure instanceof SignalMeasure.Model model) {
        return SignalSpec.model(model.score(), model.version(), retentionMs);
      }
      throw new IllegalStateException("no such signal: " + signal.name());
    }

    /** Puts the signal into the index of each event type it takes. */
    private void connect(SignalPlan signal, List<TriggerPlan> triggers) {
      List<TriggerPlan> scores =
          triggers.stream().filter(t -> t.scored().equals(Optional.of(signal))).toList();
      SignalMeasure measure = job.signals().all().get(signal.slots().get(0)).measure();
      parts(measure)
          .forEach(
              (part, selectors) -> {
                for (Selector selector : selectors) {
                  EventType type = selector.type();
                  TypeBuilder builder = types.get(type.index());
                  int predicate = predicate(selector);
                  int slot =
                      Shapes.attribute(measure).map(name -> type.record().indexOf(name)).orElse(-1);
                  if (slot >= 0) {
                    builder.slots.add(slot);
                  }
                  builder.signals.add(new SignalInterest(signal, part, predicate, slot, scores));
                }
              });
    }

    /** What events are to a signal, in the order in which one that is several is taken. */
    private static Map<SignalInterest.Part, List<Selector>> parts(SignalMeasure measure) {
      Map<SignalInterest.Part, List<Selector>> parts = new EnumMap<>(SignalInterest.Part.class);
      if (measure instanceof SignalMeasure.Model model) {
        parts.put(SignalInterest.Part.ENDS, model.ends());
        parts.put(SignalInterest.Part.STARTS, model.starts());
      }
      parts.put(SignalInterest.Part.COUNTS, measure.events());
      return parts;
    }

    private int predicate(Selector selector) {
      if (selector.where().isEmpty()) {
        return Role.ALWAYS;
      }
      Expression where = selector.where().get();
      reads(where, selector.type());
      return types.get(selector.type().index()).predicate(where);
    }

    private TriggerPlan trigger(int index, TriggerDefinition definition) {
      When when = definition.when();
      When gathers = when instanceof When.Absence absence ? absence.after() : when;
      boolean arrival =
          definition.urgent()
              || (job.time().order() == Order.ARRIVAL
                  && when.hasEvent()
                  && !(when instanceof When.Absence)
                  && !(when instanceof When.Due));
      long window = 0;
      long pane = 1;
      BigDecimal atLeast = BigDecimal.ONE;
      int steps = 1;
      if (gathers instanceof When.Count count) {
        window = count.withinMs();
        atLeast = BigDecimal.valueOf(count.atLeast());
        pane =
            count.atLeast() > EXACT_COUNT && window > EXACT_WINDOW_MS
                ? Math.min(window / PANES, Durations.DAY_MS)
                : 1;
      } else if (gathers instanceof When.Sum sum) {
        window = sum.withinMs();
        atLeast = sum.atLeast();
        pane = window > EXACT_WINDOW_MS ? Math.min(window / PANES, Durations.DAY_MS) : 1;
      } else if (gathers instanceof When.Distinct distinct) {
        window = distinct.withinMs();
        atLeast = BigDecimal.valueOf(distinct.atLeast());
      } else if (gathers instanceof When.Sequence sequence) {
        window = sequence.withinMs();
        steps = sequence.steps().size();
      }
      SignalPlan scored = when instanceof When.Score score ? signalBySlot.get(score.index()) : null;
      TriggerPlan trigger =
          new TriggerPlan(
              index,
              definition,
              Hashes.of64(definition.id()),
              Hashes.of64(Shapes.text(when, arrival)),
              arrival,
              gathers,
              window,
              pane,
              atLeast,
              atLeast.longValue(),
              steps,
              when.momentType(),
              reads(definition),
              Optional.ofNullable(scored),
              new StoredSlots(
                  TriggerPlan.eventType(when, gathers),
                  read(laterExpressions(definition), Scope.EVENT)),
              new StoredSlots(when.momentType(), every(when.momentType())),
              asksForUsualHour(definition) ? usualHourSlot() : OptionalInt.empty());
      connect(trigger);
      return trigger;
    }

    private List<SignalRead> reads(TriggerDefinition definition) {
      return signalSlots(definition).stream()
          .map(slot -> new SignalRead(slot, Objects.requireNonNull(signalBySlot.get(slot))))
          .toList();
    }

    /** The signals that a trigger's expressions and steps read, in the order in which they do. */
    private Set<Integer> signalSlots(TriggerDefinition definition) {
      Set<Integer> slots = new LinkedHashSet<>();
      for (Expression expression : expressions(definition)) {
        for (Expression.Read read : expression.reads()) {
          if (read.variable() == Scope.SIGNAL) {
            slots.add(read.slot());
          }
        }
      }
      if (asksForUsualHour(definition)) {
        usualHourSlot().ifPresent(slots::add);
      }
      return slots;
    }

    private static boolean asksForUsualHour(TriggerDefinition definition) {
      return definition.steps().stream()
          .flatMap(step -> step.intervention().alternatives().stream())
          .anyMatch(each -> each.sendAt() == Intervention.SendAt.USUAL_HOUR);
    }

    private OptionalInt usualHourSlot() {
      int slot = job.signals().type().indexOf(USUAL_HOUR);
      return slot < 0 ? OptionalInt.empty() : OptionalInt.of(slot);
    }

    private static Set<Integer> read(List<Expression> expressions, int variable) {
      Set<Integer> slots = new TreeSet<>();
      for (Expression expression : expressions) {
        for (Expression.Read read : expression.reads()) {
          if (read.variable() == variable) {
            slots.add(read.slot());
          }
        }
      }
      return slots;
    }

    private static Set<Integer> every(RecordType type) {
      Set<Integer> slots = new TreeSet<>();
      for (int slot = 0; slot < type.size(); slot++) {
        slots.add(slot);
      }
      return slots;
    }

    /** The attribute that {@code when} measures. */
    private static Optional<String> measured(When when) {
      if (when instanceof When.Sum sum) {
        return Optional.of(sum.of());
      }
      if (when instanceof When.Distinct distinct) {
        return Optional.of(distinct.of());
      }
      return when instanceof When.Drop drop && drop.measure() instanceof When.Measure.Sum sum
          ? Optional.of(sum.of())
          : Optional.empty();
    }

    /** Puts the trigger's roles into the index of each event type it listens to. */
    private void connect(TriggerPlan trigger) {
      TriggerDefinition definition = trigger.definition();
      List<String> match = definition.when().match();
      Map<Integer, List<Role>> roles = new HashMap<>();
      List<Selector> steps = trigger.gathers().selectors();
      Optional<String> measured = measured(trigger.gathers());
      for (int step = 0; step < steps.size(); step++) {
        add(roles, Role.Kind.SELECT, step, steps.get(step), match, match, measured);
      }
      if (definition.when() instanceof When.Milestone milestone) {
        profileSlots.add(milestone.slot());
      } else if (definition.when() instanceof When.Changes changed) {
        profileSlots.add(changed.slot());
      }
      if (trigger.gathers() instanceof When.Sequence sequence && sequence.without().isPresent()) {
        add(roles, Role.Kind.WITHOUT, 0, sequence.without().get(), match);
      }
      if (definition.when() instanceof When.Absence absence) {
        add(roles, Role.Kind.OF, 0, absence.of(), match);
      }
      for (int i = 0; i < definition.cancelOn().size(); i++) {
        add(roles, Role.Kind.CANCEL, i, definition.cancelOn().get(i), match);
      }
      roles.forEach(
          (type, list) -> {
            TypeBuilder builder = types.get(type);
            for (Role role : list) {
              if (role.kind() == Role.Kind.CANCEL || role.kind() == Role.Kind.OF) {
                builder.close(trigger, role);
              }
            }
            (trigger.arrival() ? builder.arrival : builder.settled).add(Interest.of(trigger, list));
          });
      definition.goal().ifPresent(goal -> connect(trigger, goal, match));
      if (!definition.when().hasEvent()) {
        expressions(definition).forEach(this::readsProfile);
        return;
      }
      EventType last = steps.get(steps.size() - 1).type();
      // In order of arrival any step's event may be the one that completes.
      List<EventType> completing =
          trigger.arrival()
              ? steps.stream().map(Selector::type).distinct().toList()
              : List.of(last);
      expressions(definition).forEach(e -> reads(e, last, completing));
    }

    private void connect(TriggerPlan trigger, TriggerDefinition.Goal goal, List<String> match) {
      EventType type = goal.ender().selector().type();
      Map<Integer, List<Role>> roles = new HashMap<>();
      add(roles, Role.Kind.GOAL, 0, goal.ender(), match);
      roles.values().forEach(all -> all.forEach(r -> types.get(type.index()).close(trigger, r)));
      goal.value().ifPresent(value -> reads(value, type));
    }

    private void connect(PolicyPlan policy) {
      for (MutePlan mute : policy.mutes()) {
        mute(mute, true, mute.mute().from());
        mute.mute().until().ifPresent(until -> mute(mute, false, until));
      }
      policy
          .definition()
          .consent()
          .ifPresent(
              consent ->
                  Stream.of(consent.marketingSlot(), consent.serviceSlot(), consent.channelsSlot())
                      .forEach(slot -> slot.ifPresent(profileSlots::add)));
    }

    private void mute(MutePlan mute, boolean begins, Selector selector) {
      types
          .get(selector.type().index())
          .mutes
          .add(new MuteInterest(mute, begins, predicate(selector)));
    }

    private void readsProfile(Expression expression) {
      for (Expression.Read read : expression.reads()) {
        if (read.variable() == Scope.USER) {
          profileSlots.add(read.slot());
        }
      }
    }

    /**
     * What {@code expression} reads of {@code last} is kept of every type that can stand for it.
     */
    private void reads(Expression expression, EventType last, List<EventType> completing) {
      reads(expression, last);
      for (Expression.Read read : expression.reads()) {
        if (read.variable() != Scope.EVENT) {
          continue;
        }
        String name = last.record().attribute(read.slot()).name();
        for (EventType type : completing) {
          int slot = type.record().indexOf(name);
          if (slot >= 0) {
            types.get(type.index()).slots.add(slot);
          }
        }
      }
    }

    private void add(
        Map<Integer, List<Role>> roles, Role.Kind kind, int step, Ender ender, List<String> match) {
      add(roles, kind, step, ender.selector(), ender.match(), match, Optional.empty());
    }

    private void add(
        Map<Integer, List<Role>> roles,
        Role.Kind kind,
        int step,
        Selector selector,
        List<String> names,
        List<String> match,
        Optional<String> measured) {
      EventType type = selector.type();
      TypeBuilder builder = types.get(type.index());
      int slot = measured.map(name -> type.record().indexOf(name)).orElse(-1);
      if (slot >= 0) {
        builder.slots.add(slot);
      }
      Role role = Role.of(kind, step, predicate(selector), type, names, match, slot);
      for (int matched : role.slots()) {
        builder.slots.add(matched);
      }
      roles.computeIfAbsent(type.index(), t -> new ArrayList<>()).add(role);
    }

    private void reads(Expression expression, EventType event) {
      for (Expression.Read read : expression.reads()) {
        if (read.variable() == Scope.EVENT) {
          types.get(event.index()).slots.add(read.slot());
        }
      }
      readsProfile(expression);
    }
  }

  private static final class TypeBuilder {
    private final EventType type;
    private final Map<String, Integer> predicateKeys = new HashMap<>();
    private final List<Expression> predicates = new ArrayList<>();
    private final List<Interest> arrival = new ArrayList<>();
    private final List<Interest> settled = new ArrayList<>();
    private final List<SignalInterest> signals = new ArrayList<>();
    private final List<Closer> arrivalClosers = new ArrayList<>();
    private final List<Closer> settledClosers = new ArrayList<>();
    private final List<MuteInterest> mutes = new ArrayList<>();
    private final Set<Integer> slots = new TreeSet<>();

    TypeBuilder(EventType type) {
      this.type = type;
    }

    int predicate(Expression where) {
      Integer known = predicateKeys.putIfAbsent(where.key(), predicates.size());
      if (known != null) {
        return known;
      }
      predicates.add(where);
      return predicates.size() - 1;
    }

    void close(TriggerPlan trigger, Role role) {
      (trigger.arrival() ? arrivalClosers : settledClosers).add(new Closer(trigger, role));
    }

    TypePlan build(boolean isSettled, boolean publishes) {
      return new TypePlan(
          type,
          Hashes.of32(type.name()),
          List.copyOf(predicates),
          List.copyOf(arrival),
          List.copyOf(settled),
          List.copyOf(signals),
          List.copyOf(arrivalClosers),
          List.copyOf(settledClosers),
          List.copyOf(mutes),
          isSettled && !mutes.isEmpty(),
          new StoredSlots(type.record(), slots),
          publishes ? 0 : patienceMs());
    }

    /**
     * An event that {@code after} of an absence selects shows at its deadline at the earliest, and
     * one that only ends or hinders shows by what does not come.
     */
    private long patienceMs() {
      long patienceMs = MOST_PATIENCE_MS;
      for (Interest interest : settled) {
        for (Role role : interest.roles()) {
          long most =
              switch (role.kind()) {
                case SELECT -> patienceMs(interest.trigger());
                case CANCEL, GOAL -> 0;
                case OF, WITHOUT -> MOST_PATIENCE_MS;
              };
          patienceMs = Math.min(patienceMs, most);
        }
      }
      boolean isWatched = signals.stream().anyMatch(signal -> !signal.scores().isEmpty());
      boolean isGoal =
          settledClosers.stream().anyMatch(closer -> closer.role().kind() == Role.Kind.GOAL);
      return isWatched || isGoal ? 0 : patienceMs;
    }

    /** How long after an event it selects the trigger's next moment is at the earliest. */
    private static long patienceMs(TriggerPlan trigger) {
      Optional<When.Wait> delay = trigger.delay();
      if (delay.isEmpty()) {
        return trigger.waitMs();
      }
      if (delay.get() instanceof When.Wait.Fixed fixed) {
        return fixed.ms();
      }
      // The floor, or less where the ceiling is lower; a gap by itself may be as short as its
      // prior.
      When.Wait.OwnGap gap = (When.Wait.OwnGap) delay.get();
      return Math.min(gap.floorMs().orElse(0), gap.ceilingMs().orElse(Long.MAX_VALUE));
    }
  }
}
