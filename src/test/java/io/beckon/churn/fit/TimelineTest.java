// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.churn.Activity;
import io.beckon.churn.Background;
import io.beckon.churn.Billing;
import io.beckon.churn.Feature;
import io.beckon.churn.Scorecard;
import io.beckon.churn.Term;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Users looked at date by date, and asked about, against a naive replay. */
class TimelineTest {
  private static final long DAY = 86_400_000L;

  /** A day of UTC. */
  private static long close(long date) {
    return (date + 1) * DAY;
  }

  private static Timeline of(long... dates) {
    Timeline timeline = new Timeline();
    for (long date : dates) {
      timeline.active(date, date * DAY + 5);
    }
    return timeline;
  }

  private static Question question(int every, int active, int horizon, boolean silence) {
    return new Question(
        every,
        active,
        horizon,
        silence,
        Optional.empty(),
        OptionalInt.empty(),
        TimelineTest::close);
  }

  private record Asked(long date, Activity activity, boolean answer) {}

  private static List<Asked> ask(Question question, Timeline user, long from, long to) {
    List<Asked> asked = new ArrayList<>();
    question.ask(
        user,
        from,
        to,
        (date, nowMs, activity, answer) -> {
          assertThat(nowMs).isEqualTo(close(date));
          asked.add(new Asked(date, activity.copy(), answer));
        });
    return asked;
  }

  @Test
  void asksOnTheDatesCountedBackFromTheLast() {
    Timeline user = of(10, 12, 40);
    List<Asked> asked = ask(question(7, 10, 5, true), user, 0, 50);
    // 50, 43, 36, 29, 22, 15: silent for more than ten days on 29 and 36.
    assertThat(asked).extracting(Asked::date).containsExactly(15L, 22L, 43L, 50L);
    assertThat(asked).extracting(Asked::answer).containsExactly(true, true, true, true);
    assertThat(asked.get(0).activity()).isEqualTo(activity(user, 15));
  }

  private static Activity activity(Timeline user, long date) {
    Activity activity = new Activity();
    for (int i = 0; i < user.activeUntil(date); i++) {
      activity.take(user.activeDate(i), close(user.activeDate(i)), user.activeDate(i) * DAY + 5);
    }
    return activity;
  }

