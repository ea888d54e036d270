// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.ReturnModel;
import io.beckon.churn.fit.Calibration;
import io.beckon.churn.fit.Ranking;
import java.io.PrintWriter;
import java.util.Locale;

/** What {@code beckon fit} tells its reader. */
final class FitReport {
  private final ModelDocument document;
  private final PrintWriter out;

  FitReport(ModelDocument document, PrintWriter out) {
    this.document = document;
    this.out = out;
  }

  void print() {
    Fitted fitted = document.fitted();
    FitLog log = document.log();
    long once = fitted.histories().users() - fitted.histories().repeaters();
    out.printf(
        Locale.ROOT,
        "%s %d: %,d events %s, %s to %s%n",
        document.id(),
        document.version(),
        log.events(),
        document.event(),
        ModelDocument.date(log.firstDate()),
        ModelDocument.date(log.lastDate()));
    if (log.rejected() > 0) {
      out.printf(Locale.ROOT, "  %,d records are no event of the job%n", log.rejected());
    }
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
    out.printf("%n  %10s  %16s  %8s%n", "users", "predicted return", "returned");
    for (Calibration.Group group : fitted.holdout().calibration().groups()) {
      out.printf(
          Locale.ROOT,
          "  %,10d  %16.4f  %8.4f%n",
          group.users(),
          group.predicted(),
          group.observed());
    }
  }

  private static String parameters(ReturnModel model) {
    return ModelDocument.parameters(model, value -> String.format(Locale.ROOT, "%.5g", value));
  }

  private void holdout(String who, Fitted.Holdout holdout) {
    Ranking ranking = holdout.ranking();
    out.printf(
        Locale.ROOT, "  %s: %,d of %,d silent%n", who, ranking.silentUsers(), ranking.users());
    if (ranking.auc().isEmpty()) {
      out.println("    nothing to rank: they all came to the same");
      return;
    }
    Ranking.Interval interval = holdout.interval().orElseThrow();
    out.printf(
        Locale.ROOT,
        "    AUC %.3f, 95 %% interval %.3f to %.3f; days since the last alone %.3f%n",
        ranking.auc().getAsDouble(),
        interval.low(),
        interval.high(),
        holdout.recency().orElseThrow());
    out.printf(
        Locale.ROOT,
        "    recall %.3f at 10 %% false positives%n",
        ranking.recallAt(Fitted.FALSE_POSITIVES));
  }
}
