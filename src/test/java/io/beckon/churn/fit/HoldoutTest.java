// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.churn.History;
import io.beckon.churn.Nbd;
import io.beckon.churn.fit.ReturnFit.Family;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.SortedSet;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Who falls silent for 91 days: real buyers, told from what was known before. */
class HoldoutTest {
  private static final int HORIZON = 91;

  private static final class Users {
    final List<History> histories = new ArrayList<>();
    final List<Boolean> silent = new ArrayList<>();

    static Users at(Map<String, NavigableSet<Long>> log, long cutOff) {
      Users users = new Users();
      for (NavigableSet<Long> days : log.values()) {
        SortedSet<Long> known = days.headSet(cutOff + 1);
        if (!known.isEmpty()) {
          long first = known.first();
          users.histories.add(new History(known.size() - 1, known.last() - first, cutOff - first));
          users.silent.add(days.subSet(cutOff + 1, cutOff + 1 + HORIZON).isEmpty());
        }
      }
      return users;
    }

    /** Repeat buyers who bought within the last 90 days. */
    Users active() {
      Users active = new Users();
      for (int i = 0; i < histories.size(); i++) {
        History history = histories.get(i);
        if (history.repeats() > 0 && history.age() - history.lastAge() <= 90) {
          active.histories.add(history);
          active.silent.add(silent.get(i));
        }
      }
      return active;
    }

    double auc(ToDoubleFunction<History> risk) {
      double[] risks = histories.stream().mapToDouble(risk).toArray();
      boolean[] labels = new boolean[risks.length];
      for (int i = 0; i < labels.length; i++) {
        labels[i] = silent.get(i);
      }
      return Ranking.of(risks, labels).auc().orElseThrow();
    }
  }

  @Test
  void cdnow() throws IOException {
    long cutOff = LocalDate.of(1997, 9, 30).toEpochDay();
    Users users = Users.at(Logs.days("cdnow", "purchase"), cutOff);
    assertThat(users.histories).hasSize(2_357);
    ReturnFit fit = ReturnFit.of(Family.MBG_NBD, Histories.of(users.histories));
    assertThat(fit.degenerate()).isFalse();
    Users active = users.active();
    double all = users.auc(h -> -fit.model().probabilityOfReturn(h, HORIZON));
    double repeaters = active.auc(h -> -fit.model().probabilityOfReturn(h, HORIZON));
    double recency = active.auc(h -> h.age() - h.lastAge());
    assertThat(all).isGreaterThanOrEqualTo(.75);
    assertThat(repeaters).isGreaterThanOrEqualTo(.67).isGreaterThanOrEqualTo(recency + .05);
  }

  @Test
  void onlineRetailIsDegenerateAndServedAllTheSame() throws IOException {
    Map<String, NavigableSet<Long>> log = Logs.days("online_retail", "purchase");
    long last = log.values().stream().mapToLong(NavigableSet::last).max().orElseThrow();
    Users users = Users.at(log, last - HORIZON);
    for (Family family : Family.values()) {
      ReturnFit fit = ReturnFit.of(family, Histories.of(users.histories));
      double all = users.auc(h -> -fit.model().probabilityOfReturn(h, HORIZON));
      assertThat(fit.degenerate()).isTrue();
      assertThat(fit.model()).isInstanceOf(Nbd.class);
      assertThat(all).isGreaterThanOrEqualTo(.72);
    }
  }
}
