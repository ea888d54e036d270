// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page of metrics, read as Prometheus does. */
record Page(Map<String, String> types, List<Sample> samples) {
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)(?:\\{(.*)})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("([a-z_A-Z]+)=\"((?:[^\"\\\\]|\\\\.)*)\",?");
  private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");

  record Sample(String name, Map<String, String> labels, double value) {}

  static Page of(String text) {
    Map<String, String> types = new HashMap<>();
    List<Sample> samples = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher type = TYPE.matcher(line);
      if (type.matches()) {
        types.put(type.group(1), type.group(2));
      } else if (!line.startsWith("#")) {
        samples.add(sample(line));
      }
    }
    return new Page(types, samples);
  }

  private static Sample sample(String line) {
    Matcher sample = SAMPLE.matcher(line);
    if (!sample.matches()) {
      throw new AssertionError("no sample: " + line);
    }
    Map<String, String> labels = new TreeMap<>();
    Matcher label = LABEL.matcher(Objects.requireNonNullElse(sample.group(2), ""));
    while (label.find()) {
      labels.put(label.group(1), label.group(2));
    }
    return new Sample(
        sample.group(1), labels, Double.parseDouble(sample.group(3).replace("+Inf", "Infinity")));
  }

  /** The sum of all samples of {@code name} with these labels among theirs. */
  double sum(String name, Map<String, String> labels) {
    return samples.stream()
        .filter(it -> it.name.equals(name) && it.labels.entrySet().containsAll(labels.entrySet()))
        .mapToDouble(Sample::value)
        .sum();
  }
}
