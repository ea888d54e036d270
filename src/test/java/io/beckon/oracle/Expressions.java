// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.event.Attribute;
import io.beckon.event.RecordType;
import io.beckon.language.When;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.expression.Expression;
import io.beckon.language.expression.ExpressionCompiler;
import io.beckon.language.expression.Scope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Expressions of generated jobs, kept from case to case, since compiling is what takes time. */
final class Expressions {
  private static final Span NOWHERE = new Span("random", 1, 1, 1);

  private final Map<List<Attribute>, RecordType> momentTypes = new HashMap<>();
  private final Map<Scope, ExpressionCompiler> compilers = new HashMap<>();
  private final Map<Scope, Map<String, Expression>> compiled = new HashMap<>();
  private final Map<Expression, Condition> conditions = new HashMap<>();
  private final Map<Scope, Map<String, Expression>> values = new HashMap<>();

  /** What each condition that was compiled means. */
  Map<Expression, Condition> conditions() {
    return conditions;
  }

  /** An attribute read as it is. */
  Expression value(Scope scope, String text) {
    return values
        .computeIfAbsent(scope, s -> new HashMap<>())
        .computeIfAbsent(
            text,
            t -> {
              Problems problems = new Problems();
              return compilers
                  .computeIfAbsent(scope, ExpressionCompiler::new)
                  .value(new Located<>(t, NOWHERE), problems)
                  .orElseThrow(() -> new IllegalStateException(t + ": " + problems.sorted()));
            });
  }

  Expression condition(Scope scope, Condition condition) {
    return compiled
        .computeIfAbsent(scope, s -> new HashMap<>())
        .computeIfAbsent(
            condition.text(),
            text -> {
              Problems problems = new Problems();
              Expression expression =
                  compilers
                      .computeIfAbsent(scope, ExpressionCompiler::new)
                      .condition(new Located<>(text, NOWHERE), problems)
                      .orElseThrow(
                          () -> new IllegalStateException(text + ": " + problems.sorted()));
              conditions.put(expression, condition);
              return expression;
            });
  }

  /** One object a kind of moment, so that compiled expressions can be found again. */
  RecordType momentType(When when) {
    RecordType fresh = when.momentType();
    return momentTypes.computeIfAbsent(fresh.attributes(), attributes -> fresh);
  }
}
