// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import io.beckon.event.AttributeType;
import io.beckon.event.CodePoints;
import io.beckon.event.RecordType;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.expression.Closure.Bool;
import io.beckon.language.expression.Closure.ConstantBool;
import io.beckon.language.expression.Closure.ConstantDbl;
import io.beckon.language.expression.Closure.ConstantLng;
import io.beckon.language.expression.Closure.ConstantLst;
import io.beckon.language.expression.Closure.ConstantStr;
import io.beckon.language.expression.Closure.Dbl;
import io.beckon.language.expression.Closure.Lng;
import io.beckon.language.expression.Closure.Lst;
import io.beckon.language.expression.Closure.Str;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turns one checked syntax tree into closures. What Beckon does not compile is reported, and a
 * closure of the right type stands in for it, so that every problem is found in one go.
 */
final class ClosureBuilder {
  /** Nested loops multiply; two levels are as much as an event's lists can need. */
  private static final int MAX_LOOPS = 2;

  /** A pattern's instructions: each character of a text may cost this many steps. */
  private static final int MAX_PATTERN = 2_000;

  /** What a pattern may ask for before it is even compiled. */
  private static final long MAX_REPEATS = 100_000;

  private static final Pattern REPEAT = Pattern.compile("\\{(\\d{1,9})(?:,(\\d{1,9})?)?\\}");

  private final Scope scope;
  private final CelAbstractSyntaxTree ast;
  private final Places places;
  private final Problems problems;
  private final Set<Expression.Read> reads = new LinkedHashSet<>();

  /** The loop variables in force, innermost first; a loop's depth is the size below it. */
  private final Deque<String> locals = new ArrayDeque<>();

  ClosureBuilder(Scope scope, CelAbstractSyntaxTree ast, Places places, Problems problems) {
    this.scope = scope;
    this.ast = ast;
    this.places = places;
    this.problems = problems;
  }

  /** The slots read by what was built so far. */
  Set<Expression.Read> reads() {
    return reads;
  }

  /** A closure for {@code expr}, of the kind its type asks for. */
  Closure build(CelExpr expr) {
    return switch (typeOf(expr)) {
      case BOOL -> bool(expr);
      case INT, TIMESTAMP, DURATION -> lng(expr);
      case DOUBLE -> dbl(expr);
      case STRING -> str(expr);
      case LIST -> list(expr);
    };
  }

  /** The slot of a decimal attribute, if {@code expr} is nothing but one. */
  Optional<Closure> decimal(CelExpr expr) {
    if (expr.getKind() != Kind.SELECT || expr.select().testOnly()) {
      return Optional.empty();
    }
    Expression.Read read = read(expr);
    AttributeType type =
        scope.variables().get(read.variable()).type().attribute(read.slot()).type();
    return type == AttributeType.DECIMAL
        ? Optional.of(new Closure.Decimal(read.variable(), read.slot()))
        : Optional.empty();
  }

  // ---- by type ----

  private Bool bool(CelExpr expr) {
    Bool built =
        switch (expr.getKind()) {
          case CONSTANT ->
              new ConstantBool(
                  isA(expr, CelConstant.Kind.BOOLEAN_VALUE)
                      ? expr.constant().booleanValue()
                      : false);
          case SELECT -> boolSelect(expr);
          case IDENT -> {
            int depth = depthOf(expr);
            yield f -> f.local(depth) instanceof Boolean b && b;
          }
          case CALL -> boolCall(expr, expr.call());
          case COMPREHENSION -> loop(expr);
          case LIST, STRUCT, MAP, NOT_SET -> {
            unsupported(expr);
            yield new ConstantBool(false);
          }
        };
    if (!(built instanceof ConstantBool) && Nodes.isClosed(expr)) {
      Frame frame = new Frame(scope);
      boolean value = built.bool(frame);
      if (!frame.missed()) {
        return new ConstantBool(value);
      }
    }
    return built;
  }

  private Lng lng(CelExpr expr) {
    Lng built =
        switch (expr.getKind()) {
          case CONSTANT ->
              new ConstantLng(
                  isA(expr, CelConstant.Kind.INT64_VALUE) ? expr.constant().int64Value() : 0);
          case SELECT -> {
            Expression.Read read = read(expr);
            int variable = read.variable();
            int slot = read.slot();
            yield f -> f.reads(variable, slot) ? f.at(variable).longAt(slot) : 0;
          }
          case IDENT -> {
            int depth = depthOf(expr);
            yield f -> f.local(depth) instanceof Long l ? l : 0;
          }
          case CALL -> lngCall(expr, expr.call());
          case COMPREHENSION, LIST, STRUCT, MAP, NOT_SET -> {
            unsupported(expr);
            yield new ConstantLng(0);
          }
        };
    if (!(built instanceof ConstantLng) && Nodes.isClosed(expr)) {
      Frame frame = new Frame(scope);
      long value = built.lng(frame);
      if (!frame.missed()) {
        return new ConstantLng(value);
      }
    }
    return built;
  }

