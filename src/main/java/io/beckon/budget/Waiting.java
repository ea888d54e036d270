// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.policy.BudgetRequest.Spend;
import io.beckon.policy.Command;
import io.beckon.policy.Fact;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A command on its way through the stage.
 *
 * @param arrival numbers commands in the order in which they came
 * @param emptied where the fallback goes in its place, why
 * @param rates those that concern what is to go out
 */
record Waiting(Spend spend, long arrival, Optional<List<Fact>> emptied, RateSet rates) {
  /** Who is next. */
  static final Comparator<Waiting> ORDER =
      Comparator.comparingInt((Waiting w) -> -w.spend.command().priority())
          .thenComparingLong(Waiting::arrival);

  /** Who has waited in vain first. */
  static final Comparator<Waiting> BY_END =
      Comparator.comparingLong((Waiting w) -> w.spend.sendUntilMs()).thenComparing(ORDER);

  Waiting {
    Objects.requireNonNull(spend);
    Objects.requireNonNull(emptied);
    Objects.requireNonNull(rates);
  }

  /** What is to go out. */
  Command command() {
    return emptied.isPresent() ? spend.fallback().orElseThrow() : spend.command();
  }
}
