// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.StructType;
import dev.cel.common.types.StructTypeReference;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelStringExtensions;
import dev.cel.parser.CelStandardMacro;
import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problem;
import io.beckon.language.diagnostics.Problems;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Parses, type-checks and compiles CEL over one {@link Scope}. Problems are reported with the codes
 * BKN-301 (syntax), BKN-302 (types and names), BKN-303 (CEL that Beckon does not compile), BKN-304
 * (wrong type of result) and BKN-305 (too long or too deep).
 *
 * <p>Not thread-safe; expressions are.
 */
public final class ExpressionCompiler {
  private static final int MAX_LENGTH = 4_096;
  private static final int MAX_DEPTH = 64;
  private static final int MAX_ELEMENTS = 256;

  private final Scope scope;
  private @Nullable CelCompiler cel;

  /** A compiler for expressions that may read the variables of {@code scope}. */
  public ExpressionCompiler(Scope scope) {
    this.scope = scope;
  }

  /** The scope of its expressions. */
  public Scope scope() {
    return scope;
  }

  /** Compiles a condition; empty, with a problem reported, unless it is a valid BOOL expression. */
  public Optional<Expression> condition(Located<String> text, Problems problems) {
    return check(text, problems)
        .flatMap(
            ast -> {
              if (ast.getResultType().kind() != CelKind.BOOL) {
                String type = Messages.typeName(ast.getResultType());
                problems.error(
                    "BKN-304",
                    Places.whole(text),
                    "a condition must be a bool, but this is " + Messages.withArticle(type),
                    "compare it with something");
                return Optional.empty();
              }
              return compile(text, ast, AttributeType.BOOL, problems);
            });
  }

  /**
   * Compiles an expression of any supported type; empty, with a problem reported, if invalid. A
   * decimal attribute on its own is of type DECIMAL, any other number with a fraction DOUBLE.
   */
  public Optional<Expression> value(Located<String> text, Problems problems) {
    return check(text, problems)
        .flatMap(
            ast -> {
              Optional<AttributeType> type = ValueType.storedAs(ast.getResultType());
              if (type.isEmpty()) {
                return notStorable(text, ast, problems);
              }
              return compile(text, ast, type.get(), problems);
            });
  }

  /**
   * Compiles an expression whose result must be storable in a slot of type {@code target}: the same
   * type, or INT where DOUBLE, DECIMAL or (as epoch milliseconds) TIMESTAMP is asked, or DOUBLE
   * where DECIMAL is asked; a DECIMAL attribute may be stored as DOUBLE, as inside expressions.
   */
  public Optional<Expression> value(Located<String> text, AttributeType target, Problems problems) {
    return check(text, problems)
        .flatMap(
            ast -> {
              Optional<AttributeType> type =
                  target.isList() && isEmptyList(ast.getResultType())
                      ? Optional.of(target)
                      : ValueType.storedAs(ast.getResultType());
              if (type.isEmpty()) {
                return notStorable(text, ast, problems);
              }
              if (!fits(type.get(), target)) {
                Messages.Text message = Messages.mismatch(type.get(), target);
                Messages.error(problems, "BKN-304", Places.whole(text), message);
                return Optional.empty();
              }
              return compile(text, ast, type.get(), problems);
            });
  }

  /** Whether {@code type} is that of a list literal without elements. */
  private static boolean isEmptyList(CelType type) {
    return type.kind() == CelKind.LIST && ValueType.of(type.parameters().get(0)).isEmpty();
  }

  private static boolean fits(AttributeType type, AttributeType target) {
    return switch (target) {
      case DOUBLE -> type == AttributeType.DOUBLE || type == AttributeType.INT;
      case DECIMAL -> type == AttributeType.DOUBLE || type == AttributeType.INT;
      case TIMESTAMP -> type == AttributeType.TIMESTAMP || type == AttributeType.INT;
      case STRING, INT, BOOL, DURATION, STRING_LIST, INT_LIST -> type == target;
    };
  }

  private Optional<Expression> notStorable(
      Located<String> text, CelAbstractSyntaxTree ast, Problems problems) {
    Messages.Text message = Messages.notStorable(ast.getResultType());
    Messages.error(problems, "BKN-304", Places.whole(text), message);
    return Optional.empty();
  }

  /** The checked tree; empty, with every problem reported, if there is none. */
  private Optional<CelAbstractSyntaxTree> check(Located<String> text, Problems problems) {
    int length = text.value().codePointCount(0, text.value().length());
    if (length > MAX_LENGTH) {
      problems.error(
          "BKN-305",
          Places.whole(text),
          "an expression of " + length + " characters; at most " + MAX_LENGTH + " are allowed",
          "split it");
      return Optional.empty();
    }
    CelCompiler compiler = environment();
    CelValidationResult parsed = compiler.parse(text.value());
    Messages messages = new Messages(scope, text, parsed.getSource());
    if (parsed.hasError()) {
      messages.syntax(parsed.getErrors(), problems);
      return Optional.empty();
    }
    CelAbstractSyntaxTree tree = tree(parsed);
    if (tooLarge(text, tree, problems)) {
      return Optional.empty();
    }
    CelValidationResult checked = compiler.check(tree);
    if (checked.hasError()) {
      messages.types(checked.getErrors(), tree.getExpr(), problems);
      return Optional.empty();
    }
    return Optional.of(tree(checked));
  }

