// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import io.beckon.event.Event;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Outcome;

/** Where an {@link Engine} puts its results, in the order in which they come to be. */
public interface EngineOutput {
  /** A moment was decided. */
  void decision(Decision decision);

  /** A command was issued or revoked. */
  void command(Command command);

  /** An episode that was assigned has met its goal, or its time is over. */
  void outcome(Outcome outcome);

  /** What is decided where all users meet. */
  void request(BudgetRequest request);

  /** A user's scores are told: of plans that publish them, and no others. */
  default void scores(UserScores scores) {
    throw new IllegalStateException("no job of scores, yet it has " + scores);
  }

  /** An event came after the watermark {@code watermarkMs} had passed it. */
  void late(Event event, long watermarkMs);

  /** Something was counted that concerns no trigger in particular. */
  void count(Counter counter);

  /** Something was counted for a trigger. */
  void count(TriggerCounter counter, String trigger);

  /** What is counted for users as a whole. */
  enum Counter {
    /** A later copy of an event already read was dropped. */
    DUPLICATE_EVENTS,
    /** An event came late. */
    LATE_EVENTS,
    /** An id was forgotten early, beyond 256 a user. */
    IDS_FORGOTTEN,
    /** A profile named no zone there is; the job's holds. */
    ZONE_FALLBACKS,
    /** A held command or a journey was dropped: its trigger is gone. */
    HELD_DROPPED,
    /** A user's state had grown too large: the user was put in quarantine. */
    USERS_QUARANTINED,
    /** An event of a user in quarantine could only end, mute and convert. */
    EVENTS_SHED
  }

  /** What is counted for each trigger. */
  enum TriggerCounter {
    /** A moment came to be; equals the sum of its final decisions. */
    MOMENTS,
    /** An open episode was ended by an {@code of} or {@code cancel_on} event before its moment. */
    PREVENTED,
    /** An expression met a missing attribute, or an error such as overflow. */
    MISSES,
    /** An event without a match attribute belonged to no instance. */
    NO_INSTANCE,
    /** A live instance was displaced, beyond {@code max_instances}. */
    INSTANCES_DISPLACED,
    /** A goal came after its episode's outcome had been recorded. */
    GOALS_TOO_LATE
  }
}
