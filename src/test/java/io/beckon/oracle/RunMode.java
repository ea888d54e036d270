// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

/** How the engine is driven through a stream; results must not depend on it. */
public enum RunMode {
  /** Each event is offered to its user. */
  PLAIN,
  /** The state goes through its bytes after every step. */
  ENCODE_EACH_STEP,
  /** The state goes through its bytes now and then. */
  ENCODE_AT_RANDOM,
  /** Every user is advanced to every deadline and to every watermark. */
  EAGER_ADVANCE,
  /** Nobody is advanced but by what is offered, and events travel as bytes. */
  LAZY
}
