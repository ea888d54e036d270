// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.BgNbd;
import io.beckon.churn.MbgNbd;
import io.beckon.churn.ReturnModel;
import io.beckon.churn.fit.Ranking;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.DoubleFunction;

/**
 * A fitted model as YAML: its parameters, in days, and where they come from. The same input gives
 * the same bytes.
 *
 * @param id names the model
 * @param version counts up with each fit that replaces another
 * @param asked the model that was asked for
 * @param event the type of events that count
 * @param files names of the files read
 */
record ModelDocument(
    String id,
    int version,
    String asked,
    String event,
    List<String> files,
    FitLog log,
    Fitted fitted) {

  /** What the model is called. */
  static String name(ReturnModel model) {
    if (model instanceof BgNbd) {
      return "bg-nbd";
    }
    return model instanceof MbgNbd ? "mbg-nbd" : "nbd";
  }

  /** The model's parameters, such as {@code r: 0.5, alpha: 43.2}. */
  static String parameters(ReturnModel model, DoubleFunction<String> number) {
    String rate = "r: " + number.apply(model.r()) + ", alpha: " + number.apply(model.alpha());
    if (model instanceof BgNbd bg) {
      return rate + ", a: " + number.apply(bg.a()) + ", b: " + number.apply(bg.b());
    }
    if (model instanceof MbgNbd mbg) {
      return rate + ", a: " + number.apply(mbg.a()) + ", b: " + number.apply(mbg.b());
    }
    return rate;
  }

  String yaml() {
    Ranking ranking = fitted.holdout().ranking();
    StringBuilder yaml = new StringBuilder();
    line(yaml, "apiVersion: beckon/v1");
    line(yaml, "kind: Model");
    line(yaml, "id: " + id);
    line(yaml, "version: " + version);
    line(yaml, "model: " + name(fitted.fit().model()));
    line(yaml, "event: " + event);
    line(yaml, "horizon: " + fitted.horizonDays() + "d");
    String parameters = parameters(fitted.fit().model(), Double::toString);
    line(yaml, "parameters: {" + parameters + "}   # alpha in days");
    line(yaml, "prior_gap: " + Durations.format(fitted.priorGapMs()));
    line(yaml, "provenance:");
    line(yaml, "  asked: " + asked);
    line(yaml, "  degenerate: " + fitted.fit().degenerate());
    line(yaml, "  data:");
    for (String file : files) {
      line(yaml, "    - " + quoted(file));
    }
    line(yaml, "  span: {from: " + date(log.firstDate()) + ", to: " + date(log.lastDate()) + "}");
    line(yaml, "  date: " + date(log.lastDate()));
    line(yaml, "  cut_off: " + date(fitted.cutOff()));
    line(yaml, "  users: " + fitted.histories().users());
    line(yaml, "  repeaters: " + fitted.histories().repeaters());
    line(yaml, "  log_likelihood: " + digits(fitted.fit().lnLikelihood(), 4));
    line(yaml, "  holdout:");
    line(yaml, "    users: " + ranking.users());
    line(yaml, "    silent: " + ranking.silentUsers());
    OptionalDouble auc = ranking.auc();
    if (auc.isPresent()) {
      Ranking.Interval interval = fitted.holdout().interval().orElseThrow();
      line(yaml, "    auc: " + digits(auc.getAsDouble(), 4));
      line(
          yaml,
          "    auc_interval: ["
              + digits(interval.low(), 4)
              + ", "
              + digits(interval.high(), 4)
              + "]");
      line(
          yaml,
          "    recall_at_10_percent_false_positives: "
              + digits(ranking.recallAt(Fitted.FALSE_POSITIVES), 4));
    }
    return yaml.toString();
  }

  private static void line(StringBuilder yaml, String line) {
    yaml.append(line).append('\n');
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  static String digits(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  static String date(long epochDay) {
    return LocalDate.ofEpochDay(epochDay).toString();
  }
}
