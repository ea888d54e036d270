// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

/**
 * Why a moment ended as it did; the first check that says no gives it. The order of the constants
 * is the order of the checks.
 */
public enum Reason {
  /** Its episode was displaced by newer ones, beyond {@code max_instances}. */
  EVICTED,
  /** It lies before {@code send_from}: history that is read, not acted on. */
  WARMING_UP,
  /** The trigger is paused. */
  PAUSED,
  /** The local date of the moment lies outside {@code active}. */
  NOT_ACTIVE,
  /** {@code if} did not hold. */
  NOT_IN_AUDIENCE,
  /** Too soon after an earlier one. */
  COOLDOWN,
  /** Send time is past the moment by more than {@code expires_in}. */
  EXPIRED,
  /** A {@code cancel_on} event was known by the time of the decision. */
  CANCELLED,
  /** The trigger is a shadow; everything else said yes. */
  SHADOW,
  /** A command was published. */
  ISSUED
}
