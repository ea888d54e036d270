// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.language.PolicyDefinition;
import io.beckon.policy.BudgetRequest;
import java.util.function.ObjIntConsumer;

/** A stage beside an engine that runs a bounded input to its end, in one thread. */
public final class BudgetReplay {
  private final BudgetStage stage;
  private final BudgetOrder order = new BudgetOrder();
  private final BudgetOutput output;

  /** A stage under {@code policy} that says everything to {@code output}. */
  public BudgetReplay(PolicyDefinition policy, BudgetOutput output) {
    this.stage = new BudgetStage(policy);
    this.output = output;
  }

  /** Takes a request, which is handled once the watermark has passed its time. */
  public void add(BudgetRequest request) {
    order.add(request);
  }

  /** Handles everything up to {@code watermarkMs}; nothing before it will be added any more. */
  public void advance(long watermarkMs) {
    order.advance(watermarkMs, stage, output);
  }

  /** When there is something to handle next; {@link BudgetStage#NOTHING_DUE} if nothing waits. */
  public long nextDueMs() {
    return Math.min(order.nextMs(), stage.nextDueMs());
  }

  /** Tells the trigger and step of each command that waits. */
  public void forEachWaiting(ObjIntConsumer<String> taker) {
    stage.forEachWaiting(taker);
  }
}
