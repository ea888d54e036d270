// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.event;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A named list of attributes, each with a fixed slot: the type of an event's attributes, of a
 * profile, of a raw record and of a moment alike. Immutable; equality is identity.
 */
public final class RecordType {
  private final String name;
  private final List<Attribute> attributes;
  private final Map<String, Integer> indexes;

  private RecordType(String name, List<Attribute> attributes) {
    this.name = name;
    this.attributes = List.copyOf(attributes);
    Map<String, Integer> byName = new HashMap<>();
    for (int i = 0; i < this.attributes.size(); i++) {
      if (byName.put(this.attributes.get(i).name(), i) != null) {
        throw new IllegalArgumentException("attribute declared twice: " + this.attributes.get(i));
      }
    }
    this.indexes = Map.copyOf(byName);
  }

  /**
   * A type with these attributes in these slots.
   *
   * @throws IllegalArgumentException if two attributes share a name
   */
  public static RecordType of(String name, List<Attribute> attributes) {
    return new RecordType(name, attributes);
  }

  /** The name of the type: the event type's, or {@code user}, {@code raw}, {@code moment}. */
  public String name() {
    return name;
  }

  /** The attributes in slot order. */
  public List<Attribute> attributes() {
    return attributes;
  }

  /** The number of slots. */
  public int size() {
    return attributes.size();
  }

  /** The attribute in slot {@code index}. */
  public Attribute attribute(int index) {
    return attributes.get(index);
  }

  /** The slot of the attribute called {@code attribute}, or −1. */
  public int indexOf(String attribute) {
    return indexes.getOrDefault(attribute, -1);
  }

  @Override
  public String toString() {
    return name + attributes;
  }
}
