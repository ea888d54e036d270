// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import io.beckon.churn.History;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;

/** The real logs, where they are there. */
final class Logs {
  private static final Path DATA = Path.of("..", "shared", "data");

  private Logs() {}

  /** CDNOW until 1997-09-30, in weeks. */
  static Histories cdnowSummary() throws IOException {
    Path file = present("cdnow/customers_summary.csv");
    List<History> histories = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (String line : lines.subList(1, lines.size())) {
      String[] f = line.split(",");
      histories.add(
          new History(Long.parseLong(f[1]), Double.parseDouble(f[2]), Double.parseDouble(f[3])));
    }
    return Histories.of(histories);
  }

  /** The UTC days on which each user of a log has an event of a type. */
  static Map<String, NavigableSet<Long>> days(String log, String type) throws IOException {
    Path file = present(log + "/events.csv.gz");
    Map<String, NavigableSet<Long>> days = new TreeMap<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      reader.readLine();
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        String[] f = line.split(",", 4);
        if (f[2].equals(type)) {
          days.computeIfAbsent(f[1], user -> new TreeSet<>())
              .add(Math.floorDiv(Long.parseLong(f[0]), 86_400_000L));
        }
      }
    }
    return days;
  }

  private static Path present(String name) {
    Path file = DATA.resolve(name);
    Assumptions.assumeTrue(Files.exists(file), "no " + name + " in ../shared/data");
    return file;
  }
}
