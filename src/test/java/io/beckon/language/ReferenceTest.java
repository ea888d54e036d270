// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.Field.Presence;
import io.beckon.language.diagnostics.Rendering;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The reference says what the field catalogue says, and its examples load. */
class ReferenceTest {
  private static final Path REFERENCE = Path.of("docs", "reference", "definitions.md");
  private static final String MARK = "<!-- fields:";
  private static final Pattern BLOCK = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

  @Test
  void tablesAreFresh() throws IOException {
    String text = Files.readString(REFERENCE);
    int mark = text.indexOf('\n', text.indexOf(MARK)) + 1;
    String fresh = text.substring(0, mark) + tables();
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(REFERENCE, fresh);
    }
    assertThat(Files.readString(REFERENCE)).isEqualTo(fresh);
  }

  private static String tables() {
    StringBuilder out = new StringBuilder();
    for (Shape shape : Shapes.ALL) {
      out.append("\n### ").append(shape.name()).append("\n\n").append(shape.doc()).append("\n\n");
      out.append("| Field | Value | Without it | Meaning |\n|---|---|---|---|\n");
      for (Field field : shape.fields()) {
        out.append("| `").append(field.name()).append("` | ").append(field.type().describe());
        out.append(" | ").append(without(field)).append(" | ").append(field.doc());
        out.append(" |\n");
      }
    }
    return out.toString();
  }

  private static String without(Field field) {
    return field.presence() == Presence.REQUIRED
        ? "required"
        : field.otherwise().isEmpty() ? "–" : field.otherwise();
  }

  @Test
  void examplesLoad() throws IOException {
    Map<String, String> files = new TreeMap<>();
    Matcher matcher = BLOCK.matcher(Files.readString(REFERENCE));
    while (matcher.find()) {
      String block = matcher.group(1);
      if (block.contains("id: shop")) {
        files.put("job.yaml", block);
      } else if (block.contains("kind: Events")) {
        files.put("events.yaml", block);
      } else if (block.contains("kind: Model")) {
        files.put(
            "models/" + (block.contains("id: orders") ? "orders" : "renewal") + ".yaml", block);
      } else if (block.contains("kind: Signals")) {
        files.put("signals.yaml", block);
      } else if (block.contains("kind: Policy")) {
        files.put("policy.yaml", block);
      } else if (block.contains("kind: Trigger\n")) {
        files.put("triggers/browse-without-buy.yaml", block);
      }
    }
    assertThat(files).hasSize(7);
    Definitions.Loaded loaded = JobFiles.load(files);
    assertThat(Rendering.text(loaded.problems().sorted(), JobFiles.sources(files)))
        .isEqualTo("definitions: 0 errors, 0 warnings\n");
    assertThat(loaded.tests()).hasSize(1);
  }

  @Test
  void everyShapeIsReachedAndEveryNameIsThereOnce() {
    Set<String> reached = new HashSet<>();
    for (Shape shape : Shapes.ALL) {
      Set<String> names = new HashSet<>();
      for (Field field : shape.fields()) {
        assertThat(names.add(field.name())).as(shape.name() + "." + field.name()).isTrue();
        if (field.type() instanceof FieldType.Nested nested) {
          reached.add(nested.shape());
        } else if (field.type() instanceof FieldType.Several several) {
          reached.add(several.shape());
        } else {
          Matcher link =
              Pattern.compile("\\[([^]]+)]").matcher(field.type().describe() + field.doc());
          while (link.find()) {
            reached.add(link.group(1));
          }
        }
      }
    }
    for (String name : reached) {
      assertThat(Shapes.named(name).name()).isEqualTo(name);
    }
    assertThat(Shapes.ALL)
        .extracting(Shape::name)
        .filteredOn(name -> !reached.contains(name))
        .containsExactly("Job", "Events", "Signals", "Policy", "Trigger");
  }
}
