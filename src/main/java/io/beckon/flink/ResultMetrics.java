// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.engine.UserScores;
import io.beckon.event.AttributeType;
import io.beckon.language.JobDefinition;
import io.beckon.language.SignalDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.metrics.BucketHistogram;
import io.beckon.metrics.Metric;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Outcome;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** The metrics of results that are more than counters of a run: delays, scores, experiments. */
final class ResultMetrics {
  private final JobMetrics metrics;
  private final boolean live;
  private final Map<String, Lane> lanes = new HashMap<>();
  private final Map<Lane, BucketHistogram> delays = new EnumMap<>(Lane.class);
  private final Map<Lane, BucketHistogram> latencies = new EnumMap<>(Lane.class);
  private final List<Scored> scored = new ArrayList<>();

  /** A signal whose scores are told as numbers, by cause. */
  private record Scored(int slot, Map<UserScores.Cause, BucketHistogram> byCause) {}

  ResultMetrics(JobMetrics metrics, JobDefinition job) {
    this.metrics = metrics;
    this.live = job.time().clock() == JobDefinition.Clock.LIVE;
    if (job.publishes()) {
      addScores(job);
      return;
    }
    for (TriggerDefinition trigger : job.triggers()) {
      lanes.put(trigger.id(), trigger.lane());
    }
    for (Lane lane : Lane.values()) {
      String label = lane.name().toLowerCase(Locale.ROOT);
      delays.put(lane, metrics.histogram(Series.of(Metric.DECISION_DELAY_SECONDS, label)));
      if (live) {
        latencies.put(lane, metrics.histogram(Series.of(Metric.EVENT_TO_COMMAND_SECONDS, label)));
      }
    }
  }

  private void addScores(JobDefinition job) {
    for (String name : job.scores().orElseThrow().signals()) {
      int slot = job.signals().type().indexOf(name);
      SignalDefinition signal = job.signals().all().get(slot);
      if (signal.model().isEmpty() || signal.type() != AttributeType.DOUBLE) {
        continue;
      }
      Map<UserScores.Cause, BucketHistogram> byCause = new EnumMap<>(UserScores.Cause.class);
      for (UserScores.Cause cause : UserScores.Cause.values()) {
        byCause.put(
            cause,
            metrics.histogram(
                Series.of(Metric.SCORE, name, cause.name().toLowerCase(Locale.ROOT))));
      }
      scored.add(new Scored(slot, byCause));
    }
  }

  void decision(Decision decision) {
    Lane lane = lanes.get(decision.trigger());
    // What is left of a trigger that is gone has no lane.
    if (lane != null && decision.reason().isFinal() && decision.step() == 1) {
      Objects.requireNonNull(delays.get(lane))
          .update(Math.max(0, decision.decisionTimeMs() - decision.momentTimeMs()));
    }
  }

  void command(Command command) {
    if (live && command.action() == Command.Action.ISSUE && command.step() == 1) {
      Objects.requireNonNull(latencies.get(command.lane()))
          .update(Math.max(0, System.currentTimeMillis() - command.momentTimeMs()));
    }
  }

  void outcome(Outcome outcome) {
    metrics
        .counter(
            Series.of(
                Metric.OUTCOMES,
                outcome.trigger(),
                outcome.variant().orElse(""),
                outcome.assignment().name().toLowerCase(Locale.ROOT),
                outcome.converted() ? "yes" : "no"))
        .inc();
  }

  void scores(UserScores told) {
    for (Scored each : scored) {
      if (told.values().has(each.slot)) {
        Objects.requireNonNull(each.byCause.get(told.cause()))
            .update(Math.round(told.values().doubleAt(each.slot) / Metric.SCORE.scale()));
      }
    }
  }
}
