// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.experiment;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A number of each user that is as good as drawn at random, and always the same.
 *
 * <p>{@code unit = (first 8 bytes of SHA-256(salt NUL scope NUL user), big-endian, >>> 11) · 2⁻⁵³},
 * the three being UTF-8 and NUL one zero byte. So whoever has the salt can draw again, in SQL or in
 * Python. Different salts and scopes give draws that have nothing to do with each other.
 */
public final class Draw {
  /** The scope of the holdout from everything. */
  public static final String HOLDOUT = "holdout";

  /** The scope of what is spread over time after quiet hours. */
  public static final String SPREAD = "spread";

  private static final double UNIT = 0x1p-53;

  private Draw() {}

  /** The scope of a trigger's own holdout. */
  public static String holdoutOf(String trigger) {
    return HOLDOUT + "/" + trigger;
  }

  /** The scope of the variants of a trigger. */
  public static String variantOf(String trigger) {
    return "variant/" + trigger;
  }

  /** The user's number from 0 (included) to 1 (not included): one of 2⁵³, each as likely. */
  public static double unit(String salt, String scope, String user) {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    sha256.update(salt.getBytes(StandardCharsets.UTF_8));
    sha256.update((byte) 0);
    sha256.update(scope.getBytes(StandardCharsets.UTF_8));
    sha256.update((byte) 0);
    byte[] hash = sha256.digest(user.getBytes(StandardCharsets.UTF_8));
    long bits = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      bits = (bits << 8) | (hash[i] & 0xFF);
    }
    return (bits >>> 11) * UNIT;
  }
}
