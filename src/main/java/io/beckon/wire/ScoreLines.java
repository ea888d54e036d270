// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.engine.UserScores;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition;
import io.beckon.language.SignalDefinition.ModelRef;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Users' scores as JSON Lines, as {@link JsonLines} writes other results: {@code user, job, time,
 * cause, scores, texts, models}. Numbers and durations (in milliseconds) are in {@code scores}, the
 * others in {@code texts}; what is missing is left out. Not thread-safe.
 */
public final class ScoreLines {
  private final JsonBuffer json = new JsonBuffer();
  private final JobDefinition job;
  private final RecordType signals;
  private final List<Integer> numbers = new ArrayList<>();
  private final List<Integer> texts = new ArrayList<>();
  private final byte[] models;

  /** A writer of the scores of {@code job}, which has some. */
  public ScoreLines(JobDefinition job) {
    this.job = job;
    this.signals = job.signals().type();
    List<String> published = job.scores().orElseThrow().signals();
    for (String name : published) {
      int slot = signals.indexOf(name);
      (isNumber(signals.attribute(slot).type()) ? numbers : texts).add(slot);
    }
    this.models = models(published);
  }

  private static boolean isNumber(AttributeType type) {
    return type.isNumber() || type == AttributeType.DURATION;
  }

  /** Which model's which version made a score. */
  private byte[] models(List<String> published) {
    JsonBuffer made = new JsonBuffer().raw(",\"models\":{");
    String separator = "";
    for (String name : published) {
      Optional<ModelRef> model = job.signals().all().get(signals.indexOf(name)).model();
      if (model.isPresent()) {
        made.raw(separator).string(name).raw(":{\"id\":").string(model.get().id());
        made.raw(",\"version\":").number(model.get().version()).raw('}');
        separator = ",";
      }
    }
    return made.raw("}}").toBytes();
  }

  /** What is said of a user at an instant. */
  public byte[] line(UserScores scores) {
    Slots values = scores.values();
    json.clear().raw("{\"user\":").string(scores.user());
    json.raw(",\"job\":").string(job.id());
    json.raw(",\"time\":").time(scores.timeMs());
    json.raw(",\"cause\":\"").raw(scores.cause().name().toLowerCase(Locale.ROOT));
    json.raw("\",\"scores\":{");
    String separator = "";
    for (int slot : numbers) {
      if (values.has(slot)) {
        json.raw(separator).string(signals.attribute(slot).name()).raw(':');
        number(values, slot);
        separator = ",";
      }
    }
    json.raw("},\"texts\":{");
    separator = "";
    for (int slot : texts) {
      if (values.has(slot)) {
        json.raw(separator).string(signals.attribute(slot).name()).raw(':');
        json.string(text(values, slot));
        separator = ",";
      }
    }
    return json.raw('}').raw(models).toBytes();
  }

  /** That nothing is known of a user any more: {@code user, erased}. */
  public byte[] erased(String user) {
    return json.clear().raw("{\"user\":").string(user).raw(",\"erased\":true}").toBytes();
  }

  private void number(Slots values, int slot) {
    switch (signals.attribute(slot).type()) {
      case INT, DURATION -> json.number(values.longAt(slot));
      case DOUBLE -> json.number(values.doubleAt(slot));
      case DECIMAL -> json.number(values.numberAt(slot));
      case STRING, BOOL, TIMESTAMP, STRING_LIST, INT_LIST ->
          throw new IllegalStateException("no number: " + signals.attribute(slot).name());
    }
  }

  /** Every score that is not missing as text, in the author's order of names. */
  public void texts(UserScores scores, BiConsumer<String, String> to) {
    for (String name : job.scores().orElseThrow().signals()) {
      int slot = signals.indexOf(name);
      if (scores.values().has(slot)) {
        to.accept(name, text(scores.values(), slot));
      }
    }
  }

  private static String text(Slots values, int slot) {
    return switch (values.type().attribute(slot).type()) {
      case INT, DURATION -> Long.toString(values.longAt(slot));
      case DOUBLE ->
          new String(
              new JsonBuffer().number(values.doubleAt(slot)).toBytes(), StandardCharsets.UTF_8);
      case DECIMAL -> values.numberAt(slot).toPlainString();
      case STRING -> values.stringAt(slot);
      case BOOL -> Boolean.toString(values.boolAt(slot));
      case TIMESTAMP ->
          new String(
              new JsonBuffer().time(values.longAt(slot)).toBytes(), 1, 24, StandardCharsets.UTF_8);
      case STRING_LIST, INT_LIST -> throw new IllegalStateException("a list is no score");
    };
  }
}
