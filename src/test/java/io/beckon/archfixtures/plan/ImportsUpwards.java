// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.archfixtures.plan;

import io.beckon.archfixtures.engine.Above;

/** A plan that calls the engine. */
final class ImportsUpwards {
  int wrong() {
    return Above.answer();
  }
}