  private static CelAbstractSyntaxTree tree(CelValidationResult result) {
    try {
      return result.getAst();
    } catch (CelValidationException e) {
      throw new IllegalStateException("a tree without errors", e);
    }
  }

  private static boolean tooLarge(
      Located<String> text, CelAbstractSyntaxTree tree, Problems problems) {
    Places places = new Places(text, tree.getSource());
    Problems found = new Problems();
    measure(tree.getExpr(), 1, places, found);
    found.sorted().forEach(p -> report(p, problems));
    return found.hasErrors();
  }

  private static void measure(CelExpr expr, int depth, Places places, Problems problems) {
    if (depth > MAX_DEPTH) {
      problems.error(
          "BKN-305",
          places.of(expr),
          "nested deeper than " + MAX_DEPTH + " levels",
          "split the expression");
      return;
    }
    if (expr.getKind() == CelExpr.ExprKind.Kind.LIST
        && expr.list().elements().size() > MAX_ELEMENTS) {
      problems.error(
          "BKN-305",
          places.of(expr),
          "a list of "
              + expr.list().elements().size()
              + " elements; at most "
              + MAX_ELEMENTS
              + " are allowed",
          "keep the list in an attribute");
    }
    // A chain of && or || is one level, however long.
    String chain =
        Nodes.isCall(expr, Nodes.AND) ? Nodes.AND : Nodes.isCall(expr, Nodes.OR) ? Nodes.OR : "";
    List<CelExpr> children = chain.isEmpty() ? Nodes.children(expr) : Nodes.terms(expr, chain);
    children.forEach(child -> measure(child, depth + 1, places, problems));
  }

  private Optional<Expression> compile(
      Located<String> text, CelAbstractSyntaxTree ast, AttributeType type, Problems problems) {
    Problems found = new Problems();
    Places places = new Places(text, ast.getSource());
    ClosureBuilder builder = new ClosureBuilder(scope, ast, places, found);
    Closure closure = builder.build(ast.getExpr());
    found.sorted().forEach(p -> report(p, problems));
    if (found.hasErrors()) {
      return Optional.empty();
    }
    Optional<Closure> decimal = builder.decimal(ast.getExpr());
    return Optional.of(
        new Expression(
            text.value(),
            Canonical.of(ast),
            decimal.isPresent() ? AttributeType.DECIMAL : type,
            builder.reads(),
            decimal.orElse(closure)));
  }

  private static void report(Problem problem, Problems problems) {
    if (problem.help().isPresent()) {
      problems.error(problem.code(), problem.span(), problem.message(), problem.help().get());
    } else {
      problems.error(problem.code(), problem.span(), problem.message());
    }
  }

  /** CEL's own compiler for the scope, made when the first expression needs it. */
  private CelCompiler environment() {
    CelCompiler made = cel;
    if (made == null) {
      made = environment(scope).build();
      cel = made;
    }
    return made;
  }

  /** CEL's compiler with a record type a variable. */
  static CelCompilerBuilder environment(Scope scope) {
    ImmutableList<CelType> types =
        scope.variables().stream()
            .map(variable -> (CelType) struct(variable))
            .collect(ImmutableList.toImmutableList());
    CelTypeProvider provider =
        new CelTypeProvider() {
          @Override
          public ImmutableCollection<CelType> types() {
            return types;
          }

          @Override
          public Optional<CelType> findType(String name) {
            return types.stream().filter(type -> type.name().equals(name)).findFirst();
          }
        };
    CelCompilerBuilder builder =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addLibraries(
                CelExtensions.strings(
                    CelStringExtensions.Function.LOWER_ASCII,
                    CelStringExtensions.Function.UPPER_ASCII))
            .setTypeProvider(provider);
    scope.variables().stream()
        .filter(v -> !v.absent())
        .forEach(v -> builder.addVar(v.name(), StructTypeReference.create(typeName(v))));
    return builder;
  }

  static final CelOptions OPTIONS =
      CelOptions.current().enableQuotedIdentifierSyntax(true).populateMacroCalls(true).build();

  private static StructType struct(Scope.Variable variable) {
    ImmutableMap<String, CelType> fields =
        variable.type().attributes().stream()
            .collect(
                ImmutableMap.toImmutableMap(
                    Attribute::name, attribute -> ValueType.celTypeOf(attribute.type())));
    return StructType.create(
        typeName(variable), fields.keySet(), field -> Optional.ofNullable(fields.get(field)));
  }

  /** With a space in it, so that no expression can name it. */
  private static String typeName(Scope.Variable variable) {
    return variable.name() + " record";
  }
}
