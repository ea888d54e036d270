// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.calendar.Durations;
import io.beckon.language.InterventionReader.Names;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.TriggerDefinition.ActiveDates;
import io.beckon.language.TriggerDefinition.Cooldown;
import io.beckon.language.TriggerDefinition.Goal;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.TriggerDefinition.Step;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.ExpressionCompiler;
import io.beckon.language.yaml.YamlNode;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads one trigger, without its tests. */
final class TriggerReader {
  private final Vocabulary vocabulary;
  private final Problems problems;
  private final WhenReader whens;
  private final Names budgets;

  private TriggerReader(Vocabulary vocabulary, Order order, Names budgets, Problems problems) {
    this.vocabulary = vocabulary;
    this.budgets = budgets;
    this.problems = problems;
    this.whens = new WhenReader(vocabulary, order, problems);
  }

  /**
   * Reads a trigger.
   *
   * @param fileId what the file's name says its id is
   * @param budgets that its steps may name
   * @return empty if it has problems, reported, or if a problem of the catalogue is in the way
   */
  static Optional<TriggerDefinition> read(
      Section section,
      String fileId,
      Vocabulary vocabulary,
      Order order,
      Names budgets,
      Problems problems) {
    return new TriggerReader(vocabulary, order, budgets, problems).trigger(section, fileId);
  }

  private Optional<TriggerDefinition> trigger(Section section, String fileId) {
    Optional<Located<String>> id = section.text("id");
    id.ifPresent(written -> checkFile(written, fileId));
    Optional<Integer> version = section.whole("version");
    String owner = section.text("owner").map(Located::value).orElse("");
    String description = section.text("description").map(Located::value).orElse("");
    Mode mode = section.text("mode").map(text -> mode(text.value())).orElse(Mode.LIVE);
    Optional<ActiveDates> active = section.section("active").map(this::active);
    boolean service = section.text("lane").map(Located::value).equals(Optional.of("service"));
    int priority = section.whole("priority").orElse(50);
    int maxInstances = section.whole("max_instances").orElse(64);
    WhenReader.Partial when =
        section.section("when").map(whens::when).orElseGet(WhenReader.Partial::unknown);
    boolean urgent = urgent(section, when);
    Optional<ExpressionCompiler> compiler =
        when.read().flatMap(read -> vocabulary.momentCompiler(read.completing(), read.when()));
    Optional<Located<String>> audience = section.text("if");
    Optional<Expression> condition =
        compiler.flatMap(c -> audience.flatMap(text -> c.condition(text, problems)));
    List<Ender> cancelOn = new ArrayList<>();
    for (Section ender : section.sections("cancel_on")) {
      whens.ender(ender, when.keys()).ifPresent(cancelOn::add);
    }
    Optional<Cooldown> cooldown = cooldown(section, when.keys());
    OptionalLong expiresInMs = section.duration("expires_in");
    Optional<Goal> goal = section.section("goal").flatMap(it -> goal(it, when.keys()));
    BigDecimal holdout = section.share("holdout").orElse(BigDecimal.ZERO);
    List<Step> steps = steps(section, compiler);
    if (problems.hasErrors()
        || id.isEmpty()
        || version.isEmpty()
        || when.read().isEmpty()
        || compiler.isEmpty()
        || steps.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new TriggerDefinition(
            id.get().value(),
            version.get(),
            id.get().span(),
            owner,
            description,
            mode,
            active,
            service ? Lane.SERVICE : Lane.MARKETING,
            priority,
            when.read().get().when(),
            urgent,
            maxInstances,
            condition,
            cancelOn,
            cooldown,
            expiresInMs,
            goal,
            holdout,
            steps));
  }

  private void checkFile(Located<String> id, String fileId) {
    if (!id.value().equals(fileId)) {
      problems.warning(
          "BKN-207",
          id.span(),
          "the trigger is `" + id.value() + "`, but its file is called `" + fileId + ".yaml`",
          "call the file `" + id.value() + ".yaml`");
    }
  }

  private static Mode mode(String text) {
    return switch (text) {
      case "draft" -> Mode.DRAFT;
      case "shadow" -> Mode.SHADOW;
      case "paused" -> Mode.PAUSED;
      default -> Mode.LIVE;
    };
  }

  private ActiveDates active(Section section) {
    Optional<LocalDate> from = section.date("from");
    Optional<LocalDate> until = section.date("until");
    if (from.isPresent() && until.isPresent() && until.get().isBefore(from.get())) {
      problems.error(
          "BKN-404",
          section.keySpan("until"),
          "`until` is before `from`",
          "swap " + from.get() + " and " + until.get());
    }
    return new ActiveDates(from, until);
  }

