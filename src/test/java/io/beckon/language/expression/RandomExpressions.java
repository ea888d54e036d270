// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Makes random well-typed CEL of everything Beckon compiles, and counts what it used. */
final class RandomExpressions {
  enum Type {
    BOOL,
    INT,
    DOUBLE,
    STRING,
    TIMESTAMP,
    DURATION,
    STRINGS,
    INTS
  }

  /** One way to write an expression of some type. */
  private record Production(String name, Writer writer) {}

  private interface Writer {
    String write(int depth);
  }

  private record Local(String name, Type type) {}

  /**
   * Texts that collide, convert, and reach beyond the BMP. None has a character from U+E000 to
   * U+FFFF: there cel-java's order of strings is UTF-16's, while CEL's and ours is by code point.
   */
  static final List<String> TEXTS =
      List.of(
          "a",
          "b",
          "ab",
          "abc",
          "Abc",
          "aB\u00e9",
          "\u00e9t\u00e9",
          "\u65e5\u672c",
          "\ud83d\ude00",
          "a\ud83d\ude00b",
          "\ud83d\ude00\ud83d\ude01",
          "5",
          "-7",
          "+3",
          "007",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775808",
          "1.5",
          "1e3",
          "true",
          "False",
          "f",
          "2024-02-29T12:34:56.789Z",
          "2024-03-01T00:00:00+09:00",
          "2024-13-01T00:00:00Z",
          "1h",
          "1h30m",
          "-90s",
          "1.5s",
          "0");

  static final List<Long> INTS =
      List.of(
          -1L,
          0L,
          1L,
          2L,
          3L,
          5L,
          7L,
          10L,
          100L,
          -100L,
          1L << 31,
          1L << 62,
          Long.MAX_VALUE,
          Long.MIN_VALUE,
          Long.MAX_VALUE - 1,
          3037000500L);

  static final List<Double> DOUBLES =
      List.of(
          0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1.5, 100.25, 1e10, 9.2e18, 9.3e18, -9.3e18, 1e300, -1e300,
          1e-300, 0.1);

  /** Within 292 years of each other: beyond, cel-java's differences overflow, CEL's do not. */
  static final List<String> TIMES =
      List.of(
          "1970-01-01T00:00:00Z",
          "1969-12-31T23:59:59.999Z",
          "2024-02-29T12:34:56.789Z",
          "2024-03-10T07:00:00Z",
          "2024-11-03T06:00:00Z",
          "1900-01-01T00:00:00Z",
          "2100-12-31T23:59:59Z");

