// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.language.PolicyDefinition.Mute;
import java.util.Objects;

/**
 * A mute.
 *
 * @param hash names it in a state's bytes: one of other events is another one
 */
public record MutePlan(Mute mute, long hash) {
  public MutePlan {
    Objects.requireNonNull(mute);
  }
}
