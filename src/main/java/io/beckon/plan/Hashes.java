// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Names as numbers, for a state's bytes: the first bytes of SHA-256. */
final class Hashes {
  private Hashes() {}

  static long of64(String name) {
    byte[] digest = sha256(name);
    long hash = 0;
    for (int i = 0; i < 8; i++) {
      hash = hash << 8 | (digest[i] & 0xff);
    }
    return hash;
  }

  static int of32(String name) {
    return (int) (of64(name) >>> 32);
  }

  private static byte[] sha256(String name) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
