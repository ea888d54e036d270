// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.AttributeType;
import io.beckon.language.diagnostics.Span;
import java.util.Objects;

/**
 * A named measure of one user, which triggers share.
 *
 * @param name {@code signal.x} in expressions
 * @param span where its name is written
 * @param type of its values
 */
public record SignalDefinition(String name, Span span, SignalMeasure measure, AttributeType type) {
  public SignalDefinition {
    Objects.requireNonNull(name);
    Objects.requireNonNull(span);
    Objects.requireNonNull(measure);
    Objects.requireNonNull(type);
  }
}
