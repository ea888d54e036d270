// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.AttributeType;
import io.beckon.language.FieldType.Form;
import io.beckon.language.SelectorReader.Measured;
import io.beckon.language.SignalDefinition.ModelRef;
import io.beckon.language.SignalMeasure.Kind;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.yaml.YamlNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads {@code signals.yaml}. */
final class SignalsReader {
  /** What may stand beside each measure. */
  private static final Map<String, List<String>> BESIDE =
      Map.ofEntries(
          Map.entry("count", List.of("over")),
          Map.entry("sum", List.of("of", "over")),
          Map.entry("avg", List.of("of", "over")),
          Map.entry("min", List.of("of", "over")),
          Map.entry("max", List.of("of", "over")),
          Map.entry("distinct", List.of("of", "over")),
          Map.entry("first", List.of("of")),
          Map.entry("last", List.of("of")),
          Map.entry("since", List.of()),
          Map.entry("own_gap", List.of("prior_gap", "prior_weight")),
          Map.entry("active_days", List.of("over")),
          Map.entry("activity_level", List.of("tau", "min_history")),
          Map.entry("drop_ratio", List.of("short", "long", "min_level")),
          Map.entry("busiest_hour_of", List.of()),
          Map.entry("model", List.of("horizon")));

  private static final String[] EXTRAS = {
    "of",
    "over",
    "tau",
    "min_history",
    "short",
    "long",
    "min_level",
    "prior_gap",
    "prior_weight",
    "horizon"
  };

  private final Vocabulary vocabulary;
  private final Models models;
  private final Problems problems;
  private final SelectorReader selectors;

  private SignalsReader(Vocabulary vocabulary, Models models, Problems problems) {
    this.vocabulary = vocabulary;
    this.models = models;
    this.problems = problems;
    this.selectors = new SelectorReader(vocabulary, problems);
  }

  /** The vocabulary with the signals of {@code section}. */
  static Vocabulary read(Section section, Vocabulary vocabulary, Models models, Problems problems) {
    return new SignalsReader(vocabulary, models, problems).signals(section);
  }

  private Vocabulary signals(Section section) {
    List<SignalDefinition> signals = new ArrayList<>();
    boolean broken = !(section.node("signals").orElse(null) instanceof YamlNode.Mapping);
    for (YamlNode.Entry entry : section.table("signals")) {
      boolean named = Section.word(entry.key().text(), Form.NAME, entry.key().span(), problems);
      Optional<SignalDefinition> signal =
          Section.of(entry.value(), Shapes.SIGNAL, entry.key().span(), problems)
              .flatMap(s -> signal(entry, s));
      if (named && signal.isPresent()) {
        signals.add(signal.get());
      } else {
        broken = true;
      }
    }
    return vocabulary.with(Signals.of(signals), broken);
  }

  private Optional<SignalDefinition> signal(YamlNode.Entry entry, Section section) {
    Optional<String> measure = section.exactlyOne("the measure", EXTRAS);
    if (measure.isEmpty()) {
      return Optional.empty();
    }
    List<String> beside = BESIDE.getOrDefault(measure.get(), List.of());
    section.without(
        "means nothing beside `" + measure.get() + "`",
        beside.isEmpty() ? "remove it" : "beside it may stand " + Section.list(beside),
        Arrays.stream(EXTRAS).filter(name -> !beside.contains(name)).toArray(String[]::new));
    return typed(measure.get(), section)
        .map(
            typed ->
                new SignalDefinition(
                    entry.key().text(),
                    entry.key().span(),
                    typed.measure(),
                    typed.type(),
                    typed.model()));
  }

  private record Typed(SignalMeasure measure, AttributeType type, Optional<ModelRef> model) {
    Typed(SignalMeasure measure, AttributeType type) {
      this(measure, type, Optional.empty());
    }
  }

  private Optional<Typed> typed(String measure, Section section) {
    return switch (measure) {
      case "sum", "avg", "min", "max", "distinct" -> ofAttribute(measure, section);
      case "first", "last" -> edge(measure.equals("first"), section);
      case "model" -> model(section);
      default -> ofEvents(measure, section);
    };
  }

  /** The window, which must be written. */
  private static OptionalLong over(String measure, Section section) {
    section.needs(measure, "over");
    return section.duration("over");
  }

  /** The events that {@code of} names; none, with a problem reported, if it is not written. */
  private List<Selector> of(String measure, Section section) {
    section.needs(measure, "of");
    return section
        .node("of")
        .map(node -> selectors.any(node, section.keySpan("of")))
        .orElseGet(List::of);
  }

  private Optional<Typed> ofAttribute(String measure, Section section) {
    List<Selector> events = of(measure, section);
    OptionalLong overMs = over(measure, section);
    boolean distinct = measure.equals("distinct");
    Optional<Measured> attribute =
        section
            .text(measure)
            .filter(text -> !events.isEmpty())
            .flatMap(
                text ->
                    selectors.attribute(
                        text,
                        events,
                        distinct ? "a string, an int or a bool" : "a number",
                        distinct ? AttributeType::isKey : AttributeType::isNumber));
    if (attribute.isEmpty() || overMs.isEmpty()) {
      return Optional.empty();
    }
    String name = attribute.get().name();
    if (distinct) {
      return Optional.of(
          new Typed(
              new SignalMeasure.Distinct(events, name, overMs.getAsLong()), AttributeType.INT));
    }
    Kind kind = Kind.valueOf(measure.toUpperCase(Locale.ROOT));
    AttributeType type =
        switch (kind) {
          case SUM -> AttributeType.DECIMAL;
          case AVG -> AttributeType.DOUBLE;
          case MIN, MAX -> attribute.get().type();
        };
    return Optional.of(
        new Typed(new SignalMeasure.Statistic(kind, events, name, overMs.getAsLong()), type));
  }

