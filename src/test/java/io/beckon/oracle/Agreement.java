// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Event;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.Ender;
import io.beckon.language.Intervention;
import io.beckon.language.Selector;
import io.beckon.language.SignalDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.When;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compares an engine with the oracle on one case, and tells of a disagreement. */
final class Agreement {
  private Agreement() {}

  /**
   * Why engine and oracle disagree on {@code input}; empty if they agree.
   *
   * @param engine runs a case, or throws if something does not hold that always must
   */
  static Optional<String> disagreement(
      RandomCase input, Outcome expected, Function<RandomCase, Outcome> engine) {
    Outcome actual;
    try {
      actual = engine.apply(input);
    } catch (RuntimeException | AssertionError e) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      return Optional.of(
          "the engine fails: "
              + trace.toString().lines().limit(12).collect(Collectors.joining("\n")));
    }
    Outcome left = expected.comparable();
    Outcome right = actual.comparable();
    if (left.equals(right)) {
      return Optional.empty();
    }
    List<String> lines = new ArrayList<>();
    compare("decisions", left.decisions(), right.decisions(), lines);
    compare("commands", left.commands(), right.commands(), lines);
    compare("late", left.late(), right.late(), lines);
    compareValues("duplicates", left.duplicates(), right.duplicates(), lines);
    compareValues("ids forgotten", left.idsForgotten(), right.idsForgotten(), lines);
    compareValues("prevented", left.prevented(), right.prevented(), lines);
    compareValues("displaced", left.displaced(), right.displaced(), lines);
    compareValues("no instance", left.noInstance(), right.noInstance(), lines);
    compareValues("open", left.open(), right.open(), lines);
    return Optional.of(String.join("\n", lines));
  }

  private static void compare(String what, List<?> expected, List<?> actual, List<String> lines) {
    if (expected.equals(actual)) {
      return;
    }
    lines.add(what + ", oracle then engine:");
    int common = 0;
    while (common < expected.size()
        && common < actual.size()
        && expected.get(common).equals(actual.get(common))) {
      common++;
    }
    lines.add("  (" + common + " alike)");
    expected.stream().skip(common).limit(6).forEach(e -> lines.add("  oracle " + e));
    actual.stream().skip(common).limit(6).forEach(e -> lines.add("  engine " + e));
  }

  private static void compareValues(
      String what, Object expected, Object actual, List<String> lines) {
    if (!expected.equals(actual)) {
      lines.add(what + ": oracle " + expected + ", engine " + actual);
    }
  }

  /** A case that still fails but has no event, trigger or option more than it needs. */
  static RandomCase shrink(RandomCase failing, Predicate<RandomCase> fails) {
    RandomCase smallest = failing;
    boolean smaller = true;
    while (smaller) {
      smaller = false;
      for (RandomCase candidate : smallerCases(smallest)) {
        if (fails.test(candidate)) {
          smallest = candidate;
          smaller = true;
          break;
        }
      }
    }
    return smallest;
  }

  private static List<RandomCase> smallerCases(RandomCase from) {
    List<RandomCase> cases = new ArrayList<>();
    if (from.mode() != RunMode.PLAIN) {
      cases.add(from.withMode(RunMode.PLAIN));
    }
    List<TriggerDefinition> triggers = from.job().triggers();
    for (int i = 0; i < triggers.size() && triggers.size() > 1; i++) {
      cases.add(from.withTriggers(without(triggers, i, 1)));
    }
    List<Input> stream = from.stream();
    for (int size : List.of(16, 4, 1)) {
      for (int i = stream.size() - size; i >= 0; i--) {
        cases.add(from.withStream(without(stream, i, size)));
      }
    }
    return cases;
  }

  private static <T> List<T> without(List<T> all, int from, int count) {
    List<T> rest = new ArrayList<>(all);
    rest.subList(from, from + count).clear();
    return rest;
  }

  /** The job and the stream, for people. */
  static String describe(RandomCase input) {
    StringBuilder text = new StringBuilder();
    text.append("seed ").append(input.seed()).append(", ").append(input.mode()).append('\n');
    text.append("time ").append(input.job().time()).append(' ').append(input.job().zone());
    text.append(", until ").append(input.untilMs()).append('\n');
    text.append(input.job().timezone()).append(", retention ");
    text.append(input.job().retentionMs()).append('\n');
    for (SignalDefinition signal : input.job().signals().all()) {
      text.append("signal ").append(signal.name()).append(' ');
      text.append(signal.measure().getClass().getSimpleName()).append(' ');
      text.append(describe(signal.measure().events())).append(' ');
      text.append(numbers((Record) signal.measure())).append('\n');
    }
    for (TriggerDefinition trigger : input.job().triggers()) {
      text.append("trigger ").append(trigger.id()).append(' ').append(trigger.mode());
      text.append(' ').append(trigger.lane()).append(' ').append(trigger.priority());
      text.append(trigger.urgent() ? " urgent" : "");
      text.append(" max_instances ").append(trigger.maxInstances()).append('\n');
      text.append("  when ").append(describe(trigger.when())).append('\n');
      trigger.active().ifPresent(a -> text.append("  active ").append(a).append('\n'));
      trigger.audience().ifPresent(e -> text.append("  if ").append(e.text()).append('\n'));
      trigger.cancelOn().forEach(e -> text.append("  cancel_on ").append(describe(e)).append('\n'));
      trigger.cooldown().ifPresent(c -> text.append("  ").append(c).append('\n'));
      trigger.expiresInMs().ifPresent(ms -> text.append("  expires_in ").append(ms).append('\n'));
      trigger.goalWithinMs().ifPresent(ms -> text.append("  goal ").append(ms).append('\n'));
      for (Intervention.Param param : trigger.then().params()) {
        text.append("  param ").append(param.name()).append('\n');
      }
    }
    input
        .profiles()
        .forEach((user, slots) -> text.append(user).append(' ').append(values(slots)).append('\n'));
    long newest = Long.MIN_VALUE;
    for (Input read : input.stream()) {
      if (read instanceof Input.Updates update) {
        text.append("profile of ").append(update.user()).append(' ').append(update.timeMs());
        text.append(' ').append(values(update.profile())).append('\n');
      }
      if (read.event().isEmpty()) {
        continue;
      }
      Event event = read.event().get();
      newest = Math.max(newest, event.timeMs());
      text.append(event.timeMs()).append(' ').append(event.user()).append(' ');
      text.append(event.type().name()).append(' ').append(event.id()).append(' ');
      text.append(values(event.attributes())).append("  W=");
      text.append(newest - input.job().time().latenessMs() - 1).append('\n');
    }
    return text.toString();
  }

  private static Map<String, Object> values(Slots slots) {
    Map<String, Object> values = new TreeMap<>();
    RecordType type = slots.type();
    for (int i = 0; i < type.size(); i++) {
      Object value = slots.objectAt(i);
      if (value != null) {
        values.put(type.attribute(i).name(), value);
      }
    }
    return values;
  }

  private static String describe(Selector selector) {
    return selector.type().name() + selector.where().map(w -> "[" + w.text() + "]").orElse("");
  }

  private static String describe(List<Selector> selectors) {
    return selectors.stream().map(Agreement::describe).collect(Collectors.joining(" or "));
  }

  /** What a record says beside its selectors. */
  private static String numbers(Record what) {
    return Stream.of(what.getClass().getRecordComponents())
        .filter(c -> !c.getName().equals("events") && !c.getName().equals("event"))
        .map(
            c -> {
              try {
                return c.getName() + "=" + c.getAccessor().invoke(what);
              } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
              }
            })
        .collect(Collectors.joining(" "));
  }

  private static String describe(Ender ender) {
    return describe(ender.selector()) + " match " + ender.match();
  }

  private static String describe(When when) {
    if (when instanceof When.OnEvent e) {
      return "event " + describe(e.event()) + " match " + e.match();
    } else if (when instanceof When.Count e) {
      return "count "
          + describe(e.event())
          + (" at_least " + e.atLeast() + " within " + e.withinMs() + " match " + e.match());
    } else if (when instanceof When.Sum e) {
      return "sum of "
          + e.of()
          + " "
          + describe(e.event())
          + (" at_least " + e.atLeast() + " within " + e.withinMs() + " match " + e.match());
    } else if (when instanceof When.Distinct e) {
      return "distinct "
          + e.of()
          + " "
          + describe(e.event())
          + (" at_least " + e.atLeast() + " within " + e.withinMs() + " match " + e.match());
    } else if (when instanceof When.Sequence e) {
      return "sequence "
          + e.steps().stream().map(Agreement::describe).collect(Collectors.joining(", then "))
          + (" within " + e.withinMs() + " match " + e.match())
          + e.without().map(w -> " without " + describe(w)).orElse("");
    } else if (when instanceof When.Absence e) {
      return "absence after ("
          + describe(e.after())
          + ") of "
          + describe(e.of())
          + (" for " + e.forMs() + " " + e.onRepeat());
    }
    String shape = NaiveOracle.shape(when);
    return shape + " " + describe(when.selectors()) + " " + numbers((Record) when);
  }
}
