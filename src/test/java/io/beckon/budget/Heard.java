// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Keeps what a stage says. */
final class Heard implements BudgetOutput {
  final List<Decision> decisions = new ArrayList<>();
  final List<Command> commands = new ArrayList<>();
  final Map<BudgetCounter, Integer> counts = new EnumMap<>(BudgetCounter.class);
  private final List<String> lines = new ArrayList<>();

  @Override
  public void decision(Decision decision) {
    decisions.add(decision);
    lines.add(decision.user() + " " + decision.reason() + " at " + decision.decisionTimeMs());
  }

  @Override
  public void command(Command command) {
    commands.add(command);
    lines.add(
        command.user()
            + " "
            + command.action()
            + " "
            + command.kind()
            + " at "
            + command.decisionTimeMs());
  }

  @Override
  public void count(BudgetCounter counter) {
    counts.merge(counter, 1, Integer::sum);
  }

  int count(BudgetCounter counter, int otherwise) {
    return counts.getOrDefault(counter, otherwise);
  }

  /**
   * Each decision as {@code user REASON at time}, each command as {@code user ACTION KIND at time}.
   */
  List<String> lines() {
    return List.copyOf(lines);
  }

  /** The same since the last time. */
  List<String> news() {
    List<String> news = List.copyOf(lines);
    lines.clear();
    return news;
  }

  /** What the last decision compared, as {@code name=value}. */
  List<String> compared() {
    return decisions.get(decisions.size() - 1).compared().stream().map(Heard::text).toList();
  }

  private static String text(Fact fact) {
    if (fact instanceof Fact.At at) {
      return at.name() + "=@" + at.timeMs();
    }
    if (fact instanceof Fact.Lasting lasting) {
      return lasting.name() + "=" + lasting.durationMs() + "ms";
    }
    if (fact instanceof Fact.Whole whole) {
      return whole.name() + "=" + whole.value();
    }
    if (fact instanceof Fact.Amount amount) {
      return amount.name() + "=" + amount.value().toPlainString();
    }
    return fact.name() + "=" + ((Fact.Text) fact).value();
  }
}
