// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

/** What a condition says of a frame. */
public enum Verdict {
  /** It holds. */
  TRUE,
  /** It does not hold. */
  FALSE,
  /**
   * It needs a value that is missing, or met an error such as overflow or division by zero. It
   * selects nothing, and neither does its negation.
   */
  MISSING
}
