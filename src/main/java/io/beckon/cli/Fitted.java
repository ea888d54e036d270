// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.History;
import io.beckon.churn.ReturnModel;
import io.beckon.churn.fit.Calibration;
import io.beckon.churn.fit.Histories;
import io.beckon.churn.fit.Ranking;
import io.beckon.churn.fit.ReturnFit;
import io.beckon.churn.fit.Timeline;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * A fit and how well it told who falls silent: fitted to what was known at the end of the cut-off,
 * judged by the days after it.
 *
 * @param histories at the cut-off, in days
 * @param holdout of all users known then
 * @param active of those with repeats whose last day is within the horizon before the cut-off
 */
record Fitted(
    ReturnFit fit,
    Histories histories,
    long cutOff,
    int horizonDays,
    Holdout holdout,
    Holdout active) {

  private static final int ROUNDS = 1_000;

  /** Larger samples vary less, and take longer. */
  private static final int MANY_USERS = 100_000;

  private static final int ROUNDS_OF_MANY = 100;
  private static final int GROUPS = 10;

  /** The highest share of false positives that recall is told at. */
  static final double FALSE_POSITIVES = .1;

  /**
   * What came of some users.
   *
   * @param ranking by the model
   * @param interval of its area; empty if all users came to the same
   * @param recency the area by days since the last purchase alone
   * @param calibration of the probabilities to return
   */
  record Holdout(
      Ranking ranking,
      Optional<Ranking.Interval> interval,
      OptionalDouble recency,
      Calibration calibration) {}

  /** Fits and judges; refuses what no model can be fitted to, in the user's words. */
  static Fitted of(
      ReturnFit.Family family, List<Timeline> users, long cutOff, int horizonDays, long seed) {
    List<History> known = new ArrayList<>();
    List<Boolean> silent = new ArrayList<>();
    for (Timeline dates : users) {
      int count = dates.activeUntil(cutOff);
      if (count > 0) {
        long first = dates.activeDate(0);
        known.add(new History(count - 1, dates.activeDate(count - 1) - first, cutOff - first));
        silent.add(dates.activeUntil(cutOff + horizonDays) == count);
      }
    }
    Histories histories = Histories.of(known);
    ReturnFit fit = ReturnFit.of(family, histories);
    List<History> active = new ArrayList<>();
    List<Boolean> activeSilent = new ArrayList<>();
    for (int i = 0; i < known.size(); i++) {
      History history = known.get(i);
      if (history.repeats() > 0 && history.age() - history.lastAge() <= horizonDays) {
        active.add(history);
        activeSilent.add(silent.get(i));
      }
    }
    return new Fitted(
        fit,
        histories,
        cutOff,
        horizonDays,
        holdout(fit.model(), known, silent, horizonDays, seed),
        holdout(fit.model(), active, activeSilent, horizonDays, seed));
  }

  private static Holdout holdout(
      ReturnModel model, List<History> users, List<Boolean> labels, int horizonDays, long seed) {
    boolean[] silent = new boolean[labels.size()];
    boolean[] returned = new boolean[labels.size()];
    for (int i = 0; i < silent.length; i++) {
      silent[i] = labels.get(i);
      returned[i] = !silent[i];
    }
    double[] probabilities =
        users.stream().mapToDouble(h -> model.probabilityOfReturn(h, horizonDays)).toArray();
    Ranking ranking = ranking(users, silent, h -> -model.probabilityOfReturn(h, horizonDays));
    int rounds = silent.length > MANY_USERS ? ROUNDS_OF_MANY : ROUNDS;
    return new Holdout(
        ranking,
        ranking.auc().isPresent()
            ? Optional.of(ranking.aucInterval(rounds, seed))
            : Optional.empty(),
        ranking(users, silent, h -> h.age() - h.lastAge()).auc(),
        Calibration.of(probabilities, returned, GROUPS));
  }

  private static Ranking ranking(
      List<History> users, boolean[] silent, ToDoubleFunction<History> risk) {
    return Ranking.of(users.stream().mapToDouble(risk).toArray(), silent);
  }

  /** The gap to begin with in cadences and own gaps. */
  long priorGapMs() {
    return priorGapMs(histories);
  }

  /**
   * The gap to begin with in cadences and own gaps, from an hour to 400 days: to the day, or to the
   * hour below two days.
   */
  static long priorGapMs(Histories histories) {
    double days = histories.medianGap();
    if (days < 2) {
      return Math.max(Math.round(days * 24), 1) * 3_600_000;
    }
    return Math.min(Math.round(days), 400) * Durations.DAY_MS;
  }
}
