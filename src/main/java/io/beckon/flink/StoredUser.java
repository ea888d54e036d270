// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.engine.Engine;
import io.beckon.state.StateFormatException;
import io.beckon.state.UserState;
import java.nio.ByteBuffer;

/**
 * What Flink keeps of a user, in one value: the time of the working timer (8 bytes, most
 * significant first), then the engine's bytes.
 */
final class StoredUser {
  private StoredUser() {}

  /** The user whose working timer is at {@code timerMs} and who is in {@code state}. */
  static byte[] of(Engine engine, long timerMs, UserState state) {
    byte[] stored = engine.encode(state, Long.BYTES);
    ByteBuffer.wrap(stored).putLong(timerMs);
    return stored;
  }

  static long timerMs(byte[] stored) {
    if (stored.length < Long.BYTES) {
      throw new StateFormatException(
          "stored user: " + stored.length + " bytes, expected 8 or more");
    }
    return ByteBuffer.wrap(stored).getLong();
  }

  static UserState state(Engine engine, String user, byte[] stored) {
    return engine.decode(user, stored, Long.BYTES);
  }
}
