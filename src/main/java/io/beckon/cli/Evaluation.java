// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.churn.fit.Calibration;
import io.beckon.churn.fit.Ranking;
import io.beckon.churn.fit.Timeline;
import io.beckon.churn.fit.Warnings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What one model or measure is worth on a log: how it ranks, and what rules on it would have done.
 *
 * @param rows what was asked of users, and what came of it
 * @param ranking of the rows
 * @param interval of its area; empty if all rows came to the same
 * @param calibration of the rows, if it is a probability
 * @param rules what lines would have done
 * @param everyUser every how many users are looked at
 */
record Evaluation(
    Gauge gauge,
    List<Row> rows,
    Ranking ranking,
    Optional<Ranking.Interval> interval,
    Optional<Calibration> calibration,
    List<Rule> rules,
    int everyUser) {
  Evaluation {
    rows = List.copyOf(rows);
    rules = List.copyOf(rules);
  }

  private static final int GROUPS = 10;

  /** The shares of quiet windows that lines are chosen for. */
  private static final double[] BUDGETS = {.05, .1, .2};

  /** So many days of users are gone through at most; of larger logs every second user, or third. */
  private static final long MOST_DAYS = 20_000_000;

  /** One user on one date. */
  record Row(String user, int number, long date, double silentDays, boolean label, double value) {}

  /** A line, and what it would have done. */
  record Rule(Gauge.Line line, Warnings warnings) {}

  /**
   * How users are looked at.
   *
   * @param from the first date
   * @param everyDays how often rows are asked for
   * @param activeDays users without an event for longer are not looked at
   */
  record Looks(long from, int everyDays, int activeDays, Warnings.Terms terms, long seed) {}

  static Evaluation of(Gauge gauge, FitLog log, Looks looks, Progress progress) {
    List<Timeline> users = log.users();
    List<String> names = log.names();
    int step = step(users, looks);
    List<Row> rows = new ArrayList<>();
    List<Double> peaks = new ArrayList<>();
    for (int i = 0; i < users.size(); i += step) {
      progress.working(gauge.name(), i, 2L * users.size());
      Warnings.Course course = course(gauge, users.get(i), log, looks);
      rows(gauge, course, names.get(i), i, looks, rows);
      peaks.addAll(Warnings.quietPeaks(course.inTime(looks.terms()), looks.terms()));
    }
    List<Gauge.Line> lines = lines(gauge, peaks);
    List<Warnings.Counter> counters = new ArrayList<>();
    for (Gauge.Line line : lines) {
      counters.add(new Warnings.Counter(looks.terms(), gauge.risk(line.at()), line.orEqual()));
    }
    for (int i = 0; i < users.size(); i += step) {
      progress.working(gauge.name(), users.size() + i, 2L * users.size());
      Warnings.Course course = course(gauge, users.get(i), log, looks).inTime(looks.terms());
      counters.forEach(counter -> counter.add(course));
    }
    List<Rule> rules = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      rules.add(new Rule(lines.get(i), counters.get(i).result()));
    }
    double[] risks = rows.stream().mapToDouble(row -> gauge.risk(row.value())).toArray();
    boolean[] labels = new boolean[risks.length];
    int[] numbers = new int[risks.length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = rows.get(i).label();
      numbers[i] = rows.get(i).number();
    }
    Ranking ranking = Ranking.of(risks, labels);
    return new Evaluation(
        gauge,
        rows,
        ranking,
        ScorecardDocument.interval(ranking, numbers, looks.seed()),
        gauge.probability() ? Optional.of(calibration(gauge, rows)) : Optional.empty(),
        rules,
        step);
  }

  private static Calibration calibration(Gauge gauge, List<Row> rows) {
    double[] probabilities = new double[rows.size()];
    boolean[] labels = new boolean[rows.size()];
    for (int i = 0; i < labels.length; i++) {
      double value = rows.get(i).value();
      probabilities[i] = gauge.above() ? value : 1 - value;
      labels[i] = rows.get(i).label();
    }
    return Calibration.of(probabilities, labels, GROUPS);
  }

  private static int step(List<Timeline> users, Looks looks) {
    long days = 0;
    for (Timeline user : users) {
      if (user.activeDates() > 0) {
        long span = looks.terms().lastDate() - Math.max(looks.from(), user.activeDate(0)) + 1;
        days += Math.max(0, Math.min(span, user.activeDates() * (looks.activeDays() + 1L)));
      }
    }
    return (int) Math.max(1, (days + MOST_DAYS - 1) / MOST_DAYS);
  }

  /** The values of a user on every date on which there is one. */
  private static Warnings.Course course(Gauge gauge, Timeline user, FitLog log, Looks looks) {
    Gauge.Reader reader = gauge.kind().of(user);
    List<Long> dates = new ArrayList<>();
    List<Double> risks = new ArrayList<>();
    user.walk(
        looks.from(),
        looks.terms().lastDate(),
        1,
        looks.activeDays(),
        log::closeMs,
        (date, nowMs, activity) -> {
          double value = reader.at(date, nowMs, activity);
          if (!Double.isNaN(value)) {
            dates.add(date);
            risks.add(gauge.risk(value));
          }
        });
    return new Warnings.Course(
        user,
        dates.stream().mapToLong(Long::longValue).toArray(),
        risks.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private static void rows(
      Gauge gauge, Warnings.Course course, String name, int number, Looks looks, List<Row> rows) {
    Timeline user = course.user();
    Warnings.Terms terms = looks.terms();
    long to = terms.lastDate() - terms.horizonDays();
    for (int i = 0; i < course.size(); i++) {
      long date = course.date(i);
      if (date <= to && (to - date) % looks.everyDays() == 0) {
        long silent = date - user.activeDate(user.activeUntil(date) - 1);
        boolean label =
            terms.bySilence()
                ? user.silentAfter(date, terms.horizonDays())
                : user.happensAfter(date, terms.horizonDays());
        rows.add(new Row(name, number, date, silent, label, gauge.risk(course.risk(i))));
      }
    }
  }

  /** The lines asked for, and those that alarm so many of the quiet windows at most. */
  private static List<Gauge.Line> lines(Gauge gauge, List<Double> peaks) {
    List<Gauge.Line> lines = new ArrayList<>(gauge.lines());
    double[] sorted = peaks.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    for (double budget : BUDGETS) {
      if (sorted.length > 0) {
        // Strictly above this are at most so many.
        int at = sorted.length - 1 - (int) Math.floor(budget * sorted.length);
        double line = gauge.risk(sorted[Math.max(0, at)]);
        String asks = Math.round(budget * 100) + " % of quiet windows";
        lines.add(new Gauge.Line(line, false, asks));
      }
    }
    lines.sort((p, q) -> Double.compare(gauge.risk(q.at()), gauge.risk(p.at())));
    return lines;
  }

  /** The area by the days since the last event alone. */
  OptionalDouble recency() {
    double[] risks = rows.stream().mapToDouble(Row::silentDays).toArray();
    boolean[] labels = new boolean[risks.length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = rows.get(i).label();
    }
    return Ranking.of(risks, labels).auc();
  }

  /** How many users there are rows of. */
  long users() {
    return Arrays.stream(rows.stream().mapToInt(Row::number).toArray()).distinct().count();
  }
}
