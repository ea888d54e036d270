// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.budget.RequestCodec;
import io.beckon.engine.Engine;
import io.beckon.engine.EngineOutput;
import io.beckon.engine.UserScores;
import io.beckon.event.Event;
import io.beckon.language.JobDefinition;
import io.beckon.plan.TriggerPlan;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Outcome;
import io.beckon.redis.ScoreWrite;
import io.beckon.state.UserState;
import io.beckon.wire.JsonLines;
import io.beckon.wire.RunSummary;
import io.beckon.wire.ScoreLines;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/** Hands the engine's results out: decisions to the main output, the others to side outputs. */
final class Results implements EngineOutput {
  private final Counts counts;
  private final boolean live;
  private final @Nullable ToGate gate;
  private final JsonLines lines = new JsonLines();
  private final RequestCodec requests = new RequestCodec();
  private final ResultMetrics metrics;
  private final @Nullable ScoreLines scores;
  private final boolean toRedis;

  // For the summary of a bounded run; a live job has no summary and must not remember users here.
  private final Set<String> users = new HashSet<>();
  private byte[] lateLine = {};
  private @Nullable Collector<byte[]> decisions;
  private KeyedProcessFunction<String, UserElement, byte[]>.@Nullable Context others;

  /**
   * Results of users.
   *
   * @param gated whether commands go to the last gate, and what is decided about them with them
   */
  Results(Counts counts, JobDefinition job, boolean gated) {
    this.counts = counts;
    this.live = job.time().clock() == JobDefinition.Clock.LIVE;
    this.metrics = new ResultMetrics(counts.metrics(), job);
    this.gate = gated ? new ToGate() : null;
    this.scores = job.publishes() ? new ScoreLines(job) : null;
    this.toRedis =
        job.publishes() && job.scores().flatMap(JobDefinition.ScoreSettings::redis).isPresent();
  }

  /** From here on, results go there. */
  void into(
      KeyedProcessFunction<String, UserElement, byte[]>.Context others,
      Collector<byte[]> decisions) {
    this.others = others;
    this.decisions = decisions;
  }

  @Override
  public void decision(Decision decision) {
    if (gate != null && gate.takes(decision)) {
      return;
    }
    counts.add(RunSummary.of(decision), 1);
    metrics.decision(decision);
    Objects.requireNonNull(decisions).collect(lines.decision(decision));
  }

  @Override
  public void command(Command command) {
    if (gate != null) {
      gate.take(
          command, request -> Objects.requireNonNull(others).output(EngagementJob.GATE, request));
      return;
    }
    counts.add(RunSummary.of(command), 1);
    RunSummary.spent(command).ifPresent(name -> counts.add(name, 1));
    metrics.command(command);
    Objects.requireNonNull(others).output(EngagementJob.COMMANDS, lines.command(command));
  }

  @Override
  public void outcome(Outcome outcome) {
    counts.add(RunSummary.of(outcome), 1);
    metrics.outcome(outcome);
    Objects.requireNonNull(others).output(EngagementJob.OUTCOMES, lines.outcome(outcome));
  }

  @Override
  public void scores(UserScores told) {
    ScoreLines writer = Objects.requireNonNull(scores);
    counts.add(RunSummary.of(told), 1);
    metrics.scores(told);
    Objects.requireNonNull(decisions).collect(writer.line(told));
    if (toRedis) {
      List<ScoreWrite.Field> fields = new ArrayList<>();
      writer.texts(told, (name, text) -> fields.add(new ScoreWrite.Field(name, text)));
      Objects.requireNonNull(others)
          .output(EngagementJob.TO_REDIS, ScoreWrite.of(told.user(), told.timeMs(), fields));
    }
  }

  @Override
  public void request(BudgetRequest request) {
    Objects.requireNonNull(others).output(EngagementJob.REQUESTS, requests.encode(request));
  }

  /** A user is erased: nothing may be left of what was handed on either. */
  void erased(String user, long reachedMs, long nowMs) {
    if (scores != null) {
      Objects.requireNonNull(decisions).collect(scores.erased(user));
      if (toRedis) {
        Objects.requireNonNull(others)
            .output(EngagementJob.TO_REDIS, ScoreWrite.erased(user, nowMs));
      }
      return;
    }
    long atMs = live ? nowMs : reachedMs == Long.MIN_VALUE ? reachedMs : reachedMs + 1;
    request(new BudgetRequest.Erase(atMs, user));
  }

  @Override
  public void late(Event event, long watermarkMs) {
    if (lateLine.length == 0 && live) {
      // Found late only here: the line has the attributes that travelled, those triggers read.
      Objects.requireNonNull(others).output(EngagementJob.LATE, lines.late(event, watermarkMs));
      return;
    }
    if (lateLine.length == 0) {
      throw new IllegalStateException("late for the engine, yet not when it was read: " + event);
    }
    Objects.requireNonNull(others)
        .output(EngagementJob.LATE, JsonLines.withWatermark(lateLine, watermarkMs));
  }

  @Override
  public void count(Counter counter) {
    counts.add(RunSummary.of(counter), 1);
  }

  @Override
  public void count(TriggerCounter counter, String trigger) {
    counts.add(RunSummary.of(counter, trigger), 1);
  }

  /** Takes note of the event that the engine is offered next. */
  void offering(UserElement event) {
    lateLine = event.lateLine();
    boolean unstamped = event.watermarkMs() == Long.MIN_VALUE;
    if (!live && !unstamped && users.add(event.user())) {
      counts.add(RunSummary.USERS, 1);
    }
  }

  /** Counts what a user was still waiting for when the input ended. */
  void open(Engine engine, UserState state) {
    List<TriggerPlan> triggers = engine.plan().triggers();
    long[] open = new long[triggers.size()];
    long[] held = new long[triggers.size()];
    long[] followed = new long[triggers.size()];
    engine.countOpen(state, open);
    engine.countJourneys(state, held, followed);
    for (TriggerPlan trigger : triggers) {
      int i = trigger.index();
      count(RunSummary.open(trigger.id()), open[i]);
      count(RunSummary.held(trigger.id()), held[i]);
      count(RunSummary.followed(trigger.id()), followed[i]);
    }
  }

  private void count(String name, long n) {
    if (n > 0) {
      counts.add(name, n);
    }
  }
}
