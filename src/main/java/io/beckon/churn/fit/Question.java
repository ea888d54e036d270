// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import io.beckon.churn.Activity;
import io.beckon.churn.Background;
import io.beckon.churn.Billing;
import io.beckon.churn.Term;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongUnaryOperator;

/**
 * What is asked of users, when, and what the answer is: at the close of some dates, of users who
 * were active not long before, whether it happens within a horizon, or whether they stay silent.
 *
 * @param everyDays from one date on which users are looked at to the next
 * @param activeDays users who were silent for longer are not asked about
 * @param horizonDays the dates after the one on which users are looked at, which the answer is in
 * @param bySilence whether the answer is that they stay silent, and not that it happens
 * @param billing asks only while a subscription runs
 * @param leadDays with {@code billing}: asks so many days before each renewal and not every so many
 *     days, from the day after the subscription began on
 * @param closeMs when a date ends
 */
public record Question(
    int everyDays,
    long activeDays,
    int horizonDays,
    boolean bySilence,
    Optional<Billing> billing,
    OptionalInt leadDays,
    LongUnaryOperator closeMs) {
  private static final long DAY_MS = 86_400_000L;

  /** Refuses what cannot be asked. */
  public Question {
    if (everyDays < 1
        || activeDays < 0
        || horizonDays < 1
        || (leadDays.isPresent() && (leadDays.getAsInt() < 1 || billing.isEmpty()))) {
      throw new IllegalArgumentException("every " + everyDays + " days, " + leadDays);
    }
  }

  /** Hears of a user who is asked about; {@code activity} changes afterwards. */
  public interface Asked {
    /** At the close of a date. */
    void at(long date, long closeMs, Activity activity, boolean answer);
  }

  /**
   * Asks about a user.
   *
   * @param from the first date
   * @param to the last one, from which the others are counted back; a horizon before the log ends
   *     at the latest, or what comes after it is taken for silence
   */
  public void ask(Timeline user, long from, long to, Asked asked) {
    int every = leadDays.isPresent() ? 1 : everyDays;
    user.walk(
        from,
        to,
        every,
        activeDays,
        closeMs,
        (date, nowMs, activity) -> {
          if (isAsked(activity, nowMs)) {
            boolean answer =
                bySilence
                    ? user.silentAfter(date, horizonDays)
                    : user.happensAfter(date, horizonDays);
            asked.at(date, nowMs, activity, answer);
          }
        });
  }

  private boolean isAsked(Activity activity, long nowMs) {
    if (billing.isEmpty()) {
      return true;
    }
    if (!activity.isSubscribed()) {
      return false;
    }
    if (leadDays.isEmpty()) {
      return true;
    }
    // Days of 23 and of 25 hours count as days.
    Billing renewals = billing.get();
    long tenure = Math.round((nowMs - activity.subscribedMs()) / (double) DAY_MS);
    return tenure >= 1
        && renewals.nextMs(0, tenure * DAY_MS) == (tenure + leadDays.getAsInt()) * DAY_MS;
  }

  /**
   * What is known of users when they are asked about.
   *
   * @param users with their numbers: 0, 1, …
   * @param terms what is told of them; their weights make no difference
   */
  public Examples examples(
      List<Timeline> users, List<Term> terms, Background background, long from, long to) {
    Examples examples = new Examples(terms.size());
    for (int i = 0; i < users.size(); i++) {
      int number = i;
      ask(
          users.get(i),
          from,
          to,
          (date, nowMs, activity, answer) -> {
            double[] row = new double[terms.size()];
            for (int k = 0; k < row.length; k++) {
              Term term = terms.get(k);
              row[k] = plain(term).of(term.feature().at(activity, nowMs, background));
            }
            examples.add(number, date, row, answer);
          });
    }
    return examples;
  }

  /** How many rows {@link #examples} would have. */
  public long count(List<Timeline> users, long from, long to) {
    long[] count = {0};
    for (Timeline user : users) {
      ask(user, from, to, (date, nowMs, activity, answer) -> count[0]++);
    }
    return count[0];
  }

  /** The term with a weight of 1. */
  private static Term plain(Term term) {
    return weighing(term, 1);
  }

  /** The term with another weight. */
  public static Term weighing(Term term, double weight) {
    if (term instanceof Term.Ln ln) {
      return new Term.Ln(ln.feature(), ln.plus(), weight);
    }
    if (term instanceof Term.Bin bin) {
      return new Term.Bin(bin.feature(), bin.from(), bin.below(), weight);
    }
    return new Term.Linear(term.feature(), weight);
  }
}
