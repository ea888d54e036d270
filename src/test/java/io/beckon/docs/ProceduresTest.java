// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.cli.Beckon;
import io.beckon.kafka.CommittedLines;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The procedures of docs/procedures.md, run as they stand there, in order, on a cluster of one
 * TaskManager with events in its topics.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class ProceduresTest {
  private static final Path PAGE = Path.of("docs", "procedures.md");
  private static final Pattern PROCEDURE =
      Pattern.compile("<!-- procedure -->\n```console\n(.*?)```", Pattern.DOTALL);
  private static final Pattern EXIT = Pattern.compile("# exit (\\d)\\s*$");
  private static final Pattern SUBSTITUTE = Pattern.compile("sed -i 's/([^/]*)/([^/]*)/' (\\S+)");
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private record Said(int code, String out, String err) {}

  private static Said beckon(List<String> args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Beckon.execute(new PrintWriter(out), new PrintWriter(err), args.toArray(String[]::new));
    return new Said(code, out.toString(), err.toString());
  }

  private static List<String> lines() throws IOException {
    List<String> lines = new ArrayList<>();
    Matcher procedures = PROCEDURE.matcher(Files.readString(PAGE));
    while (procedures.find()) {
      procedures.group(1).lines().forEach(lines::add);
    }
    return lines;
  }

  @Test
  void everyLineIsOneThatIsRun() throws IOException {
    assertThat(lines())
        .hasSizeGreaterThan(30)
        .allMatch(
            line ->
                line.startsWith("./bin/beckon ")
                    || line.startsWith("cp -r ")
                    || line.startsWith("mkdir -p ")
                    || line.startsWith("kill -9 ")
                    || line.equals("./mvnw -B -DskipTests package")
                    || SUBSTITUTE.matcher(line).matches());
  }

  @Test
  @Tag("packaged")
  void theProceduresAreRun(@TempDir Path temporary) throws Exception {
    Assumptions.assumeTrue(
        Files.exists(Path.of("target", "beckon-job.jar"))
            && Files.exists(Path.of("target", "flink-classpath")),
        "procedures need what the build leaves for clusters");
    Run run = new Run(temporary);
    try {
      for (String line : lines()) {
        run.line(line);
      }
      assertThat(run.decided).as("commands seen on the way").isNotEmpty();
    } finally {
      beckon(List.of("cluster", "stop", "--now", run.dir));
    }
  }

  private static final class Run {
    private final Path folder;
    private final String dir;
    private final Set<String> decided = new TreeSet<>();
    private String servers = "";

    Run(Path folder) {
      this.folder = folder;
      this.dir = "--dir=" + folder.resolve("cluster");
    }

    void line(String line) throws Exception {
      Matcher substitute = SUBSTITUTE.matcher(line);
      if (substitute.matches()) {
        Path file = folder.resolve(substitute.group(3));
        String before = Files.readString(file);
        assertThat(before).as(line).contains(substitute.group(1));
        Files.writeString(file, before.replace(substitute.group(1), substitute.group(2)));
      } else if (line.startsWith("cp -r ")) {
        String[] words = line.split(" ", -1);
        copy(folder.resolve(words[2]), folder.resolve(words[3]));
      } else if (line.startsWith("mkdir -p ")) {
        Files.createDirectories(folder.resolve(line.substring("mkdir -p ".length())));
      } else if (line.startsWith("kill -9 ")) {
        kill(line.substring("kill -9 ".length()));
      } else if (line.startsWith("./bin/beckon ")) {
        command(line);
      }
    }

    private void command(String line) throws Exception {
      Matcher exit = EXIT.matcher(line);
      int expected = exit.find() ? Integer.parseInt(exit.group(1)) : 0;
      List<String> args = new ArrayList<>();
      for (String word :
          line.replaceFirst("\\s+#.*$", "").substring("./bin/beckon ".length()).split(" ", -1)) {
        boolean ours = word.startsWith("jobs/") || word.startsWith("releases/");
        args.add(ours ? folder.resolve(word).toString() : word);
      }
      if (args.get(0).equals("cluster")) {
        args.add(dir);
      }
      boolean starts = args.subList(0, 2).equals(List.of("cluster", "start"));
      if (starts) {
        args.addAll(List.of("--task-managers=1", "--slots=4", "--without-redis", "--rest-port=0"));
        args.add("--kafka-port=0");
      }
      if (args.contains("submit") && !args.contains("--checkpoint-every")) {
        args.add("--checkpoint-every=1s");
      }
      Said said = expected == 0 && args.contains("status") ? whole(args) : beckon(args);
      assertThat(said.code()).as("%s%n%s%s", line, said.out(), said.err()).isEqualTo(expected);
      if (starts && servers.isEmpty()) {
        started(said.out());
      } else if (args.contains("status") && expected == 0) {
        seeThatNothingComesTwice();
      }
    }

    /** A job does not run wholly at once. */
    private static Said whole(List<String> args) throws InterruptedException {
      long until = System.nanoTime() + PATIENCE.toNanos();
      Said said = beckon(args);
      while (said.code() != 0 && System.nanoTime() < until) {
        TimeUnit.MILLISECONDS.sleep(500);
        said = beckon(args);
      }
      return said;
    }

    /** Makes the job, now that it is known where Kafka is, and events for it. */
    private void started(String said) throws Exception {
      Matcher kafka = Pattern.compile("Kafka +(\\S+)").matcher(said);
      assertThat(kafka.find()).as(said).isTrue();
      servers = kafka.group(1);
      Path job = folder.resolve("jobs").resolve("shop");
      copy(Path.of("jobs", "retail"), job);
      Files.writeString(
          job.resolve("job.yaml"),
          """
          apiVersion: beckon/v1
          kind: Job
          id: shop
          time: {lateness: 10s, order: settled, clock: replay, quiet_after: 400d}
          sources: {events: {topic: clicks}}
          kafka: {bootstrap_servers: "%s", create_topics: true}
          """
              .formatted(servers));
      Said simulated =
          beckon(
              List.of(
                  "simulate",
                  "--kafka=" + servers,
                  "--topic=clicks",
                  "--create-topics",
                  "--users=200",
                  "--days=3",
                  "--no-clocks-ahead"));
      assertThat(simulated.code()).as(simulated.err()).isZero();
    }

    private void kill(String part) {
      Said said = beckon(List.of("cluster", "status", dir));
      Matcher process = Pattern.compile(part + " +process (\\d+)").matcher(said.out());
      assertThat(process.find()).as(said.out()).isTrue();
      ProcessHandle handle = ProcessHandle.of(Long.parseLong(process.group(1))).orElseThrow();
      handle.destroyForcibly();
      handle.onExit().join();
    }

    /** Of everything committed so far each command is there once. */
    private void seeThatNothingComesTwice() throws Exception {
      List<String> ids = new ArrayList<>();
      try (CommittedLines lines = CommittedLines.open(servers, List.of("shop.commands"))) {
        do {
          for (CommittedLines.Line line : lines.poll(Duration.ofMillis(300))) {
            JsonNode command = JsonMapper.shared().readTree(line.text());
            ids.add(
                command.path("id").asString()
                    + " "
                    + command.path("action").asString().toUpperCase(Locale.ROOT));
          }
        } while (!lines.isAtEnd());
      }
      assertThat(ids).doesNotHaveDuplicates().containsAll(decided);
      decided.addAll(ids);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }
}
