// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.SelectorReader.Measured;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.yaml.YamlNode;
import java.math.BigDecimal;
import java.time.LocalTime;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads the shapes whose moments time, a signal or the profile makes, not an event. */
final class TimedShapes {
  private static final String[] OF_OWN_GAP = {
    "prior_gap", "prior_weight", "min_events", "floor", "ceiling"
  };

  private final Vocabulary vocabulary;
  private final Problems problems;
  private final SelectorReader selectors;

  TimedShapes(Vocabulary vocabulary, Problems problems) {
    this.vocabulary = vocabulary;
    this.problems = problems;
    this.selectors = new SelectorReader(vocabulary, problems);
  }

  Optional<When> inactive(Section section) {
    List<Selector> events = selectors.several(section);
    Optional<When.Wait> delay = delay(section, "for");
    return events.isEmpty() ? Optional.empty() : delay.map(d -> new When.Inactive(events, d));
  }

  /**
   * How long after the last event.
   *
   * @param fixed the field that says it without a gap of one's own
   */
  Optional<When.Wait> delay(Section section, String fixed) {
    Optional<String> which = section.oneOf(fixed, "own_gap");
    OptionalLong fixedMs = section.duration(fixed);
    Optional<BigDecimal> factor = section.decimal("own_gap");
    if (!section.has("own_gap")) {
      section.without(
          "means nothing without `own_gap`", "remove it, or write `own_gap`", OF_OWN_GAP);
    } else {
      section.needs("own_gap", "prior_gap");
    }
    OptionalLong priorGapMs = section.duration("prior_gap");
    double priorWeight = section.real("prior_weight", 2);
    int minEvents = section.whole("min_events").orElse(3);
    OptionalLong floorMs = section.duration("floor");
    OptionalLong ceilingMs = section.duration("ceiling");
    if (floorMs.isPresent()
        && ceilingMs.isPresent()
        && ceilingMs.getAsLong() < floorMs.getAsLong()) {
      problems.error(
          "BKN-137", section.keySpan("ceiling"), "`ceiling` is below `floor`", "swap them");
    }
    if (which.isEmpty()) {
      return Optional.empty();
    }
    if (which.get().equals(fixed)) {
      return fixedMs.isEmpty()
          ? Optional.empty()
          : Optional.of(new When.Wait.Fixed(fixedMs.getAsLong()));
    }
    return priorGapMs.isEmpty()
        ? Optional.empty()
        : factor.map(
            k ->
                new When.Wait.OwnGap(
                    k.doubleValue(),
                    priorGapMs.getAsLong(),
                    priorWeight,
                    minEvents,
                    floorMs,
                    ceilingMs));
  }

  Optional<When> drop(Section section) {
    Optional<Section> of = section.section("of");
    List<Selector> events = of.map(selectors::several).orElseGet(List::of);
    Optional<When.Measure> measure = of.flatMap(s -> measure(s, events));
    OptionalInt recent = section.days("recent");
    OptionalInt baseline = section.days("baseline");
    Optional<BigDecimal> by = section.decimal("by");
    double minBaseline = section.real("min_baseline", 0);
    OptionalInt minHistory = section.days("min_history");
    Optional<BigDecimal> clearAt = section.decimal("clear_at");
    if (by.isPresent()
        && clearAt.isPresent()
        && clearAt.get().compareTo(BigDecimal.ONE.subtract(by.get())) <= 0) {
      problems.error(
          "BKN-137",
          section.keySpan("clear_at"),
          "`clear_at` must be above 1 − `by`, which is "
              + BigDecimal.ONE.subtract(by.get()).toPlainString(),
          "leave it out: 1 − `by`/2 holds then");
    }
    if (events.isEmpty()
        || measure.isEmpty()
        || recent.isEmpty()
        || baseline.isEmpty()
        || by.isEmpty()) {
      return Optional.empty();
    }
    double part = by.get().doubleValue();
    return Optional.of(
        new When.Drop(
            events,
            measure.get(),
            recent.getAsInt(),
            baseline.getAsInt(),
            part,
            minBaseline,
            minHistory.orElse(recent.getAsInt() + baseline.getAsInt()),
            clearAt.map(BigDecimal::doubleValue).orElse(1 - part / 2)));
  }

  private Optional<When.Measure> measure(Section of, List<Selector> events) {
    Optional<YamlNode> node = of.node("measure");
    if (node.isEmpty()) {
      return Optional.of(new When.Measure.Events());
    }
    if (node.get() instanceof YamlNode.Mapping) {
      return Section.of(node.get(), Shapes.SUMMED, of.keySpan("measure"), problems)
          .flatMap(s -> s.text("sum"))
          .filter(text -> !events.isEmpty())
          .flatMap(text -> selectors.attribute(text, events, "a number", AttributeType::isNumber))
          .map(Measured::name)
          .map(When.Measure.Sum::new);
    }
    Optional<Located<String>> word = of.text("measure");
    if (word.isEmpty()) {
      return Optional.empty();
    }
    switch (word.get().value()) {
      case "count" -> {
        return Optional.of(new When.Measure.Events());
      }
      case "active_days" -> {
        return Optional.of(new When.Measure.ActiveDays());
      }
      default -> {
        problems.error(
            "BKN-123",
            word.get().span(),
            "`measure` cannot be `" + word.get().value() + "`",
            Section.suggest(
                word.get().value(), List.of("count", "active_days", "{sum: …}"), "write one of "));
        return Optional.empty();
      }
    }
  }

