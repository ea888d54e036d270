// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import java.util.List;

/**
 * What is kept once a user for every signal that means the same.
 *
 * @param index its place among the plan's signals
 * @param shapeHash names it in a state's bytes; another measure begins anew
 * @param spec its numbers
 * @param slots the slots of {@code job.signals().type()} that tell it
 * @param events the event types it takes, by {@link io.beckon.event.EventType#index}
 */
public record SignalPlan(
    int index, long shapeHash, SignalSpec spec, List<Integer> slots, List<Integer> events) {
  public SignalPlan {
    slots = List.copyOf(slots);
    events = List.copyOf(events);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
