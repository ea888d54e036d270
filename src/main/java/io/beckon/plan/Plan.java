// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.calendar.Durations;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.Ender;
import io.beckon.language.Intervention;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Clock;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.Selector;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.When;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.Scope;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A job compiled for the engine. Immutable; safe for use by many threads. */
public final class Plan {
  /** Up to this window single events are kept; above it, counts above 64 and sums use panes. */
  private static final long EXACT_WINDOW_MS = 3_600_000;

  private static final int EXACT_COUNT = 64;
  private static final int PANES = 48;

  private final JobDefinition job;
  private final List<TriggerPlan> triggers;
  private final List<TypePlan> types;
  private final Map<Integer, TypePlan> typesByHash;
  private final Map<Long, TriggerPlan> triggersByHash;
  private final StoredSlots profile;
  private final Slots noProfile;

  private Plan(
      JobDefinition job, List<TriggerPlan> triggers, List<TypePlan> types, StoredSlots profile) {
    this.job = job;
    this.triggers = List.copyOf(triggers);
    this.types = List.copyOf(types);
    this.profile = profile;
    this.noProfile = new Slots(job.catalogue().profile());
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

  /** Compiles {@code job}, whose definitions have been checked. Drafts are left out. */
  public static Plan compile(JobDefinition job) {
    return new Compiler(job).compile();
  }

  /** The job it was compiled from. */
  public JobDefinition job() {
    return job;
  }

  /** The triggers that observe, sorted by id. */
  public List<TriggerPlan> triggers() {
    return triggers;
  }

  /** What is wanted of events of {@code type}. */
  public TypePlan type(EventType type) {
    return types.get(type.index());
  }

  /** Whether any active trigger cares for events of {@code type}: the admission filter. */
  public boolean listensTo(EventType type) {
    return types.get(type.index()).isHeard();
  }

  /** The event type a state's bytes name, or null if this plan has none. */
  public @Nullable TypePlan typeByHash(int nameHash) {
    return typesByHash.get(nameHash);
  }

  /** The trigger a state's bytes name, or null if this plan has none. */
  public @Nullable TriggerPlan triggerByHash(long idHash) {
    return triggersByHash.get(idHash);
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

    Compiler(JobDefinition job) {
      this.job = job;
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
      List<TriggerPlan> triggers = new ArrayList<>();
      for (TriggerDefinition definition : observing) {
        triggers.add(trigger(triggers.size(), definition));
      }
      return new Plan(
          job,
          triggers,
          types.stream().map(TypeBuilder::build).toList(),
          new StoredSlots(job.catalogue().profile(), profileSlots));
    }

    private TriggerPlan trigger(int index, TriggerDefinition definition) {
      When when = definition.when();
      When gathers = when instanceof When.Absence absence ? absence.after() : when;
      boolean arrival =
          definition.urgent()
              || (job.time().order() == Order.ARRIVAL && !(when instanceof When.Absence));
      long window = 0;
      long pane = 1;
      BigDecimal atLeast = BigDecimal.ONE;
      int steps = 1;
      int measured = -1;
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
        measured = measured(sum.event(), sum.of());
      } else if (gathers instanceof When.Distinct distinct) {
        window = distinct.withinMs();
        atLeast = BigDecimal.valueOf(distinct.atLeast());
        measured = measured(distinct.event(), distinct.of());
      } else if (gathers instanceof When.Sequence sequence) {
        window = sequence.withinMs();
        steps = sequence.steps().size();
      }
      TriggerPlan trigger =
          new TriggerPlan(
              index,
              definition,
              Hashes.of64(definition.id()),
              Hashes.of64(Shapes.text(when) + (arrival ? " in order of arrival" : "")),
              arrival,
              gathers,
              window,
              pane,
              atLeast,
              atLeast.longValue(),
              steps,
              measured,
              when.momentType());
      connect(trigger);
      return trigger;
    }

    private int measured(Selector selector, String of) {
      int slot = selector.type().record().indexOf(of);
      types.get(selector.type().index()).slots.add(slot);
      return slot;
    }

    /** Puts the trigger's roles into the index of each event type it listens to. */
    private void connect(TriggerPlan trigger) {
      TriggerDefinition definition = trigger.definition();
      List<String> match = definition.when().match();
      Map<Integer, List<Role>> roles = new HashMap<>();
      List<Selector> steps = trigger.gathers().selectors();
      for (int step = 0; step < steps.size(); step++) {
        add(roles, Role.Kind.SELECT, step, steps.get(step), match, match);
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
            (trigger.arrival() ? builder.arrival : builder.settled).add(Interest.of(trigger, list));
          });
      EventType last = steps.get(steps.size() - 1).type();
      // In order of arrival any step's event may be the one that completes.
      List<EventType> completing =
          trigger.arrival()
              ? steps.stream().map(Selector::type).distinct().toList()
              : List.of(last);
      definition.audience().ifPresent(e -> reads(e, last, completing));
      for (Intervention.Param param : definition.then().params()) {
        for (Intervention.Part part : param.parts()) {
          if (part instanceof Intervention.Part.Computed computed) {
            reads(computed.expression(), last, completing);
          }
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
      add(roles, kind, step, ender.selector(), ender.match(), match);
    }

    private void add(
        Map<Integer, List<Role>> roles,
        Role.Kind kind,
        int step,
        Selector selector,
        List<String> names,
        List<String> match) {
      EventType type = selector.type();
      TypeBuilder builder = types.get(type.index());
      int predicate = Role.ALWAYS;
      if (selector.where().isPresent()) {
        Expression where = selector.where().get();
        predicate = builder.predicate(where);
        reads(where, type);
      }
      Role role = Role.of(kind, step, predicate, type, names, match);
      for (int slot : role.slots()) {
        builder.slots.add(slot);
      }
      roles.computeIfAbsent(type.index(), t -> new ArrayList<>()).add(role);
    }

    private void reads(Expression expression, EventType event) {
      for (Expression.Read read : expression.reads()) {
        if (read.variable() == Scope.EVENT) {
          types.get(event.index()).slots.add(read.slot());
        } else if (read.variable() == Scope.USER) {
          profileSlots.add(read.slot());
        }
      }
    }
  }

  private static final class TypeBuilder {
    private final EventType type;
    private final Map<String, Integer> predicateKeys = new HashMap<>();
    private final List<Expression> predicates = new ArrayList<>();
    private final List<Interest> arrival = new ArrayList<>();
    private final List<Interest> settled = new ArrayList<>();
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

    TypePlan build() {
      return new TypePlan(
          type,
          Hashes.of32(type.name()),
          List.copyOf(predicates),
          List.copyOf(arrival),
          List.copyOf(settled),
          new StoredSlots(type.record(), slots));
    }
  }
}
