// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.beckon.metrics.Metric;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The alert rules: sound, tested by Prometheus's own tool, and each with a runbook. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class AlertsTest {
  private static final Path FOLDER = Path.of("deploy", "prometheus");
  private static final String RULES = "beckon.rules.yml";
  private static final List<String> TESTS =
      List.of("beckon.rules.test.yml", "beckon.rules.days.test.yml");
  private static final Pattern OWN = Pattern.compile("\\bbeckon_[a-z_]+");
  private static final Pattern TESTED = Pattern.compile("alertname: (\\w+)\\n +exp_alerts:\\n");
  private static final Pattern QUIET = Pattern.compile("alertname: (\\w+)\\n +exp_alerts: \\[]");

  @Test
  void everyAlertNamesASectionThatIsThere() throws IOException {
    Set<String> anchors =
        Files.readAllLines(Path.of("docs", "operating.md")).stream()
            .filter(line -> line.startsWith("#"))
            .map(AlertsTest::anchor)
            .collect(Collectors.toSet());
    List<Map<?, ?>> alerts = alerts();
    assertThat(alerts).hasSizeGreaterThan(10);
    for (Map<?, ?> alert : alerts) {
      Map<?, ?> annotations = (Map<?, ?>) Objects.requireNonNull(alert.get("annotations"));
      String runbook = String.valueOf(annotations.get("runbook"));
      assertThat(runbook).as("%s", alert.get("alert")).startsWith("docs/operating.md#");
      assertThat(anchors)
          .as("%s", alert.get("alert"))
          .contains(runbook.substring(runbook.indexOf('#') + 1));
      assertThat((Map<?, ?>) alert.get("labels")).hasSize(1);
    }
  }

  private static String anchor(String heading) {
    return heading
        .replaceFirst("^#+ ", "")
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^a-z0-9 -]", "")
        .replace(' ', '-');
  }

  @Test
  void everyMetricOfTheJobThatTheyAskForIsOne() throws IOException {
    Set<String> asked = new TreeSet<>();
    Matcher name = OWN.matcher(Files.readString(FOLDER.resolve(RULES)));
    while (name.find()) {
      asked.add(name.group());
    }
    assertThat(asked).hasSizeGreaterThan(8).isSubsetOf(exposed());
  }

  /** All series of the job's own metrics. */
  static Set<String> exposed() {
    Set<String> names = new TreeSet<>();
    for (Metric metric : Metric.values()) {
      if (metric.kind() == Metric.Kind.HISTOGRAM) {
        for (String part : List.of("_bucket", "_count", "_sum")) {
          names.add(metric.exposedName() + part);
        }
      } else {
        names.add(metric.exposedName());
      }
    }
    return names;
  }

  @Test
  void everyAlertIsShownToFireAndToKeepStill() throws IOException {
    Set<String> fired = new LinkedHashSet<>();
    Set<String> quiet = new LinkedHashSet<>();
    for (String test : TESTS) {
      String text = Files.readString(FOLDER.resolve(test));
      for (Matcher matcher = TESTED.matcher(text); matcher.find(); ) {
        fired.add(matcher.group(1));
      }
      for (Matcher matcher = QUIET.matcher(text); matcher.find(); ) {
        quiet.add(matcher.group(1));
      }
    }
    List<String> alerts = alerts().stream().map(it -> String.valueOf(it.get("alert"))).toList();
    assertThat(fired).containsExactlyInAnyOrderElementsOf(alerts);
    assertThat(quiet).containsExactlyInAnyOrderElementsOf(alerts);
  }

  @Test
  void prometheusTakesTheRulesAndTheirTestsPass() throws Exception {
    assumeTrue(
        hasPromtool(),
        "promtool is not on the PATH; it comes with Prometheus: apt-get install prometheus");
    promtool("check", "rules", RULES);
    for (String test : TESTS) {
      promtool("test", "rules", test);
    }
  }

  private static boolean hasPromtool() {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "promtool")));
  }

  private static void promtool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).directory(FOLDER.toFile()).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, said).isZero();
  }

  private static List<Map<?, ?>> alerts() throws IOException {
    Map<?, ?> rules =
        (Map<?, ?>)
            new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(FOLDER.resolve(RULES)));
    List<Map<?, ?>> alerts = new ArrayList<>();
    for (Object group : (List<?>) Objects.requireNonNull(rules.get("groups"))) {
      for (Object rule : (List<?>) Objects.requireNonNull(((Map<?, ?>) group).get("rules"))) {
        if (((Map<?, ?>) rule).containsKey("alert")) {
          alerts.add((Map<?, ?>) rule);
        }
      }
    }
    return alerts;
  }
}
