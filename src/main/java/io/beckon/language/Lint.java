// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.calendar.Durations;
import io.beckon.churn.CadenceScore;
import io.beckon.language.JobDefinition.Clock;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.JobDefinition.TimeSettings;
import io.beckon.language.PolicyDefinition.Exemption;
import io.beckon.language.PolicyDefinition.Selection;
import io.beckon.language.PolicyReader.Policy;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.expression.Expression;
import io.beckon.language.yaml.YamlNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Warns of what is allowed, but hardly meant. */
public final class Lint {
  /** What one user's state should not grow beyond: 64 KiB. */
  public static final long STATE_BYTES = 64 * 1024;

  private final Signals signals;
  private final TimeSettings time;
  private final long retentionMs;
  private final Policy policy;
  private final Problems problems;

  /** Triggers seen so far, by what they observe and whom they are for. */
  private final Map<String, TriggerDefinition> seen = new HashMap<>();

  Lint(TimeSettings time, long retentionMs, Policy policy, Signals signals, Problems problems) {
    this.signals = signals;
    this.time = time;
    this.retentionMs = retentionMs;
    this.policy = policy;
    this.problems = problems;
  }

  /**
   * Warns if the state of one user may grow beyond {@link #STATE_BYTES}.
   *
   * @param trigger the one whose share is the largest
   * @param bytes the bound of all triggers and signals together
   */
  public static void stateBytes(TriggerDefinition trigger, long bytes, Problems problems) {
    if (bytes > STATE_BYTES) {
      problems.warning(
          "BKN-706",
          trigger.span(),
          "the state of one user may grow to " + bytes / 1024 + " KiB, most of it for this trigger",
          "lower `max_instances` or `at_least`, or shorten its window");
    }
  }

  /**
   * Looks at a sound model and the file it was read from.
   *
   * @param read whether a signal names it
   */
  static void model(ModelDefinition model, boolean read, Section file, Problems problems) {
    if (!read) {
      problems.warning(
          "BKN-713",
          model.span(),
          "no signal is of this model",
          "write one into signals.yaml, as in `churn: {model: " + model.id() + "}`, or remove it");
    }
    if (model.degenerate()) {
      problems.warning(
          "BKN-714",
          file.keySpan("model"),
          "this model takes nobody for lost: P(alive) is 1, and only rates tell users apart",
          "fit it to a log that has users from their first event on, or use `cadence` or"
              + " `scorecard`");
    }
  }

  /** Looks at a signal. */
  void signal(SignalDefinition signal) {
    SignalMeasure measure = signal.measure();
    if (measure instanceof SignalMeasure.Count count) {
      window(count.overMs(), "over", signal.span());
    } else if (measure instanceof SignalMeasure.Statistic statistic) {
      window(statistic.overMs(), "over", signal.span());
    } else if (measure instanceof SignalMeasure.Distinct distinct) {
      window(distinct.overMs(), "over", signal.span());
    } else if (measure instanceof SignalMeasure.ActiveDays days) {
      window(days.days() * Durations.DAY_MS, "over", signal.span());
    }
  }

  private void window(long windowMs, String name, Span span) {
    if (windowMs > retentionMs) {
      problems.warning(
          "BKN-702",
          span,
          "`"
              + name
              + "` is longer than the retention, "
              + Durations.format(retentionMs)
              + ", so this is kept longer than anything else",
          "shorten it, or write `state: {retention: "
              + Durations.format(windowMs)
              + "}` in job.yaml");
    }
  }

  /** Looks at a sound trigger and the file it was read from. */
  void trigger(TriggerDefinition trigger, Section file) {
    if (trigger.when() instanceof When.Absence absence) {
      absence(absence, trigger, file);
    }
    boolean inside = trigger.when() instanceof When.Absence;
    When gathers =
        trigger.when() instanceof When.Absence absence ? absence.after() : trigger.when();
    List<String> gathered = inside ? List.of("absence", "after") : List.of();
    if (gathers instanceof When.Count count) {
      window(count.withinMs(), "within", key(file, gathered, "count", "within"));
    } else if (gathers instanceof When.Sum sum) {
      window(sum.withinMs(), "within", key(file, gathered, "sum", "within"));
    } else if (gathers instanceof When.Distinct distinct) {
      window(distinct.withinMs(), "within", key(file, gathered, "distinct", "within"));
    } else if (gathers instanceof When.Sequence sequence) {
      window(sequence.withinMs(), "within", key(file, gathered, "sequence", "within"));
    }
    if (trigger.when() instanceof When.Score score) {
      line(score, file);
    }
    expiry(trigger, file);
    instances(trigger, file);
    duplicate(trigger, file);
    holdout(trigger, file);
  }

