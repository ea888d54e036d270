// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.event.EventType;
import io.beckon.language.expression.Expression;
import java.util.List;

/**
 * What the triggers of a plan want of events of one type.
 *
 * @param nameHash names the type in a state's bytes
 * @param predicates the different {@code where} conditions, each evaluated once an event however
 *     many triggers share it
 * @param arrival the interests of triggers that take events as they come
 * @param settled the interests of triggers that wait for the watermark
 * @param signals the interests of signals, which take settled events
 * @param arrivalClosers how it may end what came of moments, for triggers that take events as they
 *     come
 * @param settledClosers the same for triggers that wait for the watermark
 * @param mutes how it may begin or end mutes
 * @param settlesMutes whether it does when it is settled, not when it comes
 * @param stored the slots some expression, match or measure reads
 * @param patienceMs how long after such an event's time the watermark may come to pass it before
 *     anything that is seen outside can depend on its having been settled
 */
public record TypePlan(
    EventType type,
    int nameHash,
    List<Expression> predicates,
    List<Interest> arrival,
    List<Interest> settled,
    List<SignalInterest> signals,
    List<Closer> arrivalClosers,
    List<Closer> settledClosers,
    List<MuteInterest> mutes,
    boolean settlesMutes,
    StoredSlots stored,
    long patienceMs) {

  /**
   * Whether such an event may cancel moments of triggers that take events as they come, or be their
   * goal.
   */
  public boolean closesArrivals() {
    return !arrivalClosers.isEmpty();
  }

  /** Whether any trigger or signal cares. */
  public boolean isHeard() {
    return !arrival.isEmpty() || !arrivalClosers.isEmpty() || !mutes.isEmpty() || waits();
  }

  /** Whether such events wait for the watermark. */
  public boolean waits() {
    return !settled.isEmpty() || !signals.isEmpty() || !settledClosers.isEmpty() || settlesMutes;
  }
}
