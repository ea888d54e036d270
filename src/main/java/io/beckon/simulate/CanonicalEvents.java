// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import java.nio.charset.StandardCharsets;

/** Simulated events as canonical records, for whatever is not a file. Not thread-safe. */
public final class CanonicalEvents {
  private final Lines lines = new Lines();

  /** A writer of records. */
  public CanonicalEvents() {}

  /** The record of an event: what {@link SimulationFiles} writes, without the line end. */
  public byte[] record(SimulatedEvent event) {
    return lines.event(event, EventFormat.JSONL).getBytes(StandardCharsets.ISO_8859_1);
  }

  /** What keeps a user's records in order: the user. */
  public byte[] key(SimulatedEvent event) {
    return event.userId().getBytes(StandardCharsets.ISO_8859_1);
  }
}