  private Dbl dbl(CelExpr expr) {
    Dbl built =
        switch (expr.getKind()) {
          case CONSTANT ->
              new ConstantDbl(
                  isA(expr, CelConstant.Kind.DOUBLE_VALUE) ? expr.constant().doubleValue() : 0);
          case SELECT -> {
            Expression.Read read = read(expr);
            int variable = read.variable();
            int slot = read.slot();
            yield f -> f.reads(variable, slot) ? f.at(variable).doubleAt(slot) : 0;
          }
          case IDENT -> {
            int depth = depthOf(expr);
            yield f -> f.local(depth) instanceof Double d ? d : 0;
          }
          case CALL -> dblCall(expr, expr.call());
          case COMPREHENSION, LIST, STRUCT, MAP, NOT_SET -> {
            unsupported(expr);
            yield new ConstantDbl(0);
          }
        };
    if (!(built instanceof ConstantDbl) && Nodes.isClosed(expr)) {
      Frame frame = new Frame(scope);
      double value = built.dbl(frame);
      if (!frame.missed()) {
        return new ConstantDbl(value);
      }
    }
    return built;
  }

  private Str str(CelExpr expr) {
    Str built =
        switch (expr.getKind()) {
          case CONSTANT ->
              new ConstantStr(
                  isA(expr, CelConstant.Kind.STRING_VALUE) ? expr.constant().stringValue() : "");
          case SELECT -> {
            Expression.Read read = read(expr);
            int variable = read.variable();
            int slot = read.slot();
            yield f -> f.reads(variable, slot) ? f.at(variable).stringAt(slot) : "";
          }
          case IDENT -> {
            int depth = depthOf(expr);
            yield f -> f.local(depth) instanceof String s ? s : "";
          }
          case CALL -> strCall(expr, expr.call());
          case COMPREHENSION, LIST, STRUCT, MAP, NOT_SET -> {
            unsupported(expr);
            yield new ConstantStr("");
          }
        };
    if (!(built instanceof ConstantStr) && Nodes.isClosed(expr)) {
      Frame frame = new Frame(scope);
      String value = built.str(frame);
      if (!frame.missed()) {
        return new ConstantStr(value);
      }
    }
    return built;
  }

  private Lst list(CelExpr expr) {
    return switch (expr.getKind()) {
      case LIST -> listLiteral(expr);
      case SELECT -> {
        Expression.Read read = read(expr);
        int variable = read.variable();
        int slot = read.slot();
        boolean strings =
            scope.variables().get(variable).type().attribute(slot).type()
                == AttributeType.STRING_LIST;
        yield strings
            ? f -> f.reads(variable, slot) ? f.at(variable).stringsAt(slot) : List.of()
            : f -> f.reads(variable, slot) ? f.at(variable).intsAt(slot) : List.of();
      }
      case CALL -> {
        if (expr.call().function().equals("_?_:_")) {
          Bool condition = bool(expr.call().args().get(0));
          Lst then = list(expr.call().args().get(1));
          Lst otherwise = list(expr.call().args().get(2));
          yield f ->
              switch (choose(f, condition)) {
                case YES -> then.list(f);
                case NO -> otherwise.list(f);
                case MISSED -> List.of();
              };
        }
        unsupported(expr);
        yield new ConstantLst(List.of());
      }
      case CONSTANT, IDENT, COMPREHENSION, STRUCT, MAP, NOT_SET -> {
        unsupported(expr);
        yield new ConstantLst(List.of());
      }
    };
  }

  /** Any scalar, boxed as an element of a list. */
  private interface Boxed {
    Object get(Frame frame);
  }

  private Boxed boxed(CelExpr expr) {
    return switch (typeOf(expr)) {
      case BOOL -> bool(expr)::bool;
      case INT, TIMESTAMP, DURATION -> lng(expr)::lng;
      case DOUBLE -> dbl(expr)::dbl;
      case STRING -> str(expr)::str;
      case LIST -> {
        problems.error(
            "BKN-303", places.of(expr), "Beckon has no lists of lists", "use one flat list");
        yield f -> "";
      }
    };
  }

  private Lst listLiteral(CelExpr expr) {
    List<CelExpr> elements = expr.list().elements();
    if (!expr.list().optionalIndices().isEmpty()) {
      unsupported(expr);
    }
    if (isMixed(expr)) {
      return new ConstantLst(List.of());
    }
    Boxed[] closures = elements.stream().map(this::boxed).toArray(Boxed[]::new);
    Lst built =
        f -> {
          Object[] values = new Object[closures.length];
          for (int i = 0; i < closures.length; i++) {
            values[i] = closures[i].get(f);
          }
          return Arrays.asList(values);
        };
    if (Nodes.isClosed(expr)) {
      Frame frame = new Frame(scope);
      List<?> values = built.list(frame);
      if (!frame.missed()) {
        return new ConstantLst(List.copyOf(values));
      }
    }
    return built;
  }

  /** Whether a literal is of {@code kind}; if not, the problem that led here is reported. */
  private static boolean isA(CelExpr literal, CelConstant.Kind kind) {
    return literal.constant().getKind() == kind;
  }

  /** Whether the elements of a list literal are of several types; reports it. */
  private boolean isMixed(CelExpr literal) {
    List<CelExpr> elements = literal.list().elements();
    for (CelExpr element : elements) {
      if (typeOf(element) != typeOf(elements.get(0))) {
        Messages.error(
            problems,
            "BKN-302",
            places.of(element),
            Messages.mixedList(ast.getTypeOrThrow(elements.get(0).id()), element, ast));
        return true;
      }
    }
    return false;
  }

