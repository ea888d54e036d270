// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Rate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * What becomes of the states of one plan under another: by the same names and hashes by which a
 * state's bytes are read.
 */
public final class Upgrade {
  private Upgrade() {}

  /** What states hold, beside the user's profile and ids. */
  public enum Kind {
    /** What a trigger observed. */
    TRIGGER,
    /** What is kept for a signal. */
    SIGNAL,
    /** What a user was sent under a cap. */
    CAP,
    /** What begins and ends a mute. */
    MUTE,
    /** What was spent, by a user and by all. */
    BUDGET,
    /** What went out under a rate, and what waits. */
    RATE;

    /** As people read it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What becomes of it. */
  public enum Verdict {
    /** It goes on. */
    KEEP,
    /** Something else is observed under the name now: it begins anew. */
    RESET,
    /** It begins. */
    ADDED,
    /** It is dropped. */
    REMOVED;

    /** As people read it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether something observed is lost. */
    public boolean loses() {
      return this == RESET || this == REMOVED;
    }
  }

  /**
   * Something that a plan keeps.
   *
   * @param name unique among its kind
   * @param hash equal where the same is observed
   */
  public record Kept(Kind kind, String name, long hash) {
    public Kept {
      Objects.requireNonNull(kind);
      Objects.requireNonNull(name);
    }
  }

  /** What becomes of something kept. */
  public record Change(Kind kind, String name, Verdict verdict) {
    public Change {
      Objects.requireNonNull(kind);
      Objects.requireNonNull(name);
      Objects.requireNonNull(verdict);
    }
  }

  /** What {@code plan} keeps, by kind, then by name. */
  public static List<Kept> kept(Plan plan) {
    List<Kept> all = new ArrayList<>();
    for (TriggerPlan trigger : plan.triggers()) {
      all.add(new Kept(Kind.TRIGGER, trigger.id(), trigger.shapeHash()));
    }
    for (SignalPlan signal : plan.signals()) {
      for (int slot : signal.slots()) {
        all.add(
            new Kept(Kind.SIGNAL, plan.job().signals().all().get(slot).name(), signal.shapeHash()));
      }
    }
    for (CapPlan cap : plan.policy().caps()) {
      all.add(new Kept(Kind.CAP, cap.cap().id(), cap.hash()));
    }
    Set<Long> mutes = new HashSet<>();
    for (MutePlan mute : plan.policy().mutes()) {
      // Mutes of the same events share what is kept.
      if (mutes.add(mute.hash())) {
        all.add(new Kept(Kind.MUTE, name(mute), mute.hash()));
      }
    }
    for (Budget budget : plan.policy().definition().budgets()) {
      all.add(new Kept(Kind.BUDGET, budget.id(), PolicyPlan.hash(budget)));
    }
    for (Rate rate : plan.policy().definition().rates()) {
      all.add(new Kept(Kind.RATE, rate.id(), Hashes.of64(rate.id())));
    }
    all.sort(Comparator.comparing(Kept::kind).thenComparing(Kept::name));
    return List.copyOf(all);
  }

  /**
   * What becomes of what was kept {@code before}, by kind, then by name. A signal that goes on
   * under another name is kept, under the new one.
   */
  public static List<Change> between(List<Kept> before, List<Kept> after) {
    Index old = new Index(before);
    Index now = new Index(after);
    List<Change> changes = new ArrayList<>();
    for (Kept kept : after) {
      Verdict verdict =
          old.has(kept) ? Verdict.KEEP : old.hasName(kept) ? Verdict.RESET : Verdict.ADDED;
      changes.add(new Change(kept.kind(), kept.name(), verdict));
    }
    for (Kept kept : before) {
      if (!now.hasName(kept) && !now.has(kept)) {
        changes.add(new Change(kept.kind(), kept.name(), Verdict.REMOVED));
      }
    }
    changes.sort(Comparator.comparing(Change::kind).thenComparing(Change::name));
    return List.copyOf(changes);
  }

  private static String name(MutePlan mute) {
    String lane = mute.mute().lane().name();
    String text = Shapes.text(mute.mute());
    return lane.toLowerCase(Locale.ROOT)
        + text.substring(text.indexOf(lane) + lane.length(), text.length() - 1);
  }

  /** What a trigger observes, as the text that its hash is of. */
  public static String shape(TriggerPlan trigger) {
    return Shapes.text(trigger.when(), trigger.arrival());
  }

  private static final class Index {
    private final Map<Kind, Map<String, Long>> hashes = new HashMap<>();

    Index(List<Kept> all) {
      for (Kept kept : all) {
        hashes.computeIfAbsent(kept.kind(), k -> new HashMap<>()).put(kept.name(), kept.hash());
      }
    }

    boolean hasName(Kept kept) {
      return of(kept).containsKey(kept.name());
    }

    /** Whether a state's bytes of the one are found by the other. */
    boolean has(Kept kept) {
      Map<String, Long> its = of(kept);
      // What a trigger observed is found by its name and its shape.
      return kept.kind() == Kind.TRIGGER
          ? Long.valueOf(kept.hash()).equals(its.get(kept.name()))
          : its.containsValue(kept.hash());
    }

    private Map<String, Long> of(Kept kept) {
      return hashes.getOrDefault(kept.kind(), Map.of());
    }
  }
}
