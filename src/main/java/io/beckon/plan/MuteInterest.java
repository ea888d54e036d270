// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import java.util.Objects;

/**
 * How an event may begin or end a mute.
 *
 * @param begins whether it is its {@code from}
 * @param predicate its {@code where} among the type's predicates, or {@link Role#ALWAYS}
 */
public record MuteInterest(MutePlan mute, boolean begins, int predicate) {
  public MuteInterest {
    Objects.requireNonNull(mute);
  }
}
