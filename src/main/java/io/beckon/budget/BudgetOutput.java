// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.policy.Command;
import io.beckon.policy.Decision;

/** Where a {@link BudgetStage} puts its results, in the order in which they come to be. */
public interface BudgetOutput {
  /** A command that was handed on was decided: always a final decision. */
  void decision(Decision decision);

  /** A command goes out, or one that went out is revoked; its decision has come just before. */
  void command(Command command);

  /** Something was counted. */
  void count(BudgetCounter counter);
}
