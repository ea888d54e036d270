// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.JobDefinition.AvroSource;
import io.beckon.language.JobDefinition.Format;
import io.beckon.language.JobDefinition.Framing;
import io.beckon.language.JobDefinition.OutputFormat;
import io.beckon.language.JobDefinition.SourceDefinition;
import io.beckon.language.JobDefinition.WriterSchema;
import io.beckon.language.diagnostics.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SchemaFilesTest {
  private static final Path BASE = Path.of("src", "test", "resources", "diagnostics", "base");
  private static final SchemaCheck FINE = text -> Optional.empty();

  private static Definitions.Loaded load(
      String avro, String outputs, Map<String, String> schemas, SchemaCheck check) {
    Map<String, String> files = new TreeMap<>(JobFiles.read(BASE));
    files.put(
        "job.yaml",
        """
        apiVersion: beckon/v1
        kind: Job
        id: shop
        sources: {events: {topic: shop.events, format: avro, avro: %s}}
        outputs: %s
        kafka: {bootstrap_servers: "localhost:9092"}
        """
            .formatted(avro, outputs));
    files.putAll(schemas);
    List<SourceFile> sources = new ArrayList<>();
    files.forEach((name, text) -> sources.add(new SourceFile("shop/" + name, text)));
    return Definitions.load("shop", sources, check);
  }

  @Test
  void aSourceHasItsSchemas() {
    Definitions.Loaded loaded =
        load(
            "{framing: confluent, schemas: {7: schemas/b.avsc, 1: schemas/old/a.avsc}}",
            "{format: avro, commands: {topic: out}}",
            Map.of("schemas/old/a.avsc", "A", "schemas/b.avsc", "B", "schemas/c.avsc", "C"),
            FINE);
    assertThat(loaded.problems().sorted()).isEmpty();
    JobDefinition job = loaded.job().orElseThrow();
    SourceDefinition source = job.source();
    assertThat(source.format()).isEqualTo(Format.AVRO);
    assertThat(source.avro())
        .contains(
            new AvroSource(
                Framing.CONFLUENT,
                List.of(
                    new WriterSchema(OptionalInt.of(7), "shop/schemas/b.avsc", "B"),
                    new WriterSchema(OptionalInt.of(1), "shop/schemas/old/a.avsc", "A"))));
    assertThat(job.live().orElseThrow().outputs().format()).isEqualTo(OutputFormat.AVRO);
    assertThat(job.live().orElseThrow().outputs().commands()).isEqualTo("out");
  }

  @Test
  void onlyNamedSchemasAreJudgedAndEachOnce() {
    List<String> judged = new ArrayList<>();
    SchemaCheck refusing =
        text -> {
          judged.add(text);
          return Optional.of(new SchemaCheck.Complaint(1, 1, "no", "write another"));
        };
    Definitions.Loaded loaded =
        load(
            "{framing: confluent, schemas: {1: schemas/a.avsc, 2: schemas/a.avsc}}",
            "{}",
            Map.of("schemas/a.avsc", "A", "schemas/b.avsc", "B"),
            refusing);
    assertThat(judged).containsExactly("A");
    assertThat(loaded.problems().sorted()).extracting(Problem::code).containsExactly("BKN-232");
    assertThat(loaded.job()).isEmpty();
  }

  @Test
  void aSchemaIsAtMostAMebibyteLarge() {
    String text = "x".repeat(1 << 20);
    String avro = "{framing: plain, schemas: [schemas/a.avsc]}";
    assertThat(load(avro, "{}", Map.of("schemas/a.avsc", text), FINE).problems().sorted())
        .isEmpty();
    assertThat(load(avro, "{}", Map.of("schemas/a.avsc", text + "x"), FINE).problems().sorted())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.code()).isEqualTo("BKN-107");
              assertThat(problem.span().file()).isEqualTo("shop/schemas/a.avsc");
            });
  }

  @Test
  void whereNobodyJudgesSchemasTheyAreRefused() {
    assertThat(
            load(
                    "{framing: plain, schemas: [schemas/a.avsc]}",
                    "{}",
                    Map.of("schemas/a.avsc", "A"),
                    SchemaCheck.NONE)
                .problems()
                .sorted())
        .extracting(Problem::code)
        .containsExactly("BKN-232");
  }
}