  /** Looks at a policy without errors, all triggers being known and sound. */
  void policy(List<TriggerDefinition> triggers) {
    PolicyDefinition definition = policy.definition();
    if (definition.holdout().share().compareTo(BigDecimal.ONE) == 0) {
      everybody(policy.at("holdout", ""));
    }
    if (triggers.isEmpty()) {
      return;
    }
    Set<String> paying = new HashSet<>();
    Set<String> channels = new TreeSet<>();
    for (TriggerDefinition trigger : triggers) {
      for (Intervention sent : sent(trigger)) {
        sent.budget().ifPresent(paying::add);
        sent.channel().ifPresent(channels::add);
      }
    }
    for (PolicyDefinition.Budget budget : definition.budgets()) {
      if (!paying.contains(budget.id())) {
        policy
            .at("budget", budget.id())
            .ifPresent(
                span ->
                    problems.warning(
                        "BKN-708",
                        span,
                        "no step takes anything from this budget",
                        "name it in a step, `budget: " + budget.id() + "`, or remove it"));
      }
    }
    for (PolicyDefinition.Cap cap : definition.caps()) {
      unless(triggers, cap.of(), true, "cap", cap.id(), channels);
    }
    for (PolicyDefinition.Rate rate : definition.rates()) {
      unless(triggers, rate.of(), false, "rate", rate.id(), channels);
    }
  }

  /** Warns unless something that is sent is selected. */
  private void unless(
      List<TriggerDefinition> triggers,
      Selection of,
      boolean exempts,
      String what,
      String id,
      Set<String> channels) {
    for (TriggerDefinition trigger : triggers) {
      boolean exempt =
          exempts && policy.definition().exempt(trigger.lane()).contains(Exemption.CAPS);
      if (!exempt
          && sent(trigger).stream().anyMatch(sent -> of.fits(trigger.id(), trigger.lane(), sent))) {
        return;
      }
    }
    Optional<String> channel = of.channel().filter(name -> !channels.contains(name));
    policy
        .at(what, id)
        .ifPresent(
            span ->
                problems.warning(
                    "BKN-709",
                    span,
                    "this " + what + " concerns nothing that the job's triggers send",
                    channel
                        .map(
                            name ->
                                "nothing is sent by `"
                                    + name
                                    + "`: "
                                    + Section.suggest(name, channels, "the channels are "))
                        .orElse("change what it selects, or remove it")));
  }

  /** All that a trigger may send. */
  private List<Intervention> sent(TriggerDefinition trigger) {
    List<Intervention> sent = new ArrayList<>();
    for (TriggerDefinition.Step step : trigger.steps()) {
      for (Intervention each : step.intervention().alternatives()) {
        sent.add(each);
        each.budget()
            .flatMap(policy.definition()::budget)
            .flatMap(PolicyDefinition.Budget::whenEmpty)
            .ifPresent(sent::add);
      }
    }
    return sent;
  }

  private void everybody(Optional<Span> place) {
    place.ifPresent(
        span ->
            problems.warning(
                "BKN-711",
                span,
                "everybody is held out, so nothing is ever sent",
                "to send nothing for now, write `mode: shadow` or `mode: paused`"));
  }

  private void holdout(TriggerDefinition trigger, Section file) {
    boolean exempt = policy.definition().exempt(trigger.lane()).contains(Exemption.HOLDOUT);
    boolean own = trigger.holdout().signum() > 0;
    if (exempt && own) {
      problems.warning(
          "BKN-712",
          file.keySpan("holdout"),
          "the lane is exempt of holdouts, so nobody is held out",
          "remove it, or the exemption in policy.yaml");
    } else if (trigger.holdout().compareTo(BigDecimal.ONE) == 0) {
      everybody(Optional.of(file.keySpan("holdout")));
    }
    boolean global =
        trigger.lane() == Lane.MARKETING && policy.definition().holdout().share().signum() > 0;
    if (!exempt && (own || global) && trigger.goal().isEmpty() && trigger.mode() != Mode.DRAFT) {
      problems.warning(
          "BKN-710",
          own ? file.keySpan("holdout") : file.keySpan("id"),
          "users are held out of this trigger, but it has no `goal` to compare them by",
          "add `goal: {event: …, within: …}`");
    }
  }

  private void absence(When.Absence absence, TriggerDefinition trigger, Section file) {
    if (absence.forMs() < time.latenessMs()) {
      problems.warning(
          "BKN-701",
          key(file, List.of(), "absence", "for"),
          "`for` is shorter than the lateness, so it is the lateness that is waited for",
          "make `for` longer than "
              + Durations.format(time.latenessMs())
              + ", or `lateness` in job.yaml shorter");
    }
    String of = absence.of().selector().type().name();
    boolean cancels =
        trigger.cancelOn().stream()
            .anyMatch(ender -> ender.selector().type().equals(absence.of().selector().type()));
    if (!cancels) {
      problems.warning(
          "BKN-703",
          file.has("cancel_on") ? file.keySpan("cancel_on") : key(file, List.of(), "absence", "of"),
          "a `" + of + "` after the moment takes nothing back",
          "add `{event: "
              + of
              + (absence.of().match().isEmpty()
                  ? ""
                  : ", match: [" + String.join(", ", absence.of().match()) + "]")
              + "}` to `cancel_on`");
    }
  }

