// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.ReturnModel;
import io.beckon.churn.fit.Ranking;
import java.io.PrintWriter;
import java.util.Locale;

/** What the fit of a model of return tells its reader. */
final class ReturnReport {
  private final ReturnDocument document;
  private final PrintWriter out;

  ReturnReport(ReturnDocument document, PrintWriter out) {
    this.document = document;
    this.out = out;
  }

  void print() {
    Fitted fitted = document.fitted();
    FitLog log = document.log();
    long once = fitted.histories().users() - fitted.histories().repeaters();
    FitReport.head(out, document.id(), document.version(), document.event(), log);
    out.printf(
        Locale.ROOT,
        "%nFitted until %s to %,d users, of whom %,d bought on one day only%n",
        ModelDocument.date(fitted.cutOff()),
        fitted.histories().users(),
        once);
    out.printf("  asked for        %s%n", document.asked());
    if (fitted.fit().degenerate()) {
      out.println("  degenerate       yes: the events do not say how users are lost, so nbd it is");
      out.println("                   tried: " + parameters(fitted.fit().asked()));
    } else {
      out.println("  degenerate       no");
    }
    out.println("  parameters       " + parameters(fitted.fit().model()) + " (alpha in days)");
    out.printf(Locale.ROOT, "  log-likelihood   %.4f%n", fitted.fit().lnLikelihood());
    out.printf("  prior_gap        %s proposed%n", Durations.format(fitted.priorGapMs()));
    out.printf(
        Locale.ROOT, "%nSilent for the next %d days, as told from then%n", fitted.horizonDays());
    holdout("all users", fitted.holdout());
    holdout(
        "repeat buyers active in the " + fitted.horizonDays() + " days before", fitted.active());
    FitReport.calibration(
        out, fitted.holdout().calibration(), "users", "predicted return", "returned");
  }

  private static String parameters(ReturnModel model) {
    return ReturnDocument.parameters(model, value -> String.format(Locale.ROOT, "%.5g", value));
  }

  private void holdout(String who, Fitted.Holdout holdout) {
    Ranking ranking = holdout.ranking();
    out.printf(
        Locale.ROOT, "  %s: %,d of %,d silent%n", who, ranking.silentUsers(), ranking.users());
    String recency =
        holdout.recency().isPresent()
            ? "days since the last alone "
                + ModelDocument.digits(holdout.recency().getAsDouble(), 3)
            : "";
    FitReport.ranking(out, ranking, holdout.interval(), recency);
  }
}
