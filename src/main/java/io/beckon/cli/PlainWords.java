// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.language.JobDefinition;
import io.beckon.language.Selector;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.When;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** Commands as sentences, so that a reader sees at a glance who is sent what and why. */
final class PlainWords {
  private static final DateTimeFormatter DAY_AND_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT);
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT);

  private final JobDefinition job;
  private final ZoneId zone;

  /** Times are in the job's zone. */
  PlainWords(JobDefinition job) {
    this(job, job.zone());
  }

  PlainWords(JobDefinition job, ZoneId zone) {
    this.job = job;
    this.zone = zone;
  }

  /**
   * {@code u17 · browse-without-buy · sku-103 · coupon by push · 2026-11-02 14:02 · 3 × product
   * view until 12:02, no purchase for 2h}; times in the job's zone.
   *
   * @param command a line of the output
   */
  String command(JsonNode command) {
    List<String> parts = new ArrayList<>();
    parts.add(text(command, "user"));
    parts.add(text(command, "trigger"));
    JsonNode match = command.get("match");
    if (match != null && match.isObject()) {
      StringJoiner values = new StringJoiner(", ");
      for (Map.Entry<String, JsonNode> value : match.properties()) {
        values.add(value.getValue().asString());
      }
      parts.add(values.toString());
    }
    String channel = text(command, "channel");
    String what = text(command, "kind") + (channel.isEmpty() ? "" : " by " + channel);
    parts.add(text(command, "action").equals("CANCEL") ? what + " taken back" : what);
    parts.add(time(command, "decision_time", DAY_AND_TIME).orElse("?"));
    JsonNode evidence = command.path("evidence");
    String noticed = noticed(text(command, "trigger"), evidence);
    if (!noticed.isEmpty()) {
      parts.add(noticed);
    }
    return String.join(" · ", parts);
  }

  /**
   * {@code 3 × product view until 12:02, no purchase for 2h}; empty if there is no such trigger.
   *
   * @param evidence as in the output
   */
  String noticed(String triggerId, JsonNode evidence) {
    return job.triggers().stream()
        .filter(trigger -> trigger.id().equals(triggerId))
        .findFirst()
        .map(trigger -> why(trigger, evidence))
        .orElse("");
  }

  private String why(TriggerDefinition trigger, JsonNode evidence) {
    if (trigger.when() instanceof When.Absence absence) {
      return observed(absence.after(), evidence, " until ")
          + ", no "
          + name(absence.of().selector())
          + " for "
          + Durations.format(absence.forMs());
    }
    return observed(trigger.when(), evidence, " since ");
  }

  private String observed(When when, JsonNode evidence, String until) {
    String what;
    if (when instanceof When.Count count) {
      what = number(evidence, "count", count.atLeast()) + " × " + name(count.event());
    } else if (when instanceof When.Sum sum) {
      what = sum.of() + " of " + name(sum.event()) + " " + number(evidence, "sum", sum.atLeast());
    } else if (when instanceof When.Distinct distinct) {
      what =
          number(evidence, "distinct", distinct.atLeast())
              + " different "
              + distinct.of()
              + " of "
              + name(distinct.event());
    } else if (when instanceof When.Sequence sequence) {
      StringJoiner steps = new StringJoiner(", then ");
      sequence.steps().forEach(step -> steps.add(name(step)));
      what = steps.toString();
    } else if (when instanceof When.OnEvent event) {
      what = name(event.event());
    } else {
      return watched(when, evidence);
    }
    return what + time(evidence, "since", TIME).map(t -> until + t).orElse("");
  }

  /** Of the shapes that no event completes, and of due. */
  private String watched(When when, JsonNode evidence) {
    if (when instanceof When.Inactive inactive) {
      return "no " + names(inactive.events()) + silence(evidence);
    }
    if (when instanceof When.Due due) {
      return "no " + name(due.event()) + silence(evidence) + ", and it is due";
    }
    if (when instanceof When.Drop drop) {
      return names(drop.events())
          + " down to "
          + number(evidence, "recent", "?")
          + " a day from "
          + number(evidence, "baseline", "?");
    }
    if (when instanceof When.Score score) {
      return score.signal()
          + (score.line().above() ? " above " : " below ")
          + score.line().at().toPlainString()
          + ": "
          + number(evidence, "score", "?");
    }
    if (when instanceof When.Milestone milestone) {
      return milestone.attribute() + " " + number(evidence, "date", "?");
    }
    if (when instanceof When.Changes changes) {
      return changes.attribute()
          + " from "
          + number(evidence, "from", "nothing")
          + " to "
          + number(evidence, "to", "nothing");
    }
    return "";
  }

  private String silence(JsonNode evidence) {
    return time(evidence, "since", DAY_AND_TIME).map(since -> " since " + since).orElse("");
  }

  private static String names(List<Selector> selectors) {
    return selectors.stream().map(PlainWords::name).collect(Collectors.joining(" or "));
  }

  /** {@code product view}: the selector's event type in words. */
  static String name(Selector selector) {
    return words(selector.type().name());
  }

  /** {@code product view} of {@code product_view}. */
  static String words(String type) {
    return type.replace('_', ' ');
  }

  private static String number(JsonNode evidence, String name, Object otherwise) {
    JsonNode value = evidence.get(name);
    return value == null ? otherwise.toString() : value.asString();
  }

  private static String text(JsonNode object, String name) {
    JsonNode value = object.get(name);
    return value == null || value.isNull() ? "" : value.asString();
  }

  private Optional<String> time(JsonNode object, String name, DateTimeFormatter format) {
    try {
      return Optional.of(format.format(Instant.parse(text(object, name)).atZone(zone)));
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
