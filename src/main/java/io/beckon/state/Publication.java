// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

/**
 * What of a user's scores was published, and when the next local day closes. Mutable; at most 28
 * bytes.
 */
public final class Publication {
  /** There is nothing to publish. */
  public static final long NEVER = Long.MAX_VALUE;

  private long closeMs = NEVER;
  private long lastEventMs;
  private long values;

  /** When the local day closes at which the scores are told again, or {@link #NEVER}. */
  public long closeMs() {
    return closeMs;
  }

  /** The time of the last event that a score took; only where there is a close. */
  public long lastEventMs() {
    return lastEventMs;
  }

  /** A hash of the values that were published last. */
  public long values() {
    return values;
  }

  /** Whether nothing was published, or the user is not active any more. */
  public boolean isEmpty() {
    return closeMs == NEVER;
  }

  /** A score took an event; the local day closes at {@code closeMs}. */
  public void take(long timeMs, long closeMs) {
    this.lastEventMs = timeMs;
    this.closeMs = closeMs;
  }

  /** A local day has closed; the next one does at {@code nextMs}. */
  public void closed(long nextMs) {
    this.closeMs = nextMs;
  }

  /** Values were published. */
  public void published(long hash) {
    this.values = hash;
  }

  /** The user is not active any more. */
  public void clear() {
    closeMs = NEVER;
    lastEventMs = 0;
    values = 0;
  }

  void write(ByteWriter out, long baseMs) {
    out.signed(lastEventMs - baseMs);
    out.signed(closeMs - lastEventMs);
    out.i64(values);
  }

  void read(ByteReader in, long baseMs) {
    lastEventMs = in.signed() + baseMs;
    long toClose = in.signed();
    if (toClose <= 0 || lastEventMs > NEVER - 1 - toClose) {
      throw new StateFormatException("damaged state: a day that closes before its events");
    }
    closeMs = lastEventMs + toClose;
    values = in.i64();
  }
}
