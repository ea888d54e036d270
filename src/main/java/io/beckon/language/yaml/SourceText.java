// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.yaml;

import java.util.List;

/** A file's text without a byte order mark, and its lines as YAML counts them. */
record SourceText(String text, List<String> lines) {
  SourceText {
    lines = List.copyOf(lines);
  }

  static SourceText of(String text) {
    String content = text.startsWith("\uFEFF") ? text.substring(1) : text;
    return new SourceText(content, List.of(content.split("\r\n|\r|\n", -1)));
  }

  /** Line {@code number}, from 1; empty beyond the last. */
  String line(int number) {
    return number >= 1 && number <= lines.size() ? lines.get(number - 1) : "";
  }

  /** The number of spaces line {@code number} begins with. */
  int indent(int number) {
    String content = line(number);
    int spaces = 0;
    while (spaces < content.length() && content.charAt(spaces) == ' ') {
      spaces++;
    }
    return spaces;
  }
}
