// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.expression.Expression;
import java.util.List;
import java.util.Map;

/**
 * A job and what is read by it.
 *
 * @param conditions what each expression of the job means
 * @param profiles of those users who have one, known before their first event
 * @param stream the events in the order in which they are read
 * @param untilMs the watermark at the end, not before the last event's
 */
public record RandomCase(
    long seed,
    RunMode mode,
    JobDefinition job,
    Map<Expression, Condition> conditions,
    Map<String, Slots> profiles,
    List<Event> stream,
    long untilMs) {

  RandomCase withStream(List<Event> events) {
    return new RandomCase(seed, mode, job, conditions, profiles, List.copyOf(events), untilMs);
  }

  RandomCase withUntil(long until) {
    return new RandomCase(seed, mode, job, conditions, profiles, stream, until);
  }

  RandomCase withJob(JobDefinition other) {
    return new RandomCase(seed, mode, other, conditions, profiles, stream, untilMs);
  }

  RandomCase withTriggers(List<TriggerDefinition> triggers) {
    return withJob(
        new JobDefinition(
            job.id(), job.catalogue(), job.time(), job.source(), job.zone(), triggers));
  }

  RandomCase withMode(RunMode other) {
    return new RandomCase(seed, other, job, conditions, profiles, stream, untilMs);
  }
}
