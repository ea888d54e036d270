// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.FieldType.Form;
import io.beckon.language.Intervention.Field;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.Intervention.Param;
import io.beckon.language.Intervention.Part;
import io.beckon.language.Intervention.SendAt;
import io.beckon.language.Intervention.Variant;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.expression.ExpressionCompiler;
import io.beckon.language.yaml.YamlNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Reads one step of {@code then}. */
final class InterventionReader {
  /** The signal that {@code send_at: usual_hour} goes by. */
  private static final String USUAL_HOUR = "usual_hour";

  private static final int MOST_VARIANTS = 20;
  private static final List<String> FREE = List.of("budget", "cost", "send_at", "variants");

  private final Vocabulary vocabulary;
  private final Names budgets;
  private final Optional<ExpressionCompiler> compiler;
  private final Problems problems;

  private InterventionReader(
      Vocabulary vocabulary,
      Names budgets,
      Optional<ExpressionCompiler> compiler,
      Problems problems) {
    this.vocabulary = vocabulary;
    this.budgets = budgets;
    this.compiler = compiler;
    this.problems = problems;
  }

  /**
   * Names that are known.
   *
   * @param complete whether all that were meant are among them
   */
  record Names(Set<String> known, boolean complete) {
    Names {
      // In the order of the file, for messages.
      known = Collections.unmodifiableSet(new LinkedHashSet<>(known));
    }
  }

  /**
   * Reads a step.
   *
   * @param budgets that it may name
   * @param compiler of its params; none if what they may read is not known
   */
  static Optional<Intervention> read(
      Section step,
      Vocabulary vocabulary,
      Names budgets,
      Optional<ExpressionCompiler> compiler,
      Problems problems) {
    return new InterventionReader(vocabulary, budgets, compiler, problems).intervention(step);
  }

  /** Reads what is sent in place of what can no longer be paid. */
  static Optional<Intervention> fallback(
      Section fallback, Vocabulary vocabulary, Problems problems) {
    InterventionReader reader =
        new InterventionReader(
            vocabulary, new Names(Set.of(), false), vocabulary.fallbackCompiler(), problems);
    return kind(fallback, "`when_empty`")
        .flatMap(
            kind ->
                fallback
                    .section(text(kind))
                    .map(
                        section -> {
                          section.without(
                              "means nothing in `when_empty`",
                              "what is sent when the budget is empty is free, at once and for all alike",
                              FREE.toArray(String[]::new));
                          return reader.bare(kind, section);
                        }));
  }

  private static Optional<Kind> kind(Section step, String what, String... beside) {
    return step.exactlyOne(what, beside).map(name -> Kind.valueOf(name.toUpperCase(Locale.ROOT)));
  }

