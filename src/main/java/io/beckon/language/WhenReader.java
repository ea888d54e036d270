// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.AttributeType;
import io.beckon.event.EventType;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.yaml.YamlNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@code when}, and the events that end what it began. */
final class WhenReader {
  private final Vocabulary vocabulary;
  private final Order order;
  private final Problems problems;
  private final TimedShapes timed;

  WhenReader(Vocabulary vocabulary, Order order, Problems problems) {
    this.vocabulary = vocabulary;
    this.order = order;
    this.problems = problems;
    this.timed = new TimedShapes(vocabulary, problems);
  }

  /**
   * The attributes that tell instances apart and their types; no type where it is unknown because
   * of a problem already told.
   *
   * @param known false if {@code when} could not be read: nothing can be said about its match
   */
  record Keys(Map<String, Optional<AttributeType>> types, boolean known) {
    Keys {
      types = new LinkedHashMap<>(types);
    }

    static Keys unknown() {
      return new Keys(Map.of(), false);
    }

    List<String> names() {
      return List.copyOf(types.keySet());
    }
  }

  /**
   * A shape that was read.
   *
   * @param completing the type of the event that {@code event} means at the moment, if there is one
   */
  record Read(When when, Optional<EventType> completing, Keys keys) {}

  /** A shape read as far as it goes: its keys are known even where the rest has problems. */
  record Partial(Optional<Read> read, Keys keys) {
    static Partial unknown() {
      return new Partial(Optional.empty(), Keys.unknown());
    }
  }

  Partial when(Section when) {
    Optional<String> shape = shape(when, "the moment");
    if (shape.isEmpty()) {
      return Partial.unknown();
    }
    return switch (shape.get()) {
      case "absence" -> when.section("absence").map(this::absence).orElseGet(Partial::unknown);
      case "due" -> when.section("due").map(this::due).orElseGet(Partial::unknown);
      case "inactive" -> timed(when.section("inactive").flatMap(timed::inactive));
      case "drop" -> timed(when.section("drop").flatMap(timed::drop));
      case "score" -> timed(when.section("score").flatMap(timed::score));
      case "milestone" -> timed(when.section("milestone").flatMap(timed::milestone));
      case "changes" -> timed(when.section("changes").flatMap(timed::changes));
      default -> gathering(when, shape.get(), false);
    };
  }

  /** A shape without {@code match} and without a completing event. */
  private static Partial timed(Optional<When> when) {
    Keys none = new Keys(Map.of(), true);
    return new Partial(when.map(w -> new Read(w, Optional.empty(), none)), none);
  }

  private Partial due(Section section) {
    Optional<Selector> event = selector(section);
    Optional<When.Wait> delay = timed.delay(section, "after");
    Keys keys = keys(section, event.stream().toList(), event.isPresent());
    return partial(
        event.flatMap(e -> delay.map(d -> new When.Due(e, d, keys.names()))), event, keys);
  }

  /**
   * The one shape written; {@code where} and {@code match} may stand beside {@code event: TYPE}.
   */
  private Optional<String> shape(Section section, String what) {
    Optional<String> shape = section.exactlyOne(what, "where", "match");
    if (shape.isEmpty()) {
      return shape;
    }
    boolean shortForm =
        shape.get().equals("event")
            && section.node("event").orElseThrow() instanceof YamlNode.Scalar;
    for (String name : List.of("where", "match")) {
      if (section.has(name) && !shortForm) {
        problems.error(
            "BKN-134",
            section.keySpan(name),
            "`" + name + "` stands beside `" + shape.get() + "`, not in it",
            "move it into `" + shape.get() + ": {…}`");
      }
    }
    return shape;
  }

  private Partial gathering(Section when, String shape, boolean insideAbsence) {
    if (shape.equals("event")) {
      return event(when);
    }
    Optional<Section> section = when.section(shape);
    if (section.isEmpty()) {
      return Partial.unknown();
    }
    return switch (shape) {
      case "count" -> count(section.get());
      case "sum" -> sum(section.get());
      case "distinct" -> distinct(section.get());
      case "sequence" -> sequence(section.get(), insideAbsence);
      default -> throw new IllegalStateException(shape);
    };
  }

  private Partial event(Section when) {
    YamlNode node = when.node("event").orElseThrow();
    if (node instanceof YamlNode.Scalar scalar) {
      Optional<Located<String>> where = when.text("where");
      Optional<Selector> event =
          vocabulary
              .type(new Located<>(scalar.text(), scalar.span()), problems)
              .map(type -> new Selector(type, vocabulary.where(type, where, problems)));
      Keys keys = keys(when, event.stream().toList(), event.isPresent());
      return partial(event.map(e -> new When.OnEvent(e, keys.names())), event, keys);
    }
    return Section.of(node, Shapes.EVENT_SHAPE, when.keySpan("event"), problems)
        .map(
            section -> {
              Optional<Selector> event = selector(section);
              Keys keys = keys(section, event.stream().toList(), event.isPresent());
              return partial(event.map(e -> new When.OnEvent(e, keys.names())), event, keys);
            })
        .orElseGet(Partial::unknown);
  }

