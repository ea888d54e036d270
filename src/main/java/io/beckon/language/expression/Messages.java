// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelSource;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.types.CelType;
import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.diagnostics.Suggestions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says in an author's words what CEL's parser and type checker, or the compiler, found. */
final class Messages {
  /** What is wrong, and what to do about it. */
  record Text(String message, String help) {}

  private static final String SUPPORTED =
      "docs/reference/expressions.md lists what expressions can do";

  private static final Pattern UNDECLARED =
      Pattern.compile("undeclared reference to '([^']*)'.*", Pattern.DOTALL);
  private static final Pattern UNDEFINED = Pattern.compile("undefined field '([^']*)'.*");
  private static final Pattern OVERLOAD =
      Pattern.compile(
          "found no matching overload for '([^']+)' applied to '(.*?)\\((.*?)\\)'"
              + "(?: \\(candidates.*)?",
          Pattern.DOTALL);
  private static final Pattern NO_FIELDS =
      Pattern.compile("type '([^']*)' does not support field selection.*");
  private static final Pattern TOKEN =
      Pattern.compile("token recognition error at: '(.*)'", Pattern.DOTALL);
  private static final Pattern INPUT =
      Pattern.compile(
          "(?:mismatched|extraneous|no viable alternative at) input '(.*?)'(?: expecting .*)?",
          Pattern.DOTALL);
  private static final Pattern ABSENT = Pattern.compile("missing '(.*?)' at .*", Pattern.DOTALL);
  private static final Pattern NUMBER = Pattern.compile("For input string: \"(.*?)\".*");

  /** What may be called; {@code docs/reference/expressions.md} names each. */
  static final Set<String> FUNCTIONS =
      Set.of(
          "size",
          "startsWith",
          "endsWith",
          "contains",
          "matches",
          "lowerAscii",
          "upperAscii",
          "int",
          "double",
          "string",
          "bool",
          "timestamp",
          "duration",
          "has",
          "exists",
          "all",
          "getFullYear",
          "getMonth",
          "getDate",
          "getDayOfMonth",
          "getDayOfWeek",
          "getDayOfYear",
          "getHours",
          "getMinutes",
          "getSeconds",
          "getMilliseconds");

  private final Scope scope;
  private final Located<String> text;
  private final Places places;

  Messages(Scope scope, Located<String> text, CelSource source) {
    this.scope = scope;
    this.text = text;
    this.places = new Places(text, source);
  }

  // ---- syntax ----

  /** Reports what the parser found. */
  void syntax(List<CelIssue> issues, Problems problems) {
    // What follows a character that means nothing is mostly its consequence.
    boolean unknownCharacters =
        issues.stream().anyMatch(i -> TOKEN.matcher(i.getMessage()).matches());
    for (CelIssue issue : issues) {
      String message = issue.getMessage();
      Matcher input = INPUT.matcher(message);
      if (unknownCharacters && input.matches()) {
        continue;
      }
      if (message.contains("recursion limit")) {
        problems.error("BKN-305", Places.whole(text), "nested too deeply", "split the expression");
        continue;
      }
      int length = 1;
      String said;
      String help = "";
      Matcher token = TOKEN.matcher(message);
      Matcher number = NUMBER.matcher(message);
      Matcher absent = ABSENT.matcher(message);
      if (token.matches()) {
        String found = token.group(1);
        String first = found.strip();
        length = first.codePointCount(0, first.length());
        if (first.startsWith("'") || first.startsWith("\"")) {
          said = "a text without its closing quote, or with a wrong escape: " + code(first);
          help = "a backslash is written \\\\, or write the text as r'...'";
        } else {
          said = "unexpected character " + code(first);
          help = operatorHelp(first);
        }
      } else if (input.matches()) {
        String found = input.group(1);
        length = found.codePointCount(0, found.length());
        if (found.equals("<EOF>")) {
          said = text.value().isBlank() ? "the expression is empty" : "the expression ends early";
          length = 1;
        } else {
          said = "unexpected " + code(found);
          help = operatorHelp(found);
        }
      } else if (absent.matches()) {
        said = "a " + code(absent.group(1)) + " is missing here";
      } else if (number.matches()) {
        said = code(number.group(1)) + " is not a number that fits";
        length = number.group(1).length();
      } else if (message.startsWith("invalid argument to has()")) {
        said = "has() asks for one attribute";
        help = "write it like has(event.x)";
      } else if (message.contains("must be a simple name")) {
        said = "the first argument of a macro must be a simple name";
        help = "write it like event.tags.exists(t, t == 'new')";
      } else {
        said = clean(message);
      }
      Span span = places.at(issue.getSourceLocation(), length);
      error(problems, "BKN-301", span, new Text(said, help));
    }
  }

