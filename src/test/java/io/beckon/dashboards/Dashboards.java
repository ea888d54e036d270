// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.dashboards;

import static io.beckon.dashboards.Panel.Kind.BARGAUGE;
import static io.beckon.dashboards.Panel.Kind.DISTRIBUTION;
import static io.beckon.dashboards.Panel.Kind.PARTS;
import static io.beckon.dashboards.Panel.Kind.STAT;
import static io.beckon.dashboards.Panel.Kind.TABLE;
import static io.beckon.dashboards.Panel.Kind.TIMESERIES;

import java.util.List;

/** The four dashboards. */
public final class Dashboards {
  private static final String JOB = "{job_name=\"$job\"}";
  private static final String TRIGGER = "{job_name=\"$job\", trigger=\"$trigger\"}";

  /** Ids of triggers that look after users who may go. */
  private static final String WARNING =
      ".*(churn|risk|silent|quiet|sinking|dropped|slipping|stalled|losing|win-back|come-back).*";

  private Dashboards() {}

  /** All of them. */
  public static List<Dashboard> all() {
    return List.of(overview(), triggers(), churn(), health());
  }

  private static Variable job(String metric) {
    return Variable.one("job", "Job", metric, "", "job_name");
  }

  private static String rate(String metric, String of) {
    return "rate(" + metric + of + "[$__rate_interval])";
  }

  private static String sum(String metric, String of) {
    return "sum(" + rate(metric, of) + ")";
  }

  private static String sum(String by, String metric, String of) {
    return "sum by (" + by + ") (" + rate(metric, of) + ")";
  }

  /** Whole numbers: what Prometheus adds at the ends is no event. */
  private static String inRange(String metric, String of) {
    return "round(sum(increase(" + metric + of + "[$__range])))";
  }

  private static String inRange(String by, String metric, String of) {
    return "round(sum by (" + by + ") (increase(" + metric + of + "[$__range])))";
  }

  private static String quantile(String quantile, String by, String histogram, String of) {
    return "histogram_quantile(%s, sum by (%s) (rate(%s_bucket%s[$__rate_interval])))"
        .formatted(quantile, by, histogram, of);
  }

  private static Dashboard overview() {
    String issued = "{job_name=\"$job\", action=\"ISSUE\"}";
    return new Dashboard(
        "Overview",
        "What comes in, what goes out, and what became of the rest.",
        List.of(job("beckon_moments_total")),
        List.of(
            Panel.of("Events a second", STAT, "short", 6, "Decoded.")
                .query(sum("beckon_events_read_total", JOB), ""),
            Panel.of("Moments a minute", STAT, "short", 6, "Of all triggers.")
                .query("60 * " + sum("beckon_moments_total", JOB), ""),
            Panel.of("Commands a minute", STAT, "short", 6, "Written, cancels not counted.")
                .query("60 * " + sum("beckon_commands_total", issued), ""),
            Panel.of("Event time behind", STAT, "s", 6, "The watermark behind the clock.")
                .query("max(beckon_watermark_lag_seconds" + JOB + ")", "")
                .from(300, "orange")
                .from(600, "red"),
            Panel.of(
                    "From events to commands, a second",
                    TIMESERIES,
                    "short",
                    12,
                    "Of all triggers.")
                .query(sum("beckon_events_read_total", JOB), "events")
                .query(sum("beckon_moments_total", JOB), "moments")
                .query(sum("beckon_commands_total", issued), "commands"),
            Panel.of(
                    "From moment to command",
                    TIMESERIES,
                    "s",
                    12,
                    "What users wait: to the hand-over of the command, by lane.")
                .query(
                    quantile("0.5", "le, lane", "beckon_event_to_command_seconds", JOB),
                    "{{lane}}, median")
                .query(
                    quantile("0.95", "le, lane", "beckon_event_to_command_seconds", JOB),
                    "{{lane}}, 95 of 100"),
            Panel.of(
                    "What became of moments",
                    BARGAUGE,
                    "short",
                    12,
                    "By reason, in the time shown; of first steps.")
                .query(
                    "sort_desc(" + inRange("reason", "beckon_decisions_total", JOB) + " > 0)",
                    "{{reason}}"),
            Panel.of("Decisions a minute, by reason", PARTS, "short", 12, "Of first steps.")
                .query("60 * " + sum("reason", "beckon_decisions_total", JOB), "{{reason}}"),
            Panel.of("Budgets: what is left", BARGAUGE, "percentunit", 12, "Of each limit.")
                .query(
                    "min by (budget, period) (beckon_budget_left%s / beckon_budget_limit%s)"
                        .formatted(JOB, JOB),
                    "{{budget}}, {{period}}")
                .from(0, "red")
                .from(0.1, "orange")
                .from(0.25, "green")
                .mayBeEmpty("without budgets"),
            Panel.of("Spent an hour", TIMESERIES, "short", 12, "In the budget's unit.")
                .query("3600 * " + sum("budget", "beckon_spent_total", JOB), "{{budget}}")
                .mayBeEmpty("until a command is charged to a budget")));
  }

