// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.AttributeType;
import io.beckon.language.diagnostics.Span;
import java.util.Objects;
import java.util.Optional;

/**
 * A named measure of one user, which triggers share.
 *
 * @param name {@code signal.x} in expressions
 * @param span where its name is written
 * @param type of its values
 * @param model the model that says it, if one does, whatever the measure
 */
public record SignalDefinition(
    String name, Span span, SignalMeasure measure, AttributeType type, Optional<ModelRef> model) {
  public SignalDefinition {
    Objects.requireNonNull(name);
    Objects.requireNonNull(span);
    Objects.requireNonNull(measure);
    Objects.requireNonNull(type);
    Objects.requireNonNull(model);
  }

  /** A measure that no model says. */
  public SignalDefinition(String name, Span span, SignalMeasure measure, AttributeType type) {
    this(name, span, measure, type, Optional.empty());
  }

  /** A model, and which of its versions. */
  public record ModelRef(String id, int version) {
    public ModelRef {
      Objects.requireNonNull(id);
    }
  }
}
