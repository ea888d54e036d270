// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.dashboards;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.metrics.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The files in {@code deploy/grafana/dashboards} are what {@link Dashboards} says: {@code
 * -Dbeckon.update=true} writes them. That every query has an answer is tested with running jobs.
 */
class DashboardsTest {
  private static final Path FOLDER = Path.of("deploy", "grafana", "dashboards");
  private static final Pattern OWN = Pattern.compile("\\bbeckon_[a-z_]+");

  @Test
  void theFilesAreWhatIsWrittenHere() throws IOException {
    List<String> files = new ArrayList<>();
    for (Dashboard dashboard : Dashboards.all()) {
      Path file = FOLDER.resolve(dashboard.file());
      if (Boolean.getBoolean("beckon.update")) {
        Files.createDirectories(FOLDER);
        Files.writeString(file, dashboard.json());
      }
      assertThat(file).hasContent(dashboard.json());
      files.add(dashboard.file());
    }
    try (Stream<Path> all = Files.list(FOLDER)) {
      assertThat(all.map(file -> String.valueOf(file.getFileName())))
          .containsExactlyInAnyOrderElementsOf(files);
    }
  }

  @Test
  void panelsHaveTheirPlace() {
    for (Dashboard dashboard : Dashboards.all()) {
      JsonNode json = JsonMapper.shared().readTree(dashboard.json());
      Set<Integer> ids = new HashSet<>();
      Set<String> cells = new HashSet<>();
      for (JsonNode panel : json.path("panels")) {
        assertThat(ids.add(panel.path("id").asInt())).isTrue();
        JsonNode at = panel.path("gridPos");
        assertThat(at.path("x").asInt() + at.path("w").asInt()).isLessThanOrEqualTo(24);
        for (int x = 0; x < at.path("w").asInt(); x++) {
          for (int y = 0; y < at.path("h").asInt(); y++) {
            String cell = (at.path("x").asInt() + x) + "/" + (at.path("y").asInt() + y);
            assertThat(cells.add(cell)).as(panel.path("title").asString()).isTrue();
          }
        }
      }
    }
  }

  @Test
  void theyAskForMetricsThatThereAre() {
    Set<String> known = new TreeSet<>();
    for (Metric metric : Metric.values()) {
      known.add(metric.exposedName());
      for (String part : List.of("_bucket", "_count", "_sum")) {
        known.add(metric.exposedName() + part);
      }
    }
    Set<String> asked = new TreeSet<>();
    for (Dashboard dashboard : Dashboards.all()) {
      for (Panel panel : dashboard.panels()) {
        assertThat(panel.queries()).as(panel.title()).isNotEmpty();
        for (Panel.Query query : panel.queries()) {
          Matcher name = OWN.matcher(query.expression());
          while (name.find()) {
            asked.add(name.group());
          }
        }
      }
    }
    assertThat(asked).hasSizeGreaterThan(25).isSubsetOf(known);
  }
}
