// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.event.AttributeType;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import java.util.List;

/**
 * What events of one type can be to one trigger: selected by a step of its {@code when}, or an
 * ender.
 */
public final class Role {
  /** The parts an event can play. */
  public enum Kind {
    /** Gathered by {@code when} (of an absence: by {@code after}). */
    SELECT,
    /** {@code of}: what an absence waits for. */
    OF,
    /** {@code cancel_on}. */
    CANCEL,
    /** {@code without} of a sequence. */
    WITHOUT,
    /** {@code goal}. */
    GOAL
  }

  /** The {@link #predicate} of a role without {@code where}. */
  public static final int ALWAYS = -1;

  private final Kind kind;
  private final int step;
  private final int predicate;
  private final int[] positions;
  private final int[] slots;
  private final AttributeType[] types;
  private final int measuredSlot;

  private Role(
      Kind kind,
      int step,
      int predicate,
      int[] positions,
      int[] slots,
      AttributeType[] types,
      int measuredSlot) {
    this.kind = kind;
    this.step = step;
    this.predicate = predicate;
    this.positions = positions;
    this.slots = slots;
    this.types = types;
    this.measuredSlot = measuredSlot;
  }

  /**
   * A role.
   *
   * @param names which of the trigger's match attributes count for it
   * @param match the trigger's match attributes
   * @param measuredSlot the slot it measures, or −1
   */
  static Role of(
      Kind kind,
      int step,
      int predicate,
      EventType type,
      List<String> names,
      List<String> match,
      int measuredSlot) {
    int[] positions = new int[names.size()];
    int[] slots = new int[names.size()];
    AttributeType[] types = new AttributeType[names.size()];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = match.indexOf(names.get(i));
      slots[i] = type.record().indexOf(names.get(i));
      types[i] = type.record().attribute(slots[i]).type();
    }
    return new Role(kind, step, predicate, positions, slots, types, measuredSlot);
  }

  /** The part played. */
  public Kind kind() {
    return kind;
  }

  /** For SELECT the step of the sequence, from 0; for CANCEL the item's place. */
  public int step() {
    return step;
  }

  /** The number of its {@code where} among the type's predicates, or {@link #ALWAYS}. */
  public int predicate() {
    return predicate;
  }

  /** For SELECT the event slot that is measured, −1 if none is. */
  public int measuredSlot() {
    return measuredSlot;
  }

  /** The event slots that hold its match values. */
  int[] slots() {
    return slots;
  }

  /** Whether the event has every match attribute the role names. */
  public boolean isComplete(Slots event) {
    for (int slot : slots) {
      if (!event.has(slot)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the event, which {@link #isComplete}, concerns the instance called {@code key}. */
  public boolean concerns(Slots event, InstanceKey key) {
    for (int i = 0; i < slots.length; i++) {
      Object part = key.part(positions[i]);
      int slot = slots[i];
      boolean same =
          switch (types[i]) {
            case STRING -> part.equals(event.stringAt(slot));
            case INT -> part instanceof Long whole && whole == event.longAt(slot);
            case BOOL -> part instanceof Boolean flag && flag == event.boolAt(slot);
            case STRING_LIST -> event.stringsAt(slot).contains(part);
            case INT_LIST -> event.intsAt(slot).contains(part);
            case DOUBLE, DECIMAL, TIMESTAMP, DURATION -> false;
          };
      if (!same) {
        return false;
      }
    }
    return true;
  }

  /** The hash of {@link #key}, without making one. */
  public int keyHash(Slots event) {
    int hash = 1;
    for (int i = 0; i < slots.length; i++) {
      int part =
          switch (types[i]) {
            case INT -> Long.hashCode(event.longAt(slots[i]));
            case BOOL -> Boolean.hashCode(event.boolAt(slots[i]));
            default -> event.stringAt(slots[i]).hashCode();
          };
      hash = 31 * hash + part;
    }
    return hash;
  }

  /** The key of the instance a selected event, which {@link #isComplete}, belongs to. */
  public InstanceKey key(Slots event) {
    if (slots.length == 0) {
      return InstanceKey.NONE;
    }
    Object[] parts = new Object[slots.length];
    for (int i = 0; i < parts.length; i++) {
      parts[i] =
          switch (types[i]) {
            case INT -> event.longAt(slots[i]);
            case BOOL -> event.boolAt(slots[i]);
            default -> event.stringAt(slots[i]);
          };
    }
    return InstanceKey.ofOwned(parts);
  }
}
