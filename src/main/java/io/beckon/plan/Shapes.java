// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.event.RecordType;
import io.beckon.language.Ender;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.Selector;
import io.beckon.language.SignalMeasure;
import io.beckon.language.When;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The shape of a {@code when} as text: equal texts observe the same, so that what was observed
 * under one may go on under the other. Golden: a change of this text makes every running trigger
 * begin anew. Joined by hand, since formatting writes digits as the locale has them.
 */
final class Shapes {
  private Shapes() {}

  /** What a mute is begun and ended by; how long it lasts may change while it does. */
  static String text(PolicyDefinition.Mute mute) {
    return "mute("
        + mute.lane()
        + " from "
        + text(mute.from())
        + mute.until().map(until -> " until " + text(until)).orElse("")
        + ")";
  }

  /** What a trigger observes, and whether as events arrive. */
  static String text(When when, boolean arrival) {
    return text(when) + (arrival ? " in order of arrival" : "");
  }

  static String text(When when) {
    if (when instanceof When.OnEvent e) {
      return "event(" + text(e.event()) + match(when) + ")";
    }
    if (when instanceof When.Count c) {
      return measure("count", c.event(), Integer.toString(c.atLeast()), c.withinMs(), when);
    }
    if (when instanceof When.Sum s) {
      String line = s.atLeast().stripTrailingZeros().toPlainString();
      return measure(
          "sum " + typed(s.event().type().record(), s.of()), s.event(), line, s.withinMs(), when);
    }
    if (when instanceof When.Distinct d) {
      String line = Integer.toString(d.atLeast());
      return measure(
          "distinct " + typed(d.event().type().record(), d.of()),
          d.event(),
          line,
          d.withinMs(),
          when);
    }
    if (when instanceof When.Sequence s) {
      return "sequence("
          + s.steps().stream().map(Shapes::text).collect(Collectors.joining(" then "))
          + s.without().map(w -> " without " + text(w)).orElse("")
          + " within "
          + s.withinMs()
          + match(when)
          + ")";
    }
    if (when instanceof When.Absence a) {
      return "absence("
          + text(a.after())
          + " of "
          + text(a.of())
          + " for "
          + a.forMs()
          + " "
          + a.onRepeat()
          + ")";
    }
    if (when instanceof When.Inactive i) {
      return "inactive(" + texts(i.events()) + " " + text(i.delay()) + ")";
    }
    if (when instanceof When.Due d) {
      return "due(" + text(d.event()) + " " + text(d.delay()) + match(when) + ")";
    }
    if (when instanceof When.Drop d) {
      RecordType first = d.events().get(0).type().record();
      String measure =
          d.measure() instanceof When.Measure.Sum sum
              ? "sum " + typed(first, sum.of())
              : d.measure() instanceof When.Measure.ActiveDays ? "active_days" : "count";
      return "drop("
          + measure
          + " of "
          + texts(d.events())
          + " over "
          + d.recentDays()
          + " and "
          + d.baselineDays()
          + " by "
          + d.by()
          + ")";
    }
    if (when instanceof When.Score s) {
      return "score("
          + (s.line().above() ? "above " : "below ")
          + s.line().at().stripTrailingZeros().toPlainString()
          + " for "
          + s.forMs()
          + ")";
    }
    if (when instanceof When.Milestone m) {
      return "milestone("
          + m.attribute()
          + (m.yearly() ? " yearly " : " once ")
          + m.offsetDays()
          + " at "
          + m.at()
          + ")";
    }
    if (when instanceof When.Changes c) {
      return "changes(" + c.attribute() + ":" + c.type().text() + ")";
    }
    throw new IllegalStateException("no such shape: " + when);
  }

  /** The measure of a signal as text: what is kept under one may go on under an equal one. */
  static String text(SignalMeasure measure, SignalSpec spec) {
    RecordType first = measure.events().get(0).type().record();
    if (measure instanceof SignalMeasure.Model model) {
      return spec.kind()
          + " "
          + model.model()
          + (model.writtenHorizonMs().isPresent()
              ? " within " + model.writtenHorizonMs().getAsLong()
              : "")
          + " of "
          + texts(model.events())
          + " from "
          + texts(model.starts())
          + " until "
          + texts(model.ends())
          + " by "
          + spec;
    }
    return spec.kind()
        + attribute(measure).map(name -> " " + typed(first, name)).orElse("")
        + " of "
        + texts(measure.events())
        + " by "
        + spec;
  }

  /** The attribute a signal measures. */
  static Optional<String> attribute(SignalMeasure measure) {
    if (measure instanceof SignalMeasure.Statistic s) {
      return Optional.of(s.of());
    }
    if (measure instanceof SignalMeasure.Distinct d) {
      return Optional.of(d.of());
    }
    if (measure instanceof SignalMeasure.First f) {
      return f.of();
    }
    return measure instanceof SignalMeasure.Last l ? l.of() : Optional.empty();
  }

  private static String text(When.Wait wait) {
    if (wait instanceof When.Wait.Fixed fixed) {
      return "for " + fixed.ms();
    }
    // What was observed are dates, and they serve every rule about gaps.
    return "by own gap";
  }

  private static String texts(List<Selector> selectors) {
    return selectors.stream().map(Shapes::text).collect(Collectors.joining(" or "));
  }

  private static String measure(
      String shape, Selector event, String atLeast, long withinMs, When when) {
    return shape + "(" + text(event) + " >= " + atLeast + " within " + withinMs + match(when) + ")";
  }

  private static String text(Selector selector) {
    return selector.type().name() + selector.where().map(w -> "[" + w.key() + "]").orElse("");
  }

  private static String text(Ender ender) {
    return text(ender.selector()) + ender.match();
  }

  private static String match(When when) {
    RecordType first = when.selectors().get(0).type().record();
    return " match "
        + when.match().stream().map(name -> typed(first, name)).collect(Collectors.joining(", "));
  }

  /** An attribute of another type is another attribute. */
  private static String typed(RecordType record, String name) {
    return name + ":" + record.attribute(record.indexOf(name)).type().text();
  }
}
