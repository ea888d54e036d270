// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.beckon.cli.Beckon;
import io.beckon.metrics.RealPrometheus;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Whoever is on call is woken when a TaskManager dies, and told when it is back: a real cluster,
 * Prometheus with the rules as they are shipped, and Alertmanager. Only their times are shortened.
 */
@Tag("packaged")
class AlertTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final JsonMapper JSON = JsonMapper.shared();

  /** What Alertmanager tells: one alert, once it fires, and once it is resolved. */
  private record Told(String alert, String instance, String status, String runbook) {}

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void aTaskManagerThatDiesWakesSomebodyAndItsReturnIsTold(@TempDir Path folder) throws Exception {
    Optional<Path> manager = RealPrometheus.onPath("prometheus-alertmanager", "alertmanager");
    Assumptions.assumeTrue(RealPrometheus.isInstalled(), RealPrometheus.MISSING);
    Assumptions.assumeTrue(
        manager.isPresent(), "needs Alertmanager: the package prometheus-alertmanager");
    String dir = "--dir=" + folder.resolve("cluster");
    String[] start = {
      "cluster",
      "start",
      dir,
      "--task-managers=2",
      "--slots=1",
      "--without-kafka",
      "--without-redis",
      "--metrics-port=0",
      "--rest-port=0"
    };
    BlockingQueue<Told> told = new LinkedBlockingQueue<>();
    HttpServer pager = pager(told);
    int port = RealPrometheus.freePort();
    Process alertmanager = alertmanager(manager.orElseThrow(), folder, port, pager);
    try {
      fine(start);
      LocalCluster cluster =
          LocalCluster.open(folder.resolve("cluster"), new Libraries(Path.of("")));
      List<String> targets =
          cluster.parts().stream()
              .flatMap(part -> part.metrics().stream().mapToObj(at -> LocalCluster.HOST + ":" + at))
              .toList();
      assertThat(targets).hasSize(3);
      try (RealPrometheus prometheus =
          RealPrometheus.start(
              folder.resolve("prometheus"),
              targets,
              List.of(rules(folder)),
              List.of("127.0.0.1:" + port))) {
        while (prometheus.at("sum(up{job=\"beckon\"}) == 3", Instant.now()).isEmpty()) {
          TimeUnit.MILLISECONDS.sleep(200);
        }
        cluster.kill("taskmanager-2");

        Told fires = next(told, "BeckonProcessDown");
        assertThat(fires.status()).isEqualTo("firing");
        assertThat(targets).contains(fires.instance());
        assertThat(fires.runbook()).isEqualTo("docs/operating.md#alert-process-down");
        assertThat(answers(fires.instance())).as("it is the one that was killed").isFalse();

        fine(start);
        Told resolved = next(told, "BeckonProcessDown");
        assertThat(resolved)
            .isEqualTo(new Told(fires.alert(), fires.instance(), "resolved", fires.runbook()));
        assertThat(answers(fires.instance())).isTrue();
      }
    } finally {
      Beckon.execute(
          new PrintWriter(new StringWriter()),
          new PrintWriter(new StringWriter()),
          "cluster",
          "stop",
          "--now",
          dir);
      alertmanager.destroyForcibly();
      pager.stop(0);
    }
  }

  /** The rules as they are shipped, on a clock of seconds. */
  private static Path rules(Path folder) throws IOException {
    String shipped = Files.readString(Path.of("deploy", "prometheus", "beckon.rules.yml"));
    String hurried = shipped.replaceAll("(?m)^( +for:) \\S+$", "$1 2s");
    assertThat(hurried).isNotEqualTo(shipped);
    return Files.writeString(folder.resolve("beckon.rules.yml"), hurried);
  }

  /** Whoever is on call. */
  private static HttpServer pager(BlockingQueue<Told> told) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          for (JsonNode alert : JSON.readTree(exchange.getRequestBody()).path("alerts")) {
            told.add(
                new Told(
                    alert.path("labels").path("alertname").asString(),
                    alert.path("labels").path("instance").asString(""),
                    alert.path("status").asString(),
                    alert.path("annotations").path("runbook").asString("")));
          }
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static Process alertmanager(Path program, Path folder, int port, HttpServer pager)
      throws IOException {
    Path config =
        Files.writeString(
            folder.resolve("alertmanager.yml"),
            """
            route: {receiver: pager, group_by: [alertname, instance], group_wait: 1s, group_interval: 1s}
            receivers:
              - name: pager
                webhook_configs: [{url: "http://127.0.0.1:%d/", send_resolved: true}]
            """
                .formatted(pager.getAddress().getPort()));
    return new ProcessBuilder(
            program.toString(),
            "--config.file=" + config,
            "--storage.path=" + folder.resolve("alertmanager"),
            "--web.listen-address=127.0.0.1:" + port,
            "--cluster.listen-address=")
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("alertmanager.log").toFile())
        .start();
  }

  /** The next that is told of it; others, such as of a cluster that has no job, are passed over. */
  private static Told next(BlockingQueue<Told> told, String alert) throws InterruptedException {
    long endNs = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Told next = told.poll(endNs - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (next == null) {
        throw new AssertionError("nothing was told of " + alert);
      }
      if (next.alert().equals(alert)) {
        return next;
      }
    }
  }

  private static boolean answers(String target) throws InterruptedException {
    try {
      return HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create("http://" + target + "/metrics")).build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private static void fine(String... args) {
    StringWriter err = new StringWriter();
    int code = Beckon.execute(new PrintWriter(new StringWriter()), new PrintWriter(err), args);
    assertThat(code).as("%s%n%s", String.join(" ", args), err).isZero();
  }
}
