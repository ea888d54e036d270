// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.calendar.QuietHours;
import io.beckon.language.Intervention;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.language.TriggerDefinition;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What may be sent at all, compiled. */
public final class PolicyPlan {
  private final PolicyDefinition definition;
  private final @Nullable QuietHours quiet;
  private final List<CapPlan> caps;
  private final Map<Long, CapPlan> capsByHash = new HashMap<>();
  private final List<MutePlan> mutes;
  private final Map<Long, MutePlan> mutesByHash = new HashMap<>();
  private final Map<Long, Budget> budgetsByHash = new HashMap<>();

  PolicyPlan(PolicyDefinition definition) {
    this.definition = definition;
    this.quiet =
        definition
            .quiet()
            .map(quiet -> QuietHours.of(windows(quiet), holidays(quiet)))
            .orElse(null);
    this.caps =
        definition.caps().stream().map(cap -> new CapPlan(cap, Hashes.of64(cap.id()))).toList();
    this.mutes =
        definition.mutes().stream()
            .map(mute -> new MutePlan(mute, Hashes.of64(Shapes.text(mute))))
            .toList();
    for (CapPlan cap : caps) {
      put(capsByHash, cap.hash(), cap, "caps");
    }
    for (MutePlan mute : mutes) {
      // Mutes of the same events share what is kept, for as long as the longest needs it.
      mutesByHash.merge(
          mute.hash(), mute, (a, b) -> a.mute().atMostMs() >= b.mute().atMostMs() ? a : b);
    }
    for (Budget budget : definition.budgets()) {
      put(budgetsByHash, Hashes.of64(budget.id()), budget, "budgets");
    }
  }

  private static <T> void put(Map<Long, T> into, long hash, T value, String what) {
    if (into.put(hash, value) != null) {
      throw new IllegalStateException("two " + what + " share a name, or its hash: " + value);
    }
  }

  private static List<QuietHours.Window> windows(PolicyDefinition.Quiet quiet) {
    return quiet.windows().stream()
        .map(window -> new QuietHours.Window(window.fromMinute(), window.toMinute()))
        .toList();
  }

  private static List<QuietHours.Holiday> holidays(PolicyDefinition.Quiet quiet) {
    return quiet.holidays().stream()
        .map(day -> new QuietHours.Holiday(day.from().toEpochDay(), day.to().toEpochDay()))
        .toList();
  }

  /** As it was written. */
  public PolicyDefinition definition() {
    return definition;
  }

  /** When nothing is sent. */
  public Optional<QuietHours> quiet() {
    return Optional.ofNullable(quiet);
  }

  /** The caps, in the order of the file. */
  public List<CapPlan> caps() {
    return caps;
  }

  /** The cap a state's bytes name, or null if there is none. */
  public @Nullable CapPlan capByHash(long hash) {
    return capsByHash.get(hash);
  }

  /** The mutes, in the order of the file. */
  public List<MutePlan> mutes() {
    return mutes;
  }

  /** The mute a state's bytes name, the longest of several, or null if there is none. */
  public @Nullable MutePlan muteByHash(long hash) {
    return mutesByHash.get(hash);
  }

  /** The budget a state's bytes name, or null if there is none. */
  public @Nullable Budget budgetByHash(long hash) {
    return budgetsByHash.get(hash);
  }

  /** The hash that names a budget in a state's bytes. */
  public static long hash(Budget budget) {
    return Hashes.of64(budget.id());
  }

  /** Whether some rate concerns it. */
  public boolean isRated(TriggerDefinition trigger, Intervention intervention) {
    return rates(trigger, intervention, false);
  }

  /** Whether a rate concerns it that lets what it has no room for wait. */
  public boolean mayQueue(TriggerDefinition trigger, Intervention intervention) {
    return rates(trigger, intervention, true);
  }

  private boolean rates(TriggerDefinition trigger, Intervention intervention, boolean queues) {
    for (Rate rate : definition.rates()) {
      if ((!queues || rate.queues())
          && rate.of().fits(trigger.id(), trigger.lane(), intervention)) {
        return true;
      }
    }
    return false;
  }
}