  private static Dashboard triggers() {
    String issued = "{job_name=\"$job\", action=\"ISSUE\"}";
    String outcomes = "sum by (assignment) (beckon_outcomes_total" + TRIGGER + ")";
    String issuedHere = "{job_name=\"$job\", trigger=\"$trigger\", action=\"ISSUE\"}";
    return new Dashboard(
        "Triggers",
        "All triggers, and one in depth.",
        List.of(
            job("beckon_moments_total"),
            Variable.one("trigger", "Trigger", "beckon_moments_total", JOB, "trigger")),
        List.of(
            Panel.of("Moments a minute, by trigger", PARTS, "short", 12, "Of all triggers.")
                .query("60 * " + sum("trigger", "beckon_moments_total", JOB), "{{trigger}}"),
            Panel.of("Commands, by trigger", BARGAUGE, "short", 12, "In the time shown.")
                .query(
                    "sort_desc(" + inRange("trigger", "beckon_commands_total", issued) + ")",
                    "{{trigger}}"),
            Panel.of(
                    "$trigger: from moments to commands, a minute",
                    TIMESERIES,
                    "short",
                    12,
                    "Prevented are episodes that what was awaited ended in time.")
                .query("60 * " + sum("beckon_moments_total", TRIGGER), "moments")
                .query("60 * " + sum("beckon_commands_total", issuedHere), "commands")
                .query("60 * " + sum("beckon_prevented_total", TRIGGER), "prevented"),
            Panel.of("$trigger: reasons", BARGAUGE, "short", 12, "In the time shown.")
                .query(
                    "sort_desc(" + inRange("reason", "beckon_decisions_total", TRIGGER) + " > 0)",
                    "{{reason}}"),
            Panel.of(
                    "$trigger: outcomes, by variant",
                    TABLE,
                    "short",
                    12,
                    "Of episodes, converted or not, since the job started.")
                .query(
                    "sum by (variant, assignment, converted) (beckon_outcomes_total"
                        + TRIGGER
                        + ")",
                    "outcomes")
                .mayBeEmpty("without a goal, and until the first outcome"),
            Panel.of(
                    "$trigger: converted, treated against held out",
                    BARGAUGE,
                    "percentunit",
                    12,
                    "How many of those with an outcome, since the job started.")
                .query(
                    "(sum by (assignment) (beckon_outcomes_total{job_name=\"$job\", trigger=\"$trigger\", converted=\"yes\"})"
                        + " or 0 * "
                        + outcomes
                        + ") / "
                        + outcomes,
                    "{{assignment}}")
                .mayBeEmpty("without a goal, and until the first outcome"),
            Panel.of(
                    "$trigger: what went amiss, a minute",
                    TIMESERIES,
                    "short",
                    24,
                    "Each of them is explained in docs/metrics.md.")
                .query("60 * " + sum("beckon_misses_total", TRIGGER), "missing attributes")
                .query("60 * " + sum("beckon_no_instance_total", TRIGGER), "no match attribute")
                .query(
                    "60 * " + sum("beckon_instances_displaced_total", TRIGGER),
                    "instances displaced")
                .query("60 * " + sum("beckon_goals_too_late_total", TRIGGER), "goals too late")));
  }

