// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.calendar;

import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The zones an engine meets, by name, so that what one user's day cost to compute serves all users
 * of the zone. Bounded; not thread-safe.
 */
public final class Zones {
  /** How many names are remembered, misspelt ones too; more than there are regions. */
  static final int MOST = 1_024;

  private final Map<String, Optional<ZoneDays>> byName = new LinkedHashMap<>();
  private final Map<ZoneId, ZoneDays> byZone = new LinkedHashMap<>();

  /** The dates of {@code zone}. */
  public ZoneDays of(ZoneId zone) {
    ZoneDays known = byZone.get(zone);
    if (known != null) {
      return known;
    }
    ZoneDays days = new ZoneDays(zone);
    makeRoom(byZone);
    byZone.put(zone, days);
    return days;
  }

  /** The dates of the zone called {@code name}, or empty if there is none. */
  public Optional<ZoneDays> find(String name) {
    Optional<ZoneDays> known = byName.get(name);
    if (known != null) {
      return known;
    }
    Optional<ZoneDays> found;
    try {
      found = Optional.of(of(ZoneId.of(name)));
    } catch (DateTimeException e) {
      found = Optional.empty();
    }
    makeRoom(byName);
    byName.put(name, found);
    return found;
  }

  /** Forgets the name met first. */
  private static void makeRoom(Map<?, ?> names) {
    if (names.size() >= MOST) {
      var oldest = names.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }
}
