// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.JobDefinition.AvroSource;
import io.beckon.language.JobDefinition.Format;
import io.beckon.language.JobDefinition.Framing;
import io.beckon.language.JobDefinition.WriterSchema;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.yaml.YamlNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads what a source of a topic says of Avro. */
final class AvroSourceReader {
  private static final int MOST_SCHEMAS = 1_000;
  private static final Pattern ID = Pattern.compile("[0-9]{1,10}");

  private final Section avro;
  private final SchemaFiles files;
  private final Problems problems;
  private boolean sound = true;

  private AvroSourceReader(Section avro, SchemaFiles files) {
    this.avro = avro;
    this.files = files;
    this.problems = avro.problems();
  }

  /** What {@code source} says of Avro; empty if it is another format, or has problems. */
  static Optional<AvroSource> read(Section source, Format format, SchemaFiles files) {
    if (format != Format.AVRO) {
      if (source.has("avro")) {
        source
            .problems()
            .error(
                "BKN-230",
                source.keySpan("avro"),
                "`avro` is here, but the records are not Avro",
                "add `format: avro`, or remove it");
      }
      return Optional.empty();
    }
    if (!source.has("avro")) {
      source
          .problems()
          .error(
              "BKN-230",
              source.keySpan("format"),
              "`format: avro` needs `avro`",
              "say how records are framed and what they are written with, as in"
                  + " `avro: {framing: plain, schemas: [schemas/event.avsc]}`");
      return Optional.empty();
    }
    return source.section("avro").flatMap(avro -> new AvroSourceReader(avro, files).read());
  }

  private Optional<AvroSource> read() {
    Optional<Framing> framing =
        avro.text("framing")
            .map(
                word ->
                    switch (word.value()) {
                      case "plain" -> Framing.PLAIN;
                      case "single_object" -> Framing.SINGLE_OBJECT;
                      default -> Framing.CONFLUENT;
                    });
    Optional<YamlNode> node = avro.node("schemas");
    if (framing.isEmpty() || node.isEmpty()) {
      return Optional.empty();
    }
    List<WriterSchema> schemas =
        framing.get() == Framing.CONFLUENT ? byId(node.get()) : listed(framing.get(), node.get());
    return sound && !schemas.isEmpty()
        ? Optional.of(new AvroSource(framing.get(), schemas))
        : Optional.empty();
  }

  private List<WriterSchema> byId(YamlNode node) {
    if (!(node instanceof YamlNode.Mapping mapping)) {
      return wrong(
          "records framed as `confluent` name their schema by its id",
          "write the ids and their files, as in `schemas: {1: schemas/event.avsc}`");
    }
    if (!fits(mapping.entries().size())) {
      return List.of();
    }
    List<WriterSchema> schemas = new ArrayList<>();
    Set<Long> ids = new HashSet<>();
    for (YamlNode.Entry entry : mapping.entries()) {
      Optional<Long> id =
          Optional.of(entry.key().text())
              .filter(text -> ID.matcher(text).matches())
              .map(Long::parseLong)
              .filter(value -> value <= Integer.MAX_VALUE);
      if (id.isEmpty()) {
        sound = false;
        problems.error(
            "BKN-230",
            entry.key().span(),
            "`" + entry.key().text() + "` is not a schema's id",
            "the registry gives each schema a whole number");
      } else if (!ids.add(id.get())) {
        sound = false;
        problems.error(
            "BKN-213", entry.key().span(), "`" + entry.key().text() + "` is listed twice");
      }
      file(entry.value())
          .ifPresent(
              file ->
                  id.ifPresent(
                      number ->
                          schemas.add(
                              new WriterSchema(
                                  OptionalInt.of(Math.toIntExact(number)),
                                  file.path(),
                                  file.text()))));
    }
    return schemas;
  }

  private List<WriterSchema> listed(Framing framing, YamlNode node) {
    if (!(node instanceof YamlNode.Sequence sequence)) {
      return wrong(
          node instanceof YamlNode.Mapping
              ? "only records framed as `confluent` name their schema by an id"
              : "`schemas` must be a list, not " + Section.describe(node),
          "write the files alone, as in `schemas: [schemas/event.avsc]`");
    }
    int size = sequence.items().size();
    if (!fits(size)) {
      return List.of();
    }
    if (framing == Framing.PLAIN && size > 1) {
      return wrong(
          "plain records do not say which of " + size + " schemas they are written with",
          "keep one, or have records framed as `single_object` or `confluent`");
    }
    List<WriterSchema> schemas = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (YamlNode item : sequence.items()) {
      Optional<SourceFile> file = file(item);
      if (file.isPresent() && !seen.add(file.get().path())) {
        sound = false;
        problems.error(
            "BKN-213",
            item.span(),
            "`" + (item instanceof YamlNode.Scalar name ? name.text() : "") + "` is listed twice");
      }
      file.ifPresent(
          found -> schemas.add(new WriterSchema(OptionalInt.empty(), found.path(), found.text())));
    }
    return schemas;
  }

  private boolean fits(int size) {
    if (size > 0 && size <= MOST_SCHEMAS) {
      return true;
    }
    problems.error(
        "BKN-133",
        avro.keySpan("schemas"),
        "`schemas` has " + size + " entries",
        size == 0 ? "write at least 1" : "write at most " + MOST_SCHEMAS);
    return false;
  }

  private Optional<SourceFile> file(YamlNode node) {
    if (!(node instanceof YamlNode.Scalar scalar) || Section.isNothing(scalar)) {
      sound = false;
      problems.error(
          "BKN-122", node.span(), "a schema's file is expected, not " + Section.describe(node));
      return Optional.empty();
    }
    Optional<SourceFile> file = files.find(new Located<>(scalar.text(), scalar.span()));
    sound &= file.isPresent();
    return file;
  }

  private List<WriterSchema> wrong(String message, String help) {
    problems.error("BKN-230", avro.keySpan("schemas"), message, help);
    return List.of();
  }
}
