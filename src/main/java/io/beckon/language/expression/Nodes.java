// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import dev.cel.common.ast.CelExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks into CEL's syntax trees. */
final class Nodes {
  static final String AND = "_&&_";
  static final String OR = "_||_";

  /** The operators by CEL's name for them. */
  private static final Map<String, String> SYMBOLS =
      Map.ofEntries(
          Map.entry(AND, "&&"),
          Map.entry(OR, "||"),
          Map.entry("_?_:_", "?"),
          Map.entry("!_", "!"),
          Map.entry("-_", "-"),
          Map.entry("_==_", "=="),
          Map.entry("_!=_", "!="),
          Map.entry("_<_", "<"),
          Map.entry("_<=_", "<="),
          Map.entry("_>_", ">"),
          Map.entry("_>=_", ">="),
          Map.entry("_+_", "+"),
          Map.entry("_-_", "-"),
          Map.entry("_*_", "*"),
          Map.entry("_/_", "/"),
          Map.entry("_%_", "%"),
          Map.entry("@in", "in"),
          Map.entry("_[_]", "["));

  private Nodes() {}

  /** The operator authors write for {@code function}; empty if it is called by name. */
  static Optional<String> symbol(String function) {
    return Optional.ofNullable(SYMBOLS.get(function));
  }

  /** The receiver, if any, and the arguments of a call. */
  static List<CelExpr> operands(CelExpr.CelCall call) {
    List<CelExpr> operands = new ArrayList<>(call.args().size() + 1);
    call.target().ifPresent(operands::add);
    operands.addAll(call.args());
    return operands;
  }

  /** The terms of a chain of {@code &&} or {@code ||}, however its parentheses nest them. */
  static List<CelExpr> terms(CelExpr expr, String function) {
    List<CelExpr> terms = new ArrayList<>();
    collectTerms(expr, function, terms);
    return terms;
  }

  private static void collectTerms(CelExpr expr, String function, List<CelExpr> terms) {
    if (isCall(expr, function)) {
      expr.call().args().forEach(arg -> collectTerms(arg, function, terms));
    } else {
      terms.add(expr);
    }
  }

  static boolean isCall(CelExpr expr, String function) {
    return expr.getKind() == CelExpr.ExprKind.Kind.CALL && expr.call().function().equals(function);
  }

  static List<CelExpr> children(CelExpr expr) {
    List<CelExpr> children = new ArrayList<>();
    switch (expr.getKind()) {
      case SELECT -> children.add(expr.select().operand());
      case CALL -> children.addAll(operands(expr.call()));
      case LIST -> children.addAll(expr.list().elements());
      case STRUCT -> expr.struct().entries().forEach(e -> children.add(e.value()));
      case MAP ->
          expr.map()
              .entries()
              .forEach(
                  e -> {
                    children.add(e.key());
                    children.add(e.value());
                  });
      case COMPREHENSION -> {
        CelExpr.CelComprehension loop = expr.comprehension();
        children.add(loop.iterRange());
        children.add(loop.accuInit());
        children.add(loop.loopCondition());
        children.add(loop.loopStep());
        children.add(loop.result());
      }
      case NOT_SET, CONSTANT, IDENT -> {}
    }
    return children;
  }

  static Optional<CelExpr> find(CelExpr expr, long id) {
    if (expr.id() == id) {
      return Optional.of(expr);
    }
    for (CelExpr child : children(expr)) {
      Optional<CelExpr> found = find(child, id);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** Whether nothing in {@code expr} depends on a variable, so that it can be evaluated at load. */
  static boolean isClosed(CelExpr expr) {
    return expr.getKind() != CelExpr.ExprKind.Kind.IDENT
        && expr.getKind() != CelExpr.ExprKind.Kind.COMPREHENSION
        && children(expr).stream().allMatch(Nodes::isClosed);
  }
}
