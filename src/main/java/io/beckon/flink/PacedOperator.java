// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import java.util.concurrent.ScheduledFuture;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.InternalTimeServiceManager;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
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
 * checkpoint, and {@link LiveTime} says again, after a restart, how far time had come.
 *
 * <p>The watermark goes on downstream after the last slice. Flink's highest watermark comes after
 * everything due before it: then nothing is paced.
 */
final class PacedOperator<K, I, O> extends KeyedProcessOperator<K, I, O> {
  /** How many timers are fired at a time: some milliseconds of work, tens on disk. */
  static final int SLICE = 1_000;

  /** How long other work has its turn in between. */
  static final long PAUSE_MS = 10;

  private static final long serialVersionUID = 1L;

  /** Timers up to here are being fired. */
  private transient @Nullable Watermark due;

  private transient int fired;
  private transient @Nullable ScheduledFuture<?> next;

  PacedOperator(KeyedProcessFunction<K, I, O> function) {
    super(function);
  }

  /** As {@link KeyedStream#process}, paced. */
  static <K, I, O> SingleOutputStreamOperator<O> process(
      KeyedStream<I, K> stream,
      KeyedProcessFunction<K, I, O> function,
      String name,
      TypeInformation<O> type) {
    return stream.transform(name, type, new PacedOperator<>(function)).name(name).uid(name);
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
