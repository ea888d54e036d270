// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.function.LongPredicate;

/** Finds the instant at which something that goes on holding begins to hold. */
final class Crossings {
  private Crossings() {}

  /**
   * The first whole millisecond from {@code fromMs} to {@code lastMs} at which {@code past} holds,
   * which goes on holding once it does; {@code Long.MAX_VALUE} if there is none.
   *
   * @param guessMs where it is expected; any value is fine
   */
  static long first(long fromMs, long lastMs, long guessMs, LongPredicate past) {
    if (fromMs > lastMs || !past.test(lastMs)) {
      return Long.MAX_VALUE;
    }
    return past.test(fromMs) ? fromMs : between(fromMs, lastMs, guessMs, past);
  }

  /**
   * The same, where it is known not to hold at {@code fromMs} and to hold at {@code lastMs}: in
   * steps that double away from the guess, then by halves.
   */
  static long between(long fromMs, long lastMs, long guessMs, LongPredicate past) {
    long no = fromMs;
    long yes = lastMs;
    long look = Math.min(Math.max(guessMs, no + 1), yes - 1);
    for (long step = 1; look > no && look < yes; step *= 2) {
      if (past.test(look)) {
        yes = look;
        look -= step;
      } else {
        no = look;
        look += step;
      }
    }
    while (no + 1 < yes) {
      long middle = no + (yes - no) / 2;
      if (past.test(middle)) {
        yes = middle;
      } else {
        no = middle;
      }
    }
    return yes;
  }
}