  private boolean urgent(Section section, WhenReader.Partial when) {
    boolean urgent = section.flag("urgent", false);
    if (urgent && when.read().isPresent() && !(when.read().get().when() instanceof When.OnEvent)) {
      problems.error(
          "BKN-216",
          section.keySpan("urgent"),
          "only a trigger of shape `event` can be urgent",
          "leave `urgent` out");
    }
    return urgent;
  }

  private Optional<Cooldown> cooldown(Section section, WhenReader.Keys keys) {
    Optional<YamlNode> node = section.node("cooldown");
    if (node.isEmpty()) {
      return Optional.empty();
    }
    if (node.get() instanceof YamlNode.Scalar scalar) {
      FieldType.Duration type = new FieldType.Duration(1, 400 * Durations.DAY_MS);
      OptionalLong ms = section.duration("cooldown", type, scalar);
      return ms.isEmpty() ? Optional.empty() : Optional.of(new Cooldown(ms.getAsLong(), false));
    }
    Optional<Section> fields =
        Section.of(node.get(), Shapes.COOLDOWN, section.keySpan("cooldown"), problems);
    if (fields.isEmpty()) {
      return Optional.empty();
    }
    OptionalLong ms = fields.get().duration("for");
    boolean perMatch = fields.get().text("per").map(Located::value).equals(Optional.of("match"));
    if (perMatch && keys.known() && keys.names().isEmpty()) {
      problems.error(
          "BKN-215",
          fields.get().keySpan("per"),
          "`per: match` needs a `match`, and the trigger has none",
          "add `match` to its `when`, or write `per: user`");
    }
    return ms.isEmpty() ? Optional.empty() : Optional.of(new Cooldown(ms.getAsLong(), perMatch));
  }

  private Optional<Goal> goal(Section goal, WhenReader.Keys keys) {
    Optional<Ender> ender = whens.ender(goal, keys);
    Optional<Located<String>> text = goal.text("value");
    Optional<Expression> value =
        ender.flatMap(
            it ->
                text.flatMap(
                    written -> vocabulary.number(it.selector().type(), written, problems)));
    OptionalLong withinMs = goal.duration("within");
    return ender.isEmpty() || withinMs.isEmpty()
        ? Optional.empty()
        : Optional.of(new Goal(ender.get(), withinMs.getAsLong(), value));
  }

  private List<Step> steps(Section section, Optional<ExpressionCompiler> compiler) {
    List<Step> steps = new ArrayList<>();
    int written = 0;
    Optional<Section> wait = Optional.empty();
    OptionalLong waitMs = OptionalLong.empty();
    for (Section item : section.sections("then")) {
      if (item.has("wait") && !alone(item)) {
        wait = Optional.empty();
        continue;
      }
      if (item.has("wait")) {
        if (written == 0 && wait.isEmpty()) {
          misplaced(item, "`then` begins with a wait", "the first step comes at the moment itself");
        } else if (wait.isPresent()) {
          misplaced(item, "one wait follows another", "write one as long as both");
        }
        wait = Optional.of(item);
        waitMs = item.duration("wait");
        continue;
      }
      written++;
      Optional<Expression> condition =
          item.text("if").flatMap(text -> compiler.flatMap(c -> c.condition(text, problems)));
      Optional<Intervention> intervention =
          InterventionReader.read(item, vocabulary, budgets, compiler, problems);
      if (written == TriggerDefinition.MOST_STEPS + 1) {
        problems.error(
            "BKN-507",
            item.span(),
            "the trigger has more than " + TriggerDefinition.MOST_STEPS + " steps",
            "leave some out, or go on in a second trigger");
      } else if (intervention.isPresent() && written <= TriggerDefinition.MOST_STEPS) {
        steps.add(new Step(intervention.get(), condition, waitMs.orElse(0)));
      }
      wait = Optional.empty();
      waitMs = OptionalLong.empty();
    }
    if (wait.isPresent() && written > 0) {
      misplaced(wait.get(), "`then` ends with a wait", "say what comes after it, or remove it");
    }
    return steps;
  }

  private void misplaced(Section wait, String what, String help) {
    problems.error("BKN-505", wait.keySpan("wait"), what, help);
  }

  /** Whether nothing stands beside a wait; reports what does. */
  private static boolean alone(Section wait) {
    List<String> beside = new ArrayList<>(wait.written());
    beside.remove("wait");
    wait.without(
        "means nothing beside `wait`",
        "write it into the step after the wait",
        beside.toArray(String[]::new));
    return beside.isEmpty();
  }
}
