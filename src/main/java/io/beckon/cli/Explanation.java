// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.Intervention;
import io.beckon.language.JobDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.policy.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import tools.jackson.databind.JsonNode;

/** The story of one user: episode by episode, what was noticed and what became of it. */
final class Explanation {
  private static final String SIGNAL = "signal.";

  /** Of what belongs to the whole episode. */
  private static final int NO_STEP = 0;

  private final JobDefinition job;
  private final PlainTimes times;
  private final String user;
  private final Optional<String> trigger;
  private final PlainWords words;
  private final ReasonWords reasons;
  private final Map<String, JsonNode> sentById = new HashMap<>();

  /**
   * An explanation in these times' zone.
   *
   * @param trigger the only one it is about
   */
  Explanation(JobDefinition job, PlainTimes times, String user, Optional<String> trigger) {
    this.job = job;
    this.times = times;
    this.user = user;
    this.trigger = trigger;
    this.words = new PlainWords(job, times.zone());
    this.reasons = new ReasonWords(job, times);
  }

  /** One occurrence of a trigger's moment, and what the records tell of it. */
  private static final class Story {
    private final JsonNode first;
    private final List<Line> lines = new ArrayList<>();
    private boolean isOpen;

    Story(JsonNode first) {
      this.first = first;
    }
  }

  private record Line(Instant at, String shown, int step, String text) {}

  /**
   * The whole text.
   *
   * @param decisions the user's
   * @param commands the user's, in the order of the file
   * @param outcomes the user's, in the order of the file
   */
  String text(UserRecords.Found decisions, List<JsonNode> commands, List<JsonNode> outcomes)
      throws Refusal {
    Map<String, Story> stories = new LinkedHashMap<>();
    for (JsonNode command : commands) {
      if (text(command, "action").equals("ISSUE")) {
        sentById.put(text(command, "id"), command);
      }
    }
    int sent = 0;
    for (JsonNode decision : decisions.records()) {
      if (isAbout(decision)) {
        Story story = stories.computeIfAbsent(key(decision), key -> new Story(decision));
        Reason reason = reason(decisions.file(), decision);
        story.isOpen = !reason.isFinal();
        story.lines.add(line(decision, reason));
        sent += reason == Reason.ISSUED ? 1 : 0;
      }
    }
    if (stories.isEmpty()) {
      return nothing(decisions);
    }
    for (JsonNode command : commands) {
      Story story = stories.get(key(command));
      if (story != null && text(command, "action").equals("CANCEL")) {
        story.lines.add(takenBack(command));
      }
    }
    for (JsonNode outcome : outcomes) {
      Story story = stories.get(key(outcome));
      if (story != null) {
        story.lines.add(outcome(outcome));
      }
    }
    StringBuilder out = new StringBuilder();
    out.append(user).append(" in the job ").append(job.id()).append(": ");
    out.append(count(stories.size(), "moment")).append(", ");
    out.append(sent == 0 ? "nothing" : Integer.toString(sent)).append(" sent. Times in ");
    out.append(times.zone()).append(".\n");
    stories.values().stream()
        .sorted(Comparator.comparing(story -> text(story.first, "moment_time")))
        .forEach(story -> tell(story, out));
    out.append("\nThe checks, in this order; the first that says no decides:\n  ");
    return out.append(ReasonWords.checks()).append(".\n").toString();
  }

  private boolean isAbout(JsonNode decision) {
    return trigger.isEmpty() || trigger.get().equals(text(decision, "trigger"));
  }

  private static String key(JsonNode record) {
    return text(record, "trigger") + '\n' + text(record, "episode");
  }

  private static Reason reason(String file, JsonNode decision) throws Refusal {
    String name = text(decision, "reason");
    return Arrays.stream(Reason.values())
        .filter(reason -> reason.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new Refusal(
                    file
                        + ": "
                        + (name.isEmpty()
                            ? "these are no decisions: `reason` is missing"
                            : "'" + name + "' is no reason of a decision")));
  }

  private String nothing(UserRecords.Found decisions) {
    if (decisions.lines() == 0) {
      return decisions.file() + " is empty: no trigger noticed anything of anybody.\n";
    }
    String of = trigger.map(id -> " by " + id).orElse("");
    String others = decisions.records().isEmpty() ? "" : " (but by other triggers)";
    return decisions.file()
        + " has "
        + count(decisions.lines(), "decision")
        + ", none"
        + of
        + " about "
        + user
        + others
        + ": no moment came to be, or the name is written otherwise.\n";
  }

  private Optional<TriggerDefinition> definition(JsonNode record) {
    String id = text(record, "trigger");
    return job.triggers().stream().filter(each -> each.id().equals(id)).findFirst();
  }