  private static Dashboard churn() {
    String signal = "{job_name=\"$job\", signal=\"$signal\"}";
    String low = "{job_name=\"$job\", signal=\"$signal\", cause=\"close\", le=\"0.3\"}";
    String high = "{job_name=\"$job\", signal=\"$signal\", cause=\"close\", le=\"0.7\"}";
    String all = "{job_name=\"$job\", signal=\"$signal\", cause=\"close\"}";
    String lowUsers = "sum(increase(beckon_score_bucket" + low + "[1d]))";
    String highUsers = "sum(increase(beckon_score_bucket" + high + "[1d]))";
    String users = "(sum(increase(beckon_score_count" + all + "[1d])) > 0)";
    String warnings = "{job_name=\"$decides\", trigger=~\"$trigger\"}";
    return new Dashboard(
        "Churn",
        "Scores, of a job of scores, and the warnings of a job that decides.",
        List.of(
            job("beckon_scores_total"),
            Variable.one("signal", "Score", "beckon_score_count", JOB, "signal"),
            Variable.one("decides", "Job that warns", "beckon_moments_total", "", "job_name"),
            new Variable(
                "trigger",
                "Warnings",
                "beckon_moments_total",
                "{job_name=\"$decides\"}",
                "trigger",
                WARNING,
                true)),
        List.of(
            Panel.of(
                    "$signal: distribution",
                    DISTRIBUTION,
                    "short",
                    12,
                    "Scores told in the time shown, of each up to the number at its bar.")
                .query(inRange("le", "beckon_score_bucket", signal), "≤ {{le}}"),
            Panel.of("$signal: course", TIMESERIES, "percentunit", 12, "Of the scores told.")
                .query(quantile("0.1", "le", "beckon_score", signal), "lowest tenth")
                .query(quantile("0.5", "le", "beckon_score", signal), "median")
                .query(quantile("0.9", "le", "beckon_score", signal), "highest tenth"),
            Panel.of(
                    "$signal: tiers",
                    PARTS,
                    "percentunit",
                    12,
                    "Users by their score at the close of their last day.")
                .query(lowUsers + " / " + users, "up to 0.3")
                .query("(" + highUsers + " - " + lowUsers + ") / " + users, "0.3 to 0.7")
                .query("1 - " + highUsers + " / " + users, "beyond 0.7")
                .mayBeEmpty("until a local day closes"),
            Panel.of(
                    "Warnings an hour",
                    TIMESERIES,
                    "short",
                    12,
                    "Moments of the triggers chosen: those whose ids speak of users who may go.")
                .query("3600 * " + sum("trigger", "beckon_moments_total", warnings), "{{trigger}}")
                .mayBeEmpty("without such triggers"),
            Panel.of(
                    "Scores told a minute",
                    TIMESERIES,
                    "short",
                    12,
                    "As they change, and as local days close.")
                .query("60 * " + sum("cause", "beckon_scores_total", JOB), "{{cause}}"),
            Panel.of(
                    "Scores in Redis",
                    TIMESERIES,
                    "short",
                    12,
                    "Written a minute, and users whose newest is not there yet.")
                .query("60 * " + sum("beckon_redis_written_total", JOB), "written a minute")
                .query("sum(beckon_redis_pending" + JOB + ")", "waiting")
                .mayBeEmpty("without Redis")));
  }

