// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

/**
 * The unused events of one instance, as far as its shape needs them. Not thread-safe; owned by one
 * instance.
 *
 * <p>Whether something is still of use depends on event time only: an event read later has a time
 * after the watermark.
 */
public abstract sealed class Gathered
    permits Buckets, DistinctValues, Chains, StepTimes, History, Watch {
  /** Nothing is ever dead at this. */
  static final long NEVER = ByteWriter.NONE;

  /** Whether nothing is gathered. */
  public abstract boolean isEmpty();

  /** Whether an unused event lies inside the window that ends at {@code timeMs}. */
  public abstract boolean liveAt(long timeMs);

  /** Forgets everything. */
  public abstract void clear();

  /** The open episode ended; what is gathered goes with it unless it outlives episodes. */
  public void episodeEnded() {
    clear();
  }

  /** The next instant at which there is something to do in silence, or {@code Long.MAX_VALUE}. */
  public long deadlineMs() {
    return Long.MAX_VALUE;
  }

  /** Forgets events with times up to {@code timeMs}; a pane goes with its earliest event. */
  public abstract void clearUpTo(long timeMs);

  /** Forgets what no event after {@code watermarkMs} can be combined with. */
  public abstract void prune(long watermarkMs);

  /** The smallest watermark at which {@link #prune} leaves nothing. */
  public abstract long deadAtMs();

  abstract void write(ByteWriter out, long baseMs);

  abstract void read(ByteReader in, long baseMs);
}
