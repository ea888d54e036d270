// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.archfixtures.event;

import java.util.HashMap;

/** State that outlives its owner. */
final class HoldsState {
  static final HashMap<String, String> CACHE = new HashMap<>();
  static final long[] TABLE = {1, 2};
  static final long LIMIT = 3;
  static int counter;

  private HoldsState() {}
}
