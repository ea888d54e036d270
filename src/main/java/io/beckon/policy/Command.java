// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import io.beckon.detect.Episode;
import io.beckon.language.Intervention;
import io.beckon.language.TriggerDefinition.Lane;
import java.math.BigDecimal;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * What another service shall do for a user. Times in epoch milliseconds.
 *
 * @param id name-based on (job, user, trigger, episode, step); a CANCEL carries the id it revokes
 * @param fields what the kind adds: a String or a java.math.BigDecimal each
 * @param params for the template; those whose expression missed a value are left out
 * @param variant which variant of the experiment it is
 * @param budget the budget it is charged to
 * @param cost what it is charged
 * @param expiresAtMs not to be carried out later than this
 */
public record Command(
    UUID id,
    Action action,
    String job,
    String user,
    String trigger,
    int version,
    Episode episode,
    int step,
    Intervention.Kind kind,
    Optional<String> channel,
    Optional<String> template,
    List<Value> fields,
    List<Value> params,
    Optional<String> variant,
    Optional<String> budget,
    Optional<BigDecimal> cost,
    Lane lane,
    int priority,
    long momentTimeMs,
    long decisionTimeMs,
    long notBeforeMs,
    OptionalLong expiresAtMs,
    List<Fact> evidence) {

  public Command {
    Objects.requireNonNull(id);
    Objects.requireNonNull(action);
    Objects.requireNonNull(variant);
    Objects.requireNonNull(budget);
    Objects.requireNonNull(cost);
    fields = List.copyOf(fields);
    params = List.copyOf(params);
    evidence = List.copyOf(evidence);
  }

  /** What to do. */
  public enum Action {
    /** Carry it out. */
    ISSUE,
    /** Do not, or take it back. */
    CANCEL
  }

  /**
   * A named value.
   *
   * @param value a String, Long, Double, Boolean, java.math.BigDecimal or a List of them
   */
  public record Value(String name, Object value) {}

  /** The same command, sent at another time. */
  public Command sentAt(long timeMs) {
    return new Command(
        id,
        action,
        job,
        user,
        trigger,
        version,
        episode,
        step,
        kind,
        channel,
        template,
        fields,
        params,
        variant,
        budget,
        cost,
        lane,
        priority,
        momentTimeMs,
        timeMs,
        timeMs,
        expiresAtMs,
        evidence);
  }

  /** The user's id stays out of logs. */
  @Override
  public String toString() {
    return "Command[" + action + " " + trigger + " " + id + "]";
  }
}
