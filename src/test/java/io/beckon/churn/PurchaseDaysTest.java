// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PurchaseDaysTest {
  @Test
  void oneDayCountsOnce() {
    PurchaseDays days = PurchaseDays.of(100).with(100).with(103).with(103).with(100);
    assertThat(days).isEqualTo(new PurchaseDays(100, 103, 2, 0b1001));
    assertThat(days.repeats()).isEqualTo(1);
  }

  @Test
  void daysLongGoneStayCounted() {
    PurchaseDays days = PurchaseDays.of(100).with(1_000).with(1_064).with(5_000);
    assertThat(days).isEqualTo(new PurchaseDays(100, 5_000, 4, 1));
    assertThat(days.with(50)).as("a day before all").isEqualTo(new PurchaseDays(50, 5_000, 5, 1));
    assertThat(days.with(1_000)).as("a day that is no longer told apart").isEqualTo(days);
  }

  @Test
  void anyOrderWithinWhatIsToldApartAndAnyCopiesGiveTheSame() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      long base = random.nextInt(40_000) - 20_000L;
      int lateness = random.nextInt(PurchaseDays.REMEMBERED);
      List<long[]> arrivals = new ArrayList<>();
      TreeSet<Long> truth = new TreeSet<>();
      long day = base;
      for (int i = random.nextInt(40); i >= 0; i--) {
        day += random.nextInt(1 + random.nextInt(40));
        truth.add(day);
        for (int copies = random.nextInt(3); copies >= 0; copies--) {
          arrivals.add(new long[] {day + random.nextInt(lateness + 1), day});
        }
      }
      Collections.shuffle(arrivals, random);
      arrivals.sort((p, q) -> Long.compare(p[0], q[0]));
      PurchaseDays days = PurchaseDays.of(arrivals.get(0)[1]);
      for (long[] arrival : arrivals) {
        days = days.with(arrival[1]);
      }
      assertThat(days).as("seed %s", seed).isEqualTo(of(truth));
    }
  }

  @Test
  void partsOfAHistoryMakeTheWhole() {
    for (int seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      TreeSet<Long> truth = new TreeSet<>();
      long day = random.nextInt(10_000);
      for (int i = 1 + random.nextInt(60); i >= 0; i--) {
        day += 1 + random.nextInt(1 + random.nextInt(30));
        truth.add(day);
      }
      // One after the other, sharing at most what is told apart.
      List<Long> all = new ArrayList<>(truth);
      int cut = 1 + random.nextInt(all.size() - 1);
      TreeSet<Long> early = new TreeSet<>(all.subList(0, cut));
      TreeSet<Long> late = new TreeSet<>(all.subList(cut, all.size()));
      for (Long shared : early.tailSet(early.last() - 63)) {
        if (shared >= late.last() - 63 && random.nextBoolean()) {
          late.add(shared);
        }
      }
      PurchaseDays one = of(early).merge(of(late));
      assertThat(one).as("seed %s", seed).isEqualTo(of(truth));
      assertThat(of(late).merge(of(early))).as("seed %s, turned", seed).isEqualTo(one);
      assertThat(one.merge(one)).as("seed %s, twice", seed).isEqualTo(one);
    }
  }

  @Test
  void agesCountInDays() {
    PurchaseDays days = PurchaseDays.of(10).with(14);
    assertThat(days.at(20L * 86_400_000 + 43_200_000)).isEqualTo(new History(1, 4, 9.5));
    assertThat(days.at(0))
        .as("as long as the last day is not over")
        .isEqualTo(new History(1, 4, 4));
  }

  @Test
  void whatCannotBeIsRefused() {
    assertThatThrownBy(() -> new PurchaseDays(5, 4, 1, 1)).hasMessageContaining("5 to 4");
    assertThatThrownBy(() -> new PurchaseDays(4, 5, 3, 1)).hasMessageContaining("3 days");
    assertThatThrownBy(() -> new PurchaseDays(4, 5, 2, 2)).hasMessageContaining("2 days");
    assertThatThrownBy(() -> new History(1, 4, 3)).hasMessageContaining("T=3.0");
    assertThatThrownBy(() -> new History(0, 4, 5)).hasMessageContaining("no repeats");
  }

  private static PurchaseDays of(SortedSet<Long> truth) {
    long recent = 0;
    for (Long day : truth.tailSet(truth.last() - 63)) {
      recent |= 1L << (truth.last() - day);
    }
    return new PurchaseDays(truth.first(), truth.last(), truth.size(), recent);
  }
}
