// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import io.beckon.detect.Episode;
import java.math.BigDecimal;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * What an episode has brought about: exactly one for each that was assigned, treated or held out.
 * Times in epoch milliseconds.
 *
 * @param variant of the first step
 * @param converted whether the goal was met in time
 * @param value what the goal was worth, if that is known
 * @param delayMs from the moment to the goal, if converted
 * @param decidedTimeMs when the first step was decided
 * @param commandId the id of the first step's command, sent or not
 */
public record Outcome(
    String user,
    String trigger,
    int version,
    Episode episode,
    Assignment assignment,
    Optional<String> variant,
    boolean converted,
    Optional<BigDecimal> value,
    OptionalLong delayMs,
    long momentTimeMs,
    long decidedTimeMs,
    UUID commandId) {

  public Outcome {
    Objects.requireNonNull(user);
    Objects.requireNonNull(trigger);
    Objects.requireNonNull(episode);
    Objects.requireNonNull(assignment);
    Objects.requireNonNull(variant);
    Objects.requireNonNull(value);
    Objects.requireNonNull(delayMs);
    Objects.requireNonNull(commandId);
  }

  /** What the experiment chose for an episode. */
  public enum Assignment {
    /** Its command was sent, or handed on to be. */
    TREATED,
    /** Nothing is sent, to see what happens without. */
    HELD_OUT
  }

  /** The user's id stays out of logs. */
  @Override
  public String toString() {
    return "Outcome[" + trigger + " " + assignment + (converted ? " converted]" : "]");
  }
}
