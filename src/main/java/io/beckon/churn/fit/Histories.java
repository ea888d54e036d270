// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import io.beckon.churn.History;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Histories with how many users have them: a likelihood is worked out once for all of these. */
public final class Histories {
  private final List<History> distinct;
  private final long[] weights;
  private final long users;

  private Histories(List<History> distinct, long[] weights, long users) {
    this.distinct = distinct;
    this.weights = weights;
    this.users = users;
  }

  /** One history for each user, in any order. */
  public static Histories of(Collection<History> histories) {
    Map<History, Long> counts = new HashMap<>();
    for (History history : histories) {
      counts.merge(history, 1L, Long::sum);
    }
    // Sorted: sums of doubles depend on their order, and the users' must not matter.
    List<History> distinct = new ArrayList<>(counts.keySet());
    distinct.sort(Histories::compare);
    long[] weights = new long[distinct.size()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = counts.getOrDefault(distinct.get(i), 0L);
    }
    return new Histories(List.copyOf(distinct), weights, histories.size());
  }

  private static int compare(History p, History q) {
    int byRepeats = Long.compare(p.repeats(), q.repeats());
    int byLast = byRepeats != 0 ? byRepeats : Double.compare(p.lastAge(), q.lastAge());
    return byLast != 0 ? byLast : Double.compare(p.age(), q.age());
  }

  /** How many users. */
  public long users() {
    return users;
  }

  /** How many of them bought on more than one day. */
  public long repeaters() {
    long repeaters = 0;
    for (int i = 0; i < weights.length; i++) {
      repeaters += distinct.get(i).repeats() > 0 ? weights[i] : 0;
    }
    return repeaters;
  }

  /** How many histories differ. */
  public int size() {
    return distinct.size();
  }

  /** By repeats, age at the last, age. */
  public List<History> distinct() {
    return distinct;
  }

  /** How many users have the i-th history. */
  public long weight(int i) {
    return weights[i];
  }

  /** The mean age of the users. */
  public double meanAge() {
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += distinct.get(i).age() * weights[i];
    }
    return sum / users;
  }

  /**
   * The gap of everybody, as a prior for each one's own: the median, over the users with repeats,
   * of their mean gap t_x / x; 0 if there are none.
   */
  public double medianGap() {
    record Gap(double length, long users) {}
    List<Gap> gaps = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      History history = distinct.get(i);
      if (history.repeats() > 0) {
        gaps.add(new Gap(history.lastAge() / history.repeats(), weights[i]));
      }
    }
    gaps.sort((p, q) -> Double.compare(p.length(), q.length()));
    long half = (repeaters() + 1) / 2;
    for (Gap gap : gaps) {
      half -= gap.users();
      if (half <= 0) {
        return gap.length();
      }
    }
    return 0;
  }

  /** The same in another unit of time, of which {@code factor} make one of this. */
  Histories times(double factor) {
    List<History> scaled = distinct.stream().map(history -> history.times(factor)).toList();
    return new Histories(scaled, weights, users);
  }
}
