// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn;

/**
 * What a model sees of a user at some instant. Ages count from the first purchase, in the unit of
 * time of the model.
 *
 * @param repeats purchase days after the first one, x
 * @param lastAge age at the last purchase, t_x; 0 without repeats
 * @param age age now, T; not before the last purchase
 */
public record History(long repeats, double lastAge, double age) {
  /** Refuses what cannot be. */
  public History {
    if (repeats < 0 || !(lastAge >= 0) || !(age >= lastAge) || !Double.isFinite(age)) {
      throw new IllegalArgumentException(
          "x=" + repeats + ", t_x=" + lastAge + ", T=" + age + " is no history");
    }
    if (repeats == 0 && lastAge != 0) {
      throw new IllegalArgumentException("no repeats, but the last of them at " + lastAge);
    }
  }

  /** The same purchases, seen at another age. */
  public History at(double otherAge) {
    return new History(repeats, lastAge, otherAge);
  }

  /** The same in another unit of time, of which {@code factor} make one of this. */
  public History times(double factor) {
    return new History(repeats, lastAge * factor, age * factor);
  }
}
