// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.diagnostics;

import java.util.Objects;
import java.util.Optional;

/**
 * One mistake in a definition.
 *
 * @param code stable, documented, never reused: {@code BKN-} and three digits
 * @param span where
 * @param message what is wrong, in the author's words
 * @param help what to do about it, if something can be said
 */
public record Problem(
    String code, Severity severity, Span span, String message, Optional<String> help) {
  public Problem {
    Objects.requireNonNull(code);
    Objects.requireNonNull(severity);
    Objects.requireNonNull(span);
    Objects.requireNonNull(message);
    Objects.requireNonNull(help);
  }
}
