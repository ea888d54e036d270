// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.JobDefinition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code beckon backtest}: runs a job over recorded events, without Flink. */
@Command(
    name = "backtest",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    header = "Runs a job over recorded events in this process, without Flink.",
    description = {
      "",
      "Send time is the moment's time, whatever the job's clock. DIR gets decisions.jsonl,",
      "commands.jsonl, late.jsonl, dead-letters.jsonl and summary.json.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon backtest jobs/retail --events jobs/retail/sample/events.csv --out out",
      "  beckon backtest jobs/retail --events mon.csv.gz tue.csv.gz --profiles users.jsonl --out out",
      "  beckon backtest jobs/retail --events mon.csv.gz --until 2026-11-02T12:00:00Z --out out",
      "",
      "Exit codes: 0 fine, 1 wrong input, 2 wrong use of the command line."
    })
final class BacktestCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final RunOptions options = new RunOptions();

  BacktestCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws Refusal {
    JobFolder folder = options.job();
    List<Path> events = options.events();
    Optional<Path> profiles = options.profiles();
    JobDefinition job =
        RunOptions.ofFiles(ValidateCommand.load(console, folder).job().orElseThrow());
    options.checkNames(job);
    try (OutFolder out = options.out()) {
      run(job, events, profiles, out.path());
    }
    return ExitCodes.OK;
  }

  private void run(JobDefinition job, List<Path> events, Optional<Path> profiles, Path out)
      throws Refusal {
    try (Progress progress = new Progress(console, InputFiles.bytes(events))) {
      new Backtest(job)
          .run(new Backtest.Inputs(events, profiles, options.untilMs()), out, progress::at);
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(out.toString(), e));
    }
    new RunReport(job, out).print(console.out());
  }
}
