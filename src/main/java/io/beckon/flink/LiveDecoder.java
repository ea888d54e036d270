// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.engine.Engine;
import io.beckon.event.Event;
import io.beckon.kafka.TopicRecordDecoder;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Clock;
import io.beckon.language.JobDefinition.SourceDefinition;
import io.beckon.plan.Plan;
import io.beckon.wire.DeadLetter;
import io.beckon.wire.Decoded;
import io.beckon.wire.EventDecoder;
import io.beckon.wire.JsonLines;
import io.beckon.wire.RawRecord;
import java.util.Objects;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Records of one topic to elements of the job, within its source: the watermark of each partition
 * goes by the events' times. Every record gives one element, also one that is no event.
 */
final class LiveDecoder implements TopicRecordDecoder<UserElement> {
  private static final long serialVersionUID = 1L;

  /** What every topic takes, whatever its {@code max.message.bytes}. */
  static final int MOST_LETTER_BYTES = 900_000;

  private final JobFactory job;
  private final String source;
  private transient @Nullable Worker worker;

  /**
   * Decodes records of one of the job's sources.
   *
   * @param source its name
   */
  LiveDecoder(JobFactory job, String source) {
    this.job = Objects.requireNonNull(job);
    this.source = Objects.requireNonNull(source);
  }

  @Override
  public void open() {
    worker = new Worker(job.create(), source);
  }

  @Override
  public void decode(RawRecord record, Collector<UserElement> out) {
    out.collect(Objects.requireNonNull(worker).element(record));
  }

  private static final class Worker {
    private final Engine engine;
    private final EventDecoder events;
    private final JsonLines lines = new JsonLines();

    Worker(JobDefinition job, String source) {
      this.engine = new Engine(Plan.compile(job));
      SourceDefinition from =
          job.sources().stream().filter(one -> one.name().equals(source)).findFirst().orElseThrow();
      this.events =
          job.time().clock() == Clock.LIVE
              ? new EventDecoder(job, from, System::currentTimeMillis)
              : new EventDecoder(job, from);
    }

    UserElement element(RawRecord record) {
      Decoded decoded = events.decode(record);
      if (decoded instanceof Decoded.Read read) {
        return event(read.event());
      }
      if (decoded instanceof Decoded.Rejected rejected) {
        DeadLetter letter = rejected.letter();
        return UserElement.dead(letter.reason(), lines.deadLetter(letter, MOST_LETTER_BYTES));
      }
      throw new IllegalStateException("neither event nor dead letter: " + record);
    }

    private UserElement event(Event event) {
      if (!engine.listensTo(event.type())) {
        return UserElement.passed(event.timeMs(), Long.MIN_VALUE);
      }
      // Any watermark does: the right one is known only where the event is found to be late.
      byte[] line = lines.late(event, event.timeMs());
      return UserElement.live(event.user(), event.timeMs(), engine.encodeEvent(event), line);
    }
  }
}
