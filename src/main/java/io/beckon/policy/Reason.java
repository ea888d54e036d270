// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

/**
 * Why a moment, or a later step of what came of it, ended as it did; the first check that says no
 * gives it. The order of the constants is the order of the checks.
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
  /** {@code if}, or the condition of the step, did not hold. */
  NOT_IN_AUDIENCE,
  /** Too soon after an earlier one. */
  COOLDOWN,
  /** The user has not agreed to be reached so. */
  NO_CONSENT,
  /** Something open mutes the lane, as a complaint does. */
  MUTED,
  /** Others that were to go out at the same time came first. */
  LOST_ARBITRATION,
  /** The user has had as many as a cap allows. */
  CAP,
  /** It fell into quiet hours, and what does is dropped. */
  QUIET_DROPPED,
  /** Send time is past the moment by more than {@code expires_in}. */
  EXPIRED,
  /** A {@code cancel_on} event or the goal was known by the time of the decision. */
  CANCELLED,
  /** The trigger is a shadow; everything else said yes. */
  SHADOW,
  /** The user is held out, to see what happens without. */
  HOLDOUT,
  /** The budget is spent. */
  BUDGET,
  /** As many as the rate allows have gone out. */
  RATE,
  /** The last gate knows that the user has opted out. */
  OPTED_OUT,
  /** The last gate could not be asked. */
  GATE_AWAY,
  /** A command was published. */
  ISSUED,
  /** Held until later: an interim record, a final one follows. */
  DEFERRED;

  /** Whether nothing follows. */
  public boolean isFinal() {
    return this != DEFERRED;
  }
}
