// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.cli.Backtest;
import io.beckon.cli.Beckon;
import io.beckon.event.AttributeType;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.flink.EmbeddedRun;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.language.expression.Expression;
import io.beckon.oracle.Condition.And;
import io.beckon.oracle.Condition.Compare;
import io.beckon.oracle.Condition.Lasting;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Small stories of every shape, whose moments were computed by hand: the naive oracle, the engine
 * in each mode, the tests beside a trigger, a backtest and the Flink job all decide them so.
 *
 * <p>A scenario is {@code scenarios/NAME.txt}, run by the one trigger {@code
 * scenarios/triggers/NAME.yaml}. Its lines are {@code TIME USER TYPE {attributes}} in any order,
 * {@code profile USER {attributes}} for what is known before, {@code TIME USER profile
 * {attributes}} for what is known later, {@code until TIME}, and for what must come of it {@code =>
 * TIME USER REASON MATCH PARAMS}.
 */
final class ScenariosTest {
  private static final Path FOLDER = Path.of("src", "test", "resources", "scenarios");
  private static final JsonMapper JSON = JsonMapper.shared();

  private static List<String> scenarios() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".txt"))
          .map(name -> name.substring(0, name.length() - 4))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void everyWayToRunDecidesAsComputedByHand(String name, @TempDir Path folder) throws IOException {
    Scenario scenario = new Scenario(name);
    RandomCase input = scenario.input();

    Outcome oracle = NaiveOracle.run(input);
    assertThat(oracle.decisions().stream().map(d -> scenario.decided(oracle, d)).toList())
        .containsExactlyInAnyOrderElementsOf(scenario.expected);

    for (RunMode mode : RunMode.values()) {
      assertThat(Agreement.disagreement(input.withMode(mode), oracle, new EngineRunner()))
          .as("%s", mode)
          .isEmpty();
    }

    Path tested = scenario.withTests(folder.resolve("job"));
    StringWriter said = new StringWriter();
    PrintWriter to = new PrintWriter(said);
    assertThat(Beckon.execute(to, to, "test", tested.toString())).as("%s", said).isZero();

    List<Outcome.Judged> judged = new ArrayList<>(oracle.decisions());
    assertThat(scenario.backtest(folder)).containsExactlyInAnyOrderElementsOf(judged);
    assertThat(scenario.run(folder)).containsExactlyInAnyOrderElementsOf(judged);
  }

  /** One of them, read. */
  private static final class Scenario {
    final List<SourceFile> definitions = new ArrayList<>();
    final JobDefinition job;
    final Map<String, ObjectNode> profiles = new LinkedHashMap<>();
    final List<Line> lines = new ArrayList<>();
    final List<String> expected = new ArrayList<>();
    Optional<Instant> until = Optional.empty();

    /** Something that happens. */
    private record Line(Instant time, String user, String type, ObjectNode attributes, int number) {
      String id() {
        return "e" + number;
      }
    }

    Scenario(String name) throws IOException {
      for (String file : List.of("job", "events", "policy", "signals", "triggers/" + name)) {
        definitions.add(
            new SourceFile(file + ".yaml", Files.readString(FOLDER.resolve(file + ".yaml"))));
      }
      Definitions.Loaded loaded = Definitions.load("scenarios", definitions);
      job =
          loaded.job().orElseThrow(() -> new AssertionError(loaded.problems().sorted().toString()));
      for (String line : Files.readAllLines(FOLDER.resolve(name + ".txt"))) {
        if (!line.startsWith("#")) {
          read(line);
        }
      }
      lines.sort(Comparator.comparing(Line::time));
    }

    private void read(String line) {
      String[] words = line.split(" ", 4);
      switch (words[0]) {
        case "profile" -> profiles.put(words[1], json(line.split(" ", 3)[2]));
        case "until" -> until = Optional.of(time(words[1]));
        case "=>" -> expected.add(line);
        default ->
            lines.add(
                new Line(
                    time(words[0]),
                    words[1],
                    words[2],
                    json(words.length > 3 ? words[3] : "{}"),
                    lines.size()));
      }
    }

    private static Instant time(String text) {
      return OffsetDateTime.parse(text).toInstant();
    }

    private static ObjectNode json(String text) {
      return (ObjectNode) JSON.readTree(text);
    }

    // For oracle and engine.

    RandomCase input() {
      Map<String, Slots> known = new HashMap<>();
      profiles.forEach((user, values) -> known.put(user, slots(job.catalogue().profile(), values)));
      List<Input> stream = new ArrayList<>();
      for (Line line : lines) {
        if (line.type.equals("profile")) {
          stream.add(
              new Input.Updates(
                  line.user,
                  OptionalLong.of(line.time.toEpochMilli()),
                  slots(job.catalogue().profile(), line.attributes)));
        } else {
          EventType type = job.catalogue().type(line.type).orElseThrow();
          stream.add(
              new Input.Happens(
                  new Event(
                      line.id(),
                      type,
                      line.user,
                      line.time.toEpochMilli(),
                      slots(type.record(), line.attributes))));
        }
      }
      Map<Expression, Condition> conditions = new HashMap<>();
      job.triggers().get(0).audience().ifPresent(e -> conditions.put(e, condition(e.text())));
      Instant end = until.orElse(lines.get(lines.size() - 1).time);
      return new RandomCase(0, RunMode.PLAIN, job, conditions, known, stream, end.toEpochMilli());
    }

    private static Slots slots(RecordType type, ObjectNode values) {
      Slots slots = new Slots(type);
      values
          .propertyStream()
          .forEach(
              entry -> {
                int slot = type.indexOf(entry.getKey());
                JsonNode value = entry.getValue();
                AttributeType of = type.attribute(slot).type();
                if (of == AttributeType.DECIMAL) {
                  slots.setDecimal(slot, value.decimalValue());
                } else if (of == AttributeType.TIMESTAMP) {
                  slots.setLong(slot, time(value.asString()).toEpochMilli());
                } else {
                  slots.setString(slot, value.asString());
                }
              });
      return slots;
    }

    /** Comparisons joined by {@code &&}. */
    private static Condition condition(String text) {
      return Stream.of(text.split(" && "))
          .map(
              part -> {
                String[] words = part.split("[ .]", 4);
                if (words[3].startsWith("duration")) {
                  return new Lasting(words[0], words[1], words[2], 1_000);
                }
                return (Condition)
                    new Compare(
                        words[0],
                        words[1],
                        words[2],
                        words[3].contains(".")
                            ? (Object) Double.valueOf(words[3])
                            : (Object) Long.valueOf(words[3]));
              })
          .reduce(And::new)
          .orElseThrow();
    }

    /** A decision as a scenario writes it. */
    String decided(Outcome outcome, Outcome.Judged decision) {
      String params =
          outcome.commands().stream()
              .filter(c -> c.action().equals("ISSUE") && c.user().equals(decision.user()))
              .filter(c -> c.anchor().equals(decision.anchor()))
              .filter(c -> c.match().equals(decision.match()))
              .map(c -> " " + c.params())
              .findFirst()
              .filter(p -> !p.isBlank())
              .orElse("");
      String match =
          decision.match().isEmpty() ? (params.isEmpty() ? "" : " -") : " " + decision.match();
      return "=> "
          + Instant.ofEpochMilli(decision.momentMs())
          + (" " + decision.user() + " " + decision.reason() + match + params);
    }

    // For the tests beside a trigger.

    Path withTests(Path folder) throws IOException {
      Files.createDirectories(folder.resolve("triggers"));
      for (SourceFile file : definitions) {
        Path to = folder.resolve(file.path());
        Files.writeString(
            to, file.path().startsWith("triggers") ? file.text() + tests() : file.text());
      }
      return folder;
    }

    private String tests() {
      TreeSet<String> users = new TreeSet<>(lines.stream().map(Line::user).toList());
      StringBuilder yaml = new StringBuilder("tests:\n");
      for (String user : users) {
        List<String> happens = new ArrayList<>();
        ObjectNode profile = profiles.getOrDefault(user, JSON.createObjectNode());
        ObjectNode first = profile;
        for (Line line : lines) {
          if (!line.user.equals(user)) {
            continue;
          }
          ObjectNode fields = JSON.createObjectNode();
          fields.put("at", line.time.toString());
          if (line.type.equals("profile")) {
            // An update beside a trigger says what changes.
            ObjectNode whole = JSON.createObjectNode();
            profile.propertyNames().forEach(whole::putNull);
            whole.setAll(line.attributes);
            fields.set("user", whole);
            profile = line.attributes;
          } else {
            fields.put("event", line.type);
            fields.setAll(line.attributes);
          }
          happens.add(fields.toString());
        }
        String decisions =
            expected.stream()
                .map(line -> line.split(" "))
                .filter(words -> words[2].equals(user))
                .map(words -> "{\"at\": \"" + words[1] + "\", \"reason\": \"" + words[3] + "\"}")
                .collect(Collectors.joining(", "));
        yaml.append("  - name: ").append(user).append('\n');
        yaml.append("    user: ").append(first).append('\n');
        yaml.append("    events: ").append(happens).append('\n');
        until.ifPresent(time -> yaml.append("    until: \"").append(time).append("\"\n"));
        yaml.append("    expect: {\"decisions\": [").append(decisions).append("]}\n");
      }
      return yaml.toString();
    }

    // For files.

    List<Outcome.Judged> backtest(Path folder) throws IOException {
      new Backtest(job)
          .run(
              new Backtest.Inputs(
                  List.of(events(folder)), Optional.of(profiles(folder)), untilMs()),
              folder.resolve("backtest"),
              (bytes, records) -> {});
      return judged(folder.resolve("backtest"));
    }

    List<Outcome.Judged> run(Path folder) throws IOException {
      EmbeddedRun.run(
          new EmbeddedRun.Request(
              "scenarios",
              definitions,
              List.of(events(folder)),
              Optional.of(profiles(folder)),
              untilMs(),
              folder.resolve("run"),
              2),
          read -> {});
      return judged(folder.resolve("run"));
    }

    private OptionalLong untilMs() {
      return until.map(time -> OptionalLong.of(time.toEpochMilli())).orElse(OptionalLong.empty());
    }

    private Path events(Path folder) throws IOException {
      List<String> json = new ArrayList<>();
      for (Line line : lines) {
        if (line.type.equals("profile")) {
          continue;
        }
        ObjectNode event = JSON.createObjectNode();
        event.put("id", line.id()).put("type", line.type).put("user", line.user);
        event.put("time", line.time.toString()).set("attributes", line.attributes);
        json.add(event.toString());
      }
      return Files.write(folder.resolve("events.jsonl"), json, UTF_8);
    }

    private Path profiles(Path folder) throws IOException {
      List<String> json = new ArrayList<>();
      profiles.forEach(
          (user, attributes) -> {
            ObjectNode profile = JSON.createObjectNode().put("user", user);
            profile.set("attributes", attributes);
            json.add(profile.toString());
          });
      for (Line line : lines) {
        if (line.type.equals("profile")) {
          ObjectNode update = JSON.createObjectNode().put("user", line.user);
          update.put("time", line.time.toString()).set("attributes", line.attributes);
          json.add(update.toString());
        }
      }
      return Files.write(folder.resolve("profiles.jsonl"), json, UTF_8);
    }

    private static List<Outcome.Judged> judged(Path out) throws IOException {
      return Files.readAllLines(out.resolve("decisions.jsonl")).stream()
          .map(RealLogsTest::judged)
          .toList();
    }
  }
}
