// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.event.CodePoints;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.BudgetRequest.Erase;
import io.beckon.policy.BudgetRequest.Revoke;
import io.beckon.policy.BudgetRequest.Spend;
import io.beckon.policy.Command;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Brings the requests of a replay into one order, whatever order they come in: kept until the
 * watermark has passed them. So a stage says the same however its users are spread.
 *
 * <p>The order: send time; spends before revokes before erasures; lane, priority, trigger id, user,
 * episode, step.
 */
public final class BudgetOrder {
  /** The order of commands at one time. */
  private static final Comparator<Command> BY_COMMAND =
      Comparator.comparing(Command::lane)
          .thenComparing(c -> -c.priority())
          .thenComparing(Command::trigger, CodePoints::compare)
          .thenComparing(Command::user, CodePoints::compare)
          .thenComparing(c -> c.episode().text(), CodePoints::compare)
          .thenComparing(Command::step);

  /** The order in which requests are taken. */
  public static final Comparator<BudgetRequest> ORDER =
      Comparator.comparingLong(BudgetRequest::atMs)
          .thenComparing(BudgetOrder::rank)
          .thenComparing(BudgetOrder::compareWithin);

  private final PriorityQueue<BudgetRequest> requests = new PriorityQueue<>(ORDER);

  /** An order without requests. */
  public BudgetOrder() {}

  private static int rank(BudgetRequest request) {
    return request instanceof Spend ? 0 : request instanceof Revoke ? 1 : 2;
  }

  /** Of two at one time and of one kind. */
  private static int compareWithin(BudgetRequest a, BudgetRequest b) {
    if (a instanceof Spend one && b instanceof Spend other) {
      return BY_COMMAND.compare(one.command(), other.command());
    }
    if (a instanceof Revoke one && b instanceof Revoke other) {
      return BY_COMMAND.compare(one.cancel(), other.cancel());
    }
    if (a instanceof Erase one && b instanceof Erase other) {
      return CodePoints.compare(one.user(), other.user());
    }
    throw new IllegalStateException("not of one kind: " + a + ", " + b);
  }

  /** Keeps a request until its time has passed. */
  public void add(BudgetRequest request) {
    requests.add(request);
  }

  /**
   * Hands {@code stage} what was made by {@code watermarkMs}, and brings its clock there. All such
   * requests have been added.
   */
  public void advance(long watermarkMs, BudgetStage stage, BudgetOutput output) {
    for (BudgetRequest next = requests.peek();
        next != null && next.atMs() <= watermarkMs;
        next = requests.peek()) {
      requests.remove();
      stage.offer(next, output);
    }
    stage.advance(watermarkMs, output);
  }

  /** The time of the first that is kept; {@link BudgetStage#NOTHING_DUE} if none is. */
  public long nextMs() {
    BudgetRequest next = requests.peek();
    return next == null ? BudgetStage.NOTHING_DUE : next.atMs();
  }

  /** What is kept, in order. */
  public List<BudgetRequest> kept() {
    List<BudgetRequest> kept = new ArrayList<>(requests);
    kept.sort(ORDER);
    return kept;
  }
}
