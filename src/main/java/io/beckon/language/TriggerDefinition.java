// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.diagnostics.Span;
import io.beckon.language.expression.Expression;
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
 * @param goalWithinMs how long after the moment a goal is waited for
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
    OptionalLong goalWithinMs,
    Intervention then) {

  public TriggerDefinition {
    Objects.requireNonNull(id);
    Objects.requireNonNull(when);
    cancelOn = List.copyOf(cancelOn);
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
}
