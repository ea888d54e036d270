// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.budget.BudgetCounter;
import io.beckon.budget.BudgetStage;
import io.beckon.engine.EngineOutput.Counter;
import io.beckon.engine.EngineOutput.TriggerCounter;
import io.beckon.engine.UserScores;
import io.beckon.language.JobDefinition;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Outcome;
import io.beckon.policy.Reason;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a bounded run did, out of counters with plain names, so that whoever counts (a backtest, the
 * accumulators of a cluster) needs nothing but a map. Counters that are absent are zero.
 *
 * <p>Sums hold: {@code read = admitted + filtered}; records in the source = {@code read + dead
 * letters + after_until}; {@code late} and {@code duplicates} are among {@code admitted}; per
 * trigger, {@code moments} is the sum of {@code reasons}, {@code held} and {@code queued}.
 */
public final class RunSummary {
  /** Events decoded, not after the end of the run. */
  public static final String READ = "events.read";

  /** Events handed to the engine. */
  public static final String ADMITTED = "events.admitted";

  /** Events of types that no trigger listens to: they only move time. */
  public static final String FILTERED = "events.filtered";

  /** Events after {@code --until}. */
  public static final String AFTER_UNTIL = "events.after_until";

  /** Users with admitted events. */
  public static final String USERS = "users";

  /** How often a user's state was stored; not in a backtest, which stores none. */
  public static final String STATE_WRITES = "state.writes";

  /** The bytes of all states stored. */
  public static final String STATE_BYTES = "state.bytes";

  /** The bytes of the largest state stored. */
  public static final String STATE_LARGEST = "state.largest";

  /** How often scores were told because an event changed them. */
  public static final String SCORES_CHANGE = "scores.change";

  /** How often scores were told because a local day closed. */
  public static final String SCORES_CLOSE = "scores.close";

  private final Map<String, Long> counters;
  private final Experiments experiments;
  private final StringBuilder json = new StringBuilder();

  private RunSummary(Map<String, Long> counters, Experiments experiments) {
    this.counters = counters;
    this.experiments = experiments;
  }

  /** The counter of dead letters of a reason, those of profiles included. */
  public static String deadLetters(DeadLetterReason reason) {
    return "dead_letters." + reason;
  }

  /** The counter of what the engine counts for users as a whole. */
  public static String of(Counter counter) {
    return switch (counter) {
      case DUPLICATE_EVENTS -> "events.duplicates";
      case LATE_EVENTS -> "events.late";
      case IDS_FORGOTTEN -> "events.ids_forgotten";
      case ZONE_FALLBACKS -> "profiles.zone_fallbacks";
      case HELD_DROPPED -> "held_dropped";
      case USERS_QUARANTINED -> "users_quarantined";
      case EVENTS_SHED -> "events.shed";
    };
  }

  /** The counter of what the engine counts for a trigger. */
  public static String of(TriggerCounter counter, String trigger) {
    return switch (counter) {
      case MOMENTS -> "trigger." + trigger + ".moments";
      case PREVENTED -> "trigger." + trigger + ".prevented";
      case MISSES -> "trigger." + trigger + ".misses";
      case NO_INSTANCE -> "trigger." + trigger + ".no_instance";
      case INSTANCES_DISPLACED -> "trigger." + trigger + ".displaced";
      case GOALS_TOO_LATE -> "trigger." + trigger + ".goals_too_late";
    };
  }

  /**
   * The counter of what became of a trigger's moments: {@code trigger.<id>.reason.<REASON>}, final
   * decisions of first steps.
   */
  public static String of(Reason reason, String trigger) {
    return "trigger." + trigger + ".reason." + reason;
  }

  /** The counter of final decisions of later steps: {@code trigger.<id>.later.<REASON>}. */
  public static String later(Reason reason, String trigger) {
    return "trigger." + trigger + ".later." + reason;
  }

  /** The counter of a trigger's interim decisions, of all steps. */
  public static String deferred(String trigger) {
    return "trigger." + trigger + ".deferred";
  }

