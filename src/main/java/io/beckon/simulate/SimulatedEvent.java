// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

/**
 * Something a simulated user did. Its order is that of arrival.
 *
 * @param user the number of the user, from 0
 * @param visit the number of the user's visit, from 0
 * @param index its place within the visit, from 0
 * @param timeMs when it happened in truth, epoch milliseconds
 * @param toldMs when it happened by the user's clock, epoch milliseconds
 * @param arrivalMs when it is received, epoch milliseconds
 * @param copy whether it is sent a second time
 */
public record SimulatedEvent(
    int user,
    int visit,
    int index,
    long timeMs,
    long toldMs,
    long arrivalMs,
    Type type,
    Product product,
    boolean copy)
    implements Comparable<SimulatedEvent> {

  /** What was done. */
  public enum Type {
    /** Looked at a product. */
    PRODUCT_VIEW("product_view", "view"),
    /** Put it into the cart. */
    ADD_TO_CART("add_to_cart", "cart"),
    /** Bought it. */
    PURCHASE("purchase", "purchase");

    private final String name;
    private final String raw;

    Type(String name, String raw) {
      this.name = name;
      this.raw = raw;
    }

    /** Its name in the catalogue of {@code jobs/retail}. */
    public String canonical() {
      return name;
    }

    /** Its name in the CSV that {@code jobs/retail} maps. */
    String raw() {
      return raw;
    }
  }

  /** What the events call the user. */
  public String userId() {
    return userId(user);
  }

  /** What the events call the user of this number. */
  public static String userId(int user) {
    return "u" + (user + 1);
  }

  /** The id, which a copy has as well. */
  public String id() {
    return userId() + "-" + visit + "-" + index;
  }

  @Override
  public int compareTo(SimulatedEvent other) {
    int order = Long.compare(arrivalMs, other.arrivalMs);
    order = order != 0 ? order : Integer.compare(user, other.user);
    order = order != 0 ? order : Integer.compare(visit, other.visit);
    order = order != 0 ? order : Integer.compare(index, other.index);
    return order != 0 ? order : Boolean.compare(copy, other.copy);
  }
}