  private static String text(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private Optional<Intervention> intervention(Section step) {
    return kind(step, "the step", "if")
        .flatMap(kind -> step.section(text(kind)).map(section -> intervention(kind, section)));
  }

  private Intervention intervention(Kind kind, Section section) {
    Intervention bare = bare(kind, section);
    SendAt sendAt = sendAt(section);
    Optional<String> budget = budget(section);
    Optional<BigDecimal> written = section.decimal("cost");
    boolean paid = section.has("budget");
    if (!paid) {
      section.without("means nothing without `budget`", "name the budget that pays it", "cost");
    }
    List<Draft> drafts = new ArrayList<>();
    for (YamlNode.Entry entry : section.table("variants")) {
      boolean named = Section.word(entry.key().text(), Form.NAME, entry.key().span(), problems);
      Section.of(entry.value(), Shapes.VARIANT, entry.key().span(), problems)
          .filter(variant -> named)
          .map(variant -> variant(entry.key().text(), variant, bare, paid))
          .ifPresent(drafts::add);
    }
    checkVariants(section);
    Optional<BigDecimal> cost = paid ? cost(section, bare, written) : Optional.empty();
    boolean known = !paid || cost.isPresent() || !drafts.isEmpty() || isPriced(section);
    List<Variant> variants = new ArrayList<>();
    for (Draft draft : drafts) {
      Optional<BigDecimal> own =
          paid
              ? cost(draft.section(), draft.bare(), draft.cost().or(() -> written))
              : Optional.empty();
      known &= !paid || own.isPresent() || isPriced(draft.section()) || isPriced(section);
      variants.add(draft.variant(complete(draft.bare(), budget, own, sendAt, List.of())));
    }
    if (!known) {
      section.needs("budget", "cost");
    }
    Optional<BigDecimal> charged =
        cost.or(() -> variants.stream().flatMap(v -> v.intervention().cost().stream()).findFirst());
    return complete(bare, budget, charged, sendAt, variants);
  }

  /** Whether something is written that says its cost, be it wrong. */
  private static boolean isPriced(Section section) {
    return section.has("cost") || section.written().contains("value");
  }

  /** What is written as its cost; else what a coupon is worth. */
  private Optional<BigDecimal> cost(
      Section section, Intervention bare, Optional<BigDecimal> written) {
    Optional<BigDecimal> cost = written.or(() -> value(bare));
    if (cost.isPresent() && cost.get().signum() < 0 && section.written().contains("value")) {
      // A coupon's value is any number; as a cost it is none below 0.
      problems.error(
          "BKN-124",
          section.keySpan("value"),
          "what is taken from a budget must be at least 0",
          "write `cost: …`, or change `value`");
    }
    return cost;
  }

  /** With a budget and a cost, or, if one of them could not be read, neither. */
  private static Intervention complete(
      Intervention bare,
      Optional<String> budget,
      Optional<BigDecimal> cost,
      SendAt sendAt,
      List<Variant> variants) {
    return new Intervention(
        bare.kind(),
        bare.channel(),
        bare.template(),
        bare.fields(),
        bare.params(),
        cost.flatMap(known -> budget),
        budget.flatMap(known -> cost),
        sendAt,
        variants);
  }

  private static Optional<BigDecimal> value(Intervention intervention) {
    return intervention.fields().stream()
        .filter(field -> field.value() instanceof BigDecimal)
        .map(field -> (BigDecimal) field.value())
        .findFirst();
  }

  private Intervention bare(Kind kind, Section section) {
    List<Field> fields = new ArrayList<>();
    for (String name : ownFields(kind)) {
      field(name, section).ifPresent(fields::add);
    }
    return new Intervention(
        kind,
        section.text("channel").map(Located::value),
        section.text("template").map(Located::value),
        fields,
        params(section));
  }

  private static Optional<Field> field(String name, Section section) {
    return name.equals("value")
        ? section.decimal(name).map(value -> new Field(name, value))
        : section.text(name).map(value -> new Field(name, value.value()));
  }

  private List<Param> params(Section section) {
    List<Param> params = new ArrayList<>();
    for (YamlNode.Entry entry : section.table("params")) {
      param(entry).ifPresent(params::add);
    }
    return params;
  }

  private SendAt sendAt(Section section) {
    Optional<Located<String>> text = section.text("send_at");
    SendAt sendAt =
        text.map(it -> SendAt.valueOf(it.value().toUpperCase(Locale.ROOT))).orElse(SendAt.NOW);
    if (sendAt == SendAt.USUAL_HOUR && !vocabulary.isSignalsBroken()) {
      Optional<SignalDefinition> signal =
          vocabulary.signals().all().stream().filter(s -> s.name().equals(USUAL_HOUR)).findFirst();
      if (signal.isEmpty() || !(signal.get().measure() instanceof SignalMeasure.BusiestHour)) {
        problems.error(
            "BKN-245",
            text.orElseThrow().span(),
            signal.isEmpty()
                ? "`usual_hour` needs a signal of this name"
                : "the signal `usual_hour` is none of kind `busiest_hour_of`",
            "write `usual_hour: {busiest_hour_of: EVENT}` into signals.yaml");
      }
    }
    return sendAt;
  }

  private Optional<String> budget(Section section) {
    Optional<Located<String>> budget = section.text("budget");
    if (budget.isPresent() && !budgets.known().contains(budget.get().value())) {
      if (budgets.complete()) {
        problems.error(
            "BKN-240",
            budget.get().span(),
            "unknown budget `" + budget.get().value() + "`",
            budgets.known().isEmpty()
                ? "the job has no budgets: write it into `policy.yaml`"
                : Section.suggest(budget.get().value(), budgets.known(), "policy.yaml has "));
      }
      return Optional.empty();
    }
    return budget.map(Located::value);
  }

  /** A variant whose cost is not settled. */
  private record Draft(
      String name, int weight, Intervention bare, Optional<BigDecimal> cost, Section section) {
    Variant variant(Intervention complete) {
      return new Variant(name, weight, complete);
    }
  }

  private Draft variant(String name, Section section, Intervention step, boolean paid) {
    Kind kind = step.kind();
    List<String> own = ownFields(kind);
    section.without(
        "means nothing in a `" + text(kind) + "`",
        "a `" + text(kind) + "` has " + Section.list(own),
        Stream.of(Kind.values())
            .flatMap(other -> ownFields(other).stream())
            .filter(field -> !own.contains(field))
            .toArray(String[]::new));
    if (!paid) {
      section.without("means nothing without `budget`", "name the budget in the step", "cost");
    }
    List<Field> fields = new ArrayList<>();
    for (String field : own) {
      field(field, section)
          .or(() -> step.fields().stream().filter(f -> f.name().equals(field)).findFirst())
          .ifPresent(fields::add);
    }
    Map<String, Param> params = new LinkedHashMap<>();
    step.params().forEach(param -> params.put(param.name(), param));
    params(section).forEach(param -> params.put(param.name(), param));
    Intervention bare =
        new Intervention(
            kind,
            section.text("channel").map(Located::value).or(step::channel),
            section.text("template").map(Located::value).or(step::template),
            fields,
            List.copyOf(params.values()));
    return new Draft(
        name, section.whole("weight").orElse(1), bare, section.decimal("cost"), section);
  }

  /** Whether there is something to draw from. */
  private void checkVariants(Section section) {
    if (!(section.node("variants").orElse(null) instanceof YamlNode.Mapping variants)) {
      return;
    }
    int size = variants.entries().size();
    if (size < 2 || size > MOST_VARIANTS) {
      problems.error(
          "BKN-133",
          section.keySpan("variants"),
          "`variants` has " + size + (size == 1 ? " entry" : " entries"),
          size < 2 ? "write at least 2" : "write at most " + MOST_VARIANTS);
    } else if (variants.entries().stream().allMatch(InterventionReader::isWeightless)) {
      problems.error(
          "BKN-506",
          section.keySpan("variants"),
          "no variant has a weight",
          "give one of them a weight above 0");
    }
  }

  private static boolean isWeightless(YamlNode.Entry variant) {
    return variant.value() instanceof YamlNode.Mapping mapping
        && mapping.entries().stream()
            .anyMatch(
                entry ->
                    entry.key().text().equals("weight")
                        && entry.value() instanceof YamlNode.Scalar scalar
                        && Scalars.whole(scalar).equals(Optional.of(0L)));
  }

  private static List<String> ownFields(Kind kind) {
    return switch (kind) {
      case COUPON -> List.of("offer", "value");
      case TUTORIAL -> List.of("topic");
      case OUTREACH -> List.of("queue");
      case REMINDER -> List.of("about");
      case MESSAGE -> List.of("occasion");
      case CUSTOM -> List.of("name");
    };
  }

  private Optional<Param> param(YamlNode.Entry entry) {
    String name = entry.key().text();
    if (!Section.word(name, Form.NAME, entry.key().span(), problems)) {
      return Optional.empty();
    }
    if (!(entry.value() instanceof YamlNode.Scalar scalar) || Section.isNothing(scalar)) {
      problems.error(
          "BKN-504",
          entry.key().span(),
          "a param is text, a number, `true` or `false`, not " + Section.describe(entry.value()));
      return Optional.empty();
    }
    return Optional.of(
        new Param(
            name,
            scalar.kind() == YamlNode.Kind.TEXT
                ? parts(new Located<>(scalar.text(), scalar.span()))
                : List.of(new Part.Text(scalar.text()))));
  }

  private List<Part> parts(Located<String> param) {
    String text = param.value();
    List<Part> parts = new ArrayList<>();
    StringBuilder plain = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      if (text.startsWith("$${", i)) {
        plain.append("${");
        i += 3;
      } else if (text.startsWith("${", i)) {
        int end = end(text, i + 2);
        if (end < 0 || text.substring(i + 2, end).isBlank()) {
          problems.error(
              "BKN-503",
              within(param, i),
              end < 0 ? "`${` is not closed" : "`${}` is empty",
              "write `${expression}`, or `$${` for a plain `${`");
          return parts;
        }
        if (plain.length() > 0) {
          parts.add(new Part.Text(plain.toString()));
          plain.setLength(0);
        }
        Located<String> expression =
            new Located<>(text.substring(i + 2, end), within(param, i + 2));
        compiler
            .flatMap(c -> c.value(expression, problems))
            .ifPresent(value -> parts.add(new Part.Computed(value)));
        i = end + 1;
      } else {
        plain.append(text.charAt(i++));
      }
    }
    if (plain.length() > 0) {
      parts.add(new Part.Text(plain.toString()));
    }
    return parts;
  }

  /** Where the brace that closes an expression stands; −1 if nowhere. CEL's own are passed over. */
  private static int end(String text, int from) {
    int depth = 0;
    char quote = 0;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote != 0) {
        if (c == '\\') {
          i++;
        } else if (c == quote) {
          quote = 0;
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '{') {
        depth++;
      } else if (c == '}' && depth-- == 0) {
        return i;
      }
    }
    return -1;
  }

  /** The place of the character {@code index} of a text, further lines standing below the first. */
  private static Span within(Located<String> text, int index) {
    String before = text.value().substring(0, index);
    int lineStart = before.lastIndexOf('\n') + 1;
    int lines = (int) before.chars().filter(c -> c == '\n').count();
    Span span = text.span();
    int columns = before.codePointCount(lineStart, before.length());
    int length = lines == 0 ? Math.max(1, span.length() - columns) : 1;
    return new Span(span.file(), span.line() + lines, span.column() + columns, length);
  }
}
