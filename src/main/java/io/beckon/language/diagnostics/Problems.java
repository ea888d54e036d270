// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.diagnostics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Collects every problem of one run, so that an author sees all of them at once. */
public final class Problems {
  private final List<Problem> found = new ArrayList<>();

  /** Adds an error without help. */
  public void error(String code, Span span, String message) {
    found.add(new Problem(code, Severity.ERROR, span, message, Optional.empty()));
  }

  /** Adds an error and what to do about it. */
  public void error(String code, Span span, String message, String help) {
    found.add(new Problem(code, Severity.ERROR, span, message, Optional.of(help)));
  }

  /** Adds a warning and what to do about it. */
  public void warning(String code, Span span, String message, String help) {
    found.add(new Problem(code, Severity.WARNING, span, message, Optional.of(help)));
  }

  /** Adds everything that {@code others} holds. */
  public void addAll(Problems others) {
    found.addAll(others.found);
  }

  /** Whether the definitions must be refused. */
  public boolean hasErrors() {
    return found.stream().anyMatch(p -> p.severity() == Severity.ERROR);
  }

  /** All problems by file, line, column and code, each once. */
  public List<Problem> sorted() {
    return found.stream()
        .distinct()
        .sorted(
            Comparator.comparing((Problem p) -> p.span().file())
                .thenComparing(p -> p.span().line())
                .thenComparing(p -> p.span().column())
                .thenComparing(Problem::code))
        .toList();
  }
}
