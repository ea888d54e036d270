// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What docs/reliability.md says about what holds each promise. */
class PromisesTest {
  private static final Pattern NAME = Pattern.compile("`(\\w+(?:Test|Bench))`");

  @Test
  void whatHoldsThePromisesIsThere() throws IOException {
    String page = Files.readString(Path.of("docs", "reliability.md"));
    Set<String> named = new TreeSet<>();
    Matcher names = NAME.matcher(page.substring(page.indexOf("## What holds what")));
    while (names.find()) {
      named.add(names.group(1) + ".java");
    }
    try (Stream<Path> files = Files.walk(Path.of("src", "test", "java"))) {
      Set<String> there =
          files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
      assertThat(named).hasSizeGreaterThan(20).isSubsetOf(there);
    }
  }
}
