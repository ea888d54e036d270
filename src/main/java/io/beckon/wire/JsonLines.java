// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.calendar.Durations;
import io.beckon.detect.Episode;
import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import io.beckon.policy.Outcome;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Results as JSON Lines: one object each, UTF-8, keys always in the same order, without the line
 * end. Times are RFC 3339 in UTC with three decimals; decimals have no exponent. Not thread-safe.
 */
public final class JsonLines {
  private static final byte[] WATERMARK = "\"watermark\":".getBytes(StandardCharsets.US_ASCII);

  private final JsonBuffer json = new JsonBuffer();

  /** A writer of lines; of each kind as many as wanted. */
  public JsonLines() {}

  /**
   * {@code user, trigger, version, episode, match, step, moment_time, decision_time, reason,
   * command_id, evidence, compared}; {@code match} is null where nothing is matched.
   */
  public byte[] decision(Decision decision) {
    json.clear();
    subject(decision.user(), decision.trigger(), decision.version(), decision.episode());
    json.raw(",\"step\":").number(decision.step());
    json.raw(",\"moment_time\":").time(decision.momentTimeMs());
    json.raw(",\"decision_time\":").time(decision.decisionTimeMs());
    json.raw(",\"reason\":\"").raw(decision.reason().name());
    json.raw("\",\"command_id\":\"").raw(decision.commandId().toString());
    json.raw("\",\"evidence\":");
    facts(decision.evidence());
    json.raw(",\"compared\":");
    facts(decision.compared());
    return json.raw('}').toBytes();
  }

  /**
   * {@code id, action, job, user, trigger, version, episode, match, step, kind, channel, template,
   * fields, params, variant, budget, cost, lane, priority, moment_time, decision_time, not_before,
   * expires_at, evidence}; {@code match}, {@code channel}, {@code template}, {@code variant},
   * {@code budget}, {@code cost} and {@code expires_at} may be null.
   */
  public byte[] command(Command command) {
    json.clear().raw("{\"id\":\"").raw(command.id().toString());
    json.raw("\",\"action\":\"").raw(command.action().name());
    json.raw("\",\"job\":").string(command.job()).raw(',');
    subjectKeys(command.user(), command.trigger(), command.version(), command.episode());
    json.raw(",\"step\":").number(command.step());
    json.raw(",\"kind\":\"").raw(command.kind().name().toLowerCase(Locale.ROOT));
    json.raw("\",\"channel\":");
    text(command.channel());
    json.raw(",\"template\":");
    text(command.template());
    json.raw(",\"fields\":");
    values(command.fields());
    json.raw(",\"params\":");
    values(command.params());
    json.raw(",\"variant\":");
    text(command.variant());
    json.raw(",\"budget\":");
    text(command.budget());
    json.raw(",\"cost\":");
    amount(command.cost());
    json.raw(",\"lane\":\"").raw(command.lane().name().toLowerCase(Locale.ROOT));
    json.raw("\",\"priority\":").number(command.priority());
    json.raw(",\"moment_time\":").time(command.momentTimeMs());
    json.raw(",\"decision_time\":").time(command.decisionTimeMs());
    json.raw(",\"not_before\":").time(command.notBeforeMs());
    json.raw(",\"expires_at\":");
    if (command.expiresAtMs().isPresent()) {
      json.time(command.expiresAtMs().getAsLong());
    } else {
      json.raw("null");
    }
    json.raw(",\"evidence\":");
    facts(command.evidence());
    return json.raw('}').toBytes();
  }

  /**
   * {@code user, trigger, version, episode, match, assignment, variant, converted, value, delay_ms,
   * moment_time, decided_time, command_id}; {@code match}, {@code variant}, {@code value} and
   * {@code delay_ms} may be null.
   */
  public byte[] outcome(Outcome outcome) {
    json.clear();
    subject(outcome.user(), outcome.trigger(), outcome.version(), outcome.episode());
    json.raw(",\"assignment\":\"");
    json.raw(outcome.assignment().name().toLowerCase(Locale.ROOT));
    json.raw("\",\"variant\":");
    text(outcome.variant());
    json.raw(",\"converted\":").bool(outcome.converted());
    json.raw(",\"value\":");
    amount(outcome.value());
    json.raw(",\"delay_ms\":");
    if (outcome.delayMs().isPresent()) {
      json.number(outcome.delayMs().getAsLong());
    } else {
      json.raw("null");
    }
    json.raw(",\"moment_time\":").time(outcome.momentTimeMs());
    json.raw(",\"decided_time\":").time(outcome.decidedTimeMs());
    json.raw(",\"command_id\":\"").raw(outcome.commandId().toString());
    return json.raw("\"}").toBytes();
  }

  /**
   * {@code user, id, type, time, watermark, attributes}; missing attributes are left out.
   *
   * @param watermarkMs the watermark that had passed the event
   */
  public byte[] late(Event event, long watermarkMs) {
    json.clear().raw("{\"user\":").string(event.user());
    json.raw(",\"id\":").string(event.id());
    json.raw(",\"type\":").string(event.type().name());
    json.raw(",\"time\":").time(event.timeMs());
    json.raw(",\"watermark\":").time(watermarkMs);
    json.raw(",\"attributes\":{");
    Slots attributes = event.attributes();
    boolean first = true;
    for (int slot = 0; slot < attributes.type().size(); slot++) {
      if (attributes.has(slot)) {
        json.raw(first ? "" : ",").string(attributes.type().attribute(slot).name()).raw(':');
        attribute(attributes, slot);
        first = false;
      }
    }
    return json.raw("}}").toBytes();
  }

