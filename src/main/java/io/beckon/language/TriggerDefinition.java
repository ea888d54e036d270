// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.diagnostics.Span;
import io.beckon.language.expression.Expression;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * One trigger, checked.
 *
 * @param id unique in its job
 * @param version recorded on every decision
 * @param span where its file says {@code id}
 * @param audience {@code if}, over {@code Scope.moment(event, user, moment)}
 * @param urgent fires at arrival although the job is settled; shape {@code event} only
 * @param maxInstances live instances a user
 * @param expiresInMs after the moment, by send time
 * @param goal what it is meant to bring about
 * @param holdout the share of users held out of this trigger, in [0, 1], exact
 * @param steps at least one
 */
public record TriggerDefinition(
    String id,
    int version,
    Span span,
    String owner,
    String description,
    Mode mode,
    Optional<ActiveDates> active,
    Lane lane,
    int priority,
    When when,
    boolean urgent,
    int maxInstances,
    Optional<Expression> audience,
    List<Ender> cancelOn,
    Optional<Cooldown> cooldown,
    OptionalLong expiresInMs,
    Optional<Goal> goal,
    BigDecimal holdout,
    List<Step> steps) {

  /** How many steps a trigger may have. */
  public static final int MOST_STEPS = 10;

  public TriggerDefinition {
    Objects.requireNonNull(id);
    Objects.requireNonNull(when);
    Objects.requireNonNull(goal);
    Objects.requireNonNull(holdout);
    cancelOn = List.copyOf(cancelOn);
    steps = List.copyOf(steps);
    if (steps.isEmpty() || steps.size() > MOST_STEPS) {
      throw new IllegalArgumentException(id + " has " + steps.size() + " steps");
    }
  }

  /** A trigger of one step, without goal and holdout. */
  public TriggerDefinition(
      String id,
      int version,
      Span span,
      String owner,
      String description,
      Mode mode,
      Optional<ActiveDates> active,
      Lane lane,
      int priority,
      When when,
      boolean urgent,
      int maxInstances,
      Optional<Expression> audience,
      List<Ender> cancelOn,
      Optional<Cooldown> cooldown,
      OptionalLong expiresInMs,
      Intervention then) {
    this(
        id,
        version,
        span,
        owner,
        description,
        mode,
        active,
        lane,
        priority,
        when,
        urgent,
        maxInstances,
        audience,
        cancelOn,
        cooldown,
        expiresInMs,
        Optional.empty(),
        BigDecimal.ZERO,
        List.of(new Step(then, Optional.empty(), 0)));
  }

  /** What its first step does. */
  public Intervention then() {
    return steps.get(0).intervention();
  }

  /** How long after the moment its goal is waited for. */
  public OptionalLong goalWithinMs() {
    return goal.map(it -> OptionalLong.of(it.withinMs())).orElseGet(OptionalLong::empty);
  }

  /** The trigger in another mode. */
  public TriggerDefinition withMode(Mode other) {
    return with(other, holdout, steps);
  }

  /** The trigger with another share of users held out. */
  public TriggerDefinition withHoldout(BigDecimal share) {
    return with(mode, share, steps);
  }

  /** The trigger with other steps. */
  public TriggerDefinition withSteps(List<Step> others) {
    return with(mode, holdout, others);
  }

  private TriggerDefinition with(Mode mode, BigDecimal holdout, List<Step> steps) {
    return new TriggerDefinition(
        id,
        version,
        span,
        owner,
        description,
        mode,
        active,
        lane,
        priority,
        when,
        urgent,
        maxInstances,
        audience,
        cancelOn,
        cooldown,
        expiresInMs,
        goal,
        holdout,
        steps);
  }

  /** Whether and how a trigger takes part. */
  public enum Mode {
    /** Observes nothing. */
    DRAFT,
    /** Judged like a live one, sends nothing. */
    SHADOW,
    /** Sends. */
    LIVE,
    /** Goes on observing, sends nothing. */
    PAUSED
  }

  /** The lane of a trigger's commands; at one time marketing is decided after service. */
  public enum Lane {
    /** What a user needs to know. */
    SERVICE,
    /** What we should like a user to know. */
    MARKETING
  }

  /** Local dates of the job, both included; a missing end is open. */
  public record ActiveDates(Optional<LocalDate> from, Optional<LocalDate> until) {}

  /** No second moment within {@code forMs}, per user or per match key. */
  public record Cooldown(long forMs, boolean perMatch) {}

  /**
   * What a trigger is meant to bring about.
   *
   * @param ender which events reach it
   * @param withinMs how long after the moment one counts
   * @param value what it is worth, over {@code Scope.where(event, user)}; a number
   */
  public record Goal(Ender ender, long withinMs, Optional<Expression> value) {
    public Goal {
      Objects.requireNonNull(ender);
      Objects.requireNonNull(value);
    }
  }

  /**
   * One thing to do, and when.
   *
   * @param condition {@code if} of the step, over {@code Scope.moment(event, user, moment)}
   * @param waitMs between the step before and this one; 0 of the first
   */
  public record Step(Intervention intervention, Optional<Expression> condition, long waitMs) {
    public Step {
      Objects.requireNonNull(intervention);
      Objects.requireNonNull(condition);
    }
  }
}
