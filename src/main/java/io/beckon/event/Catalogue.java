// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.event;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The event types and the profile of a job. Immutable. */
public final class Catalogue {
  private final List<EventType> types;
  private final Map<String, EventType> byName;
  private final RecordType profile;

  private Catalogue(List<EventType> types, RecordType profile) {
    this.types = List.copyOf(types);
    this.profile = profile;
    Map<String, EventType> names = new HashMap<>();
    for (EventType type : types) {
      names.put(type.name(), type);
    }
    this.byName = Map.copyOf(names);
  }

  /**
   * A catalogue of one event type per record, in that order.
   *
   * @param events one record a type, named after it
   * @param profile the attributes of a user
   * @throws IllegalArgumentException if two types share a name
   */
  public static Catalogue of(List<RecordType> events, RecordType profile) {
    List<EventType> types = new ArrayList<>();
    for (RecordType record : events) {
      types.add(new EventType(record.name(), types.size(), record));
    }
    Catalogue catalogue = new Catalogue(types, profile);
    if (catalogue.byName.size() != types.size()) {
      throw new IllegalArgumentException("two event types share a name");
    }
    return catalogue;
  }

  /** The event types in the order of the catalogue. */
  public List<EventType> types() {
    return types;
  }

  /** The event type called {@code name}. */
  public Optional<EventType> type(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** The attributes of a profile, {@code user.x} in expressions. */
  public RecordType profile() {
    return profile;
  }
}
