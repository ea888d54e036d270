// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code beckon fit scorecard}: a probability out of weighted features. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    header = "The probability of silence, or of an event such as a cancellation, from examples.",
    description = {
      "",
      "A logistic regression on what is known of a user, asked again and again of those who were",
      "active not long before; judged by a later time than it was fitted to. FILE gets the model;",
      "beside it, as .svg, go the ROC curve and the calibration.",
      ""
    },
    footer = {"", "Exit codes: 0 fine, 1 wrong input, 2 wrong use of the command line."})
final class FitScorecardCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private FitOptions options = new FitOptions();

  @Option(
      names = "--label",
      paramLabel = "TYPE",
      description = {
        "The event to be told beforehand, such as cancel; may be repeated.",
        "By default it is silence that is told."
      })
  private List<String> label = new ArrayList<>();

  @Option(
      names = "--horizon",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = "How far ahead, whole days; 30d by default.")
  private int horizonDays = 30;

  @Option(
      names = "--every",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = "How often users are asked about; 7d by default.")
  private int everyDays = 7;

  @Option(
      names = "--active",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = "Users without an event for longer are not asked about; 90d by default.")
  private int activeDays = 90;

  @Mixin private SubscriptionOptions subscription = new SubscriptionOptions();
  @Mixin private LearningOptions learning = new LearningOptions();

  FitScorecardCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws Refusal {
    return new ScorecardRun(
            console,
            options,
            learning,
            subscription,
            label,
            horizonDays,
            everyDays,
            activeDays,
            OptionalInt.empty())
        .run();
  }
}