  /** The counter of a decision. */
  public static String of(Decision decision) {
    if (!decision.reason().isFinal()) {
      return deferred(decision.trigger());
    }
    return decision.step() == 1
        ? of(decision.reason(), decision.trigger())
        : later(decision.reason(), decision.trigger());
  }

  /** The counter of outcomes: {@code trigger.<id>.outcomes.<assignment>.<converted|not>}. */
  public static String of(Outcome.Assignment assignment, boolean converted, String trigger) {
    return "trigger."
        + trigger
        + ".outcomes."
        + assignment.name().toLowerCase(Locale.ROOT)
        + (converted ? ".converted" : ".not");
  }

  /** The counter of an outcome. */
  public static String of(Outcome outcome) {
    return of(outcome.assignment(), outcome.converted(), outcome.trigger());
  }

  /** The counter of moments of a trigger that are held at the end. */
  public static String held(String trigger) {
    return "trigger." + trigger + ".held";
  }

  /** The counter of moments of a trigger whose command waits for a rate at the end. */
  public static String queued(String trigger) {
    return "trigger." + trigger + ".queued";
  }

  /** The counter of episodes of a trigger that are still followed to their goal at the end. */
  public static String followed(String trigger) {
    return "trigger." + trigger + ".followed";
  }

  /** The counter of scores that were told. */
  public static String of(UserScores scores) {
    return switch (scores.cause()) {
      case CHANGE -> SCORES_CHANGE;
      case CLOSE -> SCORES_CLOSE;
    };
  }

  /** The counter of what the stage of budgets and rates counts. */
  public static String of(BudgetCounter counter) {
    return "budget." + counter.name().toLowerCase(Locale.ROOT);
  }

  /** The counter of commands of a trigger: {@code trigger.<id>.commands.<ACTION>}. */
  public static String of(Command.Action action, String trigger) {
    return "trigger." + trigger + ".commands." + action;
  }

  /** The counter of a command. */
  public static String of(Command command) {
    return of(command.action(), command.trigger());
  }

  /**
   * The counter of commands that cost so much of a budget: {@code
   * trigger.<id>.spent.<budget>.<cost>}. Costs are few, and so sums stay exact. Empty of a command
   * that costs nothing, and of one that revokes another.
   */
  public static Optional<String> spent(Command command) {
    if (command.action() != Command.Action.ISSUE || command.cost().isEmpty()) {
      return Optional.empty();
    }
    return command
        .budget()
        .map(budget -> spentOf(command.trigger(), budget) + command.cost().get().toPlainString());
  }

  private static String spentOf(String trigger, String budget) {
    return "trigger." + trigger + ".spent." + budget + ".";
  }

  /** The counter of absences of a trigger that are open at the end. */
  public static String open(String trigger) {
    return "trigger." + trigger + ".open";
  }

  /**
   * The times of a run, epoch milliseconds.
   *
   * @param firstEventMs the least event time read
   * @param lastEventMs the greatest event time read
   * @param watermarkMs the watermark at the end
   */
  public record Times(
      OptionalLong firstEventMs, OptionalLong lastEventMs, OptionalLong watermarkMs) {}

  /**
   * The summary as indented JSON with a line end, its keys always in the same order. All but {@code
   * run}, its last part, depends only on the job and its input.
   *
   * @param experiments what the run's outcomes say
   * @param nanos how long the run took
   */
  public static String json(
      JobDefinition job,
      Map<String, Long> counters,
      Times times,
      Experiments experiments,
      long nanos) {
    return new RunSummary(counters, experiments).write(job, times, nanos);
  }

