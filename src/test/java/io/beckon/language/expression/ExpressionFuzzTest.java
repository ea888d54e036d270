// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.Fuzz;
import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problem;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever text stands for an expression, it compiles and can be evaluated, or has problems. */
class ExpressionFuzzTest {
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

  private static final List<String> SOUND =
      List.of(
          "event.price >= 50.0 && user.tier != \"blocked\"",
          "event.category in [\"a\", \"b\"] || !event.gift",
          "event.tags.exists(t, t.startsWith(\"x\") && size(t) < 9)",
          "has(event.quantity) ? event.quantity % 7 == 3 : event.amount > 2.5",
          "event.at < timestamp(\"2026-03-01T00:00:00Z\") + duration(\"36h\")",
          "event.tags.all(t, t.contains(user.tier))",
          "int(event.category) + event.quantity * -3",
          "event.category.matches(\"^[a-z]+$\")");

  private static final List<String> WORDS =
      List.of(
          "event",
          "user",
          ".",
          "event.price",
          "event.quantity",
          "event.tags",
          "event.category",
          "user.tier",
          "event.gift",
          "event.at",
          "event.amount",
          "(",
          ")",
          "[",
          "]",
          "{",
          "}",
          "?",
          ":",
          ",",
          "&&",
          "||",
          "!",
          "==",
          "!=",
          "<",
          ">=",
          "in",
          "+",
          "-",
          "*",
          "/",
          "%",
          "1",
          "0",
          "-1",
          "2.5",
          "1u",
          "'a'",
          "\"b\"",
          "r'\\'",
          "b'x'",
          "true",
          "false",
          "null",
          "has",
          "size",
          "exists",
          "all",
          "map",
          "filter",
          "exists_one",
          "x",
          "duration('1h')",
          "timestamp('x')",
          "int",
          "double",
          "string",
          "matches",
          "startsWith",
          "type",
          "dyn",
          "optional",
          ".?",
          "[?",
          "9223372036854775807",
          "-9223372036854775808",
          "1e308",
          "0x1F",
          "//",
          "\n");

  private static final Frame NOTHING =
      new Frame(COMPILER.scope()).set(0, new Slots(EVENT)).set(1, new Slots(USER));
  private static final Frame SOMETHING =
      new Frame(COMPILER.scope())
          .set(
              0,
              new Slots(EVENT)
                  .setString(0, "-9223372036854775808")
                  .setLong(1, Long.MIN_VALUE)
                  .setDouble(2, -1e300)
                  .setDecimal(3, new BigDecimal("1e30"))
                  .setBool(4, true)
                  .setLong(5, 253_402_300_799_999L)
                  .setStrings(6, List.of("x", "\ud83d\ude00", "a".repeat(200))))
          .set(1, new Slots(USER).setString(0, "x"));

  /** Says whether it compiled. */
  private static boolean check(String text) {
    Problems problems = new Problems();
    Located<String> located = new Located<>(text, new Span("trigger.yaml", 10, 20, 1));
    Optional<Expression> expression = COMPILER.value(located, problems);
    assertThat(expression.isPresent()).as(text).isEqualTo(!problems.hasErrors());
    for (Problem problem : problems.sorted()) {
      assertThat(problem.message())
          .as(text)
          .isNotBlank()
          .doesNotContain("Exception", "dev.cel", "io.beckon");
      assertThat(problem.span().line()).as(text).isGreaterThanOrEqualTo(10);
    }
    expression.ifPresent(
        compiled -> {
          assertThat(compiled.key()).isNotEmpty();
          compiled.evaluate(NOTHING);
          compiled.evaluate(SOMETHING);
        });
    return expression.isPresent();
  }

  @Test
  void damagedExpressions() {
    int[] compiled = new int[1];
    Fuzz.each(
        2_000,
        random -> compiled[0] += check(Fuzz.damage(Fuzz.one(random, SOUND), random)) ? 1 : 0);
    assertThat(compiled[0]).as("compiled all the same").isPositive();
    SOUND.forEach(text -> assertThat(check(text)).as(text).isTrue());
  }

  @Test
  void wordsInAnyOrder() {
    Fuzz.each(
        2_000,
        random -> {
          StringBuilder text = new StringBuilder();
          for (int i = random.nextInt(12); i >= 0; i--) {
            text.append(Fuzz.one(random, WORDS)).append(random.nextInt(3) == 0 ? "" : " ");
          }
          check(text.toString());
        });
  }

  @Test
  void partsOfOneInAnother() {
    Fuzz.each(
        2_000,
        random -> {
          String first = part(random);
          check(first + Fuzz.one(random, WORDS) + part(random));
        });
  }

  private static String part(Random random) {
    String text = Fuzz.one(random, SOUND);
    int from = random.nextInt(text.length());
    return text.substring(from, from + 1 + random.nextInt(text.length() - from));
  }

  @Test
  void monstersAreRefusedOrCompiledSoon() {
    for (String monster :
        List.of(
            "(".repeat(4_000),
            "(".repeat(2_000) + "true" + ")".repeat(2_000),
            "!".repeat(4_000) + "true",
            "-".repeat(4_000) + "1",
            "[".repeat(2_000) + "]".repeat(2_000),
            "{".repeat(4_000),
            "true ? ".repeat(500) + "true" + " : true".repeat(500),
            "true && ".repeat(500) + "true",
            "1 + ".repeat(1_000) + "1",
            "event" + ".x".repeat(2_000),
            "event.tags" + "[0]".repeat(1_300),
            "event.tags.all(a, event.tags.all(b, event.tags.all(c, event.tags.all(d,"
                + " event.tags.all(e, event.tags.all(f, a == f))))))",
            "event.tags.map(a, event.tags.map(b, event.tags.map(c, a + b + c)))",
            "\"" + "x".repeat(4_000) + "\" == event.category",
            "event.category.matches(\"" + "(a*)*".repeat(200) + "b\")",
            "event.category.matches(\"(((((((((((a{1,99}){1,99}){1,99}){1,99}))))))))\")",
            "event.category in [" + "\"a\", ".repeat(500) + "\"a\"]",
            "\"" + "\\u0041".repeat(600) + "\" == event.category",
            "x".repeat(4_097))) {
      long begun = System.nanoTime();
      check(monster);
      assertThat(System.nanoTime() - begun)
          .as("nanoseconds for %s…", monster.substring(0, 40))
          .isLessThan(10_000_000_000L);
    }
  }
}
