// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.metrics.Metric;
import java.util.concurrent.ScheduledFuture;
import org.apache.flink.streaming.api.operators.InternalTimeServiceManager;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.jspecify.annotations.Nullable;

/**
 * Runs a keyed function, and fires its event-time timers in slices: after an outage or a night of
 * silence a watermark may make a million of them due at once, and neither checkpoints nor events
 * shall wait for all of them.
 *
 * <p>Between two slices the task takes its input, barriers included, for {@link #PAUSE_MS}. From
 * the first slice on the function sees the new watermark: an event taken in between finds its
 * user's timer not yet fired, and the function must handle what is due before it handles the event.
 * The engine does; the timer then finds nothing to do. Timers not yet fired are in every
 * checkpoint.
 *
 * <p>So is how far time had come. {@link LiveTime} says it again after a restart, but each subtask
 * for itself: an event from one that was quicker may come before the word of another, and would be
 * judged as if no time had passed. At a checkpoint's barriers all subtasks have heard the same, so
 * any of their accounts will do, whatever their number is now.
 *
 * <p>The watermark goes on downstream after the last slice. Flink's highest watermark comes after
 * everything due before it: then nothing is paced.
 */
final class PacedOperator extends UserOperator {
  /** How many timers are fired at a time: some milliseconds of work, tens on disk. */
  static final int SLICE = 1_000;

  /** How long other work has its turn in between. */
  static final long PAUSE_MS = 10;

  private static final long serialVersionUID = 1L;

  /** Timers up to here are being fired. */
  private transient @Nullable Watermark due;

  private transient int fired;
  private transient @Nullable ScheduledFuture<?> next;

  /**
   * Of a live job.
   *
   * @param startedMs when the job starts, if this is the first time
   */
  PacedOperator(EngagementOperator function, long startedMs) {
    super(function, startedMs);
  }

  @Override
  public void open() throws Exception {
    super.open();
    new JobMetrics(getMetricGroup())
        .gauge(
            Series.of(Metric.WATERMARK_LAG_SECONDS),
            () ->
                reachedMs() == Long.MIN_VALUE
                    ? Double.NaN
                    : (System.currentTimeMillis() - reachedMs()) / 1e3);
    if (reachedMs() != Long.MIN_VALUE) {
      due = new Watermark(reachedMs());
      fire();
    }
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    if (mark.getTimestamp() == Long.MAX_VALUE) {
      if (due != null) {
        super.processWatermark(due);
        due = null;
      }
      super.processWatermark(mark);
      return;
    }
    if (mark.getTimestamp() <= reachedMs()) {
      // After a restart, what is known already.
      return;
    }
    reached(mark);
    boolean firing = due != null;
    due = mark;
    if (!firing) {
      fire();
    }
  }

  @Override
  public void close() throws Exception {
    if (next != null) {
      next.cancel(false);
    }
    super.close();
  }

  private void fire() throws Exception {
    Watermark until = due;
    if (until == null) {
      return;
    }
    fired = 0;
    InternalTimeServiceManager<?> timers = getTimeServiceManager().orElseThrow();
    if (timers.tryAdvanceWatermark(until, () -> ++fired >= SLICE)) {
      due = null;
      output.emitWatermark(until);
    } else {
      long now = getProcessingTimeService().getCurrentProcessingTime();
      next = getProcessingTimeService().registerTimer(now + PAUSE_MS, timeMs -> fire());
    }
  }
}
