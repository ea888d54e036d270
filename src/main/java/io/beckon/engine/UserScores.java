// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import io.beckon.event.Slots;
import java.util.Objects;

/**
 * What a job of scores says of one user at one instant.
 *
 * @param timeMs event time: the values are those with all events until then
 * @param values of the job's signals; those that the job publishes, as far as they are not missing
 */
public record UserScores(String user, long timeMs, Cause cause, Slots values) {
  public UserScores {
    Objects.requireNonNull(user);
    Objects.requireNonNull(cause);
    Objects.requireNonNull(values);
  }

  /** Why they are told. */
  public enum Cause {
    /** An event has changed them. */
    CHANGE,
    /** A local day has closed. */
    CLOSE
  }

  /** Users and what is known of them stay out of logs. */
  @Override
  public String toString() {
    return "UserScores[" + cause + " at " + timeMs + "]";
  }
}
