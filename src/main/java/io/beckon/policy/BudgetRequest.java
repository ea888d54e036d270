// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import java.util.Objects;
import java.util.Optional;

/**
 * What is decided where all users meet: whether the budget and the rates that concern a command
 * have room for it. Times in epoch milliseconds of the send clock.
 */
public sealed interface BudgetRequest {
  /** When it was made; in a replay requests are taken in this order. */
  long atMs();

  /**
   * A command that was found good in every other way.
   *
   * @param decision as it is if the command goes out as it is
   * @param fallback goes out in its place where the budget is empty; already found good
   * @param sendUntilMs it must not go out later
   * @param rememberUntilMs until then it may be revoked
   */
  record Spend(
      long atMs,
      Command command,
      Decision decision,
      Optional<Command> fallback,
      long sendUntilMs,
      long rememberUntilMs)
      implements BudgetRequest {
    public Spend {
      Objects.requireNonNull(command);
      Objects.requireNonNull(decision);
      Objects.requireNonNull(fallback);
    }
  }

  /** Everything known of a user is erased: what waits is forgotten, without a word. */
  record Erase(long atMs, String user) implements BudgetRequest {
    public Erase {
      Objects.requireNonNull(user);
    }

    /** The user's id stays out of logs. */
    @Override
    public String toString() {
      return "Erase[at " + atMs + "]";
    }
  }

  /** Revokes an earlier one, of which it is not known whether it went out. */
  record Revoke(long atMs, Command cancel) implements BudgetRequest {
    public Revoke {
      Objects.requireNonNull(cancel);
    }
  }
}
