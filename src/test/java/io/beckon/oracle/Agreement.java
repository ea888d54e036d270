// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Event;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.Ender;
import io.beckon.language.Intervention;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Holdout;
import io.beckon.language.Selector;
import io.beckon.language.SignalDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.When;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigDecimal;
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
    List<String> lines = new ArrayList<>();
    compare("decisions", left.decisions(), right.decisions(), lines);
    compare("commands", left.commands(), right.commands(), lines);
    compare("outcomes", left.followed(), right.followed(), lines);
    compare("requests", left.requests(), right.requests(), lines);
    compare("shared decisions", left.shared().decisions(), right.shared().decisions(), lines);
    compare("shared commands", left.shared().commands(), right.shared().commands(), lines);
    compareValues("shared counts", left.shared().counts(), right.shared().counts(), lines);
    compare("late", left.late(), right.late(), lines);
    compareValues("duplicates", left.duplicates(), right.duplicates(), lines);
    compareValues("ids forgotten", left.idsForgotten(), right.idsForgotten(), lines);
    compareValues("prevented", left.prevented(), right.prevented(), lines);
    compareValues("displaced", left.displaced(), right.displaced(), lines);
    compareValues("no instance", left.noInstance(), right.noInstance(), lines);
    compareValues("open", left.open(), right.open(), lines);
    compareValues("held", left.held(), right.held(), lines);
    compareValues("following", left.following(), right.following(), lines);
    return lines.isEmpty() ? Optional.empty() : Optional.of(String.join("\n", lines));
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
    smallerPolicies(from.job().policy())
        .forEach(policy -> cases.add(from.withJob(from.job().withPolicy(policy))));
    for (int i = 0; i < triggers.size(); i++) {
      for (TriggerDefinition plainer : plainer(triggers.get(i))) {
        List<TriggerDefinition> others = new ArrayList<>(triggers);
        others.set(i, plainer);
        cases.add(from.withTriggers(others));
      }
    }
    List<Input> stream = from.stream();
    for (int size : List.of(16, 4, 1)) {
      for (int i = stream.size() - size; i >= 0; i--) {
        cases.add(from.withStream(without(stream, i, size)));
      }
    }
    return cases;
  }

  private static List<TriggerDefinition> plainer(TriggerDefinition trigger) {
    List<TriggerDefinition> plainer = new ArrayList<>();
    int steps = trigger.steps().size();
    if (steps > 1) {
      plainer.add(trigger.withSteps(trigger.steps().subList(0, steps - 1)));
    }
    if (trigger.holdout().signum() > 0) {
      plainer.add(trigger.withHoldout(BigDecimal.ZERO));
    }
    for (int i = 0; i < steps; i++) {
      TriggerDefinition.Step step = trigger.steps().get(i);
      List<TriggerDefinition.Step> others = new ArrayList<>(trigger.steps());
      if (step.condition().isPresent()) {
        others.set(
            i, new TriggerDefinition.Step(step.intervention(), Optional.empty(), step.waitMs()));
        plainer.add(trigger.withSteps(others));
      }
      Intervention what = step.intervention();
      Intervention plain =
          new Intervention(what.kind(), what.channel(), what.template(), List.of(), List.of());
      if (!what.equals(plain)) {
        others.set(i, new TriggerDefinition.Step(plain, step.condition(), step.waitMs()));
        plainer.add(trigger.withSteps(others));
      }
    }
    return plainer;
  }

  private static List<PolicyDefinition> smallerPolicies(PolicyDefinition from) {
    List<PolicyDefinition> smaller = new ArrayList<>();
    PolicyDefinition none = PolicyDefinition.none(from.holdout().salt());
    for (int part = 0; part < 8; part++) {
      PolicyDefinition less =
          new PolicyDefinition(
              part == 0 ? none.consent() : from.consent(),
              part == 1 ? none.quiet() : from.quiet(),
              from.caps(),
              part == 2 ? none.arbitration() : from.arbitration(),
              part == 3 ? none.service() : from.service(),
              part == 4 ? none.marketing() : from.marketing(),
              part == 5 ? none.mutes() : from.mutes(),
              part == 6 ? new Holdout(BigDecimal.ZERO, from.holdout().salt()) : from.holdout(),
              from.budgets(),
              from.rates(),
              part == 7 ? none.mostJourneys() : from.mostJourneys());
      if (!less.equals(from)) {
        smaller.add(less);
      }
    }
    for (int i = 0; i < from.caps().size(); i++) {
      smaller.add(with(from, without(from.caps(), i, 1), from.rates()));
    }
    for (int i = 0; i < from.rates().size(); i++) {
      smaller.add(with(from, from.caps(), without(from.rates(), i, 1)));
    }
    return smaller;
  }

  private static PolicyDefinition with(
      PolicyDefinition from, List<PolicyDefinition.Cap> caps, List<PolicyDefinition.Rate> rates) {
    return new PolicyDefinition(
        from.consent(),
        from.quiet(),
        caps,
        from.arbitration(),
        from.service(),
        from.marketing(),
        from.mutes(),
        from.holdout(),
        from.budgets(),
        rates,
        from.mostJourneys());
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
    if (!input.job().policy().equals(PolicyDefinition.none(input.job().id()))) {
      describe(input.job().policy(), text);
    }
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
      trigger
          .goal()
          .ifPresent(
              g ->
                  text.append("  goal ")
                      .append(describe(g.ender()))
                      .append(" within " + g.withinMs())
                      .append(g.value().map(v -> " value " + v.text()).orElse(""))
                      .append('\n'));
      if (trigger.holdout().signum() > 0) {
        text.append("  holdout ").append(trigger.holdout()).append('\n');
      }
      for (TriggerDefinition.Step step : trigger.steps()) {
        text.append("  then after ").append(step.waitMs());
        step.condition().ifPresent(e -> text.append(" if ").append(e.text()));
        describe(step.intervention(), text);
        for (Intervention.Variant variant : step.intervention().variants()) {
          text.append("    variant ").append(variant.name()).append(' ').append(variant.weight());
          describe(variant.intervention(), text);
        }
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

  private static void describe(Intervention what, StringBuilder text) {
    text.append(' ').append(what.kind()).append(' ').append(what.channel().orElse("-"));
    text.append(' ').append(what.sendAt());
    what.budget().ifPresent(b -> text.append(" budget ").append(b).append(' ').append(what.cost()));
    for (Intervention.Param param : what.params()) {
      text.append(" param ").append(param.name());
    }
    text.append('\n');
  }

  private static void describe(PolicyDefinition policy, StringBuilder text) {
    text.append("consent ").append(policy.consent()).append('\n');
    text.append("quiet ").append(policy.quiet()).append('\n');
    policy.caps().forEach(cap -> text.append(cap).append('\n'));
    text.append("arbitration ").append(policy.arbitration()).append('\n');
    text.append("exempt: service ").append(policy.service());
    text.append(", marketing ").append(policy.marketing()).append('\n');
    for (PolicyDefinition.Mute mute : policy.mutes()) {
      text.append("mute ").append(mute.lane()).append(" from ").append(describe(mute.from()));
      mute.until().ifPresent(until -> text.append(" until ").append(describe(until)));
      text.append(" at most ").append(mute.atMostMs()).append('\n');
    }
    text.append(policy.holdout()).append('\n');
    policy.budgets().forEach(budget -> text.append(budget).append('\n'));
    policy.rates().forEach(rate -> text.append(rate).append('\n'));
    text.append("journeys at most ").append(policy.mostJourneys()).append('\n');
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
