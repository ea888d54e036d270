// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.Optional;

/**
 * What features are measured against.
 *
 * @param priorGapDays the gap of everybody, m0
 * @param priorWeight how many of the user's own gaps it weighs, k0
 * @param billing when a subscription is paid for; a model with one speaks only while it runs
 */
public record Background(double priorGapDays, double priorWeight, Optional<Billing> billing) {
  /** Refuses a prior that is not above 0. */
  public Background {
    if (!isPositive(priorGapDays) || !isPositive(priorWeight)) {
      throw new IllegalArgumentException("a prior of " + priorGapDays + " days, " + priorWeight);
    }
  }

  private static boolean isPositive(double number) {
    return number > 0 && Double.isFinite(number);
  }
}
