// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.engine.Engine;
import io.beckon.language.JobDefinition;
import io.beckon.plan.Plan;
import io.beckon.state.UserState;
import io.beckon.wire.Profiles;
import io.beckon.wire.RawRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.streaming.api.TimeDomain;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * Owns the users: gets a user's state, calls the engine, keeps a timer, hands out results.
 * Decisions are the main output. What a user's state is kept in, {@link RecentUsers} says.
 *
 * <h2>Timers</h2>
 *
 * <p>A user has at most one working timer, whose time is stored with the state and never later than
 * the engine wants to be woken, but where it only forgets, which is put off a little. When a
 * deadline moves closer, a new timer takes over; when it moves away, the old one stays, fires,
 * finds nothing due and sets its successor. Timers are deleted only with their user: one that fires
 * at any other time than the stored one has been replaced and is passed over.
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
 * the end of time. It is advanced to F, since events may have been left waiting as long as nothing
 * depended on them, and what is still open is counted: once a user, by the working timer.
 */
final class EngagementOperator extends KeyedProcessFunction<String, UserElement, byte[]> {
  private static final long serialVersionUID = 1L;

  /** Timers that only make a user's state smaller are set to multiples of this event time. */
  private static final long FORGET_EVERY_MS = 600_000;

  private final JobFactory job;
  private final RecentUsers.Most atHand;
  private final boolean gated;
  private transient @Nullable UserOperator operator;
  private transient @Nullable Worker worker;

  EngagementOperator(JobFactory job) {
    this(job, RecentUsers.Most.USUAL, false);
  }

  /**
   * Of a job.
   *
   * @param gated whether commands go to the last gate, and what is decided about them with them
   */
  EngagementOperator(JobFactory job, RecentUsers.Most atHand, boolean gated) {
    this.job = job;
    this.atHand = atHand;
    this.gated = gated;
  }

  @Override
  public void open(OpenContext context) throws Exception {
    JobDefinition definition = job.create();
    Engine engine = new Engine(Plan.compile(definition), operator().startedMs());
    operator().planned(engine.plan());
    worker =
        new Worker(
            engine,
            definition,
            new Results(new Counts(getRuntimeContext()).showing(definition), definition, gated),
            new RecentUsers(
                engine,
                atHand,
                getRuntimeContext()
                    .getState(
                        new ValueStateDescriptor<>(
                            "user", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO)),
                user -> operator().setCurrentKey(user),
                new StateSizes(getRuntimeContext())));
  }

  /** Called once, by the operator that runs this, before anything else. */
  void attach(UserOperator runs) {
    operator = runs;
  }

  private UserOperator operator() {
    return Objects.requireNonNull(operator, "runs in a UserOperator only");
  }

  /** Brings Flink's state up to date. */
  void writeBack() throws IOException {
    if (worker != null) {
      worker.users.writeBack();
    }
  }

  @Override
  public void processElement(UserElement element, Context context, Collector<byte[]> decisions)
      throws Exception {
    Objects.requireNonNull(worker).take(element, context, decisions);
  }

  @Override
  public void onTimer(long timeMs, OnTimerContext context, Collector<byte[]> decisions)
      throws Exception {
    Worker works = Objects.requireNonNull(worker);
    if (context.timeDomain() == TimeDomain.PROCESSING_TIME) {
      works.send(context, decisions);
    } else {
      works.fire(timeMs, context, decisions, operator().reachedMs());
    }
  }

  /** What a subtask works with. */
  private static final class Worker {
    private final Engine engine;
    private final Profiles profiles;
    private final Results results;
    private final RecentUsers users;

    Worker(Engine engine, JobDefinition job, Results results, RecentUsers users) {
      this.engine = engine;
      this.profiles = new Profiles(job.catalogue());
      this.results = results;
      this.users = users;
    }

    void take(UserElement element, Context context, Collector<byte[]> decisions) throws Exception {
      String user = element.user();
      RecentUsers.Recent recent = users.of(user);
      UserState state = recent.state();
      results.into(context, decisions);
      switch (element.kind()) {
        case ERASE -> {
          results.erased(
              user,
              reached(state, context.timerService().currentWatermark()),
              context.timerService().currentProcessingTime());
          drop(user, recent.timerMs(), context);
          return;
        }
        case PROFILE -> {
          Profiles.Decoded.Read read = profile(user, element.payload());
          engine.profile(
              state,
              read.attributes(),
              read.timeMs(),
              reached(state, context.timerService().currentWatermark()),
              context.timerService().currentProcessingTime(),
              results);
        }
        case EVENT -> {
          results.offering(element);
          engine.offer(
              state,
              engine.decodeEvent(user, element.payload()),
              Math.max(
                  element.watermarkMs(), reached(state, context.timerService().currentWatermark())),
              context.timerService().currentProcessingTime(),
              results);
        }
        case PASSED, END, DEAD ->
            throw new IllegalStateException("not for a user, yet it came to one: " + element);
      }
      keep(user, recent, recent.timerMs(), context);
    }

