// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language.expression;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every function of expressions is on the page that says what expressions can do. */
class FunctionsReferenceTest {
  private static final Path PAGE = Path.of("docs", "reference", "expressions.md");

  /** A function in code: a word alone, or one that is called. */
  private static final Pattern NAMED = Pattern.compile("`(\\w+)`|(\\w+)\\(");

  @Test
  void everyFunctionIsThere() throws IOException {
    Set<String> named = new HashSet<>();
    for (String line : Files.readAllLines(PAGE)) {
      Matcher function = NAMED.matcher(line.startsWith("| ") ? line : "");
      while (function.find()) {
        named.add(function.group(1) == null ? function.group(2) : function.group(1));
      }
    }
    assertThat(Messages.FUNCTIONS).isNotEmpty();
    assertThat(named).containsAll(Messages.FUNCTIONS);
  }
}
