// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class RenderingTest {
  private static final String FILE = "jobs/shop/triggers/a.yaml";

  private static Problem problem(int line, int column, int length) {
    return new Problem(
        "BKN-201",
        Severity.ERROR,
        new Span(FILE, line, column, length),
        "unknown event type `x`",
        Optional.of("did you mean `y`?"));
  }

  private static String[] shown(Problem problem, String source) {
    return Rendering.text(List.of(problem), file -> Optional.of(source)).split("\n", -1);
  }

  @Test
  void showsTheLineAndCaretsBelow() {
    String source = "a\nb\nc\nd\ne\nf\ng\nh\n    event: product_veiw\n";
    assertThat(Rendering.text(List.of(problem(9, 12, 12)), file -> Optional.of(source)))
        .isEqualTo(
            """
            error[BKN-201]: unknown event type `x`
              --> jobs/shop/triggers/a.yaml:9:12
               |
             9 |     event: product_veiw
               |            ^^^^^^^^^^^^
               = help: did you mean `y`?

            jobs/shop: 1 error, 0 warnings
            """);
  }

  @Test
  void caretsStandBelowWideAndCombiningCharactersAndTabs() {
    // Two cells each, one code point each; the last beyond the basic plane.
    assertThat(shown(problem(1, 4, 1), "\u8d2d\u7269\ud83d\uded2x")[4]).endsWith("|       ^");
    assertThat(shown(problem(1, 1, 2), "\u8d2d\u7269x")[4]).endsWith("| ^^^^");
    assertThat(shown(problem(1, 3, 1), "e\u0301x")[4]).endsWith("|  ^");
    assertThat(shown(problem(1, 3, 1), "\ta\tx")[4]).endsWith("| \t ^");
  }

  @Test
  void cutsLongLines() {
    String source = "x".repeat(500) + "here" + "y".repeat(500);
    String[] shown = shown(problem(1, 501, 4), source);
    int caret = shown[4].indexOf('^');
    assertThat(shown[4].substring(caret)).isEqualTo("^^^^");
    assertThat(shown[3].substring(caret, caret + 4)).isEqualTo("here");
    assertThat(shown[3]).hasSizeLessThan(180).contains("| \u2026x").endsWith("y\u2026");
  }

  @Test
  void secretsOnTheSameLineAreNotShown() {
    String line = "kafka: {grop: x, properties: {sasl.jaas.config: \"hunter2\"}, a: b}";
    String shown = String.join("\n", shown(problem(1, 9, 4), line));
    assertThat(shown).contains("kafka: {grop: x, properties: {sasl.jaas.config: \u2026\n");
    assertThat(shown).doesNotContain("hunter2");
    assertThat(String.join("\n", shown(problem(1, 1, 3), "ssl.keystore.password: hunter2")))
        .doesNotContain("hunter2");
    assertThat(String.join("\n", shown(problem(1, 1, 3), "event: login"))).contains("login");
  }

  @Test
  void placesOutsideTheFileAreNamedWithoutTheLine() {
    assertThat(shown(problem(7, 3, 2), "one line")).hasSize(6);
    assertThat(shown(problem(1, 40, 9), "short")[4]).endsWith("|      ^");
    assertThat(Rendering.text(List.of(problem(1, 1, 1)), file -> Optional.empty()))
        .contains("a.yaml:1:1\n")
        .doesNotContain("|");
  }

  @Test
  void summaryNamesTheFolderOfAll() {
    Problem job =
        new Problem(
            "BKN-130",
            Severity.WARNING,
            new Span("jobs/shop/job.yaml", 1, 1, 1),
            "m",
            Optional.empty());
    assertThat(Rendering.text(List.of(job, problem(1, 1, 1)), file -> Optional.empty()))
        .endsWith("\njobs/shop: 1 error, 1 warning\n");
    assertThat(Rendering.text(List.of(), file -> Optional.empty()))
        .isEqualTo("definitions: 0 errors, 0 warnings\n");
  }

  @Test
  void jsonReadsBack() {
    String message =
        "quote \" backslash \\ newline \n tab \t bell \u0007 lone \ud800 cart \ud83d\uded2";
    Problem odd =
        new Problem(
            "BKN-101", Severity.WARNING, new Span(FILE, 2, 3, 4), message, Optional.empty());
    JsonNode array = new ObjectMapper().readTree(Rendering.json(List.of(problem(1, 2, 3), odd)));
    assertThat(array.size()).isEqualTo(2);
    assertThat(array.get(0).get("help").asString()).isEqualTo("did you mean `y`?");
    assertThat(array.get(0).get("severity").asString()).isEqualTo("error");
    assertThat(array.get(1).get("message").asString()).isEqualTo(message);
    assertThat(array.get(1).get("help").isNull()).isTrue();
    assertThat(array.get(1).get("code").asString()).isEqualTo("BKN-101");
    assertThat(array.get(1).get("file").asString()).isEqualTo(FILE);
    assertThat(array.get(1).get("line").asInt()).isEqualTo(2);
    assertThat(array.get(1).get("column").asInt()).isEqualTo(3);
    assertThat(array.get(1).get("length").asInt()).isEqualTo(4);
    assertThat(new ObjectMapper().readTree(Rendering.json(List.of())).size()).isZero();
  }
}
