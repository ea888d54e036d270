// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import io.beckon.detect.Episode;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * What became of a moment: exactly one final decision each, sent or not. Times in epoch
 * milliseconds.
 *
 * @param commandId the id its command has or would have had
 * @param evidence what the moment observed
 * @param compared the numbers the reason rests on
 */
public record Decision(
    String user,
    String trigger,
    int version,
    Episode episode,
    int step,
    long momentTimeMs,
    long decisionTimeMs,
    Reason reason,
    UUID commandId,
    List<Fact> evidence,
    List<Fact> compared) {

  public Decision {
    Objects.requireNonNull(user);
    Objects.requireNonNull(trigger);
    Objects.requireNonNull(episode);
    Objects.requireNonNull(reason);
    Objects.requireNonNull(commandId);
    evidence = List.copyOf(evidence);
    compared = List.copyOf(compared);
  }

  /** The user's id stays out of logs. */
  @Override
  public String toString() {
    return "Decision[" + trigger + " " + reason + " at " + momentTimeMs + "]";
  }
}