  private static final List<String> DURATIONS =
      List.of("0s", "1s", "90s", "15m", "1h", "1h30m", "24h", "-1h", "1500ms", "-1ms", "87600h");
  private static final List<String> WHOLE_DURATIONS =
      DURATIONS.stream().filter(d -> !d.equals("-1ms")).toList();
  private static final List<String> ZONES =
      List.of(
          "UTC",
          "Asia/Tokyo",
          "America/New_York",
          "+05:30",
          "-08:00",
          "05:30",
          "-5:30",
          "Australia/Lord_Howe");
  private static final List<String> PATTERNS =
      List.of("a", "^a", "b$", "^[a-z]+$", "\\\\d+", "(?i)ABC", ".", "^.$", "\u00e9", "a|b", "");
  private static final List<String> PARTS =
      List.of(
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

  static final RecordType EVENT = record("event", "");
  static final RecordType USER = record("user", "u_");
  static final Scope SCOPE = Scope.where(EVENT, USER);

  private final Random random;
  private final Map<String, Integer> used = new TreeMap<>();
  private final List<Local> locals = new ArrayList<>();

  /** How deep {@code exists} and {@code all} may be nested. */
  private static final int MOST_LOOPS = 2;

  private int loops;
  private final Map<Type, List<Production>> productions =
      Arrays.stream(Type.values()).collect(Collectors.toMap(t -> t, this::productions));

  RandomExpressions(Random random) {
    this.random = random;
    productions.forEach((type, list) -> list.forEach(p -> used.put(p.name(), 0)));
  }

  private static RecordType record(String name, String prefix) {
    return RecordType.of(
        name,
        Arrays.stream(AttributeType.values())
            .flatMap(
                t ->
                    IntStream.range(0, 2)
                        .mapToObj(
                            i ->
                                Attribute.optional(
                                    prefix + t.name().toLowerCase(Locale.ROOT) + i, t)))
            .toList());
  }

  /** How often each operator and function was written. */
  Map<String, Integer> used() {
    return used;
  }

  String next(Type type) {
    return write(type, 1 + random.nextInt(5));
  }

  private String write(Type type, int depth) {
    if (depth <= 0 || random.nextInt(12) == 0) {
      return leaf(type);
    }
    // Of a few at random the least used, so that the rare ones are tried often enough too.
    Production production =
        IntStream.range(0, 4)
            .mapToObj(i -> pick(productions.getOrDefault(type, List.of())))
            .min(Comparator.comparing(p -> used.getOrDefault(p.name(), 0)))
            .orElseThrow();
    used.merge(production.name(), 1, Integer::sum);
    return production.writer().write(depth - 1);
  }

  private String leaf(Type type) {
    List<String> named = locals.stream().filter(l -> l.type() == type).map(Local::name).toList();
    if (!named.isEmpty() && random.nextInt(3) > 0) {
      return pick(named);
    }
    if (random.nextInt(5) > 1) {
      return attribute(type);
    }
    return literal(type);
  }

  private String attribute(Type type) {
    boolean user = random.nextInt(4) == 0;
    RecordType record = user ? USER : EVENT;
    List<Attribute> fitting =
        record.attributes().stream().filter(a -> typeOf(a.type()) == type).toList();
    return (user ? "user." : "event.") + pick(fitting).name();
  }

  static Type typeOf(AttributeType type) {
    return switch (type) {
      case STRING -> Type.STRING;
      case INT -> Type.INT;
      case DOUBLE, DECIMAL -> Type.DOUBLE;
      case BOOL -> Type.BOOL;
      case TIMESTAMP -> Type.TIMESTAMP;
      case DURATION -> Type.DURATION;
      case STRING_LIST -> Type.STRINGS;
      case INT_LIST -> Type.INTS;
    };
  }

  private String literal(Type type) {
    return switch (type) {
      case BOOL -> Boolean.toString(random.nextBoolean());
      case INT -> intLiteral();
      case DOUBLE -> "(" + pick(DOUBLES) + ")";
      case STRING -> random.nextInt(20) == 0 ? "''" : "'" + pick(TEXTS) + "'";
      case TIMESTAMP -> "timestamp('" + pick(TIMES) + "')";
      case DURATION -> "duration('" + pick(DURATIONS) + "')";
      case STRINGS ->
          IntStream.rangeClosed(0, random.nextInt(4))
              .mapToObj(i -> literal(Type.STRING))
              .collect(Collectors.joining(", ", "[", "]"));
      case INTS ->
          IntStream.rangeClosed(0, random.nextInt(4))
              .mapToObj(i -> literal(Type.INT))
              .collect(Collectors.joining(", ", "[", "]"));
    };
  }

  private String intLiteral() {
    return "(" + (random.nextBoolean() ? random.nextInt(4) : pick(INTS)) + ")";
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private List<Production> productions(Type type) {
    List<Production> list = new ArrayList<>();
    list.add(
        new Production(
            "?: " + type,
            d ->
                "(" + write(Type.BOOL, d) + " ? " + write(type, d) + " : " + write(type, d) + ")"));
    switch (type) {
      case BOOL -> bools(list);
      case INT -> ints(list);
      case DOUBLE -> doubles(list);
      case STRING -> strings(list);
      case TIMESTAMP -> times(list);
      case DURATION -> durations(list);
      case STRINGS -> lists(list, Type.STRING);
      case INTS -> lists(list, Type.INT);
    }
    return list;
  }

  private void infix(List<Production> list, String operator, Type left, Type right) {
    list.add(
        new Production(
            operator + " " + left,
            d -> "(" + write(left, d) + " " + operator + " " + write(right, d) + ")"));
  }

  private void call(List<Production> list, String function, Type argument) {
    list.add(
        new Production(
            function + "(" + argument + ")", d -> function + "(" + write(argument, d) + ")"));
  }

  private void method(List<Production> list, String function, Type receiver, Type argument) {
    list.add(
        new Production(
            function, d -> write(receiver, d) + "." + function + "(" + write(argument, d) + ")"));
  }

  private void bools(List<Production> list) {
    // Twice, because they are what errors meet most.
    for (int i = 0; i < 2; i++) {
      infix(list, "&&", Type.BOOL, Type.BOOL);
      infix(list, "||", Type.BOOL, Type.BOOL);
      list.add(new Production("!", d -> "!(" + write(Type.BOOL, d) + ")"));
    }
    list.add(
        new Production(
            "&& chain",
            d ->
                IntStream.range(0, 3 + random.nextInt(4))
                    .mapToObj(i -> write(Type.BOOL, d - 1))
                    .collect(Collectors.joining(" && ", "(", ")"))));
    list.add(
        new Production(
            "|| chain",
            d ->
                IntStream.range(0, 3 + random.nextInt(4))
                    .mapToObj(i -> write(Type.BOOL, d - 1))
                    .collect(Collectors.joining(" || ", "(", ")"))));
    for (Type type : Type.values()) {
      infix(list, "==", type, type);
      infix(list, "!=", type, type);
      if (type != Type.STRINGS && type != Type.INTS) {
        infix(list, "<", type, type);
        infix(list, "<=", type, type);
        infix(list, ">", type, type);
        infix(list, ">=", type, type);
      }
      list.add(new Production("has " + type, d -> "has(" + attribute(type) + ")"));
    }
    list.add(new Production("== []", d -> "(" + write(Type.STRINGS, d) + " == [])"));
    list.add(new Production("in []", d -> "(" + write(Type.INT, d) + " in [])"));
    list.add(new Production("[].all", this::overNothing));
    infix(list, "in", Type.STRING, Type.STRINGS);
    infix(list, "in", Type.INT, Type.INTS);
    for (Type type : List.of(Type.STRING, Type.INT, Type.BOOL, Type.TIMESTAMP, Type.DURATION)) {
      list.add(
          new Production(
              "in terms " + type,
              d ->
                  IntStream.range(0, 1 + random.nextInt(4))
                      .mapToObj(i -> write(type, d - 1))
                      .collect(Collectors.joining(", ", "(" + write(type, d) + " in [", "])"))));
    }
    // No arithmetic here: cel-java finds NaN in a list, which CEL, where NaN equals nothing, does
    // not.
    list.add(
        new Production(
            "in terms DOUBLE",
            d ->
                "("
                    + attribute(Type.DOUBLE)
                    + " in ["
                    + literal(Type.DOUBLE)
                    + ", "
                    + attribute(Type.DOUBLE)
                    + "])"));
    list.add(
        new Production(
            "in constants DOUBLE",
            d ->
                "("
                    + attribute(Type.DOUBLE)
                    + " in ["
                    + literal(Type.DOUBLE)
                    + ", "
                    + literal(Type.DOUBLE)
                    + "])"));
    method(list, "startsWith", Type.STRING, Type.STRING);
    method(list, "endsWith", Type.STRING, Type.STRING);
    method(list, "contains", Type.STRING, Type.STRING);
    list.add(
        new Production(
            "matches", d -> write(Type.STRING, d) + ".matches('" + pick(PATTERNS) + "')"));
    list.add(
        new Production(
            "matches()", d -> "matches(" + write(Type.STRING, d) + ", '" + pick(PATTERNS) + "')"));
    call(list, "bool", Type.STRING);
    call(list, "bool", Type.BOOL);
    for (String macro : List.of("exists", "all")) {
      list.add(new Production(macro + " STRING", d -> loop(macro, Type.STRING, d)));
      list.add(new Production(macro + " INT", d -> loop(macro, Type.INT, d)));
      list.add(
          new Production(
              macro + " of terms",
              d -> {
                Type type = pick(List.of(Type.DOUBLE, Type.BOOL, Type.TIMESTAMP, Type.DURATION));
                return loop(macro, type, d);
              }));
    }
  }

  private String overNothing(int depth) {
    if (loops >= MOST_LOOPS) {
      return leaf(Type.BOOL);
    }
    loops++;
    String predicate = write(Type.BOOL, depth);
    loops--;
    return "[].all(y, " + predicate + ")";
  }

  private String loop(String macro, Type element, int depth) {
    if (loops >= MOST_LOOPS) {
      return leaf(Type.BOOL);
    }
    String range =
        element == Type.STRING && random.nextBoolean()
            ? write(Type.STRINGS, depth)
            : element == Type.INT && random.nextBoolean()
                ? write(Type.INTS, depth)
                : "[" + write(element, depth - 1) + ", " + write(element, depth - 1) + "]";
    Local local = new Local("x" + locals.size(), element);
    locals.add(local);
    loops++;
    String predicate = write(Type.BOOL, depth);
    loops--;
    locals.remove(local);
    return range + "." + macro + "(" + local.name() + ", " + predicate + ")";
  }

  private void ints(List<Production> list) {
    for (String operator : List.of("+", "-", "*", "/", "%")) {
      infix(list, operator, Type.INT, Type.INT);
    }
    list.add(new Production("- INT", d -> "(-" + write(Type.INT, d) + ")"));
    call(list, "size", Type.STRING);
    call(list, "size", Type.STRINGS);
    call(list, "size", Type.INTS);
    list.add(new Production(".size() STRING", d -> write(Type.STRING, d) + ".size()"));
    list.add(new Production(".size() INTS", d -> write(Type.INTS, d) + ".size()"));
    call(list, "int", Type.STRING);
    call(list, "int", Type.DOUBLE);
    call(list, "int", Type.INT);
    call(list, "int", Type.TIMESTAMP);
    list.add(new Production("[] INT", d -> write(Type.INTS, d) + "[" + random.nextInt(4) + "]"));
    list.add(
        new Production("[int] INT", d -> write(Type.INTS, d) + "[" + write(Type.INT, d) + "]"));
    for (String part : PARTS) {
      list.add(new Production(part, d -> write(Type.TIMESTAMP, d) + "." + part + "()"));
      list.add(
          new Production(
              part + " zone",
              d -> write(Type.TIMESTAMP, d) + "." + part + "('" + pick(ZONES) + "')"));
    }
    // No sums here: cel-java rounds the parts of a negative duration with a fraction of a second
    // down, CEL (and Beckon) towards zero.
    for (String part : List.of("getHours", "getMinutes", "getSeconds", "getMilliseconds")) {
      list.add(
          new Production(
              part + " DURATION",
              d ->
                  random.nextBoolean()
                      ? "duration(" + attribute(Type.STRING) + ")." + part + "()"
                      : "duration('" + pick(WHOLE_DURATIONS) + "')." + part + "()"));
    }
  }

  private void doubles(List<Production> list) {
    for (String operator : List.of("+", "-", "*", "/")) {
      infix(list, operator, Type.DOUBLE, Type.DOUBLE);
    }
    list.add(new Production("- DOUBLE", d -> "(-" + write(Type.DOUBLE, d) + ")"));
    call(list, "double", Type.INT);
    call(list, "double", Type.DOUBLE);
    call(list, "double", Type.STRING);
    list.add(
        new Production(
            "[] DOUBLE",
            d ->
                "["
                    + write(Type.DOUBLE, d)
                    + ", "
                    + write(Type.DOUBLE, d)
                    + "]["
                    + random.nextInt(3)
                    + "]"));
  }

  private void strings(List<Production> list) {
    infix(list, "+", Type.STRING, Type.STRING);
    for (Type type :
        List.of(Type.STRING, Type.INT, Type.DOUBLE, Type.BOOL, Type.TIMESTAMP, Type.DURATION)) {
      call(list, "string", type);
    }
    list.add(
        new Production("[] STRING", d -> write(Type.STRINGS, d) + "[" + random.nextInt(4) + "]"));
    list.add(new Production("lowerAscii", d -> write(Type.STRING, d) + ".lowerAscii()"));
    list.add(new Production("upperAscii", d -> write(Type.STRING, d) + ".upperAscii()"));
  }

  private void times(List<Production> list) {
    infix(list, "+", Type.TIMESTAMP, Type.DURATION);
    infix(list, "-", Type.TIMESTAMP, Type.DURATION);
    list.add(
        new Production(
            "DURATION + TIMESTAMP",
            d -> "(" + write(Type.DURATION, d) + " + " + write(Type.TIMESTAMP, d) + ")"));
    call(list, "timestamp", Type.TIMESTAMP);
    list.add(new Production("timestamp(STRING)", d -> "timestamp(" + attribute(Type.STRING) + ")"));
    list.add(
        new Production("timestamp(INT)", d -> "timestamp(" + random.nextInt(2_000_000_000) + ")"));
    list.add(
        new Production(
            "[] TIMESTAMP", d -> "[" + write(Type.TIMESTAMP, d) + "][" + random.nextInt(2) + "]"));
  }

  private void durations(List<Production> list) {
    infix(list, "+", Type.DURATION, Type.DURATION);
    infix(list, "-", Type.DURATION, Type.DURATION);
    list.add(
        new Production(
            "TIMESTAMP - TIMESTAMP",
            d -> "(" + write(Type.TIMESTAMP, d) + " - " + write(Type.TIMESTAMP, d) + ")"));
    call(list, "duration", Type.DURATION);
    list.add(new Production("duration(STRING)", d -> "duration(" + attribute(Type.STRING) + ")"));
  }

  private void lists(List<Production> list, Type element) {
    list.add(
        new Production(
            "[...] " + element,
            d ->
                IntStream.rangeClosed(0, random.nextInt(3))
                    .mapToObj(i -> write(element, d))
                    .collect(Collectors.joining(", ", "[", "]"))));
  }
}