  private static String operatorHelp(String token) {
    return switch (token.strip().toLowerCase(Locale.ROOT)) {
      case "=" -> "write == to compare";
      case "and", "&" -> "write && for and";
      case "or", "|" -> "write || for or";
      case "is" -> "write == to compare, or has(event.x) to ask whether it is there";
      case "<>" -> "write != for unequal";
      default -> "";
    };
  }

  // ---- types and names ----

  /** Reports what the type checker found. */
  void types(List<CelIssue> issues, CelExpr root, Problems problems) {
    for (CelIssue issue : issues) {
      Optional<CelExpr> node =
          issue.getExprId() == 0 ? Optional.empty() : Nodes.find(root, issue.getExprId());
      if (issue.getMessage().startsWith("Message type resolution failure")) {
        // Its type was not found, which is reported already.
        continue;
      }
      Span span = node.map(places::of).orElseGet(() -> places.at(issue.getSourceLocation(), 1));
      Matcher undeclared = UNDECLARED.matcher(issue.getMessage());
      Optional<Text> elsewhere =
          undeclared.matches() ? elsewhere(undeclared.group(1)) : Optional.empty();
      if (elsewhere.isPresent()) {
        error(problems, "BKN-306", span, elsewhere.get());
        continue;
      }
      Text said = type(issue.getMessage(), node);
      error(problems, "BKN-302", span, said);
    }
  }

  private Text type(String message, Optional<CelExpr> node) {
    if (node.isPresent() && node.get().getKind() == Kind.STRUCT) {
      return new Text("Beckon makes no records", SUPPORTED);
    }
    Matcher undefined = UNDEFINED.matcher(message);
    if (undefined.matches()) {
      return undefinedField(undefined.group(1), node);
    }
    Matcher undeclared = UNDECLARED.matcher(message);
    if (undeclared.matches()) {
      boolean function = node.isPresent() && node.get().getKind() == Kind.CALL;
      return function ? unknownFunction(undeclared.group(1)) : unknownName(undeclared.group(1));
    }
    Matcher overload = OVERLOAD.matcher(message);
    if (overload.matches()) {
      List<String> types = new ArrayList<>();
      String receiver = overload.group(2);
      if (!receiver.isEmpty()) {
        types.add(typeName(receiver.substring(0, receiver.length() - 1)));
      }
      for (String type : split(overload.group(3))) {
        types.add(typeName(type));
      }
      List<CelExpr> operands =
          node.filter(n -> n.getKind() == Kind.CALL)
              .map(n -> Nodes.operands(n.call()))
              .orElse(List.of());
      return overload(overload.group(1), types, operands);
    }
    Matcher noFields = NO_FIELDS.matcher(message);
    if (noFields.matches()) {
      return new Text(typeName(noFields.group(1)) + " has no attributes of its own", "");
    }
    return new Text(clean(message), "");
  }

  private Text undefinedField(String field, Optional<CelExpr> node) {
    Optional<Scope.Variable> variable =
        node.filter(n -> n.getKind() == Kind.SELECT)
            .map(n -> n.select().operand())
            .filter(o -> o.getKind() == Kind.IDENT)
            .flatMap(o -> variable(o.ident().name()));
    if (variable.isEmpty()) {
      return new Text("undefined field " + code(field), "");
    }
    List<String> names = variable.get().type().attributes().stream().map(Attribute::name).toList();
    return new Text(
        code(variable.get().name()) + " has no attribute " + code(field),
        Suggestions.closest(field, names).map(Messages::didYouMean).orElse(""));
  }

  /** What to say of a variable that is there in other expressions, but not here. */
  private Optional<Text> elsewhere(String name) {
    boolean aboutUsers = scope.variables().get(0).name().equals("event");
    return switch (aboutUsers ? name : "") {
      case "event" ->
          Optional.of(
              new Text(
                  "there is no `event` here: no single event makes this moment",
                  "read user, moment or signal"));
      case "signal", "moment" ->
          Optional.of(
              new Text(
                  code(name) + " cannot be read here, only `event` and `user` can",
                  "what `where` asks is asked of one event; a condition of the moment is an `if`"));
      default -> Optional.empty();
    };
  }

