// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import dev.cel.common.CelSource;
import dev.cel.common.CelSourceLocation;
import dev.cel.common.ast.CelExpr;
import io.beckon.language.diagnostics.Located;
import io.beckon.language.diagnostics.Span;

/** Where the parts of one expression stand in its author's file. Offsets are in code points. */
final class Places {
  private final Span start;
  private final int[] text;
  private final CelSource source;

  Places(Located<String> text, CelSource source) {
    this.start = text.span();
    this.text = text.value().codePoints().toArray();
    this.source = source;
  }

  /** The whole first line. */
  static Span whole(Located<String> text) {
    int end = text.value().indexOf('\n');
    String line = end < 0 ? text.value() : text.value().substring(0, end);
    Span span = text.span();
    return new Span(
        span.file(),
        span.line(),
        span.column(),
        Math.max(1, line.codePointCount(0, line.length())));
  }

  /** The name, operator or literal at the heart of a node. */
  Span of(CelExpr expr) {
    int offset = source.getPositionsMap().getOrDefault(expr.id(), 0);
    return switch (expr.getKind()) {
      case SELECT -> named(expr.select().field(), forward(expr.select().field(), offset), offset);
      case CALL -> {
        String function = expr.call().function();
        String symbol = Nodes.symbol(function).orElse("");
        // CEL gives the place of the parenthesis after a name.
        yield symbol.isEmpty()
            ? named(function, backward(function, offset), offset)
            : span(offset, symbol.length());
      }
      case COMPREHENSION -> {
        int end = offset;
        while (end > 0 && !isNamePart(text[end - 1])) {
          end--;
        }
        int from = end;
        while (from > 0 && isNamePart(text[from - 1])) {
          from--;
        }
        yield span(from, end - from);
      }
      case IDENT -> span(offset, length(expr.ident().name()));
      case CONSTANT -> span(offset, literalLength(offset));
      case LIST, MAP -> span(offset, 1);
      case STRUCT -> named(expr.struct().messageName(), -1, offset);
      case NOT_SET -> span(offset, 1);
    };
  }

  /** {@code length} code points at {@code location}. */
  Span at(CelSourceLocation location, int length) {
    return new Span(
        start.file(),
        start.line() + location.getLine() - 1,
        start.column() + location.getColumn(),
        Math.max(1, length));
  }

  private Span named(String name, int from, int otherwise) {
    return from < 0 ? span(otherwise, 1) : span(from, length(name));
  }

  private Span span(int offset, int length) {
    return source
        .getOffsetLocation(offset)
        .map(location -> at(location, length))
        .orElse(new Span(start.file(), start.line(), start.column(), 1));
  }

  /** The first place at or after {@code offset} where {@code name} stands as a whole word. */
  private int forward(String name, int offset) {
    for (int i = offset; i < text.length; i++) {
      if (isWordAt(name, i)) {
        return i;
      }
    }
    return -1;
  }

  private int backward(String name, int offset) {
    for (int i = Math.min(offset, text.length - 1); i >= 0; i--) {
      if (isWordAt(name, i)) {
        return i;
      }
    }
    return -1;
  }

  private boolean isWordAt(String name, int at) {
    int[] word = name.codePoints().toArray();
    int end = at + word.length;
    if (end > text.length
        || (at > 0 && isNamePart(text[at - 1]))
        || (end < text.length && isNamePart(text[end]))) {
      return false;
    }
    for (int i = 0; i < word.length; i++) {
      if (text[at + i] != word[i]) {
        return false;
      }
    }
    return true;
  }

  private int literalLength(int offset) {
    if (offset >= text.length) {
      return 1;
    }
    int quote = offset;
    // r'...' and b'...' have their letters before the quote.
    while (quote < text.length - 1 && "rRbB".indexOf(text[quote]) >= 0) {
      quote++;
    }
    int end = offset;
    if (text[quote] == '\'' || text[quote] == '"') {
      for (end = quote + 1; end < text.length && text[end] != text[quote]; end++) {
        if (text[end] == '\\') {
          end++;
        }
      }
      return Math.min(end + 1, text.length) - offset;
    }
    while (end < text.length && (isNamePart(text[end]) || text[end] == '.' || end == offset)) {
      end++;
    }
    return end - offset;
  }

  private static boolean isNamePart(int c) {
    return c == '_' || (c < 128 && Character.isLetterOrDigit(c));
  }

  private static int length(String name) {
    return name.codePointCount(0, name.length());
  }
}
