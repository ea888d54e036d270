// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.kafka.Broker;
import io.beckon.language.SourceFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.util.FileUtils;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * Savepoints kept from earlier: what was stopped by an old Beckon goes on with this one. Each
 * folder holds the job, its events, a savepoint somewhere among them, and what had been said by
 * then.
 *
 * <p>{@code -Dbeckon.update=true} makes {@link #CURRENT} anew; when what is stored changes after a
 * release, count it up first, and the older ones stay as they are.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SavepointCompatTest {
  private static final String CURRENT = "savepoint-1";
  private static final Path KEPT = Path.of("src", "test", "resources", "compat");
  private static final String SERVERS = "kafka:9092";
  private static final long SEED = 5;
  private static final List<String> DECIDED =
      List.of("user", "trigger", "episode", "moment_time", "reason", "command_id");
  private static final List<String> ORDERED = List.of("id", "action", "user", "trigger", "episode");

  static Stream<Path> kept() throws IOException {
    try (Stream<Path> folders = Files.list(KEPT)) {
      Stream<Path> current =
          Boolean.getBoolean("beckon.update") ? Stream.of(KEPT.resolve(CURRENT)) : Stream.empty();
      return Stream.concat(
          folders.filter(folder -> folder.getFileName().toString().startsWith("savepoint-")),
          current)
          .distinct()
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("kept")
  void whatAnOlderOneStoppedGoesOn(Path kept, @TempDir Path folder) throws Exception {
    if (Boolean.getBoolean("beckon.update") && kept.endsWith(CURRENT)) {
      make(folder.resolve("made"));
    }
    List<String> events = Files.readAllLines(kept.resolve("events.jsonl"));
    Broker broker = Broker.start();
    try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
      LiveShop shop = new LiveShop("kept", broker.servers(), "");
      shop.createTopics(broker);
      // All of them, so that the savepoint's offsets are those of the same records.
      shop.send(producer, events);
      List<SourceFile> job = read(kept.resolve("job"), broker.servers());
      LiveRun.Request request =
          new LiveRun.Request(
              "jobs/kept",
              job,
              3,
              folder.resolve("state"),
              LiveShop.CHECKPOINT_EVERY,
              Optional.of(kept.resolve("savepoint").toAbsolutePath().toUri().toString()),
              Map.of());
      Path expected = LiveShop.backtest(JobText.live("jobs/kept", job).create(), folder, events);
      try (Broker.Reader decisions = broker.read(shop.decisions());
          Broker.Reader commands = broker.read(shop.commands());
          LiveRun run = LiveRun.start(request)) {
        shop.end(producer, events);
        List<String> before = Files.readAllLines(kept.resolve("decisions-before.jsonl"));
        int all = LiveShop.sorted(expected, "decisions.jsonl").size();
        decisions.until(records -> records.size() + before.size() >= all);
        run.stop();
        decisions.all();
        commands.all();
        assertThat(before).isNotEmpty();
        assertThat(decisions.lines()).isNotEmpty();
        assertThat(parts(DECIDED, before, decisions.lines()))
            .isEqualTo(parts(DECIDED, LiveShop.sorted(expected, "decisions.jsonl"), List.of()));
        assertThat(
                parts(
                    ORDERED,
                    Files.readAllLines(kept.resolve("commands-before.jsonl")),
                    commands.lines()))
            .isEqualTo(parts(ORDERED, LiveShop.sorted(expected, "commands.jsonl"), List.of()));
      }
    } finally {
      broker.close();
    }
  }

  @Test
  void theCurrentOneIsKept() throws IOException {
    assertThat(kept()).contains(KEPT.resolve(CURRENT));
  }

  /** Of lines that two versions may write with different further fields, the fields named. */
  private static List<String> parts(List<String> names, List<String> before, List<String> after) {
    return Stream.concat(before.stream(), after.stream())
        .map(JsonMapper.shared()::readTree)
        .map(line -> names.stream().map(name -> line.path(name).asString()).toList().toString())
        .sorted()
        .toList();
  }

  /** Replaces the current one. */
  private static void make(Path made) throws Exception {
    Path kept = KEPT.resolve(CURRENT);
    FileUtils.deleteDirectory(kept.toFile());
    Files.createDirectories(kept);
    List<String> events = LiveShop.random(SEED, 400);
    Files.write(kept.resolve("events.jsonl"), events);
    Broker broker = Broker.start();
    // Transactions that have not ended would be part of the savepoint, and of that broker only.
    LiveShop shop = new LiveShop("kept", broker.servers(), "delivery: at_least_once");
    shop.createTopics(broker);
    write(shop.files(), kept.resolve("job"), broker.servers());
    try (KafkaProducer<byte[], byte[]> producer = broker.producer();
        Broker.Reader decisions = broker.read(shop.decisions());
        Broker.Reader commands = broker.read(shop.commands());
        LiveRun run = LiveRun.start(shop.request(2, made, Optional.empty()))) {
      shop.send(producer, events.subList(0, 250));
      decisions.until(records -> records.size() > 20);
      Path savepoint = Path.of(URI.create(run.stop()));
      FileUtils.copy(
          new org.apache.flink.core.fs.Path(savepoint.toUri()),
          new org.apache.flink.core.fs.Path(kept.resolve("savepoint").toUri()),
          false);
      decisions.all();
      commands.all();
      Files.write(kept.resolve("decisions-before.jsonl"), decisions.lines());
      Files.write(kept.resolve("commands-before.jsonl"), commands.lines());
    } finally {
      broker.close();
    }
  }

  private static void write(List<SourceFile> job, Path folder, String servers) throws IOException {
    for (SourceFile file : job) {
      Path path = folder.resolve(Path.of("jobs/x").relativize(Path.of(file.path())));
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.text().replace(servers, SERVERS));
    }
  }

  private static List<SourceFile> read(Path folder, String servers) throws IOException {
    List<SourceFile> files = new ArrayList<>();
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
        String name = folder.relativize(path).toString();
        files.add(
            new SourceFile("jobs/kept/" + name, Files.readString(path).replace(SERVERS, servers)));
      }
    }
    return files;
  }
}
