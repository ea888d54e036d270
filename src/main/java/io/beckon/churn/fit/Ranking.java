// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** How well a score puts those who fell silent before those who did not. */
public final class Ranking {
  private static final double TAIL = .025;

  /** From the highest risk to the lowest: which group of equal risks each user is in. */
  private final int[] group;

  /** Which user is where in that. */
  private final int[] order;

  private final boolean[] silent;
  private final int groups;
  private final long silentUsers;

  private Ranking(int[] order, int[] group, boolean[] silent, int groups, long silentUsers) {
    this.order = order;
    this.group = group;
    this.silent = silent;
    this.groups = groups;
    this.silentUsers = silentUsers;
  }

  /**
   * A ranking of users.
   *
   * @param risks higher for whoever is more likely to fall silent; any scale
   * @param silent who did
   */
  public static Ranking of(double[] risks, boolean[] silent) {
    if (risks.length != silent.length) {
      throw new IllegalArgumentException(risks.length + " risks of " + silent.length + " users");
    }
    int[] order =
        IntStream.range(0, risks.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -risks[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    int[] group = new int[order.length];
    boolean[] sorted = new boolean[order.length];
    int groups = 0;
    long silentUsers = 0;
    for (int i = 0; i < order.length; i++) {
      if (i == 0 || risks[order[i]] != risks[order[i - 1]]) {
        groups++;
      }
      group[i] = groups - 1;
      sorted[i] = silent[order[i]];
      silentUsers += sorted[i] ? 1 : 0;
    }
    return new Ranking(order, group, sorted, groups, silentUsers);
  }

  /** How many users. */
  public long users() {
    return group.length;
  }

  /** How many of them fell silent. */
  public long silentUsers() {
    return silentUsers;
  }

  /**
   * The probability that of two users, one of whom fell silent, that one has the higher risk; ties
   * count half. Empty unless there are users of both kinds.
   */
  public OptionalDouble auc() {
    long[] with = new long[groups];
    long[] without = new long[groups];
    for (int i = 0; i < group.length; i++) {
      count(with, without, i);
    }
    return auc(with, without);
  }

  /** An interval. */
  public record Interval(double low, double high) {}

  /**
   * The 95 % interval of {@link #auc} by the bootstrap: the quantiles of what samples of as many
   * users, drawn with replacement, have. Only where {@link #auc} is not empty.
   *
   * @param rounds how many samples; above 0
   */
  public Interval aucInterval(int rounds, long seed) {
    Draws draws = new Draws(seed);
    double[] values = new double[rounds];
    int filled = 0;
    while (filled < rounds) {
      long[] with = new long[groups];
      long[] without = new long[groups];
      for (int i = 0; i < group.length; i++) {
        count(with, without, draws.below(group.length));
      }
      OptionalDouble auc = auc(with, without);
      if (auc.isPresent()) {
        values[filled++] = auc.getAsDouble();
      }
    }
    Arrays.sort(values);
    return new Interval(quantile(values, TAIL), quantile(values, 1 - TAIL));
  }

  /**
   * As {@link #aucInterval(int, long)}, for rows that are not each of a user of its own: samples
   * are drawn of users, each with all of their rows.
   *
   * @param users of each row, in the order of the risks; from 0 on
   */
  public Interval aucInterval(int rounds, long seed, int[] users) {
    int most = 0;
    for (int user : users) {
      most = Math.max(most, user);
    }
    boolean[] seen = new boolean[most + 1];
    int[] distinct = new int[users.length];
    int count = 0;
    for (int user : users) {
      if (!seen[user]) {
        seen[user] = true;
        distinct[count++] = user;
      }
    }
    Draws draws = new Draws(seed);
    double[] values = new double[rounds];
    int[] times = new int[most + 1];
    int filled = 0;
    while (filled < rounds) {
      Arrays.fill(times, 0);
      for (int i = 0; i < count; i++) {
        times[distinct[draws.below(count)]]++;
      }
      long[] with = new long[groups];
      long[] without = new long[groups];
      for (int i = 0; i < group.length; i++) {
        long[] kind = silent[i] ? with : without;
        kind[group[i]] += times[users[order[i]]];
      }
      OptionalDouble auc = auc(with, without);
      if (auc.isPresent()) {
        values[filled++] = auc.getAsDouble();
      }
    }
    Arrays.sort(values);
    return new Interval(quantile(values, TAIL), quantile(values, 1 - TAIL));
  }

  /**
   * A point of the ROC curve.
   *
   * @param falsePositives the share of those who did not fall silent that is at least as risky
   * @param recall the share of those who did
   */
  public record Point(double falsePositives, double recall) {}

  /** The ROC curve from (0, 0) to (1, 1); only where {@link #auc} is not empty. */
  public List<Point> curve() {
    List<Point> points = new ArrayList<>();
    points.add(new Point(0, 0));
    double others = users() - silentUsers;
    long hits = 0;
    long alarms = 0;
    for (int i = 0; i < group.length; i++) {
      hits += silent[i] ? 1 : 0;
      alarms += silent[i] ? 0 : 1;
      if (i + 1 == group.length || group[i + 1] != group[i]) {
        points.add(new Point(alarms / others, hits / (double) silentUsers));
      }
    }
    return points;
  }

  /**
   * The share of those who fell silent that is found if so large a share of the others is flagged
   * by mistake; between points of the curve as if ties were broken by chance.
   */
  public double recallAt(double falsePositives) {
    Point before = new Point(0, 0);
    for (Point point : curve()) {
      if (point.falsePositives() > falsePositives) {
        double way =
            (falsePositives - before.falsePositives())
                / (point.falsePositives() - before.falsePositives());
        return before.recall() + way * (point.recall() - before.recall());
      }
      before = point;
    }
    return before.recall();
  }

  private void count(long[] with, long[] without, int user) {
    if (silent[user]) {
      with[group[user]]++;
    } else {
      without[group[user]]++;
    }
  }

  private static OptionalDouble auc(long[] with, long[] without) {
    double above = 0;
    double won = 0;
    double others = 0;
    for (int g = 0; g < with.length; g++) {
      won += without[g] * (above + with[g] / 2.0);
      above += with[g];
      others += without[g];
    }
    return above == 0 || others == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(won / (above * others));
  }

  private static double quantile(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
