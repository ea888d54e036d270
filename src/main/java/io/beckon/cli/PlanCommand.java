// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.Definitions;
import io.beckon.plan.Plan;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code beckon plan}: shows what a job compiles to. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    header = "Shows what a job compiles to: who listens to what, and how large a user may grow.",
    description = {
      "",
      "For each event type its listeners and the conditions they share, for each trigger and signal",
      "its window and the most bytes it may keep of one user. The same job gives the same text.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon plan jobs/retail",
      "  beckon plan jobs/retail --format json",
      "",
      "Exit codes: 0 fine, 1 definitions with errors, 2 wrong use of the command line."
    })
final class PlanCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(paramLabel = "JOB", description = "The folder of the job.")
  private Path job = Path.of("");

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "text (default), or json: one object.")
  private ValidateCommand.Format format = ValidateCommand.Format.TEXT;

  PlanCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws Refusal {
    JobFolder folder = JobFolder.of(job);
    Definitions.Loaded loaded = ValidateCommand.load(console, folder);
    PlanReport report = new PlanReport(Plan.compile(loaded.job().orElseThrow()));
    switch (format) {
      case TEXT -> console.out().print(report.text(folder.name()));
      case JSON -> console.out().println(report.json());
    }
    return ExitCodes.OK;
  }
}
