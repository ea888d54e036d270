// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

/** What the commands tell their caller. */
final class ExitCodes {
  static final int OK = 0;

  /** The input is wrong, or a test failed. */
  static final int FAILED = 1;

  /** The command line itself is wrong. */
  static final int USAGE = 2;

  /** A change would lose something that a job observed. */
  static final int LOSES = 3;

  private ExitCodes() {}
}
