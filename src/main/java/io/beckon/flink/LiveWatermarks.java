// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.language.JobDefinition;
import java.util.function.LongSupplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.util.clock.RelativeClock;

/**
 * The watermark of one partition of a live source: the greatest event time read, less the lateness,
 * less 1 ms. Elements without a time, such as dead letters, are as good as not there.
 *
 * <p>It is said periodically, and besides behind an event that has taken it a step further: in a
 * backlog, whose hours pass in a moment, what is late does not depend on how fast it is read.
 *
 * <p>A partition that has given nothing for {@code quiet_after} is idle and holds nobody back. This
 * is measured on the input activity clock, which stands still while the partition cannot be read,
 * so that a jam is not taken for silence.
 *
 * <p>An idle partition that wakes holds time back again once what it gives is not older than the
 * lateness, or once it has been giving for {@code quiet_after}. A lone straggler therefore stops
 * nobody's time, while a source that is always a minute behind is waited for. Until a partition has
 * first been idle it counts from the start: after an outage, one with a backlog is waited for.
 */
final class LiveWatermarks implements WatermarkGenerator<UserElement> {
  /** The time of an element that has none. */
  static final long NO_TIME = Long.MIN_VALUE;

  /** The shortest step. */
  private static final long LEAST_STEP_MS = 1_000;

  private final long latenessMs;
  private final long quietAfterMs;
  private final long stepMs;
  private final RelativeClock activity;
  private final LongSupplier clock;

  private long greatestMs = NO_TIME;

  /** Where the current step began. */
  private long stepFromMs = NO_TIME;

  private boolean idle;

  /** On the activity clock: the last element with a time, or the beginning. */
  private long lastAt;

  /** On the activity clock, while idle: the first element of a run that has not paused since. */
  private long stirringSince;

  /**
   * The generator of one partition.
   *
   * @param activity runs while the partition can be read
   * @param clock the processing clock, epoch milliseconds
   */
  LiveWatermarks(long latenessMs, long quietAfterMs, RelativeClock activity, LongSupplier clock) {
    this.latenessMs = latenessMs;
    this.quietAfterMs = quietAfterMs;
    this.stepMs = Math.max(latenessMs, LEAST_STEP_MS);
    this.activity = activity;
    this.clock = clock;
    this.lastAt = activity.relativeTimeMillis();
  }

  /** For a source of events, one generator a partition. Put {@link LiveTime#keep} behind it. */
  static WatermarkStrategy<UserElement> strategy(JobDefinition.TimeSettings time) {
    long latenessMs = time.latenessMs();
    long quietAfterMs = time.quietAfterMs();
    return WatermarkStrategy.<UserElement>forGenerator(
            context ->
                new LiveWatermarks(
                    latenessMs,
                    quietAfterMs,
                    context.getInputActivityClock(),
                    System::currentTimeMillis))
        .withTimestampAssigner((element, before) -> element.timeMs());
  }

  /**
   * For a source that says nothing about time, such as profiles or definitions: always idle. It
   * neither stalls event time nor, when it wakes, stops it.
   */
  static <T> WatermarkStrategy<T> timeless() {
    return WatermarkStrategy.forGenerator(context -> new Timeless<>());
  }

  @Override
  public void onEvent(UserElement element, long timeMs, WatermarkOutput output) {
    if (element.timeMs() == NO_TIME) {
      return;
    }
    greatestMs = Math.max(greatestMs, element.timeMs());
    long now = activity.relativeTimeMillis();
    idle = idle || now - lastAt >= quietAfterMs;
    if (idle || stepFromMs == NO_TIME) {
      stepFromMs = greatestMs;
    }
    if (idle) {
      if (now - lastAt >= quietAfterMs) {
        stirringSince = now;
      }
      boolean fresh = element.timeMs() >= clock.getAsLong() - latenessMs;
      if (fresh || now - stirringSince >= quietAfterMs) {
        idle = false;
        output.markActive();
      }
    }
    lastAt = now;
    if (greatestMs - stepFromMs >= stepMs) {
      stepFromMs = greatestMs;
      output.emitWatermark(new Watermark(greatestMs - latenessMs - 1));
    }
  }

  @Override
  public void onPeriodicEmit(WatermarkOutput output) {
    idle = idle || activity.relativeTimeMillis() - lastAt >= quietAfterMs;
    if (idle) {
      output.markIdle();
    } else if (greatestMs != NO_TIME) {
      output.emitWatermark(new Watermark(greatestMs - latenessMs - 1));
    }
  }

  private static final class Timeless<T> implements WatermarkGenerator<T> {
    @Override
    public void onEvent(T element, long timeMs, WatermarkOutput output) {}

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
      output.markIdle();
    }
  }
}
