// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.archfixtures.engine;

/** What lower packages must not see. */
public final class Above {
  private Above() {}

  /** Something to call. */
  public static int answer() {
    return 42;
  }
}
