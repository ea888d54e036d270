// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.metrics;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real Prometheus, on the loopback address, that scrapes as the job {@code beckon}. */
public final class RealPrometheus implements AutoCloseable {
  /** What to say where there is none. */
  public static final String MISSING =
      "prometheus is not on the PATH; Debian and Ubuntu have it: apt-get install prometheus";

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Process process;
  private final Path log;
  private final int port;

  private RealPrometheus(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.port = port;
  }

  /** Whether there is one to start. */
  public static boolean isInstalled() {
    return onPath("prometheus").isPresent();
  }

  /** The first of these programs that the path has. */
  public static Optional<Path> onPath(String... names) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .flatMap(folder -> Arrays.stream(names).map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** A loopback port that nobody listens at. */
  public static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  /**
   * Starts it.
   *
   * @param folder for what it keeps
   * @param targets what it scrapes every second, {@code host:port} each
   * @param rules files of rules, which it evaluates every second
   */
  public static RealPrometheus start(Path folder, List<String> targets, List<Path> rules)
      throws IOException {
    return start(folder, targets, rules, List.of());
  }

  /** The same, and it tells these Alertmanagers, {@code host:port} each, of what fires. */
  public static RealPrometheus start(
      Path folder, List<String> targets, List<Path> rules, List<String> alertmanagers)
      throws IOException {
    Files.createDirectories(folder);
    Path config = folder.resolve("prometheus.yml");
    Files.writeString(
        config,
        """
        global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
        rule_files: [%s]
        alerting: {alertmanagers: [{static_configs: [{targets: [%s]}]}]}
        scrape_configs:
          - job_name: beckon
            static_configs: [{targets: [%s]}]
        """
            .formatted(
                quoted(rules.stream().map(each -> each.toAbsolutePath().toString())),
                quoted(alertmanagers.stream()),
                quoted(targets.stream())));
    int port = freePort();
    Path log = folder.resolve("prometheus.log");
    Process process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    RealPrometheus started = new RealPrometheus(process, log, port);
    try {
      started.await();
    } catch (IOException e) {
      started.close();
      throw e;
    }
    return started;
  }

  private static String quoted(Stream<String> texts) {
    return texts.map(each -> '"' + each + '"').collect(Collectors.joining(", "));
  }

  private void await() throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        if (get("/-/ready").statusCode() == 200) {
          return;
        }
      } catch (IOException notYet) {
        // It says so in its log if it has ended.
      }
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new IOException("Prometheus does not start: " + Files.readString(log));
      }
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }
  }

  private HttpResponse<String> get(String path) throws IOException {
    try {
      return HTTP.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** What it answers, which is no error. */
  private JsonNode data(String path) throws IOException {
    HttpResponse<String> answer = get(path);
    if (answer.statusCode() != 200) {
      throw new IOException(path + ": " + answer.body());
    }
    return JsonMapper.shared().readTree(answer.body()).path("data");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** The result at an instant. */
  public JsonNode at(String query, Instant time) throws IOException {
    return data("/api/v1/query?query=" + encoded(query) + "&time=" + seconds(time)).path("result");
  }

  /** The result over a time. */
  public JsonNode over(String query, Instant from, Instant to, Duration step) throws IOException {
    return data("/api/v1/query_range?query="
            + encoded(query)
            + "&start="
            + seconds(from)
            + "&end="
            + seconds(to)
            + "&step="
            + step.toSeconds())
        .path("result");
  }

  /** All values of a label. */
  public Set<String> values(String label, String series) throws IOException {
    Set<String> values = new TreeSet<>();
    data("/api/v1/label/" + label + "/values?match[]=".replace("[]", "%5B%5D") + encoded(series))
        .forEach(value -> values.add(value.asString()));
    return values;
  }

  /** What is wrong with its rules, a line each. */
  public List<String> complaints() throws IOException {
    List<String> complaints = new ArrayList<>();
    for (JsonNode group : data("/api/v1/rules").path("groups")) {
      for (JsonNode rule : group.path("rules")) {
        if (rule.path("health").asString("").equals("err")) {
          complaints.add(rule.path("name").asString() + ": " + rule.path("lastError").asString(""));
        }
      }
    }
    return complaints;
  }

  private static String seconds(Instant time) {
    return "%d.%03d".formatted(time.getEpochSecond(), time.getNano() / 1_000_000);
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
