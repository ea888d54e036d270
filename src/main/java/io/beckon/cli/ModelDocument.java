// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.churn.fit.Ranking;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A model's YAML, line by line. The same input gives the same bytes. */
final class ModelDocument {
  private final StringBuilder yaml = new StringBuilder();

  /** Begins a model. */
  ModelDocument(String id, int version, String model, String event, int horizonDays) {
    line("apiVersion: beckon/v1");
    line("kind: Model");
    line("id: " + id);
    line("version: " + version);
    line("model: " + model);
    line("event: " + event);
    line("horizon: " + horizonDays + "d");
  }

  void line(String line) {
    yaml.append(line).append('\n');
  }

  /** Where the log comes from. */
  void data(List<String> files, FitLog log) {
    line("  data:");
    for (String file : files) {
      line("    - " + quoted(file));
    }
    line("  span: {from: " + date(log.firstDate()) + ", to: " + date(log.lastDate()) + "}");
    line("  date: " + date(log.lastDate()));
  }

  /** What a ranking was worth; {@code interval} is there if not all came to the same. */
  void judged(Ranking ranking, Optional<Ranking.Interval> interval) {
    if (interval.isPresent()) {
      line("    auc: " + digits(ranking.auc().orElseThrow(), 4));
      line(
          "    auc_interval: ["
              + digits(interval.get().low(), 4)
              + ", "
              + digits(interval.get().high(), 4)
              + "]");
      line(
          "    recall_at_10_percent_false_positives: "
              + digits(ranking.recallAt(Fitted.FALSE_POSITIVES), 4));
    }
  }

  String yaml() {
    return yaml.toString();
  }

  static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  static String digits(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  static String date(long epochDay) {
    return LocalDate.ofEpochDay(epochDay).toString();
  }
}
