// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.language.JobDefinition;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledFuture;
import org.apache.flink.api.common.operators.ProcessingTimeService.ProcessingTimeCallback;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.metrics.groups.TaskIOMetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.util.PausableRelativeClock;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.jspecify.annotations.Nullable;

/**
 * Keeps event time going when a live source is quiet, and remembers it across restarts. Stands
 * directly behind the source, one subtask to a subtask, in the source's own task; whatever it says
 * about time travels in band, in the same channels as the events.
 *
 * <h2>Silence</h2>
 *
 * <p>While all of its subtask's partitions are idle ({@link LiveWatermarks}), it says every {@link
 * #TICK_MS} that event time has come to <em>the processing clock at the previous tick, less the
 * lateness, less 1 ms</em>. It never says that it is idle. Flink takes the least over all subtasks,
 * so no one needs to know whether the others are quiet too:
 *
 * <ol>
 *   <li><em>All quiet: time goes on.</em> Every subtask says nearly the same, and the least of it
 *       is the processing clock less the lateness, less at most two ticks.
 *   <li><em>One quiet, others not: nobody is held back</em>, but by the processing clock itself:
 *       time does not run ahead of it, less the lateness, on the word of those whose clocks are
 *       fast. In a backlog the others' watermarks are the lesser ones and hold.
 *   <li><em>A jam is not silence.</em> Let W be a watermark an operator downstream has reached, and
 *       e an event it takes afterwards, from subtask s. Subtask s said W or more before it gave e,
 *       since both came through one channel in this order. If s said so out of silence at a tick,
 *       then the clock at the tick before was c >= W + lateness + 1, and between the two ticks the
 *       source had its turn and gave nothing. So e was not there to be read at c, and is late only
 *       if it was older than the lateness when it came. How long e then waited in queues does not
 *       matter, nor how long another subtask's events did. Intervals between ticks count only if
 *       the source gave nothing with a time in them, was never held up by back-pressure, and they
 *       took no longer than {@link #STALL_MS}; after one that fails in the latter two, none counts
 *       for {@link #SETTLE_MS}.
 *   <li><em>Waking turns nothing back.</em> What is said only grows.
 * </ol>
 *
 * <p>An operator that watched the combined input and then followed its own clock would have neither
 * of the last two: events may wait in its own input, read long ago.
 *
 * <h2>Restarts</h2>
 *
 * <p>Flink's watermarks begin anew after a restart. Each subtask keeps what it last said; the least
 * of all is what everybody downstream had reached when the checkpoint's barriers came, and is said
 * first of all by every subtask, whatever their number is now. So what was late is late, also for
 * users of whom nothing is kept; and a restart into silence goes on like any silence, {@code
 * quiet_after} later.
 */
final class LiveTime extends AbstractStreamOperator<UserElement>
    implements OneInputStreamOperator<UserElement, UserElement>, ProcessingTimeCallback {
  /** How often silence is looked at, and moves time. */
  static final long TICK_MS = 200;

  /** An interval between ticks that takes longer tells of a thread that stood still. */
  static final long STALL_MS = 1_000;

  /** How long the source is given to catch up with its topics when it could not be read. */
  static final long SETTLE_MS = 2_000;

  /** The two clocks are not one: so much may they differ over an interval without a pause. */
  private static final long JITTER_MS = 50;

  private static final long NOTHING = Long.MIN_VALUE;
  private static final long serialVersionUID = 1L;

  private final long latenessMs;
  private final long settleMs;

  private long saidMs = NOTHING;
  private boolean quiet;
  private boolean gave;
  private boolean ended;
  private long tickMs;
  private long tickActivity;
  private long distrustUntilActivity = Long.MIN_VALUE;
  private transient @Nullable PausableRelativeClock activity;
  private transient @Nullable ScheduledFuture<?> tick;
  private transient @Nullable ListState<Long> said;

  /** Keeps time as {@code time} says. */
  LiveTime(JobDefinition.TimeSettings time) {
    this.latenessMs = time.latenessMs();
    this.settleMs = Math.min(SETTLE_MS, time.quietAfterMs());
  }

  /**
   * Keeps the time of {@code decoded}, which comes straight from a source with {@link
   * LiveWatermarks#strategy}.
   */
  static SingleOutputStreamOperator<UserElement> keep(
      DataStream<UserElement> decoded, JobDefinition.TimeSettings time) {
    return keep(decoded, time, "time");
  }

  /** As {@link #keep(DataStream, JobDefinition.TimeSettings)}, under a uid of the source's own. */
  static SingleOutputStreamOperator<UserElement> keep(
      DataStream<UserElement> decoded, JobDefinition.TimeSettings time, String uid) {
    return decoded
        .transform(uid, UserElement.TYPE, new LiveTime(time))
        .setParallelism(decoded.getParallelism())
        .name(uid)
        .uid(uid);
  }

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    said =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("said", Types.LONG));
    long least = Long.MAX_VALUE;
    for (long stored : said.get()) {
      least = Math.min(least, stored);
    }
    saidMs = least == Long.MAX_VALUE ? NOTHING : least;
  }

  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    Objects.requireNonNull(said).update(List.of(saidMs));
  }

  @Override
  public void open() throws Exception {
    super.open();
    PausableRelativeClock clock = new PausableRelativeClock(getProcessingTimeService().getClock());
    ioMetrics().registerBackPressureListener(clock);
    activity = clock;
    tickMs = getProcessingTimeService().getCurrentProcessingTime();
    tickActivity = clock.relativeTimeMillis();
    tick = getProcessingTimeService().registerTimer(tickMs + TICK_MS, this);
    if (saidMs != NOTHING) {
      output.emitWatermark(new Watermark(saidMs));
    }
  }

  @Override
  public void close() throws Exception {
    if (tick != null) {
      tick.cancel(false);
    }
    if (activity != null) {
      ioMetrics().unregisterBackPressureListener(activity);
    }
    super.close();
  }

  private TaskIOMetricGroup ioMetrics() {
    return getContainingTask().getEnvironment().getMetricGroup().getIOMetricGroup();
  }

  @Override
  public void processElement(StreamRecord<UserElement> element) {
    gave = gave || element.getValue().timeMs() != LiveWatermarks.NO_TIME;
    output.collect(element);
  }

  @Override
  public void processWatermark(Watermark mark) {
    if (mark.getTimestamp() == Long.MAX_VALUE) {
      // Not a time that came, and none to remember.
      ended = true;
      output.emitWatermark(mark);
    } else {
      say(mark.getTimestamp());
    }
  }

  @Override
  public void processWatermarkStatus(WatermarkStatus status) {
    quiet = status.isIdle();
  }

  @Override
  public void onProcessingTime(long timeMs) {
    long nowMs = getProcessingTimeService().getCurrentProcessingTime();
    long nowActivity = Objects.requireNonNull(activity).relativeTimeMillis();
    long passedMs = nowMs - tickMs;
    boolean paused = passedMs - (nowActivity - tickActivity) > JITTER_MS;
    if (paused || passedMs > STALL_MS) {
      distrustUntilActivity = nowActivity + settleMs;
    }
    if (quiet && !gave && !ended && nowActivity >= distrustUntilActivity) {
      say(tickMs - latenessMs - 1);
    }
    gave = false;
    tickMs = nowMs;
    tickActivity = nowActivity;
    tick = getProcessingTimeService().registerTimer(nowMs + TICK_MS, this);
  }

  private void say(long watermarkMs) {
    if (watermarkMs > saidMs) {
      saidMs = watermarkMs;
      output.emitWatermark(new Watermark(watermarkMs));
    }
  }
}
