// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.experiment;

/** Which of several variants a user gets: always the same of a trigger, whatever the step. */
public final class Variants {
  private Variants() {}

  /**
   * The place of the user's variant: the first whose cumulated weight, divided by the sum of all,
   * is greater than the draw of {@link Draw#variantOf}.
   *
   * @param weights in the order of the file, not negative, their sum greater than 0
   */
  public static int choose(String salt, String trigger, String user, int... weights) {
    return at(Draw.unit(salt, Draw.variantOf(trigger), user), weights);
  }

  /** The same for a draw from 0 (included) to 1 (not included). */
  static int at(double draw, int... weights) {
    long total = 0;
    for (int weight : weights) {
      if (weight < 0) {
        throw new IllegalArgumentException("a weight less than 0");
      }
      total += weight;
    }
    if (total == 0) {
      throw new IllegalArgumentException("no variant has a weight");
    }
    long cumulated = 0;
    for (int i = 0; i < weights.length; i++) {
      cumulated += weights[i];
      if (draw < (double) cumulated / total) {
        return i;
      }
    }
    throw new IllegalArgumentException("a draw is less than 1, not " + draw);
  }
}
