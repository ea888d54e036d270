// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Prints a checked syntax tree so that trees of the same meaning by CEL's grammar print alike. */
final class Canonical {
  private final CelAbstractSyntaxTree ast;
  private final StringBuilder out = new StringBuilder();
  private final Deque<String> locals = new ArrayDeque<>();

  private Canonical(CelAbstractSyntaxTree ast) {
    this.ast = ast;
  }

  /** The form of {@code ast}: prefix notation, with the type of the result. */
  static String of(CelAbstractSyntaxTree ast) {
    Canonical canonical = new Canonical(ast);
    canonical.print(ast.getExpr());
    return canonical.out.append(':').append(ValueType.name(ast.getResultType())).toString();
  }

  private void print(CelExpr expr) {
    switch (expr.getKind()) {
      case CONSTANT -> constant(expr.constant());
      case IDENT -> ident(expr.ident().name());
      case SELECT -> {
        out.append(expr.select().testOnly() ? "(has " : "(. ");
        print(expr.select().operand());
        out.append(' ');
        quote(expr.select().field());
        out.append(')');
      }
      case CALL -> call(expr);
      case LIST -> all("[", expr.list().elements(), "]");
      case COMPREHENSION -> {
        CelExpr.CelComprehension loop = expr.comprehension();
        out.append("(loop ");
        print(loop.iterRange());
        locals.push(loop.accuVar());
        locals.push(loop.iterVar());
        all(" ", List.of(loop.accuInit(), loop.loopCondition(), loop.loopStep()), "");
        locals.pop();
        out.append(' ');
        print(loop.result());
        locals.pop();
        out.append(')');
      }
      // No expression with one of these is ever compiled.
      case STRUCT, MAP, NOT_SET -> out.append('#').append(expr.id());
    }
  }

  private void call(CelExpr expr) {
    String function = expr.call().function();
    boolean chain = function.equals(Nodes.AND) || function.equals(Nodes.OR);
    List<CelExpr> operands = chain ? Nodes.terms(expr, function) : Nodes.operands(expr.call());
    out.append('(').append(function);
    ast.getType(expr.id()).ifPresent(t -> out.append(':').append(ValueType.name(t)));
    all(" ", operands, ")");
  }

  private void all(String before, List<CelExpr> exprs, String after) {
    out.append(before);
    for (int i = 0; i < exprs.size(); i++) {
      out.append(i == 0 ? "" : " ");
      print(exprs.get(i));
    }
    out.append(after);
  }

  /** Loop variables print by depth, so that their names do not matter. */
  private void ident(String name) {
    int below = locals.size();
    for (String local : locals) {
      below--;
      if (local.equals(name)) {
        out.append('$').append(below);
        return;
      }
    }
    out.append(name);
  }

  private void constant(CelConstant constant) {
    switch (constant.getKind()) {
      case STRING_VALUE -> quote(constant.stringValue());
      case INT64_VALUE -> out.append(constant.int64Value());
      case DOUBLE_VALUE -> out.append(constant.doubleValue()).append('d');
      case BOOLEAN_VALUE -> out.append(constant.booleanValue());
      default -> out.append('#').append(constant.getKind());
    }
  }

  private void quote(String text) {
    out.append('"').append(text.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
  }
}
