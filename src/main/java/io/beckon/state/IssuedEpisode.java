// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import java.util.Objects;

/**
 * An episode that was decided and is open, or can still be revoked. Times in epoch milliseconds.
 *
 * @param anchor the id of the event that completed it
 * @param startMs where its span begins: the moment, or s of an absence
 * @param momentMs when its moment was
 * @param endMs where its span ends, included
 * @param decidedMs when its first step was sent, or {@link #NOT_SENT}
 */
public record IssuedEpisode(
    String anchor, long startMs, long momentMs, long endMs, long decidedMs) {
  /** In place of when, if nothing was. */
  public static final long NOT_SENT = ByteWriter.NONE;

  /** The end of an episode of which something is still to come. */
  public static final long OPEN_END_MS = Long.MAX_VALUE / 4;

  public IssuedEpisode {
    Objects.requireNonNull(anchor);
  }

  /** Whether its first step was sent. */
  public boolean isSent() {
    return decidedMs != NOT_SENT;
  }
}
