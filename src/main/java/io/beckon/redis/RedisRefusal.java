// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import java.io.IOException;

/** Why a job cannot start on Redis; the message is one line for the user. */
public final class RedisRefusal extends IOException {
  private static final long serialVersionUID = 1L;

  RedisRefusal(String message) {
    super(message);
  }
}
