// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.yaml.YamlNode;
import io.beckon.language.yaml.YamlReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The schemas that editors use: fresh, and of one opinion with the loader. */
class SchemasTest {
  private static final Path FOLDER = Path.of("schemas");
  private static final Path CASES = Path.of("src", "test", "resources", "diagnostics");
  private static final Pattern KIND = Pattern.compile("(?m)^kind: (\\w+)");
  private static final Pattern BLOCK =
      Pattern.compile("(<!-- fragment -->\n)?```yaml\n(.*?)```", Pattern.DOTALL);
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Map<String, Schema> schemas = schemas();

  private static Map<String, Schema> schemas() {
    SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    Map<String, Schema> schemas = new TreeMap<>();
    JsonMapper mapper = JsonMapper.shared();
    Schemas.all()
        .forEach((name, text) -> schemas.put(name, registry.getSchema(mapper.readTree(text))));
    return schemas;
  }

  @Test
  void filesAreFresh() throws IOException {
    for (Map.Entry<String, String> schema : Schemas.all().entrySet()) {
      Path file = FOLDER.resolve(schema.getKey());
      if (Boolean.getBoolean("beckon.update")) {
        Files.createDirectories(FOLDER);
        Files.writeString(file, schema.getValue());
      }
      assertThat(Files.readString(file)).as(file.toString()).isEqualTo(schema.getValue());
    }
  }

  @Test
  void theyAreSchemas() {
    Schema meta =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(
                JsonMapper.shared()
                    .readTree("{\"$ref\": \"https://json-schema.org/draft/2020-12/schema\"}"));
    Schemas.all()
        .forEach(
            (name, text) ->
                assertThat(meta.validate(JsonMapper.shared().readTree(text))).as(name).isEmpty());
  }

  @Test
  void whatLoadsIsValid() throws IOException {
    Map<String, String> texts = new TreeMap<>();
    for (Path folder :
        List.of(
            Path.of("jobs"),
            Path.of("src", "test", "resources", "jobs"),
            CASES.resolve("base"),
            CASES.resolve("lint-window-fixed"),
            CASES.resolve("lint-cancel-fixed"),
            CASES.resolve("lint-instances-fixed"),
            CASES.resolve("lint-model-fixed"),
            CASES.resolve("lint-redis-fixed"))) {
      JobFiles.read(folder).forEach((name, text) -> texts.put(folder + "/" + name, text));
    }
    for (Path document : documents()) {
      Matcher block = BLOCK.matcher(Files.readString(document));
      while (block.find()) {
        if (block.group(1) == null && KIND.matcher(block.group(2)).find()) {
          texts.put(document + ":" + block.start(), block.group(2));
        }
      }
    }
    int kinds = 0;
    for (Map.Entry<String, String> text : texts.entrySet()) {
      if (KIND.matcher(text.getValue()).find()) {
        kinds++;
        assertThat(errors(text.getValue())).as(text.getKey()).isEmpty();
      }
    }
    assertThat(kinds).isGreaterThan(25);
  }

  private static List<Path> documents() throws IOException {
    try (Stream<Path> docs = Files.walk(Path.of("docs"))) {
      List<Path> all = new ArrayList<>(docs.filter(p -> p.toString().endsWith(".md")).toList());
      all.add(Path.of("README.md"));
      all.add(Path.of("README.zh-CN.md"));
      return all;
    }
  }

  /** Mistakes that an editor shows while the author types. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bad-id",
        "bad-type",
        "custom-without-name",
        "date",
        "drop",
        "duration",
        "gate",
        "gate-keys-many",
        "inactive-match",
        "intervention-field",
        "milestone",
        "missing-field",
        "model-features",
        "model-fields",
        "model-parameters",
        "model-provenance",
        "model-subscription",
        "no-shape",
        "not-a-choice",
        "one-step-sequence",
        "out-of-range",
        "policy-budgets",
        "policy-caps",
        "policy-consent",
        "policy-quiet-hours",
        "policy-rates",
        "redis",
        "score-line",
        "scores",
        "scores-empty",
        "signal-model",
        "signal-measure",
        "signals-empty",
        "share",
        "test-expect",
        "too-many",
        "two-interventions",
        "two-shapes",
        "unknown-field",
        "wait",
        "wrong-structure"
      })
  void whatIsBrokenIsRefused(String name) {
    assertThat(errorsOf(name)).isNotEmpty();
  }

  /** Mistakes that only the catalogue or another field tells. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "active-reversed",
        "budget-none",
        "changes",
        "event-not-there",
        "policy-never-open",
        "scores-in-files",
        "send-at-usual-hour",
        "unknown-attribute"
      })
  void whatOnlyValidationSees(String name) {
    assertThat(errorsOf(name)).isEmpty();
  }

  private List<String> errorsOf(String name) {
    List<String> errors = new ArrayList<>();
    JobFiles.read(CASES.resolve(name)).values().forEach(text -> errors.addAll(errors(text)));
    return errors;
  }

  private List<String> errors(String text) {
    Matcher kind = KIND.matcher(text);
    assertThat(kind.find()).isTrue();
    Schema schema =
        Optional.ofNullable(schemas.get(kind.group(1).toLowerCase(Locale.ROOT) + ".schema.json"))
            .orElseThrow();
    Problems problems = new Problems();
    YamlNode root = YamlReader.read("file.yaml", text, problems).orElseThrow();
    return schema.validate(json(root)).stream().map(Object::toString).toList();
  }

  private static JsonNode json(YamlNode node) {
    if (node instanceof YamlNode.Mapping mapping) {
      ObjectNode object = NODES.objectNode();
      mapping.entries().forEach(e -> object.set(e.key().text(), json(e.value())));
      return object;
    }
    if (node instanceof YamlNode.Sequence sequence) {
      ArrayNode array = NODES.arrayNode();
      sequence.items().forEach(item -> array.add(json(item)));
      return array;
    }
    YamlNode.Scalar scalar = (YamlNode.Scalar) node;
    return switch (scalar.kind()) {
      case TEXT -> NODES.stringNode(scalar.text());
      case NULL -> NODES.nullNode();
      case BOOL -> NODES.booleanNode(Boolean.parseBoolean(scalar.text()));
      case INT -> NODES.numberNode(Scalars.whole(scalar).orElseThrow());
      case FLOAT -> NODES.numberNode(Scalars.decimal(scalar).orElseThrow());
    };
  }
}
