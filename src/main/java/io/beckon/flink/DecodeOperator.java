// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.engine.Engine;
import io.beckon.event.Event;
import io.beckon.language.JobDefinition;
import io.beckon.plan.Plan;
import io.beckon.wire.DeadLetter;
import io.beckon.wire.Decoded;
import io.beckon.wire.EventDecoder;
import io.beckon.wire.JsonLines;
import io.beckon.wire.Profiles;
import io.beckon.wire.RunSummary;
import io.beckon.wire.UnreadableSourceException;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Records to events and profiles, in the order of reading and therefore in one place; dead letters
 * to their side output. Stamps each event with the watermark at which it was read, and keeps the
 * greatest event time in state: after a restart, what was late must still be late.
 */
final class DecodeOperator extends ProcessFunction<SourceElement, UserElement>
    implements CheckpointedFunction {
  private static final long serialVersionUID = 1L;

  private static final long NOTHING_READ = Long.MIN_VALUE;

  private final JobFactory job;
  private final @Nullable Long untilMs;
  private long greatestMs = NOTHING_READ;
  private transient @Nullable ListState<Long> greatest;
  private transient @Nullable Worker worker;

  /**
   * Decodes the records of {@code job}'s source.
   *
   * @param untilMs later events are passed over and counted
   */
  DecodeOperator(JobFactory job, OptionalLong untilMs) {
    this.job = job;
    this.untilMs = untilMs.isPresent() ? untilMs.getAsLong() : null;
  }

  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    greatest =
        context
            .getOperatorStateStore()
            .getListState(new ListStateDescriptor<>("greatest-event-time", Types.LONG));
    for (long stored : greatest.get()) {
      greatestMs = Math.max(greatestMs, stored);
    }
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) throws Exception {
    Objects.requireNonNull(greatest).update(List.of(greatestMs));
  }

  @Override
  public void open(OpenContext context) {
    worker = new Worker(job.create(), new Counts(getRuntimeContext()).showingReads());
  }

  @Override
  public void processElement(SourceElement element, Context context, Collector<UserElement> out)
      throws Exception {
    Worker work = Objects.requireNonNull(worker);
    switch (element.kind()) {
      case PROFILE -> {
        Profiles.Decoded decoded = work.profiles.decode(element.record());
        if (decoded instanceof Profiles.Decoded.Read profile) {
          out.collect(UserElement.profile(profile.user(), element.record().bytes()));
        } else if (decoded instanceof Profiles.Decoded.Rejected rejected) {
          work.bury(rejected.letter(), context);
        }
      }
      case EVENT -> {
        Decoded decoded = work.events.decode(element.record());
        if (decoded instanceof Decoded.Read read) {
          take(read.event(), work, out);
        } else if (decoded instanceof Decoded.Rejected rejected) {
          work.bury(rejected.letter(), context);
        } else if (decoded instanceof Decoded.Header header && !header.problems().isEmpty()) {
          throw new UnreadableSourceException(
              element.record().source() + ": " + String.join("; ", header.problems()));
        }
      }
      case END -> out.collect(UserElement.end(untilMs == null ? greatestMs : untilMs));
    }
  }

  private void take(Event event, Worker work, Collector<UserElement> out) {
    if (untilMs != null && event.timeMs() > untilMs) {
      work.counts.add(RunSummary.AFTER_UNTIL, 1);
      return;
    }
    work.counts.add(RunSummary.READ, 1);
    work.counts.time(event.timeMs());
    greatestMs = Math.max(greatestMs, event.timeMs());
    long watermarkMs = greatestMs - work.latenessMs - 1;
    if (work.engine.listensTo(event.type())) {
      work.counts.add(RunSummary.ADMITTED, 1);
      byte[] payload = work.engine.encodeEvent(event);
      if (event.timeMs() > watermarkMs) {
        out.collect(UserElement.event(event.user(), event.timeMs(), watermarkMs, payload));
      } else {
        byte[] line = work.lines.late(event, watermarkMs);
        out.collect(UserElement.late(event.user(), event.timeMs(), watermarkMs, payload, line));
      }
    } else {
      work.counts.add(RunSummary.FILTERED, 1);
      out.collect(UserElement.passed(event.timeMs(), watermarkMs));
    }
  }

  /** What the subtask works with. */
  private static final class Worker {
    private final Engine engine;
    private final long latenessMs;
    private final EventDecoder events;
    private final Profiles profiles;
    private final JsonLines lines = new JsonLines();
    private final Counts counts;

    Worker(JobDefinition job, Counts counts) {
      this.engine = new Engine(Plan.compile(job));
      this.latenessMs = job.time().latenessMs();
      this.events = new EventDecoder(job);
      this.profiles = new Profiles(job.catalogue());
      this.counts = counts;
    }

    void bury(DeadLetter letter, Context context) {
      counts.add(RunSummary.deadLetters(letter.reason()), 1);
      context.output(EngagementJob.DEAD_LETTERS, lines.deadLetter(letter));
    }
  }
}
