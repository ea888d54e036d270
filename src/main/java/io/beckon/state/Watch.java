// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.plan.DropSpec;

/**
 * What a trigger without instances keeps: of a drop, a score or a milestone, and when there is next
 * something to do. That is worked out by who knows the user's calendar and signals.
 */
public abstract sealed class Watch extends Gathered {
  private long deadlineMs = Long.MAX_VALUE;

  /** Sets when there is next something to do; {@code Long.MAX_VALUE}: never in silence. */
  public final void deadlineMs(long atMs) {
    deadlineMs = atMs;
  }

  @Override
  public final long deadlineMs() {
    return deadlineMs;
  }

  @Override
  public final boolean liveAt(long timeMs) {
    return !isEmpty();
  }

  /** Episodes of these are open from their moments on, and end none the less. */
  @Override
  public final void episodeEnded() {}

  /** An ender ends episodes, not what is watched. */
  @Override
  public final void clearUpTo(long timeMs) {}

  @Override
  public void clear() {
    deadlineMs = Long.MAX_VALUE;
  }

  @Override
  void write(ByteWriter out, long baseMs) {
    out.timeOrNone(deadlineMs == Long.MAX_VALUE ? ByteWriter.NONE : deadlineMs, baseMs);
  }

  @Override
  void read(ByteReader in, long baseMs) {
    long read = in.timeOrNone(baseMs);
    deadlineMs = read == ByteWriter.NONE ? Long.MAX_VALUE : read;
  }

  /** Of a drop. */
  public static final class OfDrop extends Watch {
    private final DropWatch watch;

    OfDrop(DropSpec spec) {
      watch = new DropWatch(spec);
    }

    /** What is watched. */
    public DropWatch watch() {
      return watch;
    }

    @Override
    public boolean isEmpty() {
      return watch.isEmpty();
    }

    @Override
    public void clear() {
      super.clear();
      watch.clear();
    }

    @Override
    public void prune(long watermarkMs) {
      watch.prune(watermarkMs);
    }

    @Override
    public long deadAtMs() {
      return watch.deadAtMs();
    }

    @Override
    void write(ByteWriter out, long baseMs) {
      super.write(out, baseMs);
      watch.write(out, baseMs);
    }

    @Override
    void read(ByteReader in, long baseMs) {
      super.read(in, baseMs);
      watch.read(in, baseMs);
    }
  }

  /** Of a score. */
  public static final class OfScore extends Watch {
    private final ScoreWatch watch = new ScoreWatch();
    private final long lifeMs;

    OfScore(long lifeMs) {
      this.lifeMs = lifeMs;
    }

    /** What is watched. */
    public ScoreWatch watch() {
      return watch;
    }

    /** How long past the signal's last event it is watched. */
    public long lifeMs() {
      return lifeMs;
    }

    @Override
    public boolean isEmpty() {
      return watch.isEmpty();
    }

    @Override
    public void clear() {
      super.clear();
      watch.clear();
    }

    @Override
    public void prune(long watermarkMs) {
      watch.prune(watermarkMs, lifeMs);
    }

    @Override
    public long deadAtMs() {
      return watch.deadAtMs(lifeMs);
    }

    @Override
    void write(ByteWriter out, long baseMs) {
      super.write(out, baseMs);
      watch.write(out, baseMs);
    }

    @Override
    void read(ByteReader in, long baseMs) {
      super.read(in, baseMs);
      watch.read(in, baseMs);
    }
  }

  /** Of a milestone. */
  public static final class OfMilestone extends Watch {
    private final MilestoneWatch watch = new MilestoneWatch();

    OfMilestone() {}

    /** What is watched. */
    public MilestoneWatch watch() {
      return watch;
    }

    @Override
    public boolean isEmpty() {
      return watch.isEmpty() && deadlineMs() == Long.MAX_VALUE;
    }

    @Override
    public void clear() {
      super.clear();
      watch.clear();
    }

    @Override
    public void prune(long watermarkMs) {
      watch.prune(watermarkMs);
    }

    @Override
    public long deadAtMs() {
      return watch.deadAtMs();
    }

    @Override
    void write(ByteWriter out, long baseMs) {
      super.write(out, baseMs);
      watch.write(out);
    }

    @Override
    void read(ByteReader in, long baseMs) {
      super.read(in, baseMs);
      watch.read(in);
    }
  }
}
