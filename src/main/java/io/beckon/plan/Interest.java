// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import java.util.List;

/**
 * One trigger's interest in one event type.
 *
 * @param selects whether some role is SELECT
 * @param ends whether some role is OF or CANCEL
 */
public record Interest(TriggerPlan trigger, List<Role> roles, boolean selects, boolean ends) {
  static Interest of(TriggerPlan trigger, List<Role> roles) {
    boolean selects = roles.stream().anyMatch(r -> r.kind() == Role.Kind.SELECT);
    boolean ends =
        roles.stream().anyMatch(r -> r.kind() == Role.Kind.OF || r.kind() == Role.Kind.CANCEL);
    return new Interest(trigger, List.copyOf(roles), selects, ends);
  }
}
