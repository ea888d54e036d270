// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.language.JobDefinition.Format;
import java.io.Serializable;
import java.util.Objects;

/**
 * A file to be read.
 *
 * @param kind PROFILE or EVENT
 */
record InputFile(SourceElement.Kind kind, String path, Format format) implements Serializable {
  InputFile {
    Objects.requireNonNull(kind);
    Objects.requireNonNull(path);
    Objects.requireNonNull(format);
  }
}
