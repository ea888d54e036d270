// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.expression.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

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

  /** Whether the send clock is the processing clock. */
  public boolean isLive() {
    return job.time().clock() == JobDefinition.Clock.LIVE;
  }

  /**
   * What the processing clock shows when each input is read: never less than before, and mostly a
   * little past the newest event.
   */
  public List<Long> readAt() {
    List<Long> all = new ArrayList<>();
    Random random = new Random(seed);
    long clock = Long.MIN_VALUE;
    for (Input input : stream) {
      long delay = 300_000L * (random.nextInt(4) == 0 ? random.nextInt(40) : 1);
      if (input.event().isPresent()) {
        clock = Math.max(clock, input.event().get().timeMs() + delay);
      }
      all.add(clock);
    }
    return all;
  }

  /** What the processing clock shows at the end. */
  public long endsAt() {
    return readAt().stream().mapToLong(Long::longValue).reduce(untilMs, Math::max) + 300_000L;
  }

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
