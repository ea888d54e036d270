// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.churn.fit.ReturnFit;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code beckon fit}: a model from recorded events, one subcommand a kind of model. */
@Command(
    name = "fit",
    mixinStandardHelpOptions = true,
    versionProvider = Beckon.Version.class,
    synopsisSubcommandLabel = "MODEL",
    commandListHeading = "%nModels:%n",
    header = "Fits a model of churn to recorded events, and says how good it is.",
    description = {
      "",
      "A model is fitted to what was known and judged by what came after it. Its file goes into the",
      "folder models of a job, where signals name it. 'beckon fit MODEL --help' tells more.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  beckon fit mbg-nbd --job jobs/retail --event purchase --events year.csv.gz --out orders.yaml",
      "  beckon fit scorecard --job jobs/app --event usage --events *.csv --out silence.yaml",
      "  beckon fit renewal-risk --job jobs/subscription --event usage --events year.csv.gz \\",
      "    --subscription-starts subscribe --subscription-ends cancel --first 7d --every-renewal 30d \\",
      "    --out renewal.yaml",
      "",
      "Exit codes: 0 fine, 1 wrong input, 2 wrong use of the command line."
    })
final class FitCommand implements Callable<Integer> {
  /** The command with one for each model. */
  static CommandLine of(Console console) {
    return new CommandLine(new FitCommand())
        .addSubcommand("mbg-nbd", new FitReturnCommand(console, ReturnFit.Family.MBG_NBD))
        .addSubcommand("bg-nbd", new FitReturnCommand(console, ReturnFit.Family.BG_NBD))
        .addSubcommand("scorecard", new FitScorecardCommand(console))
        .addSubcommand("renewal-risk", new FitRenewalCommand(console));
  }

  @Override
  public Integer call() throws Refusal {
    throw Refusal.usage("no model named; there are: " + MODELS);
  }

  private static final String MODELS = "mbg-nbd, bg-nbd, scorecard, renewal-risk";
}