  /** The variables that expressions can name. */
  private List<Scope.Variable> variables() {
    return scope.variables().stream().filter(v -> !v.absent()).toList();
  }

  private Text unknownName(String name) {
    List<String> names = variables().stream().map(Scope.Variable::name).toList();
    Optional<String> variable = Suggestions.closest(name, names);
    String help =
        variable
            .or(() -> attribute(name, true))
            .or(() -> attribute(name, false))
            .map(Messages::didYouMean)
            .orElse("there is " + String.join(", ", names.stream().map(Messages::code).toList()));
    return new Text("unknown name " + code(name), help);
  }

  /** An attribute named without its variable, exactly or nearly. */
  private Optional<String> attribute(String name, boolean exactly) {
    for (Scope.Variable variable : scope.variables()) {
      List<String> names = variable.type().attributes().stream().map(Attribute::name).toList();
      Optional<String> found =
          exactly
              ? names.stream().filter(name::equals).findFirst()
              : Suggestions.closest(name, names);
      if (found.isPresent()) {
        return Optional.of(variable.name() + "." + found.get());
      }
    }
    return Optional.empty();
  }

  private static Text unknownFunction(String name) {
    if (FUNCTIONS.contains(name)) {
      return new Text(code(name) + " is not called like this", SUPPORTED);
    }
    return new Text(
        "unknown function " + code(name),
        Suggestions.closest(name, FUNCTIONS).map(Messages::didYouMean).orElse(SUPPORTED));
  }

  private Text overload(String function, List<String> types, List<CelExpr> operands) {
    String symbol = Nodes.symbol(function).orElse(function);
    String a = types.isEmpty() ? "nothing" : types.get(0);
    String b = types.size() < 2 ? "nothing" : types.get(1);
    String help = operandHelp(types, operands);
    return switch (function) {
      case "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_" -> {
        String sameHelp = a.equals(b) && help.isEmpty() ? "only == and != compare " + a : help;
        yield new Text("cannot compare " + a + " with " + b + " using " + code(symbol), sameHelp);
      }
      case "_+_", "_-_", "_*_", "_/_", "_%_" ->
          new Text("cannot calculate " + a + " " + symbol + " " + b, help);
      case "_&&_", "_||_" ->
          new Text(code(symbol) + " needs a bool on both sides, not " + a + " and " + b, help);
      case "!_" -> new Text("`!` needs a bool, not " + withArticle(a), "");
      case "-_" -> new Text("`-` needs an int or a double, not " + withArticle(a), "");
      case "_?_:_" ->
          a.equals("bool")
              ? new Text(
                  "both results of `? :` must have one type, not "
                      + b
                      + " and "
                      + (types.size() < 3 ? "nothing" : types.get(2)),
                  types.size() < 3 || operands.size() < 3
                      ? ""
                      : operandHelp(types.subList(1, 3), operands.subList(1, 3)))
              : new Text("`? :` needs a bool before the `?`, not " + withArticle(a), "");
      case "@in" ->
          b.startsWith("list(") || b.equals("map")
              ? new Text("cannot look for " + withArticle(a) + " in " + b, inHelp(a, b, operands))
              : new Text("`in` needs a list after it, not " + withArticle(b), "");
      case "_[_]" ->
          a.endsWith(" record")
              ? new Text("attributes are not read with [ ]", "write it like event.x")
              : new Text("cannot take element " + b + " of " + a, "elements are counted from 0");
      default ->
          new Text(
              code(function)
                  + " cannot take "
                  + (types.isEmpty() ? "no arguments" : String.join(", ", types)),
              help);
    };
  }

