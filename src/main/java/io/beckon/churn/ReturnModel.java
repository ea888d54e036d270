// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.OptionalDouble;

/**
 * A model of users who buy at random at a rate of their own and may be lost for good, unseen. Its
 * parameters are those of all users; a user adds x, t_x and T.
 *
 * <p>While a user stays silent, {@link #probabilityAlive} and {@link #probabilityOfReturn} never
 * rise. Ages, horizons and {@code alpha} are in one unit of time, whichever it was fitted in.
 */
public sealed interface ReturnModel permits BgNbd, MbgNbd, Nbd {
  /** The shape of the rates' gamma distribution. */
  double r();

  /** The rate of the rates' gamma distribution, a time. */
  double alpha();

  /** The part of a history's log-likelihood that only its number of repeats decides. */
  double countTerm(long repeats);

  /** The rest of a history's log-likelihood. */
  double timeTerm(History history);

  /** The logarithm of the odds that the user is lost; minus infinity if that cannot be. */
  double lnOddsLost(History history);

  /** How many purchase days a user is expected to add within {@code time}. */
  double expectedPurchases(History history, double time);

  /** How many repeats a user of whom nothing is known has within {@code time}. */
  double expectedPurchases(double time);

  /**
   * The age at which {@link #probabilityAlive} has fallen to {@code line} if the user stays silent,
   * in closed form; the age at the last purchase if it is not above it then; empty if it never
   * falls so low.
   *
   * @param line between 0 and 1
   */
  OptionalDouble ageAliveFallsTo(double line, History history);

  /** The same model in another unit of time, of which {@code factor} make one of this. */
  ReturnModel times(double factor);

  /** The logarithm of the likelihood of a history. */
  default double lnLikelihood(History history) {
    return countTerm(history.repeats()) + timeTerm(history);
  }

  /**
   * The probability that the user is not lost. Not a score of churn: {@link BgNbd} has it at 1 for
   * whoever bought once.
   */
  default double probabilityAlive(History history) {
    return Numbers.ofOdds(lnOddsLost(history));
  }

  /** The probability that the user buys within {@code horizon} from now, above 0. */
  default double probabilityOfReturn(History history, double horizon) {
    double growth = StrictMath.log1p(horizon / (alpha() + history.age()));
    return probabilityAlive(history) * -StrictMath.expm1(-(r() + history.repeats()) * growth);
  }

  /**
   * The age at which {@link #probabilityOfReturn} falls below {@code line} if the user stays
   * silent, by bisection: the first double at which it does; the age at the last purchase if it is
   * below it then; empty if that takes longer than doubles can say.
   *
   * @param line above 0
   */
  default OptionalDouble ageReturnFallsBelow(double line, History history, double horizon) {
    double no = history.lastAge();
    if (probabilityOfReturn(history.at(no), horizon) < line) {
      return OptionalDouble.of(no);
    }
    double step = alpha() + no + horizon;
    double yes = no + step;
    while (!(probabilityOfReturn(history.at(yes), horizon) < line)) {
      no = yes;
      step *= 2;
      yes = no + step;
      if (!(yes < 1e300)) {
        return OptionalDouble.empty();
      }
    }
    while (true) {
      double middle = no + (yes - no) / 2;
      if (!(middle > no && middle < yes)) {
        return OptionalDouble.of(yes);
      }
      if (probabilityOfReturn(history.at(middle), horizon) < line) {
        yes = middle;
      } else {
        no = middle;
      }
    }
  }
}
