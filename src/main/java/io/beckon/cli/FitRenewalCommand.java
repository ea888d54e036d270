// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code beckon fit renewal-risk}: a scorecard asked before a subscription is renewed. */
@Command(
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    sortOptions = false,
    header = "The probability that a subscription ends, asked some days before it is renewed.",
    description = {
      "",
      "As a scorecard, but users are asked about so many days before each renewal while they",
      "subscribe, from the day after the start on. FILE gets the model; beside it, as .svg, go the",
      "ROC curve and the calibration.",
      ""
    },
    footer = {"", "Exit codes: 0 fine, 1 wrong input, 2 wrong use of the command line."})
final class FitRenewalCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private FitOptions options = new FitOptions();
  @Mixin private SubscriptionOptions subscription = new SubscriptionOptions();

  @Option(
      names = "--lead",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = "How long before a renewal; 7d by default.")
  private int leadDays = 7;

  @Option(
      names = "--horizon",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = {
        "How far ahead an end counts; by default until the end of the day after the renewal's."
      })
  private Optional<Integer> horizonDays = Optional.empty();

  @Option(
      names = "--label",
      paramLabel = "TYPE",
      description = "The event to be told; by default what ends a subscription. May be repeated.")
  private List<String> label = new ArrayList<>();

  @Option(
      names = "--active",
      paramLabel = "DAYS",
      converter = FitOptions.DaysConverter.class,
      description = "Users without an event for longer are not asked about; 400d by default.")
  private int activeDays = 400;

  @Mixin private LearningOptions learning = new LearningOptions();

  FitRenewalCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws Refusal {
    if (subscription.billing().isEmpty()) {
      throw Refusal.usage(
          "renewals need all of --subscription-starts, --subscription-ends, --first and"
              + " --every-renewal");
    }
    return new ScorecardRun(
            console,
            options,
            learning,
            subscription,
            label.isEmpty() ? subscription.ends() : label,
            horizonDays.orElse(leadDays + 1),
            1,
            activeDays,
            OptionalInt.of(leadDays))
        .run();
  }
}
