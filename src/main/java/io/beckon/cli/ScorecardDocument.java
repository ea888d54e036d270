// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.Billing;
import io.beckon.churn.Scorecard;
import io.beckon.churn.Term;
import io.beckon.churn.fit.Calibration;
import io.beckon.churn.fit.Examples;
import io.beckon.churn.fit.Ranking;
import io.beckon.churn.fit.ScorecardFit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;

/** A fitted scorecard as YAML, and what it was worth. */
final class ScorecardDocument {
  private static final int ROUNDS = 1_000;

  /** Larger samples vary less, and take longer. */
  private static final int MANY_ROWS = 100_000;

  private static final int ROUNDS_OF_MANY = 100;
  private static final int GROUPS = 10;

  private final String id;
  private final int version;
  private final ScorecardRun run;
  private final FitLog log;
  private final Optional<Billing> billing;
  private final OptionalLong split;
  private final int everyUser;
  private final long priorGapMs;
  private final ScorecardFit fit;
  private final Ranking ranking;
  private final Optional<Ranking.Interval> interval;
  private final Calibration calibration;

  ScorecardDocument(
      String id,
      int version,
      ScorecardRun run,
      FitLog log,
      Optional<Billing> billing,
      OptionalLong split,
      int everyUser,
      long priorGapMs,
      ScorecardFit fit) {
    this.id = id;
    this.version = version;
    this.run = run;
    this.log = log;
    this.billing = billing;
    this.split = split;
    this.everyUser = everyUser;
    this.priorGapMs = priorGapMs;
    this.fit = fit;
    Examples judged = fit.judged();
    double[] probabilities =
        fit.probabilities().stream().mapToDouble(Double::doubleValue).toArray();
    this.ranking = Ranking.of(probabilities, judged.labels());
    this.interval = interval(ranking, judged.users(), run.options().seed());
    this.calibration = Calibration.of(probabilities, judged.labels(), GROUPS);
  }

  /** The interval of a ranking of rows; empty if all came to the same. */
  static Optional<Ranking.Interval> interval(Ranking ranking, int[] users, long seed) {
    int rounds = users.length > MANY_ROWS ? ROUNDS_OF_MANY : ROUNDS;
    return ranking.auc().isPresent()
        ? Optional.of(ranking.aucInterval(rounds, seed, users))
        : Optional.empty();
  }

  String id() {
    return id;
  }

  int version() {
    return version;
  }

  ScorecardRun run() {
    return run;
  }

  FitLog log() {
    return log;
  }

  OptionalLong split() {
    return split;
  }

  /** Every how many users are looked at. */
  int everyUser() {
    return everyUser;
  }

  long priorGapMs() {
    return priorGapMs;
  }

  ScorecardFit fit() {
    return fit;
  }

  Ranking ranking() {
    return ranking;
  }

  Optional<Ranking.Interval> interval() {
    return interval;
  }

  Calibration calibration() {
    return calibration;
  }

  /** How well one of the numbers alone ranks what is judged. */
  OptionalDouble alone(ToDoubleFunction<double[]> risk) {
    Examples judged = fit.judged();
    double[] risks = new double[judged.size()];
    for (int i = 0; i < risks.length; i++) {
      risks[i] = risk.applyAsDouble(judged.row(i));
    }
    return Ranking.of(risks, judged.labels()).auc();
  }

  String svg() {
    String told = run.label().isEmpty() ? "silent" : String.join(" or ", run.label());
    return FitChart.svg(ranking, calibration, "recall of: " + told, "predicted", "came true");
  }

  String yaml() {
    boolean renewal = run.leadDays().isPresent();
    String model = renewal ? "renewal-risk" : "scorecard";
    ModelDocument yaml =
        new ModelDocument(id, version, model, run.options().eventYaml(), run.horizonDays());
    if (renewal) {
      yaml.line("lead: " + run.leadDays().getAsInt() + "d");
    }
    if (billing.isPresent()) {
      yaml.line(
          "subscription: {starts: "
              + types(run.subscription().starts())
              + ", ends: "
              + types(run.subscription().ends())
              + ", first: "
              + billing.get().firstDays()
              + "d, every: "
              + billing.get().everyDays()
              + "d}");
    }
    Scorecard scorecard = fit.scorecard();
    yaml.line("prior_gap: " + Durations.format(priorGapMs));
    yaml.line("prior_weight: " + scorecard.background().priorWeight());
    yaml.line(
        "parameters: {intercept: "
            + scorecard.intercept()
            + ", slope: "
            + scorecard.slope()
            + ", offset: "
            + scorecard.offset()
            + "}");
    yaml.line("features:");
    for (Term term : scorecard.terms()) {
      yaml.line("  - " + ScorecardTerms.yaml(term));
    }
    yaml.line("provenance:");
    yaml.line("  asked: " + model);
    yaml.line("  label: " + (run.label().isEmpty() ? "silence" : String.join(" ", run.label())));
    yaml.data(run.options().fileNames(), log);
    if (split.isPresent()) {
      yaml.line("  split: " + ModelDocument.date(split.getAsLong()));
    } else {
      yaml.line("  folds: " + run.learning().folds());
    }
    if (!renewal) {
      yaml.line("  every: " + run.everyDays() + "d");
    }
    yaml.line("  active: " + run.activeDays() + "d");
    yaml.line("  penalty: " + run.learning().penalty());
    if (!fit.dropped().isEmpty()) {
      List<String> dropped =
          fit.dropped().stream()
              .map(term -> ModelDocument.quoted(ScorecardTerms.words(term)))
              .toList();
      yaml.line("  dropped: [" + String.join(", ", dropped) + "]");
    }
    yaml.line("  users: " + fit.training().distinctUsers());
    yaml.line("  rows: " + fit.training().size());
    yaml.line("  positives: " + fit.training().positives());
    yaml.line("  log_likelihood: " + ModelDocument.digits(fit.lnLikelihood(), 4));
    yaml.line("  holdout:");
    yaml.line("    users: " + fit.judged().distinctUsers());
    yaml.line("    rows: " + fit.judged().size());
    yaml.line("    positives: " + fit.judged().positives());
    yaml.judged(ranking, interval);
    yaml.line("    log_loss: " + ModelDocument.digits(fit.logLoss(), 4));
    return yaml.yaml();
  }

  private static String types(List<String> names) {
    return names.size() == 1 ? names.get(0) : "{events: [" + String.join(", ", names) + "]}";
  }
}
