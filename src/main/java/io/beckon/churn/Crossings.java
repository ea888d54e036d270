// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

import java.util.OptionalLong;
import java.util.function.LongPredicate;

/** Finds the instant at which something that falls in silence has fallen below its line. */
public final class Crossings {
  /** Within so many milliseconds rounding might hide an earlier crossing; far more than it can. */
  private static final int ROUNDING_MS = 8;

  private Crossings() {}

  /**
   * The first whole millisecond from {@code fromMs} to {@code lastMs} at which {@code below} holds,
   * which goes on holding once it does; empty if there is none. What counts is {@code below}
   * itself: a closed form only says where to begin looking.
   *
   * @param guessMs where it is expected; any value is fine
   */
  public static OptionalLong first(long fromMs, long lastMs, long guessMs, LongPredicate below) {
    if (fromMs > lastMs || !below.test(lastMs)) {
      return OptionalLong.empty();
    }
    if (below.test(fromMs)) {
      return OptionalLong.of(fromMs);
    }
    long no = fromMs;
    long yes = lastMs;
    long look = Math.min(Math.max(guessMs, no + 1), yes - 1);
    for (long step = 1; look > no && look < yes; step *= 2) {
      if (below.test(look)) {
        yes = look;
        look -= step;
      } else {
        no = look;
        look += step;
      }
    }
    while (no + 1 < yes) {
      long middle = no + (yes - no) / 2;
      if (below.test(middle)) {
        yes = middle;
      } else {
        no = middle;
      }
    }
    for (long earlier = Math.max(fromMs, yes - ROUNDING_MS); earlier < yes; earlier++) {
      if (below.test(earlier)) {
        return OptionalLong.of(earlier);
      }
    }
    return OptionalLong.of(yes);
  }
}
