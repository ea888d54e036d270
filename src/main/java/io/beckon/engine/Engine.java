// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import io.beckon.detect.Detector;
import io.beckon.detect.DetectorOutput;
import io.beckon.detect.Moment;
import io.beckon.engine.EngineOutput.Counter;
import io.beckon.engine.EngineOutput.TriggerCounter;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.plan.InstanceKey;
import io.beckon.plan.Plan;
import io.beckon.plan.TriggerPlan;
import io.beckon.policy.Judge;
import io.beckon.state.EventCodec;
import io.beckon.state.Instance;
import io.beckon.state.IssuedEpisode;
import io.beckon.state.StateCodec;
import io.beckon.state.TriggerState;
import io.beckon.state.UserState;
import java.util.ArrayList;
import java.util.List;

/**
 * The one entrance: what tests, backtests and jobs all run. Both clocks are arguments. Not
 * thread-safe: one engine a thread; one plan may serve many engines.
 *
 * <p>Results depend only on the plan and, per user, on the sequence of offered events with the
 * watermarks they were read at; not on how often {@link #advance} is called in between.
 */
public final class Engine {
  /** The deadline of a state that waits for nothing. */
  public static final long NO_DEADLINE = Long.MAX_VALUE;

  private final Plan plan;
  private final Detector detector;
  private final Judge judge;
  private final StateCodec codec;
  private final List<Moment> deciding = new ArrayList<>();

  /** An engine that runs {@code plan}. */
  public Engine(Plan plan) {
    this.plan = plan;
    this.detector = new Detector(plan);
    this.judge = new Judge(plan);
    this.codec = new StateCodec(plan);
  }

  /** The plan it runs. */
  public Plan plan() {
    return plan;
  }

  /** Whether events of {@code type} are of interest; others need not be offered. */
  public boolean listensTo(EventType type) {
    return plan.listensTo(type);
  }

  /** The state of a user of whom nothing is known. */
  public UserState newState(String user) {
    return new UserState(plan, user);
  }

  /**
   * Reads a user's profile: replaces every attribute by those of {@code profile}.
   *
   * @param profile of the catalogue's profile type
   */
  public void profile(UserState state, Slots profile) {
    state.profile(profile);
  }

  /**
   * Takes one event, after handling everything due by {@code watermarkMs}.
   *
   * @param watermarkMs the watermark when the event was read, the event itself included
   * @param sendTimeMs the send clock; not looked at in jobs with {@code clock: replay}
   */
  public void offer(
      UserState state, Event event, long watermarkMs, long sendTimeMs, EngineOutput output) {
    Adapter adapter = new Adapter(state, sendTimeMs, output);
    settle(state, watermarkMs, adapter);
    if (state.ids().contains(event.id())) {
      output.count(Counter.DUPLICATE_EVENTS);
      return;
    }
    if (plan.idForgottenAt(event.timeMs()) > state.watermarkMs()
        && state.ids().add(event.id(), event.timeMs())) {
      output.count(Counter.IDS_FORGOTTEN);
    }
    if (event.timeMs() <= state.watermarkMs()) {
      output.count(Counter.LATE_EVENTS);
      output.late(event, state.watermarkMs());
      detector.late(state, event, adapter);
      // Its id may be too old to be remembered, so nothing else would clear away what it ended.
      state.prune();
      return;
    }
    decide(state, detector.arrive(state, event, adapter), adapter);
    if (!plan.type(event.type()).settled().isEmpty()) {
      state.await(event);
    }
  }

  /** Handles everything due by {@code watermarkMs}: settled events and deadlines, in order. */
  public void advance(UserState state, long watermarkMs, long sendTimeMs, EngineOutput output) {
    settle(state, watermarkMs, new Adapter(state, sendTimeMs, output));
  }

  private void settle(UserState state, long watermarkMs, Adapter adapter) {
    while (true) {
      long dueMs = state.nextAbsenceMs();
      if (!state.waiting().isEmpty()) {
        dueMs = Math.min(dueMs, state.waiting().get(0).timeMs());
      }
      if (dueMs > watermarkMs || dueMs == NO_DEADLINE) {
        break;
      }
      decide(state, detector.settle(state, dueMs, adapter), adapter);
    }
    state.watermarkMs(watermarkMs);
    state.prune();
  }

