// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

/** What a {@link BudgetStage} counts beside its decisions. */
public enum BudgetCounter {
  /** A command found a rate full and began to wait. */
  QUEUED,
  /** A fallback went out in the place of what could no longer be paid. */
  FALLBACKS,
  /** A CANCEL was dropped, since what it revokes never went out. */
  CANCELS_DROPPED
}
