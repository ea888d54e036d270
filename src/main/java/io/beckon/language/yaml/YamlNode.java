// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.yaml;

import io.beckon.language.diagnostics.Span;
import java.util.List;
import java.util.Objects;

/** A node of a YAML document and where it stands. Aliases are already replaced by their nodes. */
public sealed interface YamlNode {
  /** Where it begins: a scalar's text, or the first character of a collection. */
  Span span();

  /** The line of its last character, from 1. */
  int endLine();

  /** The column after its last character, from 1, in code points. */
  int endColumn();

  /**
   * Text, a number, true or false, or nothing.
   *
   * @param text as written, quotes and escapes resolved
   * @param kind what the core schema of YAML 1.2 takes it for
   * @param span of its first line, quotes and block indicators left out
   */
  record Scalar(String text, Kind kind, Span span, int endLine, int endColumn) implements YamlNode {
    public Scalar {
      Objects.requireNonNull(text);
      Objects.requireNonNull(kind);
      Objects.requireNonNull(span);
    }
  }

  /** What a scalar is. Whatever is quoted or a block is text. */
  enum Kind {
    /** Text. */
    TEXT,
    /** {@code null}, {@code ~} or nothing at all. */
    NULL,
    /** {@code true} or {@code false}. */
    BOOL,
    /** A whole number. */
    INT,
    /** A number with a fraction or an exponent; infinity and not-a-number too. */
    FLOAT
  }

  /** Keys and values, in the author's order; each key once. */
  record Mapping(List<Entry> entries, Span span, int endLine, int endColumn) implements YamlNode {
    public Mapping {
      entries = List.copyOf(entries);
    }
  }

  /** A key and its value. */
  record Entry(Scalar key, YamlNode value) {}

  /** A list. */
  record Sequence(List<YamlNode> items, Span span, int endLine, int endColumn) implements YamlNode {
    public Sequence {
      items = List.copyOf(items);
    }
  }
}
