// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.diagnostics;

import java.util.Collection;
import java.util.Optional;

/** Guesses what an author meant by a name that does not exist. */
public final class Suggestions {
  /** More slips than this in one word is another word. */
  private static final int FARTHEST = 2;

  private Suggestions() {}

  /**
   * The allowed name nearest to {@code wrong}: at most two slips away (a letter missing, too many,
   * wrong, or two neighbours swapped), and fewer slips than {@code wrong} has letters. Of equally
   * near names the first in alphabetical order; empty if none is near. A name that differs in upper
   * and lower case only is the nearest of all.
   */
  public static Optional<String> closest(String wrong, Collection<String> allowed) {
    Optional<String> same =
        allowed.stream().filter(name -> name.equalsIgnoreCase(wrong)).min(String::compareTo);
    if (same.isPresent()) {
      return same;
    }
    String best = null;
    int bestDistance = Math.min(FARTHEST, wrong.length() - 1) + 1;
    for (String name : allowed) {
      if (Math.abs(name.length() - wrong.length()) > FARTHEST) {
        continue;
      }
      int distance = distance(wrong, name);
      if (distance < bestDistance
          || (best != null && distance == bestDistance && name.compareTo(best) < 0)) {
        best = name;
        bestDistance = distance;
      }
    }
    return Optional.ofNullable(best);
  }

  /** The Damerau-Levenshtein distance, no part edited twice (optimal string alignment). */
  static int distance(String a, String b) {
    int[] beforeLast = new int[b.length() + 1];
    int[] last = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(Math.min(last[j] + 1, row[j - 1] + 1), last[j - 1] + cost);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, beforeLast[j - 2] + 1);
        }
        row[j] = least;
      }
      int[] spare = beforeLast;
      beforeLast = last;
      last = row;
      row = spare;
    }
    return last[b.length()];
  }
}
