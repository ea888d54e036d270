// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.Catalogue;
import io.beckon.event.RecordType;
import io.beckon.language.FieldType.Form;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.yaml.YamlNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads {@code events.yaml}. */
final class EventsReader {
  private final Problems problems;
  private boolean sound = true;

  private EventsReader(Problems problems) {
    this.problems = problems;
  }

  static Vocabulary read(Section events, Problems problems) {
    return new EventsReader(problems).vocabulary(events);
  }

  private Vocabulary vocabulary(Section events) {
    List<RecordType> records = new ArrayList<>();
    Set<String> broken = new HashSet<>();
    boolean complete = events.node("events").orElse(null) instanceof YamlNode.Mapping;
    for (YamlNode.Entry entry : events.table("events")) {
      String name = entry.key().text();
      if (!Section.word(name, Form.NAME, entry.key().span(), problems)) {
        complete = false;
        continue;
      }
      sound = true;
      records.add(RecordType.of(name, attributes(entry.value())));
      if (!sound) {
        broken.add(name);
      }
    }
    sound = true;
    List<Attribute> profile = attributes(events.table("user"));
    boolean profileBroken =
        !sound
            || !events.isSound()
            || events.node("user").filter(node -> !(node instanceof YamlNode.Mapping)).isPresent();
    Catalogue catalogue = Catalogue.of(records, RecordType.of("user", profile));
    return new Vocabulary(catalogue, complete, broken, profileBroken);
  }

  private List<Attribute> attributes(YamlNode node) {
    if (Section.isNothing(node)) {
      return List.of();
    }
    if (node instanceof YamlNode.Mapping mapping) {
      return attributes(mapping.entries());
    }
    sound = false;
    problems.error(
        "BKN-122",
        node.span(),
        "attributes are expected here, not " + Section.describe(node),
        "write `{item_id: string}`, or `{}` for none");
    return List.of();
  }

  private List<Attribute> attributes(List<YamlNode.Entry> entries) {
    List<Attribute> attributes = new ArrayList<>();
    for (YamlNode.Entry entry : entries) {
      Optional<Attribute> attribute =
          Section.word(entry.key().text(), Form.NAME, entry.key().span(), problems)
              ? attribute(entry)
              : Optional.empty();
      attribute.ifPresentOrElse(attributes::add, () -> sound = false);
    }
    return attributes;
  }

  private Optional<Attribute> attribute(YamlNode.Entry entry) {
    String name = entry.key().text();
    if (entry.value() instanceof YamlNode.Mapping) {
      Optional<Section> section =
          Section.of(entry.value(), Shapes.ATTRIBUTE, entry.key().span(), problems);
      boolean required = section.map(s -> s.flag("required", false)).orElse(false);
      return section
          .flatMap(s -> s.scalar("type"))
          .flatMap(type -> type(type, problems))
          .map(type -> new Attribute(name, type, required));
    }
    return type(entry.value(), problems).map(type -> Attribute.optional(name, type));
  }

  /** The type that {@code node} names; empty, with a problem reported, if none. */
  static Optional<AttributeType> type(YamlNode node, Problems problems) {
    List<String> names = new ArrayList<>();
    for (AttributeType type : AttributeType.values()) {
      if (!type.isDeclarable()) {
        continue;
      }
      if (node instanceof YamlNode.Scalar scalar && scalar.text().equals(type.text())) {
        return Optional.of(type);
      }
      names.add(type.text());
    }
    if (node instanceof YamlNode.Scalar scalar && !Section.isNothing(node)) {
      problems.error(
          "BKN-123",
          scalar.span(),
          "`" + scalar.text() + "` is not a type",
          Section.suggest(scalar.text(), names, "the types are "));
    } else {
      problems.error(
          "BKN-122",
          node.span(),
          "a type is expected here, not " + Section.describe(node),
          "the types are " + Section.list(names));
    }
    return Optional.empty();
  }
}