  private static Dashboard health() {
    // Sinks come in many, and are seldom what holds a job up.
    String busy =
        "label_replace(flink_taskmanager_job_task_%s{job_name=\"$job\", task_name!~\"[^>]*: Writer.*\"}"
            + ", \"operator\", \"$1\", \"task_name\", \"(?:Source: )?([^ ]+).*\") / 1000";
    String operators = "{job_name=\"$job\", operator_name!~\".*: (Writer|Committer)\"}";
    return new Dashboard(
        "Health",
        "Whether a job is well.",
        List.of(job("beckon_watermark_lag_seconds")),
        List.of(
            Panel.of("Running for", STAT, "dtdurationms", 4, "Since the last restart.")
                .query("max(flink_jobmanager_job_runningTime" + JOB + ")", ""),
            Panel.of("Restarts", STAT, "short", 4, "Since it was submitted.")
                .query("max(flink_jobmanager_job_numRestarts" + JOB + ")", "")
                .from(1, "orange"),
            Panel.of("Records that wait", STAT, "short", 4, "In the topics.")
                .query("sum(flink_taskmanager_job_task_operator_pendingRecords" + JOB + ")", "")
                .from(10_000, "orange"),
            Panel.of("Dead letters", STAT, "short", 4, "In the time shown.")
                .query(inRange("beckon_dead_letters_total", JOB), "")
                .from(1, "orange"),
            Panel.of("Late events", STAT, "short", 4, "In the time shown.")
                .query(inRange("beckon_events_late_total", JOB), "")
                .from(1, "orange"),
            Panel.of("In quarantine", STAT, "short", 4, "Users, in the time shown.")
                .query(inRange("beckon_users_quarantined_total", JOB), "")
                .from(1, "orange")
                .mayBeEmpty("of a job of scores"),
            Panel.of("Records a second", TIMESERIES, "short", 12, "Into each operator.")
                .query(
                    sum(
                        "operator_name",
                        "flink_taskmanager_job_task_operator_numRecordsIn_total",
                        operators),
                    "{{operator_name}}"),
            Panel.of(
                    "Busy, and held up",
                    TIMESERIES,
                    "percentunit",
                    12,
                    "The busiest subtask of each task, called after its first operator; and what of"
                        + " their time tasks wait for others to take what they have, at most.")
                .query(
                    "max by (operator) (" + busy.formatted("busyTimeMsPerSecond") + ")",
                    "{{operator}}")
                .query(
                    "max(" + busy.formatted("backPressuredTimeMsPerSecond") + ")",
                    "held up, at most"),
            Panel.of("Records that wait, by source", TIMESERIES, "short", 12, "In the topics.")
                .query(
                    "sum by (operator_name) (flink_taskmanager_job_task_operator_pendingRecords"
                        + JOB
                        + ")",
                    "{{operator_name}}"),
            Panel.of("Event time behind the clock", TIMESERIES, "s", 12, "By operator.")
                .query(
                    "max by (operator_name) (beckon_watermark_lag_seconds" + JOB + ")",
                    "{{operator_name}}"),
            Panel.of("Checkpoints: duration", TIMESERIES, "ms", 12, "Of the last one.")
                .query("max(flink_jobmanager_job_lastCheckpointDuration" + JOB + ")", "duration"),
            Panel.of("Checkpoints: number", TIMESERIES, "short", 12, "Since it was submitted.")
                .query(
                    "max(flink_jobmanager_job_numberOfCompletedCheckpoints" + JOB + ")",
                    "completed")
                .query("max(flink_jobmanager_job_numberOfFailedCheckpoints" + JOB + ")", "failed"),
            Panel.of("State of a user", TIMESERIES, "bytes", 12, "When it is stored.")
                .query(
                    sum("beckon_state_written_bytes_total", JOB)
                        + " / "
                        + sum("beckon_state_writes_total", JOB),
                    "mean")
                .query("max(beckon_state_largest_bytes" + JOB + ")", "largest since the start"),
            Panel.of("State of the job", TIMESERIES, "bytes", 12, "In the last checkpoint.")
                .query("max(flink_jobmanager_job_lastCheckpointFullSize" + JOB + ")", "all of it")
                .query("max(flink_jobmanager_job_lastCheckpointSize" + JOB + ")", "what was new"),
            Panel.of("RocksDB", TIMESERIES, "bytes", 12, "On disk and in memory, of all subtasks.")
                .query(
                    "sum({__name__=~\"flink_.*rocksdb_total_sst_files_size\", job_name=\"$job\"})",
                    "files")
                .query(
                    "sum({__name__=~\"flink_.*rocksdb_cur_size_all_mem_tables\", job_name=\"$job\"})",
                    "memory tables")
                .query(
                    "max({__name__=~\"flink_.*rocksdb_block_cache_usage\", job_name=\"$job\"})",
                    "block cache")
                .mayBeEmpty("with state on the heap, or where RocksDB's metrics are off"),
            Panel.of("Memory", TIMESERIES, "bytes", 12, "Heap in use, of all that is scraped.")
                .query("max(flink_jobmanager_Status_JVM_Memory_Heap_Used)", "JobManager, at most")
                .query("flink_taskmanager_Status_JVM_Memory_Heap_Used", "{{instance}}"),
            Panel.of(
                    "Redis, a minute",
                    TIMESERIES,
                    "short",
                    12,
                    "Of a job that decides, commands that the last gate asked about, and times without an"
                        + " answer; of one of scores, users written, times without an answer, and users"
                        + " who wait.")
                .query("60 * " + sum("beckon_gate_asked_total", JOB), "asked")
                .query("60 * " + sum("beckon_gate_failures_total", JOB), "no answer")
                .query("60 * " + sum("beckon_redis_written_total", JOB), "written")
                .query("60 * " + sum("beckon_redis_failures_total", JOB), "no answer")
                .query("sum(beckon_redis_pending" + JOB + ")", "waiting")
                .mayBeEmpty("without Redis"),
            Panel.of("Dead letters a minute", TIMESERIES, "short", 12, "All, and by reason.")
                .query("60 * " + sum("beckon_dead_letters_total", JOB), "all")
                .query(
                    "60 * (" + sum("reason", "beckon_dead_letters_total", JOB) + " > 0)",
                    "{{reason}}")));
  }
}
