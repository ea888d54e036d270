// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.compiler.CelCompiler;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelStringExtensions;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelStandardFunctions;
import dev.cel.runtime.standard.AddOperator;
import dev.cel.runtime.standard.SubtractOperator;
import io.beckon.event.AttributeType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Beckon's closures against cel-java's own interpreter, on random expressions and records. */
class DifferentialTest {
  private static final long MOST_DURATION_MS = 36_500L * 86_400_000;

  private static final int EXPRESSIONS = Integer.getInteger("beckon.test.expressions", 3_600);
  private static final int RECORDS = 7;
  private static final List<RandomExpressions.Type> RESULTS =
      List.of(
          RandomExpressions.Type.BOOL,
          RandomExpressions.Type.BOOL,
          RandomExpressions.Type.BOOL,
          RandomExpressions.Type.BOOL,
          RandomExpressions.Type.BOOL,
          RandomExpressions.Type.BOOL,
          RandomExpressions.Type.BOOL,
          RandomExpressions.Type.BOOL,
          RandomExpressions.Type.INT,
          RandomExpressions.Type.INT,
          RandomExpressions.Type.DOUBLE,
          RandomExpressions.Type.STRING,
          RandomExpressions.Type.TIMESTAMP,
          RandomExpressions.Type.STRINGS,
          RandomExpressions.Type.INTS);

  private final CelCompiler cel = ExpressionCompiler.environment(RandomExpressions.SCOPE).build();

  /**
   * cel-java's standard functions, but for sums of durations: its own refuse a negative duration
   * with a fraction of a second, because of how it is split into seconds and nanoseconds.
   */
  private final CelRuntime runtime =
      CelRuntimeFactory.legacyCelRuntimeBuilder()
          .setOptions(ExpressionCompiler.OPTIONS)
          .setStandardEnvironmentEnabled(false)
          .setStandardFunctions(
              CelStandardFunctions.newBuilder()
                  .filterFunctions(
                      (function, overload) ->
                          overload != AddOperator.AddOverload.ADD_DURATION_DURATION
                              && overload
                                  != SubtractOperator.SubtractOverload.SUBTRACT_DURATION_DURATION)
                  .build())
          .addFunctionBindings(
              CelFunctionBinding.from(
                  "add_duration_duration", Duration.class, Duration.class, Duration::plus),
              CelFunctionBinding.from(
                  "subtract_duration_duration", Duration.class, Duration.class, Duration::minus))
          .addLibraries(
              CelExtensions.strings(
                  CelStringExtensions.Function.LOWER_ASCII,
                  CelStringExtensions.Function.UPPER_ASCII))
          .build();

  private final ExpressionCompiler compiler = new ExpressionCompiler(RandomExpressions.SCOPE);

  /** One record, as Beckon and as cel-java read it. */
  private record Input(Frame frame, Map<String, Object> activation) {}

  @Test
  void agreesWithCelOnTrueFalseErrorAndValues() throws Exception {
    long seed = Long.getLong("beckon.test.seed", 20_261_122L);
    System.out.println("DifferentialTest: seed " + seed + " (-Dbeckon.test.seed)");
    Random random = new Random(seed);
    RandomExpressions expressions = new RandomExpressions(random);
    Map<String, Integer> outcomes = new HashMap<>();
    for (int i = 0; i < EXPRESSIONS; i++) {
      RandomExpressions.Type type = RESULTS.get(random.nextInt(RESULTS.size()));
      String text = expressions.next(type);
      if (text.length() > 4_000) {
        continue;
      }
      String where = "seed " + seed + ", expression " + text;
      CelRuntime.Program program = program(text, where);
      Expression expression = compiled(text, type, where);
      for (int j = 0; j < RECORDS; j++) {
        Input input = input(random);
        String what = where + ", record " + input.activation();
        @Nullable Object expected = expected(program, input.activation());
        outcomes.merge(
            expected instanceof Boolean
                ? expected.toString()
                : expected == null ? "error" : "value",
            1,
            Integer::sum);
        assertThat(plain(expression.evaluate(input.frame()))).as(what).isEqualTo(expected);
        if (type == RandomExpressions.Type.BOOL) {
          Verdict verdict =
              expected == null
                  ? Verdict.MISSING
                  : expected.equals(true) ? Verdict.TRUE : Verdict.FALSE;
          assertThat(expression.test(input.frame())).as(what).isEqualTo(verdict);
        }
      }
    }
    System.out.println("DifferentialTest: " + outcomes);
    assertThat(outcomes.values().stream().mapToInt(n -> n).sum()).isGreaterThan(20_000);
    assertThat(outcomes)
        .as("seed " + seed)
        .hasSize(4)
        .allSatisfy((outcome, n) -> assertThat(n).as(outcome).isGreaterThan(1_000));
    assertThat(expressions.used())
        .as("seed " + seed)
        .allSatisfy((name, n) -> assertThat(n).as(name).isGreaterThanOrEqualTo(50));
  }

