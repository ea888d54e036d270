// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.churn.Activity;
import io.beckon.churn.CadenceScore;
import io.beckon.churn.ChurnScore;
import io.beckon.churn.OwnCadence;
import io.beckon.churn.fit.Timeline;
import io.beckon.language.When;
import java.util.List;
import java.util.OptionalLong;

/**
 * What says how risky a user is: a model, or a measure that rules rest on.
 *
 * @param name of it, as a file may be called
 * @param words what it is, for people
 * @param above whether more of it is more risk
 * @param probability whether it is the probability of what is told, or of the contrary
 * @param log the number of the log whose users it is asked of
 * @param kind how a user's value comes about
 * @param lines that are asked for, with what asks
 */
record Gauge(
    String name,
    String words,
    boolean above,
    boolean probability,
    int log,
    Kind kind,
    List<Line> lines) {
  Gauge {
    lines = List.copyOf(lines);
  }

  /**
   * A line.
   *
   * @param orEqual whether the line itself is past it, too
   * @param asks who has it, for people
   */
  record Line(double at, boolean orEqual, String asks) {}

  /** How a user's value comes about. */
  @FunctionalInterface
  interface Kind {
    /** The values of one user, to be asked for date by date. */
    Reader of(Timeline user);
  }

  /** The values of one user. */
  @FunctionalInterface
  interface Reader {
    /** At the close of a date; NaN where there is none. Asked for at each active date. */
    double at(long date, long nowMs, Activity activity);
  }

  /** Higher for more risk. */
  double risk(double value) {
    return above ? value : -value;
  }

  /** Of a model. */
  static Kind of(ChurnScore score) {
    return user -> (date, nowMs, activity) -> score.at(activity, nowMs);
  }

  /** The days since the last event. */
  static Kind silence() {
    return user ->
        (date, nowMs, activity) -> (nowMs - activity.lastMs()) / (double) Durations.DAY_MS;
  }

  /** How many of the user's own gaps the silence has lasted. */
  static Kind ownGaps(double priorGapDays, double priorWeight) {
    return user ->
        (date, nowMs, activity) ->
            (nowMs - activity.lastMs())
                / (double) Durations.DAY_MS
                / activity.meanGapDays(priorGapDays, priorWeight);
  }

  /** The same, while a subscription runs. */
  static Kind whileSubscribed(Kind kind) {
    return user -> {
      Reader reader = kind.of(user);
      return (date, nowMs, activity) -> {
        double value = reader.at(date, nowMs, activity);
        return activity.isSubscribed() ? value : Double.NaN;
      };
    };
  }

  /** How much of a wait by own gap the silence has lasted; 1 when it is over. */
  static Kind wait(When.Wait.OwnGap gap) {
    ChurnScore score =
        new CadenceScore(
            new OwnCadence(
                gap.factor(),
                gap.priorGapMs() / (double) Durations.DAY_MS,
                gap.priorWeight(),
                gap.floorMs().orElse(0),
                gap.ceilingMs().orElse(Long.MAX_VALUE)));
    return user ->
        (date, nowMs, activity) ->
            activity.count() < gap.minEvents() ? Double.NaN : score.at(activity, nowMs);
  }

  /** Active days per day, fading. */
  static Kind level(long tauMs, OptionalLong minHistoryMs) {
    return user -> {
      Fading fading = new Fading(user, tauMs);
      return (date, nowMs, activity) -> {
        double level = fading.at(date, nowMs);
        boolean young = nowMs - user.firstMs(0) < minHistoryMs.orElse(0);
        return young ? Double.NaN : level;
      };
    };
  }

  /** The level of late over that of before. */
  static Kind drop(long shortMs, long longMs, double minLevel) {
    return user -> {
      Fading fast = new Fading(user, shortMs);
      Fading slow = new Fading(user, longMs);
      return (date, nowMs, activity) -> {
        double late = fast.at(date, nowMs);
        double before = slow.at(date, nowMs);
        return before < minLevel || before == 0 ? Double.NaN : late / before;
      };
    };
  }

  /** Active days per day, as the engine has them: each counts from its first event on. */
  private static final class Fading {
    private final Timeline user;
    private final long tauMs;
    private int taken;
    private double sum;
    private long markMs;

    Fading(Timeline user, long tauMs) {
      this.user = user;
      this.tauMs = tauMs;
    }

    double at(long date, long nowMs) {
      int until = user.activeUntil(date);
      for (; taken < until; taken++) {
        sum = left(user.firstMs(taken)) + 1;
        markMs = user.firstMs(taken);
      }
      return left(nowMs) / (tauMs / (double) Durations.DAY_MS);
    }

    private double left(long atMs) {
      return sum * StrictMath.exp(-(atMs - markMs) / (double) tauMs);
    }
  }
}
