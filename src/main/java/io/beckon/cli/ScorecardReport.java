// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.Scorecard;
import io.beckon.churn.Term;
import io.beckon.churn.fit.Examples;
import io.beckon.churn.fit.ScorecardFit;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.OptionalDouble;

/** What the fit of a scorecard tells its reader. */
final class ScorecardReport {
  /** Fewer of one kind say little; a rule of thumb is ten for each weight. */
  private static final long FEW = 50;

  private final ScorecardDocument document;
  private final PrintWriter out;

  ScorecardReport(ScorecardDocument document, PrintWriter out) {
    this.document = document;
    this.out = out;
  }

  void print() {
    ScorecardRun run = document.run();
    ScorecardFit fit = document.fit();
    FitReport.head(
        out, document.id(), document.version(), run.options().eventWords(), document.log());
    out.printf("%nAsked %s: %s?%n", run.asked(), run.told());
    if (document.everyUser() > 1) {
      out.printf(Locale.ROOT, "  many rows: one user in %d is looked at%n", document.everyUser());
    }
    String until =
        document.split().isPresent()
            ? " known by " + ModelDocument.date(document.split().getAsLong())
            : "";
    out.printf("%nFitted to %s%s%n", rows(fit.training()), until);
    Scorecard scorecard = fit.scorecard();
    line("intercept", number(scorecard.intercept()));
    for (Term term : scorecard.terms()) {
      line(ScorecardTerms.words(term), number(term.weight()));
    }
    for (Term term : fit.dropped()) {
      line(ScorecardTerms.words(term), "left out: the same in all rows");
    }
    line(
        "calibration",
        "slope " + number(scorecard.slope()) + ", offset " + number(scorecard.offset()));
    line("log-likelihood", ModelDocument.digits(fit.lnLikelihood(), 4));
    line("prior_gap", Durations.format(document.priorGapMs()));
    warnings(fit);
    out.printf(
        "%nJudged by %s%s%n",
        rows(fit.judged()),
        document.split().isPresent()
            ? " from " + ModelDocument.date(document.split().getAsLong()) + " on"
            : ", each by a fit to other users");
    String besides =
        "days since the last alone "
            + digits(document.alone(row -> row[ScorecardTerms.GAP]))
            + ", activity level alone "
            + digits(document.alone(row -> -row[ScorecardTerms.LEVEL]));
    FitReport.ranking(out, document.ranking(), document.interval(), besides);
    FitReport.calibration(out, document.calibration(), "rows", "predicted", "came true");
  }

  private void warnings(ScorecardFit fit) {
    if (fit.separated()) {
      out.println(
          "  separable: a line parts the rows without error; only the penalty bounds the weights");
    }
    long positives = fit.training().positives();
    if (Math.min(positives, fit.training().size() - positives) < FEW) {
      out.println(
          "  few: fewer than " + FEW + " rows of one kind; take the weights with a grain of salt");
    }
    if (fit.scorecard().slope() == 1 && fit.scorecard().offset() == 0) {
      out.println("  not calibrated: the folds said nothing");
    }
  }

  private static String rows(Examples examples) {
    return String.format(
        Locale.ROOT,
        "%,d rows of %,d users, of which %,d came true (%.1f %%)",
        examples.size(),
        examples.distinctUsers(),
        examples.positives(),
        100.0 * examples.positives() / Math.max(1, examples.size()));
  }

  private void line(String name, String value) {
    out.printf("  %-24s %s%n", name, value);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }

  private static String digits(OptionalDouble auc) {
    return auc.isPresent() ? ModelDocument.digits(auc.getAsDouble(), 3) : "none";
  }
}