  @Test
  void agreesWithALookAtEveryDate() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      TreeSet<Long> dates = new TreeSet<>();
      TreeSet<Long> happens = new TreeSet<>();
      for (int i = random.nextInt(12) + 1; i > 0; i--) {
        dates.add((long) random.nextInt(120));
        happens.add((long) random.nextInt(140));
      }
      Timeline user = of(dates.stream().mapToLong(Long::longValue).toArray());
      happens.forEach(user::happens);
      int every = 1 + random.nextInt(9);
      int active = random.nextInt(40);
      int horizon = 1 + random.nextInt(30);
      long from = random.nextInt(60);
      long to = from + random.nextInt(60);
      boolean silence = random.nextBoolean();
      List<Asked> expected = new ArrayList<>();
      for (long date = from; date <= to; date++) {
        Long last = dates.floor(date);
        if ((to - date) % every == 0 && last != null && date - last <= active) {
          boolean answer =
              silence
                  ? dates.subSet(date + 1, date + horizon + 1).isEmpty()
                  : !happens.subSet(date + 1, date + horizon + 1).isEmpty();
          expected.add(new Asked(date, activity(user, date), answer));
        }
      }
      assertThat(ask(question(every, active, horizon, silence), user, from, to))
          .as("seed " + seed)
          .isEqualTo(expected);
    }
  }

  @Test
  void whatComesLaterChangesNothingThatWasKnown() {
    List<Term> terms =
        List.of(new Term.Ln(Feature.LEVEL_28D, .01, 1), new Term.Linear(Feature.AGE, 1));
    Background background = new Background(5, 2, Optional.empty());
    Question question = question(1, 400, 10, true);
    Random random = new Random(3);
    for (int round = 0; round < 50; round++) {
      Timeline early = new Timeline();
      Timeline all = new Timeline();
      long cut = 60;
      for (int i = 0; i < 20; i++) {
        long date = random.nextInt(120);
        all.active(date, date * DAY);
        if (date <= cut) {
          early.active(date, date * DAY);
        }
      }
      Examples known = question.examples(List.of(early), terms, background, 0, cut);
      Examples later = question.examples(List.of(all), terms, background, 0, cut);
      assertThat(later.size()).isEqualTo(known.size());
      for (int i = 0; i < known.size(); i++) {
        assertThat(later.row(i)).isEqualTo(known.row(i));
      }
    }
  }

  @Test
  void orderAndCopiesMakeNoDifference() {
    record Happening(int kind, long timeMs) {}
    for (long seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      List<Happening> happenings = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        long timeMs = random.nextInt(90) * DAY + random.nextInt(3) * 1000L;
        happenings.add(new Happening(random.nextInt(6), timeMs));
      }
      List<Happening> mixed = new ArrayList<>(happenings);
      mixed.addAll(happenings.subList(0, 30));
      Collections.shuffle(mixed, random);
      List<List<Asked>> answers = new ArrayList<>();
      for (List<Happening> log : List.of(happenings, mixed)) {
        Timeline user = new Timeline();
        for (Happening one : log) {
          long date = one.timeMs() / DAY;
          switch (one.kind()) {
            case 0 -> user.starts(date, one.timeMs());
            case 1 -> user.ends(one.timeMs());
            case 2 -> user.happens(date);
            default -> user.active(date, one.timeMs());
          }
        }
        answers.add(ask(question(1, 400, 7, false), user, 0, 95));
      }
      assertThat(answers.get(0)).as("seed " + seed).isNotEmpty().isEqualTo(answers.get(1));
    }
  }

  @Test
  void aSubscriptionRunsFromItsStartToItsEnd() {
    Timeline user = of(1, 5, 9);
    user.starts(2, 2 * DAY + 7);
    user.ends(6 * DAY + 7);
    user.starts(8, 8 * DAY);
    Question question =
        new Question(
            1,
            400,
            3,
            true,
            Optional.of(new Billing(7, 30)),
            OptionalInt.empty(),
            TimelineTest::close);
    assertThat(ask(question, user, 0, 10))
        .extracting(Asked::date)
        .containsExactly(2L, 3L, 4L, 5L, 8L, 9L, 10L);
  }

  @Test
  void ofOneInstantWhatChangesSomethingComesFirst() {
    Timeline none = of(1);
    none.starts(2, 2 * DAY);
    none.ends(2 * DAY);
    assertThat(activityAt(none, 2).isSubscribed()).isFalse();
    Timeline running = of(1);
    running.starts(1, DAY);
    running.ends(2 * DAY);
    running.starts(2, 2 * DAY);
    assertThat(activityAt(running, 2).isSubscribed()).isTrue();
    assertThat(activityAt(running, 2).subscribedMs()).isEqualTo(close(2));
  }

  private static Activity activityAt(Timeline user, long date) {
    return ask(question(1, 400, 1, true), user, date, date).get(0).activity();
  }

  @Test
  void asksSoManyDaysBeforeEachRenewal() {
    Timeline user = of(100);
    user.starts(100, 100 * DAY + 3);
    Question question =
        new Question(
            1,
            400,
            8,
            false,
            Optional.of(new Billing(7, 30)),
            OptionalInt.of(5),
            TimelineTest::close);
    // Renewed on 107, 137, 167.
    assertThat(ask(question, user, 0, 170))
        .extracting(Asked::date)
        .containsExactly(102L, 132L, 162L);
    Question onTheDay =
        new Question(
            1,
            400,
            8,
            false,
            Optional.of(new Billing(7, 30)),
            OptionalInt.of(7),
            TimelineTest::close);
    // Seven days before the first one it has only just begun.
    assertThat(ask(onTheDay, user, 0, 170)).extracting(Asked::date).containsExactly(130L, 160L);
  }

  @Test
  void aShiftOfTheClockMovesNoRenewal() {
    Timeline user = of(100);
    user.starts(100, 100 * DAY);
    Question question =
        new Question(
            1,
            400,
            8,
            false,
            Optional.of(new Billing(7, 30)),
            OptionalInt.of(3),
            date -> close(date) - (date >= 103 ? 3_600_000 : 0));
    List<Long> dates = new ArrayList<>();
    question.ask(user, 0, 140, (date, nowMs, activity, answer) -> dates.add(date));
    assertThat(dates).containsExactly(104L, 134L);
  }

  @Test
  void rowsAreWhatAScorecardSees() {
    List<Term> terms =
        List.of(
            new Term.Ln(Feature.GAP, 1, 3),
            new Term.Bin(Feature.REPEATS, 1, 2, 5),
            new Term.Linear(Feature.TENURE, 7));
    Background background = new Background(5, 2, Optional.empty());
    Question question = question(1, 400, 10, true);
    Timeline user = of(1, 4, 20);
    Examples examples = question.examples(List.of(user), terms, background, 0, 25);
    Scorecard scorecard = new Scorecard(.5, 1, 0, terms, background);
    for (int i = 0; i < examples.size(); i++) {
      double[] row = examples.row(i);
      long date = examples.date(i);
      assertThat(.5 + 3 * row[0] + 5 * row[1] + 7 * row[2])
          .isEqualTo(scorecard.linear(activity(user, date), close(date)));
    }
    assertThat(examples.size()).isEqualTo(25);
    assertThat(question.count(List.of(user), 0, 25)).isEqualTo(25);
  }
}
