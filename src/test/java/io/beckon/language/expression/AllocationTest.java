// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Conditions over numbers, texts and lists of them make no garbage. */
class AllocationTest {
  private static final List<String> CONDITIONS =
      List.of(
          "event.price > 10.0 && event.quantity * 2 + 1 < 100",
          "event.amount <= event.price || event.quantity % 7 == 3",
          "event.category == 'books' && event.category != user.tier",
          "event.category in ['games', 'books', 'toys'] && event.quantity in [1, 2, 3, 500]",
          "event.category in [user.tier, 'books'] || event.quantity in [event.quantity, 1]",
          "event.category.startsWith('bo') && event.category.contains('ok') && size(user.tier) > 3",
          "event.category < user.tier && event.gift",
          "'sale' in event.tags && 400000 in event.sizes && size(event.tags) == 2",
          "event.tags.exists(t, t == 'sale') && event.sizes.all(s, s > 1000)",
          "event.tags[1] == 'sale' && event.sizes[0] == 380000",
          "has(event.missing) ? event.missing == 'x' : event.at > timestamp('2020-01-01T00:00:00Z')",
          "event.at - timestamp('2020-01-01T00:00:00Z') > duration('24h')",
          "event.at.getHours() >= 0 && event.at.getDayOfWeek() < 7",
          "event.missing == 'x' || event.quantity / 0 == 1",
          "int(event.price) == 12 && double(event.quantity) == 3.0");

  @Test
  void conditionsAllocateNothing() {
    RecordType eventType =
        RecordType.of(
            "event",
            List.of(
                Attribute.optional("category", AttributeType.STRING),
                Attribute.optional("quantity", AttributeType.INT),
                Attribute.optional("price", AttributeType.DOUBLE),
                Attribute.optional("amount", AttributeType.DECIMAL),
                Attribute.optional("gift", AttributeType.BOOL),
                Attribute.optional("at", AttributeType.TIMESTAMP),
                Attribute.optional("tags", AttributeType.STRING_LIST),
                Attribute.optional("sizes", AttributeType.INT_LIST),
                Attribute.optional("missing", AttributeType.STRING)));
    RecordType userType =
        RecordType.of("user", List.of(Attribute.optional("tier", AttributeType.STRING)));
    Scope scope = Scope.where(eventType, userType);
    Frame frame =
        new Frame(scope)
            .set(
                0,
                new Slots(eventType)
                    .setString(0, "books")
                    .setLong(1, 3)
                    .setDouble(2, 12.5)
                    .setDecimal(3, new BigDecimal("7.25"))
                    .setBool(4, true)
                    .setLong(5, 1_709_249_696_789L)
                    .setStrings(6, List.of("new", "sale"))
                    .setInts(7, List.of(380_000L, 400_000L)))
            .set(1, new Slots(userType).setString(0, "gold"));
    ExpressionCompiler compiler = new ExpressionCompiler(scope);
    Problems problems = new Problems();
    List<Expression> conditions =
        CONDITIONS.stream()
            .flatMap(
                text ->
                    compiler
                        .condition(new Located<>(text, new Span("t", 1, 1, 1)), problems)
                        .stream())
            .toList();
    assertThat(problems.sorted()).isEmpty();
    for (Expression condition : conditions) {
      long allocated = Long.MAX_VALUE;
      // A round may still meet the compiler at work; a later one may not.
      for (int round = 0; round < 20 && allocated > 1_000; round++) {
        allocated = allocatedBy(condition, frame);
      }
      assertThat(allocated)
          .as("bytes for 100,000 evaluations of " + condition.text())
          .isLessThanOrEqualTo(1_000);
    }
  }

  private static long allocatedBy(Expression condition, Frame frame) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long thread = Thread.currentThread().getId();
    int count = 0;
    long before = threads.getThreadAllocatedBytes(thread);
    for (int i = 0; i < 100_000; i++) {
      if (condition.test(frame) == Verdict.TRUE) {
        count++;
      }
    }
    long after = threads.getThreadAllocatedBytes(thread);
    assertThat(count).isIn(0, 100_000);
    return after - before;
  }
}
