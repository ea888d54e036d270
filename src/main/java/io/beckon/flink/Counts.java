// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.budget.BudgetCounter;
import io.beckon.engine.EngineOutput;
import io.beckon.language.JobDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.policy.Command;
import io.beckon.policy.Reason;
import io.beckon.wire.DeadLetterReason;
import io.beckon.wire.RunSummary;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.accumulators.LongMaximum;
import org.apache.flink.api.common.accumulators.LongMinimum;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.metrics.Counter;

/**
 * One subtask's counters, summed over all subtasks when the job ends; called as {@link
 * io.beckon.wire.RunSummary} calls them. While the job runs they are metrics too, as far as {@link
 * Series} knows them.
 */
final class Counts {
  /** The least event time read. */
  static final String FIRST_EVENT = "time.first_event";

  /** The greatest event time read. */
  static final String LAST_EVENT = "time.last_event";

  private final RuntimeContext context;
  private final JobMetrics metrics;
  private final Map<String, Tally> counters = new HashMap<>();
  private final LongMinimum firstEvent = new LongMinimum();
  private final LongMaximum lastEvent = new LongMaximum();
  private boolean timed;

  /** A counter, and the metric that grows with it, if any. */
  private record Tally(LongCounter total, Optional<Counter> metric, long each) {
    void add(long n) {
      total.add(n);
      metric.ifPresent(counter -> counter.inc(n * each));
    }
  }

  Counts(RuntimeContext context) {
    this.context = context;
    this.metrics = new JobMetrics(context.getMetricGroup());
  }

  /** The metrics of the subtask. */
  JobMetrics metrics() {
    return metrics;
  }

  void add(String name, long n) {
    counters.computeIfAbsent(name, this::tally).add(n);
  }

  private Tally tally(String name) {
    Optional<Series> series = Series.ofCounter(name);
    return new Tally(
        context.getLongCounter(name),
        series.map(metrics::counter),
        series.map(Series::each).orElse(0L));
  }

  /** Shows the metrics of these counters from now on, at 0: what grows from nothing is not seen. */
  Counts showing(Stream<String> names) {
    names.forEach(name -> Series.ofCounter(name).ifPresent(metrics::counter));
    return this;
  }

  /** As for the users of {@code job}. */
  Counts showing(JobDefinition job) {
    if (job.publishes()) {
      return showing(Stream.of(RunSummary.SCORES_CHANGE, RunSummary.SCORES_CLOSE));
    }
    showing(Arrays.stream(EngineOutput.Counter.values()).map(RunSummary::of));
    for (EngineOutput.TriggerCounter counter : EngineOutput.TriggerCounter.values()) {
      showing(ofTriggers(job, id -> RunSummary.of(counter, id)));
    }
    showing(ofTriggers(job, RunSummary::deferred));
    return showingResults(job);
  }

  /** As for what all users of {@code job} share. */
  Counts showingBudget(JobDefinition job) {
    showing(Arrays.stream(BudgetCounter.values()).map(RunSummary::of));
    return showingResults(job);
  }

  /** As for what is decided about commands of {@code job}. */
  Counts showingResults(JobDefinition job) {
    showing(ofTriggers(job, id -> RunSummary.of(Reason.ISSUED, id)));
    return showing(ofTriggers(job, id -> RunSummary.of(Command.Action.ISSUE, id)));
  }

  private static Stream<String> ofTriggers(JobDefinition job, UnaryOperator<String> name) {
    return job.triggers().stream().map(TriggerDefinition::id).map(name);
  }

  /** As for what is read. */
  Counts showingReads() {
    showing(Stream.of(RunSummary.READ, RunSummary.ADMITTED, RunSummary.FILTERED));
    return showing(Arrays.stream(DeadLetterReason.values()).map(RunSummary::deadLetters));
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
