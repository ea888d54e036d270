// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Whether probabilities mean what they say: users in groups of about equal size, from the lowest
 * probability to the highest.
 */
public record Calibration(List<Group> groups) {
  public Calibration {
    groups = List.copyOf(groups);
  }

  /**
   * Users of about equal probability.
   *
   * @param users how many
   * @param predicted the mean of their probabilities
   * @param observed the share of them for whom it came true
   */
  public record Group(long users, double predicted, double observed) {}

  /**
   * Compares probabilities with what came true; equal ones stay together.
   *
   * @param most how many groups at most
   */
  public static Calibration of(double[] probabilities, boolean[] cameTrue, int most) {
    int[] order =
        IntStream.range(0, probabilities.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> probabilities[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    List<Group> groups = new ArrayList<>();
    int from = 0;
    for (int part = 1; part <= most; part++) {
      int to = (int) ((long) order.length * part / most);
      while (to > from
          && to < order.length
          && probabilities[order[to]] == probabilities[order[to - 1]]) {
        to++;
      }
      if (to <= from) {
        continue;
      }
      double sum = 0;
      long came = 0;
      for (int i = from; i < to; i++) {
        sum += probabilities[order[i]];
        came += cameTrue[order[i]] ? 1 : 0;
      }
      double users = to - from;
      groups.add(new Group(to - from, sum / users, came / users));
      from = to;
    }
    return new Calibration(groups);
  }
}
