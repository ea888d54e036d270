// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.language.FieldType.Form;
import io.beckon.language.Intervention.Field;
import io.beckon.language.Intervention.Kind;
import io.beckon.language.Intervention.Param;
import io.beckon.language.Intervention.Part;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Problems;
import io.beckon.language.diagnostics.Span;
import io.beckon.language.expression.ExpressionCompiler;
import io.beckon.language.yaml.YamlNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads one step of {@code then}. */
final class InterventionReader {
  private final Optional<ExpressionCompiler> compiler;
  private final Problems problems;

  private InterventionReader(Optional<ExpressionCompiler> compiler, Problems problems) {
    this.compiler = compiler;
    this.problems = problems;
  }

  /**
   * Reads a step.
   *
   * @param compiler of its params; none if what they may read is not known
   */
  static Optional<Intervention> read(
      Section step, Optional<ExpressionCompiler> compiler, Problems problems) {
    return new InterventionReader(compiler, problems).intervention(step);
  }

  private Optional<Intervention> intervention(Section step) {
    Optional<String> name = step.exactlyOne("the step");
    if (name.isEmpty()) {
      return Optional.empty();
    }
    Kind kind = Kind.valueOf(name.get().toUpperCase(Locale.ROOT));
    return step.section(name.get()).map(section -> intervention(kind, section));
  }

  private Intervention intervention(Kind kind, Section section) {
    List<Field> fields = new ArrayList<>();
    for (String name : ownFields(kind)) {
      if (kind == Kind.COUPON && name.equals("value")) {
        section.decimal(name).ifPresent(value -> fields.add(new Field(name, value)));
      } else {
        section.text(name).ifPresent(value -> fields.add(new Field(name, value.value())));
      }
    }
    // Checked only: `now` is all there is.
    section.text("send_at");
    List<Param> params = new ArrayList<>();
    for (YamlNode.Entry entry : section.table("params")) {
      param(entry).ifPresent(params::add);
    }
    return new Intervention(
        kind,
        section.text("channel").map(Located::value),
        section.text("template").map(Located::value),
        fields,
        params);
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
