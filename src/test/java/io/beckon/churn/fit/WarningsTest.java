// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.churn.fit.Warnings.Course;
import io.beckon.churn.fit.Warnings.Terms;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** What rules would have done, counted by hand. */
class WarningsTest {
  private static final long DAY = 86_400_000L;

  private static Timeline user(long... dates) {
    Timeline user = new Timeline();
    for (long date : dates) {
      user.active(date, date * DAY);
    }
    return user;
  }

  /** The risk is the number of silent days. */
  private static Course silence(Timeline user, long from, long to) {
    long[] dates = new long[(int) (to - from + 1)];
    double[] risks = new double[dates.length];
    for (int i = 0; i < dates.length; i++) {
      dates[i] = from + i;
      risks[i] = dates[i] - user.activeDate(user.activeUntil(dates[i]) - 1);
    }
    return new Course(user, dates, risks);
  }

  private static Warnings of(Course course, Terms terms, double line, boolean orEqual) {
    Warnings.Counter counter = new Warnings.Counter(terms, line, orEqual);
    counter.add(course);
    return counter.result();
  }

  @Test
  void ofAnEventThatIsTold() {
    Timeline user = user(0, 10, 12, 50);
    user.happens(20);
    user.happens(60);
    Terms terms = new Terms(10, false, 70);
    Warnings did = of(silence(user, 0, 70), terms, 5, true);
    // Past from 5 to 9, from 17 to 49, and from 55 on.
    assertThat(did.userDays()).isEqualTo(71);
    assertThat(did.warnings()).isEqualTo(3);
    assertThat(did.delay()).isEqualTo(OptionalDouble.of(5));
    assertThat(did.judged()).isEqualTo(3);
    // After 17 it happens on 20, after 55 on 60; after 5 not until 15.
    assertThat(did.hits()).isEqualTo(2);
    assertThat(did.happened()).isEqualTo(2);
    assertThat(did.told()).isEqualTo(2);
    // Of 10 to 19, 17 was the first past it; of 50 to 59, 55.
    assertThat(did.lead()).isEqualTo(OptionalDouble.of(4));
    // It is calm from 0 to 19 and from 30 to 59, and past 70 nobody knows.
    assertThat(did.quiet()).isEqualTo(3);
    assertThat(did.alarmed()).isEqualTo(3);
    Warnings later = of(silence(user, 0, 70), terms, 10, true);
    assertThat(later.quiet()).isEqualTo(3);
    assertThat(later.alarmed()).isEqualTo(2);
  }

  @Test
  void theLineItselfIsPastItOnlyIfSaidSo() {
    Course course = silence(user(0), 0, 20);
    Terms terms = new Terms(5, false, 20);
    assertThat(of(course, terms, 20, true).warnings()).isEqualTo(1);
    assertThat(of(course, terms, 20, false).warnings()).isZero();
  }

  @Test
  void warningsWhoseHorizonIsNotInTheLogAreNotJudged() {
    Warnings did = of(silence(user(0), 0, 20), new Terms(10, false, 20), 15, true);
    assertThat(did.warnings()).isEqualTo(1);
    assertThat(did.judged()).isZero();
  }

  @Test
  void ofSilence() {
    Timeline user = user(0, 3, 4, 30);
    Terms terms = new Terms(10, true, 45);
    Course course = silence(user, 0, 45).inTime(terms);
    // 14 to 29 and 40 to 45: the silence has come to pass.
    assertThat(course.size()).isEqualTo(46 - 16 - 6);
    Warnings did = of(course, terms, 2, true);
    // On 2; on 6; on 32.
    assertThat(did.warnings()).isEqualTo(3);
    assertThat(did.delay()).isEqualTo(OptionalDouble.of(2));
    assertThat(did.judged()).isEqualTo(3);
    assertThat(did.hits()).isEqualTo(2);
    // Silent for ten days on 14 and on 40.
    assertThat(did.happened()).isEqualTo(2);
    assertThat(did.told()).isEqualTo(2);
    assertThat(did.lead()).isEqualTo(OptionalDouble.of(8));
  }

  @Test
  void whoWasNotLookedAtBeforeDoesNotCount() {
    Timeline user = user(0);
    user.happens(5);
    user.happens(40);
    Warnings did = of(silence(user, 10, 20), new Terms(10, false, 60), 0, true);
    assertThat(did.happened()).isZero();
    assertThat(did.told()).isZero();
  }
}
