// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import java.util.List;

/**
 * One of the shop's products.
 *
 * @param number from 0 to below {@link #COUNT}
 */
public record Product(int number) {
  static final int COUNT = 60;

  // Some products have no category.
  private static final List<String> CATEGORIES =
      List.of("kitchen", "garden", "sound", "lamps", "bags", "");

  /** {@code sku-103}. */
  public String id() {
    return "sku-" + (100 + number);
  }

  /** Empty if it has none. */
  String category() {
    return CATEGORIES.get(number % CATEGORIES.size());
  }

  /** From 4.90 to 244.89. */
  String price() {
    int cents = 490 + (number * 7_919) % 24_000;
    return cents / 100 + "." + cents % 100 / 10 + cents % 10;
  }
}
