// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problem;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {
  private static final RecordType EVENT =
      record(
          "event",
          Attribute.optional("category", AttributeType.STRING),
          Attribute.optional("quantity", AttributeType.INT),
          Attribute.optional("price", AttributeType.DOUBLE),
          Attribute.optional("amount", AttributeType.DECIMAL),
          Attribute.optional("gift", AttributeType.BOOL),
          Attribute.optional("at", AttributeType.TIMESTAMP),
          Attribute.optional("tags", AttributeType.STRING_LIST),
          Attribute.optional("sizes", AttributeType.INT_LIST),
          Attribute.optional("missing", AttributeType.STRING),
          Attribute.optional("gone", AttributeType.INT),
          Attribute.optional("odd-name", AttributeType.INT));
  private static final RecordType USER =
      record("user", Attribute.optional("tier", AttributeType.STRING));
  private static final Scope SCOPE = Scope.where(EVENT, USER);
  private static final ExpressionCompiler COMPILER = new ExpressionCompiler(SCOPE);
  private static final RecordType RESULTS =
      record(
          "results",
          Stream.of(AttributeType.values())
              .map(t -> Attribute.optional(t.name(), t))
              .toArray(Attribute[]::new));

  private static RecordType record(String name, Attribute... attributes) {
    return RecordType.of(name, Arrays.asList(attributes));
  }

  private static Frame frame() {
    Slots event =
        new Slots(EVENT)
            .setString(0, "books")
            .setLong(1, 3)
            .setDouble(2, 12.5)
            .setDecimal(3, new BigDecimal("0.10"))
            .setBool(4, true)
            .setLong(5, Instant.parse("2024-02-29T23:34:56.789Z").toEpochMilli())
            .setStrings(6, List.of("new", "sale"))
            .setInts(7, List.of(38L, 40L))
            .setLong(10, 7);
    return new Frame(SCOPE).set(0, event).set(1, new Slots(USER).setString(0, "gold"));
  }

  private static Located<String> located(String text) {
    return new Located<>(text, new Span("t.yaml", 1, 1, 1));
  }

  private static Expression compiled(String text) {
    Problems problems = new Problems();
    return COMPILER
        .value(located(text), problems)
        .orElseThrow(() -> new AssertionError(text + ": " + problems.sorted()));
  }

  private static Verdict test(String text) {
    Problems problems = new Problems();
    return COMPILER
        .condition(located(text), problems)
        .orElseThrow(() -> new AssertionError(text + ": " + problems.sorted()))
        .test(frame());
  }

  private static @Nullable Object value(String text) {
    return compiled(text).evaluate(frame());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "event.category == 'books' && event.price > 10.0 && event.gift",
        "event.quantity * 2 + 1 == 7",
        "-event.quantity == -3",
        "event.amount < 0.2",
        "event.category in ['games', 'books']",
        "event.category in ['games', user.tier, 'bo' + 'oks']",
        "event.quantity in [1, 2, 3]",
        "'sale' in event.tags && !('old' in event.tags)",
        "40 in event.sizes",
        "has(event.price) && !has(event.missing)",
        "event.tags.exists(t, t.startsWith('n'))",
        "event.tags.all(t, size(t) > 2) && event.tags.size() == 2",
        "event.sizes.exists(a, event.tags.exists(b, a == 40 && b == 'sale'))",
        "event.tags[1] == 'sale' && event.sizes[0] == 38",
        "event.category.matches('^bo{2}')",
        "event.category.contains('oo') && event.category.endsWith('s')",
        "event.at.getHours() == 23 && event.at.getHours('Asia/Tokyo') == 8",
        "event.at - timestamp('2024-02-29T00:00:00Z') > duration('23h')",
        "event.at + duration('1h') > timestamp('2024-03-01T00:00:00Z')",
        "event.at.getDate('+09:00') == 1 && event.at.getMonth('+09:00') == 2",
        "int('42') == 42 && double('1.5') == 1.5 && string(3) == '3' && bool('true')",
        "size('a\\U0001F600') == 2",
        "'\\uFF5E' < '\\U0001F600'",
        "event.gift ? event.quantity == 3 : event.gone == 1",
        "event.tags == ['new', 'sale'] && event.tags != []",
        // Here CEL says otherwise than cel-java.
        "(duration('-1h') - duration('-1ms')).getMinutes() == -59",
        "!(double('NaN') in [double('NaN')])",
        "event.at - timestamp('0001-01-01T00:00:00Z') > duration('0s')",
        "event.category.upperAscii() == 'BOOKS'",
        "event.`odd-name` == 7",
        "event.missing == 'x' || event.gift",
        "event.gift || event.missing == 'x'",
        "[1.0, 2.0].exists(x, x > event.price / 10.0)"
      })
  void holds(String text) {
    assertThat(test(text)).as(text).isEqualTo(Verdict.TRUE);
    assertThat(test("!(" + text + ")")).as("negated: " + text).isEqualTo(Verdict.FALSE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "event.missing == 'x'",
        "event.missing != 'x'",
        "event.missing == 'x' && event.gift",
        "event.gift && event.missing == 'x'",
        "event.missing == 'x' || !event.gift",
        "event.gone > 1 ? true : true",
        "event.missing in ['a']",
        "event.category in [event.category, event.missing]",
        "event.quantity / 0 == 1",
        "event.quantity % 0 == 1",
        "event.quantity + 9223372036854775807 > 0",
        "event.quantity * 9223372036854775807 > 0",
        "-9223372036854775807 - event.quantity < 0",
        "int(event.category) == 1",
        "double(event.category) == 1.0",
        "bool(event.category)",
        "int(event.price * 1e300) == 1",
        "timestamp(event.category) == event.at",
        "duration(event.category) == duration('1h')",
        "timestamp('9999-12-31T23:00:00Z') + duration('1h') > event.at",
        "timestamp('0001-01-01T00:00:00Z') - duration('1ms') < event.at",
        "timestamp(9223372036854775807 - event.quantity) > event.at",
        "duration('87660000h') + duration('1h') > duration('1h')",
        "event.tags[2] == 'x'",
        "event.tags[-1] == 'x'",
        "event.tags.exists(t, event.missing == t)",
        "(event.missing == 'x') == (event.gift || event.gift)"
      })
  void misses(String text) {
    assertThat(test(text)).as(text).isEqualTo(Verdict.MISSING);
    assertThat(test("!(" + text + ")")).as("negated: " + text).isEqualTo(Verdict.MISSING);
  }

  @Test
  void values() {
    assertThat(value("event.category + '!'")).isEqualTo("books!");
    assertThat(value("event.quantity + 1")).isEqualTo(4L);
    assertThat(value("event.price * 2.0")).isEqualTo(25.0);
    assertThat(value("event.at")).isEqualTo(1709249696789L);
    assertThat(value("event.tags")).isEqualTo(List.of("new", "sale"));
    assertThat(value("[event.quantity, 9]")).isEqualTo(List.of(3L, 9L));
    assertThat(value("event.gift")).isEqualTo(true);
    assertThat(value("event.missing")).isNull();
    assertThat(value("''")).isNull();
    assertThat(value("1.0 / 0.0")).isNull();
    assertThat(value("string(event.at)")).isEqualTo("2024-02-29T23:34:56.789Z");
    assertThat(value("string(duration('-1500ms'))")).isEqualTo("-1.500s");
  }

  @Test
  void aDecimalOnItsOwnStaysExact() {
    Expression exact = compiled("event.amount");
    assertThat(exact.type()).isEqualTo(AttributeType.DECIMAL);
    assertThat(exact.evaluate(frame())).isEqualTo(new BigDecimal("0.1"));
    assertThat(compiled("event.amount + 0.0").type()).isEqualTo(AttributeType.DOUBLE);
    Slots results = new Slots(RESULTS);
    assertThat(exact.into(frame(), results, RESULTS.indexOf("DOUBLE"))).isTrue();
    assertThat(results.doubleAt(RESULTS.indexOf("DOUBLE"))).isEqualTo(0.1);
  }

  private static @Nullable Object stored(String text, AttributeType target) {
    Problems problems = new Problems();
    Slots results = new Slots(RESULTS);
    int index = RESULTS.indexOf(target.name());
    boolean stored =
        COMPILER
            .value(located(text), target, problems)
            .orElseThrow(() -> new AssertionError(text + ": " + problems.sorted()))
            .into(frame(), results, index);
    assertThat(stored).isEqualTo(results.has(index));
    return results.objectAt(index);
  }

  @Test
  void storesWithTheConversionsASlotAllows() {
    assertThat(stored("event.quantity", AttributeType.INT)).isEqualTo(3L);
    assertThat(stored("event.quantity", AttributeType.DOUBLE)).isEqualTo(3.0);
    assertThat(stored("event.quantity", AttributeType.DECIMAL)).isEqualTo(BigDecimal.valueOf(3));
    assertThat(stored("event.quantity", AttributeType.TIMESTAMP)).isEqualTo(3L);
    assertThat(stored("event.price", AttributeType.DECIMAL)).isEqualTo(new BigDecimal("12.5"));
    assertThat(stored("event.amount", AttributeType.DECIMAL)).isEqualTo(new BigDecimal("0.1"));
    assertThat(stored("event.at", AttributeType.TIMESTAMP)).isEqualTo(1709249696789L);
    assertThat(stored("event.gift", AttributeType.BOOL)).isEqualTo(true);
    assertThat(stored("event.tags", AttributeType.STRING_LIST)).isEqualTo(List.of("new", "sale"));
    assertThat(stored("event.sizes", AttributeType.INT_LIST)).isEqualTo(List.of(38L, 40L));
    assertThat(stored("event.missing", AttributeType.STRING)).isNull();
    assertThat(stored("event.gone", AttributeType.DECIMAL)).isNull();
    assertThat(stored("1.0 / 0.0", AttributeType.DECIMAL)).isNull();
    assertThat(stored("double('NaN')", AttributeType.DOUBLE)).isNull();
  }

  @Test
  void keysIgnoreSpacesParenthesesAndMacroNames() {
    assertThat(compiled("event.gift&&(event.quantity>1)").key())
        .isEqualTo(compiled("event.gift  &&  event.quantity > 1").key());
    assertThat(compiled("event.gift && (event.gift && event.gift)").key())
        .isEqualTo(compiled("(event.gift && event.gift) && event.gift").key());
    assertThat(compiled("event.tags.exists(a, a == \"x\")").key())
        .isEqualTo(compiled("event.tags.exists(b, b == 'x')").key());
    assertThat(compiled("size(event.tags)").key()).isEqualTo(compiled("event.tags.size()").key());
    assertThat(
            Stream.of(
                    "event.quantity",
                    "event.quantity - (1 - 2)",
                    "event.quantity - 1 - 2",
                    "event.category + '1'",
                    "event.quantity + 1",
                    "1",
                    "1.0",
                    "'1'",
                    "has(event.category)",
                    "event.category",
                    "user.tier",
                    "event.tags.exists(a, a == 'x')",
                    "event.tags.all(a, a == 'x')")
                .map(t -> compiled(t).key()))
        .doesNotHaveDuplicates();
  }

  @Test
  void readsNameEverySlotItMayRead() {
    assertThat(
            compiled("has(event.price) ? event.quantity > 1 : user.tier in [event.category]")
                .reads())
        .containsExactlyInAnyOrder(
            new Expression.Read(0, 2),
            new Expression.Read(0, 1),
            new Expression.Read(1, 0),
            new Expression.Read(0, 0));
    assertThat(compiled("1 + 1").reads()).isEmpty();
  }

  @Test
  void aVariableNotSetIsMissing() {
    Expression expression = compiled("user.tier == 'gold'");
    assertThat(expression.test(new Frame(SCOPE))).isEqualTo(Verdict.MISSING);
  }

  @Test
  void problemsOfAnInvalidExpression() {
    Problems problems = new Problems();
    assertThat(COMPILER.condition(located("event.catgory == 'a' || event.x"), problems)).isEmpty();
    assertThat(problems.sorted()).extracting(Problem::code).containsExactly("BKN-302", "BKN-302");
  }
}
