// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.plan.InstanceKey;
import io.beckon.plan.Plan;
import io.beckon.plan.TriggerPlan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is on its way for a user, in the order in which it set out. */
public final class Journeys {
  private final List<Journey> all = new ArrayList<>(0);
  private int dropped;

  /** All of them; not to be changed. */
  public List<Journey> all() {
    return all;
  }

  /** Adds one, unless it is among them. */
  public void keep(Journey journey) {
    if (!all.contains(journey)) {
      all.add(journey);
    }
  }

  /** Whether it is among them. */
  public boolean has(Journey journey) {
    return all.contains(journey);
  }

  /** Takes one away. */
  public void remove(Journey journey) {
    all.remove(journey);
  }

  /** That of an episode, or null if nothing of it is on its way. */
  public @Nullable Journey find(TriggerPlan trigger, InstanceKey key, String anchor) {
    for (int i = 0; i < all.size(); i++) {
      Journey journey = all.get(i);
      if (journey.trigger().equals(trigger)
          && journey.anchor().equals(anchor)
          && journey.key().equals(key)) {
        return journey;
      }
    }
    return null;
  }

  /** How many are held or wait. */
  public int pending() {
    int pending = 0;
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).isPending()) {
        pending++;
      }
    }
    return pending;
  }

  /** The earliest instant of the send clock at which one is due, or {@code Long.MAX_VALUE}. */
  public long nextDueMs() {
    long next = Long.MAX_VALUE;
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).isPending()) {
        next = Math.min(next, all.get(i).dueMs());
      }
    }
    return next;
  }

  /** The earliest watermark at which the time of a goal is over, or {@code Long.MAX_VALUE}. */
  public long nextGoalEndMs() {
    long next = Long.MAX_VALUE;
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).isFollowed()) {
        next = Math.min(next, all.get(i).goalEndMs());
      }
    }
    return next;
  }

  /** How many were dropped when the state was read, since their triggers are gone; once. */
  public int takeDropped() {
    int count = dropped;
    dropped = 0;
    return count;
  }

  void prune(Plan plan, long watermarkMs) {
    if (!all.isEmpty()) {
      all.removeIf(
          journey ->
              !journey.isPending()
                  && !journey.isFollowed()
                  && (!(journey.hasCommands() || journey.isUnconverted())
                      || journey.deadAtMs(plan) <= watermarkMs));
    }
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  long deadAtMs(Plan plan) {
    long dead = Gathered.NEVER;
    for (int i = 0; i < all.size(); i++) {
      // What is pending ends by the send clock.
      Journey journey = all.get(i);
      dead = Math.max(dead, journey.isPending() ? Long.MAX_VALUE : journey.deadAtMs(plan));
    }
    return dead;
  }

  void write(ByteWriter out, long baseMs) {
    out.count(all.size());
    for (Journey journey : all) {
      journey.write(out, baseMs);
    }
  }

  void read(ByteReader in, Plan plan, long baseMs) {
    int size = in.size(9);
    for (int i = 0; i < size; i++) {
      Journey journey = Journey.read(in, plan, baseMs);
      if (journey == null) {
        dropped++;
      } else {
        all.add(journey);
      }
    }
  }
}
