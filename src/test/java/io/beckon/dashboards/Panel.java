// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.dashboards;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One panel of a dashboard.
 *
 * @param unit as Grafana calls it
 * @param width of 24
 * @param mayBeEmpty why a job that is well may have nothing to show; empty if it always has
 * @param steps from which values on it has another colour; at first it is green
 */
public record Panel(
    String title,
    Kind kind,
    String unit,
    int width,
    String description,
    List<Query> queries,
    String mayBeEmpty,
    List<Step> steps) {
  public Panel {
    Objects.requireNonNull(kind);
    queries = List.copyOf(queries);
    steps = List.copyOf(steps);
  }

  /** How it looks. */
  public enum Kind {
    /** Lines over time. */
    TIMESERIES("timeseries"),
    /** Parts of a whole over time, one upon the other. */
    PARTS("timeseries"),
    /** One number each. */
    STAT("stat"),
    /** One bar each. */
    BARGAUGE("bargauge"),
    /** One bar for each bucket of a histogram. */
    DISTRIBUTION("bargauge"),
    /** Rows. */
    TABLE("table");

    private final String type;

    Kind(String type) {
      this.type = type;
    }

    String type() {
      return type;
    }

    /** Whether it shows a course; otherwise the present. */
    public boolean isCourse() {
      return this == TIMESERIES || this == PARTS;
    }
  }

  /**
   * What is asked of Prometheus.
   *
   * @param legend with label names in double braces; of a table, what its numbers are called
   */
  public record Query(String expression, String legend) {}

  /** A colour from a value on. */
  public record Step(double from, String colour) {}

  static Panel of(String title, Kind kind, String unit, int width, String description) {
    return new Panel(title, kind, unit, width, description, List.of(), "", List.of());
  }

  Panel query(String expression, String legend) {
    List<Query> all = new ArrayList<>(queries);
    all.add(new Query(expression, legend));
    return new Panel(title, kind, unit, width, description, all, mayBeEmpty, steps);
  }

  Panel mayBeEmpty(String why) {
    return new Panel(title, kind, unit, width, description, queries, why, steps);
  }

  Panel from(double value, String colour) {
    List<Step> all = new ArrayList<>(steps);
    all.add(new Step(value, colour));
    return new Panel(title, kind, unit, width, description, queries, mayBeEmpty, all);
  }
}
