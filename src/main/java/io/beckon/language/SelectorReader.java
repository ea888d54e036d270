// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.AttributeType;
import io.beckon.event.EventType;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.yaml.YamlNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Reads which events are meant, where several event types may be meant alike. */
final class SelectorReader {
  private final Vocabulary vocabulary;
  private final Problems problems;

  SelectorReader(Vocabulary vocabulary, Problems problems) {
    this.vocabulary = vocabulary;
    this.problems = problems;
  }

  /**
   * Reads {@code event} or {@code events}, and {@code where}: one selector an event type; none,
   * with a problem reported, if one of them cannot be read.
   */
  List<Selector> several(Section section) {
    Optional<String> field = section.oneOf("event", "events");
    Optional<Located<String>> where = section.text("where");
    List<Located<String>> names =
        field.isEmpty()
            ? List.of()
            : field.get().equals("event")
                ? section.text("event").stream().toList()
                : section.names("events");
    if (field.equals(Optional.of("events"))
        && names.isEmpty()
        && section.node("events").orElseThrow() instanceof YamlNode.Sequence sequence
        && sequence.items().isEmpty()) {
      problems.error(
          "BKN-133", section.keySpan("events"), "`events` has 0 entries", "write at least 1");
    }
    return selectors(names, where);
  }

  /** Reads an event type's name, or a mapping as {@link #several} does. */
  List<Selector> any(YamlNode node, Span key) {
    if (node instanceof YamlNode.Scalar scalar && !Section.isNothing(scalar)) {
      return selectors(List.of(new Located<>(scalar.text(), scalar.span())), Optional.empty());
    }
    if (node instanceof YamlNode.Sequence) {
      problems.error(
          "BKN-122",
          node.span(),
          "an event type is expected here, not a list",
          "write `{events: […]}` for several");
      return List.of();
    }
    return Section.of(node, Shapes.SELECTOR, key, problems).map(this::several).orElseGet(List::of);
  }

  private List<Selector> selectors(List<Located<String>> names, Optional<Located<String>> where) {
    List<Selector> selectors = new ArrayList<>();
    for (Located<String> name : names) {
      vocabulary
          .type(name, problems)
          .ifPresent(
              type -> selectors.add(new Selector(type, vocabulary.where(type, where, problems))));
    }
    return selectors.size() == names.size() ? selectors : List.of();
  }

  /** An attribute that all of some events have, with one type. */
  record Measured(String name, AttributeType type) {}

  /**
   * The attribute that {@code text} names, {@code event.} before it or not; empty, with a problem
   * reported, unless every event type has it, with one type that fits.
   */
  Optional<Measured> attribute(
      Located<String> text,
      List<Selector> selectors,
      String wanted,
      Predicate<AttributeType> fits) {
    Located<String> name = bare(text, "event.");
    Optional<Measured> measured = Optional.empty();
    String first = "";
    boolean sound = true;
    for (Selector selector : selectors) {
      EventType event = selector.type();
      Optional<AttributeType> type = vocabulary.attribute(event, name, problems);
      sound &= type.isPresent();
      if (type.isEmpty()) {
        continue;
      }
      if (!fits.test(type.get())) {
        sound = false;
        problems.error(
            "BKN-208",
            name.span(),
            "`" + name.value() + "` is " + type.get().text() + "; it must be " + wanted);
      } else if (measured.isEmpty()) {
        measured = Optional.of(new Measured(name.value(), type.get()));
        first = event.name();
      } else if (measured.get().type() != type.get()) {
        sound = false;
        problems.error(
            "BKN-204",
            name.span(),
            "`"
                + name.value()
                + "` is "
                + measured.get().type().text()
                + " in `"
                + first
                + "` but "
                + type.get().text()
                + " in `"
                + event.name()
                + "`",
            "give it one type in events.yaml");
      }
    }
    return sound ? measured : Optional.empty();
  }

  /** A name without what may stand before it. */
  static Located<String> bare(Located<String> text, String prefix) {
    String written = text.value();
    if (!written.startsWith(prefix)) {
      return text;
    }
    Span span = text.span();
    int shift = Math.min(prefix.length(), Math.max(0, span.length() - 1));
    return new Located<>(
        written.substring(prefix.length()),
        new Span(span.file(), span.line(), span.column() + shift, span.length() - shift));
  }
}
