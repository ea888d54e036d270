// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.churn.fit.ReturnFit;
import io.beckon.language.JobDefinition;
import java.time.LocalDate;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code beckon fit mbg-nbd} and {@code bg-nbd}: who returns. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    header = "The probability that a user returns within a horizon; needs no labels.",
    description = {
      "",
      "Fitted to the days until a cut-off and judged by the horizon after it: who was silent all the",
      "time. mbg-nbd has users lost after any event, bg-nbd after a repeated one only. FILE gets the",
      "model; beside it, as .svg, go the ROC curve and the calibration.",
      ""
    },
    footer = {"", "Exit codes: 0 fine, 1 wrong input, 2 wrong use of the command line."})
final class FitReturnCommand implements Callable<Integer> {
  private final Console console;
  private final ReturnFit.Family family;

  @Mixin private FitOptions options = new FitOptions();

  @Option(
      names = "--horizon",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = "How long silence counts, whole days; 30d by default.")
  private int horizonDays = 30;

  @Option(
      names = "--cut-off",
      paramLabel = "DATE",
      converter = FitOptions.DateConverter.class,
      description = "The last day that is fitted to; by default a horizon before the last event.")
  private Optional<LocalDate> cutOff = Optional.empty();

  FitReturnCommand(Console console, ReturnFit.Family family) {
    this.console = console;
    this.family = family;
  }

  private static String name(ReturnFit.Family family) {
    return switch (family) {
      case MBG_NBD -> "mbg-nbd";
      case BG_NBD -> "bg-nbd";
    };
  }

  @Override
  public Integer call() throws Refusal {
    String id = options.id();
    options.checkFiles();
    int version = options.version();
    JobDefinition definition = options.definition(console);
    FitLog.Counts active = FitLog.Counts.ofTypes(options.types(definition));
    FitLog.Roles roles =
        new FitLog.Roles(active, FitLog.Counts.NONE, FitLog.Counts.NONE, FitLog.Counts.NONE);
    FitLog log = options.read(definition, roles, console);
    long end = cutOff(log);
    Fitted fitted = Fitted.of(family, log.users(), end, horizonDays, options.seed());
    ReturnDocument document =
        new ReturnDocument(
            id,
            version,
            name(family),
            options.eventWords(),
            options.eventYaml(),
            options.fileNames(),
            log,
            fitted);
    new ReturnReport(document, console.out()).print();
    String svg =
        FitChart.svg(
            fitted.holdout().ranking(),
            fitted.holdout().calibration(),
            "recall of the silent",
            "predicted return",
            "returned");
    options.write(document.yaml(), svg, console);
    return ExitCodes.OK;
  }

  /** The last day to fit to, with at least one repeat until then and the horizon after it. */
  private long cutOff(FitLog log) throws Refusal {
    long end = cutOff.map(LocalDate::toEpochDay).orElse(log.lastDate() - horizonDays);
    if (end + horizonDays > log.lastDate()) {
      throw new Refusal(
          "the events, "
              + FitReport.span(log)
              + ", end before the "
              + horizonDays
              + " days after the cut-off do; name an earlier --cut-off or a shorter --horizon");
    }
    boolean repeats = log.users().stream().anyMatch(user -> user.activeUntil(end) > 1);
    if (!repeats) {
      throw new Refusal(
          "the events, "
              + FitReport.span(log)
              + ", have nobody with "
              + options.eventWords()
              + " on two days until the cut-off, "
              + ModelDocument.date(end)
              + "; a model needs a longer log, or a shorter --horizon");
    }
    return end;
  }
}
