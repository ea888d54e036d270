// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The moment a trigger waits for: exactly one shape. Durations are milliseconds. */
public sealed interface When {

  /** The attributes that tell its instances apart, in the author's order; none: one instance. */
  List<String> match();

  /**
   * What it selects: one selector, or one a step of a sequence. An absence selects by its after.
   */
  List<Selector> selectors();

  /** At each such event. */
  record OnEvent(Selector event, List<String> match) implements When {
    public OnEvent {
      match = List.copyOf(match);
    }

    @Override
    public List<Selector> selectors() {
      return List.of(event);
    }
  }

  /** At the event that makes {@code atLeast} of one instance fall within {@code withinMs}. */
  record Count(Selector event, int atLeast, long withinMs, List<String> match) implements When {
    public Count {
      match = List.copyOf(match);
    }

    @Override
    public List<Selector> selectors() {
      return List.of(event);
    }
  }

  /** At the event that brings the sum of {@code of} over the window to {@code atLeast}. */
  record Sum(Selector event, String of, BigDecimal atLeast, long withinMs, List<String> match)
      implements When {
    public Sum {
      match = List.copyOf(match);
    }

    @Override
    public List<Selector> selectors() {
      return List.of(event);
    }
  }

  /**
   * At the event that brings the number of distinct {@code of} in the window to {@code atLeast}.
   */
  record Distinct(Selector event, String of, int atLeast, long withinMs, List<String> match)
      implements When {
    public Distinct {
      match = List.copyOf(match);
    }

    @Override
    public List<Selector> selectors() {
      return List.of(event);
    }
  }

  /** At the event that completes unused events of strictly increasing times, one a step. */
  record Sequence(List<Selector> steps, long withinMs, List<String> match, Optional<Ender> without)
      implements When {
    public Sequence {
      steps = List.copyOf(steps);
      match = List.copyOf(match);
    }

    @Override
    public List<Selector> selectors() {
      return steps;
    }
  }

  /**
   * At s + {@code forMs} if no {@code of} event has time in [s, s + forMs], s being the time of
   * {@code after}.
   */
  record Absence(When after, Ender of, long forMs, OnRepeat onRepeat) implements When {
    @Override
    public List<String> match() {
      return after.match();
    }

    @Override
    public List<Selector> selectors() {
      return after.selectors();
    }
  }

  /** What an event that {@code after} selects does to an open absence. */
  enum OnRepeat {
    /** It moves s to its own time. */
    RESTART,
    /** It is passed over. */
    IGNORE
  }

  /**
   * What {@code moment.x} offers to expressions of this shape. {@code time}: when the moment
   * happened. {@code since}: the time of the first event it rests on; of an absence, s. {@code
   * count}, {@code sum}, {@code distinct}: the measure at the moment.
   */
  default RecordType momentType() {
    List<Attribute> fields = new ArrayList<>();
    fields.add(Attribute.optional("time", AttributeType.TIMESTAMP));
    fields.add(Attribute.optional("since", AttributeType.TIMESTAMP));
    When measured = this instanceof Absence absence ? absence.after() : this;
    if (measured instanceof Count) {
      fields.add(Attribute.optional("count", AttributeType.INT));
    } else if (measured instanceof Sum) {
      fields.add(Attribute.optional("sum", AttributeType.DECIMAL));
    } else if (measured instanceof Distinct) {
      fields.add(Attribute.optional("distinct", AttributeType.INT));
    }
    return RecordType.of("moment", fields);
  }
}
