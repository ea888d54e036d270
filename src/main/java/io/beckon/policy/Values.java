// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import io.beckon.detect.Moment;
import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.Intervention;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.Frame;
import io.beckon.plan.SignalRead;
import io.beckon.plan.TriggerPlan;
import io.beckon.state.Note;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What records say in numbers, and what commands are sent with. */
final class Values {
  private static final String SIGNAL = "signal.";

  private Values() {}

  /** What the moment observed, its time aside, which every record has. */
  static List<Fact> evidence(Moment moment) {
    List<Fact> facts = new ArrayList<>(4);
    TriggerPlan trigger = moment.trigger();
    Slots observed = moment.observed();
    RecordType type = observed.type();
    for (int slot = 0; slot < type.size(); slot++) {
      Attribute attribute = type.attribute(slot);
      if (observed.has(slot) && !attribute.name().equals("time")) {
        facts.add(fact(attribute.name(), attribute, observed, slot));
      }
      if (attribute.name().equals("since")
          && trigger.isAbsence()
          && moment.firstMs() != moment.sinceMs()) {
        facts.add(new Fact.At("first", moment.firstMs()));
      }
    }
    if (trigger.opensBefore()) {
      facts.add(new Fact.Lasting("waited", moment.timeMs() - moment.sinceMs()));
    }
    return facts;
  }

  /** Adds what the signals say that the trigger reads, in place of what they said before. */
  static void signals(List<Fact> facts, TriggerPlan trigger, Slots signals) {
    facts.removeIf(fact -> fact.name().startsWith(SIGNAL));
    for (SignalRead read : trigger.reads()) {
      if (signals.has(read.slot())) {
        Attribute signal = signals.type().attribute(read.slot());
        facts.add(fact(SIGNAL + signal.name(), signal, signals, read.slot()));
      }
    }
  }

  /** Sums of numbers that are finite need not be. */
  private static Fact number(String name, double value) {
    return Double.isFinite(value)
        ? new Fact.Amount(name, BigDecimal.valueOf(value))
        : new Fact.Text(name, Double.toString(value));
  }

  private static Fact fact(String name, Attribute attribute, Slots values, int slot) {
    return switch (attribute.type()) {
      case TIMESTAMP -> new Fact.At(name, values.longAt(slot));
      case DURATION -> new Fact.Lasting(name, values.longAt(slot));
      case INT -> new Fact.Whole(name, values.longAt(slot));
      case DECIMAL -> new Fact.Amount(name, values.numberAt(slot));
      case DOUBLE -> number(name, values.doubleAt(slot));
      case STRING -> new Fact.Text(name, values.stringAt(slot));
      case BOOL -> new Fact.Text(name, Boolean.toString(values.boolAt(slot)));
      case STRING_LIST -> new Fact.Text(name, String.join(",", values.stringsAt(slot)));
      case INT_LIST -> new Fact.Text(name, values.intsAt(slot).toString());
    };
  }

  /** The params of {@code intervention}; one that misses a value is left out. */
  static List<Command.Value> params(Intervention intervention, Frame frame) {
    List<Command.Value> values = new ArrayList<>(intervention.params().size());
    for (Intervention.Param param : intervention.params()) {
      value(param, frame).ifPresent(value -> values.add(new Command.Value(param.name(), value)));
    }
    return values;
  }

  /**
   * A single expression keeps its type; parts are joined as text; a missing part makes it missing.
   */
  private static Optional<Object> value(Intervention.Param param, Frame frame) {
    if (param.parts().size() == 1
        && param.parts().get(0) instanceof Intervention.Part.Computed computed) {
      Object value = computed.expression().evaluate(frame);
      return value != null && computed.expression().type() == AttributeType.TIMESTAMP
          ? Optional.of(asText(computed.expression(), value))
          : Optional.ofNullable(value);
    }
    StringBuilder text = new StringBuilder();
    for (Intervention.Part part : param.parts()) {
      if (part instanceof Intervention.Part.Text plain) {
        text.append(plain.text());
      } else if (part instanceof Intervention.Part.Computed computed) {
        Object value = computed.expression().evaluate(frame);
        if (value == null) {
          return Optional.empty();
        }
        text.append(asText(computed.expression(), value));
      }
    }
    return Optional.of(text.toString());
  }

  /** As {@code string()} of an expression has it; a decimal without an exponent. */
  private static String asText(Expression expression, Object value) {
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    return expression.type() == AttributeType.TIMESTAMP && value instanceof Long timeMs
        ? Instant.ofEpochMilli(timeMs).toString()
        : value.toString();
  }

  static List<Note> notesOfFacts(List<Fact> facts) {
    return facts.stream().map(Values::note).toList();
  }

  private static Note note(Fact fact) {
    if (fact instanceof Fact.At at) {
      return new Note(at.name(), Note.Kind.TIME, at.timeMs());
    }
    if (fact instanceof Fact.Lasting lasting) {
      return new Note(lasting.name(), Note.Kind.DURATION, lasting.durationMs());
    }
    if (fact instanceof Fact.Whole whole) {
      return new Note(whole.name(), Note.Kind.WHOLE, whole.value());
    }
    if (fact instanceof Fact.Amount amount) {
      return new Note(amount.name(), Note.Kind.DECIMAL, amount.value());
    }
    return new Note(fact.name(), Note.Kind.TEXT, ((Fact.Text) fact).value());
  }

  static List<Fact> facts(List<Note> notes) {
    List<Fact> facts = new ArrayList<>(notes.size());
    for (Note note : notes) {
      facts.add(
          switch (note.kind()) {
            case TIME -> new Fact.At(note.name(), (Long) note.value());
            case DURATION -> new Fact.Lasting(note.name(), (Long) note.value());
            case WHOLE -> new Fact.Whole(note.name(), (Long) note.value());
            case DECIMAL -> new Fact.Amount(note.name(), (BigDecimal) note.value());
            case TEXT, DOUBLE, FLAG, TEXTS, WHOLES ->
                new Fact.Text(note.name(), note.value().toString());
          });
    }
    return facts;
  }

  static List<Note> notesOfParams(List<Command.Value> params) {
    return params.stream()
        .map(param -> new Note(param.name(), kind(param.value()), param.value()))
        .toList();
  }

  private static Note.Kind kind(Object value) {
    if (value instanceof String) {
      return Note.Kind.TEXT;
    }
    if (value instanceof Long) {
      return Note.Kind.WHOLE;
    }
    if (value instanceof Double) {
      return Note.Kind.DOUBLE;
    }
    if (value instanceof Boolean) {
      return Note.Kind.FLAG;
    }
    if (value instanceof BigDecimal) {
      return Note.Kind.DECIMAL;
    }
    if (value instanceof List<?> list) {
      return !list.isEmpty() && list.get(0) instanceof Long ? Note.Kind.WHOLES : Note.Kind.TEXTS;
    }
    throw new IllegalStateException("not a param's value: " + value.getClass());
  }

  static List<Command.Value> params(List<Note> notes) {
    return notes.stream().map(note -> new Command.Value(note.name(), note.value())).toList();
  }
}
