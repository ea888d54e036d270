// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import java.util.List;

/**
 * One signal's interest in one event type.
 *
 * @param part what the event is to the signal
 * @param predicate the number of its {@code where} among the type's, or {@link Role#ALWAYS}
 * @param measuredSlot the event slot it measures, or −1
 * @param scores the triggers that look at the signal whenever it moves
 */
public record SignalInterest(
    SignalPlan signal, Part part, int predicate, int measuredSlot, List<TriggerPlan> scores) {
  public SignalInterest {
    scores = List.copyOf(scores);
  }

  /** What an event is to a signal. One event may be several of these, in this order. */
  public enum Part {
    /** It ends a subscription. */
    ENDS,
    /** It begins one, anew if one runs. */
    STARTS,
    /** It is what the signal measures. */
    COUNTS
  }
}
