// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import static io.beckon.churn.RandomScores.DAY_MS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ActivityTest {
  private static final Background BACKGROUND = new Background(10, 2, Optional.empty());

  @Test
  void featuresAreThoseOfAllDates() {
    for (int seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      TreeSet<Long> dates = new TreeSet<>(List.of(20_000L));
      for (int i = random.nextInt(80); i > 0; i--) {
        dates.add(dates.last() + 1 + random.nextInt(random.nextInt(20) == 0 ? 90 : 4));
      }
      Activity activity = Activity.of(dates.stream().mapToLong(date -> date).toArray());
      long silent = random.nextInt(40);
      // At the close of a date, what was known on that date.
      long at = (dates.last() + 1 + silent) * DAY_MS;
      long date = dates.last() + silent;
      double fast = 0;
      double slow = 0;
      for (long each : dates) {
        fast += Math.exp(-(date - each) / 7.0) / 7;
        slow += Math.exp(-(date - each) / 28.0) / 28;
      }
      String what = "seed " + seed;
      long span = dates.last() - dates.first();
      assertThat(activity.history(at))
          .as(what)
          .isEqualTo(new History(dates.size() - 1, span, date - dates.first()));
      assertThat(of(Feature.GAP, activity, at)).as(what).isEqualTo((double) silent);
      assertThat(of(Feature.AGE, activity, at)).as(what).isEqualTo((double) (date - dates.first()));
      assertThat(of(Feature.TENURE, activity, at))
          .as(what)
          .isEqualTo((double) (date - dates.first()));
      assertThat(of(Feature.LEVEL_7D, activity, at)).as(what).isCloseTo(fast, within(1e-12));
      assertThat(of(Feature.LEVEL_28D, activity, at)).as(what).isCloseTo(slow, within(1e-12));
      assertThat(of(Feature.ACTIVE_7D, activity, at)).isEqualTo(dates.tailSet(date - 6).size());
      assertThat(of(Feature.ACTIVE_28D, activity, at)).isEqualTo(dates.tailSet(date - 27).size());
      assertThat(activity.activeDates(64, at)).isEqualTo(dates.tailSet(date - 63).size());
      double gap = (2 * 10.0 + span) / (2 + dates.size() - 1);
      assertThat(of(Feature.GAP_RATIO, activity, at)).as(what).isEqualTo(silent / gap);
      double faded = 10;
      long before = dates.first();
      for (long each : dates.tailSet(before + 1)) {
        faded = .8 * faded + .2 * (each - before);
        before = each;
      }
      assertThat(of(Feature.EWMA_GAP, activity, at)).as(what).isCloseTo(faded, within(1e-9));
      assertThat(activity.copy()).as(what).isEqualTo(activity).hasSameHashCodeAs(activity);
    }
  }

  private static double of(Feature feature, Activity activity, long atMs) {
    return feature.at(activity, atMs, BACKGROUND);
  }

  @Test
  void aDateCountsOnce() {
    Activity activity = Activity.of(5, 7);
    Activity same = activity.copy();
    same.take(7, 99, 8 * DAY_MS - 1);
    same.take(6, 98, 8 * DAY_MS);
    assertThat(same.closeMs()).isEqualTo(8 * DAY_MS);
    assertThat(same.count()).isEqualTo(2);
    assertThat(same.lastMs()).isEqualTo(8 * DAY_MS);
    assertThat(same).isNotEqualTo(activity);
    same.clear();
    assertThat(same).isEqualTo(new Activity());
    assertThat(same.isEmpty()).isTrue();
  }

  @Test
  void aSubscriptionIsBilledAgainAndAgain() {
    Billing billing = new Billing(7, 30);
    long begun = 100 * DAY_MS;
    assertThat(billing.daysToNext(begun, begun - 5)).isEqualTo(7);
    assertThat(billing.daysToNext(begun, begun)).isEqualTo(7);
    assertThat(billing.daysToNext(begun, begun + 7 * DAY_MS - 1)).isCloseTo(0, within(1e-7));
    assertThat(billing.daysToNext(begun, begun + 7 * DAY_MS)).isEqualTo(30);
    assertThat(billing.daysToNext(begun, begun + 66 * DAY_MS)).isEqualTo(1);
    Activity activity = Activity.of(100);
    assertThat(activity.tenureDays(103 * DAY_MS)).isEqualTo(2);
    activity.subscribe(102 * DAY_MS);
    assertThat(activity.tenureDays(101 * DAY_MS)).isZero();
    assertThat(activity.tenureDays(103 * DAY_MS)).isEqualTo(1);
    activity.unsubscribe();
    assertThat(activity.isSubscribed()).isFalse();
  }

  @Test
  void nothingIsSaidOfWhomNothingIsKnown() {
    for (int seed = 0; seed < 100; seed++) {
      ChurnScore score = RandomScores.score(new Random(seed));
      Activity nobody = new Activity();
      nobody.subscribe(0);
      assertThat(score.at(nobody, 5)).as("seed %s", seed).isNaN();
      assertThat(score.first(nobody, true, 0, true, 0, DAY_MS)).isEqualTo(Long.MAX_VALUE);
      assertThat(score.nextJump(nobody, 0, DAY_MS)).isEqualTo(Long.MAX_VALUE);
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    assertThat(Feature.of("level_28d")).contains(Feature.LEVEL_28D);
    assertThat(Feature.of("LEVEL_28D")).isEmpty();
    assertThatThrownBy(() -> new Activity(1, 2, 3, 0, 0, 3, 0, 1, 1, Activity.NONE))
        .hasMessageContaining("3 dates from 1 to 2");
    assertThatThrownBy(() -> new Activity(1, 2, 2, 0, 0, 2, 0, 1, 1, Activity.NONE))
        .hasMessageContaining("no activity");
    assertThatThrownBy(() -> new Activity(1, 2, 1, 0, 0, 1, 0, 1, 1, Activity.NONE))
        .hasMessageContaining("no activity");
    assertThatThrownBy(() -> new Activity(1, 2, 2, 0, 0, 3, Double.NaN, 1, 1, Activity.NONE))
        .hasMessageContaining("no activity");
    assertThatThrownBy(() -> new Term.Ln(Feature.GAP, 0, 1)).hasMessageContaining("ln(gap");
    assertThatThrownBy(() -> new Term.Bin(Feature.GAP, 2, 2, 1)).hasMessageContaining("gap from");
    assertThatThrownBy(() -> new Term.Linear(Feature.GAP, 1e10)).hasMessageContaining("1.0E10");
    assertThatThrownBy(() -> new Billing(1, 0)).hasMessageContaining("every 0");
    assertThatThrownBy(() -> new Background(0, 1, Optional.empty())).hasMessageContaining("prior");
    List<Term> renewal = List.of(new Term.Linear(Feature.DAYS_TO_RENEWAL, 1));
    assertThatThrownBy(() -> new Scorecard(0, 1, 0, renewal, BACKGROUND))
        .hasMessageContaining("days_to_renewal without");
  }
}
