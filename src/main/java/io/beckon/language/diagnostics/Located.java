// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.diagnostics;

import java.util.Objects;

/**
 * A value and where it was written. For text the span is that of its first character, quotes and
 * block indicators left out; further lines of a block start in the same column.
 */
public record Located<T>(T value, Span span) {
  public Located {
    Objects.requireNonNull(value);
    Objects.requireNonNull(span);
  }
}
