// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.TestDefinition;
import io.beckon.language.TestDefinition.Expected;
import io.beckon.language.TestDefinition.ExpectedField;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;

/** What a test expects beside what came of it. */
final class TestReport {
  /** A row of the comparison; one side may be empty. */
  private record Row(Optional<Expected> expected, Optional<OutputFields> actual, boolean agrees) {}

  /** One of the lists of a test. */
  private record Side(
      String name, Optional<List<Expected>> expected, List<OutputFields> actual, List<Row> rows) {
    boolean agrees() {
      return expected.isEmpty() || rows.stream().allMatch(Row::agrees);
    }
  }

  private final long startMs;
  private final Side decisions;
  private final Side commands;
  private final Side outcomes;

  private TestReport(long startMs, Side decisions, Side commands, Side outcomes) {
    this.startMs = startMs;
    this.decisions = decisions;
    this.commands = commands;
    this.outcomes = outcomes;
  }

  /** Compares a run with what its test expects. */
  static TestReport of(TestDefinition test, TestRun run) {
    return new TestReport(
        test.startMs(),
        side(
            "decisions",
            test.expect().decisions(),
            run.decisions().stream().map(OutputFields::of).toList()),
        side(
            "commands",
            test.expect().commands(),
            run.commands().stream().map(OutputFields::of).toList()),
        side(
            "outcomes",
            test.expect().outcomes(),
            run.outcomes().stream().map(OutputFields::of).toList()));
  }

  private static Side side(
      String name, Optional<List<Expected>> expected, List<OutputFields> actual) {
    return new Side(name, expected, actual, align(expected.orElse(List.of()), actual));
  }

  /** Whether every list that is written agrees. */
  boolean passed() {
    return decisions.agrees() && commands.agrees() && outcomes.agrees();
  }

  /** What is wrong, in two columns: expected and actual. */
  String text() {
    StringBuilder text = new StringBuilder();
    for (Side side : List.of(decisions, commands, outcomes)) {
      // Decisions explain the others, so they are shown with them.
      if (side.expected().isPresent() || side.name().equals("decisions")) {
        append(text, side);
      }
    }
    return text.toString();
  }

  private void append(StringBuilder text, Side side) {
    List<String> left = new ArrayList<>();
    List<String> right = new ArrayList<>();
    int width = "(nothing)".length();
    for (Row row : side.rows()) {
      String expected = row.expected().map(this::shown).orElse("(nothing)");
      left.add(expected);
      right.add(row.actual().map(actual -> actual.shown(startMs)).orElse("(nothing)"));
      width = Math.max(width, expected.codePointCount(0, expected.length()));
    }
    text.append(side.name()).append('\n');
    if (side.rows().isEmpty()) {
      text.append("    none, as expected\n");
      return;
    }
    if (side.expected().isEmpty()) {
      right.forEach(line -> text.append("    ").append(line).append('\n'));
      return;
    }
    text.append("    ").append(padded("expected", width)).append(" | actual\n");
    for (int i = 0; i < left.size(); i++) {
      text.append(side.rows().get(i).agrees() ? "    " : "  ! ");
      text.append(padded(left.get(i), width)).append(" | ").append(right.get(i)).append('\n');
    }
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.codePointCount(0, text.length())));
  }

  private String shown(Expected expected) {
    StringJoiner text = new StringJoiner(", ");
    if (expected.atMs().isPresent()) {
      text.add("at " + TestTimes.offset(startMs, expected.atMs().getAsLong()));
    }
    for (ExpectedField field : expected.fields()) {
      text.add(field.name() + " " + field.value());
    }
    return text.toString();
  }

  /** What came of the test as its author could have written it: the lists and fields they chose. */
  ExpectEdit.Lists actualAsYaml() {
    return new ExpectEdit.Lists(
        items(decisions, List.of("at", "reason")),
        items(commands, List.of("kind", "channel")),
        items(outcomes, List.of("assignment", "converted")));
  }

  private Optional<List<String>> items(Side side, List<String> usual) {
    if (side.expected().isEmpty()) {
      return Optional.empty();
    }
    Set<String> names = new LinkedHashSet<>();
    for (Expected expected : side.expected().get()) {
      if (expected.atMs().isPresent()) {
        names.add("at");
      }
      expected.fields().forEach(field -> names.add(field.name()));
    }
    List<String> chosen = List.copyOf(names.isEmpty() ? usual : names);
    return Optional.of(side.actual().stream().map(o -> o.asYaml(startMs, chosen)).toList());
  }

  /** Pairs both lists in order so that as many as possible agree. */
  private static List<Row> align(List<Expected> expected, List<OutputFields> actual) {
    int[][] best = new int[expected.size() + 1][actual.size() + 1];
    for (int i = expected.size() - 1; i >= 0; i--) {
      for (int j = actual.size() - 1; j >= 0; j--) {
        best[i][j] =
            actual.get(j).agrees(expected.get(i))
                ? best[i + 1][j + 1] + 1
                : Math.max(best[i + 1][j], best[i][j + 1]);
      }
    }
    List<Row> rows = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < expected.size() || j < actual.size()) {
      if (i < expected.size() && j < actual.size() && actual.get(j).agrees(expected.get(i))) {
        rows.add(new Row(Optional.of(expected.get(i++)), Optional.of(actual.get(j++)), true));
      } else if (i < expected.size() && j < actual.size() && best[i + 1][j + 1] == best[i][j]) {
        rows.add(new Row(Optional.of(expected.get(i++)), Optional.of(actual.get(j++)), false));
      } else if (j == actual.size() || (i < expected.size() && best[i + 1][j] >= best[i][j + 1])) {
        rows.add(new Row(Optional.of(expected.get(i++)), Optional.empty(), false));
      } else {
        rows.add(new Row(Optional.empty(), Optional.of(actual.get(j++)), false));
      }
    }
    return rows;
  }
}
