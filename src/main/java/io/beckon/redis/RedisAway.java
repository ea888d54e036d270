// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import java.io.IOException;
import java.util.Objects;

/**
 * Redis did not do what it was asked, now; later it may. The message is one line and holds nothing
 * of what was sent: neither secrets nor users.
 */
public final class RedisAway extends IOException {
  private static final long serialVersionUID = 1L;

  private final Why why;

  RedisAway(Why why, String message) {
    super(message);
    this.why = Objects.requireNonNull(why);
  }

  /** What kind of trouble it is. */
  public enum Why {
    /** No connection, or it broke. */
    UNREACHABLE,
    /** No answer in time. */
    SLOW,
    /** No TLS, or a certificate that is not trusted. */
    TLS,
    /** The user or the password is wrong, or one is needed. */
    CREDENTIALS,
    /** The user may not do it. */
    RIGHTS,
    /** It runs but does not serve: it loads its data, is full, or a replica. */
    UNABLE
  }

  /** What kind of trouble it is. */
  public Why why() {
    return why;
  }
}
