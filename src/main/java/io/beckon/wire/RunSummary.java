// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.engine.EngineOutput.Counter;
import io.beckon.engine.EngineOutput.TriggerCounter;
import io.beckon.language.JobDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Reason;
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
 * trigger, {@code moments} is the sum of {@code reasons}.
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

  private final Map<String, Long> counters;
  private final StringBuilder json = new StringBuilder();

  private RunSummary(Map<String, Long> counters) {
    this.counters = counters;
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
    };
  }

  /** The counter of decisions of a trigger with a reason: {@code trigger.<id>.reason.<REASON>}. */
  public static String of(Reason reason, String trigger) {
    return "trigger." + trigger + ".reason." + reason;
  }

  /** The counter of a decision. */
  public static String of(Decision decision) {
    return of(decision.reason(), decision.trigger());
  }

  /** The counter of commands of a trigger: {@code trigger.<id>.commands.<ACTION>}. */
  public static String of(Command.Action action, String trigger) {
    return "trigger." + trigger + ".commands." + action;
  }

  /** The counter of a command. */
  public static String of(Command command) {
    return of(command.action(), command.trigger());
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
   * @param nanos how long the run took
   */
  public static String json(
      JobDefinition job, Map<String, Long> counters, Times times, long nanos) {
    return new RunSummary(counters).write(job, times, nanos);
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
    endObject("  },\n");
    json.append("  \"profiles\": {\n");
    line(4, "zone_fallbacks", of(Counter.ZONE_FALLBACKS));
    endObject("  },\n");
    line(2, "users", USERS);
    json.append("  \"from\": ").append(time(times.firstEventMs())).append(",\n");
    json.append("  \"until\": ").append(time(times.lastEventMs())).append(",\n");
    json.append("  \"watermark\": ").append(time(times.watermarkMs())).append(",\n");
    json.append("  \"triggers\": {");
    String separator = "\n";
    for (TriggerDefinition trigger : job.triggers()) {
      json.append(separator);
      trigger(trigger.id());
      separator = ",\n";
    }
    json.append(job.triggers().isEmpty() ? "},\n" : "\n  },\n");
    return json.append(run(nanos)).append("}\n").toString();
  }

  private void trigger(String id) {
    json.append("    ").append(quoted(id)).append(": {\n");
    line(6, "moments", of(TriggerCounter.MOMENTS, id));
    List<String> reasons = new ArrayList<>();
    for (Reason reason : Reason.values()) {
      part(reasons, reason.name(), count(of(reason, id)));
    }
    json.append("      \"reasons\": {").append(String.join(", ", reasons)).append("},\n");
    line(6, "prevented", of(TriggerCounter.PREVENTED, id));
    line(6, "misses", of(TriggerCounter.MISSES, id));
    line(6, "no_instance", of(TriggerCounter.NO_INSTANCE, id));
    line(6, "displaced", of(TriggerCounter.INSTANCES_DISPLACED, id));
    line(6, "open", open(id));
    List<String> actions = new ArrayList<>();
    for (Command.Action action : Command.Action.values()) {
      actions.add("\"" + action + "\": " + count(of(action, id)));
    }
    json.append("      \"commands\": {").append(String.join(", ", actions)).append("}\n    }");
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