  Optional<When> score(Section section) {
    Optional<Located<String>> name = section.text("signal");
    Optional<Integer> index = name.flatMap(n -> vocabulary.signal(n, problems));
    Optional<AttributeType> type =
        index.map(slot -> vocabulary.signals().type().attribute(slot).type());
    if (type.isPresent() && !type.get().isNumber()) {
      problems.error(
          "BKN-222",
          name.orElseThrow().span(),
          "`" + name.get().value() + "` is " + type.get().text() + "; a score needs a number",
          type.get() == AttributeType.DURATION
              ? "use shape `inactive` for how long ago something was"
              : "use an int, double or decimal signal");
    }
    Optional<String> side = section.oneOf("above", "below");
    Optional<BigDecimal> above = section.decimal("above");
    Optional<BigDecimal> below = section.decimal("below");
    Optional<BigDecimal> clearAt = section.decimal("clear_at");
    long forMs = section.duration("for").orElse(0);
    if (side.isEmpty()) {
      return Optional.empty();
    }
    boolean isAbove = side.get().equals("above");
    Optional<BigDecimal> line = isAbove ? above : below;
    if (line.isPresent() && clearAt.isPresent()) {
      int order = clearAt.get().compareTo(line.get());
      if (isAbove ? order > 0 : order < 0) {
        problems.error(
            "BKN-137",
            section.keySpan("clear_at"),
            "`clear_at` lies past the line",
            "`clear_at` must be "
                + (isAbove ? "at most " : "at least ")
                + line.get().toPlainString());
      }
    }
    return line.flatMap(
        at ->
            index.map(
                slot ->
                    new When.Score(
                        name.orElseThrow().value(),
                        slot,
                        new When.Line(isAbove, at, clearAt),
                        forMs)));
  }

  Optional<When> milestone(Section section) {
    Optional<String> kind = section.oneOf("anniversary_of", "date");
    Optional<String> side = section.atMostOneOf("before", "after");
    int before = section.days("before").orElse(0);
    int after = section.days("after").orElse(0);
    LocalTime at = section.timeOfDay("at").orElse(LocalTime.of(9, 0));
    Optional<Located<String>> name =
        kind.flatMap(section::text).map(text -> SelectorReader.bare(text, "user."));
    Optional<AttributeType> type = name.flatMap(n -> vocabulary.profileAttribute(n, problems));
    if (type.isEmpty()) {
      return Optional.empty();
    }
    if (type.get() != AttributeType.TIMESTAMP && type.get() != AttributeType.STRING) {
      problems.error(
          "BKN-223",
          name.orElseThrow().span(),
          "`"
              + name.get().value()
              + "` is "
              + type.get().text()
              + "; a milestone needs a timestamp or a string",
          "a string is a date, as in `2026-11-01`");
      return Optional.empty();
    }
    String attribute = name.orElseThrow().value();
    boolean early = side.equals(Optional.of("before"));
    return Optional.of(
        new When.Milestone(
            attribute,
            vocabulary.catalogue().profile().indexOf(attribute),
            kind.equals(Optional.of("anniversary_of")),
            early ? -before : after,
            at));
  }

  Optional<When> changes(Section section) {
    Optional<Located<String>> name =
        section.text("attribute").map(text -> SelectorReader.bare(text, "user."));
    Optional<AttributeType> type = name.flatMap(n -> vocabulary.profileAttribute(n, problems));
    if (type.isEmpty()) {
      return Optional.empty();
    }
    Optional<Object> from = value(section, "from", name.orElseThrow().value(), type.get());
    Optional<Object> to = value(section, "to", name.get().value(), type.get());
    if (from.isPresent() && from.equals(to)) {
      problems.error(
          "BKN-225",
          section.keySpan("to"),
          "`from` and `to` are the same, so this is no change",
          "leave one of them out");
    }
    return Optional.of(
        new When.Changes(
            name.get().value(),
            vocabulary.catalogue().profile().indexOf(name.get().value()),
            type.get(),
            from,
            to));
  }

  /** A value of an attribute, as {@code Slots.objectAt} gives it. */
  private Optional<Object> value(Section section, String field, String name, AttributeType type) {
    Optional<YamlNode> node = section.node(field);
    if (node.isEmpty()) {
      return Optional.empty();
    }
    Slots one = new Slots(RecordType.of("value", List.of(Attribute.optional(name, type))));
    boolean empty = node.get() instanceof YamlNode.Scalar scalar && scalar.text().isEmpty();
    if (!empty && Scalars.set(node.get(), type, one, 0)) {
      return Optional.ofNullable(one.objectAt(0));
    }
    problems.error(
        "BKN-225",
        node.get().span(),
        "`"
            + name
            + "` is "
            + type.text()
            + ", and `"
            + field
            + "` is "
            + (empty ? "empty" : Section.describe(node.get())),
        empty
            ? "leave it out: any value does then"
            : "change the value, or the type in events.yaml");
    return Optional.empty();
  }
}
