// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.TestDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.plan.Plan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code beckon test}: runs the tests written beside the triggers. */
@Command(
    name = "test",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    header = "Runs the tests written beside a job's triggers, on the engine itself.",
    description = {
      "",
      "Each test runs its trigger alone, on a virtual clock. A trigger in mode draft is tested as",
      "if it were live.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon test jobs/retail",
      "  beckon test jobs/retail --run 'cart-abandonment/.*deadline'",
      "  beckon test jobs/retail --junit target/retail.xml",
      "  beckon test jobs/retail --update",
      "",
      "Exit codes: 0 all passed, 1 a test failed or the definitions are wrong, 2 wrong use of the",
      "command line."
    })
final class TestCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "JOB", description = "The folder of the job.")
  private Path job = Path.of("");

  @Option(
      names = "--run",
      paramLabel = "REGEX",
      converter = RegexConverter.class,
      description = "Only tests whose 'trigger/name' contains a match.")
  private Optional<Pattern> run = Optional.empty();

  @Option(
      names = "--junit",
      paramLabel = "FILE",
      description = "Also writes the results to FILE, as JUnit XML.")
  private Optional<Path> junit = Optional.empty();

  @Option(
      names = "--update",
      description =
          "Rewrites what failing tests expect to what came of them, in the files themselves, and"
              + " shows the difference. Read it before you keep it.")
  private boolean update;

  TestCommand(Console console) {
    this.console = console;
  }

  /** A test, what came of it, and how that compares. */
  private record Result(TestDefinition test, TestReport report, long tookNs) {
    String fullName() {
      return test.trigger() + "/" + test.name();
    }

    String place() {
      return test.span().file() + ":" + test.span().line();
    }
  }

  @Override
  public Integer call() throws Refusal {
    JobFolder folder = JobFolder.of(job);
    List<Result> results = runTests(folder);
    for (Result result : results) {
      print(result);
    }
    if (junit.isPresent()) {
      writeJUnit(junit.get(), folder.name(), results);
    }
    List<Result> failed = results.stream().filter(r -> !r.report().passed()).toList();
    console
        .out()
        .println((results.size() - failed.size()) + " passed, " + failed.size() + " failed");
    if (failed.isEmpty()) {
      return ExitCodes.OK;
    }
    return update ? update(folder, failed) : ExitCodes.FAILED;
  }

  /** What tests that share a plan have in common. */
  private record Drawn(String trigger, boolean forcesHoldout, Optional<String> variant) {}

  private List<Result> runTests(JobFolder folder) throws Refusal {
    Definitions.Loaded loaded = ValidateCommand.load(console, folder);
    JobDefinition definition = loaded.job().orElseThrow();
    Map<String, TriggerDefinition> triggers = new HashMap<>();
    for (TriggerDefinition trigger : definition.triggers()) {
      triggers.put(trigger.id(), trigger);
    }
    Map<Drawn, Plan> plans = new HashMap<>();
    List<Result> results = new ArrayList<>();
    for (TestDefinition test : loaded.tests()) {
      if (run.isPresent() && !run.get().matcher(test.trigger() + "/" + test.name()).find()) {
        continue;
      }
      TriggerDefinition trigger = triggers.get(test.trigger());
      if (trigger == null) {
        throw new IllegalStateException("a test of an unknown trigger, " + test.trigger());
      }
      Plan plan =
          plans.computeIfAbsent(
              new Drawn(trigger.id(), test.forcesHoldout(), test.variant()),
              drawn -> TestRun.plan(definition, trigger, test));
      long startNs = System.nanoTime();
      TestReport report = TestReport.of(test, TestRun.of(plan, test));
      results.add(new Result(test, report, System.nanoTime() - startNs));
    }
    if (results.isEmpty() && run.isPresent()) {
      throw new Refusal("no test of " + folder.name() + " matches '" + run.get().pattern() + "'");
    }
    return results;
  }

  private void print(Result result) {
    if (result.report().passed()) {
      console.out().println("ok      " + result.fullName());
      return;
    }
    console.out().println("FAILED  " + result.fullName() + "  " + result.place());
    console.out().print(result.report().text().indent(8));
  }

  private static void writeJUnit(Path file, String job, List<Result> results) throws Refusal {
    List<JUnitReport.Case> cases = new ArrayList<>();
    for (Result result : results) {
      Optional<String> failure =
          result.report().passed() ? Optional.empty() : Optional.of(result.report().text());
      cases.add(
          new JUnitReport.Case(
              result.test().trigger(),
              result.test().name(),
              result.test().span().file(),
              result.test().span().line(),
              result.tookNs(),
              failure));
    }
    try {
      Path parent = file.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.writeString(file, JUnitReport.xml(job, cases));
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(file.toString(), e));
    }
  }

  private int update(JobFolder folder, List<Result> failed) throws Refusal {
    // From the last place in a file to the first, so that earlier places stay where they are.
    List<Result> ordered =
        failed.stream()
            .sorted(
                Comparator.comparing((Result r) -> r.test().span().file())
                    .thenComparing(r -> -r.test().expect().span().line())
                    .thenComparing(r -> -r.test().expect().span().column()))
            .toList();
    Map<String, String> texts = new HashMap<>();
    folder.read().forEach(file -> texts.put(file.path(), file.text()));
    List<String> changes = new ArrayList<>();
    for (Result result : ordered) {
      TestDefinition.Expectation expect = result.test().expect();
      String file = expect.span().file();
      ExpectEdit edit =
          new ExpectEdit(texts.getOrDefault(file, ""), expect.span(), expect.endLine());
      ExpectEdit.Lists lists = result.report().actualAsYaml();
      StringBuilder change = new StringBuilder("updated " + result.fullName() + "  ");
      change.append(file).append(':').append(expect.span().line()).append('\n');
      edit.before().lines().forEach(line -> change.append("  - ").append(line).append('\n'));
      edit.rendered(lists).lines().forEach(line -> change.append("  + ").append(line).append('\n'));
      changes.add(0, change.toString());
      texts.put(file, edit.replace(lists));
    }
    for (String file :
        ordered.stream().map(r -> r.test().expect().span().file()).distinct().toList()) {
      try {
        Files.write(
            folder.resolve(file), texts.getOrDefault(file, "").getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        throw new Refusal(InputFiles.explain(file, e));
      }
    }
    changes.forEach(console.out()::print);
    List<String> still =
        runTests(folder).stream()
            .filter(result -> !result.report().passed())
            .map(Result::fullName)
            .toList();
    if (!still.isEmpty()) {
      console.err().println("beckon: still failing: " + String.join(", ", still));
      return ExitCodes.FAILED;
    }
    return ExitCodes.OK;
  }

  /** A regular expression, or a complaint in plain words. */
  static final class RegexConverter implements ITypeConverter<Pattern> {
    @Override
    public Pattern convert(String value) {
      try {
        return Pattern.compile(value);
      } catch (PatternSyntaxException e) {
        throw new TypeConversionException(
            "'" + value + "' is not a regular expression: " + e.getDescription());
      }
    }
  }
}