    void fire(
        long timeMs, OnTimerContext context, Collector<byte[]> decisions, long finalWatermarkMs)
        throws Exception {
      String user = context.getCurrentKey();
      Optional<RecentUsers.Recent> due = users.dueAt(timeMs, user);
      if (due.isEmpty()) {
        return;
      }
      RecentUsers.Recent recent = due.get();
      UserState state = recent.state();
      boolean isOver = context.timerService().currentWatermark() == Long.MAX_VALUE;
      long watermarkMs =
          reached(state, isOver ? finalWatermarkMs : context.timerService().currentWatermark());
      results.into(context, decisions);
      engine.advance(state, watermarkMs, context.timerService().currentProcessingTime(), results);
      if (isOver) {
        results.open(engine, state);
        users.changed(user, recent, RecentUsers.NO_TIMER);
        return;
      }
      if (engine.wakeUp(state) <= watermarkMs) {
        throw new IllegalStateException(
            "advanced to " + watermarkMs + ", yet due at " + engine.wakeUp(state));
      }
      keep(user, recent, RecentUsers.NO_TIMER, context);
    }

    /** The send clock has come to what was held of a user, or to what was held once. */
    void send(OnTimerContext context, Collector<byte[]> decisions) throws Exception {
      String user = context.getCurrentKey();
      Optional<RecentUsers.Recent> known = users.find(user);
      if (known.isEmpty()) {
        return;
      }
      RecentUsers.Recent recent = known.get();
      recent.sendTimerMs(RecentUsers.NO_TIMER);
      long nowMs = context.timerService().currentProcessingTime();
      if (engine.nextSend(recent.state()) <= nowMs) {
        results.into(context, decisions);
        engine.advance(
            recent.state(),
            reached(recent.state(), context.timerService().currentWatermark()),
            nowMs,
            results);
      }
      keep(user, recent, recent.timerMs(), context);
    }

    /**
     * How far time has come for the user. Flink's watermark begins anew after a restart: what the
     * user's own state remembers may be more.
     */
    private static long reached(UserState state, long watermarkMs) {
      return Math.max(state.watermarkMs(), watermarkMs);
    }

    private void drop(String user, long timerMs, Context context) {
      // One that has been replaced is not known any more; it is passed over when it fires.
      if (timerMs != RecentUsers.NO_TIMER) {
        context.timerService().deleteEventTimeTimer(timerMs);
      }
      users.drop(user);
    }

    private Profiles.Decoded.Read profile(String user, byte[] record) {
      Profiles.Decoded decoded =
          profiles.decode(
              new RawRecord("", 0, record, RawRecord.Kind.RECORD),
              user.getBytes(StandardCharsets.UTF_8));
      if (decoded instanceof Profiles.Decoded.Read read) {
        return read;
      }
      throw new IllegalStateException("a profile that was sound when read is not: " + decoded);
    }

    private void keep(String user, RecentUsers.Recent recent, long timerMs, Context context)
        throws IOException {
      UserState state = recent.state();
      if (engine.isEmpty(state)) {
        drop(user, timerMs, context);
        return;
      }
      long deadlineMs = engine.wakeUp(state);
      if (engine.isOnlyToForget(state)) {
        // Late is soon enough, and users who come back often share one timer.
        deadlineMs = (Math.floorDiv(deadlineMs, FORGET_EVERY_MS) + 1) * FORGET_EVERY_MS;
      }
      long nextTimerMs = Math.min(timerMs, deadlineMs);
      if (nextTimerMs != timerMs) {
        context.timerService().registerEventTimeTimer(nextTimerMs);
      }
      long sendMs = engine.nextSend(state);
      if (sendMs < recent.sendTimerMs()) {
        // Never deleted: one that is too early finds nothing due.
        context.timerService().registerProcessingTimeTimer(sendMs);
        recent.sendTimerMs(sendMs);
      }
      users.changed(user, recent, nextTimerMs);
    }
  }
}
