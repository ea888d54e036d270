// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import io.beckon.plan.InstanceKey;
import io.beckon.plan.TriggerPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * The ledger of cooldowns: which moments count against the next one. It outlives what triggers
 * observed, and edits of their shape.
 */
public final class Cooldowns {
  private record Entry(
      long trigger, boolean shadow, InstanceKey key, long momentMs, long deadAtMs) {}

  private final List<Entry> entries = new ArrayList<>(2);

  /** The moment whose cooldown covers {@code momentMs}, if one does. */
  public OptionalLong covering(TriggerPlan trigger, InstanceKey key, long momentMs) {
    return covering(trigger, key, momentMs, false);
  }

  /** The moment whose cooldown covers {@code momentMs}, if another one's than its own does. */
  public OptionalLong coveringBeside(TriggerPlan trigger, InstanceKey key, long momentMs) {
    return covering(trigger, key, momentMs, true);
  }

  private OptionalLong covering(
      TriggerPlan trigger, InstanceKey key, long momentMs, boolean beside) {
    long cooldownMs = trigger.cooldownMs().orElse(0);
    for (Entry entry : entries) {
      if (entry.trigger() == trigger.idHash()
          && entry.shadow() == trigger.isShadow()
          && Math.abs(momentMs - entry.momentMs()) < cooldownMs
          && !(beside && momentMs == entry.momentMs())
          && entry.key().equals(keyOf(trigger, key))) {
        return OptionalLong.of(entry.momentMs());
      }
    }
    return OptionalLong.empty();
  }

  /** Starts the trigger's cooldown at {@code momentMs}; nothing if it has none. */
  public void start(TriggerPlan trigger, InstanceKey key, long momentMs) {
    OptionalLong cooldownMs = trigger.cooldownMs();
    if (cooldownMs.isPresent()) {
      // A later moment has a time after the watermark, so the last millisecond need not be kept.
      long deadAtMs = momentMs + cooldownMs.getAsLong() - 1;
      entries.add(
          new Entry(trigger.idHash(), trigger.isShadow(), keyOf(trigger, key), momentMs, deadAtMs));
    }
  }

  /** Takes back what was started at {@code momentMs}, as by a moment that came to nothing. */
  public void giveBack(TriggerPlan trigger, InstanceKey key, long momentMs) {
    InstanceKey kept = keyOf(trigger, key);
    entries.removeIf(
        entry ->
            entry.trigger() == trigger.idHash()
                && entry.shadow() == trigger.isShadow()
                && entry.momentMs() == momentMs
                && entry.key().equals(kept));
  }

  private static InstanceKey keyOf(TriggerPlan trigger, InstanceKey key) {
    return trigger.cooldownPerMatch() ? key : InstanceKey.NONE;
  }

  void prune(long watermarkMs) {
    if (!entries.isEmpty()) {
      entries.removeIf(e -> e.deadAtMs() <= watermarkMs);
    }
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  long deadAtMs() {
    long dead = Gathered.NEVER;
    for (Entry entry : entries) {
      dead = Math.max(dead, entry.deadAtMs());
    }
    return dead;
  }

  void write(ByteWriter out, long baseMs) {
    out.count(entries.size());
    for (Entry entry : entries) {
      out.i64(entry.trigger());
      out.u8(entry.shadow() ? 1 : 0);
      ValueCodec.writeKey(out, entry.key());
      out.signed(entry.momentMs() - baseMs);
      out.signed(entry.deadAtMs() - entry.momentMs());
    }
  }

  void read(ByteReader in, long baseMs) {
    int size = in.size(12);
    for (int i = 0; i < size; i++) {
      long trigger = in.i64();
      boolean shadow = in.u8() != 0;
      InstanceKey key = ValueCodec.readKey(in);
      long momentMs = in.signed() + baseMs;
      entries.add(new Entry(trigger, shadow, key, momentMs, in.signed() + momentMs));
    }
  }
}
