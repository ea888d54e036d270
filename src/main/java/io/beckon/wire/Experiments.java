// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.experiment.Uplift;
import io.beckon.experiment.Uplift.Group;
import io.beckon.language.JobDefinition;
import io.beckon.language.TriggerDefinition;
import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a bounded run's outcomes say about its triggers: conversions of the treated and of the held
 * out, and the uplift between them.
 *
 * <p>Only episodes count whose goal's time was over when the run ended. Those that convert are
 * known at once and the others only then, so that all outcomes taken together would flatter the
 * last days.
 */
public final class Experiments {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final Map<String, OfTrigger> byTrigger = new HashMap<>();

  private Experiments() {}

  /** Some episodes. */
  private static final class Arm {
    private long n;
    private long converted;
    private BigDecimal value = BigDecimal.ZERO;

    void add(JsonNode outcome) {
      n++;
      if (outcome.path("converted").asBoolean(false)) {
        converted++;
        JsonNode worth = outcome.path("value");
        value = worth.isNumber() ? value.add(worth.decimalValue()) : value;
      }
    }

    Group group() {
      return new Group(n, converted);
    }

    String json(boolean hasValue) {
      return "{\"n\": "
          + n
          + ", \"converted\": "
          + converted
          + ", \"rate\": "
          + (n == 0 ? "null" : decimal(group().rate()))
          + (hasValue ? ", \"value\": " + value.toPlainString() : "")
          + "}";
    }
  }

  private static final class OfTrigger {
    private final Arm treated = new Arm();
    private final Arm heldOut = new Arm();
    private final Map<String, Arm> variants = new TreeMap<>();
    private long tooEarly;
  }

  /** Nothing is known of any outcome. */
  public static Experiments none() {
    return new Experiments();
  }

  /**
   * Reads the outcomes of a run.
   *
   * @param outcomes lines of {@link JsonLines#outcome}; there are none if the file is missing
   * @param watermarkMs up to where the run came
   */
  public static Experiments read(JobDefinition job, Path outcomes, OptionalLong watermarkMs)
      throws IOException {
    Experiments experiments = new Experiments();
    if (!Files.exists(outcomes) || watermarkMs.isEmpty()) {
      return experiments;
    }
    Map<String, Long> withinMs = new HashMap<>();
    for (TriggerDefinition trigger : job.triggers()) {
      trigger.goalWithinMs().ifPresent(ms -> withinMs.put(trigger.id(), ms));
    }
    try (BufferedReader reader = Files.newBufferedReader(outcomes, StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        experiments.add(JSON.readTree(line), withinMs, watermarkMs.getAsLong());
      }
    }
    return experiments;
  }

  private void add(JsonNode outcome, Map<String, Long> withinMs, long watermarkMs) {
    String id = outcome.path("trigger").asString("");
    OfTrigger counted = byTrigger.computeIfAbsent(id, absent -> new OfTrigger());
    long momentMs = Instant.parse(outcome.path("moment_time").asString("")).toEpochMilli();
    if (momentMs + withinMs.getOrDefault(id, 0L) > watermarkMs) {
      counted.tooEarly++;
      return;
    }
    boolean treated = outcome.path("assignment").asString("").equals("treated");
    (treated ? counted.treated : counted.heldOut).add(outcome);
    JsonNode variant = outcome.path("variant");
    if (treated && variant.isString()) {
      counted.variants.computeIfAbsent(variant.asString(), absent -> new Arm()).add(outcome);
    }
  }

  /** The uplift of a trigger; empty if nobody was treated, or nobody held out. */
  public Optional<Uplift> uplift(String trigger) {
    OfTrigger counted = byTrigger.getOrDefault(trigger, new OfTrigger());
    return Uplift.between(counted.treated.group(), counted.heldOut.group());
  }

  /** The part of the summary about a trigger with a goal, indented by so much, without an end. */
  String json(TriggerDefinition trigger, int indent) {
    OfTrigger counted = byTrigger.getOrDefault(trigger.id(), new OfTrigger());
    boolean hasValue = trigger.goal().flatMap(TriggerDefinition.Goal::value).isPresent();
    String line = "\n" + " ".repeat(indent + 2);
    StringBuilder text = new StringBuilder("{");
    text.append(line).append("\"treated\": ").append(counted.treated.json(hasValue)).append(',');
    text.append(line).append("\"held_out\": ").append(counted.heldOut.json(hasValue)).append(',');
    if (!counted.variants.isEmpty()) {
      text.append(line).append("\"variants\": {");
      String separator = "";
      for (Map.Entry<String, Arm> variant : counted.variants.entrySet()) {
        // Names of variants are words.
        text.append(separator).append('"').append(variant.getKey()).append("\": ");
        text.append(variant.getValue().json(hasValue));
        separator = ", ";
      }
      text.append("},");
    }
    text.append(line).append("\"uplift\": ");
    text.append(uplift(trigger.id()).map(Experiments::json).orElse("null")).append(',');
    text.append(line).append("\"too_early\": ").append(counted.tooEarly);
    return text.append('\n').append(" ".repeat(indent)).append('}').toString();
  }

  private static String json(Uplift uplift) {
    return "{\"difference\": "
        + decimal(uplift.difference())
        + ", \"low\": "
        + decimal(uplift.low())
        + ", \"high\": "
        + decimal(uplift.high())
        + "}";
  }

  private static String decimal(double value) {
    String text = String.format(Locale.ROOT, "%.6f", value);
    return text.equals("-0.000000") ? "0.000000" : text;
  }
}
