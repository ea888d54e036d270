// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.plan.Plan;
import io.beckon.plan.SignalPlan;
import io.beckon.plan.TriggerPlan;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** The sizes of a state's sections, heads included, by the trigger or the signal they are of. */
public final class Sections {
  private static final int TRIGGER = 5;
  private static final int SIGNAL = 7;

  private final Map<TriggerPlan, Integer> triggers = new LinkedHashMap<>();
  private final Map<SignalPlan, Integer> signals = new LinkedHashMap<>();

  /** Those of {@code bytes}, a state of {@code plan}. */
  public Sections(Plan plan, byte[] bytes) {
    ByteReader in = new ByteReader(bytes);
    in.u8();
    in.signed();
    while (!in.atEnd()) {
      int from = in.position();
      int tag = in.u8();
      ByteReader part = in.part();
      int size = in.position() - from;
      if (tag == TRIGGER) {
        triggers.put(Objects.requireNonNull(plan.triggerByHash(part.i64())), size);
      } else if (tag == SIGNAL) {
        signals.put(Objects.requireNonNull(plan.signalByHash(part.i64())), size);
      }
    }
  }

  /** By trigger, in the order of the bytes. */
  public Map<TriggerPlan, Integer> triggers() {
    return triggers;
  }

  /** By signal, in the order of the bytes. */
  public Map<SignalPlan, Integer> signals() {
    return signals;
  }
}
