// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.metrics.Metric;
import io.beckon.wire.RunSummary;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.accumulators.LongMaximum;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.metrics.Counter;

/**
 * How large the users' states are that one subtask writes: as metrics, and for the run's summary. A
 * state counts each time it is written.
 */
final class StateSizes {
  private final LongCounter count = new LongCounter();
  private final LongCounter sum = new LongCounter();
  private final LongMaximum max = new LongMaximum(0);
  private final Counter writes;
  private final Counter bytesWritten;

  StateSizes(RuntimeContext context) {
    context.addAccumulator(RunSummary.STATE_WRITES, count);
    context.addAccumulator(RunSummary.STATE_BYTES, sum);
    context.addAccumulator(RunSummary.STATE_LARGEST, max);
    JobMetrics metrics = new JobMetrics(context.getMetricGroup());
    writes = metrics.counter(Series.of(Metric.STATE_WRITES));
    bytesWritten = metrics.counter(Series.of(Metric.STATE_WRITTEN_BYTES));
    metrics.gauge(Series.of(Metric.STATE_LARGEST_BYTES), max::getLocalValue);
  }

  void wrote(int bytes) {
    count.add(1L);
    sum.add((long) bytes);
    max.add((long) bytes);
    writes.inc();
    bytesWritten.inc(bytes);
  }
}
