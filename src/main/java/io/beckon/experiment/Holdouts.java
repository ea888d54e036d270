// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.experiment;

import java.math.BigDecimal;
import java.util.Optional;

/**
 * Whom nothing is sent so that it can be seen what sending does: users held out from everything,
 * and users held out from one trigger.
 */
public final class Holdouts {
  private Holdouts() {}

  /** From what a user is held out. */
  public enum Scope {
    /** From everything that is not exempt. */
    GLOBAL,
    /** From one trigger. */
    TRIGGER;

    /** As records write it. */
    public String label() {
      return this == GLOBAL ? "global" : "trigger";
    }
  }

  /**
   * Why a user is held out.
   *
   * @param share of the users, from 0 to 1
   * @param draw the user's number, less than the share
   */
  public record Held(Scope scope, BigDecimal share, double draw) {}

  /**
   * Whether and from what a user is held out: from everything if the draw of {@link Draw#HOLDOUT}
   * is less than {@code globalShare}, otherwise from the trigger if that of {@link Draw#holdoutOf}
   * is less than {@code triggerShare}. The shares are compared as the doubles nearest to them.
   */
  public static Optional<Held> of(
      String salt, BigDecimal globalShare, String trigger, BigDecimal triggerShare, String user) {
    Optional<Held> global = held(Scope.GLOBAL, globalShare, salt, Draw.HOLDOUT, user);
    return global.isPresent()
        ? global
        : held(Scope.TRIGGER, triggerShare, salt, Draw.holdoutOf(trigger), user);
  }

  private static Optional<Held> held(
      Scope scope, BigDecimal share, String salt, String drawn, String user) {
    if (share.signum() <= 0) {
      return Optional.empty();
    }
    double draw = Draw.unit(salt, drawn, user);
    return draw < share.doubleValue()
        ? Optional.of(new Held(scope, share, draw))
        : Optional.empty();
  }
}
