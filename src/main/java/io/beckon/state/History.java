// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

/**
 * The active dates of one instance of inactive or due. They outlive its episodes where own gaps are
 * asked for; otherwise they live until the deadline, whether or not the episode does.
 */
public final class History extends Gathered {
  private final boolean outlives;
  private final long retentionMs;
  private final Cadence cadence = new Cadence();
  private long lastMs = NEVER;
  private long keptUntilMs = NEVER;

  /**
   * Empty.
   *
   * @param outlives whether it is kept when its moment came, until {@code retentionMs} past the
   *     last event
   */
  History(boolean outlives, long retentionMs) {
    this.outlives = outlives;
    this.retentionMs = retentionMs;
  }

  /** Takes an event, which may be too late for the dates before it: then it begins anew. */
  public void take(long timeMs, long date) {
    if (timeMs > keptUntilMs) {
      cadence.clear();
    }
    cadence.take(date);
    lastMs = timeMs;
    keptUntilMs = outlives ? timeMs + retentionMs : timeMs;
  }

  /** Keeps it for as long after the last event as its deadline is, if that is longer. */
  public void keepFor(long waitMs) {
    keptUntilMs = Math.max(keptUntilMs, lastMs + Math.max(0, waitMs));
  }

  /** The dates. */
  public Cadence cadence() {
    return cadence;
  }

  /** Its moment came. */
  public void fired() {
    if (!outlives) {
      clear();
    }
  }

  @Override
  public boolean isEmpty() {
    return cadence.isEmpty();
  }

  @Override
  public boolean liveAt(long timeMs) {
    return !isEmpty() && timeMs <= keptUntilMs;
  }

  @Override
  public void clear() {
    cadence.clear();
    lastMs = NEVER;
    keptUntilMs = NEVER;
  }

  /** An ender ends episodes, not habits. */
  @Override
  public void episodeEnded() {}

  /** An ender ends episodes, not habits. */
  @Override
  public void clearUpTo(long timeMs) {}

  @Override
  public void prune(long watermarkMs) {
    if (watermarkMs > keptUntilMs) {
      clear();
    }
  }

  @Override
  public long deadAtMs() {
    return isEmpty() ? NEVER : keptUntilMs + 1;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.signed(lastMs - baseMs);
    out.count(keptUntilMs - lastMs);
    cadence.write(out);
  }

  @Override
  void read(ByteReader in, long baseMs) {
    lastMs = in.signed() + baseMs;
    keptUntilMs = lastMs + in.count();
    cadence.read(in);
  }
}
