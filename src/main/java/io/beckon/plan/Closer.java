// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import java.util.Objects;

/**
 * How an event may end what came of a trigger's moments: as its goal, as what cancels it or, coming
 * late, as what its absence waited for.
 *
 * @param role of kind GOAL, CANCEL or OF
 */
public record Closer(TriggerPlan trigger, Role role) {
  public Closer {
    Objects.requireNonNull(trigger);
    Objects.requireNonNull(role);
  }
}