  /**
   * How large users' states were when they were stored.
   *
   * @param mean of all that were stored, those of one user again and again
   */
  public record StateBytes(long mean, long largest) {
    /** Out of the counters; empty if nothing was stored. */
    public static Optional<StateBytes> of(Map<String, Long> counters) {
      long writes = counters.getOrDefault(STATE_WRITES, 0L);
      if (writes == 0) {
        return Optional.empty();
      }
      double sum = counters.getOrDefault(STATE_BYTES, 0L);
      return Optional.of(
          new StateBytes(Math.round(sum / writes), counters.getOrDefault(STATE_LARGEST, 0L)));
    }
  }

  private long count(String name) {
    return counters.getOrDefault(name, 0L);
  }

  private String write(JobDefinition job, Times times, long nanos) {
    json.append("{\n  \"job\": ").append(quoted(job.id())).append(",\n  \"events\": {\n");
    line(4, "read", READ);
    line(4, "admitted", ADMITTED);
    line(4, "filtered", FILTERED);
    line(4, "late", of(Counter.LATE_EVENTS));
    line(4, "duplicates", of(Counter.DUPLICATE_EVENTS));
    json.append("    \"dead_letters\": ").append(deadLetters()).append(",\n");
    line(4, "after_until", AFTER_UNTIL);
    line(4, "ids_forgotten", of(Counter.IDS_FORGOTTEN));
    line(4, "shed", of(Counter.EVENTS_SHED));
    endObject("  },\n");
    json.append("  \"profiles\": {\n");
    line(4, "zone_fallbacks", of(Counter.ZONE_FALLBACKS));
    endObject("  },\n");
    if (job.publishes()) {
      json.append("  \"scores\": {\n");
      line(4, "change", SCORES_CHANGE);
      line(4, "close", SCORES_CLOSE);
      endObject("  },\n");
    }
    if (BudgetStage.isNeededBy(job.policy())) {
      json.append("  \"budget\": {\n");
      for (BudgetCounter counter : BudgetCounter.values()) {
        line(4, counter.name().toLowerCase(Locale.ROOT), of(counter));
      }
      endObject("  },\n");
    }
    line(2, "users", USERS);
    line(2, "users_quarantined", of(Counter.USERS_QUARANTINED));
    json.append("  \"from\": ").append(time(times.firstEventMs())).append(",\n");
    json.append("  \"until\": ").append(time(times.lastEventMs())).append(",\n");
    json.append("  \"watermark\": ").append(time(times.watermarkMs())).append(",\n");
    json.append("  \"triggers\": {");
    String separator = "\n";
    for (TriggerDefinition trigger : job.triggers()) {
      json.append(separator);
      trigger(job, trigger);
      separator = ",\n";
    }
    json.append(job.triggers().isEmpty() ? "},\n" : "\n  },\n");
    return json.append(run(nanos)).append("}\n").toString();
  }

  private void trigger(JobDefinition job, TriggerDefinition trigger) {
    String id = trigger.id();
    json.append("    ").append(quoted(id)).append(": {\n");
    line(6, "moments", of(TriggerCounter.MOMENTS, id));
    List<String> reasons = new ArrayList<>();
    List<String> later = new ArrayList<>();
    for (Reason reason : Reason.values()) {
      part(reasons, reason.name(), count(of(reason, id)));
      part(later, reason.name(), count(later(reason, id)));
    }
    json.append("      \"reasons\": {").append(String.join(", ", reasons)).append("},\n");
    line(6, "held", held(id));
    line(6, "queued", queued(id));
    line(6, "deferred", deferred(id));
    if (trigger.steps().size() > 1) {
      json.append("      \"later_steps\": {").append(String.join(", ", later)).append("},\n");
    }
    line(6, "prevented", of(TriggerCounter.PREVENTED, id));
    line(6, "misses", of(TriggerCounter.MISSES, id));
    line(6, "no_instance", of(TriggerCounter.NO_INSTANCE, id));
    line(6, "displaced", of(TriggerCounter.INSTANCES_DISPLACED, id));
    line(6, "open", open(id));
    if (trigger.goal().isPresent()) {
      outcomes(trigger);
    }
    spend(job, id);
    List<String> actions = new ArrayList<>();
    for (Command.Action action : Command.Action.values()) {
      actions.add("\"" + action + "\": " + count(of(action, id)));
    }
    json.append("      \"commands\": {").append(String.join(", ", actions)).append("}\n    }");
  }

