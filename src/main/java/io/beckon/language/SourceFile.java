// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import java.util.Objects;

/**
 * A definition file as read.
 *
 * @param path as shown to the author
 * @param text its content
 */
public record SourceFile(String path, String text) {
  public SourceFile {
    Objects.requireNonNull(path);
    Objects.requireNonNull(text);
  }
}