  // ---- fields and variables ----

  /** The variable and slot of {@code variable.field}; reports and gives (0, 0) for others. */
  private Expression.Read read(CelExpr expr) {
    CelExpr operand = expr.select().operand();
    if (operand.getKind() == Kind.IDENT && !locals.contains(operand.ident().name())) {
      for (int i = 0; i < scope.size(); i++) {
        Scope.Variable variable = scope.variables().get(i);
        RecordType type = variable.type();
        int slot = type.indexOf(expr.select().field());
        if (variable.name().equals(operand.ident().name()) && slot >= 0) {
          Expression.Read read = new Expression.Read(i, slot);
          reads.add(read);
          return read;
        }
      }
    }
    unsupported(expr);
    return new Expression.Read(0, 0);
  }

  private Bool boolSelect(CelExpr expr) {
    Expression.Read read = read(expr);
    int variable = read.variable();
    int slot = read.slot();
    return expr.select().testOnly()
        ? f -> f.has(variable, slot)
        : f -> f.reads(variable, slot) && f.at(variable).boolAt(slot);
  }

  private int depthOf(CelExpr expr) {
    int below = locals.size();
    for (String name : locals) {
      below--;
      if (name.equals(expr.ident().name())) {
        return below;
      }
    }
    unsupported(expr);
    return 0;
  }

  // ---- bool ----

  private Bool boolCall(CelExpr expr, CelCall call) {
    List<CelExpr> args = Nodes.operands(call);
    return switch (call.function()) {
      case Nodes.AND -> every(expr, Nodes.AND, false);
      case Nodes.OR -> every(expr, Nodes.OR, true);
      case "!_" -> {
        Bool operand = bool(args.get(0));
        yield f -> !operand.bool(f);
      }
      case "_?_:_" -> {
        Bool condition = bool(args.get(0));
        Bool then = bool(args.get(1));
        Bool otherwise = bool(args.get(2));
        yield f ->
            switch (choose(f, condition)) {
              case YES -> then.bool(f);
              case NO -> otherwise.bool(f);
              case MISSED -> false;
            };
      }
      case "_==_" -> equal(args.get(0), args.get(1), expr);
      case "_!=_" -> {
        Bool equal = equal(args.get(0), args.get(1), expr);
        yield f -> !equal.bool(f);
      }
      case "_<_" -> compare(Order.LESS, args.get(0), args.get(1), expr);
      case "_<=_" -> compare(Order.LESS_OR_EQUAL, args.get(0), args.get(1), expr);
      case "_>_" -> compare(Order.GREATER, args.get(0), args.get(1), expr);
      case "_>=_" -> compare(Order.GREATER_OR_EQUAL, args.get(0), args.get(1), expr);
      case "@in" -> in(args.get(0), args.get(1), expr);
      case "_[_]" -> {
        Boxed element = index(args, expr);
        yield f -> element.get(f) instanceof Boolean b && b;
      }
      case "startsWith" -> {
        Str text = str(args.get(0));
        Str prefix = str(args.get(1));
        yield f -> text.str(f).startsWith(prefix.str(f));
      }
      case "endsWith" -> {
        Str text = str(args.get(0));
        Str suffix = str(args.get(1));
        yield f -> text.str(f).endsWith(suffix.str(f));
      }
      case "contains" -> {
        Str text = str(args.get(0));
        Str part = str(args.get(1));
        yield f -> text.str(f).contains(part.str(f));
      }
      case "matches" -> matches(args);
      case "bool" ->
          switch (typeOf(args.get(0))) {
            case BOOL -> bool(args.get(0));
            case STRING -> {
              Str text = str(args.get(0));
              yield f -> Conversions.toBool(f, text.str(f));
            }
            case INT, DOUBLE, TIMESTAMP, DURATION, LIST -> notBool(expr);
          };
      default -> notBool(expr);
    };
  }

  private Bool notBool(CelExpr expr) {
    unsupported(expr);
    return new ConstantBool(false);
  }

  /**
   * A chain of {@code ||} ({@code decisive} is true) or {@code &&} (false): the first term that is
   * decisive decides, even after one that missed.
   */
  private Bool every(CelExpr expr, String function, boolean decisive) {
    Bool[] terms = Nodes.terms(expr, function).stream().map(this::bool).toArray(Bool[]::new);
    return f -> {
      boolean before = f.missed();
      boolean missed = false;
      f.missed(false);
      for (Bool term : terms) {
        boolean value = term.bool(f);
        if (f.missed()) {
          missed = true;
          f.missed(false);
        } else if (value == decisive) {
          f.missed(before);
          return decisive;
        }
      }
      f.missed(before || missed);
      return !decisive;
    };
  }

  private enum Choice {
    YES,
    NO,
    MISSED
  }

  private static Choice choose(Frame frame, Bool condition) {
    boolean before = frame.missed();
    frame.missed(false);
    boolean value = condition.bool(frame);
    if (frame.missed()) {
      return Choice.MISSED;
    }
    frame.missed(before);
    return value ? Choice.YES : Choice.NO;
  }

