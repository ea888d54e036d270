// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.language.PolicyDefinition.Cap;
import java.util.Objects;

/**
 * A cap.
 *
 * @param hash names it in a state's bytes, by its id
 */
public record CapPlan(Cap cap, long hash) {
  public CapPlan {
    Objects.requireNonNull(cap);
  }
}
