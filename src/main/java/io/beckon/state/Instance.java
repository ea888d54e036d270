// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.plan.InstanceKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One instance of a trigger for one user. Not thread-safe; owned by its user's state. */
public final class Instance {
  /** How many issued episodes an instance remembers. */
  static final int MOST_ISSUED = 64;

  private final InstanceKey key;
  private final @Nullable Gathered gathered;
  private long latestMs = Long.MIN_VALUE;
  private @Nullable OpenAbsence open;
  private final List<IssuedEpisode> issued = new ArrayList<>(0);

  Instance(InstanceKey key, @Nullable Gathered gathered) {
    this.key = key;
    this.gathered = gathered;
  }

  /** Its match values. */
  public InstanceKey key() {
    return key;
  }

  /** Its unused events; null for a shape that needs none. */
  public @Nullable Gathered gathered() {
    return gathered;
  }

  /** The time of the latest event gathered or moving s. */
  public long latestMs() {
    return latestMs;
  }

  /** Notes an event gathered or moving s. */
  public void tookIn(long timeMs) {
    latestMs = Math.max(latestMs, timeMs);
  }

  /** The absence whose deadline is pending, or null. */
  public @Nullable OpenAbsence open() {
    return open;
  }

  /** Opens, moves or, with null, ends the absence. */
  public void open(@Nullable OpenAbsence absence) {
    open = absence;
  }

  /** The issued episodes remembered, oldest moment first. */
  public List<IssuedEpisode> issued() {
    return issued;
  }

  /** Remembers an issued episode; beyond 64 the one with the oldest moment is forgotten. */
  public void remember(IssuedEpisode episode) {
    int at = issued.size();
    while (at > 0 && issued.get(at - 1).momentMs() > episode.momentMs()) {
      at--;
    }
    issued.add(at, episode);
    if (issued.size() > MOST_ISSUED) {
      issued.remove(0);
    }
  }

  /** Forgets everything gathered. */
  public void empty() {
    if (gathered != null) {
      gathered.clear();
    }
  }

  /**
   * Whether an absence is open, or the span of an issued episode has not ended at {@code timeMs}.
   */
  public boolean hasEpisodeAt(long timeMs) {
    if (open != null) {
      return true;
    }
    for (IssuedEpisode episode : issued) {
      if (episode.endMs() >= timeMs) {
        return true;
      }
    }
    return false;
  }

  /** Whether it counts against {@code max_instances} at {@code timeMs}. */
  public boolean isLiveAt(long timeMs) {
    return hasEpisodeAt(timeMs) || (gathered != null && gathered.liveAt(timeMs));
  }

  /** Whether nothing is kept. */
  public boolean isEmpty() {
    return open == null && issued.isEmpty() && (gathered == null || gathered.isEmpty());
  }

  /**
   * Forgets what cannot matter after {@code watermarkMs}.
   *
   * @param afterSpanMs how long past its span's end an issued episode is remembered for late events
   */
  void prune(long watermarkMs, long afterSpanMs) {
    if (gathered != null && !gathered.isEmpty()) {
      gathered.prune(watermarkMs);
    }
    if (!issued.isEmpty()) {
      issued.removeIf(e -> e.endMs() + afterSpanMs <= watermarkMs);
    }
  }

  /** The smallest watermark at which {@link #prune} has something to forget, as a whole. */
  long firstDeadAtMs(long afterSpanMs) {
    boolean gathers = gathered != null && !gathered.isEmpty();
    if (!gathers && open == null && issued.isEmpty()) {
      return Long.MIN_VALUE;
    }
    long first = gathered != null && gathers ? gathered.deadAtMs() : Long.MAX_VALUE;
    for (int i = 0; i < issued.size(); i++) {
      first = Math.min(first, issued.get(i).endMs() + afterSpanMs);
    }
    return first;
  }

  long deadAtMs(long afterSpanMs) {
    long dead = gathered == null ? Gathered.NEVER : gathered.deadAtMs();
    for (int i = 0; i < issued.size(); i++) {
      dead = Math.max(dead, issued.get(i).endMs() + afterSpanMs);
    }
    return dead;
  }
}
