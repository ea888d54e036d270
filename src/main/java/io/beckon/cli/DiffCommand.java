// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code beckon diff}: shows what becomes of what a job observed when its definitions change. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    header = "Shows what an edit keeps of what a job observed, and what begins anew.",
    description = {
      "",
      "For each trigger, signal, cap, mute, budget and rate: keep, reset, added or removed, by the",
      "same rules by which a running job's savepoint is read. Editions of one job are compared:",
      "OLD is what runs, NEW what is to run.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon diff releases/41/retail jobs/retail",
      "  beckon diff releases/41/retail jobs/retail --format json",
      "",
      "Exit codes: 0 everything observed is kept, 1 definitions with errors, 2 wrong use of the",
      "command line, 3 something observed would be lost."
    })
final class DiffCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(index = "0", paramLabel = "OLD", description = "The folder of the job as it runs.")
  private Path before = Path.of("");

  @Parameters(index = "1", paramLabel = "NEW", description = "The folder of the job to come.")
  private Path after = Path.of("");

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "text (default), or json: one object.")
  private ValidateCommand.Format format = ValidateCommand.Format.TEXT;

  DiffCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws Refusal {
    DiffReport report = new DiffReport(edition(before), edition(after));
    switch (format) {
      case TEXT -> console.out().print(report.text());
      case JSON -> console.out().println(report.json());
    }
    return report.loses() ? ExitCodes.LOSES : ExitCodes.OK;
  }

  private DiffReport.Edition edition(Path path) throws Refusal {
    JobFolder folder = JobFolder.of(path);
    return new DiffReport.Edition(
        folder.name(), folder.read(), ValidateCommand.load(console, folder).job().orElseThrow());
  }
}
