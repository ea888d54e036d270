// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.detect;

import io.beckon.event.Event;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.Role;
import java.util.Optional;

/**
 * An ender of the instant at hand, in settled order: it may concern what comes to be later in the
 * same instant.
 *
 * @param role its role for the trigger
 * @param selectedInto the instance it was selected into, which it does not concern
 */
record EnderMark(Role role, Event event, Optional<InstanceKey> selectedInto) {
  /** Whether it speaks against the instance called {@code key}. */
  boolean concerns(InstanceKey key) {
    return role.concerns(event.attributes(), key)
        && !(selectedInto.isPresent() && selectedInto.get().equals(key));
  }
}
