// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import io.beckon.detect.Episode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * Command ids: name-based UUIDs (version 5, RFC 9562) of (job, user, trigger id, episode, step).
 * The same episode has the same id in every replay; each name is length-prefixed, so that different
 * ones never run together. Not thread-safe.
 */
public final class CommandIds {
  /** The namespace of Beckon's commands; fixed for ever. */
  private static final UUID NAMESPACE = UUID.fromString("6f1c3c2e-6d0a-5f0e-9a3b-8a4f5d2b7c11");

  private final MessageDigest sha1;
  private final byte[] job;

  /** Ids of the commands of {@code job}. */
  public CommandIds(String job) {
    this.job = job.getBytes(StandardCharsets.UTF_8);
    try {
      this.sha1 = MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }

  /** The id of the command of this step. */
  public UUID of(String user, String trigger, Episode episode, int step) {
    sha1.reset();
    sha1.update(longs(NAMESPACE.getMostSignificantBits(), NAMESPACE.getLeastSignificantBits()));
    add(job);
    add(user.getBytes(StandardCharsets.UTF_8));
    add(trigger.getBytes(StandardCharsets.UTF_8));
    add(episode.text().getBytes(StandardCharsets.UTF_8));
    sha1.update(ByteBuffer.allocate(4).putInt(step).flip());
    ByteBuffer digest = ByteBuffer.wrap(sha1.digest());
    long most = (digest.getLong() & ~0xf000L) | 0x5000L;
    long least = (digest.getLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
    return new UUID(most, least);
  }

  private static ByteBuffer longs(long first, long second) {
    return ByteBuffer.allocate(16).putLong(first).putLong(second).flip();
  }

  private void add(byte[] name) {
    sha1.update(ByteBuffer.allocate(4).putInt(name.length).flip());
    sha1.update(name);
  }
}