  /** What to write where an int meets a double, or something is compared with null. */
  private String operandHelp(List<String> types, List<CelExpr> operands) {
    if (types.size() != 2 || operands.size() != 2) {
      return "";
    }
    for (int i = 0; i < 2; i++) {
      CelExpr here = operands.get(i);
      CelExpr other = operands.get(1 - i);
      String type = types.get(i);
      String otherType = types.get(1 - i);
      if (type.equals("null")) {
        return written(other)
            .map(w -> "write has(" + w + ") to ask whether it is there")
            .orElse("write has(event.x) to ask whether it is there");
      }
      if (type.equals("int") && otherType.equals("duration")) {
        return "write duration('720h')";
      }
      if (type.equals("int") && otherType.equals("double")) {
        Optional<String> constant = literal(here);
        if (constant.isPresent()) {
          return "write " + constant.get() + ".0" + because(other);
        }
        if (literal(other).isEmpty() || fraction(other)) {
          return "write double(" + written(here).orElse("...") + ")" + because(other);
        }
      }
      if (type.equals("double") && otherType.equals("int") && literal(other).isEmpty()) {
        Optional<String> constant = literal(here);
        if (constant.isPresent() && !fraction(here)) {
          return "write "
              + constant.get().substring(0, constant.get().length() - 2)
              + because(other);
        }
      }
      if (type.equals("string") && otherType.equals("timestamp")) {
        return "write timestamp('2025-01-31T09:30:00Z')";
      }
      if (type.equals("string") && otherType.equals("duration")) {
        return "write duration('15m')";
      }
      if (type.equals("string") && otherType.equals("int") && literal(other).isPresent()) {
        return "write '" + literal(other).orElse("") + "'" + because(here);
      }
    }
    return "";
  }

  private String inHelp(String element, String list, List<CelExpr> operands) {
    if (operands.isEmpty()) {
      return "";
    }
    if (element.equals("double") && list.equals("list(int)")) {
      return "write the numbers with .0" + because(operands.get(0));
    }
    return "the elements must be "
        + (element.equals("int") || element.equals("string") ? element + "s" : element);
  }

  private String because(CelExpr expr) {
    return written(expr)
        .map(w -> ": " + w + " is " + attributeType(expr).map(Messages::withArticle).orElse("not"))
        .orElse("");
  }

  private Optional<String> attributeType(CelExpr expr) {
    return Optional.of(expr)
        .filter(e -> e.getKind() == Kind.SELECT)
        .flatMap(
            e ->
                variable(e.select().operand().identOrDefault().name())
                    .flatMap(
                        v -> {
                          int slot = v.type().indexOf(e.select().field());
                          return slot < 0
                              ? Optional.empty()
                              : Optional.of(v.type().attribute(slot).type().text());
                        }));
  }

  /** A read of an attribute as its author wrote it. */
  private Optional<String> written(CelExpr expr) {
    return attributeType(expr)
        .map(t -> expr.select().operand().ident().name() + "." + expr.select().field());
  }

  private static Optional<String> literal(CelExpr expr) {
    if (expr.getKind() != Kind.CONSTANT) {
      return Optional.empty();
    }
    CelConstant constant = expr.constant();
    return switch (constant.getKind()) {
      case INT64_VALUE -> Optional.of(Long.toString(constant.int64Value()));
      case DOUBLE_VALUE -> Optional.of(Double.toString(constant.doubleValue()));
      default -> Optional.empty();
    };
  }

  /** Whether a literal cannot be written as an int. */
  private static boolean fraction(CelExpr expr) {
    return literal(expr).map(l -> !l.matches("-?\\d+\\.0")).orElse(false);
  }

  private Optional<Scope.Variable> variable(String name) {
    return scope.variables().stream().filter(v -> v.name().equals(name)).findFirst();
  }

  // ---- what Beckon does not compile, and results ----

  /** Names what Beckon does not compile. */
  static Text unsupported(CelExpr expr, CelAbstractSyntaxTree ast, Scope scope) {
    return switch (expr.getKind()) {
      case CALL -> {
        String function = expr.call().function();
        String name = Nodes.symbol(function).orElse(function);
        List<String> types =
            Nodes.operands(expr.call()).stream()
                .map(o -> ast.getType(o.id()).map(ValueType::name).orElse("dyn"))
                .toList();
        yield new Text(
            "Beckon does not evaluate " + code(name) + " on " + String.join(" and ", types),
            SUPPORTED);
      }
      case COMPREHENSION -> {
        String macro =
            Optional.ofNullable(ast.getSource().getMacroCalls().get(expr.id()))
                .map(c -> c.callOrDefault().function())
                .orElse("this macro");
        boolean known = macro.equals("exists") || macro.equals("all");
        yield new Text(
            known
                ? "Beckon evaluates " + code(macro) + " on lists only"
                : "Beckon does not evaluate " + code(macro),
            known ? SUPPORTED : "exists and all are the macros over lists");
      }
      case IDENT -> {
        String name = expr.ident().name();
        boolean record = scope.variables().stream().anyMatch(v -> v.name().equals(name));
        yield record
            ? new Text(
                code(name) + " as a whole is no value",
                "read one of its attributes: " + name + ".x")
            : new Text(code(name) + " is no value", SUPPORTED);
      }
      case CONSTANT ->
          new Text(
              "Beckon has no values of type "
                  + ast.getType(expr.id()).map(ValueType::name).orElse("dyn"),
              SUPPORTED);
      case LIST -> new Text("Beckon does not evaluate this list", SUPPORTED);
      case MAP -> new Text("Beckon has no maps", SUPPORTED);
      case STRUCT -> new Text("Beckon makes no records", SUPPORTED);
      case SELECT ->
          new Text(
              "only attributes of "
                  + String.join(", ", scope.variables().stream().map(v -> code(v.name())).toList())
                  + " can be read, not "
                  + code(expr.select().field()),
              SUPPORTED);
      case NOT_SET -> new Text("Beckon does not evaluate this", SUPPORTED);
    };
  }

