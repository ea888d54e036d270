// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.calendar;

import java.time.LocalDate;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When users are left in peace: windows of the time that the user's clock shows, and holidays,
 * which are whole dates of the user. Immutable.
 *
 * <p>What counts is the clock on the user's wall. A time that clocks skip is quiet for nobody; one
 * that they show twice is quiet both times. While a change of zone is under way the clock is the
 * one that the {@link UserCalendar} tells.
 */
public final class QuietHours {
  /** The minutes of a day. */
  public static final int DAY_MINUTES = 1_440;

  private static final long DAY_MS = Durations.DAY_MS;
  private static final int MINUTE_MS = 60_000;

  /** How far ahead {@link #quietFrom} looks. */
  private static final long FAR_MS = 400 * DAY_MS;

  private static final long MOST_DAY = LocalDate.of(9999, 12, 31).toEpochDay();

  private final List<Window> windows;
  private final List<Holiday> holidays;

  // What is quiet of a day, in milliseconds of it: sorted, apart from each other.
  private final int[] froms;
  private final int[] tos;

  // The same of the dates.
  private final long[] firstDays;
  private final long[] lastDays;

  /**
   * What is quiet of every day: from {@code fromMinute} to before {@code toMinute}, past midnight
   * if that is the lesser one.
   *
   * @param fromMinute of the day, 0 to 1440
   * @param toMinute of the day, 0 to 1440, another one
   */
  public record Window(int fromMinute, int toMinute) {
    /** Refuses what is not of a day, or has no length. */
    public Window {
      if (fromMinute < 0 || fromMinute > DAY_MINUTES || toMinute < 0 || toMinute > DAY_MINUTES) {
        throw new IllegalArgumentException("not minutes of a day");
      }
      if (fromMinute == toMinute) {
        throw new IllegalArgumentException("a window without length");
      }
    }

    private boolean has(int minute) {
      return fromMinute < toMinute
          ? minute >= fromMinute && minute < toMinute
          : minute >= fromMinute || minute < toMinute;
    }

    /** As authors write it: {@code 22:00-08:00}. */
    @Override
    public String toString() {
      return time(fromMinute) + "-" + time(toMinute);
    }

    private static String time(int minute) {
      return "" + minute / 600 + minute / 60 % 10 + ":" + minute % 60 / 10 + minute % 10;
    }
  }

  /**
   * Dates that are quiet, the first and the last included.
   *
   * @param firstDay an epoch day
   * @param lastDay an epoch day, not before the first, at most that of 9999-12-31
   */
  public record Holiday(long firstDay, long lastDay) {
    /** Refuses what ends before it begins. */
    public Holiday {
      if (firstDay > lastDay || firstDay < -MOST_DAY || lastDay > MOST_DAY) {
        throw new IllegalArgumentException("not dates from a first to a last one");
      }
    }

    /** {@code 2027-02-05/2027-02-12}. */
    @Override
    public String toString() {
      return LocalDate.ofEpochDay(firstDay) + "/" + LocalDate.ofEpochDay(lastDay);
    }
  }

  private QuietHours(List<Window> windows, List<Holiday> holidays) {
    this.windows = List.copyOf(windows);
    this.holidays = List.copyOf(holidays);
    boolean[] quiet = new boolean[DAY_MINUTES];
    for (int minute = 0; minute < DAY_MINUTES; minute++) {
      for (Window window : windows) {
        quiet[minute] |= window.has(minute);
      }
    }
    int[] begins = new int[DAY_MINUTES];
    int[] ends = new int[DAY_MINUTES];
    int n = 0;
    for (int minute = 0; minute < DAY_MINUTES; minute++) {
      if (!quiet[minute]) {
        continue;
      }
      if (n == 0 || ends[n - 1] < minute * MINUTE_MS) {
        begins[n++] = minute * MINUTE_MS;
      }
      ends[n - 1] = (minute + 1) * MINUTE_MS;
    }
    if (n == 1 && ends[0] - begins[0] == DAY_MS) {
      throw new IllegalArgumentException("no minute is left open");
    }
    this.froms = Arrays.copyOf(begins, n);
    this.tos = Arrays.copyOf(ends, n);
    long[] firsts = new long[holidays.size()];
    long[] lasts = new long[holidays.size()];
    int m = 0;
    for (Holiday each :
        holidays.stream().sorted(Comparator.comparingLong(Holiday::firstDay)).toList()) {
      if (m == 0 || lasts[m - 1] + 1 < each.firstDay()) {
        firsts[m++] = each.firstDay();
        lasts[m - 1] = each.lastDay();
      } else {
        lasts[m - 1] = Math.max(lasts[m - 1], each.lastDay());
      }
    }
    this.firstDays = Arrays.copyOf(firsts, m);
    this.lastDays = Arrays.copyOf(lasts, m);
  }

