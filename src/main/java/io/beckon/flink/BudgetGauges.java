// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.budget.BudgetStage;
import io.beckon.metrics.Metric;
import java.util.List;

/**
 * What budgets have left and how many commands wait, for other threads to read: of the last time
 * that the stage's own thread came by, which it does with every watermark.
 */
final class BudgetGauges {
  /** Not more often than this: watermarks may be many. */
  private static final long EVERY_MS = 1_000;

  private final BudgetStage stage;
  private volatile List<BudgetStage.Left> left;
  private volatile int waiting;
  private volatile int remembered;
  private long nextMs = Long.MIN_VALUE;

  BudgetGauges(JobMetrics metrics, BudgetStage stage, long nowMs) {
    this.stage = stage;
    this.left = stage.left(nowMs);
    update(nowMs);
    // Limits are the policy's: as many, and in the same order, as long as the job runs.
    for (int i = 0; i < left.size(); i++) {
      int limit = i;
      BudgetStage.Left each = left.get(i);
      metrics.gauge(
          Series.of(Metric.BUDGET_LEFT, each.budget(), each.period()),
          () -> left.get(limit).left().doubleValue());
      metrics.gauge(
          Series.of(Metric.BUDGET_LIMIT, each.budget(), each.period()),
          () -> left.get(limit).limit().doubleValue());
    }
    metrics.gauge(Series.of(Metric.BUDGET_WAITING), () -> waiting);
    metrics.gauge(Series.of(Metric.BUDGET_REMEMBERED), () -> remembered);
  }

  /** Takes a look, if the last one was a while ago. */
  void update(long nowMs) {
    if (nowMs < nextMs) {
      return;
    }
    nextMs = nowMs + EVERY_MS;
    left = stage.left(nowMs);
    waiting = stage.waiting();
    remembered = stage.remembered();
  }
}
