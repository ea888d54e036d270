// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Event;
import io.beckon.event.Slots;
import java.util.Optional;
import java.util.OptionalLong;

/** Something that is read. */
public sealed interface Input {

  /** The event, if it is one. */
  default Optional<Event> event() {
    return Optional.empty();
  }

  /** An event. */
  record Happens(Event what) implements Input {
    @Override
    public Optional<Event> event() {
      return Optional.of(what);
    }
  }

  /**
   * A user's whole profile from some time on.
   *
   * @param timeMs its time, if it has one
   */
  record Updates(String user, OptionalLong timeMs, Slots profile) implements Input {}
}