  private Partial count(Section section) {
    Optional<Selector> event = selector(section);
    Optional<Integer> atLeast = section.whole("at_least");
    long withinMs = section.duration("within").orElse(1);
    Keys keys = keys(section, event.stream().toList(), event.isPresent());
    return partial(
        event.map(e -> new When.Count(e, atLeast.orElse(1), withinMs, keys.names())), event, keys);
  }

  private Partial sum(Section section) {
    Optional<Selector> event = selector(section);
    Optional<String> of = of(section, event, "a number", AttributeType::isNumber);
    BigDecimal atLeast = section.decimal("at_least").orElse(BigDecimal.ONE);
    long withinMs = section.duration("within").orElse(1);
    Keys keys = keys(section, event.stream().toList(), event.isPresent());
    return partial(
        event.flatMap(e -> of.map(name -> new When.Sum(e, name, atLeast, withinMs, keys.names()))),
        event,
        keys);
  }

  private Partial distinct(Section section) {
    Optional<Selector> event = selector(section);
    Optional<String> of = of(section, event, "a string, an int or a bool", AttributeType::isKey);
    int atLeast = section.whole("at_least").orElse(1);
    long withinMs = section.duration("within").orElse(1);
    Keys keys = keys(section, event.stream().toList(), event.isPresent());
    return partial(
        event.flatMap(
            e -> of.map(name -> new When.Distinct(e, name, atLeast, withinMs, keys.names()))),
        event,
        keys);
  }

  /** The attribute that is measured. */
  private Optional<String> of(
      Section section,
      Optional<Selector> event,
      String wanted,
      java.util.function.Predicate<AttributeType> fits) {
    Optional<Located<String>> text = section.text("of");
    if (text.isEmpty() || event.isEmpty()) {
      return Optional.empty();
    }
    Located<String> name = SelectorReader.bare(text.get(), "event.");
    Optional<AttributeType> type = vocabulary.attribute(event.get().type(), name, problems);
    if (type.isEmpty()) {
      return Optional.empty();
    }
    if (!fits.test(type.get())) {
      problems.error(
          "BKN-208",
          name.span(),
          "`" + name.value() + "` is " + type.get().text() + "; it must be " + wanted);
      return Optional.empty();
    }
    return Optional.of(name.value());
  }

  private Partial sequence(Section section, boolean insideAbsence) {
    List<Section> steps = section.sections("steps");
    List<Selector> selectors = new ArrayList<>();
    for (Section step : steps) {
      selector(step).ifPresent(selectors::add);
    }
    boolean complete = selectors.size() == steps.size() && !selectors.isEmpty();
    long withinMs = section.duration("within").orElse(1);
    Keys keys = keys(section, selectors, complete);
    Optional<Ender> without = section.section("without").flatMap(s -> without(s, keys));
    if (section.has("without") && order == Order.ARRIVAL && !insideAbsence) {
      problems.error(
          "BKN-406",
          section.keySpan("without"),
          "a sequence with `without` needs settled order, and the job says `order: arrival`",
          "leave `without` out, or write `order: settled` in job.yaml");
    }
    if (!complete) {
      return new Partial(Optional.empty(), keys);
    }
    Selector last = selectors.get(selectors.size() - 1);
    return read(new When.Sequence(selectors, withinMs, keys.names(), without), last.type(), keys);
  }

  private Optional<Ender> without(Section section, Keys keys) {
    if (section.has("match")) {
      return ender(section, keys);
    }
    Optional<Selector> selector = selector(section);
    if (selector.isPresent()) {
      for (String name : keys.names()) {
        checkEnderKey(
            selector.get().type(), new Located<>(name, section.keySpan("event")), keys, true);
      }
    }
    return selector.map(s -> new Ender(s, keys.names()));
  }

  private Partial absence(Section section) {
    Optional<Section> after = section.section("after");
    Optional<String> shape = after.flatMap(s -> shape(s, "`after`"));
    Partial begun =
        after.isPresent() && shape.isPresent()
            ? gathering(after.get(), shape.get(), true)
            : Partial.unknown();
    Optional<Ender> of = section.section("of").flatMap(s -> ender(s, begun.keys()));
    long forMs = section.duration("for").orElse(1);
    boolean ignore = section.text("on_repeat").map(Located::value).equals(Optional.of("ignore"));
    When.OnRepeat onRepeat = ignore ? When.OnRepeat.IGNORE : When.OnRepeat.RESTART;
    if (begun.read().isEmpty() || of.isEmpty()) {
      return new Partial(Optional.empty(), begun.keys());
    }
    Read read = begun.read().get();
    When absence = new When.Absence(read.when(), of.get(), forMs, onRepeat);
    return new Partial(Optional.of(new Read(absence, read.completing(), read.keys())), read.keys());
  }

