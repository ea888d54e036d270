// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.policy;

import java.math.BigDecimal;
import java.util.Objects;

/** A named value in a decision's evidence. */
public sealed interface Fact {
  /** What it says. */
  String name();

  /** An instant, epoch milliseconds. */
  record At(String name, long timeMs) implements Fact {
    public At {
      Objects.requireNonNull(name);
    }
  }

  /** A duration in milliseconds. */
  record Lasting(String name, long durationMs) implements Fact {
    public Lasting {
      Objects.requireNonNull(name);
    }
  }

  /** A whole number. */
  record Whole(String name, long value) implements Fact {
    public Whole {
      Objects.requireNonNull(name);
    }
  }

  /** An exact decimal. */
  record Amount(String name, BigDecimal value) implements Fact {
    public Amount {
      Objects.requireNonNull(name);
    }
  }

  /** Text. */
  record Text(String name, String value) implements Fact {
    public Text {
      Objects.requireNonNull(name);
    }
  }
}
