// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.BgNbd;
import io.beckon.churn.MbgNbd;
import io.beckon.churn.ReturnModel;
import io.beckon.churn.fit.Ranking;
import java.util.List;
import java.util.function.DoubleFunction;

/**
 * A fitted model of return as YAML: its parameters, in days, and where they come from. The same
 * input gives the same bytes.
 *
 * @param id names the model
 * @param version counts up with each fit that replaces another
 * @param asked the model that was asked for
 * @param event the types of events that count, for people
 * @param eventYaml the same, as a selector
 * @param files names of the files read
 */
record ReturnDocument(
    String id,
    int version,
    String asked,
    String event,
    String eventYaml,
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
    ModelDocument yaml =
        new ModelDocument(id, version, name(fitted.fit().model()), eventYaml, fitted.horizonDays());
    String parameters = parameters(fitted.fit().model(), Double::toString);
    yaml.line("parameters: {" + parameters + "}   # alpha in days");
    yaml.line("prior_gap: " + Durations.format(fitted.priorGapMs()));
    yaml.line("provenance:");
    yaml.line("  asked: " + asked);
    yaml.line("  degenerate: " + fitted.fit().degenerate());
    yaml.data(files, log);
    yaml.line("  cut_off: " + ModelDocument.date(fitted.cutOff()));
    yaml.line("  users: " + fitted.histories().users());
    yaml.line("  repeaters: " + fitted.histories().repeaters());
    yaml.line("  log_likelihood: " + ModelDocument.digits(fitted.fit().lnLikelihood(), 4));
    yaml.line("  holdout:");
    yaml.line("    users: " + ranking.users());
    yaml.line("    silent: " + ranking.silentUsers());
    yaml.judged(ranking, fitted.holdout().interval());
    return yaml.yaml();
  }
}
