// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import io.beckon.plan.TriggerPlan;
import io.beckon.state.Journey;

/** What comes of deciding. */
public interface DeskOutput {
  /** A moment, or a later step, was decided, or is held. */
  void decision(Decision decision);

  /** A command goes out. */
  void command(Command command);

  /** A command goes where all users meet. */
  void request(BudgetRequest request);

  /** What was assigned has ended. */
  void outcome(Outcome outcome);

  /** An expression missed a value. */
  void missed(TriggerPlan trigger);

  /** A goal came after its outcome had been recorded. */
  void goalTooLate(TriggerPlan trigger);

  /** An episode is open beyond its moment, until {@code endMs}. */
  void opened(Journey journey, long endMs);

  /** An opened episode ends at {@code endMs}. */
  void extended(Journey journey, long endMs);

  /** An opened episode came to nothing. */
  void closed(Journey journey);

  /** Events that were read before the journey's moment may concern it. */
  void catchUp(Journey journey);
}
