// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import io.beckon.event.Slots;
import java.util.List;

/**
 * One node of a compiled expression, by the type of its result. A miss is noted in the frame and
 * the value returned with it means nothing, but is never null; nothing throws.
 *
 * <p>A node that can decide although a part of it missed puts the frame's mark back as it was
 * before that part; every other node leaves the marks of its parts alone.
 */
sealed interface Closure {
  /** A bool. */
  non-sealed interface Bool extends Closure {
    boolean bool(Frame frame);
  }

  /** An int, a timestamp (epoch milliseconds) or a duration (milliseconds). */
  non-sealed interface Lng extends Closure {
    long lng(Frame frame);
  }

  /** A double. */
  non-sealed interface Dbl extends Closure {
    double dbl(Frame frame);
  }

  /** A string. */
  non-sealed interface Str extends Closure {
    String str(Frame frame);
  }

  /** A list of boxed elements: String, Long (int, timestamp, duration), Double or Boolean. */
  non-sealed interface Lst extends Closure {
    List<?> list(Frame frame);
  }

  /** A decimal attribute read on its own, kept exact; inside an expression it is a double. */
  record Decimal(int variable, int slot) implements Closure {
    boolean has(Frame frame) {
      return frame.has(variable, slot);
    }

    Slots slots(Frame frame) {
      return frame.at(variable);
    }
  }

  /** A bool known at load. */
  record ConstantBool(boolean value) implements Bool {
    @Override
    public boolean bool(Frame frame) {
      return value;
    }
  }

  /** An int, timestamp or duration known at load. */
  record ConstantLng(long value) implements Lng {
    @Override
    public long lng(Frame frame) {
      return value;
    }
  }

  /** A double known at load. */
  record ConstantDbl(double value) implements Dbl {
    @Override
    public double dbl(Frame frame) {
      return value;
    }
  }

  /** A string known at load. */
  record ConstantStr(String value) implements Str {
    @Override
    public String str(Frame frame) {
      return value;
    }
  }

  /** A list known at load. */
  record ConstantLst(List<?> value) implements Lst {
    @Override
    public List<?> list(Frame frame) {
      return value;
    }
  }
}
