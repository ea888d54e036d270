// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.kafka.Broker;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.simulate.SimulationSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code simulate} and {@code demo} on a real broker. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class KafkaCommandsTest {
  private static final Path RETAIL = Path.of("jobs", "retail");

  private static Broker broker;

  private record Said(int code, String out, String err) {}

  @BeforeAll
  static void startBroker() throws Exception {
    broker = Broker.start();
  }

  @AfterAll
  static void stopBroker() throws Exception {
    broker.close();
  }

  private static Said beckon(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Beckon.execute(new PrintWriter(out), new PrintWriter(err), args);
    return new Said(code, out.toString(), err.toString());
  }

  // --- simulate

  @Test
  void aTopicGetsTheRecordsOfTheFileInItsOrder(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("events.jsonl");
    Path truth = folder.resolve("truth.jsonl");
    assertThat(beckon("simulate", "--users=40", "--days=2", "--seed=5", "--out=" + file).code())
        .isZero();
    broker.create("simulated", 3);
    Said said =
        beckon(
            "simulate",
            "--users=40",
            "--days=2",
            "--seed=5",
            "--kafka=" + broker.servers(),
            "--topic=simulated",
            "--truth=" + truth);
    assertThat(said.code()).as(said.err()).isZero();
    List<String> expected = Files.readAllLines(file);
    assertThat(said.out())
        .startsWith(expected.size() + " events of 40 users from 2026-11-02 to 2026-11-03 in topic ")
        .contains("topic simulated on " + broker.servers() + "; the truth in " + truth);
    assertThat(Files.readAllLines(truth)).hasSize(40);
    try (Broker.Reader reader = broker.read("simulated")) {
      List<ConsumerRecord<byte[], byte[]>> read =
          reader.until(records -> records.size() >= expected.size());
      assertThat(reader.lines()).containsExactlyInAnyOrderElementsOf(expected);
      for (int partition = 0; partition < 3; partition++) {
        int of = partition;
        List<String> written =
            read.stream().filter(r -> r.partition() == of).map(r -> text(r.value())).toList();
        assertThat(written).isNotEmpty();
        // The order of the file, but for exact copies, whose places cannot be told apart.
        List<Integer> places = written.stream().map(expected::indexOf).toList();
        assertThat(places.stream().distinct().toList())
            .isEqualTo(places.stream().distinct().sorted().toList());
      }
      assertThat(read)
          .allSatisfy(
              record ->
                  assertThat(text(record.value()))
                      .contains("\"user\":\"" + text(record.key()) + "\""));
    }
  }

  @Test
  void aMissingTopicIsRefusedOrCreated() {
    String servers = "--kafka=" + broker.servers();
    Said refused = beckon("simulate", "--users=5", servers, "--topic=not-there");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err())
        .isEqualTo(
            "beckon: topic not-there does not exist; add --create-topics, or create it:"
                + " kafka-topics.sh --bootstrap-server "
                + broker.servers()
                + " --create --topic not-there\n");
    Said created =
        beckon(
            "simulate",
            "--users=5",
            "--days=1",
            servers,
            "--topic=not-there",
            "--create-topics",
            "--rate=100000/s");
    assertThat(created.code()).as(created.err()).isZero();
    assertThat(created.err()).isEqualTo("created topic not-there\n");
  }

  @Test
  void wrongUseIsExplained(@TempDir Path folder) throws IOException {
    Path broken = Files.writeString(folder.resolve("client"), "a = \\u12");
    refused(2, "nowhere to write to", "simulate");
    refused(2, "--kafka needs the topic", "simulate", "--kafka=x:1");
    refused(2, "name one of them", "simulate", "--kafka=x:1", "--out=x");
    refused(2, "--format csv is for files", "simulate", "--kafka=x:1", "--format=csv");
    refused(2, "are for --kafka", "simulate", "--out=x", "--topic=t");
    refused(2, "'0/s' is not a number of events", "simulate", "--kafka=x:1", "--rate=0/s");
    refused(2, "'often' is not a number of events", "simulate", "--kafka=x:1", "--rate=often");
    refused(
        1,
        "no such file",
        "simulate",
        "--kafka=x:1",
        "--topic=t",
        "--kafka-config=" + folder + "/x");
    refused(
        1,
        "not a file of properties",
        "simulate",
        "--kafka=x:1",
        "--topic=t",
        "--kafka-config=" + broken);
    refused(1, "call bin/beckon", "demo", "--kafka");
  }

  private static void refused(int code, String part, String... args) {
    Said said = beckon(args);
    assertThat(said.code()).as(said.err()).isEqualTo(code);
    assertThat(said.err()).contains(part).doesNotContain("Exception", "internal error");
  }

  // --- demo

  @Test
  void theDemoThroughABrokerTellsTheSameStory(@TempDir Path folder) throws Exception {
    String[] options = {"--fast", "--users=200", "--seed=3"};
    Path without = folder.resolve("without");
    String[] plain = {"demo", options[0], options[1], options[2], "--out=" + without};
    Said expected = beckon(plain);
    assertThat(expected.code()).as(expected.err()).isZero();

    Path results = folder.resolve("results");
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Console console = new Console(new PrintWriter(out), new PrintWriter(err), false);
    DemoCommand command = new DemoCommand(console);
    new CommandLine(command).parseArgs(options[0], options[1], options[2], "--out=" + results);
    JobFolder retail = JobFolder.of(RETAIL);
    List<SourceFile> files = DemoCommand.told(retail.read());
    JobDefinition job = Definitions.load(retail.name(), files).job().orElseThrow();
    KafkaDemo demo = new KafkaDemo(retail.name(), files, job, broker.servers(), () -> true);
    SimulationSettings settings =
        SimulateCommand.settings(200, 1, 3, LocalDate.of(2026, 11, 2), false);
    command.onKafka(demo, job, settings, Files.createDirectory(folder.resolve("work")));
    console.out().flush();

    // Every decision, in whatever order within an instant, and the same numbers below.
    List<String> told = story(expected.out());
    assertThat(told).hasSizeGreaterThan(40);
    assertThat(story(out.toString())).isEqualTo(told);
    assertThat(err.toString()).isEmpty();

    // To the byte what the engine decides on the same records by itself.
    Path backtested = folder.resolve("backtested");
    new Backtest(demo.job())
        .run(
            new Backtest.Inputs(
                List.of(results.resolve("events.jsonl")), Optional.empty(), OptionalLong.empty()),
            backtested,
            (bytes, records) -> {});
    for (String file : List.of("decisions.jsonl", "commands.jsonl")) {
      assertThat(sorted(results.resolve(file))).isEqualTo(sorted(backtested.resolve(file)));
    }
    assertThat(Files.size(results.resolve("dead-letters.jsonl"))).isZero();
    for (String part : List.of("events", "users", "from", "until", "watermark", "triggers")) {
      assertThat(summary(results).path(part)).as(part).isEqualTo(summary(backtested).path(part));
    }
    assertThat(summary(results).path("events").path("late").asLong()).isPositive();
  }

  /** The decisions, sorted, and what is said at the end. */
  private static List<String> story(String out) {
    int end = out.indexOf("\nSent to, by what they really are: ");
    int next = out.indexOf("\nWhat to read next:");
    assertThat(end).as(out).isPositive();
    return Stream.concat(
            out.lines().filter(line -> line.contains(": ") && line.contains(" → ")).sorted(),
            out.substring(end, next).lines())
        .toList();
  }

  private static List<String> sorted(Path file) throws IOException {
    return Files.readAllLines(file).stream().sorted().toList();
  }

  private static JsonNode summary(Path folder) throws IOException {
    return Objects.requireNonNull(
        JsonMapper.shared().readTree(Files.readAllBytes(folder.resolve("summary.json"))));
  }

  private static String text(byte[] value) {
    return new String(value, StandardCharsets.UTF_8);
  }
}
