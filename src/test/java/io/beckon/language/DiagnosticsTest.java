// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.diagnostics.Problem;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Rendering;
import io.beckon.language.diagnostics.Severity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What authors read when they made a mistake. Each folder beside {@code base} holds files that
 * replace those of {@code base} (or, called {@code .absent}, take one away) and the expected text;
 * {@code -Dbeckon.update=true} writes it anew.
 */
class DiagnosticsTest {
  private static final Path CASES = Path.of("src", "test", "resources", "diagnostics");
  private static final Path REFERENCE = Path.of("docs", "reference", "problems.md");
  private static final String EXPECTED = "expected.txt";
  private static final String FIXED = "-fixed";
  private static final Pattern CODE = Pattern.compile("BKN-[0-9]{3}");

  static List<String> cases() throws IOException {
    try (Stream<Path> paths = Files.list(CASES)) {
      return paths
          .map(path -> path.getFileName().toString())
          .filter(name -> !name.equals("base") && !name.endsWith(FIXED))
          .sorted()
          .toList();
    }
  }

  private static Map<String, String> files(String name) throws IOException {
    Map<String, String> files = new TreeMap<>(JobFiles.read(CASES.resolve("base")));
    Path folder = CASES.resolve(name);
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        String file = folder.relativize(path).toString().replace('\\', '/');
        if (file.endsWith(".absent")) {
          files.remove(file.substring(0, file.length() - ".absent".length()));
        } else if (!file.equals(EXPECTED)) {
          files.put(file, Files.readString(path));
        }
      }
    }
    return files;
  }

  private static String render(Map<String, String> files) {
    return Rendering.text(JobFiles.load(files).problems().sorted(), JobFiles.sources(files));
  }

  @Test
  void theBaseHasNoProblems() {
    assertThat(JobFiles.load(JobFiles.read(CASES.resolve("base"))).problems().sorted()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void saysWhatIsWrong(String name) throws IOException {
    Map<String, String> files = files(name);
    String actual = render(files);
    Path expected = CASES.resolve(name).resolve(EXPECTED);
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(expected, actual);
    }
    assertThat(actual).isEqualTo(Files.readString(expected));
    Definitions.Loaded loaded = JobFiles.load(files);
    assertThat(loaded.problems().sorted()).isNotEmpty();
    assertThat(loaded.job().isPresent()).isEqualTo(!loaded.problems().hasErrors());
  }

  /** Every warning of what is hardly meant, and the same job as it was meant. */
  @Test
  void whatIsCorrectedIsWarnedOfNoMore() throws IOException {
    List<String> lints = cases().stream().filter(name -> name.startsWith("lint-")).toList();
    assertThat(lints).hasSizeGreaterThanOrEqualTo(6);
    for (String name : lints) {
      assertThat(JobFiles.load(files(name)).problems().sorted())
          .as(name)
          .isNotEmpty()
          .allMatch(problem -> problem.severity() == Severity.WARNING);
      assertThat(JobFiles.load(files(name + FIXED)).problems().sorted()).as(name + FIXED).isEmpty();
    }
  }

  @Test
  void stateThatMayGrowLarge() throws IOException {
    TriggerDefinition trigger =
        JobFiles.load(files("lint-cancel-fixed")).job().orElseThrow().triggers().get(0);
    Problems problems = new Problems();
    Lint.stateBytes(trigger, Lint.STATE_BYTES, problems);
    assertThat(problems.sorted()).isEmpty();
    Lint.stateBytes(trigger, Lint.STATE_BYTES + 1, problems);
    assertThat(problems.sorted()).extracting(Problem::code).containsExactly("BKN-706");
    assertThat(problems.hasErrors()).isFalse();
  }

  @Test
  void everyPlaceLiesInItsFile() throws IOException {
    for (String name : cases()) {
      Map<String, String> files = files(name);
      for (Problem problem : JobFiles.load(files).problems().sorted()) {
        String file = problem.span().file().substring(JobFiles.FOLDER.length() + 1);
        String[] lines = files.getOrDefault(file, "").split("\n", -1);
        assertThat(problem.span().line()).as(name + ": " + problem).isBetween(1, lines.length);
        String line = lines[problem.span().line() - 1];
        assertThat(problem.span().column())
            .as(name + ": " + problem)
            .isBetween(1, line.codePointCount(0, line.length()) + 1);
        assertThat(problem.span().length()).as(name + ": " + problem).isPositive();
      }
    }
  }

  @Test
  void everyCodeIsInTheReferenceAndShown() throws IOException {
    Set<String> inSource = new TreeSet<>();
    try (Stream<Path> paths =
        Files.walk(Path.of("src", "main", "java", "io", "beckon", "language"))) {
      for (Path path : paths.filter(p -> p.toString().endsWith(".java")).toList()) {
        addCodes(Files.readString(path), inSource);
      }
    }
    Set<String> inReference = new LinkedHashSet<>();
    for (String line : Files.readAllLines(REFERENCE)) {
      if (line.startsWith("| BKN-")) {
        String code = line.substring(2, 9);
        assertThat(inReference.add(code)).as(code + " is there twice").isTrue();
      }
    }
    assertThat(inReference).containsExactlyElementsOf(inSource);
    Set<String> shown = new TreeSet<>();
    for (String name : cases()) {
      addCodes(Files.readString(CASES.resolve(name).resolve(EXPECTED)), shown);
    }
    Set<String> never = new TreeSet<>(inSource);
    never.removeAll(shown);
    // One's example would have to be larger than a mebibyte; the other needs a bound on the state.
    assertThat(never).containsExactly("BKN-107", "BKN-706");
  }

  private static void addCodes(String text, Set<String> codes) {
    Matcher matcher = CODE.matcher(text);
    while (matcher.find()) {
      codes.add(matcher.group());
    }
  }

  @Test
  void tooLargeAFile() {
    Map<String, String> files = new TreeMap<>(JobFiles.read(CASES.resolve("base")));
    // Two bytes a character: just within the limit, then beyond.
    String filler = "# " + "é".repeat((1 << 19) - 200) + "\n";
    files.computeIfPresent("triggers/browse.yaml", (name, text) -> text + filler);
    assertThat(JobFiles.load(files).problems().sorted()).isEmpty();
    files.computeIfPresent("triggers/browse.yaml", (name, text) -> text + "# " + "é".repeat(300));
    assertThat(JobFiles.load(files).problems().sorted())
        .extracting(Problem::code)
        .containsExactly("BKN-107");
  }

  @Test
  void everyMistakeIsToldInOneGo() throws IOException {
    List<Problem> problems = JobFiles.load(files("many-mistakes")).problems().sorted();
    List<String> codes = new ArrayList<>();
    for (Problem problem : problems) {
      if (problem.severity() == Severity.ERROR) {
        codes.add(problem.code());
      }
    }
    assertThat(codes)
        .contains(
            "BKN-120", "BKN-121", "BKN-123", "BKN-124", "BKN-201", "BKN-206", "BKN-302", "BKN-401",
            "BKN-404", "BKN-405");
    assertThat(codes).hasSize(15);
  }
}
