// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same bytes come out of every process. Within one, sets and maps of Java without an order keep
 * the order that they happen to have, so that only another process can tell.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ProcessesAgreeTest {
  private static final int PROCESSES = 4;

  @Test
  void whatIsDecidedDoesNotDependOnTheProcess(@TempDir Path folder) throws Exception {
    Path events = folder.resolve("events.csv");
    StringWriter err = new StringWriter();
    int code =
        Beckon.execute(
            new PrintWriter(new StringWriter()),
            new PrintWriter(err),
            "simulate",
            "--users=120",
            "--days=75",
            "--no-clocks-ahead",
            "--out=" + events);
    assertThat(code).as(err.toString()).isZero();
    Map<String, String> first = results(events, folder.resolve("0"));
    assertThat(first.get("decisions.jsonl")).contains("\"trigger\":\"buyer-slipping-away\"");
    for (int i = 1; i < PROCESSES; i++) {
      Map<String, String> next = results(events, folder.resolve(Integer.toString(i)));
      assertThat(next.keySet()).isEqualTo(first.keySet());
      next.forEach((file, text) -> assertSame(file, text, first.getOrDefault(file, "")));
    }
  }

  /** The first line that differs: a whole file is no message that anybody reads. */
  private static void assertSame(String file, String text, String expected) {
    List<String> lines = text.lines().toList();
    List<String> others = expected.lines().toList();
    for (int i = 0; i < Math.min(lines.size(), others.size()); i++) {
      assertThat(lines.get(i)).as("%s:%s", file, i + 1).isEqualTo(others.get(i));
    }
    assertThat(lines).as(file).hasSameSizeAs(others);
  }

  private static Map<String, String> results(Path events, Path out) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Beckon.class.getName(),
                "backtest",
                Path.of("jobs", "retail").toString(),
                "--events=" + events,
                "--out=" + out));
    Path said = out.resolveSibling(out.getFileName() + ".txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    assertThat(process.waitFor()).as(Files.readString(said)).isZero();
    Map<String, String> results = new TreeMap<>();
    try (Stream<Path> files = Files.list(out)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".jsonl")).toList()) {
        results.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return results;
  }
}
