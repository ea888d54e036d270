// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.diagnostics.Problem;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.yaml.YamlNode.Kind;
import io.beckon.language.yaml.YamlNode.Mapping;
import io.beckon.language.yaml.YamlNode.Scalar;
import io.beckon.language.yaml.YamlNode.Sequence;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class YamlReaderTest {
  private static Mapping read(String text) {
    Problems problems = new Problems();
    Optional<Mapping> root = YamlReader.read("f", text, problems);
    assertThat(problems.sorted()).isEmpty();
    return root.orElseThrow();
  }

  private static YamlNode value(String text) {
    return read(text).entries().get(0).value();
  }

  private static List<String> codes(String text) {
    Problems problems = new Problems();
    YamlReader.read("f", text, problems);
    return problems.sorted().stream().map(Problem::code).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "no, TEXT",
    "yes, TEXT",
    "on, TEXT",
    "22:00, TEXT",
    "2026-11-01, TEXT",
    "1_000, TEXT",
    "true, BOOL",
    "False, BOOL",
    "null, NULL",
    "~, NULL",
    "7, INT",
    "-7, INT",
    "0x1F, INT",
    "0o17, INT",
    "010, INT",
    "1.5, FLOAT",
    "1e3, FLOAT",
    ".5, FLOAT",
    "-.inf, FLOAT",
    ".NaN, FLOAT",
    "7d, TEXT",
    "'\"7\"', TEXT",
    "'\"true\"', TEXT"
  })
  void coreSchemaOfYaml12(String written, Kind kind) {
    assertThat(((Scalar) value("a: " + written)).kind()).isEqualTo(kind);
  }

  @Test
  void nothingIsNothing() {
    assertThat(((Scalar) value("a:\nb: 1")).kind()).isEqualTo(Kind.NULL);
  }

  @Test
  void scalarsKnowTheirPlaceWithoutQuotes() {
    assertThat(value("a: plain text # comment").span()).isEqualTo(new Span("f", 1, 4, 10));
    assertThat(value("a:   'it''s'").span()).isEqualTo(new Span("f", 1, 7, 5));
    assertThat(value("a:\n  \"q\"").span()).isEqualTo(new Span("f", 2, 4, 1));
    assertThat(value("a: \"\"").span()).isEqualTo(new Span("f", 1, 5, 1));
  }

  @Test
  void columnsCountCodePoints() {
    Mapping root = read("{\ud83d\uded2: \u8d2d\u7269, b: c}");
    assertThat(root.entries().get(1).key().span()).isEqualTo(new Span("f", 1, 9, 1));
  }

  @Test
  void byteOrderMarkAndLineEndingsMoveNothing() {
    Mapping root = read("\ufeffa: 1\r\nb: 2\r\nc: 3\n");
    assertThat(root.entries().get(0).key().span()).isEqualTo(new Span("f", 1, 1, 1));
    assertThat(root.entries().get(2).value().span()).isEqualTo(new Span("f", 3, 4, 1));
  }

  @Test
  void blocksBeginAtTheirFirstLine() {
    Scalar block = (Scalar) value("a: |\n\n    one\n    two\n\nb: 1\n");
    assertThat(block.text()).isEqualTo("\none\ntwo\n");
    assertThat(block.span()).isEqualTo(new Span("f", 3, 5, 3));
    assertThat(block.endLine()).isEqualTo(4);
    Scalar empty = (Scalar) value("a: |\nb: 1\n");
    assertThat(empty.text()).isEmpty();
    assertThat(empty.span().line()).isEqualTo(1);
  }

  @Test
  void collectionsKnowTheirEnd() {
    Mapping root = read("a:\n  b:\n    - x\n    - [y,\n       z]\nc: {d: 1}\n");
    YamlNode block = root.entries().get(0).value();
    assertThat(block.endLine()).isEqualTo(5);
    assertThat(block.endColumn()).isEqualTo(10);
    YamlNode flow = root.entries().get(1).value();
    assertThat(flow.span()).isEqualTo(new Span("f", 6, 4, 1));
    assertThat(flow.endColumn()).isEqualTo(10);
  }

  @Test
  void aliasesStandForTheirNodes() {
    Mapping root = read("a: &x [1, 2]\nb: *x\n");
    assertThat(root.entries().get(1).value()).isEqualTo(root.entries().get(0).value());
    assertThat(((Sequence) root.entries().get(1).value()).items()).hasSize(2);
  }

  @Test
  void fiftyLevelsAndFiftyAliasesAreAllowed() {
    // The mapping is a level, and so is the innermost value.
    assertThat(codes("a: " + "[".repeat(48) + "1" + "]".repeat(48))).isEmpty();
    assertThat(codes("a: " + "[".repeat(49) + "1" + "]".repeat(49))).containsExactly("BKN-105");
    assertThat(codes("a: &x 1\nb: [" + "*x, ".repeat(50) + "]")).isEmpty();
    assertThat(codes("a: &x 1\nb: [" + "*x, ".repeat(51) + "]")).containsExactly("BKN-104");
  }

  @Test
  void aliasesDoNotHideDepth() {
    String deep = "a: &x " + "[".repeat(30) + "1" + "]".repeat(30);
    assertThat(codes(deep + "\nb: " + "[".repeat(30) + "*x" + "]".repeat(30)))
        .containsExactly("BKN-105");
  }

  @Test
  void endlessNestingIsRefusedWithoutRecursion() {
    assertThat(codes("a: " + "[".repeat(500_000))).containsExactly("BKN-105");
    assertThat(codes("a: " + "{a: ".repeat(200_000))).containsExactly("BKN-105");
    assertThat(codes("- ".repeat(200_000))).containsExactly("BKN-105");
  }

  @Test
  void severalProblemsOfOneFile() {
    assertThat(codes("a: 1\na: 2\nb: !!str x\n[c]: 1\n"))
        .containsExactly("BKN-102", "BKN-110", "BKN-111");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%YAML 1.99999999999999\n---\na: b",
        "%YAML 3.0\n---\na: b",
        "%TAG ! tag:x,2000:\n---\na: b\n--- c",
        "a: \"\\U00110000\"",
        "a: \"\\Uffffffff\"",
        "a: \"\\q\"",
        "a: !<%ff> b",
        "a: !<%c3%28> b",
        "a: |99999999999\n b",
        "a: |0\n b",
        "&",
        "*",
        "a: *",
        "a: &\u00e9 b\n- c",
        "---\n...\n---\n",
        "a: @x",
        "a: `x`",
        "\ud800"
      })
  void oddYamlIsRefusedWithAProblem(String text) {
    assertThat(codes(text)).isNotEmpty();
  }

  @Test
  void escapedHalvesOfCharactersAreTakenAsTheyAre() {
    assertThat(((Scalar) value("a: \"x\\ud800\"")).text()).startsWith("x");
  }
}