  /** Says that {@code element} of a list is not of the type of the first. */
  static Text mixedList(CelType first, CelExpr element, CelAbstractSyntaxTree ast) {
    String expected = typeName(first);
    Optional<String> number = literal(element).filter(n -> expected.equals("double"));
    return new Text(
        "all elements of a list have one type: the first is "
            + withArticle(expected)
            + ", this is "
            + withArticle(ast.getType(element.id()).map(Messages::typeName).orElse("dyn")),
        number.map(n -> "write " + n + ".0").orElse(""));
  }

  /** Says that a result of {@code type} cannot be a value. */
  static Text notStorable(CelType type) {
    String name = typeName(ValueType.name(type));
    return new Text(
        "the result cannot be " + withArticle(name),
        name.equals("duration")
            ? "compare it, take a number of it with getSeconds() or getMinutes(), or write string(...)"
            : name.endsWith(" record")
                ? "read one of its attributes"
                : "a value is a string, int, double, bool, timestamp, list(string) or list(int)");
  }

  /** Says that a result of {@code type} cannot stand where {@code target} is asked. */
  static Text mismatch(AttributeType type, AttributeType target) {
    String help =
        switch (target) {
          case STRING -> type.isList() ? "" : "write string(...)";
          case INT ->
              type == AttributeType.DOUBLE
                      || type == AttributeType.STRING
                      || type == AttributeType.TIMESTAMP
                  ? "write int(...)"
                  : "";
          case DOUBLE, DECIMAL -> type == AttributeType.STRING ? "write double(...)" : "";
          case TIMESTAMP -> type == AttributeType.STRING ? "write timestamp(...)" : "";
          case DURATION -> type == AttributeType.STRING ? "write duration(...)" : "";
          case BOOL -> "compare it with something";
          case STRING_LIST, INT_LIST -> type == target.element() ? "write [ ] around it" : "";
        };
    return new Text(
        withArticle(target.text()) + " is needed here, but this is " + withArticle(type.text()),
        help);
  }

  // ---- words ----

  /** The author's name for a type as CEL names it in messages. */
  static String typeName(CelType type) {
    return typeName(ValueType.name(type));
  }

  private static String typeName(String type) {
    return type.strip()
        .replace("google.protobuf.Timestamp", "timestamp")
        .replace("google.protobuf.Duration", "duration")
        .replaceAll("%[A-Z]+\\d*", "any");
  }

  static String withArticle(String type) {
    return switch (type) {
      case "null", "dyn", "nothing" -> type;
      default -> ("aeiou".indexOf(type.charAt(0)) >= 0 ? "an " : "a ") + type;
    };
  }

  private static String didYouMean(String name) {
    return "did you mean " + code(name) + "?";
  }

  private static String code(String text) {
    return "`" + text + "`";
  }

  /** CEL's own text without the names of its innards. */
  private static String clean(String message) {
    return typeName(message.replaceAll(" \\((?:candidates|in container).*", "")).replace('\'', '`');
  }

  /** Splits a list of types at its outer commas. */
  private static List<String> split(String types) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i < types.length(); i++) {
      char c = types.charAt(i);
      if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      } else if (c == ',' && depth == 0) {
        parts.add(types.substring(from, i));
        from = i + 1;
      }
    }
    if (from < types.length()) {
      parts.add(types.substring(from));
    }
    return parts;
  }

  /** Reports {@code text}, whose help may be empty. */
  static void error(Problems problems, String code, Span span, Text text) {
    if (text.help().isEmpty()) {
      problems.error(code, span, text.message());
    } else {
      problems.error(code, span, text.message(), text.help());
    }
  }
}
