// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.churn.fit.Warnings;
import io.beckon.language.SourceFile;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** What {@code beckon evaluate} tells its reader, and what it leaves in files. */
final class EvaluationReport {
  private static final double MONTH_DAYS = 30;

  private final List<Evaluation> evaluations;
  private final String told;

  /** Of evaluations; {@code told} is what is told beforehand, in words. */
  EvaluationReport(List<Evaluation> evaluations, String told) {
    this.evaluations = List.copyOf(evaluations);
    this.told = told;
  }

  void print(PrintWriter out, FitLog log, int activeDays) {
    out.printf("Events %s, to be told: %s%n", FitReport.span(log), told);
    if (log.rejected() > 0) {
      out.printf(Locale.ROOT, "  %,d records are no event of the job%n", log.rejected());
    }
    out.printf("  users are looked at until %d days after their last event%n", activeDays);
    for (Evaluation evaluation : evaluations) {
      print(out, evaluation);
    }
    out.printf(
        "%nper month: warnings per user and 30 days. precision: of the warnings, how many it came"
            + " true after.%nrecall: how often it was told. lead: days until it happens;"
            + " delay: days after the last event (medians).%nquiet: windows in which it did not"
            + " happen that were alarmed all the same.%n");
  }

  private static void print(PrintWriter out, Evaluation evaluation) {
    Gauge gauge = evaluation.gauge();
    out.printf(
        "%n%s: %s; %s a line it warns%n",
        gauge.name(), gauge.words(), gauge.above() ? "above" : "below");
    if (evaluation.everyUser() > 1) {
      out.printf("  a large log: one user in %d is looked at%n", evaluation.everyUser());
    }
    out.printf(
        Locale.ROOT,
        "  %,d rows of %,d users, of which %,d came true%n",
        evaluation.rows().size(),
        evaluation.users(),
        evaluation.ranking().silentUsers());
    OptionalDouble recency = evaluation.recency();
    FitReport.ranking(
        out,
        evaluation.ranking(),
        evaluation.interval(),
        "days since the last alone "
            + (recency.isPresent() ? ModelDocument.digits(recency.getAsDouble(), 3) : "none"));
    if (evaluation.rules().isEmpty()) {
      return;
    }
    out.printf(
        "  %10s %10s %10s %7s %6s %6s %7s%n",
        "line", "per month", "precision", "recall", "lead", "delay", "quiet");
    for (Evaluation.Rule rule : evaluation.rules()) {
      Warnings did = rule.warnings();
      String line =
          String.format(
              Locale.ROOT,
              "  %10s %10.4f %10s %7s %6s %6s %7s  %s",
              number(rule.line().at()),
              did.warnings() / Math.max(1, did.userDays() / MONTH_DAYS),
              share(did.hits(), did.judged()),
              share(did.told(), did.happened()),
              days(did.lead()),
              days(did.delay()),
              share(did.alarmed(), did.quiet()),
              rule.line().asks());
      out.println(line.stripTrailing());
    }
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }

  private static String share(long part, long whole) {
    return whole == 0 ? "-" : String.format(Locale.ROOT, "%.3f", part / (double) whole);
  }

  private static String days(OptionalDouble days) {
    return days.isPresent() ? String.format(Locale.ROOT, "%.1f", days.getAsDouble()) : "-";
  }

  /** Rows of each, rules of all, and a picture of each probability. */
  List<SourceFile> files() {
    List<SourceFile> files = new ArrayList<>();
    StringBuilder rules = new StringBuilder();
    rules.append(
        "of,line,asks,user_days,warnings,judged,hits,happened,told,lead,delay,quiet,alarmed\n");
    for (Evaluation evaluation : evaluations) {
      Gauge gauge = evaluation.gauge();
      StringBuilder rows = new StringBuilder("user,date,days_since_last,label,value\n");
      for (Evaluation.Row row : evaluation.rows()) {
        rows.append(quoted(row.user()))
            .append(',')
            .append(ModelDocument.date(row.date()))
            .append(',')
            .append((long) row.silentDays())
            .append(',')
            .append(row.label() ? 1 : 0)
            .append(',')
            .append(row.value())
            .append('\n');
      }
      files.add(new SourceFile(gauge.name() + ".csv", rows.toString()));
      for (Evaluation.Rule rule : evaluation.rules()) {
        Warnings did = rule.warnings();
        rules
            .append(gauge.name() + "," + rule.line().at() + "," + rule.line().asks())
            .append("," + did.userDays() + "," + did.warnings() + "," + did.judged())
            .append("," + did.hits() + "," + did.happened() + "," + did.told())
            .append("," + text(did.lead()) + "," + text(did.delay()))
            .append("," + did.quiet() + "," + did.alarmed() + "\n");
      }
      if (evaluation.calibration().isPresent()) {
        String svg =
            FitChart.svg(
                evaluation.ranking(),
                evaluation.calibration().get(),
                "recall",
                "predicted",
                "came true");
        files.add(new SourceFile(gauge.name() + ".svg", svg));
      }
    }
    files.add(new SourceFile("rules.csv", rules.toString()));
    return files;
  }

  private static String text(OptionalDouble value) {
    return value.isPresent() ? Double.toString(value.getAsDouble()) : "";
  }

  private static String quoted(String text) {
    boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
    return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }
}
