// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.dashboards;

import io.beckon.metrics.RealPrometheus;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * A dashboard that somebody looks at.
 *
 * @param chosen a value for each of its variables
 * @param step between the points of a course
 */
public record View(
    Dashboard dashboard, Map<String, String> chosen, Instant from, Instant to, Duration step) {
  public View {
    chosen = Map.copyOf(chosen);
  }

  /** What a panel's query finds. */
  public record Answer(Panel panel, Panel.Query query, JsonNode result) {
    /** Whether there is no number in it. */
    public boolean isEmpty() {
      for (JsonNode series : result) {
        for (JsonNode value : series.path("values")) {
          if (isNumber(value)) {
            return false;
          }
        }
        if (isNumber(series.path("value"))) {
          return false;
        }
      }
      return true;
    }

    private static boolean isNumber(JsonNode value) {
      return value.isArray() && !value.path(1).asString("NaN").equals("NaN");
    }
  }

  /** Of the dashboard called {@code title}. */
  public static View of(
      String title, Map<String, String> chosen, Instant from, Instant to, Duration step) {
    Dashboard dashboard =
        Dashboards.all().stream().filter(it -> it.title().equals(title)).findAny().orElseThrow();
    return new View(dashboard, chosen, from, to, step);
  }

  /** What {@code text} is with the values that are chosen, and Grafana's own. */
  String filled(String text) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("__rate_interval", Math.max(10, 4 * step.toSeconds()) + "s");
    values.put("__range", Math.max(10, Duration.between(from, to).toSeconds()) + "s");
    values.putAll(chosen);
    String filled = text;
    for (String name :
        values.keySet().stream().sorted(Comparator.comparing(String::length).reversed()).toList()) {
      filled = filled.replace("$" + name, values.get(name));
    }
    return filled;
  }

  /** The values that could be chosen, for each variable. */
  public Map<String, Set<String>> choices(RealPrometheus prometheus) throws IOException {
    Map<String, Set<String>> choices = new LinkedHashMap<>();
    for (Variable variable : dashboard.variables()) {
      Set<String> values =
          prometheus.values(variable.label(), filled(variable.metric() + variable.of()));
      if (!variable.pattern().isEmpty()) {
        values.removeIf(value -> !value.matches(variable.pattern()));
      }
      choices.put(variable.name(), values);
    }
    return choices;
  }

  /** What all queries find, in the order of the panels. */
  public List<Answer> answers(RealPrometheus prometheus) throws IOException {
    List<Answer> answers = new ArrayList<>();
    for (Panel panel : dashboard.panels()) {
      for (Panel.Query query : panel.queries()) {
        String asked = filled(query.expression());
        answers.add(
            new Answer(
                panel,
                query,
                panel.kind().isCourse()
                    ? prometheus.over(asked, from, to, step)
                    : prometheus.at(asked, to)));
      }
    }
    return answers;
  }
}