  private static Partial read(When when, EventType completing, Keys keys) {
    return new Partial(Optional.of(new Read(when, Optional.of(completing), keys)), keys);
  }

  private static Partial partial(
      Optional<? extends When> when, Optional<Selector> event, Keys keys) {
    return new Partial(
        event.flatMap(e -> when.map(w -> new Read(w, Optional.of(e.type()), keys))), keys);
  }

  /** Reads {@code event} and {@code where}. */
  Optional<Selector> selector(Section section) {
    Optional<EventType> type = section.text("event").flatMap(n -> vocabulary.type(n, problems));
    Optional<Located<String>> where = section.text("where");
    return type.map(t -> new Selector(t, vocabulary.where(t, where, problems)));
  }

  /** Reads a {@code match} that makes instances, and checks it against the events that do. */
  private Keys keys(Section section, List<Selector> selectors, boolean complete) {
    Map<String, Optional<AttributeType>> keys = new LinkedHashMap<>();
    for (Located<String> name : section.names("match")) {
      Optional<AttributeType> first = Optional.empty();
      boolean told = false;
      String firstEvent = "";
      for (Selector selector : selectors) {
        Optional<AttributeType> type = vocabulary.attribute(selector.type(), name, problems);
        if (type.isEmpty()) {
          told = true;
        } else if (!type.get().isKey()) {
          told = true;
          problems.error(
              "BKN-203",
              name.span(),
              "`match` needs a string, int or bool, and `"
                  + name.value()
                  + "` of `"
                  + selector.type().name()
                  + "` is "
                  + type.get().text());
        } else if (first.isEmpty()) {
          first = type;
          firstEvent = selector.type().name();
        } else if (!first.equals(type)) {
          told = true;
          problems.error(
              "BKN-204",
              name.span(),
              "`"
                  + name.value()
                  + "` is "
                  + first.get().text()
                  + " in `"
                  + firstEvent
                  + "` but "
                  + type.get().text()
                  + " in `"
                  + selector.type().name()
                  + "`",
              "give it one type in events.yaml");
        }
      }
      keys.put(name.value(), told ? Optional.empty() : first);
    }
    return new Keys(keys, complete || section.has("match") || !section.isSound());
  }

  /** Reads an ender whose {@code match} names some of {@code keys}. */
  Optional<Ender> ender(Section section, Keys keys) {
    Optional<Selector> selector = selector(section);
    List<Located<String>> match = section.names("match");
    for (Located<String> name : match) {
      if (!keys.types().containsKey(name.value())) {
        if (keys.known()) {
          problems.error(
              "BKN-205",
              name.span(),
              "`" + name.value() + "` is not in the `match` of the trigger",
              keys.names().isEmpty()
                  ? "the trigger has no `match`: add one to its `when`, or leave this out"
                  : Section.suggest(name.value(), keys.names(), "it matches "));
        }
      } else if (selector.isPresent()) {
        checkEnderKey(selector.get().type(), name, keys, false);
      }
    }
    return selector.map(s -> new Ender(s, match.stream().map(Located::value).toList()));
  }

  private void checkEnderKey(EventType type, Located<String> name, Keys keys, boolean inherited) {
    Optional<AttributeType> wanted = keys.types().getOrDefault(name.value(), Optional.empty());
    int slot = type.record().indexOf(name.value());
    String hint = "`match: []` takes any such event of the user";
    if (slot < 0) {
      if (inherited && !vocabulary.isBroken(type)) {
        Span span = name.span();
        problems.error(
            "BKN-202",
            span,
            "it inherits `match: ["
                + name.value()
                + "]`, and `"
                + type.name()
                + "` has no such attribute",
            hint);
      } else if (!inherited) {
        vocabulary.attribute(type, name, problems);
      }
      return;
    }
    AttributeType found = type.record().attribute(slot).type();
    if (wanted.isPresent() && found.element() != wanted.get()) {
      problems.error(
          "BKN-204",
          name.span(),
          "`"
              + name.value()
              + "` is "
              + wanted.get().text()
              + " in the trigger's `match` but "
              + found.text()
              + " in `"
              + type.name()
              + "`",
          inherited ? hint : "give it one type in events.yaml, or a list of that type here");
    }
  }
}
