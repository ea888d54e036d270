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
 * @param profiles of those users who have one, known before anything else is read
 * @param stream events and later profiles in the order in which they are read
 * @param untilMs the watermark at the end, not before the last event's
 */
public record RandomCase(
    long seed,
    RunMode mode,
    JobDefinition job,
    Map<Expression, Condition> conditions,
    Map<String, Slots> profiles,
    List<Input> stream,
    long untilMs) {

  /** The events among what is read. */
  List<Event> events() {
    return stream.stream().flatMap(input -> input.event().stream()).toList();
  }

  RandomCase withStream(List<Input> inputs) {
    return new RandomCase(seed, mode, job, conditions, profiles, List.copyOf(inputs), untilMs);
  }

  RandomCase withEvents(List<Event> events) {
    return withStream(events.stream().map(e -> (Input) new Input.Happens(e)).toList());
  }

  RandomCase withUntil(long until) {
    return new RandomCase(seed, mode, job, conditions, profiles, stream, until);
  }

  RandomCase withJob(JobDefinition other) {
    return new RandomCase(seed, mode, other, conditions, profiles, stream, untilMs);
  }

  RandomCase withTriggers(List<TriggerDefinition> triggers) {
    return withJob(job.withTriggers(triggers));
  }

  RandomCase withMode(RunMode other) {
    return new RandomCase(seed, other, job, conditions, profiles, stream, untilMs);
  }
}