  /**
   * The quiet hours of these windows and holidays, which may overlap and adjoin.
   *
   * @throws IllegalArgumentException if the windows leave no minute of the day open
   */
  public static QuietHours of(List<Window> windows, List<Holiday> holidays) {
    return new QuietHours(Objects.requireNonNull(windows), Objects.requireNonNull(holidays));
  }

  /** Whether it is quiet for the user at {@code timeMs}, epoch milliseconds. */
  public boolean isQuiet(UserCalendar calendar, long timeMs) {
    return (froms.length > 0 && windowAt(timeOfDay(calendar, timeMs)) >= 0)
        || (firstDays.length > 0 && holidayAt(calendar.dateAt(timeMs)) >= 0);
  }

  /**
   * The window or the holiday that is why it is quiet at {@code timeMs}, the first of the author's
   * order, holidays before windows; empty if it is not.
   */
  public Optional<String> nameAt(UserCalendar calendar, long timeMs) {
    long date = calendar.dateAt(timeMs);
    for (Holiday each : holidays) {
      if (date >= each.firstDay() && date <= each.lastDay()) {
        return Optional.of(each.toString());
      }
    }
    int minute = timeOfDay(calendar, timeMs) / MINUTE_MS;
    for (Window each : windows) {
      if (each.has(minute)) {
        return Optional.of(each.toString());
      }
    }
    return Optional.empty();
  }

  /** The first instant from {@code timeMs} on at which it is not quiet for the user. */
  public long openFrom(UserCalendar calendar, long timeMs) {
    long atMs = timeMs;
    while (true) {
      if (firstDays.length > 0) {
        int holiday = holidayAt(calendar.dateAt(atMs));
        if (holiday >= 0) {
          // Dates never go back: it is quiet until the last of them has ended.
          atMs = calendar.endOf(lastDays[holiday]);
          continue;
        }
      }
      if (froms.length == 0) {
        return atMs;
      }
      int inDay = timeOfDay(calendar, atMs);
      int window = windowAt(inDay);
      if (window < 0) {
        return atMs;
      }
      // As long as the clock just goes on, the window ends so much later.
      atMs = Math.min(atMs + tos[window] - inDay, calendar.changeAfter(atMs));
    }
  }

  /**
   * The first instant from {@code timeMs} on at which it is quiet for the user, or {@code
   * Long.MAX_VALUE} if that is more than 400 times 24 hours away.
   */
  public long quietFrom(UserCalendar calendar, long timeMs) {
    long atMs = timeMs;
    while (atMs <= timeMs + FAR_MS) {
      if (isQuiet(calendar, atMs)) {
        return atMs;
      }
      long nextMs = Long.MAX_VALUE;
      if (firstDays.length > 0) {
        int coming = holidayAfter(calendar.dateAt(atMs));
        if (coming < firstDays.length) {
          nextMs = calendar.endOf(firstDays[coming] - 1);
        }
      }
      if (froms.length > 0) {
        int inDay = timeOfDay(calendar, atMs);
        nextMs = Math.min(nextMs, atMs + nextBegin(inDay) - inDay);
        nextMs = Math.min(nextMs, calendar.changeAfter(atMs));
      }
      atMs = nextMs;
    }
    return Long.MAX_VALUE;
  }

  private static int timeOfDay(UserCalendar calendar, long timeMs) {
    return (int) Math.floorMod(calendar.localMs(timeMs), DAY_MS);
  }

  /** The place of what is quiet at this millisecond of the day, or -1. */
  private int windowAt(int inDay) {
    for (int i = 0; i < froms.length && froms[i] <= inDay; i++) {
      if (inDay < tos[i]) {
        return i;
      }
    }
    return -1;
  }

  /**
   * When the next window begins, of the next day if none does today; it is open at {@code inDay}.
   */
  private int nextBegin(int inDay) {
    for (int from : froms) {
      if (from > inDay) {
        return from;
      }
    }
    return froms[0] + (int) DAY_MS;
  }

  /** The place of the holiday that has this date, or -1. */
  private int holidayAt(long day) {
    int at = holidayAfter(day) - 1;
    return at >= 0 && day <= lastDays[at] ? at : -1;
  }

  /** The place of the first holiday that begins after this date. */
  private int holidayAfter(long day) {
    int at = 0;
    while (at < firstDays.length && firstDays[at] <= day) {
      at++;
    }
    return at;
  }

  /** Two are equal if the same windows and holidays were written. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof QuietHours that
        && that.windows.equals(windows)
        && that.holidays.equals(holidays);
  }

  @Override
  public int hashCode() {
    return Objects.hash(windows, holidays);
  }

  /** The windows and holidays as written. */
  @Override
  public String toString() {
    return windows + " " + holidays;
  }
}