  private void decide(UserState state, List<Moment> moments, Adapter adapter) {
    if (moments.isEmpty()) {
      return;
    }
    deciding.clear();
    deciding.addAll(moments);
    deciding.sort(Moment.ORDER);
    for (Moment moment : deciding) {
      String trigger = moment.trigger().id();
      adapter.output.count(TriggerCounter.MOMENTS, trigger);
      Judge.Judgement judgement = judge.judge(state, moment, adapter.sendTimeMs);
      if (judgement.missed()) {
        adapter.output.count(TriggerCounter.MISSES, trigger);
      }
      adapter.output.decision(judgement.decision());
      if (judgement.command().isPresent()) {
        adapter.output.command(judgement.command().get());
        detector.issued(state, moment, adapter);
      }
    }
  }

  /**
   * The smallest watermark at which {@link #advance} has something to do: an event settles, an
   * absence is due or, where neither waits, everything can be forgotten; {@link #NO_DEADLINE} if
   * nothing.
   */
  public long nextDeadline(UserState state) {
    return state.nextDeadlineMs();
  }

  /** Whether {@link #nextDeadline} is there only to forget: no event waits, no absence is open. */
  public boolean isOnlyToForget(UserState state) {
    return state.waiting().isEmpty()
        && state.nextAbsenceMs() == NO_DEADLINE
        && state.nextDeadlineMs() != NO_DEADLINE;
  }

  /** Whether nothing is kept: such a state may be dropped. */
  public boolean isEmpty(UserState state) {
    return state.isEmpty();
  }

  /**
   * Counts the absences still open.
   *
   * @param openByTrigger by {@link io.beckon.plan.TriggerPlan#index}; added to
   */
  public void countOpen(UserState state, long[] openByTrigger) {
    for (TriggerState trigger : state.triggers()) {
      if (trigger.nextDeadlineMs() == NO_DEADLINE) {
        continue;
      }
      for (Instance instance : trigger.instances()) {
        if (instance.open() != null) {
          openByTrigger[trigger.trigger().index()]++;
        }
      }
    }
  }

  /**
   * The state as bytes, the same in every process. What a trigger observed and nothing touched
   * since {@link #decode} is written as it was read.
   */
  public byte[] encode(UserState state) {
    return codec.encode(state);
  }

  /** As {@link #encode(UserState)}, after {@code headroom} bytes left to the caller. */
  public byte[] encode(UserState state, int headroom) {
    return codec.encode(state, headroom);
  }

  /**
   * The state of {@code user} from its bytes. What a trigger observed is read only when it is
   * touched: damage in there is thrown, as the same exception, by the call that touches it.
   *
   * @throws io.beckon.state.StateFormatException if they are damaged or of an unknown version
   */
  public UserState decode(String user, byte[] bytes) {
    return codec.decode(user, bytes);
  }

  /**
   * The state of {@code user} from its bytes, which begin at {@code from} and must not be changed
   * as long as the state is in use.
   *
   * @throws io.beckon.state.StateFormatException if they are damaged or of an unknown version
   */
  public UserState decode(String user, byte[] bytes, int from) {
    return codec.decode(user, bytes, from);
  }

  /**
   * An event as bytes, holding only the attributes that the plan reads: what travels to the keyed
   * operator.
   */
  public byte[] encodeEvent(Event event) {
    return EventCodec.encode(plan, event);
  }

  /**
   * The event of {@code user} from its bytes; only the slots the plan reads are filled.
   *
   * @throws io.beckon.state.StateFormatException if they are damaged
   */
  public Event decodeEvent(String user, byte[] bytes) {
    return EventCodec.decode(plan, user, bytes);
  }

  /** Hands what the detector finds to the engine's output. */
  private final class Adapter implements DetectorOutput {
    private final UserState state;
    private final long sendTimeMs;
    private final EngineOutput output;

    Adapter(UserState state, long sendTimeMs, EngineOutput output) {
      this.state = state;
      this.sendTimeMs = sendTimeMs;
      this.output = output;
    }

    @Override
    public void revoked(TriggerPlan trigger, InstanceKey key, IssuedEpisode episode, Event by) {
      output.command(judge.revoke(state.user(), trigger, key, episode, by, sendTimeMs));
    }

    @Override
    public void prevented(TriggerPlan trigger) {
      output.count(TriggerCounter.PREVENTED, trigger.id());
    }

    @Override
    public void missed(TriggerPlan trigger) {
      output.count(TriggerCounter.MISSES, trigger.id());
    }

    @Override
    public void withoutInstance(TriggerPlan trigger) {
      output.count(TriggerCounter.NO_INSTANCE, trigger.id());
    }

    @Override
    public void displaced(TriggerPlan trigger) {
      output.count(TriggerCounter.INSTANCES_DISPLACED, trigger.id());
    }
  }
}
