// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problem;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionProblemsTest {
  private static final RecordType EVENT =
      RecordType.of(
          "event",
          List.of(
              Attribute.optional("category", AttributeType.STRING),
              Attribute.optional("quantity", AttributeType.INT),
              Attribute.optional("price", AttributeType.DOUBLE),
              Attribute.optional("amount", AttributeType.DECIMAL),
              Attribute.optional("gift", AttributeType.BOOL),
              Attribute.optional("at", AttributeType.TIMESTAMP),
              Attribute.optional("tags", AttributeType.STRING_LIST)));
  private static final RecordType USER =
      RecordType.of("user", List.of(Attribute.optional("tier", AttributeType.STRING)));
  private static final ExpressionCompiler COMPILER =
      new ExpressionCompiler(Scope.where(EVENT, USER));

  /** Where the expressions of these tests stand: line 10, column 20. */
  private static Located<String> located(String text) {
    return new Located<>(text, new Span("trigger.yaml", 10, 20, 1));
  }

  private static List<Problem> condition(String text) {
    Problems problems = new Problems();
    Optional<Expression> expression = COMPILER.condition(located(text), problems);
    assertThat(expression.isPresent()).as(text).isEqualTo(problems.sorted().isEmpty());
    return problems.sorted();
  }

  private static List<Problem> value(String text, AttributeType target) {
    Problems problems = new Problems();
    Optional<Expression> expression = COMPILER.value(located(text), target, problems);
    assertThat(expression.isPresent()).as(text).isEqualTo(problems.sorted().isEmpty());
    return problems.sorted();
  }

  /** Code, line and column from the start of the expression, length, message and help. */
  private static String written(Problem problem) {
    Span span = problem.span();
    assertThat(span.file()).isEqualTo("trigger.yaml");
    return String.join(
        " | ",
        problem.code(),
        (span.line() - 10) + ":" + (span.column() - 20) + "+" + span.length(),
        problem.message(),
        problem.help().orElse(""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '^',
      value = {
        // Syntax.
        "event.price > ~ BKN-301 | 0:13+1 | the expression ends early |",
        "event.gift and event.gift ~ BKN-301 | 0:11+3 | unexpected `and` | write && for and",
        "event.quantity = 1 ~ BKN-301 | 0:15+1 | unexpected character `=` | write == to compare",
        "event.category == 'a ~ BKN-301 | 0:18+2 | a text without its closing quote, or with a"
            + " wrong escape: `'a` | a backslash is written \\\\, or write the text as r'...'",
        "(event.gift ~ BKN-301 | 0:11+1 | a `)` is missing here |",
        "event.quantity > 99999999999999999999 ~ BKN-301 | 0:17+20 | `99999999999999999999` is"
            + " not a number that fits |",
        "has(event) ~ BKN-301 | 0:3+1 | has() asks for one attribute | write it like"
            + " has(event.x)",
        // Names.
        "event.catgory == 'a' ~ BKN-302 | 0:6+7 | `event` has no attribute `catgory` | did you"
            + " mean `category`?",
        "has(event.xyz) ~ BKN-302 | 0:10+3 | `event` has no attribute `xyz` |",
        "evnt.gift ~ BKN-302 | 0:0+4 | unknown name `evnt` | did you mean `event`?",
        "category == 'a' ~ BKN-302 | 0:0+8 | unknown name `category` | did you mean"
            + " `event.category`?",
        "event.category.startWith('a') ~ BKN-302 | 0:15+9 | unknown function `startWith` | did"
            + " you mean `startsWith`?",
        "event.category.x ~ BKN-302 | 0:15+1 | string has no attributes of its own |",
        // Types.
        "event.price > 50 ~ BKN-302 | 0:12+1 | cannot compare double with int using `>` | write"
            + " 50.0: event.price is a double",
        "50 <= event.amount ~ BKN-302 | 0:3+2 | cannot compare int with double using `<=` |"
            + " write 50.0: event.amount is a decimal",
        "event.quantity == 1.0 ~ BKN-302 | 0:15+2 | cannot compare int with double using `==` |"
            + " write 1: event.quantity is an int",
        "event.quantity > 1.5 ~ BKN-302 | 0:15+1 | cannot compare int with double using `>` |"
            + " write double(event.quantity)",
        "event.price > event.quantity ~ BKN-302 | 0:12+1 | cannot compare double with int using"
            + " `>` | write double(event.quantity): event.price is a double",
        "event.category == null ~ BKN-302 | 0:15+2 | cannot compare string with null using `==`"
            + " | write has(event.category) to ask whether it is there",
        "event.category == 5 ~ BKN-302 | 0:15+2 | cannot compare string with int using `==` |"
            + " write '5': event.category is a string",
        "event.price in [1, 2] ~ BKN-302 | 0:12+2 | cannot look for a double in list(int) |"
            + " write the numbers with .0: event.price is a double",
        "event.price in [1.0, 2] ~ BKN-302 | 0:21+1 | all elements of a list have one type: the"
            + " first is a double, this is an int | write 2.0",
        "event.quantity + 1.0 > 2.0 ~ BKN-302 | 0:15+1 | cannot calculate int + double | write"
            + " 1: event.quantity is an int",
        "event.quantity && true ~ BKN-302 | 0:15+2 | `&&` needs a bool on both sides, not int"
            + " and bool |",
        "!event.quantity ~ BKN-302 | 0:0+1 | `!` needs a bool, not an int |",
        "event.gift ? 1 : 'a' ~ BKN-302 | 0:11+1 | both results of `? :` must have one type, not"
            + " int and string | write '1'",
        "event.at > '2025-01-01' ~ BKN-302 | 0:9+1 | cannot compare timestamp with string using"
            + " `>` | write timestamp('2025-01-31T09:30:00Z')",
        "size(event.quantity) > 1 ~ BKN-302 | 0:0+4 | `size` cannot take int |",
        "event.category.matches('a(') ~ BKN-302 | 0:23+4 | not a pattern: missing closing ):"
            + " `a(` | patterns are in RE2 syntax",
        "event.category.matches(r'\\d(') ~ BKN-302 | 0:23+6 | not a pattern: missing closing ):"
            + " `\\d(` | patterns are in RE2 syntax",
        "event.at > timestamp('2025-13-01T00:00:00Z') ~ BKN-302 | 0:21+22 | not a timestamp:"
            + " `2025-13-01T00:00:00Z` | write it like 2025-01-31T09:30:00Z",
        "duration('5d') > duration('1h') ~ BKN-302 | 0:9+4 | not a duration: `5d` | write it"
            + " like 90s, 15m or 1h30m; a day is 24h",
        "event.at.getHours('Mars') == 1 ~ BKN-302 | 0:18+6 | not a time zone: `Mars` | write it"
            + " like Asia/Tokyo, UTC or +09:00",
        // What Beckon does not compile.
        "event.tags.map(t, t) == event.tags ~ BKN-303 | 0:11+3 | Beckon does not evaluate `map`"
            + " | exists and all are the macros over lists",
        "event.tags.exists_one(t, t == 'a') ~ BKN-303 | 0:11+10 | Beckon does not evaluate"
            + " `exists_one` | exists and all are the macros over lists",
        "event.category.matches(user.tier) ~ BKN-303 | 0:28+4 | the pattern of `matches` must be"
            + " a literal text | write the pattern itself in quotes, or compare with contains,"
            + " startsWith or endsWith",
        "event.tags + ['a'] == ['b'] ~ BKN-303 | 0:11+1 | Beckon does not evaluate `+` on"
            + " list(string) and list(string) | docs/reference/expressions.md lists what"
            + " expressions can do",
        "duration('1us') > duration('1h') ~ BKN-303 | 0:9+5 | a duration finer than a"
            + " millisecond | Beckon counts time in whole milliseconds",
        "dyn(event.quantity) == 1 ~ BKN-303 | 0:0+3 | Beckon does not evaluate `dyn` on int |"
            + " docs/reference/expressions.md lists what expressions can do",
        "1u == 2u ~ BKN-303 | 0:0+2 | Beckon has no values of type uint |"
            + " docs/reference/expressions.md lists what expressions can do",
        // Results.
        "event.quantity ~ BKN-304 | 0:0+14 | a condition must be a bool, but this is an int |"
            + " compare it with something",
        // Limits.
        "event.tags.exists(a, event.tags.exists(b, event.tags.exists(c, true))) ~ BKN-305 |"
            + " 0:53+6 | exists and all can be nested 2 deep only | split the condition",
        "event.category.matches('(a{500}){500}') ~ BKN-305 | 0:23+15 | the pattern of `matches`"
            + " is too large | repeat less in it",
      })
  void oneProblem(String text, String expected) {
    assertThat(condition(text)).extracting(p -> written(p).strip()).containsExactly(expected);
  }

  @Test
  void everyProblemOfAnExpressionAtOnce() {
    assertThat(condition("event.catgory == 'a' || event.price > 5"))
        .extracting(ExpressionProblemsTest::written)
        .containsExactly(
            "BKN-302 | 0:6+7 | `event` has no attribute `catgory` | did you mean `category`?",
            "BKN-302 | 0:36+1 | cannot compare double with int using `>` | write 5.0: event.price"
                + " is a double");
    assertThat(condition("event.category.matches('[') || event.tags.filter(t, true) == []"))
        .extracting(Problem::code)
        .containsExactly("BKN-302", "BKN-303");
  }

  @Test
  void positionsOnLaterLinesAndBehindWideCharacters() {
    assertThat(condition("event.gift &&\n  event.price > 5"))
        .extracting(p -> written(p).substring(0, 16))
        .containsExactly("BKN-302 | 1:14+1");
    assertThat(condition("'\ud83d\ude00' == event.nothing"))
        .extracting(p -> written(p).substring(0, 16))
        .containsExactly("BKN-302 | 0:13+7");
    assertThat(condition(""))
        .extracting(p -> written(p).strip())
        .containsExactly("BKN-301 | 0:0+1 | the expression is empty |");
  }

  @Test
  void limits() {
    assertThat(condition("event.category == '" + "a".repeat(4_096) + "'"))
        .extracting(Problem::code)
        .containsExactly("BKN-305");
    String sum = String.join("+", Collections.nCopies(70, "1"));
    assertThat(condition(sum + " > 1")).extracting(Problem::code).contains("BKN-305");
    String parentheses = "(".repeat(300) + "true" + ")".repeat(300);
    assertThat(condition(parentheses)).extracting(Problem::code).containsExactly("BKN-305");
    String list = String.join(", ", Collections.nCopies(257, "1"));
    assertThat(condition("event.quantity in [" + list + "]"))
        .extracting(ExpressionProblemsTest::written)
        .containsExactly(
            "BKN-305 | 0:18+1 | a list of 257 elements; at most 256 are allowed | keep the list in"
                + " an attribute");
    String chain = String.join(" || ", Collections.nCopies(200, "event.gift"));
    assertThat(condition(chain)).isEmpty();
    assertThat(condition("event.quantity in [" + list.substring(3) + "]")).isEmpty();
    assertThat(condition("event.category.matches('(((a{1000}){1000}){1000}){1000}')"))
        .extracting(Problem::code)
        .containsExactly("BKN-305");
  }

  @Test
  void resultsThatDoNotFit() {
    assertThat(value("event.quantity", AttributeType.STRING))
        .extracting(ExpressionProblemsTest::written)
        .containsExactly(
            "BKN-304 | 0:0+14 | a string is needed here, but this is an int | write string(...)");
    assertThat(value("event.price", AttributeType.INT))
        .extracting(ExpressionProblemsTest::written)
        .containsExactly(
            "BKN-304 | 0:0+11 | an int is needed here, but this is a double | write int(...)");
    assertThat(value("event.at - event.at", AttributeType.INT))
        .extracting(ExpressionProblemsTest::written)
        .containsExactly(
            "BKN-304 | 0:0+19 | the result cannot be a duration | compare it, take a number of"
                + " it with getSeconds() or getMinutes(), or write string(...)");
    assertThat(value("event", AttributeType.STRING))
        .extracting(ExpressionProblemsTest::written)
        .containsExactly(
            "BKN-304 | 0:0+5 | the result cannot be an event record | read one of its attributes");
    assertThat(value("event.category", AttributeType.TIMESTAMP))
        .extracting(Problem::help)
        .containsExactly(Optional.of("write timestamp(...)"));
    assertThat(value("[]", AttributeType.STRING_LIST)).isEmpty();
  }

  /** Whatever an author types, there is an expression or a problem, and no word of our innards. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "null == null",
        "b'a' == b'b'",
        "{} == {}",
        "{'a': 1}.a == 1",
        "event == event",
        "int",
        "type(1) == int",
        "event{}",
        "Event{a: 1}",
        "event.?category == 'a'",
        "[[1]] == [[1]]",
        "event['category'] == 'a'",
        "event.tags.all(x, y, true)",
        "{'a': 1}.exists(x, true)",
        "dyn(1) in [1u, null]",
        "dyn('a') == 1",
        "true ? dyn(1) : dyn('a')",
        "[][0] == 1",
        "[dyn(1)].exists(x, x == 'a')",
        "event.tags.exists(event.x, true)",
        "1 2",
        "\"",
        "'",
        "$",
        "event.",
        ".",
        "event..a",
        "()",
        "a.b.c.d",
        "1 + ",
        "\u0000",
        "\ud83d",
        "timestamp(1.5)",
        "event.in == 1",
        "f(x, y)",
        "event.category.size(1)",
        "1 == 1 == 1",
        "-",
        "!",
        "? :",
        "event.at.getHours(user.tier) == 1",
        "not event.gift",
        "event.category is null",
        "[1, 'a'] == [2]",
        "1 in [1, 'a']",
        "'a' in {'a': 1}",
        "uint(1) == 1u",
        "[1, null]",
        "event.tags.exists(event, event == 'a')"
      })
  void anythingIsAnExpressionOrAProblem(String text) {
    for (Problem problem : condition(text)) {
      assertThat(problem.code()).matches("BKN-30[1-5]");
      assertThat(problem.message() + problem.help().orElse(""))
          .isNotBlank()
          .doesNotContain("google", "io.beckon", "java", "%A", "candidates", "container", "_");
      assertThat(problem.span().length()).isPositive();
    }
  }
}
