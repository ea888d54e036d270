// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.yaml;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.Fuzz;
import io.beckon.language.diagnostics.Problem;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Rendering;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever a file holds, reading it gives a document or problems at their places, and soon. */
class YamlFuzzTest {
  private static final String DOCUMENT =
      """
      # what a file may hold
      apiVersion: beckon/v1
      id: &name "a\\tb"
      when: {count: {event: view, where: event.price >= 50.0, at_least: 3, within: 30m}}
      list:
        - one
        - {two: 2, deep: [[1, 2.5], [~, true]]}
        - *name
      text: |
        several lines
          of text
      folded: >-
        and
        more
      'quoted key': 'it''s'
      """;

  private static void check(String text) {
    Problems problems = new Problems();
    Optional<YamlNode.Mapping> read = YamlReader.read("f.yaml", text, problems);
    if (read.isEmpty()) {
      assertThat(problems.hasErrors()).as("refused without a word").isTrue();
    }
    long lines = text.lines().count();
    for (Problem problem : problems.sorted()) {
      assertThat(problem.message()).isNotBlank().doesNotContain("Exception", "org.snakeyaml");
      assertThat(problem.span().line()).isBetween(1, (int) Math.max(1, lines + 1));
      assertThat(problem.span().column()).isPositive();
      assertThat(problem.span().length()).isPositive();
    }
    assertThat(Rendering.text(problems.sorted(), file -> Optional.of(text))).endsWith("\n");
  }

  @Test
  void damagedDocuments() {
    Fuzz.each(5_000, random -> check(Fuzz.damage(DOCUMENT, random)));
  }

  @Test
  void documentsOfScraps() {
    Fuzz.each(
        3_000,
        random -> {
          StringBuilder text = new StringBuilder();
          for (int i = random.nextInt(30); i >= 0; i--) {
            text.append("  ".repeat(random.nextInt(4)));
            text.append(word(random)).append(Fuzz.one(random, List.of(": ", " ", "\n", ":\n", "")));
          }
          check(text.toString());
        });
  }

  private static String word(Random random) {
    return random.nextBoolean()
        ? Fuzz.one(random, Fuzz.SCRAPS)
        : Fuzz.one(random, List.of("a", "b", "key", "- a", "1", "&a", "*a", "? k", "!!int 3"));
  }

  @Test
  void monstersAreRefusedOrReadSoon() {
    int size = 60_000;
    StringBuilder laughs = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 12; i++) {
      laughs.append("a").append(i).append(": &a").append(i).append(" [");
      laughs.append(("*a" + (i - 1) + ", ").repeat(10)).append("x]\n");
    }
    StringBuilder keys = new StringBuilder();
    for (int i = 0; i < size; i++) {
      keys.append("k").append(i).append(": 1\n");
    }
    StringBuilder stairs = new StringBuilder();
    for (int i = 0; i < 1_000; i++) {
      stairs.append(" ".repeat(i)).append("a:\n");
    }
    for (String monster :
        List.of(
            laughs.toString(),
            keys.toString(),
            stairs.toString(),
            "a: " + "[".repeat(size),
            "a: " + "{b: ".repeat(size),
            "- ".repeat(size),
            "? ".repeat(size),
            "a: " + "&x ".repeat(size),
            "a: &x [*x, *x]",
            "a: " + "!x ".repeat(size),
            "a: '" + "''".repeat(size) + "'",
            "a: \"" + "\\u0041".repeat(size) + "\"",
            "a: " + "9".repeat(size),
            "a: 1e" + "9".repeat(size),
            "#".repeat(size),
            "a: |\n" + "\n".repeat(size),
            "\t".repeat(size),
            "%".repeat(size),
            "---\n".repeat(size),
            "a: \"" + "x".repeat(size),
            "a".repeat(size) + ": 1",
            "x".repeat((1 << 20) + 1))) {
      long begun = System.nanoTime();
      check(monster);
      assertThat(System.nanoTime() - begun)
          .as("nanoseconds for %s…", monster.substring(0, Math.min(40, monster.length())))
          .isLessThan(10_000_000_000L);
    }
  }
}
