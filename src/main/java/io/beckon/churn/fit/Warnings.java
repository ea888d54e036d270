// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a rule that warns past a line would have done, seen at the close of each date.
 *
 * <p>It warns on a date on which the value is past the line and was not on the date before. What is
 * told beforehand either happens on a date, or is that a silence has lasted for the horizon. It was
 * told if the value was past the line on one of the dates of the horizon before. A window of as
 * many dates is quiet if it happens neither in it nor in as many dates after it.
 *
 * @param userDays on which users were looked at
 * @param warnings how many
 * @param judged those of which the horizon is in the log
 * @param hits those of these after which it came true within the horizon
 * @param happened how often it happened to somebody who was looked at before
 * @param told how often that was told
 * @param lead the median of the days from the first date past the line to when it happens
 * @param delay the median of the days from the last event to a warning
 * @param quiet how many quiet windows
 * @param alarmed those of these with the value past the line on some date
 */
public record Warnings(
    long userDays,
    long warnings,
    long judged,
    long hits,
    long happened,
    long told,
    OptionalDouble lead,
    OptionalDouble delay,
    long quiet,
    long alarmed) {

  /**
   * Whom a rule is tried on.
   *
   * @param horizonDays the dates that count
   * @param bySilence whether it is silence that is told
   * @param lastDate of the log
   */
  public record Terms(int horizonDays, boolean bySilence, long lastDate) {
    /** Refuses a horizon of nothing. */
    public Terms {
      if (horizonDays < 1) {
        throw new IllegalArgumentException("a horizon of " + horizonDays + " days");
      }
    }
  }

  /** The values of one user, at the close of each date on which they are looked at. */
  public static final class Course {
    private final Timeline user;
    private final long[] dates;
    private final double[] risks;

    /**
     * Of a user.
     *
     * @param dates ascending
     * @param risks at the close of each, higher for more risk; neither is copied
     */
    public Course(Timeline user, long[] dates, double[] risks) {
      if (dates.length != risks.length) {
        throw new IllegalArgumentException(dates.length + " dates, " + risks.length + " risks");
      }
      this.user = user;
      this.dates = dates;
      this.risks = risks;
    }

    /** Whose it is. */
    public Timeline user() {
      return user;
    }

    /** On how many dates the user is looked at. */
    public int size() {
      return dates.length;
    }

    /** The i-th date. */
    public long date(int i) {
      return dates[i];
    }

    /** The value on it. */
    public double risk(int i) {
      return risks[i];
    }

    /**
     * Without the dates on which it is too late to warn: those on which the silence that is to be
     * told has come to pass already.
     */
    public Course inTime(Terms terms) {
      if (!terms.bySilence()) {
        return this;
      }
      long[] some = new long[dates.length];
      double[] theirs = new double[dates.length];
      int count = 0;
      for (int i = 0; i < dates.length; i++) {
        long last = user.activeDate(user.activeUntil(dates[i]) - 1);
        if (dates[i] - last < terms.horizonDays()) {
          some[count] = dates[i];
          theirs[count++] = risks[i];
        }
      }
      return new Course(user, Arrays.copyOf(some, count), Arrays.copyOf(theirs, count));
    }
  }

  /**
   * On which dates it happens to a user who was looked at: of a silence, the date on which it has
   * lasted for the horizon.
   */
  private static long[] happens(Timeline user, Terms terms) {
    if (!terms.bySilence()) {
      return user.happened();
    }
    long[] found = new long[user.activeDates()];
    int count = 0;
    for (int i = 0; i < found.length; i++) {
      long until = user.activeDate(i) + terms.horizonDays();
      long next = i + 1 < found.length ? user.activeDate(i + 1) : Long.MAX_VALUE;
      if (next > until && until <= terms.lastDate()) {
        found[count++] = until;
      }
    }
    return Arrays.copyOf(found, count);
  }

  /** The highest risk in each quiet window of a user. */
  public static List<Double> quietPeaks(Course course, Terms terms) {
    long[] happens = happens(course.user(), terms);
    List<Double> peaks = new ArrayList<>();
    int i = 0;
    while (i < course.size()) {
      long from = course.date(i);
      long until = from + terms.horizonDays();
      double peak = Double.NEGATIVE_INFINITY;
      while (i < course.size() && course.date(i) < until) {
        peak = Math.max(peak, course.risk(i++));
      }
      long calm = until + terms.horizonDays() - 1;
      if (calm <= terms.lastDate() && within(happens, from, calm) == 0) {
        peaks.add(peak);
      }
    }
    return peaks;
  }

  private static int within(long[] sorted, long from, long to) {
    return place(sorted, to + 1) - place(sorted, from);
  }

  /** How many are below. */
  private static int place(long[] sorted, long below) {
    int found = Arrays.binarySearch(sorted, below);
    return found < 0 ? -found - 1 : found;
  }

  /** Adds up what one rule does to users. */
  public static final class Counter {
    private final Terms terms;
    private final double line;
    private final boolean orEqual;
    private final List<Double> leads = new ArrayList<>();
    private final List<Double> delays = new ArrayList<>();
    private long userDays;
    private long judged;
    private long hits;
    private long happened;
    private long quiet;
    private long alarmed;

    /**
     * Of nobody yet.
     *
     * @param line risks above it are past it
     * @param orEqual whether the line itself is past it, too
     */
    public Counter(Terms terms, double line, boolean orEqual) {
      this.terms = terms;
      this.line = line;
      this.orEqual = orEqual;
    }

    private boolean isPast(double risk) {
      return orEqual ? risk >= line : risk > line;
    }

    /** Adds a user. */
    public void add(Course course) {
      userDays += course.size();
      for (int i = 0; i < course.size(); i++) {
        boolean past = isPast(course.risk(i));
        boolean before =
            i > 0 && course.date(i - 1) == course.date(i) - 1 && isPast(course.risk(i - 1));
        if (past && !before) {
          warn(course.user(), course.date(i));
        }
      }
      for (long date : happens(course.user(), terms)) {
        happen(course, date);
      }
      for (double peak : quietPeaks(course, terms)) {
        quiet++;
        alarmed += isPast(peak) ? 1 : 0;
      }
    }

    private void warn(Timeline user, long date) {
      delays.add((double) (date - user.activeDate(user.activeUntil(date) - 1)));
      if (date + terms.horizonDays() <= terms.lastDate()) {
        judged++;
        boolean hit =
            terms.bySilence()
                ? user.silentAfter(date, terms.horizonDays())
                : user.happensAfter(date, terms.horizonDays());
        hits += hit ? 1 : 0;
      }
    }

    private void happen(Course course, long date) {
      int from = place(course.dates, date - terms.horizonDays());
      int to = place(course.dates, date);
      if (from == to) {
        return;
      }
      happened++;
      for (int i = from; i < to; i++) {
        if (isPast(course.risk(i))) {
          leads.add((double) (date - course.date(i)));
          return;
        }
      }
    }

    /** What it comes to. */
    public Warnings result() {
      return new Warnings(
          userDays,
          delays.size(),
          judged,
          hits,
          happened,
          leads.size(),
          median(leads),
          median(delays),
          quiet,
          alarmed);
    }

    private static OptionalDouble median(List<Double> values) {
      if (values.isEmpty()) {
        return OptionalDouble.empty();
      }
      double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      int middle = sorted.length / 2;
      return OptionalDouble.of(
          sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2);
    }
  }
}
