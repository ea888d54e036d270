// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.event.CodePoints;
import java.util.Arrays;
import java.util.List;

/**
 * The match values that tell one instance of a trigger from another: a String, Long or Boolean
 * each, in the trigger's order. Ordered by the values as text, by code point.
 */
public final class InstanceKey implements Comparable<InstanceKey> {
  /** The key of the one instance of a trigger without {@code match}. */
  public static final InstanceKey NONE = new InstanceKey(new Object[0]);

  private final Object[] parts;
  private final int hash;

  private InstanceKey(Object[] parts) {
    this.parts = parts;
    this.hash = Arrays.hashCode(parts);
  }

  /** A key of these values: a String, Long or Boolean each. */
  public static InstanceKey of(List<?> parts) {
    return parts.isEmpty() ? NONE : new InstanceKey(parts.toArray());
  }

  static InstanceKey ofOwned(Object[] parts) {
    return new InstanceKey(parts);
  }

  /** The number of values. */
  public int size() {
    return parts.length;
  }

  /** The value at {@code index}: a String, Long or Boolean. */
  public Object part(int index) {
    return parts[index];
  }

  @Override
  public int compareTo(InstanceKey other) {
    for (int i = 0; i < Math.min(parts.length, other.parts.length); i++) {
      int order = CodePoints.compare(parts[i].toString(), other.parts[i].toString());
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(parts.length, other.parts.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof InstanceKey key && Arrays.equals(parts, key.parts);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /** The number of values only: they may be a user's own and stay out of logs. */
  @Override
  public String toString() {
    return "InstanceKey of " + parts.length;
  }
}