  /** A line of {@link #late}, with another watermark; anything else stays as it is. */
  public static byte[] withWatermark(byte[] lateLine, long watermarkMs) {
    // Quotes within text are escaped, so this is the key itself; times are all of one length.
    int at = Utf8.indexOf(lateLine, WATERMARK);
    if (at < 0) {
      return lateLine;
    }
    byte[] time = new JsonBuffer().time(watermarkMs).toBytes();
    byte[] line = lateLine.clone();
    System.arraycopy(time, 0, line, at + WATERMARK.length, time.length);
    return line;
  }

  /**
   * As {@link #deadLetter(DeadLetter)}, but of a line longer than {@code mostBytes} only the
   * record's first part, which {@code detail} then says.
   */
  public byte[] deadLetter(DeadLetter letter, int mostBytes) {
    byte[] line = deadLetter(letter);
    int length = letter.bytes().length;
    for (int kept = length / 2; line.length > mostBytes && kept > 0; kept /= 2) {
      line =
          deadLetter(
              new DeadLetter(
                  letter.source(),
                  letter.row(),
                  letter.reason(),
                  letter.detail() + "; only the first " + kept + " bytes are here",
                  Arrays.copyOf(letter.bytes(), kept)));
    }
    return line;
  }

  /**
   * {@code source, row, reason, detail} and the record as it came: {@code raw} if it is UTF-8,
   * {@code raw_base64} if not.
   */
  public byte[] deadLetter(DeadLetter letter) {
    json.clear().raw("{\"source\":").string(letter.source());
    json.raw(",\"row\":").number(letter.row());
    json.raw(",\"reason\":\"").raw(letter.reason().name());
    json.raw("\",\"detail\":").string(letter.detail());
    if (Utf8.isValid(letter.bytes())) {
      json.raw(",\"raw\":").string(new String(letter.bytes(), StandardCharsets.UTF_8));
    } else {
      json.raw(",\"raw_base64\":\"").raw(Base64.getEncoder().encode(letter.bytes())).raw('"');
    }
    return json.raw('}').toBytes();
  }

  private void subject(String user, String trigger, int version, Episode episode) {
    json.raw('{');
    subjectKeys(user, trigger, version, episode);
  }

  private void subjectKeys(String user, String trigger, int version, Episode episode) {
    json.raw("\"user\":").string(user);
    json.raw(",\"trigger\":").string(trigger);
    json.raw(",\"version\":").number(version);
    json.raw(",\"episode\":").string(episode.text());
    json.raw(",\"match\":");
    if (episode.match().isEmpty()) {
      json.raw("null");
      return;
    }
    for (int i = 0; i < episode.match().size(); i++) {
      Episode.MatchValue match = episode.match().get(i);
      json.raw(i == 0 ? '{' : ',').string(match.name()).raw(':');
      value(match.value());
    }
    json.raw('}');
  }

  private void text(Optional<String> text) {
    if (text.isPresent()) {
      json.string(text.get());
    } else {
      json.raw("null");
    }
  }

  private void amount(Optional<BigDecimal> amount) {
    if (amount.isPresent()) {
      json.number(amount.get());
    } else {
      json.raw("null");
    }
  }

  private void facts(List<Fact> facts) {
    json.raw('{');
    for (int i = 0; i < facts.size(); i++) {
      Fact fact = facts.get(i);
      json.raw(i == 0 ? "" : ",").string(fact.name()).raw(':');
      if (fact instanceof Fact.At at) {
        json.time(at.timeMs());
      } else if (fact instanceof Fact.Lasting lasting) {
        lasting(lasting.durationMs());
      } else if (fact instanceof Fact.Whole whole) {
        json.number(whole.value());
      } else if (fact instanceof Fact.Amount amount) {
        json.number(amount.value());
      } else if (fact instanceof Fact.Text text) {
        json.string(text.value());
      }
    }
    json.raw('}');
  }

  private void lasting(long durationMs) {
    json.raw('"').raw(durationMs < 0 ? "-" : "");
    json.raw(Durations.format(Math.abs(durationMs))).raw('"');
  }

  private void values(List<Command.Value> values) {
    json.raw('{');
    for (int i = 0; i < values.size(); i++) {
      json.raw(i == 0 ? "" : ",").string(values.get(i).name()).raw(':');
      value(values.get(i).value());
    }
    json.raw('}');
  }

  private void value(Object value) {
    if (value instanceof String text) {
      json.string(text);
    } else if (value instanceof Long whole) {
      json.number(whole.longValue());
    } else if (value instanceof Double real) {
      json.number(real.doubleValue());
    } else if (value instanceof Boolean bool) {
      json.bool(bool);
    } else if (value instanceof BigDecimal decimal) {
      json.number(decimal);
    } else if (value instanceof List<?> list) {
      json.raw('[');
      for (int i = 0; i < list.size(); i++) {
        json.raw(i == 0 ? "" : ",");
        value(list.get(i));
      }
      json.raw(']');
    } else {
      throw new IllegalStateException("not a value of a command: " + value.getClass());
    }
  }

  private void attribute(Slots attributes, int slot) {
    switch (attributes.type().attribute(slot).type()) {
      case TIMESTAMP -> json.time(attributes.longAt(slot));
      case STRING -> json.string(attributes.stringAt(slot));
      case INT, DURATION -> json.number(attributes.longAt(slot));
      case DOUBLE -> json.number(attributes.doubleAt(slot));
      case DECIMAL -> json.number(attributes.numberAt(slot));
      case BOOL -> json.bool(attributes.boolAt(slot));
      case STRING_LIST -> value(attributes.stringsAt(slot));
      case INT_LIST -> value(attributes.intsAt(slot));
    }
  }
}
