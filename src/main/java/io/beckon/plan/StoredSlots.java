// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.event.Attribute;
import io.beckon.event.RecordType;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * Which slots of a record type a plan reads, and so keeps, and the numbers that name them in a
 * state's bytes. A name covers the attribute's name and type: one of another type is another one.
 */
public final class StoredSlots {
  private final RecordType record;
  private final int[] inUse;
  private final int[] hashes;

  StoredSlots(RecordType record, Collection<Integer> inUse) {
    this.record = record;
    this.inUse = inUse.stream().mapToInt(Integer::intValue).sorted().toArray();
    this.hashes = new int[record.size()];
    Set<Integer> different = new HashSet<>();
    for (int slot = 0; slot < hashes.length; slot++) {
      Attribute attribute = record.attribute(slot);
      hashes[slot] = Hashes.of32(attribute.name() + ":" + attribute.type().text());
      if (!different.add(hashes[slot])) {
        throw new IllegalStateException("two attributes share a hash: rename " + attribute.name());
      }
    }
  }

  /** The record type. */
  public RecordType record() {
    return record;
  }

  /** How many slots are kept. */
  public int count() {
    return inUse.length;
  }

  /** The {@code index}-th kept slot, ascending. */
  public int slot(int index) {
    return inUse[index];
  }

  /** The number that names {@code slot}. */
  public int hash(int slot) {
    return hashes[slot];
  }

  /** The slot a number names, or −1. */
  public int slotOf(int hash) {
    // Few enough that looking at them all costs less than a map of boxed numbers.
    for (int slot = 0; slot < hashes.length; slot++) {
      if (hashes[slot] == hash) {
        return slot;
      }
    }
    return -1;
  }
}
