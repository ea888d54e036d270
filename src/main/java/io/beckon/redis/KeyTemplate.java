// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A key with placeholders: {@code beckon:{job}:{user}}. */
final class KeyTemplate {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z]+)}");

  private final String text;

  /** By turns what is written and what is filled in. */
  private final List<String> parts = new ArrayList<>();

  KeyTemplate(String text) {
    this.text = text;
    Matcher matcher = PLACEHOLDER.matcher(text);
    int end = 0;
    while (matcher.find()) {
      parts.add(text.substring(end, matcher.start()));
      parts.add(matcher.group(1));
      end = matcher.end();
    }
    parts.add(text.substring(end));
  }

  /** Whether {@code name} is filled in. */
  boolean has(String name) {
    for (int i = 1; i < parts.size(); i += 2) {
      if (parts.get(i).equals(name)) {
        return true;
      }
    }
    return false;
  }

  /** The key; values go in as they are. */
  String fill(UnaryOperator<String> values) {
    StringBuilder key = new StringBuilder(parts.get(0));
    for (int i = 1; i < parts.size(); i += 2) {
      key.append(values.apply(parts.get(i))).append(parts.get(i + 1));
    }
    return key.toString();
  }

  @Override
  public String toString() {
    return text;
  }
}
