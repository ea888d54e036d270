// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.io.PrintWriter;
import java.util.Objects;

/**
 * Where a command writes.
 *
 * @param out results
 * @param err progress, problems and everything else that is not the result
 * @param terminal whether {@code err} is read by a person as it is written
 */
record Console(PrintWriter out, PrintWriter err, boolean terminal) {
  Console {
    Objects.requireNonNull(out);
    Objects.requireNonNull(err);
  }
}
