// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.event;

import java.util.Objects;

/**
 * A type of event in the catalogue. Equality is identity: one object a type and catalogue.
 *
 * @param name what triggers call it
 * @param index its place in the catalogue, from 0
 * @param record its attributes
 */
public record EventType(String name, int index, RecordType record) {
  public EventType {
    Objects.requireNonNull(name);
    Objects.requireNonNull(record);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
