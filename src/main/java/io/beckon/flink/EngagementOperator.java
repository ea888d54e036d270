// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.engine.Engine;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition;
import io.beckon.plan.Plan;
import io.beckon.state.UserState;
import io.beckon.wire.Profiles;
import io.beckon.wire.RawRecord;
import java.util.Arrays;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Owns the users: gets a user's bytes, calls the engine, puts the bytes, keeps a timer, hands out
 * results. Decisions are the main output.
 *
 * <h2>Timers</h2>
 *
 * <p>A user has at most one working timer, whose time is stored with the state and never later than
 * the engine's next deadline, but for deadlines that only forget, which are put off a little. When
 * a deadline moves closer, a new timer takes over; when it moves away, the old one stays, fires,
 * finds nothing due and sets its successor. Timers are never deleted: one that fires at any other
 * time than the stored one has been replaced and is passed over.
 *
 * <h2>Time</h2>
 *
 * <p>An event of a bounded run carries the watermark at which it was read, which Flink's own never
 * outruns. A live event carries none and is judged by Flink's, or by the user's own if that is
 * greater.
 *
 * <h2>The end</h2>
 *
 * <p>A bounded input ends with Flink's highest watermark, which is not a time that came: the engine
 * never hears of it. Nothing due is lost by that. The final watermark F precedes it on the same
 * channel and is higher than any before; Flink fires every timer up to F, those set meanwhile
 * included, before it takes the next element, because interruptible timers are off ({@link
 * EngagementJob}); where timers are paced, {@link PacedOperator} does. So every timer that fires
 * under the highest watermark is later than F, its user waits for something that has not come by
 * the end of time, and this is counted: once a user, by the working timer.
 */
final class EngagementOperator extends KeyedProcessFunction<String, UserElement, byte[]> {
  private static final long serialVersionUID = 1L;

  private static final long NO_TIMER = Long.MAX_VALUE;

  /** Timers that only make a user's state smaller are set to multiples of this event time. */
  private static final long FORGET_EVERY_MS = 600_000;

  private final JobFactory job;
  private transient @Nullable Worker worker;

  EngagementOperator(JobFactory job) {
    this.job = job;
  }

  @Override
  public void open(OpenContext context) {
    JobDefinition definition = job.create();
    worker =
        new Worker(
            new Engine(Plan.compile(definition)),
            definition,
            new Results(
                new Counts(getRuntimeContext()),
                definition.time().clock() == JobDefinition.Clock.LIVE),
            getRuntimeContext()
                .getState(
                    new ValueStateDescriptor<>(
                        "user", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO)));
  }

  @Override
  public void processElement(UserElement element, Context context, Collector<byte[]> decisions)
      throws Exception {
    Objects.requireNonNull(worker).take(element, context, decisions);
  }

  @Override
  public void onTimer(long timeMs, OnTimerContext context, Collector<byte[]> decisions)
      throws Exception {
    Objects.requireNonNull(worker).fire(timeMs, context, decisions);
  }

  /** What a subtask works with. */
  private static final class Worker {
    private final Engine engine;
    private final Profiles profiles;
    private final Results results;
    private final ValueState<byte[]> users;

    Worker(Engine engine, JobDefinition job, Results results, ValueState<byte[]> users) {
      this.engine = engine;
      this.profiles = new Profiles(job.catalogue());
      this.results = results;
      this.users = users;
    }

    void take(UserElement element, Context context, Collector<byte[]> decisions) throws Exception {
      byte[] stored = users.value();
      String user = context.getCurrentKey();
      UserState state =
          stored == null ? engine.newState(user) : StoredUser.state(engine, user, stored);
      results.into(context, decisions);
      switch (element.kind()) {
        case PROFILE -> engine.profile(state, profile(element.payload()));
        case EVENT -> {
          results.offering(element);
          engine.offer(
              state,
              engine.decodeEvent(user, element.payload()),
              Math.max(element.watermarkMs(), reached(state, context)),
              context.timerService().currentProcessingTime(),
              results);
        }
        case PASSED, END, DEAD ->
            throw new IllegalStateException("not for a user, yet it came to one: " + element);
      }
      put(stored, state, stored == null ? NO_TIMER : StoredUser.timerMs(stored), context);
    }

    void fire(long timeMs, OnTimerContext context, Collector<byte[]> decisions) throws Exception {
      byte[] stored = users.value();
      if (stored == null || StoredUser.timerMs(stored) != timeMs) {
        return;
      }
      UserState state = StoredUser.state(engine, context.getCurrentKey(), stored);
      if (context.timerService().currentWatermark() == Long.MAX_VALUE) {
        results.open(engine, state);
        return;
      }
      long watermarkMs = reached(state, context);
      results.into(context, decisions);
      engine.advance(state, watermarkMs, context.timerService().currentProcessingTime(), results);
      if (engine.nextDeadline(state) <= watermarkMs) {
        throw new IllegalStateException(
            "advanced to " + watermarkMs + ", yet due at " + engine.nextDeadline(state));
      }
      put(stored, state, NO_TIMER, context);
    }

    /**
     * How far time has come for the user. Flink's watermark begins anew after a restart: what the
     * user's own state remembers may be more.
     */
    private static long reached(UserState state, Context context) {
      return Math.max(state.watermarkMs(), context.timerService().currentWatermark());
    }

    private Slots profile(byte[] record) {
      Profiles.Decoded decoded =
          profiles.decode(new RawRecord("", 0, record, RawRecord.Kind.RECORD));
      if (decoded instanceof Profiles.Decoded.Read read) {
        return read.attributes();
      }
      throw new IllegalStateException("a profile that was sound when read is not: " + decoded);
    }

    private void put(byte @Nullable [] stored, UserState state, long timerMs, Context context)
        throws Exception {
      long deadlineMs = engine.nextDeadline(state);
      if (engine.isOnlyToForget(state)) {
        // Late is soon enough, and users who come back often share one timer.
        deadlineMs = (Math.floorDiv(deadlineMs, FORGET_EVERY_MS) + 1) * FORGET_EVERY_MS;
      }
      long nextTimerMs = Math.min(timerMs, deadlineMs);
      if (nextTimerMs != timerMs) {
        context.timerService().registerEventTimeTimer(nextTimerMs);
      }
      if (engine.isEmpty(state)) {
        if (stored != null) {
          users.clear();
        }
        return;
      }
      byte[] next = StoredUser.of(engine, nextTimerMs, state);
      if (!Arrays.equals(stored, next)) {
        users.update(next);
      }
    }
  }
}
