// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

/** Something the user has to put right: its message is all they see of it. */
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  private final int exitCode;

  /** Wrong input; the message is one line. */
  Refusal(String message) {
    this(message, ExitCodes.FAILED);
  }

  private Refusal(String message, int exitCode) {
    super(message);
    this.exitCode = exitCode;
  }

  /** Wrong use of the command line; the message is one line. */
  static Refusal usage(String message) {
    return new Refusal(message, ExitCodes.USAGE);
  }

  /** What the process ends with. */
  int exitCode() {
    return exitCode;
  }
}
