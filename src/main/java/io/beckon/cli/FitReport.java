// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.churn.fit.Calibration;
import io.beckon.churn.fit.Ranking;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;

/** The parts that the reports of fits share. */
final class FitReport {
  private FitReport() {}

  static void head(PrintWriter out, String id, int version, String event, FitLog log) {
    out.printf(
        Locale.ROOT, "%s %d: %,d events %s, %s%n", id, version, log.events(), event, span(log));
    if (log.rejected() > 0) {
      out.printf(Locale.ROOT, "  %,d records are no event of the job%n", log.rejected());
    }
  }

  /** The dates of a log. */
  static String span(FitLog log) {
    return ModelDocument.date(log.firstDate()) + " to " + ModelDocument.date(log.lastDate());
  }

  /** How well something ranks, {@code besides} what else does. */
  static void ranking(
      PrintWriter out, Ranking ranking, Optional<Ranking.Interval> interval, String besides) {
    if (interval.isEmpty()) {
      out.println("    nothing to rank: they all came to the same");
      return;
    }
    out.printf(
        Locale.ROOT,
        "    AUC %.3f, 95 %% interval %.3f to %.3f; %s%n",
        ranking.auc().orElseThrow(),
        interval.get().low(),
        interval.get().high(),
        besides);
    out.printf(
        Locale.ROOT,
        "    recall %.3f at 10 %% false positives%n",
        ranking.recallAt(Fitted.FALSE_POSITIVES));
  }

  static void calibration(
      PrintWriter out, Calibration calibration, String what, String predicted, String observed) {
    out.printf("%n  %10s  %16s  %8s%n", what, predicted, observed);
    for (Calibration.Group group : calibration.groups()) {
      out.printf(
          Locale.ROOT,
          "  %,10d  %16.4f  %8.4f%n",
          group.users(),
          group.predicted(),
          group.observed());
    }
  }
}