  /** The first or last event, or attribute. */
  private Optional<Typed> edge(boolean first, Section section) {
    String measure = first ? "first" : "last";
    List<Selector> events;
    Optional<String> of = Optional.empty();
    AttributeType type = AttributeType.TIMESTAMP;
    if (section.has("of")) {
      events = of(measure, section);
      List<Selector> having = events;
      Optional<Measured> attribute =
          section
              .text(measure)
              .filter(text -> !having.isEmpty())
              .flatMap(text -> selectors.attribute(text, having, "", any -> true));
      if (attribute.isEmpty()) {
        return Optional.empty();
      }
      of = Optional.of(attribute.get().name());
      type = attribute.get().type();
    } else {
      YamlNode node = section.node(measure).orElseThrow();
      if (node instanceof YamlNode.Scalar scalar && scalar.text().startsWith("event.")) {
        section.needs(measure, "of");
        return Optional.empty();
      }
      events = selectors.any(node, section.keySpan(measure));
    }
    if (events.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Typed(
            first ? new SignalMeasure.First(events, of) : new SignalMeasure.Last(events, of),
            type));
  }

  private Optional<Typed> model(Section section) {
    Optional<ModelDefinition> named =
        section.text("model").flatMap(id -> models.named(id, problems));
    OptionalLong horizonMs = section.duration("horizon");
    if (named.isEmpty()) {
      return Optional.empty();
    }
    ModelDefinition model = named.get();
    if (section.has("horizon") && !model.family().isReturn()) {
      problems.error(
          "BKN-136",
          section.keySpan("horizon"),
          "`horizon` means nothing: `"
              + model.id()
              + "` is of `model: "
              + model.family().text()
              + "`",
          "remove it: what that model says has the horizon it was fitted for, or none");
      return Optional.empty();
    }
    return Optional.of(
        new Typed(
            model.measure(horizonMs),
            AttributeType.DOUBLE,
            Optional.of(new ModelRef(model.id(), model.version()))));
  }

  private Optional<Typed> ofEvents(String measure, Section section) {
    List<Selector> events =
        section
            .node(measure)
            .map(node -> selectors.any(node, section.keySpan(measure)))
            .orElseGet(List::of);
    return switch (measure) {
      case "count" -> {
        OptionalLong overMs = over(measure, section);
        yield typed(
            events,
            overMs.isPresent(),
            new SignalMeasure.Count(events, overMs.orElse(1)),
            AttributeType.INT);
      }
      case "since" -> typed(events, true, new SignalMeasure.Since(events), AttributeType.DURATION);
      case "own_gap" -> {
        if (section.has("prior_weight")) {
          section.needs("prior_weight", "prior_gap");
        }
        SignalMeasure gap =
            new SignalMeasure.OwnGap(
                events, section.duration("prior_gap"), section.real("prior_weight", 2));
        yield typed(events, true, gap, AttributeType.DOUBLE);
      }
      case "active_days" -> {
        section.needs(measure, "over");
        OptionalInt days = section.days("over", new FieldType.Days(1, 64));
        yield typed(
            events,
            days.isPresent(),
            new SignalMeasure.ActiveDays(events, days.orElse(1)),
            AttributeType.INT);
      }
      case "activity_level" -> {
        section.needs(measure, "tau");
        OptionalLong tauMs = section.duration("tau");
        yield typed(
            events,
            tauMs.isPresent(),
            new SignalMeasure.ActivityLevel(
                events, tauMs.orElse(1), section.duration("min_history")),
            AttributeType.DOUBLE);
      }
      case "drop_ratio" -> {
        section.needs(measure, "short");
        section.needs(measure, "long");
        OptionalLong shortMs = section.duration("short");
        OptionalLong longMs = section.duration("long");
        double minLevel = section.real("min_level", 0);
        if (shortMs.isPresent()
            && longMs.isPresent()
            && shortMs.getAsLong() >= longMs.getAsLong()) {
          problems.error(
              "BKN-137",
              section.keySpan("short"),
              "`short` is not shorter than `long`",
              "the short one sees a drop first: make it shorter");
        }
        yield typed(
            events,
            shortMs.isPresent() && longMs.isPresent(),
            new SignalMeasure.DropRatio(events, shortMs.orElse(1), longMs.orElse(1), minLevel),
            AttributeType.DOUBLE);
      }
      case "busiest_hour_of" ->
          typed(events, true, new SignalMeasure.BusiestHour(events), AttributeType.INT);
      default -> throw new IllegalStateException(measure);
    };
  }

  private static Optional<Typed> typed(
      List<Selector> events, boolean complete, SignalMeasure measure, AttributeType type) {
    return events.isEmpty() || !complete ? Optional.empty() : Optional.of(new Typed(measure, type));
  }
}
