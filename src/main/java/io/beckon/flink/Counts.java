// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.accumulators.LongMaximum;
import org.apache.flink.api.common.accumulators.LongMinimum;
import org.apache.flink.api.common.functions.RuntimeContext;

/**
 * One subtask's counters, summed over all subtasks when the job ends; called as {@link
 * io.beckon.wire.RunSummary} calls them.
 */
final class Counts {
  /** The least event time read. */
  static final String FIRST_EVENT = "time.first_event";

  /** The greatest event time read. */
  static final String LAST_EVENT = "time.last_event";

  private final RuntimeContext context;
  private final Map<String, LongCounter> counters = new HashMap<>();
  private final LongMinimum firstEvent = new LongMinimum();
  private final LongMaximum lastEvent = new LongMaximum();
  private boolean timed;

  Counts(RuntimeContext context) {
    this.context = context;
  }

  void add(String name, long n) {
    counters.computeIfAbsent(name, context::getLongCounter).add(n);
  }

  void time(long eventTimeMs) {
    if (!timed) {
      timed = true;
      context.addAccumulator(FIRST_EVENT, firstEvent);
      context.addAccumulator(LAST_EVENT, lastEvent);
    }
    firstEvent.add(eventTimeMs);
    lastEvent.add(eventTimeMs);
  }
}
