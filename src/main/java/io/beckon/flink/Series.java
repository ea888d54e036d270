// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.metrics.Metric;
import io.beckon.wire.RunSummary;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A metric with the values of its labels: what a counter of a run's summary is while the job runs.
 *
 * @param labels in the metric's order
 * @param each what the metric grows by when the counter grows by one
 */
record Series(Metric metric, List<String> labels, long each) {
  private static final Map<String, Metric> PLAIN =
      Map.ofEntries(
          Map.entry(RunSummary.READ, Metric.EVENTS_READ),
          Map.entry(RunSummary.ADMITTED, Metric.EVENTS_ADMITTED),
          Map.entry(RunSummary.FILTERED, Metric.EVENTS_FILTERED),
          Map.entry("events.late", Metric.EVENTS_LATE),
          Map.entry("events.duplicates", Metric.EVENTS_DUPLICATE),
          Map.entry("events.ids_forgotten", Metric.EVENT_IDS_FORGOTTEN),
          Map.entry("profiles.zone_fallbacks", Metric.ZONE_FALLBACKS),
          Map.entry("held_dropped", Metric.HELD_DROPPED),
          Map.entry("users_quarantined", Metric.USERS_QUARANTINED),
          Map.entry("events.shed", Metric.EVENTS_SHED),
          Map.entry("budget.queued", Metric.BUDGET_QUEUED),
          Map.entry("budget.fallbacks", Metric.BUDGET_FALLBACKS),
          Map.entry("budget.cancels_dropped", Metric.BUDGET_CANCELS_DROPPED));

  private static final Map<String, Metric> OF_TRIGGERS =
      Map.of(
          "moments", Metric.MOMENTS,
          "prevented", Metric.PREVENTED,
          "misses", Metric.MISSES,
          "no_instance", Metric.NO_INSTANCE,
          "displaced", Metric.INSTANCES_DISPLACED,
          "goals_too_late", Metric.GOALS_TOO_LATE,
          "deferred", Metric.DEFERRED,
          "reason", Metric.DECISIONS,
          "later", Metric.LATER_DECISIONS,
          "commands", Metric.COMMANDS);

  Series {
    Objects.requireNonNull(metric);
    labels = List.copyOf(labels);
    if (labels.size() != metric.labels().size()) {
      throw new IllegalArgumentException(metric + " has not the labels " + labels);
    }
  }

  static Series of(Metric metric, String... labels) {
    return new Series(metric, List.of(labels), 1);
  }

  /**
   * What the counter {@code name} of {@link RunSummary} is while the job runs; empty if that is
   * told otherwise, or known only when the input has ended.
   */
  static Optional<Series> ofCounter(String name) {
    Metric plain = PLAIN.get(name);
    if (plain != null) {
      return Optional.of(of(plain));
    }
    // Ids have no dots; of a cost the last part may have one.
    String[] parts = name.split("\\.", 5);
    return switch (parts[0]) {
      case "dead_letters" -> Optional.of(of(Metric.DEAD_LETTERS, parts[1]));
      case "scores" -> Optional.of(of(Metric.SCORES, parts[1]));
      case "trigger" -> ofTrigger(parts);
      default -> Optional.empty();
    };
  }

  private static Optional<Series> ofTrigger(String[] parts) {
    String trigger = parts[1];
    if (parts[2].equals("spent")) {
      // A millionth of the unit at a time: Flink counts in whole numbers.
      long each = Math.round(new BigDecimal(parts[4]).doubleValue() / Metric.SPENT.scale());
      return Optional.of(new Series(Metric.SPENT, List.of(trigger, parts[3]), each));
    }
    Metric metric = OF_TRIGGERS.get(parts[2]);
    if (metric == null) {
      return Optional.empty();
    }
    return Optional.of(parts.length > 3 ? of(metric, trigger, parts[3]) : of(metric, trigger));
  }
}
