// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import static io.beckon.churn.RandomScores.DAY_MS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** A score passes a line at the millisecond at which a look at every one finds that it does. */
class ScoreCrossingTest {
  private static final int CASES = Integer.getInteger("beckon.crossings", 4_000);

  private record Question(
      ChurnScore score, Activity activity, boolean above, double line, boolean orEqual) {
    boolean isPast(long timeMs) {
      double value = score.at(activity, timeMs);
      if (Double.isNaN(value)) {
        return false;
      }
      return value == line ? orEqual : above == value > line;
    }

    long first(long fromMs, long lastMs) {
      return score.first(activity, above, line, orEqual, fromMs, lastMs);
    }

    /** What a look at every millisecond finds. */
    long replayed(long fromMs, long lastMs) {
      for (long at = fromMs; at <= lastMs; at++) {
        if (isPast(at)) {
          return at;
        }
      }
      return Long.MAX_VALUE;
    }
  }

  /** Lines are values that the score has, so that they are met as well as passed. */
  private static Question question(Random random, long fromMs, long lastMs, Activity activity) {
    ChurnScore score = RandomScores.score(random);
    double line =
        random.nextInt(8) == 0
            ? random.nextDouble()
            : score.at(activity, fromMs + (long) ((lastMs - fromMs) * random.nextDouble()));
    return new Question(
        score,
        activity,
        random.nextBoolean(),
        Double.isNaN(line) ? .5 : line,
        random.nextBoolean());
  }

  @Test
  void everyMillisecondOfSomeSecondsIsLookedAt() {
    int found = 0;
    int later = 0;
    for (int seed = 0; seed < CASES; seed++) {
      Random random = new Random(seed);
      Activity activity = RandomScores.activity(random);
      long days = random.nextInt(10) == 0 ? 3_000 : 1 + random.nextInt(90);
      // Around whole days something may jump.
      long from =
          activity.closeMs()
              + (random.nextBoolean()
                  ? random.nextInt((int) days) * DAY_MS - random.nextInt(2_000)
                  : (long) (days * DAY_MS * random.nextDouble()));
      from = Math.max(from, activity.lastMs());
      long last = from + random.nextInt(3_000);
      Question question = question(random, from, last, activity);
      long expected = question.replayed(from, last);
      assertThat(question.first(from, last)).as("seed %s: %s", seed, question).isEqualTo(expected);
      found += expected < Long.MAX_VALUE ? 1 : 0;
      later += expected < Long.MAX_VALUE && expected > from ? 1 : 0;
    }
    assertThat(found).isGreaterThan(CASES / 3);
    assertThat(later).isGreaterThan(CASES / 6);
  }

  @Test
  void aSilenceOfYearsIsLookedAtInSteps() {
    int later = 0;
    for (int seed = 0; seed < CASES; seed++) {
      Random random = new Random(1_000_000 + seed);
      Activity activity = RandomScores.activity(random);
      long from = activity.lastMs() + random.nextInt(1 << random.nextInt(31));
      long last = from + (random.nextInt(6) == 0 ? 3_650 : 400) * DAY_MS;
      Question question = question(random, from, last, activity);
      long at = question.first(from, last);
      String what = "seed " + seed + ": " + question;
      long untilMs = Math.min(at - 1, last);
      for (int i = 0; i < 2_000 && untilMs > from; i++) {
        // Evenly, then ever nearer to the instant found.
        double share = i < 1_000 ? i / 1_000.0 : 1 - Math.exp(-(i - 1_000) / 40.0);
        long timeMs = from + (long) ((untilMs - from) * share);
        assertThat(question.isPast(timeMs)).as("%s, %s before", what, at - timeMs).isFalse();
      }
      for (long timeMs = Math.max(from, untilMs - 300); timeMs <= untilMs; timeMs++) {
        assertThat(question.isPast(timeMs)).as("%s, %s before", what, at - timeMs).isFalse();
      }
      // All whole days, with what is next to them.
      for (long day = activity.closeMs(); day <= untilMs + 1; day += DAY_MS) {
        for (long timeMs = Math.max(from, day - 1); timeMs <= Math.min(day, untilMs); timeMs++) {
          assertThat(question.isPast(timeMs)).as("%s, %s before", what, at - timeMs).isFalse();
        }
      }
      if (at != Long.MAX_VALUE) {
        assertThat(at).as(what).isBetween(from, last);
        assertThat(question.isPast(at)).as(what).isTrue();
        later += at > from ? 1 : 0;
        assertThat(question.first(at, last)).as(what).isEqualTo(at);
        assertThat(question.first(from, at - 1)).as(what).isEqualTo(Long.MAX_VALUE);
        long between = from + (long) ((at - from) * random.nextDouble());
        assertThat(question.first(between, last)).as(what).isEqualTo(at);
      }
    }
    assertThat(later).isGreaterThan(CASES / 4);
  }

  @Test
  void jumpsAreWhereAnythingMovesAtOnce() {
    int jumps = 0;
    for (int seed = 0; seed < CASES; seed++) {
      Random random = new Random(2_000_000 + seed);
      Activity activity = RandomScores.activity(random);
      ChurnScore score = RandomScores.score(random);
      long from = activity.lastMs();
      long last = from + 100 * DAY_MS;
      for (long after = from; after < last; ) {
        long jumpMs = score.nextJump(activity, after, last);
        if (jumpMs == Long.MAX_VALUE) {
          jumpMs = last + 1;
        } else {
          jumps++;
          assertThat(jumpMs).as("seed %s", seed).isGreaterThan(after).isLessThanOrEqualTo(last);
        }
        // Until then nothing moves by more in a millisecond than it can.
        for (int i = 0; i < 40 && jumpMs - 1 > after; i++) {
          long at = after + (long) ((jumpMs - 1 - after) * random.nextDouble());
          double step = score.at(activity, at + 1) - score.at(activity, at);
          if (!Double.isNaN(step)) {
            assertThat(Math.abs(step)).as("seed %s: %s at %s", seed, score, at).isLessThan(1e-5);
          }
        }
        after = jumpMs;
      }
    }
    assertThat(jumps).isGreaterThan(CASES);
  }

  @Test
  void aCrossingTakesMicroseconds() {
    Question[] questions = new Question[2_000];
    for (int seed = 0; seed < questions.length; seed++) {
      Random random = new Random(3_000_000 + seed);
      Activity activity = RandomScores.activity(random);
      long from = activity.lastMs();
      questions[seed] = question(random, from, from + 100 * DAY_MS, activity);
    }
    for (Class<?> family :
        new Class<?>[] {ReturnScore.class, CadenceScore.class, Scorecard.class}) {
      double best = Double.MAX_VALUE;
      for (int round = 0; round < 20; round++) {
        long begun = System.nanoTime();
        int asked = 0;
        for (Question question : questions) {
          if (family.isInstance(question.score())) {
            long from = question.activity().lastMs();
            question.first(from, from + 400 * DAY_MS);
            asked++;
          }
        }
        best = Math.min(best, (System.nanoTime() - begun) / 1e3 / asked);
      }
      if (Boolean.getBoolean("beckon.timed")) {
        System.out.println(family.getSimpleName() + " " + best + " us");
      }
      assertThat(best).as(family.getSimpleName()).isLessThan(1_000);
    }
  }
}
