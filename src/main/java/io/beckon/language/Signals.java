// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.Attribute;
import io.beckon.event.CodePoints;
import io.beckon.event.RecordType;
import java.util.Comparator;
import java.util.List;

/** The signals of a job, by name in order of code points. Immutable. */
public final class Signals {
  private static final Comparator<SignalDefinition> BY_NAME =
      (a, b) -> CodePoints.compare(a.name(), b.name());

  private final List<SignalDefinition> all;
  private final RecordType type;

  private Signals(List<SignalDefinition> all) {
    this.all = all;
    this.type =
        RecordType.of(
            "signal",
            all.stream().map(signal -> Attribute.optional(signal.name(), signal.type())).toList());
  }

  /**
   * Signals in any order.
   *
   * @throws IllegalArgumentException if two share a name
   */
  public static Signals of(List<SignalDefinition> signals) {
    return new Signals(signals.stream().sorted(BY_NAME).toList());
  }

  /** No signals. */
  public static Signals none() {
    return new Signals(List.of());
  }

  /** The signals, in the order of their slots in {@link #type}. */
  public List<SignalDefinition> all() {
    return all;
  }

  /** What {@code signal.x} offers to expressions: every signal, by name. One object a job. */
  public RecordType type() {
    return type;
  }

  /** Their names, for logs. */
  @Override
  public String toString() {
    return type.toString();
  }
}
