// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.diagnostics;

import java.util.Objects;

/**
 * A place in a definition file.
 *
 * @param file the path as the author gave it
 * @param line from 1
 * @param column from 1, in code points
 * @param length in code points on that line, at least 1
 */
public record Span(String file, int line, int column, int length) {
  public Span {
    Objects.requireNonNull(file);
  }
}
