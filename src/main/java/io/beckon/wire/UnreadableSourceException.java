// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import java.io.IOException;

/** A source cannot be opened or read on; the message is one line for its user. */
public final class UnreadableSourceException extends IOException {
  private static final long serialVersionUID = 1L;

  /** A complaint that begins with the name of the source. */
  public UnreadableSourceException(String message) {
    super(message);
  }

  /** A complaint that begins with the name of the source, and what led to it. */
  public UnreadableSourceException(String message, Throwable cause) {
    super(message, cause);
  }
}
