// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

/** Bytes that are not a state this version can read. */
public final class StateFormatException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A named complaint: what was expected and what was found. */
  public StateFormatException(String message) {
    super(message);
  }
}
