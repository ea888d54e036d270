// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import io.beckon.event.Slots;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The values an expression reads, by variable number, and whether it missed one. Reused from
 * evaluation to evaluation; not thread-safe; owned by one engine.
 */
public final class Frame {
  private final @Nullable Slots[] variables;

  /** What {@code exists} and {@code all} go through, by nesting depth. */
  private Object[] locals = {"", ""};

  private boolean missed;

  /** A frame for expressions of {@code scope}, with every variable empty. */
  public Frame(Scope scope) {
    this.variables = new Slots[scope.size()];
  }

  /** Sets variable {@code index}. */
  public Frame set(int index, Slots value) {
    variables[index] = value;
    return this;
  }

  /** Whether variable {@code variable} is set and its slot {@code slot} holds a value. */
  boolean has(int variable, int slot) {
    Slots slots = variables[variable];
    return slots != null && slots.has(slot);
  }

  /** As {@link #has}, but a value not there is a miss. */
  boolean reads(int variable, int slot) {
    Slots slots = variables[variable];
    if (slots != null && slots.has(slot)) {
      return true;
    }
    missed = true;
    return false;
  }

  /** The slots of a variable that {@link #has} a value. */
  Slots at(int variable) {
    Slots slots = variables[variable];
    if (slots == null) {
      throw new IllegalStateException("variable " + variable + " is not set");
    }
    return slots;
  }

  /** The element at hand of the list gone through at {@code depth}, boxed. */
  Object local(int depth) {
    return locals[depth];
  }

  void local(int depth, Object element) {
    if (depth >= locals.length) {
      int before = locals.length;
      locals = Arrays.copyOf(locals, depth + 1);
      Arrays.fill(locals, before, locals.length, "");
    }
    locals[depth] = element;
  }

  /** Notes that a missing value, or an error such as overflow, stopped the evaluation. */
  void miss() {
    missed = true;
  }

  boolean missed() {
    return missed;
  }

  void missed(boolean value) {
    missed = value;
  }
}
