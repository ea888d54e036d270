// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import java.util.List;
import java.util.Objects;

/**
 * Which events end something: {@code of}, {@code without}, {@code cancel_on} and {@code goal}.
 *
 * @param selector which events
 * @param match those attributes of the trigger's {@code match} whose values must agree; none: any
 *     such event of the user. Where the attribute is a list, it must contain the value.
 */
public record Ender(Selector selector, List<String> match) {
  public Ender {
    Objects.requireNonNull(selector);
    match = List.copyOf(match);
  }
}
