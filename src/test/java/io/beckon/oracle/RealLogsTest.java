// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.beckon.cli.Backtest;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.flink.EmbeddedRun;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The logs of real shops, of a course and of programmers, of some users where they are many: a
 * backtest and the Flink job at any parallelism decide the same, to the byte, and the naive oracle,
 * which reads the log with code of its own, decides the same moments.
 */
class RealLogsTest {
  private static final Path DATA = Path.of("..", "shared", "data");
  private static final int MOST_EVENTS = 150;

  @ParameterizedTest
  @CsvSource({
    "rees46, 1, 8592, 100",
    "otto, 1, 862, 3",
    "cdnow, 4, 1774, 2700",
    "online_retail, 10, 2045, 1500",
    "udacity, 25, 681, 100",
    "oss_commits, 25, 751, 500"
  })
  void everyWayToRunDecidesAlike(
      String log, int oneIn, int rows, int leastDecisions, @TempDir Path folder)
      throws IOException {
    Path all = DATA.resolve(log).resolve("events.csv.gz");
    assumeTrue(Files.exists(all), "skipped: the public log " + log + " is not beside the checkout");
    Path events = oneIn == 1 ? all : someUsers(all, oneIn, folder.resolve("events.csv"));
    Path job = Path.of("src", "test", "resources", "jobs", log);
    List<SourceFile> definitions = definitions(job);
    JobDefinition definition = Definitions.load(job.toString(), definitions).job().orElseThrow();

    new Backtest(definition)
        .run(
            new Backtest.Inputs(List.of(events), Optional.empty(), OptionalLong.empty()),
            folder.resolve("backtest"),
            (bytes, records) -> {});
    List<String> lines = sortedLines(folder.resolve("backtest"));
    assertThat(lines).hasSizeGreaterThanOrEqualTo(leastDecisions);

    for (int parallelism : List.of(1, 4)) {
      Path out = folder.resolve("run-" + parallelism);
      EmbeddedRun.run(
          new EmbeddedRun.Request(
              job.toString(),
              definitions,
              List.of(events),
              Optional.empty(),
              OptionalLong.empty(),
              out,
              parallelism),
          read -> {});
      assertThat(sortedLines(out)).as("parallelism %d", parallelism).isEqualTo(lines);
    }

    List<Event> stream = read(events, definition);
    assertThat(stream.size()).isEqualTo(rows);
    Outcome expected =
        NaiveOracle.run(
            new RandomCase(
                0,
                RunMode.PLAIN,
                definition,
                Map.of(),
                Map.of(),
                stream.stream().map(e -> (Input) new Input.Happens(e)).toList(),
                stream.get(stream.size() - 1).timeMs()));
    assertThat(lines.stream().map(RealLogsTest::judged).toList())
        .containsExactlyInAnyOrderElementsOf(expected.decisions());
  }

  /** One user in so many, and of them those with few events: the oracle is slow. */
  private static Path someUsers(Path log, int oneIn, Path to) throws IOException {
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader = reader(log)) {
      reader.lines().forEach(lines::add);
    }
    Map<String, Long> counts =
        lines.stream()
            .skip(1)
            .collect(Collectors.groupingBy(line -> line.split(",", -1)[1], Collectors.counting()));
    Set<String> chosen =
        counts.keySet().stream()
            .filter(user -> Math.floorMod(user.hashCode(), oneIn) == 0)
            .filter(user -> Objects.requireNonNull(counts.get(user)) <= MOST_EVENTS)
            .collect(Collectors.toSet());
    List<String> some = new ArrayList<>(lines.subList(0, 1));
    lines.stream()
        .skip(1)
        .filter(line -> chosen.contains(line.split(",", -1)[1]))
        .forEach(some::add);
    return Files.write(to, some);
  }

  private static BufferedReader reader(Path log) throws IOException {
    InputStream bytes = Files.newInputStream(log);
    return new BufferedReader(
        new InputStreamReader(
            log.toString().endsWith(".gz") ? new GZIPInputStream(bytes) : bytes,
            StandardCharsets.UTF_8));
  }

  private static List<SourceFile> definitions(Path job) throws IOException {
    List<SourceFile> files = new ArrayList<>();
    try (Stream<Path> paths = Files.walk(job)) {
      for (Path path : paths.filter(p -> p.toString().endsWith(".yaml")).sorted().toList()) {
        files.add(new SourceFile(path.toString(), Files.readString(path)));
      }
    }
    return files;
  }

  private static List<String> sortedLines(Path out) throws IOException {
    return Files.readAllLines(out.resolve("decisions.jsonl")).stream().sorted().toList();
  }

  static Outcome.Judged judged(String line) {
    JsonNode json = JsonMapper.shared().readTree(line);
    String episode = json.get("episode").asString();
    return new Outcome.Judged(
        json.get("user").asString(),
        json.get("trigger").asString(),
        json.get("match").isNull()
            ? ""
            : json.get("match").valueStream().map(JsonNode::asString).collect(joining(",")),
        episode.substring(episode.lastIndexOf('/') + 1),
        Instant.parse(json.get("moment_time").asString()).toEpochMilli(),
        Instant.parse(json.get("decision_time").asString()).toEpochMilli(),
        json.get("reason").asString());
  }

  /** Reads the log by splitting its lines: it has no quoted values. */
  private static List<Event> read(Path log, JobDefinition job) throws IOException {
    List<Event> events = new ArrayList<>();
    try (BufferedReader reader = reader(log)) {
      reader.readLine();
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        String[] row = line.split(",", -1);
        EventType type = job.catalogue().type(row[2]).orElseThrow();
        Slots slots = new Slots(type.record());
        slots.setString(type.record().indexOf("item"), row[3]);
        slots.setString(type.record().indexOf("category"), row[4]);
        if (!row[5].isEmpty()) {
          slots.setDecimal(type.record().indexOf("value"), new BigDecimal(row[5]));
        }
        events.add(new Event(contentId(row), type, row[1], Long.parseLong(row[0]), slots));
      }
    }
    return events;
  }

  /** The canonical JSON of these plain values needs no library. */
  private static String contentId(String[] row) {
    List<String> attributes = new ArrayList<>();
    if (!row[4].isEmpty()) {
      attributes.add("\"category\":\"" + row[4] + "\"");
    }
    if (!row[3].isEmpty()) {
      attributes.add("\"item\":\"" + row[3] + "\"");
    }
    if (!row[5].isEmpty()) {
      BigDecimal value = new BigDecimal(row[5]);
      String text = value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
      attributes.add("\"value\":" + text);
    }
    String json =
        "{\"attributes\":{%s},\"time\":%s,\"type\":\"%s\",\"user\":\"%s\"}"
            .formatted(String.join(",", attributes), row[0], row[2], row[1]);
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