  private void tell(Story story, StringBuilder out) {
    JsonNode first = story.first;
    out.append('\n').append(shown(first, "moment_time")).append("  ");
    out.append(text(first, "trigger")).append(match(first)).append('\n');
    Optional<TriggerDefinition> definition = definition(first);
    if (definition.isEmpty()) {
      out.append("  (the job has no such trigger any more)\n");
    } else if (definition.get().version() != first.path("version").asInt(0)) {
      out.append("  (decided by its version ").append(text(first, "version"));
      out.append("; the job has version ").append(definition.get().version()).append(" now)\n");
    }
    String noticed = words.noticed(text(first, "trigger"), first.path("evidence"));
    if (!noticed.isEmpty()) {
      out.append("  Noticed: ").append(noticed).append(".\n");
    }
    signals(first, out);
    story.lines.sort(Comparator.comparing(Line::at));
    boolean several = story.lines.stream().anyMatch(line -> line.step() > 1);
    for (Line line : story.lines) {
      out.append("  ").append(line.shown());
      out.append(line.shown().isEmpty() ? "" : "  ");
      out.append(several && line.step() != NO_STEP ? "Step " + line.step() + ". " : "");
      out.append(line.text()).append('\n');
    }
    if (story.isOpen) {
      out.append("  It was still held when these records ended.\n");
    }
  }

  private static void signals(JsonNode record, StringBuilder out) {
    StringJoiner values = new StringJoiner(", ", "  Signals: ", ".\n");
    values.setEmptyValue("");
    for (Map.Entry<String, JsonNode> value : record.path("evidence").properties()) {
      if (value.getKey().startsWith(SIGNAL)) {
        values.add(value.getKey().substring(SIGNAL.length()) + " " + value.getValue().asString());
      }
    }
    out.append(values);
  }

  private static String match(JsonNode record) {
    StringJoiner values = new StringJoiner(", ", ", ", "");
    values.setEmptyValue("");
    for (Map.Entry<String, JsonNode> value : record.path("match").properties()) {
      values.add(value.getKey() + " " + value.getValue().asString());
    }
    return values.toString();
  }

  private Line line(JsonNode decision, Reason reason) {
    Optional<TriggerDefinition> definition = definition(decision);
    int step = decision.path("step").asInt(1);
    String sentence =
        reasons.sentence(reason, definition, decision.path("compared"), sent(decision, step));
    return new Line(
        at(decision, "decision_time"), shown(decision, "decision_time"), step, sentence);
  }

  /** {@code coupon by push}, as the command says or else the trigger. */
  private String sent(JsonNode decision, int step) {
    JsonNode command = sentById.get(text(decision, "command_id"));
    if (command != null) {
      String channel = text(command, "channel");
      String variant = text(command, "variant");
      return text(command, "kind")
          + (channel.isEmpty() ? "" : " by " + channel)
          + (variant.isEmpty() ? "" : ", variant " + variant)
          + cost(command);
    }
    if (decision.path("compared").has("fallback")) {
      return "";
    }
    return definition(decision)
        .filter(it -> step <= it.steps().size())
        .map(it -> it.steps().get(step - 1).intervention())
        .map(Explanation::planned)
        .orElse("");
  }

  private static String planned(Intervention intervention) {
    return intervention.kind().name().toLowerCase(Locale.ROOT)
        + (intervention.variants().isEmpty()
            ? intervention.channel().map(channel -> " by " + channel).orElse("")
            : ", one of its variants");
  }

  private String cost(JsonNode command) {
    String budget = text(command, "budget");
    String cost = text(command, "cost");
    if (budget.isEmpty() || cost.isEmpty()) {
      return "";
    }
    String unit = job.policy().budget(budget).map(it -> it.unit()).orElse("");
    return ", " + cost + (unit.isEmpty() ? "" : " " + unit) + " of the budget `" + budget + "`";
  }

  private Line takenBack(JsonNode cancel) {
    JsonNode evidence = cancel.path("evidence");
    String by = PlainWords.words(text(evidence, "cancelled_by"));
    return new Line(
        at(cancel, "decision_time"),
        shown(cancel, "decision_time"),
        cancel.path("step").asInt(1),
        "Taken back"
            + (by.isEmpty() ? "" : ": " + by + " at " + shown(evidence, "cancelled_at"))
            + ".");
  }

  private Line outcome(JsonNode outcome) {
    boolean treated = text(outcome, "assignment").equals("treated");
    String head = "Outcome: " + (treated ? "treated" : "held out") + ", ";
    if (!outcome.path("converted").asBoolean(false)) {
      String within =
          definition(outcome)
              .map(TriggerDefinition::goalWithinMs)
              .filter(it -> it.isPresent())
              .map(it -> " within " + PlainTimes.lasting(it.getAsLong()))
              .orElse(" in time");
      return new Line(Instant.MAX, "", NO_STEP, head + "goal not reached" + within + ".");
    }
    long delayMs = outcome.path("delay_ms").asLong(0);
    String value = text(outcome, "value");
    Instant at = at(outcome, "moment_time").plusMillis(delayMs);
    return new Line(
        at,
        times.shown(at),
        NO_STEP,
        head
            + "goal reached, "
            + PlainTimes.lasting(delayMs)
            + " after the moment"
            + (value.isEmpty() ? "" : ", worth " + value)
            + ".");
  }

  private static Instant at(JsonNode record, String name) {
    return PlainTimes.parse(text(record, name)).orElse(Instant.EPOCH);
  }

  private String shown(JsonNode record, String name) {
    return times.shown(text(record, name));
  }

  private static String text(JsonNode object, String name) {
    JsonNode value = object.get(name);
    return value == null || value.isNull() ? "" : value.asString();
  }

  private static String count(long number, String what) {
    return String.format(Locale.ROOT, "%,d %s%s", number, what, number == 1 ? "" : "s");
  }
}
