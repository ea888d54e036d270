// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.diagnostics.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Rewrites one {@code expect:} in a file's text and nothing else: what was written in flow style
 * stays in flow style, blocks keep their indentation, comments after the value stay.
 */
final class ExpectEdit {
  private static final int WIDTH = 100;

  /**
   * What to write: the items of each list in flow style, {@code {at: 0m, reason: ISSUED}}; empty if
   * the list is not to be written.
   */
  record Lists(
      Optional<List<String>> decisions,
      Optional<List<String>> commands,
      Optional<List<String>> outcomes) {}

  private final String text;
  private final int lineStart;
  private final int keyStart;
  private final int valueStart;
  private final int end;

  /**
   * Finds an {@code expect:}.
   *
   * @param key where its key is written
   * @param endLine the last line of its value
   */
  ExpectEdit(String text, Span key, int endLine) {
    this.text = text;
    this.lineStart = lineStart(key.line());
    this.keyStart = text.offsetByCodePoints(lineStart, key.column() - 1);
    int at = text.indexOf(':', keyStart) + 1;
    int first = at;
    while (first < text.length() && text.charAt(first) == ' ') {
      first++;
    }
    if (first < text.length() && text.charAt(first) == '{') {
      this.valueStart = first;
      this.end = flowEnd(first);
    } else {
      this.valueStart = -1;
      this.end = blockEnd(endLine);
    }
  }

  /** The text with the value replaced. */
  String replace(Lists lists) {
    return text.substring(0, keyStart) + rendered(lists) + text.substring(end);
  }

  /** What stands there now. */
  String before() {
    return text.substring(keyStart, end);
  }

  /** What {@link #replace} writes there. */
  String rendered(Lists lists) {
    String key = text.substring(keyStart, text.indexOf(':', keyStart) + 1);
    if (valueStart >= 0) {
      List<String> parts = new ArrayList<>();
      lists.decisions().ifPresent(items -> parts.add("decisions: " + flow(items)));
      lists.commands().ifPresent(items -> parts.add("commands: " + flow(items)));
      lists.outcomes().ifPresent(items -> parts.add("outcomes: " + flow(items)));
      return key + " {" + String.join(", ", parts) + "}";
    }
    String newline = text.contains("\r\n") ? "\r\n" : "\n";
    String indent = " ".repeat(childIndent());
    StringBuilder block = new StringBuilder(key);
    lists.decisions().ifPresent(items -> list(block, newline, indent, "decisions", items));
    lists.commands().ifPresent(items -> list(block, newline, indent, "commands", items));
    lists.outcomes().ifPresent(items -> list(block, newline, indent, "outcomes", items));
    return block.toString();
  }

  private void list(
      StringBuilder block, String newline, String indent, String name, List<String> items) {
    String line = indent + name + ": " + flow(items);
    block.append(newline);
    boolean wasBlock =
        before().lines().map(String::strip).anyMatch(l -> l.startsWith(name + ":") && isBare(l));
    if (items.isEmpty() || (line.length() <= WIDTH && !wasBlock)) {
      block.append(line);
      return;
    }
    block.append(indent).append(name).append(':');
    for (String item : items) {
      block.append(newline).append(indent).append("  - ").append(item);
    }
  }

  /** Whether a {@code name:} line has no value of its own. */
  private static boolean isBare(String line) {
    String value = line.substring(line.indexOf(':') + 1).strip();
    return value.isEmpty() || value.startsWith("#");
  }

  private static String flow(List<String> items) {
    return "[" + String.join(", ", items) + "]";
  }

  /** The column of the first line below the key that is not empty or a comment. */
  private int childIndent() {
    int keyColumn = keyStart - lineStart;
    return before()
        .lines()
        .skip(1)
        .filter(line -> !line.isBlank() && !line.strip().startsWith("#"))
        .findFirst()
        .map(line -> line.length() - line.stripLeading().length())
        .orElse(keyColumn + 2);
  }

  private int lineStart(int line) {
    int at = 0;
    for (int i = 1; i < line; i++) {
      int end = lineEnd(at);
      at = text.startsWith("\r\n", end) ? end + 2 : Math.min(end + 1, text.length());
    }
    return at;
  }

  /** The offset after the brace that closes the one at {@code start}. */
  private int flowEnd(int start) {
    int depth = 0;
    int at = start;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (beginsQuoted(at, start)) {
        at = quoteEnd(at, c);
        continue;
      }
      if (c == '#' && Character.isWhitespace(text.charAt(at - 1))) {
        at = lineEnd(at);
        continue;
      }
      if (c == '{' || c == '[') {
        depth++;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return at + 1;
      }
      at++;
    }
    return at;
  }

  /** The offset after the last line of a block, its trailing comment and spaces left out. */
  private int blockEnd(int endLine) {
    int start = Math.max(keyStart, lineStart(endLine));
    int stop = lineEnd(start);
    int at = start;
    while (at < stop) {
      char c = text.charAt(at);
      if (beginsQuoted(at, start)) {
        at = quoteEnd(at, c);
        continue;
      }
      if (c == '#' && at > start && Character.isWhitespace(text.charAt(at - 1))) {
        break;
      }
      at++;
    }
    int end = Math.min(at, stop);
    while (end > keyStart && Character.isWhitespace(text.charAt(end - 1))) {
      end--;
    }
    return end;
  }

  /** Whether a quoted scalar begins here; a quote inside plain text is only a letter. */
  private boolean beginsQuoted(int at, int start) {
    char c = text.charAt(at);
    return (c == '"' || c == '\'')
        && (at == start || " \t\r\n[{,:".indexOf(text.charAt(at - 1)) >= 0);
  }

  private int lineEnd(int at) {
    int end = at;
    while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
      end++;
    }
    return end;
  }

  /** The offset after the quoted scalar that begins at {@code start}. */
  private int quoteEnd(int start, char quote) {
    int at = start + 1;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '\\' && quote == '"') {
        at += 2;
        continue;
      }
      if (c == quote) {
        if (quote == '\'' && at + 1 < text.length() && text.charAt(at + 1) == '\'') {
          at += 2;
          continue;
        }
        return at + 1;
      }
      at++;
    }
    return text.length();
  }
}