  private CelRuntime.Program program(String text, String where)
      throws CelValidationException, CelEvaluationException {
    CelValidationResult result = cel.compile(text);
    assertThat(result.hasError()).as(where + ": " + result.getErrorString()).isFalse();
    return runtime.createProgram(result.getAst());
  }

  private Expression compiled(String text, RandomExpressions.Type type, String where) {
    Problems problems = new Problems();
    return compiler
        .value(new Located<>(text, new Span("t", 1, 1, 1)), stored(type), problems)
        .orElseThrow(() -> new AssertionError(where + ": " + problems.sorted()));
  }

  private static AttributeType stored(RandomExpressions.Type type) {
    return switch (type) {
      case BOOL -> AttributeType.BOOL;
      case INT -> AttributeType.INT;
      case DOUBLE -> AttributeType.DOUBLE;
      case STRING -> AttributeType.STRING;
      case TIMESTAMP -> AttributeType.TIMESTAMP;
      case STRINGS -> AttributeType.STRING_LIST;
      case INTS -> AttributeType.INT_LIST;
      case DURATION -> throw new IllegalArgumentException("no slot holds a duration");
    };
  }

  /** Null for an error, and for what slots cannot hold: emptiness and numbers not finite. */
  private static @Nullable Object expected(CelRuntime.Program program, Map<String, Object> values) {
    Object result;
    try {
      result = program.eval(values);
    } catch (CelEvaluationException e) {
      return null;
    }
    if (result instanceof Instant instant) {
      return instant.toEpochMilli();
    }
    boolean empty =
        result.equals("")
            || (result instanceof List<?> list && list.isEmpty())
            || (result instanceof Double number && !Double.isFinite(number));
    return empty ? null : result;
  }

  private static @Nullable Object plain(@Nullable Object value) {
    return value instanceof BigDecimal decimal ? decimal.doubleValue() : value;
  }

  private static Input input(Random random) {
    Map<String, Object> event = new HashMap<>();
    Map<String, Object> user = new HashMap<>();
    double missing = random.nextInt(4) * 0.1;
    Frame frame =
        new Frame(RandomExpressions.SCOPE)
            .set(0, fill(RandomExpressions.EVENT, event, random, missing))
            .set(1, fill(RandomExpressions.USER, user, random, missing));
    return new Input(frame, Map.of("event", event, "user", user));
  }

  private static Slots fill(
      RecordType record, Map<String, Object> map, Random random, double missing) {
    Slots slots = new Slots(record);
    for (int i = 0; i < record.size(); i++) {
      if (random.nextDouble() < missing) {
        continue;
      }
      String name = record.attribute(i).name();
      AttributeType type = record.attribute(i).type();
      switch (type) {
        case STRING -> {
          String value = pick(RandomExpressions.TEXTS, random);
          slots.setString(i, value);
          map.put(name, value);
        }
        case INT -> {
          long value = anInt(random);
          slots.setLong(i, value);
          map.put(name, value);
        }
        case DOUBLE -> {
          double value = pick(RandomExpressions.DOUBLES, random);
          slots.setDouble(i, value);
          map.put(name, value);
        }
        case DECIMAL -> {
          BigDecimal value = BigDecimal.valueOf(random.nextInt(400) - 200, 2);
          slots.setDecimal(i, value);
          map.put(name, value.doubleValue());
        }
        case BOOL -> {
          boolean value = random.nextBoolean();
          slots.setBool(i, value);
          map.put(name, value);
        }
        case TIMESTAMP -> {
          Instant value = Instant.parse(pick(RandomExpressions.TIMES, random));
          slots.setLong(i, value.toEpochMilli());
          map.put(name, value);
        }
        case DURATION -> {
          // The reference counts the nanoseconds of a duration in a long.
          long value = anInt(random) % MOST_DURATION_MS;
          slots.setLong(i, value);
          map.put(name, Duration.ofMillis(value));
        }
        case STRING_LIST -> {
          List<String> value =
              IntStream.rangeClosed(0, random.nextInt(4))
                  .mapToObj(k -> pick(RandomExpressions.TEXTS, random))
                  .toList();
          slots.setStrings(i, value);
          map.put(name, new ArrayList<>(value));
        }
        case INT_LIST -> {
          List<Long> value =
              IntStream.rangeClosed(0, random.nextInt(4)).mapToObj(k -> anInt(random)).toList();
          slots.setInts(i, value);
          map.put(name, new ArrayList<>(value));
        }
      }
    }
    return slots;
  }

  private static long anInt(Random random) {
    return random.nextBoolean() ? random.nextInt(4) : pick(RandomExpressions.INTS, random);
  }

  private static <T> T pick(List<T> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }
}
