// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.dashboards.Dashboard;
import io.beckon.dashboards.Dashboards;
import io.beckon.dashboards.Panel;
import io.beckon.metrics.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The table of metrics is made of {@link Metric}: {@code -Dbeckon.update=true} writes it. That a
 * running job shows them is tested with one.
 */
class MetricsDocTest {
  private static final Path PAGE = Path.of("docs", "metrics.md");
  private static final String BEGIN = "<!-- metrics -->\n";
  private static final String END = "<!-- /metrics -->\n";
  private static final String PANELS = "<!-- panels -->\n";
  private static final String END_OF_PANELS = "<!-- /panels -->\n";
  private static final Pattern NAME = Pattern.compile("beckon_[a-z_]+");

  @Test
  void theTableIsTheList() throws IOException {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END);
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(PAGE, page.substring(0, begin) + table() + page.substring(end));
    }
    assertThat(Files.readString(PAGE)).contains(BEGIN + table() + END);
  }

  @Test
  void theTextNamesNoOther() throws IOException {
    Set<String> unknown = new TreeSet<>();
    Matcher named = NAME.matcher(Files.readString(PAGE));
    while (named.find()) {
      String name = named.group();
      boolean known =
          Arrays.stream(Metric.values())
              .anyMatch(
                  it ->
                      name.equals(it.exposedName())
                          || (it.kind() == Metric.Kind.HISTOGRAM
                              && Stream.of("_bucket", "_count", "_sum")
                                  .anyMatch(part -> name.equals(it.exposedName() + part))));
      if (!known && !name.equals("beckon_")) {
        unknown.add(name);
      }
    }
    assertThat(unknown).isEmpty();
  }

  @Test
  void thePanelsThatMayBeEmptyAreThose() throws IOException {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(PANELS) + PANELS.length();
    int end = page.indexOf(END_OF_PANELS);
    if (Boolean.getBoolean("beckon.update")) {
      Files.writeString(PAGE, page.substring(0, begin) + panels() + page.substring(end));
    }
    assertThat(Files.readString(PAGE)).contains(PANELS + panels() + END_OF_PANELS);
  }

  private static String panels() {
    StringBuilder table = new StringBuilder();
    table.append("| dashboard | panel | is empty |\n|---|---|---|\n");
    for (Dashboard dashboard : Dashboards.all()) {
      for (Panel panel : dashboard.panels()) {
        if (!panel.mayBeEmpty().isEmpty()) {
          table
              .append("| ")
              .append(dashboard.title())
              .append(" | ")
              .append(panel.title())
              .append(" | ")
              .append(panel.mayBeEmpty())
              .append(" |\n");
        }
      }
    }
    return table.toString();
  }

  private static String table() {
    StringBuilder table = new StringBuilder();
    table.append("| metric | | labels | what it says |\n|---|---|---|---|\n");
    for (Metric metric : Metric.values()) {
      table
          .append("| `")
          .append(metric.exposedName())
          .append("` | ")
          .append(metric.kind().name().toLowerCase(Locale.ROOT))
          .append(" | ")
          .append(
              metric.labels().stream().map(it -> "`" + it + "`").collect(Collectors.joining(", ")))
          .append(" | ")
          .append(metric.help())
          .append(" |\n");
    }
    return table.toString();
  }
}
