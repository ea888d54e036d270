// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.cli.Beckon;
import io.beckon.language.Definitions;
import io.beckon.language.Lint;
import io.beckon.language.SourceFile;
import io.beckon.language.diagnostics.Problem;
import io.beckon.plan.Plan;
import io.beckon.state.StateBounds;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Runs the documentation: every YAML block is part of a job in this repository or loads as part of
 * one, unless {@code <!-- fragment -->} stands before it: then it only has to be YAML. Every {@code
 * bin/beckon} command of a shell block runs and ends with exit code 0, or N where {@code # exit N}
 * follows it; what the text block right below shows is what the last command says, {@code …}
 * standing for anything.
 */
final class DocsTest {
  private static final Pattern EXIT = Pattern.compile("# exit (\\d)\\s*$");
  private static final Pattern KIND = Pattern.compile("(?m)^kind: (\\w+)");
  private static final Pattern ID = Pattern.compile("(?m)^id: (\\S+)");
  private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");

  private record Said(int code, String out, String err, Path folder) {}

  private record Block(Path file, int line, String language, boolean fragment, String text) {
    String place() {
      return file + ":" + line;
    }
  }

  @TestFactory
  Stream<DynamicTest> everyYamlBlockLoads() throws IOException {
    List<SourceFile> shipped = new ArrayList<>();
    for (Path folder : List.of(Path.of("jobs"), Path.of("src", "test", "resources", "jobs"))) {
      for (Path file : filesBelow(folder, ".yaml")) {
        shipped.add(new SourceFile(file.toString(), Files.readString(file)));
      }
    }
    return blocks()
        .filter(block -> block.language().equals("yaml"))
        .map(block -> DynamicTest.dynamicTest(block.place(), () -> checkYaml(block, shipped)));
  }

  private static void checkYaml(Block block, List<SourceFile> shipped) throws IOException {
    for (Object document :
        new Load(LoadSettings.builder().build()).loadAllFromString(block.text())) {
      assertThat(document).as(block.place()).isNotNull();
    }
    if (block.fragment() || shipped.stream().anyMatch(file -> file.text().contains(block.text()))) {
      return;
    }
    Matcher kind = KIND.matcher(block.text());
    assertThat(kind.find())
        .as(
            "%s: a part of a document that no job holds needs <!-- fragment --> before it",
            block.place())
        .isTrue();
    // The block as part of a job: the other documents of its page, or those of the shop.
    Map<String, String> job = new HashMap<>();
    for (String name : List.of("job", "events", "policy")) {
      String text = Files.readString(Path.of("jobs", "retail", name + ".yaml"));
      // The shop's signals are not those of the page.
      job.put(path(name, text), text.replaceAll("(?m)^scores:.*\n((  .*)?\n)*", ""));
    }
    for (Block other : blocks(block.file())) {
      Matcher otherKind = KIND.matcher(other.text());
      if (other.language().equals("yaml") && !other.fragment() && otherKind.find()) {
        // Two triggers of one page need not go together.
        if (!otherKind.group(1).equals("Trigger") || !kind.group(1).equals("Trigger")) {
          job.put(path(otherKind.group(1), other.text()), other.text());
        }
      }
    }
    String own = path(kind.group(1), block.text());
    job.put(own, block.text());
    List<SourceFile> files = new ArrayList<>();
    job.forEach((name, text) -> files.add(new SourceFile(name, text)));
    Definitions.Loaded loaded = Definitions.load("doc", files);
    assertThat(loaded.problems().sorted())
        .as(block.place())
        .filteredOn(problem -> problem.span().file().equals(own))
        .extracting(Problem::message)
        .isEmpty();
    if (loaded.job().isPresent()) {
      StateBounds bounds = StateBounds.of(Plan.compile(loaded.job().get()));
      assertThat(bounds.bytes()).as(block.place()).isLessThanOrEqualTo(Lint.STATE_BYTES);
    }
  }

  private static String path(String kind, String text) {
    Matcher id = ID.matcher(text);
    String name = kind.toLowerCase(Locale.ROOT);
    return List.of("model", "trigger").contains(name) && id.find()
        ? "doc/" + name + "s/" + id.group(1) + ".yaml"
        : "doc/" + name + ".yaml";
  }

  @TestFactory
  Stream<DynamicTest> everyCommandRuns(@TempDir Path temporary) throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    // The same command in two languages runs once.
    Map<String, Said> said = new HashMap<>();
    Optional<Block> shell = Optional.empty();
    for (Block block : blocks().toList()) {
      if (shell.isPresent() && !block.file().equals(shell.get().file())) {
        shell = Optional.empty();
      }
      if (block.language().equals("sh")) {
        tests.add(DynamicTest.dynamicTest(block.place(), () -> runAll(block, temporary, said)));
        shell = Optional.of(block);
      } else if (block.language().equals("text") && shell.isPresent()) {
        Block commands = shell.get();
        tests.add(
            DynamicTest.dynamicTest(
                block.place(),
                () -> checkShown(block, runAll(commands, temporary, said).stripTrailing())));
        shell = Optional.empty();
      }
    }
    return tests.stream();
  }

  private static String runAll(Block block, Path temporary, Map<String, Said> alreadySaid) {
    String last = "";
    Path before = temporary;
    for (String line : block.text().lines().toList()) {
      String command = line.replaceFirst("^\\./", "").replaceFirst("^bin/", "");
      if (!command.startsWith("beckon ")) {
        continue;
      }
      Matcher exit = EXIT.matcher(line);
      int expected = exit.find() ? Integer.parseInt(exit.group(1)) : 0;
      List<String> args = new ArrayList<>();
      Matcher words = WORD.matcher(command.replaceFirst("\\s+#.*$", ""));
      while (words.find()) {
        args.add(words.group().replaceAll("^(['\"])(.*)\\1$", "$2"));
      }
      args.remove(0);
      Path out = temporary.resolve("out-" + alreadySaid.size());
      Path results = before;
      Said said = alreadySaid.computeIfAbsent(command, c -> run(args, out, results));
      before = said.folder();
      assertThat(said.code())
          .as("%s: %s%n%s%s", block.place(), line, said.out(), said.err())
          .isEqualTo(expected);
      last = said.out();
    }
    return last;
  }

  /**
   * Runs a command, its results going to a folder of their own.
   *
   * @param before where the results of the command above it went
   */
  private static Said run(List<String> args, Path folder, Path before) {
    List<String> own = new ArrayList<>(args);
    int decisions = own.indexOf("--decisions");
    if (decisions >= 0 && own.get(decisions + 1).equals("out")) {
      own.set(decisions + 1, before.toString());
    }
    int out = own.indexOf("--out");
    if (out >= 0) {
      own.set(out + 1, folder.toString());
    }
    StringWriter told = new StringWriter();
    StringWriter complaints = new StringWriter();
    int code =
        Beckon.execute(
            new PrintWriter(told), new PrintWriter(complaints), own.toArray(String[]::new));
    return new Said(
        code,
        told.toString().replace(folder.toString(), "out"),
        complaints.toString(),
        out >= 0 ? folder : before);
  }

  private static void checkShown(Block shown, String said) {
    StringBuilder pattern = new StringBuilder();
    for (String part : shown.text().stripTrailing().split("…", -1)) {
      pattern.append(pattern.isEmpty() ? "" : "(?s:.*?)").append(Pattern.quote(part));
    }
    assertThat(said).as(shown.place()).containsPattern(pattern.toString());
  }

  private static Stream<Block> blocks() throws IOException {
    List<Path> pages = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of(""))) {
      files.filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
    }
    pages.addAll(filesBelow(Path.of("docs"), ".md"));
    pages.sort(null);
    List<Block> blocks = new ArrayList<>();
    for (Path page : pages) {
      blocks.addAll(blocks(page));
    }
    assertThat(blocks).as("blocks in the documentation").isNotEmpty();
    return blocks.stream();
  }

  private static List<Block> blocks(Path page) throws IOException {
    List<Block> blocks = new ArrayList<>();
    List<String> lines = Files.readAllLines(page);
    String before = "";
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.startsWith("```")) {
        int first = i + 1;
        StringBuilder text = new StringBuilder();
        while (++i < lines.size() && !lines.get(i).startsWith("```")) {
          text.append(lines.get(i)).append('\n');
        }
        blocks.add(
            new Block(
                page,
                first,
                line.substring(3).strip(),
                before.equals("<!-- fragment -->"),
                text.toString()));
        before = "";
      } else if (!line.isBlank()) {
        before = line.strip();
      }
    }
    return blocks;
  }

  private static List<Path> filesBelow(Path folder, String ending) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    }
  }
}