  /** A line that no score of a model comes past. */
  private void line(When.Score score, Section file) {
    SignalMeasure measure = signals.all().get(score.index()).measure();
    if (!(measure instanceof SignalMeasure.Model model)) {
      return;
    }
    boolean share = !(model.score() instanceof CadenceScore);
    double at = score.line().at().doubleValue();
    if (score.line().above() ? share && at >= 1 : at <= 0) {
      String side = score.line().above() ? "above" : "below";
      problems.warning(
          "BKN-716",
          key(file, List.of(), "score", side),
          "`" + score.signal() + "` is never " + side + " this",
          share
              ? "it is a probability, 0 to 1: write 40 % as `0.4`"
              : "it begins at 0, and is 1 when the longest usual silence is over");
    }
  }

  /** What is settled is known only when the lateness is over, by the clock that expiry goes by. */
  private void expiry(TriggerDefinition trigger, Section file) {
    When when = trigger.when();
    boolean byTime = when instanceof When.Absence || when instanceof When.Due || !when.hasEvent();
    boolean settled = byTime || (time.order() == Order.SETTLED && !trigger.urgent());
    if (settled
        && time.clock() == Clock.LIVE
        && trigger.expiresInMs().isPresent()
        && trigger.expiresInMs().getAsLong() <= time.latenessMs()) {
      problems.warning(
          "BKN-704",
          file.keySpan("expires_in"),
          "every moment expires before it is known, which is when the lateness, "
              + Durations.format(time.latenessMs())
              + ", is over",
          "make `expires_in` longer than the lateness");
    }
  }

  private void instances(TriggerDefinition trigger, Section file) {
    if (trigger.when() instanceof When.Due due
        && due.delay() instanceof When.Wait.OwnGap
        && !due.match().isEmpty()
        && !file.has("max_instances")) {
      problems.warning(
          "BKN-707",
          file.keySpan("when"),
          "the gaps of each `"
              + String.join("`, `", due.match())
              + "` are remembered for "
              + Durations.format(retentionMs)
              + ", but only of the latest "
              + trigger.maxInstances()
              + " a user",
          "state `max_instances`: how many of them a user may be due for");
    }
  }

  private void duplicate(TriggerDefinition trigger, Section file) {
    if (trigger.mode() == Mode.DRAFT) {
      return;
    }
    String observed =
        trigger.mode()
            + " "
            + trigger.active()
            + " "
            + trigger.audience().map(Expression::key).orElse("")
            + " "
            + trigger.steps().get(0).condition().map(Expression::key).orElse("")
            + " "
            + file.node("when").map(Lint::text).orElse("");
    TriggerDefinition first = seen.putIfAbsent(observed, trigger);
    // Of one id there is one too many, which is an error already.
    if (first != null && !first.id().equals(trigger.id())) {
      problems.warning(
          "BKN-705",
          file.keySpan("when"),
          "another trigger waits for the same moment of the same users",
          "the other is in "
              + first.span().file()
              + ":"
              + first.span().line()
              + "; every such user gets both: merge them, or tell their `if` apart");
    }
  }

  /**
   * Where the field at the end of a path below {@code when} is written; where its parent is if not.
   */
  private static Span key(Section file, List<String> before, String... after) {
    Span span = file.keySpan("when");
    Optional<YamlNode> node = file.node("when");
    for (String name : Stream.concat(before.stream(), Stream.of(after)).toList()) {
      if (!(node.orElse(null) instanceof YamlNode.Mapping mapping)) {
        return span;
      }
      Optional<YamlNode.Entry> entry =
          mapping.entries().stream().filter(e -> e.key().text().equals(name)).findFirst();
      span = entry.map(e -> e.key().span()).orElse(span);
      node = entry.map(YamlNode.Entry::value);
    }
    return span;
  }

  /** What is written, without its places and the order of its fields. */
  private static String text(YamlNode node) {
    if (node instanceof YamlNode.Mapping mapping) {
      return mapping.entries().stream()
          .map(entry -> quoted(entry.key().text()) + ":" + text(entry.value()))
          .sorted()
          .collect(Collectors.joining(",", "{", "}"));
    }
    if (node instanceof YamlNode.Sequence sequence) {
      List<String> items = sequence.items().stream().map(Lint::text).toList();
      return items.toString();
    }
    return node instanceof YamlNode.Scalar scalar ? scalar.kind() + quoted(scalar.text()) : "";
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
