// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.event.RecordType;
import io.beckon.language.Selector;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.When;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * One trigger compiled. Durations in milliseconds.
 *
 * @param index its place among the plan's triggers, which are sorted by id
 * @param idHash names the trigger in a state's bytes
 * @param shapeHash names the shape of its {@code when} there; another shape begins anew
 * @param arrival whether it takes events as they come
 * @param gathers the shape that gathers: {@code when} itself, or an absence's {@code after}
 * @param windowMs of {@code gathers}; 0 for an event
 * @param paneMs the width of its panes; 1 where single events are kept
 * @param atLeast the line, exact
 * @param atLeastCount the line of a count or distinct, as a whole number
 * @param steps of a sequence; 1 otherwise
 * @param momentType what {@code moment.x} offers
 * @param reads the signals that its expressions read
 * @param scored the signal of a score
 * @param keptEvent what later steps read of the event
 * @param keptMoment what the moment observed
 * @param usualHourSlot the signal that tells the user's usual hour, where a step asks for it
 */
public record TriggerPlan(
    int index,
    TriggerDefinition definition,
    long idHash,
    long shapeHash,
    boolean arrival,
    When gathers,
    long windowMs,
    long paneMs,
    BigDecimal atLeast,
    long atLeastCount,
    int steps,
    RecordType momentType,
    List<SignalRead> reads,
    Optional<SignalPlan> scored,
    StoredSlots keptEvent,
    StoredSlots keptMoment,
    OptionalInt usualHourSlot) {
  private static final RecordType NO_EVENT = RecordType.of("event", List.of());

  /** The trigger's id. */
  public String id() {
    return definition.id();
  }

  /** The shape. */
  public When when() {
    return definition.when();
  }

  /**
   * What {@code event} is of in {@code if} and params: of a sequence, its last step; without
   * attributes where there is none.
   */
  public RecordType eventType() {
    return eventType(when(), gathers);
  }

  static RecordType eventType(When when, When gathers) {
    if (!when.hasEvent()) {
      return NO_EVENT;
    }
    List<Selector> steps = gathers.selectors();
    return steps.get(steps.size() - 1).type().record();
  }

  /** Whether its moment is an absence's deadline. */
  public boolean isAbsence() {
    return definition.when() instanceof When.Absence;
  }

  /** D of an absence; 0 otherwise. */
  public long waitMs() {
    return definition.when() instanceof When.Absence absence ? absence.forMs() : 0;
  }

  /** Whether its moment is the deadline after a last event. */
  public boolean isQuiet() {
    return delay().isPresent();
  }

  /** How long after the last event, if its moment comes then. */
  public Optional<When.Wait> delay() {
    if (when() instanceof When.Inactive inactive) {
      return Optional.of(inactive.delay());
    }
    return when() instanceof When.Due due ? Optional.of(due.delay()) : Optional.empty();
  }

  /** Whether an episode opens before its moment, and events can end it until then. */
  public boolean opensBefore() {
    return isAbsence() || isQuiet();
  }

  /** Whether an event selected by {@code after} moves an open absence. */
  public boolean restarts() {
    return definition.when() instanceof When.Absence absence
        && absence.onRepeat() == When.OnRepeat.RESTART;
  }

  /** How long after its moment an ISSUED episode stays open. */
  public long spanMs() {
    return Math.max(definition.expiresInMs().orElse(0), definition.goalWithinMs().orElse(0));
  }

  /** Whether an ISSUED episode can still be revoked by anything. */
  public boolean revocable() {
    return opensBefore() || !definition.cancelOn().isEmpty();
  }

  /** Whether it has more than one step. */
  public boolean hasLaterSteps() {
    return definition.steps().size() > 1;
  }

  /** Whether it is a shadow. */
  public boolean isShadow() {
    return definition.mode() == Mode.SHADOW;
  }

  /** The cooldown, if it has one. */
  public OptionalLong cooldownMs() {
    return definition.cooldown().isPresent()
        ? OptionalLong.of(definition.cooldown().get().forMs())
        : OptionalLong.empty();
  }

  /** Whether the cooldown is kept per match values. */
  public boolean cooldownPerMatch() {
    return definition.cooldown().isPresent() && definition.cooldown().get().perMatch();
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  @Override
  public String toString() {
    return "TriggerPlan[" + id() + "]";
  }
}
