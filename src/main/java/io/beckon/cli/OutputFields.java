// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.language.TestDefinition.Expected;
import io.beckon.language.TestDefinition.ExpectedField;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Outcome;
import io.beckon.wire.JsonLines;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A decision, command or outcome as the output's JSON has it, field by field. {@code match.item_id}
 * names a field inside another.
 */
final class OutputFields {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** Text that means the same with and without quotes, also within {@code {}} and {@code []}. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./+-]+( [A-Za-z0-9_./+-]+)*");

  /** Plain text that YAML takes for something else than text. */
  private static final Pattern NOT_TEXT =
      Pattern.compile(
          "(?i)null|true|false|[-+]?(\\.inf|\\.nan)|-.*|[-+]?[0-9.][0-9.]*(e[-+]?[0-9]+)?|0x[0-9a-f]+|0o[0-7]+");

  private final long atMs;
  private final JsonNode json;
  private final List<String> telling;

  private OutputFields(long atMs, byte[] json, List<String> telling) {
    this.atMs = atMs;
    this.json = JSON.readTree(json);
    this.telling = telling;
  }

  static OutputFields of(Decision decision) {
    return new OutputFields(
        decision.decisionTimeMs(),
        new JsonLines().decision(decision),
        List.of("step", "reason", "match", "evidence", "compared"));
  }

  static OutputFields of(Command command) {
    return new OutputFields(
        command.decisionTimeMs(),
        new JsonLines().command(command),
        List.of("step", "action", "kind", "channel", "template", "variant", "match", "params"));
  }

  /** Beside what the JSON has, {@code delay}, a duration. */
  static OutputFields of(Outcome outcome) {
    OutputFields fields =
        new OutputFields(
            outcome.decidedTimeMs(),
            new JsonLines().outcome(outcome),
            List.of("assignment", "variant", "converted", "value", "delay", "match"));
    ObjectNode json = (ObjectNode) fields.json;
    outcome.delayMs().ifPresent(ms -> json.put("delay", Durations.format(ms)));
    return fields;
  }

  /** Whether it has everything that is expected of it. */
  boolean agrees(Expected expected) {
    if (expected.atMs().isPresent() && expected.atMs().getAsLong() != atMs) {
      return false;
    }
    for (ExpectedField field : expected.fields()) {
      Optional<JsonNode> node = node(field.name());
      if (node.isEmpty() || !same(field.value(), node.get())) {
        return false;
      }
    }
    return true;
  }

  private static boolean same(String expected, JsonNode actual) {
    String text = text(actual);
    if (text.equals(expected)) {
      return true;
    }
    if (!actual.isNumber()) {
      return false;
    }
    try {
      return new BigDecimal(expected).compareTo(new BigDecimal(text)) == 0;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private Optional<JsonNode> node(String name) {
    JsonNode own = json.get(name);
    if (own != null) {
      return Optional.of(own);
    }
    int dot = name.indexOf('.');
    JsonNode outer = dot < 0 ? null : json.get(name.substring(0, dot));
    return outer == null
        ? Optional.empty()
        : Optional.ofNullable(outer.get(name.substring(dot + 1)));
  }

  private static String text(JsonNode node) {
    return node.isContainer() ? node.toString() : node.asString();
  }

  /** One line for a person: when, what, and the numbers it rests on. */
  String shown(long startMs) {
    StringBuilder line = new StringBuilder("at ").append(TestTimes.offset(startMs, atMs));
    for (String name : telling) {
      JsonNode node = json.get(name);
      if (node == null || node.isNull() || (node.isContainer() && node.isEmpty())) {
        continue;
      }
      if (name.equals("step") && node.asInt() == 1) {
        // What is not said is about the moment itself.
        continue;
      }
      line.append(", ").append(name).append(' ').append(node.isObject() ? inner(node) : text(node));
    }
    return line.toString();
  }

  private static String inner(JsonNode object) {
    StringJoiner text = new StringJoiner(", ", "{", "}");
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      text.add(field.getKey() + " " + text(field.getValue()));
    }
    return text.toString();
  }

  /** It as a mapping in flow style with the fields {@code names}; those it lacks are left out. */
  String asYaml(long startMs, List<String> names) {
    Map<String, List<String>> entries = new LinkedHashMap<>();
    for (String name : names) {
      if (name.equals("at")) {
        entries.put("at", List.of(TestTimes.offset(startMs, atMs)));
        continue;
      }
      Optional<JsonNode> node = node(name);
      if (node.isEmpty() || node.get().isNull()) {
        continue;
      }
      int dot = json.get(name) == null ? name.indexOf('.') : -1;
      if (dot < 0) {
        entries.put(name, List.of(yaml(node.get())));
      } else {
        entries
            .computeIfAbsent(name.substring(0, dot) + " {", outer -> new ArrayList<>())
            .add(scalar(name.substring(dot + 1)) + ": " + yaml(node.get()));
      }
    }
    StringJoiner text = new StringJoiner(", ", "{", "}");
    entries.forEach(
        (name, values) ->
            text.add(
                name.endsWith(" {")
                    ? name.replace(" {", ": {") + String.join(", ", values) + "}"
                    : name + ": " + values.get(0)));
    return text.toString();
  }

  private static String yaml(JsonNode node) {
    return node.isString() ? scalar(node.asString()) : node.toString();
  }

  private static String scalar(String text) {
    boolean plain = PLAIN.matcher(text).matches() && !NOT_TEXT.matcher(text).matches();
    return plain ? text : JSON.writeValueAsString(text);
  }
}
