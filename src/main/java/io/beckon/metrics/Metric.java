// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.metrics;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The metrics of a job: all there are. Every value of every label is one of the plan's, or of a
 * closed list; none is a user's, nor of an event.
 *
 * <p>In Flink a metric is registered in the group {@link #GROUP} of an operator, one group of key
 * and value for each label after it, under {@link #shortName}. Prometheus sees {@link
 * #exposedName}, with the job, the operator and the subtask as further labels.
 */
public enum Metric {
  /** Events decoded. */
  EVENTS_READ(Kind.COUNTER, "Events decoded: admitted and filtered."),
  /** Events that travel to their users. */
  EVENTS_ADMITTED(Kind.COUNTER, "Events of types that something listens to."),
  /** Events that only move time. */
  EVENTS_FILTERED(Kind.COUNTER, "Events of types that nothing listens to: they only move time."),
  /** Events the watermark had passed. */
  EVENTS_LATE(
      Kind.COUNTER, "Events that came after the watermark had passed them; among admitted."),
  /** Copies. */
  EVENTS_DUPLICATE(Kind.COUNTER, "Later copies of events, dropped; among admitted."),
  /** Ids forgotten early. */
  EVENT_IDS_FORGOTTEN(Kind.COUNTER, "Ids forgotten early, beyond 256 a user."),
  /** Records that are no events. */
  DEAD_LETTERS(Kind.COUNTER, "Records that could not be read.", "reason"),
  /** Unknown zones. */
  ZONE_FALLBACKS(Kind.COUNTER, "Profiles that name no zone there is."),
  /** Journeys without a trigger. */
  HELD_DROPPED(Kind.COUNTER, "Held commands and journeys dropped since their trigger is gone."),
  /** Users whose state grew too large. */
  USERS_QUARANTINED(Kind.COUNTER, "Users put in quarantine: their state had grown too large."),
  /** Events of theirs. */
  EVENTS_SHED(Kind.COUNTER, "Events of users in quarantine, which could only end and convert."),

  /** Moments. */
  MOMENTS(Kind.COUNTER, "Moments that came to be.", "trigger"),
  /** Absences that were ended. */
  PREVENTED(Kind.COUNTER, "Episodes ended in time by what was awaited.", "trigger"),
  /** Expressions that missed something. */
  MISSES(Kind.COUNTER, "Conditions that met a missing attribute.", "trigger"),
  /** Events without a match attribute. */
  NO_INSTANCE(Kind.COUNTER, "Events without a match attribute.", "trigger"),
  /** Displaced instances. */
  INSTANCES_DISPLACED(Kind.COUNTER, "Live instances displaced, beyond max_instances.", "trigger"),
  /** Goals after the outcome. */
  GOALS_TOO_LATE(Kind.COUNTER, "Goals that came after their outcome was recorded.", "trigger"),
  /** What became of moments. */
  DECISIONS(Kind.COUNTER, "Final decisions of moments.", "trigger", "reason"),
  /** What became of later steps. */
  LATER_DECISIONS(Kind.COUNTER, "Final decisions of later steps.", "trigger", "reason"),
  /** Interim records. */
  DEFERRED(Kind.COUNTER, "Interim decisions: how often something was held.", "trigger"),
  /** Commands. */
  COMMANDS(Kind.COUNTER, "Commands written.", "trigger", "action"),
  /** Outcomes. */
  OUTCOMES(
      Kind.COUNTER,
      "Outcomes of assigned episodes; variant is empty where the trigger has none.",
      "trigger",
      "variant",
      "assignment",
      "converted"),
  /** What was charged. */
  SPENT(
      Kind.COUNTER, 1e-6, "What commands were charged, in the budget's unit.", "trigger", "budget"),

  /** What a limit has left. */
  BUDGET_LEFT(Kind.GAUGE, "What is left of a budget's limit.", "budget", "period"),
  /** The limit. */
  BUDGET_LIMIT(Kind.GAUGE, "A limit of a budget.", "budget", "period"),
  /** Queues of rates. */
  BUDGET_WAITING(Kind.GAUGE, "Commands that wait for a rate."),
  /** What could be revoked. */
  BUDGET_REMEMBERED(Kind.GAUGE, "Commands that went out and could still be revoked."),
  /** Commands that began to wait. */
  BUDGET_QUEUED(Kind.COUNTER, "Commands that found a rate full and began to wait."),
  /** Fallbacks. */
  BUDGET_FALLBACKS(Kind.COUNTER, "Fallbacks sent in the place of what could not be paid."),
  /** Cancels of what never went out. */
  BUDGET_CANCELS_DROPPED(Kind.COUNTER, "CANCELs dropped since what they revoke never went out."),

  /** From the moment to its decision. */
  DECISION_DELAY_SECONDS(
      new double[] {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 43_200, 86_400},
      1e-3,
      "From a moment's time to its final decision, sent or not; what held it is included.",
      "lane"),
  /** From the moment to its command. */
  EVENT_TO_COMMAND_SECONDS(
      new double[] {0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 43_200},
      1e-3,
      "From a moment's time to the hand-over of its command, by the processing clock.",
      "lane"),
  /** How far time lies back. */
  WATERMARK_LAG_SECONDS(
      Kind.GAUGE, "By how much event time lies behind the processing clock; NaN before the first."),

  /** How often a state was stored. */
  STATE_WRITES(Kind.COUNTER, "How often a user's state was stored."),
  /** All bytes stored. */
  STATE_WRITTEN_BYTES(Kind.COUNTER, "The bytes of all states stored."),
  /** The largest. */
  STATE_LARGEST_BYTES(Kind.GAUGE, "The bytes of the largest state stored since the start."),

  /** Told scores. */
  SCORES(Kind.COUNTER, "Times that a user's scores were told.", "cause"),
  /** The scores that models made. */
  SCORE(
      new double[] {0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95},
      1e-6,
      "The scores told that are numbers made by a model.",
      "signal",
      "cause"),

  /** Scores in Redis. */
  REDIS_WRITTEN(Group.REDIS, Kind.COUNTER, "Users' scores written to Redis."),
  /** Older ones. */
  REDIS_REFUSED_OLDER(Group.REDIS, Kind.COUNTER, "Scores that Redis already had newer ones of."),
  /** Foreign keys. */
  REDIS_NOT_OURS(Group.REDIS, Kind.COUNTER, "Keys that hold something else; left as they are."),
  /** Failed writes. */
  REDIS_FAILURES(Group.REDIS, Kind.COUNTER, "Batches of scores that could not be written."),
  /** Users who wait. */
  REDIS_PENDING(Group.REDIS, Kind.GAUGE, "Users whose newest scores are not in Redis yet."),
  /** Whether it answers. */
  REDIS_UP(Group.REDIS, Kind.GAUGE, "1 if Redis takes scores, 0 while it is away."),

  /** Commands asked about. */
  GATE_ASKED(Group.GATE, Kind.COUNTER, "Commands that Redis was asked about before they went out."),
  /** Times asked. */
  GATE_BATCHES(Group.GATE, Kind.COUNTER, "Times that Redis was asked, about many at once."),
  /** Times without an answer. */
  GATE_FAILURES(Group.GATE, Kind.COUNTER, "Times that Redis did not answer in time."),
  /** Whether it is asked at all. */
  GATE_OPEN(Group.GATE, Kind.GAUGE, "1 while Redis is not asked, since it did not answer; else 0.");

  /** The group of an operator that holds most of them, and what all are called after. */
  public static final String GROUP = "beckon";

  /** Groups of operators that hold some others. */
  private static final class Group {
    static final String REDIS = "redis";
    static final String GATE = "gate";

    private Group() {}
  }

  /** What it is to Prometheus. */
  public enum Kind {
    /** Only grows, from 0 at each start of its subtask. */
    COUNTER,
    /** Goes up and down. */
    GAUGE,
    /** A {@link BucketHistogram}. */
    HISTOGRAM
  }

  private final String group;
  private final Kind kind;
  private final double scale;
  private final String help;

  // Unmodifiable, which the checker cannot see.
  @SuppressWarnings("ImmutableEnumChecker")
  private final List<String> labels;

  // Copied for whoever asks.
  @SuppressWarnings("ImmutableEnumChecker")
  private final double[] bounds;

  Metric(Kind kind, String help, String... labels) {
    this(kind, new double[0], 1, help, labels);
  }

  Metric(Kind kind, double scale, String help, String... labels) {
    this(kind, new double[0], scale, help, labels);
  }

  Metric(double[] bounds, double scale, String help, String... labels) {
    this(Kind.HISTOGRAM, bounds, scale, help, labels);
  }

  Metric(String group, Kind kind, String help) {
    this(group, kind, new double[0], 1, help);
  }

  Metric(Kind kind, double[] bounds, double scale, String help, String... labels) {
    this(GROUP, kind, bounds, scale, help, labels);
  }

  Metric(String group, Kind kind, double[] bounds, double scale, String help, String... labels) {
    this.group = group;
    this.kind = kind;
    this.bounds = bounds;
    this.scale = scale;
    this.help = help;
    this.labels = List.of(labels);
  }

  /** The name in Flink, below its group and the groups of the labels. */
  public String shortName() {
    String name = name().toLowerCase(Locale.ROOT);
    return group.equals(GROUP) ? name : name.substring(group.length() + 1);
  }

  /** The name that Prometheus sees; of a histogram without the suffixes of its parts. */
  public String exposedName() {
    return baseName() + (kind == Kind.COUNTER ? "_total" : "");
  }

  /** The name without the ending that counters have. */
  String baseName() {
    return GROUP + "_" + name().toLowerCase(Locale.ROOT);
  }

  /** What it is. */
  public Kind kind() {
    return kind;
  }

  /** What Flink's value, which is whole, is multiplied by to give the exposed one. */
  public double scale() {
    return scale;
  }

  /** What it says, in a sentence. */
  public String help() {
    return help;
  }

  /** Its own labels, in the order of their groups. */
  public List<String> labels() {
    return labels;
  }

  /** The upper bounds of a histogram's buckets, without the infinite one, as exposed. */
  public double[] bounds() {
    return bounds.clone();
  }

  /**
   * The metric called so in Flink.
   *
   * @param group the first group below the operator
   */
  static Optional<Metric> of(String group, String shortName) {
    return Arrays.stream(values())
        .filter(it -> it.group.equals(group) && it.shortName().equals(shortName))
        .findAny();
  }
}