  private Bool equal(CelExpr left, CelExpr right, CelExpr expr) {
    return switch (typeOf(left)) {
      case BOOL -> {
        Bool a = bool(left);
        Bool b = bool(right);
        yield f -> a.bool(f) == b.bool(f);
      }
      case INT, TIMESTAMP, DURATION -> {
        Lng a = lng(left);
        Lng b = lng(right);
        if (b instanceof ConstantLng constant) {
          long value = constant.value();
          yield f -> a.lng(f) == value;
        }
        yield f -> a.lng(f) == b.lng(f);
      }
      case DOUBLE -> {
        Dbl a = dbl(left);
        Dbl b = dbl(right);
        yield f -> a.dbl(f) == b.dbl(f);
      }
      case STRING -> {
        Str a = str(left);
        Str b = str(right);
        if (b instanceof ConstantStr constant) {
          String value = constant.value();
          yield f -> value.equals(a.str(f));
        }
        yield f -> a.str(f).equals(b.str(f));
      }
      case LIST -> {
        if (typeOf(right) != ValueType.LIST) {
          yield notBool(expr);
        }
        Lst a = list(left);
        Lst b = list(right);
        yield f -> equal(a.list(f), b.list(f));
      }
    };
  }

  /** Equality of lists of scalars; doubles as numbers, where NaN equals nothing. */
  private static boolean equal(List<?> a, List<?> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!equal(a.get(i), b.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean equal(Object a, Object b) {
    if (a instanceof Double x && b instanceof Double y) {
      double first = x;
      double second = y;
      return first == second;
    }
    return a.equals(b);
  }

  private enum Order {
    LESS,
    LESS_OR_EQUAL,
    GREATER,
    GREATER_OR_EQUAL;

    /** Whether a comparison's result is in this order. */
    boolean holds(int comparison) {
      return switch (this) {
        case LESS -> comparison < 0;
        case LESS_OR_EQUAL -> comparison <= 0;
        case GREATER -> comparison > 0;
        case GREATER_OR_EQUAL -> comparison >= 0;
      };
    }
  }

  private Bool compare(Order order, CelExpr left, CelExpr right, CelExpr expr) {
    return switch (typeOf(left)) {
      case BOOL -> {
        Bool a = bool(left);
        Bool b = bool(right);
        yield f -> order.holds(Boolean.compare(a.bool(f), b.bool(f)));
      }
      case INT, TIMESTAMP, DURATION -> compareLongs(order, lng(left), lng(right));
      case DOUBLE -> compareDoubles(order, dbl(left), dbl(right));
      case STRING -> {
        Str a = str(left);
        Str b = str(right);
        yield f -> order.holds(CodePoints.compare(a.str(f), b.str(f)));
      }
      case LIST -> notBool(expr);
    };
  }

  private static Bool compareLongs(Order order, Lng a, Lng b) {
    if (b instanceof ConstantLng constant) {
      long value = constant.value();
      return switch (order) {
        case LESS -> f -> a.lng(f) < value;
        case LESS_OR_EQUAL -> f -> a.lng(f) <= value;
        case GREATER -> f -> a.lng(f) > value;
        case GREATER_OR_EQUAL -> f -> a.lng(f) >= value;
      };
    }
    return switch (order) {
      case LESS -> f -> a.lng(f) < b.lng(f);
      case LESS_OR_EQUAL -> f -> a.lng(f) <= b.lng(f);
      case GREATER -> f -> a.lng(f) > b.lng(f);
      case GREATER_OR_EQUAL -> f -> a.lng(f) >= b.lng(f);
    };
  }

  private static Bool compareDoubles(Order order, Dbl a, Dbl b) {
    if (b instanceof ConstantDbl constant) {
      double value = constant.value();
      return switch (order) {
        case LESS -> f -> a.dbl(f) < value;
        case LESS_OR_EQUAL -> f -> a.dbl(f) <= value;
        case GREATER -> f -> a.dbl(f) > value;
        case GREATER_OR_EQUAL -> f -> a.dbl(f) >= value;
      };
    }
    return switch (order) {
      case LESS -> f -> a.dbl(f) < b.dbl(f);
      case LESS_OR_EQUAL -> f -> a.dbl(f) <= b.dbl(f);
      case GREATER -> f -> a.dbl(f) > b.dbl(f);
      case GREATER_OR_EQUAL -> f -> a.dbl(f) >= b.dbl(f);
    };
  }

  // ---- in, index, loops ----

  private Bool in(CelExpr value, CelExpr range, CelExpr expr) {
    if (!isList(range) || (range.getKind() == Kind.LIST && isMixed(range))) {
      return isList(range) ? new ConstantBool(false) : notBool(expr);
    }
    // Elements one by one, where they are not known at load: no list is made of them.
    if (range.getKind() == Kind.LIST
        && range.list().optionalIndices().isEmpty()
        && !Nodes.isClosed(range)) {
      return inTerms(value, range, expr);
    }
    Lst list = list(range);
    return switch (typeOf(value)) {
      case STRING -> inStrings(str(value), list);
      case INT, TIMESTAMP, DURATION -> inLongs(lng(value), list);
      case DOUBLE -> {
        Dbl wanted = dbl(value);
        yield f -> {
          double x = wanted.dbl(f);
          List<?> elements = list.list(f);
          for (int i = 0; i < elements.size(); i++) {
            if (elements.get(i) instanceof Double d && d == x) {
              return true;
            }
          }
          return false;
        };
      }
      case BOOL -> {
        Bool wanted = bool(value);
        yield f -> list.list(f).contains(wanted.bool(f));
      }
      case LIST -> notBool(expr);
    };
  }

  private static Bool inStrings(Str wanted, Lst list) {
    if (list instanceof ConstantLst constant) {
      Set<?> set = Set.copyOf(constant.value());
      return f -> set.contains(wanted.str(f));
    }
    return f -> {
      String x = wanted.str(f);
      return list.list(f).contains(x);
    };
  }

  private static Bool inLongs(Lng wanted, Lst list) {
    if (list instanceof ConstantLst constant) {
      long[] sorted =
          constant.value().stream().mapToLong(e -> e instanceof Long l ? l : 0).sorted().toArray();
      return f -> Arrays.binarySearch(sorted, wanted.lng(f)) >= 0;
    }
    return f -> {
      long x = wanted.lng(f);
      List<?> elements = list.list(f);
      for (int i = 0; i < elements.size(); i++) {
        if (elements.get(i) instanceof Long l && l == x) {
          return true;
        }
      }
      return false;
    };
  }

  private Bool inTerms(CelExpr value, CelExpr range, CelExpr expr) {
    List<CelExpr> elements = range.list().elements();
    return switch (typeOf(value)) {
      case STRING -> {
        Str wanted = str(value);
        Str[] terms = elements.stream().map(this::str).toArray(Str[]::new);
        yield f -> {
          String x = wanted.str(f);
          boolean found = false;
          for (Str term : terms) {
            found |= x.equals(term.str(f));
          }
          return found;
        };
      }
      case INT, TIMESTAMP, DURATION -> {
        Lng wanted = lng(value);
        Lng[] terms = elements.stream().map(this::lng).toArray(Lng[]::new);
        yield f -> {
          long x = wanted.lng(f);
          boolean found = false;
          for (Lng term : terms) {
            found |= x == term.lng(f);
          }
          return found;
        };
      }
      case DOUBLE -> {
        Dbl wanted = dbl(value);
        Dbl[] terms = elements.stream().map(this::dbl).toArray(Dbl[]::new);
        yield f -> {
          double x = wanted.dbl(f);
          boolean found = false;
          for (Dbl term : terms) {
            found |= x == term.dbl(f);
          }
          return found;
        };
      }
      case BOOL -> {
        Bool wanted = bool(value);
        Bool[] terms = elements.stream().map(this::bool).toArray(Bool[]::new);
        yield f -> {
          boolean x = wanted.bool(f);
          boolean found = false;
          for (Bool term : terms) {
            found |= x == term.bool(f);
          }
          return found;
        };
      }
      case LIST -> notBool(expr);
    };
  }

  private Boxed index(List<CelExpr> args, CelExpr expr) {
    if (!isList(args.get(0))) {
      unsupported(expr);
      return f -> "";
    }
    Lst list = list(args.get(0));
    Lng index = lng(args.get(1));
    return f -> {
      List<?> elements = list.list(f);
      long i = index.lng(f);
      if (i < 0 || i >= elements.size()) {
        f.miss();
        return "";
      }
      return elements.get((int) i);
    };
  }

  /** {@code exists} and {@code all}, known by the shape CEL gives them. */
  private Bool loop(CelExpr expr) {
    CelExpr.CelComprehension loop = expr.comprehension();
    boolean exists = Nodes.isCall(loop.loopStep(), Nodes.OR);
    boolean all = Nodes.isCall(loop.loopStep(), Nodes.AND);
    CelExpr range = loop.iterRange();
    if ((!exists && !all) || !isList(range) || !loop.iterVar2().isEmpty()) {
      return notBool(expr);
    }
    if (locals.size() >= MAX_LOOPS) {
      problems.error(
          "BKN-305",
          places.of(expr),
          "exists and all can be nested " + MAX_LOOPS + " deep only",
          "split the condition");
      return new ConstantBool(false);
    }
    Lst list = list(range);
    int depth = locals.size();
    locals.push(loop.iterVar());
    Bool predicate = bool(loop.loopStep().call().args().get(1));
    locals.pop();
    return f -> {
      boolean before = f.missed();
      f.missed(false);
      List<?> elements = list.list(f);
      if (f.missed()) {
        return false;
      }
      boolean missed = false;
      for (int i = 0; i < elements.size(); i++) {
        f.local(depth, elements.get(i));
        boolean value = predicate.bool(f);
        if (f.missed()) {
          missed = true;
          f.missed(false);
        } else if (value == exists) {
          f.missed(before);
          return exists;
        }
      }
      f.missed(before || missed);
      return !exists;
    };
  }

  private Bool matches(List<CelExpr> args) {
    Str text = str(args.get(0));
    CelExpr pattern = args.get(1);
    if (!(str(pattern) instanceof ConstantStr constant)) {
      problems.error(
          "BKN-303",
          places.of(pattern),
          "the pattern of `matches` must be a literal text",
          "write the pattern itself in quotes, or compare with contains, startsWith or endsWith");
      return new ConstantBool(false);
    }
    if (repeats(constant.value()) > MAX_REPEATS) {
      patternTooLarge(pattern);
      return new ConstantBool(false);
    }
    try {
      com.google.re2j.Pattern compiled = com.google.re2j.Pattern.compile(constant.value());
      if (compiled.programSize() > MAX_PATTERN) {
        patternTooLarge(pattern);
      }
      return f -> compiled.matcher(text.str(f)).find();
    } catch (com.google.re2j.PatternSyntaxException e) {
      problems.error(
          "BKN-302",
          places.of(pattern),
          "not a pattern: " + e.getDescription() + ": `" + e.getPattern() + "`",
          "patterns are in RE2 syntax");
      return new ConstantBool(false);
    }
  }

  private void patternTooLarge(CelExpr pattern) {
    problems.error(
        "BKN-305",
        places.of(pattern),
        "the pattern of `matches` is too large",
        "repeat less in it");
  }

  /** The product of a pattern's counted repeats: nested, they multiply its size when compiled. */
  private static long repeats(String pattern) {
    long product = 1;
    Matcher matcher = REPEAT.matcher(pattern);
    while (matcher.find() && product <= MAX_REPEATS) {
      String most = matcher.group(2) == null ? matcher.group(1) : matcher.group(2);
      product *= Math.max(1, Long.parseLong(most));
    }
    return product;
  }

  // ---- int, timestamp, duration ----

  private Lng lngCall(CelExpr expr, CelCall call) {
    List<CelExpr> args = Nodes.operands(call);
    return switch (call.function()) {
      case "_?_:_" -> {
        Bool condition = bool(args.get(0));
        Lng then = lng(args.get(1));
        Lng otherwise = lng(args.get(2));
        yield f ->
            switch (choose(f, condition)) {
              case YES -> then.lng(f);
              case NO -> otherwise.lng(f);
              case MISSED -> 0;
            };
      }
      case "-_" -> {
        Lng a = lng(args.get(0));
        yield f -> {
          long x = a.lng(f);
          if (x == Long.MIN_VALUE) {
            f.miss();
          }
          return -x;
        };
      }
      case "_+_" -> sum(expr, lng(args.get(0)), lng(args.get(1)), 1);
      case "_-_" -> sum(expr, lng(args.get(0)), lng(args.get(1)), -1);
      case "_*_" -> {
        Lng a = lng(args.get(0));
        Lng b = lng(args.get(1));
        yield f -> {
          long x = a.lng(f);
          long y = b.lng(f);
          long high = Math.multiplyHigh(x, y);
          long low = x * y;
          if ((high != 0 || low < 0) && (high != -1 || low >= 0)) {
            f.miss();
          }
          return low;
        };
      }
      case "_/_" -> {
        Lng a = lng(args.get(0));
        Lng b = lng(args.get(1));
        yield f -> {
          long x = a.lng(f);
          long y = b.lng(f);
          if (y == 0 || (x == Long.MIN_VALUE && y == -1)) {
            f.miss();
            return 0;
          }
          return x / y;
        };
      }
      case "_%_" -> {
        Lng a = lng(args.get(0));
        Lng b = lng(args.get(1));
        yield f -> {
          long x = a.lng(f);
          long y = b.lng(f);
          if (y == 0) {
            f.miss();
            return 0;
          }
          return x % y;
        };
      }
      case "_[_]" -> {
        Boxed element = index(args, expr);
        yield f -> element.get(f) instanceof Long l ? l : 0;
      }
      case "size" -> size(expr, args.get(0));
      case "int" -> toInt(expr, args.get(0));
      case "timestamp" -> toTimestamp(expr, args.get(0));
      case "duration" -> toDuration(expr, args.get(0));
      case "getFullYear",
          "getMonth",
          "getDate",
          "getDayOfMonth",
          "getDayOfWeek",
          "getDayOfYear",
          "getHours",
          "getMinutes",
          "getSeconds",
          "getMilliseconds" ->
          timePart(expr, call, args);
      default -> notLng(expr);
    };
  }

  private Lng notLng(CelExpr expr) {
    unsupported(expr);
    return new ConstantLng(0);
  }

  /** The sum, or with {@code sign} −1 the difference, held within the range of the type. */
  private Lng sum(CelExpr expr, Lng a, Lng b, int sign) {
    return switch (typeOf(expr)) {
      case TIMESTAMP ->
          f ->
              within(
                  f,
                  a.lng(f) + sign * b.lng(f),
                  Conversions.MIN_TIMESTAMP,
                  Conversions.MAX_TIMESTAMP);
      case DURATION ->
          f ->
              within(
                  f,
                  a.lng(f) + sign * b.lng(f),
                  -Conversions.MAX_DURATION,
                  Conversions.MAX_DURATION);
      case BOOL, INT, DOUBLE, STRING, LIST ->
          sign > 0
              ? f -> {
                long x = a.lng(f);
                long y = b.lng(f);
                long sum = x + y;
                if (((x ^ sum) & (y ^ sum)) < 0) {
                  f.miss();
                }
                return sum;
              }
              : f -> {
                long x = a.lng(f);
                long y = b.lng(f);
                long difference = x - y;
                if (((x ^ y) & (x ^ difference)) < 0) {
                  f.miss();
                }
                return difference;
              };
    };
  }

  private static long within(Frame frame, long value, long least, long most) {
    if (value < least || value > most) {
      frame.miss();
      return 0;
    }
    return value;
  }

  private Lng size(CelExpr expr, CelExpr arg) {
    if (typeOf(arg) == ValueType.STRING) {
      Str text = str(arg);
      return f -> {
        String s = text.str(f);
        return s.codePointCount(0, s.length());
      };
    }
    if (isList(arg)) {
      Lst list = list(arg);
      return f -> list.list(f).size();
    }
    return notLng(expr);
  }

  private Lng toInt(CelExpr expr, CelExpr arg) {
    return switch (typeOf(arg)) {
      case INT -> lng(arg);
      case DOUBLE -> {
        Dbl value = dbl(arg);
        yield f -> Conversions.toInt(f, value.dbl(f));
      }
      case STRING -> {
        Str text = str(arg);
        yield f -> Conversions.toInt(f, text.str(f));
      }
      case TIMESTAMP -> {
        Lng ms = lng(arg);
        yield f -> Math.floorDiv(ms.lng(f), 1000L);
      }
      case BOOL, DURATION, LIST -> notLng(expr);
    };
  }

  private Lng toTimestamp(CelExpr expr, CelExpr arg) {
    return switch (typeOf(arg)) {
      case TIMESTAMP -> lng(arg);
      case INT -> {
        Lng seconds = lng(arg);
        yield f -> Conversions.timestampOfSeconds(f, seconds.lng(f));
      }
      case STRING -> {
        Str text = str(arg);
        if (text instanceof ConstantStr constant) {
          Optional<Instant> instant = Conversions.parseTimestamp(constant.value());
          if (instant.isEmpty()) {
            problems.error(
                "BKN-302",
                places.of(arg),
                "not a timestamp: `" + constant.value() + "`",
                "write it like 2025-01-31T09:30:00Z");
          } else if (!instant.get().truncatedTo(ChronoUnit.MILLIS).equals(instant.get())) {
            finer(arg, "timestamp");
          }
        }
        yield f -> Conversions.toTimestamp(f, text.str(f));
      }
      case BOOL, DOUBLE, DURATION, LIST -> notLng(expr);
    };
  }

  private Lng toDuration(CelExpr expr, CelExpr arg) {
    return switch (typeOf(arg)) {
      case DURATION -> lng(arg);
      case STRING -> {
        Str text = str(arg);
        if (text instanceof ConstantStr constant) {
          Optional<BigDecimal> ms = Conversions.parseDuration(constant.value());
          if (ms.isEmpty()) {
            problems.error(
                "BKN-302",
                places.of(arg),
                "not a duration: `" + constant.value() + "`",
                "write it like 90s, 15m or 1h30m; a day is 24h");
          } else if (ms.get().stripTrailingZeros().scale() > 0) {
            finer(arg, "duration");
          }
        }
        yield f -> Conversions.toDuration(f, text.str(f));
      }
      case BOOL, INT, DOUBLE, TIMESTAMP, LIST -> notLng(expr);
    };
  }

  private void finer(CelExpr expr, String what) {
    problems.error(
        "BKN-303",
        places.of(expr),
        "a " + what + " finer than a millisecond",
        "Beckon counts time in whole milliseconds");
  }

  private Lng timePart(CelExpr expr, CelCall call, List<CelExpr> args) {
    Lng value = lng(args.get(0));
    if (typeOf(args.get(0)) == ValueType.DURATION) {
      return switch (call.function()) {
        case "getHours" -> f -> value.lng(f) / 3_600_000;
        case "getMinutes" -> f -> value.lng(f) / 60_000;
        case "getSeconds" -> f -> value.lng(f) / 1000;
        case "getMilliseconds" -> f -> value.lng(f) % 1000;
        default -> notLng(expr);
      };
    }
    Optional<TimeParts.Part> part = TimeParts.part(call.function());
    if (part.isEmpty()) {
      return notLng(expr);
    }
    ZoneId zone = ZoneOffset.UTC;
    if (args.size() > 1) {
      CelExpr name = args.get(1);
      if (str(name) instanceof ConstantStr constant) {
        Optional<ZoneId> known = Conversions.zone(constant.value());
        if (known.isEmpty()) {
          problems.error(
              "BKN-302",
              places.of(name),
              "not a time zone: `" + constant.value() + "`",
              "write it like Asia/Tokyo, UTC or +09:00");
        }
        zone = known.orElse(zone);
      } else {
        problems.error(
            "BKN-303",
            places.of(name),
            "the time zone of `" + call.function() + "` must be a literal text",
            "write the zone itself in quotes, like 'Asia/Tokyo'");
      }
    }
    return TimeParts.closure(part.get(), value, zone);
  }

  // ---- double ----

  private Dbl dblCall(CelExpr expr, CelCall call) {
    List<CelExpr> args = Nodes.operands(call);
    return switch (call.function()) {
      case "_?_:_" -> {
        Bool condition = bool(args.get(0));
        Dbl then = dbl(args.get(1));
        Dbl otherwise = dbl(args.get(2));
        yield f ->
            switch (choose(f, condition)) {
              case YES -> then.dbl(f);
              case NO -> otherwise.dbl(f);
              case MISSED -> 0;
            };
      }
      case "-_" -> {
        Dbl a = dbl(args.get(0));
        yield f -> -a.dbl(f);
      }
      case "_+_" -> {
        Dbl a = dbl(args.get(0));
        Dbl b = dbl(args.get(1));
        yield f -> a.dbl(f) + b.dbl(f);
      }
      case "_-_" -> {
        Dbl a = dbl(args.get(0));
        Dbl b = dbl(args.get(1));
        yield f -> a.dbl(f) - b.dbl(f);
      }
      case "_*_" -> {
        Dbl a = dbl(args.get(0));
        Dbl b = dbl(args.get(1));
        yield f -> a.dbl(f) * b.dbl(f);
      }
      case "_/_" -> {
        Dbl a = dbl(args.get(0));
        Dbl b = dbl(args.get(1));
        yield f -> a.dbl(f) / b.dbl(f);
      }
      case "_[_]" -> {
        Boxed element = index(args, expr);
        yield f -> element.get(f) instanceof Double d ? d : 0;
      }
      case "double" ->
          switch (typeOf(args.get(0))) {
            case DOUBLE -> dbl(args.get(0));
            case INT -> {
              Lng value = lng(args.get(0));
              yield f -> (double) value.lng(f);
            }
            case STRING -> {
              Str text = str(args.get(0));
              yield f -> Conversions.toDouble(f, text.str(f));
            }
            case BOOL, TIMESTAMP, DURATION, LIST -> notDbl(expr);
          };
      default -> notDbl(expr);
    };
  }

  private Dbl notDbl(CelExpr expr) {
    unsupported(expr);
    return new ConstantDbl(0);
  }

  // ---- string ----

  private Str strCall(CelExpr expr, CelCall call) {
    List<CelExpr> args = Nodes.operands(call);
    return switch (call.function()) {
      case "_?_:_" -> {
        Bool condition = bool(args.get(0));
        Str then = str(args.get(1));
        Str otherwise = str(args.get(2));
        yield f ->
            switch (choose(f, condition)) {
              case YES -> then.str(f);
              case NO -> otherwise.str(f);
              case MISSED -> "";
            };
      }
      case "_+_" -> {
        Str a = str(args.get(0));
        Str b = str(args.get(1));
        yield f -> a.str(f).concat(b.str(f));
      }
      case "_[_]" -> {
        Boxed element = index(args, expr);
        yield f -> element.get(f) instanceof String s ? s : "";
      }
      case "string" ->
          switch (typeOf(args.get(0))) {
            case STRING -> str(args.get(0));
            case INT -> {
              Lng value = lng(args.get(0));
              yield f -> Long.toString(value.lng(f));
            }
            case DOUBLE -> {
              Dbl value = dbl(args.get(0));
              yield f -> Double.toString(value.dbl(f));
            }
            case BOOL -> {
              Bool value = bool(args.get(0));
              yield f -> Boolean.toString(value.bool(f));
            }
            case TIMESTAMP -> {
              Lng value = lng(args.get(0));
              yield f -> Conversions.timestampText(value.lng(f));
            }
            case DURATION -> {
              Lng value = lng(args.get(0));
              yield f -> Conversions.durationText(value.lng(f));
            }
            case LIST -> notStr(expr);
          };
      case "lowerAscii" -> {
        Str text = str(args.get(0));
        yield f -> ascii(text.str(f), 'A', 'Z');
      }
      case "upperAscii" -> {
        Str text = str(args.get(0));
        yield f -> ascii(text.str(f), 'a', 'z');
      }
      default -> notStr(expr);
    };
  }

  private Str notStr(CelExpr expr) {
    unsupported(expr);
    return new ConstantStr("");
  }

  /** Changes the case of the ASCII letters {@code first} to {@code last}. */
  private static String ascii(String text, char first, char last) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= first && text.charAt(i) <= last) {
        char[] chars = text.toCharArray();
        for (int j = i; j < chars.length; j++) {
          if (chars[j] >= first && chars[j] <= last) {
            // The two cases of an ASCII letter differ in this bit.
            chars[j] = (char) (chars[j] ^ 0x20);
          }
        }
        return new String(chars);
      }
    }
    return text;
  }

  // ---- types and problems ----

  private boolean isList(CelExpr expr) {
    return ast.getType(expr.id()).flatMap(ValueType::of).equals(Optional.of(ValueType.LIST));
  }

  /** The type of {@code expr}; reports one that Beckon has no values of, and takes it for bool. */
  private ValueType typeOf(CelExpr expr) {
    Optional<ValueType> type = ast.getType(expr.id()).flatMap(ValueType::of);
    if (type.isEmpty()) {
      unsupported(expr);
    }
    return type.orElse(ValueType.BOOL);
  }

  private void unsupported(CelExpr expr) {
    Messages.Text text = Messages.unsupported(expr, ast, scope);
    Messages.error(problems, "BKN-303", places.of(expr), text);
  }
}
