// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.Definitions;
import io.beckon.language.Lint;
import io.beckon.language.SourceFile;
import io.beckon.language.diagnostics.Problem;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Rendering;
import io.beckon.plan.Plan;
import io.beckon.state.StateBounds;
import io.beckon.wire.AvroSchemas;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code beckon validate}: checks definitions and shows everything wrong in one go. */
@Command(
    name = "validate",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    header = "Checks the definitions of jobs and shows every problem at its place.",
    description = "",
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon validate jobs/retail",
      "  beckon validate jobs/* --format json",
      "",
      "Exit codes: 0 no errors (there may be warnings), 1 errors, 2 wrong use of the command line."
    })
final class ValidateCommand implements Callable<Integer> {
  /** How problems are shown. */
  enum Format {
    /** For people. */
    TEXT,
    /** For programs: an array of problems. */
    JSON
  }

  /** The warning that a goal is not followed yet. */
  private static final String NOT_FOLLOWED_YET = "BKN-191";

  private final Console console;

  @Parameters(paramLabel = "JOB", arity = "1..*", description = "The folders of the jobs.")
  private List<Path> jobs = new ArrayList<>();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "text (default), or json: an array of all problems.")
  private Format format = Format.TEXT;

  ValidateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<Problem> all = new ArrayList<>();
    boolean errors = false;
    for (Path job : jobs) {
      try {
        errors |= validate(job, all);
      } catch (Refusal refusal) {
        // The others are checked all the same.
        console.err().println("beckon: " + refusal.getMessage());
        errors = true;
      }
    }
    if (format == Format.JSON) {
      console.out().print(Rendering.json(all));
    }
    return errors ? ExitCodes.FAILED : ExitCodes.OK;
  }

  /** Checks one job, adding to {@code all}; says whether there are errors. */
  private boolean validate(Path job, List<Problem> all) throws Refusal {
    JobFolder folder = JobFolder.of(job);
    List<SourceFile> files = folder.read();
    Definitions.Loaded loaded = loaded(folder, files);
    List<Problem> problems = loaded.problems().sorted();
    all.addAll(problems);
    if (format == Format.TEXT) {
      if (!problems.isEmpty()) {
        console.out().print(render(problems, files));
      }
      loaded
          .job()
          .ifPresent(
              definition ->
                  console
                      .out()
                      .println(
                          folder.name()
                              + ": ok, "
                              + count(definition.triggers().size(), "trigger")
                              + ", "
                              + count(loaded.tests().size(), "test")));
    }
    return loaded.problems().hasErrors();
  }

  /**
   * Loads a job for another command: shows its problems, and refuses it if there are errors among
   * them. That a goal is not followed yet is for {@code validate} to say, not for every run.
   */
  static Definitions.Loaded load(Console console, JobFolder folder) throws Refusal {
    return load(console, folder, folder.read());
  }

  /** As {@link #load(Console, JobFolder)}, of files that stand for those of the folder. */
  static Definitions.Loaded load(Console console, JobFolder folder, List<SourceFile> files)
      throws Refusal {
    Definitions.Loaded loaded = loaded(folder, files);
    List<Problem> problems =
        loaded.problems().sorted().stream()
            .filter(problem -> !problem.code().equals(NOT_FOLLOWED_YET))
            .toList();
    if (!problems.isEmpty()) {
      console.err().print(render(problems, files));
    }
    if (loaded.job().isEmpty()) {
      throw new Refusal(folder.name() + ": not run, because of the errors above");
    }
    return loaded;
  }

  private static Definitions.Loaded loaded(JobFolder folder, List<SourceFile> files) {
    Definitions.Loaded loaded = Definitions.load(folder.name(), files, AvroSchemas::check);
    loaded.job().ifPresent(job -> stateBytes(Plan.compile(job), loaded.problems()));
    return loaded;
  }

  /** Warns of a state that may grow too large, at the trigger with the largest share in it. */
  private static void stateBytes(Plan plan, Problems problems) {
    StateBounds bounds = StateBounds.of(plan);
    bounds.triggers().stream()
        .max(Comparator.comparingLong(StateBounds.OfTrigger::bytes))
        .ifPresent(
            largest -> Lint.stateBytes(largest.trigger().definition(), bounds.bytes(), problems));
  }

  private static String render(List<Problem> problems, List<SourceFile> files) {
    Map<String, String> texts = new HashMap<>();
    files.forEach(file -> texts.put(file.path(), file.text()));
    return Rendering.text(problems, file -> Optional.ofNullable(texts.get(file)));
  }

  private static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }
}