  /** Of each budget that the trigger took something from. */
  private void spend(JobDefinition job, String id) {
    List<String> budgets = new ArrayList<>();
    for (PolicyDefinition.Budget budget : job.policy().budgets()) {
      String prefix = spentOf(id, budget.id());
      BigDecimal sum = BigDecimal.ZERO;
      long commands = 0;
      for (Map.Entry<String, Long> counter : counters.entrySet()) {
        if (counter.getKey().startsWith(prefix)) {
          BigDecimal cost = new BigDecimal(counter.getKey().substring(prefix.length()));
          sum = sum.add(cost.multiply(BigDecimal.valueOf(counter.getValue())));
          commands += counter.getValue();
        }
      }
      if (commands > 0) {
        budgets.add(
            quoted(budget.id())
                + ": {\"amount\": "
                + sum.toPlainString()
                + ", \"unit\": "
                + quoted(budget.unit())
                + ", \"commands\": "
                + commands
                + "}");
      }
    }
    if (!job.policy().budgets().isEmpty()) {
      json.append("      \"spend\": {").append(String.join(", ", budgets)).append("},\n");
    }
  }

  private void outcomes(TriggerDefinition trigger) {
    String id = trigger.id();
    List<String> assignments = new ArrayList<>();
    for (Outcome.Assignment assignment : Outcome.Assignment.values()) {
      assignments.add(
          "\"%s\": {\"converted\": %d, \"not\": %d}"
              .formatted(
                  assignment.name().toLowerCase(Locale.ROOT),
                  count(of(assignment, true, id)),
                  count(of(assignment, false, id))));
    }
    json.append("      \"outcomes\": {").append(String.join(", ", assignments)).append("},\n");
    line(6, "followed", followed(id));
    line(6, "goals_too_late", of(TriggerCounter.GOALS_TOO_LATE, id));
    json.append("      \"experiment\": ").append(experiments.json(trigger, 6)).append(",\n");
  }

  private String deadLetters() {
    List<String> parts = new ArrayList<>();
    for (DeadLetterReason reason : DeadLetterReason.values()) {
      part(parts, reason.name(), count(deadLetters(reason)));
    }
    return "{" + String.join(", ", parts) + "}";
  }

  private static void part(List<String> parts, String name, long count) {
    if (count != 0) {
      parts.add("\"" + name + "\": " + count);
    }
  }

  private void line(int indent, String key, String counter) {
    json.append(" ".repeat(indent)).append('"').append(key).append("\": ");
    json.append(count(counter)).append(",\n");
  }

  /** Ends an object whose last line ends in a comma. */
  private void endObject(String end) {
    json.setLength(json.length() - 2);
    json.append('\n').append(end);
  }

  private String run(long nanos) {
    double seconds = nanos / 1e9;
    long perSecond = nanos <= 0 ? 0 : Math.round(count(READ) / seconds);
    return String.format(
        Locale.ROOT,
        "  \"run\": {\"seconds\": %.3f, \"events_per_second\": %d%s}\n",
        seconds,
        perSecond,
        stateBytes());
  }

  /** Part of {@code run}: how often a state is stored depends on how the users are spread. */
  private String stateBytes() {
    return StateBytes.of(counters)
        .map(
            bytes ->
                ", \"state_bytes\": {\"mean\": %d, \"largest\": %d}"
                    .formatted(bytes.mean, bytes.largest))
        .orElse("");
  }

  private static String quoted(String text) {
    return new String(new JsonBuffer().string(text).toBytes(), StandardCharsets.UTF_8);
  }

  private static String time(OptionalLong timeMs) {
    return timeMs.isEmpty()
        ? "null"
        : new String(new JsonBuffer().time(timeMs.getAsLong()).toBytes(), StandardCharsets.UTF_8);
  }
}
