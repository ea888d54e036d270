// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.cli.Beckon;
import io.beckon.kafka.CommittedLines;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code beckon cluster}, with all its processes. */
@Tag("packaged")
class ClusterTest {
  private record Said(int code, String out, String err) {}

  private static Said beckon(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Beckon.execute(new PrintWriter(out), new PrintWriter(err), args);
    return new Said(code, out.toString(), err.toString());
  }

  private static String fine(String... args) {
    Said said = beckon(args);
    assertThat(said.code()).as("%s%n%s%s", String.join(" ", args), said.out(), said.err()).isZero();
    return said.out();
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void aJobIsSubmittedStoppedWithASavepointAndGoesOn(@TempDir Path temporary) throws Exception {
    Path folder = temporary.resolve("cluster");
    String dir = "--dir=" + folder;
    String[] start = {
      "cluster",
      "start",
      dir,
      "--task-managers=1",
      "--slots=2",
      "--rest-port=0",
      "--kafka-port=0",
      "--redis-port=0",
      "--metrics-port=0"
    };
    try {
      assertThat(fine(start)).contains("1 TaskManagers of 2 slots", "Kafka  127.0.0.1:", "Redis  ");
      LocalCluster cluster = LocalCluster.open(folder, new Libraries(Path.of("")));
      String servers = cluster.kafka().orElseThrow();
      assertThat(fine("cluster", "status", dir)).contains("no jobs");

      Path job = job(temporary.resolve("job"), servers);
      Said refused = beckon("cluster", "submit", job.toString(), dir);
      assertThat(refused.code()).isEqualTo(1);
      assertThat(refused.err()).contains("topics shop.events, ", " do not exist");
      String[] simulate = {
        "simulate",
        "--kafka=" + servers,
        "--topic=shop.events",
        "--users=300",
        "--days=2",
        "--no-clocks-ahead"
      };
      fine(with(simulate, "--create-topics"));
      Files.writeString(
          job.resolve("job.yaml"),
          Files.readString(job.resolve("job.yaml"))
              .replace("create_topics: false", "create_topics: true"));
      assertThat(fine("cluster", "submit", job.toString(), dir, "--checkpoint-every=1s"))
          .startsWith("shop is job ");
      Said again = beckon("cluster", "submit", job.toString(), dir);
      assertThat(again.code()).isEqualTo(1);
      assertThat(again.err())
          .contains("shop is there already")
          .contains("beckon cluster savepoint shop --stop");

      List<String> decisions = new ArrayList<>();
      try (CommittedLines lines = CommittedLines.open(servers, List.of("shop.decisions"))) {
        while (decisions.isEmpty()) {
          lines.poll(Duration.ofMillis(200)).forEach(line -> decisions.add(line.text()));
        }
        assertThat(metrics(cluster, "jobmanager-1")).contains("flink_jobmanager_job_numRestarts{");
        assertThat(metrics(cluster, "taskmanager-1"))
            .containsPattern("beckon_events_read_total.* [1-9]");
        assertThat(fine("cluster", "status", dir))
            .containsPattern("taskmanager-1 .*, metrics at 127");
        assertThat(fine("cluster", "savepoint", "shop", dir))
            .startsWith("savepoint file:" + cluster.savepoints());
        Said unknown = beckon("cluster", "savepoint", "other", dir);
        assertThat(unknown.err()).isEqualTo("beckon: no job other runs; there is shop\n");

        // A process that dies is started again by the same command, and nothing else is.
        List<Part> before = cluster.parts();
        FlinkRest flink = cluster.flink();
        String id = flink.jobs().get(0).id();
        long restored = flink.restored(id);
        cluster.kill("taskmanager-1");
        Said broken = beckon("cluster", "status", dir);
        assertThat(broken.code()).isEqualTo(1);
        assertThat(broken.out()).containsPattern("taskmanager-1 +does not run");
        fine(start);
        assertThat(cluster.parts())
            .filteredOn(part -> !part.name().equals("taskmanager-1"))
            .isEqualTo(
                before.stream().filter(part -> !part.name().equals("taskmanager-1")).toList());
        while (flink.restored(id) == restored || !flink.jobs().get(0).runsWholly()) {
          TimeUnit.MILLISECONDS.sleep(200);
        }

        assertThat(fine("cluster", "savepoint", "shop", dir, "--stop"))
            .startsWith("stopped; to go on: --from-savepoint file:");
        while (!lines.isAtEnd()) {
          lines.poll(Duration.ofMillis(200)).forEach(line -> decisions.add(line.text()));
        }
        // Where it goes on nothing is decided a second time, though all is there to be read.
        Said on =
            beckon(
                "cluster",
                "submit",
                job.toString(),
                dir,
                "--from-savepoint=latest",
                "--checkpoint-every=1s");
        assertThat(on.code()).as(on.err()).isZero();
        assertThat(on.err()).startsWith("going on from file:");
        String next = flink.jobs().get(0).id();
        assertThat(next).isNotEqualTo(id);
        while (flink.checkpoint(next).isEmpty()) {
          TimeUnit.MILLISECONDS.sleep(200);
        }
        lines.poll(Duration.ofSeconds(1)).forEach(line -> decisions.add(line.text()));
        assertThat(decisions).doesNotHaveDuplicates();
      }
      assertThat(fine("cluster", "status", dir)).contains("job shop: running, ");
      fine("cluster", "savepoint", "shop", dir, "--stop");
      String said = flinkRun(cluster, "-p", "1", cluster.jobJar().toString(), job.toString());
      assertThat(said).contains("shop is job ");
      while (!cluster.flink().jobs().get(0).runsWholly()) {
        TimeUnit.MILLISECONDS.sleep(200);
      }
      assertThat(fine("cluster", "stop", dir))
          .contains("shop stopped; to go on: --from-savepoint file:")
          .contains("ended: taskmanager-1, jobmanager-1, redis, kafka");
      assertThat(cluster.parts()).noneMatch(Part::runs);
      assertThat(fine("cluster", "stop", dir)).isEqualTo("nothing ran\n");
    } finally {
      beckon("cluster", "stop", dir, "--now");
    }
  }

  /** What a process tells Prometheus. */
  private static String metrics(LocalCluster cluster, String name) throws Exception {
    Part part =
        cluster.parts().stream().filter(it -> it.name().equals(name)).findAny().orElseThrow();
    String address = LocalCluster.HOST + ":" + part.metrics().orElseThrow();
    assertThat(Files.readString(cluster.folder().resolve("conf").resolve("metrics-targets.json")))
        .contains('"' + address + '"');
    try (InputStream page = URI.create("http://" + address + "/metrics").toURL().openStream()) {
      return new String(page.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** {@code flink run -d}: a process with the libraries of Flink, and none of ours. */
  private static String flinkRun(LocalCluster cluster, String... args) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/java.util=ALL-UNNAMED",
                "-cp",
                new Libraries(Path.of("")).flink(),
                "org.apache.flink.client.cli.CliFrontend",
                "run",
                "-d",
                "-m",
                LocalCluster.HOST + ":" + cluster.flink().port()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("FLINK_CONF_DIR", cluster.folder().resolve("conf").toString());
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  private static String[] with(String[] some, String more) {
    return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
  }

  private static Path job(Path folder, String servers) throws Exception {
    Path retail = Path.of("jobs", "retail");
    try (Stream<Path> files = Files.walk(retail)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".yaml")).toList()) {
        Path copy = folder.resolve(retail.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
    Files.writeString(
        folder.resolve("job.yaml"),
        """
        apiVersion: beckon/v1
        kind: Job
        id: shop
        time: {lateness: 10s, order: settled, clock: replay, quiet_after: 400d}
        sources: {events: {topic: shop.events}}
        kafka: {bootstrap_servers: "%s", create_topics: false}
        """
            .formatted(servers));
    return folder;
  }
}
