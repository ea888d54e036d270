// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import java.util.List;
import java.util.Objects;

/**
 * What is to be known of one user's scores from a time on.
 *
 * @param timeMs epoch milliseconds; an older one never replaces a newer one
 * @param erased nothing is to be known of the user any more, whatever the times
 * @param fields the scores there are; others are gone
 */
public record ScoreWrite(String user, long timeMs, boolean erased, List<Field> fields) {
  /** The field of a user's hash that holds the time. */
  public static final String TIME = "time";

  /**
   * A score.
   *
   * @param name not {@link #TIME}
   * @param text its value
   */
  public record Field(String name, String text) {
    public Field {
      Objects.requireNonNull(text);
      if (name.equals(TIME)) {
        throw new IllegalArgumentException("a score called " + TIME);
      }
    }
  }

  public ScoreWrite {
    Objects.requireNonNull(user);
    fields = List.copyOf(fields);
    if (erased && !fields.isEmpty()) {
      throw new IllegalArgumentException("scores of an erased user");
    }
  }

  /** A user's scores. */
  public static ScoreWrite of(String user, long timeMs, List<Field> fields) {
    return new ScoreWrite(user, timeMs, false, fields);
  }

  /** A user is erased. */
  public static ScoreWrite erased(String user, long timeMs) {
    return new ScoreWrite(user, timeMs, true, List.of());
  }

  /** The user's id stays out of logs. */
  @Override
  public String toString() {
    return "ScoreWrite[at " + timeMs + (erased ? ", erased]" : "]");
  }
}
