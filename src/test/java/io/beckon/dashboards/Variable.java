// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.dashboards;

import java.util.Objects;

/**
 * What is chosen above a dashboard.
 *
 * @param metric whose label has the values
 * @param of which of its series: a selector in braces, or nothing
 * @param pattern what a value has to match to be one; all are if it is empty
 * @param many whether several may be chosen, as all are at first
 */
public record Variable(
    String name,
    String title,
    String metric,
    String of,
    String label,
    String pattern,
    boolean many) {
  public Variable {
    Objects.requireNonNull(name);
    Objects.requireNonNull(metric);
  }

  static Variable one(String name, String title, String metric, String of, String label) {
    return new Variable(name, title, metric, of, label, "", false);
  }

  /** As Grafana asks for its values. */
  String query() {
    return "label_values(" + metric + of + ", " + label + ")";
  }
}
