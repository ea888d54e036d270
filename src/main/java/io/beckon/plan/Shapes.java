// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.plan;

import io.beckon.event.RecordType;
import io.beckon.language.Ender;
import io.beckon.language.Selector;
import io.beckon.language.When;
import java.util.stream.Collectors;

/**
 * The shape of a {@code when} as text: equal texts observe the same, so that what was observed
 * under one may go on under the other. Golden: a change of this text makes every running trigger
 * begin anew. Joined by hand, since formatting writes digits as the locale has them.
 */
final class Shapes {
  private Shapes() {}

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
    throw new IllegalStateException("no such shape: " + when);
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
