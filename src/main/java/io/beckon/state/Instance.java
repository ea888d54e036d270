// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.plan.InstanceKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One instance of a trigger for one user. Not thread-safe; owned by its user's state. */
public final class Instance {
  /** How many issued episodes an instance remembers. */
  static final int MOST_ISSUED = 64;

  private final InstanceKey key;
  private final int keyHash;
  private final @Nullable Gathered gathered;
  private long latestMs = Long.MIN_VALUE;
  private @Nullable OpenAbsence open;
  private final List<IssuedEpisode> issued = new ArrayList<>(0);

  /** Whether the contents may have changed since the next three were worked out. */
  private boolean touched = true;

  private long deadlineMs;
  private long deadAtMs;
  private long firstDeadAtMs;

  Instance(InstanceKey key, @Nullable Gathered gathered) {
    this.key = key;
    this.keyHash = key.hashCode();
    this.gathered = gathered;
  }

  /** Its match values. */
  public InstanceKey key() {
    return key;
  }

  int keyHash() {
    return keyHash;
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

  /** Changes or, with empty, forgets a remembered episode; nothing if it is not remembered. */
  public void change(String anchor, Optional<IssuedEpisode> to) {
    for (int i = 0; i < issued.size(); i++) {
      if (issued.get(i).anchor().equals(anchor)) {
        if (to.isPresent()) {
          issued.set(i, to.get());
        } else {
          issued.remove(i);
        }
        return;
      }
    }
  }

  /** Forgets everything gathered. */
  public void empty() {
    if (gathered != null) {
      gathered.clear();
    }
  }

  /** Ends what is open, by its moment or by an event: the instance starts from nothing. */
  public void end() {
    open = null;
    if (gathered != null) {
      gathered.episodeEnded();
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

  /** Takes note that the contents may change: what was worked out of them is to be again. */
  void touch() {
    touched = true;
  }

  /**
   * Works out the deadline and the ends anew if the contents may have changed since.
   *
   * @param all whether they may have changed although nobody took note
   */
  void lookAgain(boolean all, long afterSpanMs) {
    if (!touched && !all) {
      return;
    }
    touched = false;
    boolean gathers = gathered != null && !gathered.isEmpty();
    deadlineMs = open == null ? Long.MAX_VALUE : open.deadlineMs();
    if (gathered != null && gathers) {
      deadlineMs = Math.min(deadlineMs, gathered.deadlineMs());
    }
    long gatheredDeadMs = gathered != null && gathers ? gathered.deadAtMs() : Gathered.NEVER;
    deadAtMs = gatheredDeadMs;
    firstDeadAtMs = gathers && gatheredDeadMs != Gathered.NEVER ? gatheredDeadMs : Long.MAX_VALUE;
    for (int i = 0; i < issued.size(); i++) {
      long endMs = issued.get(i).endMs() + afterSpanMs;
      deadAtMs = Math.max(deadAtMs, endMs);
      firstDeadAtMs = Math.min(firstDeadAtMs, endMs);
    }
    if (isEmpty()) {
      firstDeadAtMs = Long.MIN_VALUE;
    }
  }

  /** The deadline of the open absence or of a watch, or {@code Long.MAX_VALUE}. */
  long deadlineMs() {
    return deadlineMs;
  }

  /** The smallest watermark at which {@link #prune} has something to forget, as a whole. */
  long firstDeadAtMs() {
    return firstDeadAtMs;
  }

  /** The smallest watermark at which nothing is left, an open absence aside. */
  long deadAtMs() {
    return deadAtMs;
  }
}
