// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Flink's REST interface: what runs, and savepoints of it. Asks whichever JobManager answers. */
public final class FlinkRest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration SAVEPOINT = Duration.ofMinutes(2);
  private static final long TICK_MS = 200;

  private final List<Integer> ports;
  private final JsonMapper json = JsonMapper.shared();
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  /** Flink on these ports of this machine. */
  FlinkRest(List<Integer> ports) {
    this.ports = List.copyOf(ports);
  }

  /**
   * A job.
   *
   * @param id Flink's
   * @param state Flink's: {@code RUNNING}, {@code RESTARTING}, {@code FINISHED} and so on
   * @param begun when it was submitted
   * @param running how many of its tasks run
   * @param tasks how many there are
   */
  public record Job(String id, String name, String state, Instant begun, int running, int tasks) {
    public Job {
      Objects.requireNonNull(id);
      Objects.requireNonNull(name);
      Objects.requireNonNull(state);
      Objects.requireNonNull(begun);
    }

    /** Whether it has not ended, for better or worse. */
    public boolean isThere() {
      return !List.of("FINISHED", "CANCELED", "FAILED").contains(state);
    }

    /** Whether all of it works. */
    public boolean runsWholly() {
      return state.equals("RUNNING") && running == tasks;
    }
  }

  /**
   * A job's last checkpoint that was completed.
   *
   * @param number grows
   * @param begun when it was triggered
   */
  public record Checkpoint(long number, Instant begun, Instant completed, long bytes) {
    public Checkpoint {
      Objects.requireNonNull(begun);
      Objects.requireNonNull(completed);
    }
  }

  /** Whether a JobManager answers, and a leader is there. */
  public boolean answers() {
    return taskManagers() >= 0;
  }

  /** The port of a JobManager that answers. */
  public int port() throws ClusterRefusal {
    for (int port : ports) {
      if (new FlinkRest(List.of(port)).answers()) {
        return port;
      }
    }
    throw notThere();
  }

  /** How many TaskManagers have registered; -1 if nobody answers. */
  public int taskManagers() {
    try {
      return get("/overview").path("taskmanagers").asInt(-1);
    } catch (IOException e) {
      return -1;
    }
  }

  /** All jobs that it knows, the newest first. */
  public List<Job> jobs() throws ClusterRefusal {
    List<Job> jobs = new ArrayList<>();
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      jobs.add(
          new Job(
              job.path("jid").asString(""),
              job.path("name").asString(""),
              job.path("state").asString(""),
              Instant.ofEpochMilli(job.path("start-time").asLong(0)),
              job.path("tasks").path("running").asInt(0),
              job.path("tasks").path("total").asInt(0)));
    }
    jobs.sort((one, other) -> other.begun().compareTo(one.begun()));
    return jobs;
  }

  /** The job's last completed checkpoint. */
  public Optional<Checkpoint> checkpoint(String job) throws ClusterRefusal {
    JsonNode last = get("/jobs/" + job + "/checkpoints").path("latest").path("completed");
    return last.isObject()
        ? Optional.of(
            new Checkpoint(
                last.path("id").asLong(0),
                Instant.ofEpochMilli(last.path("trigger_timestamp").asLong(0)),
                Instant.ofEpochMilli(last.path("latest_ack_timestamp").asLong(0)),
                last.path("state_size").asLong(0)))
        : Optional.empty();
  }

  /** How often the job has been set back to a checkpoint, since its JobManager leads. */
  public long restored(String job) throws ClusterRefusal {
    return get("/jobs/" + job + "/checkpoints").path("counts").path("restored").asLong(0);
  }

  /** Why the job was last restarted, in one line; empty if it was not. */
  public Optional<String> lastFailure(String job) throws ClusterRefusal {
    JsonNode first =
        get("/jobs/" + job + "/exceptions?maxExceptions=1")
            .path("exceptionHistory")
            .path("entries")
            .path(0);
    String text = first.path("stacktrace").asString("");
    Optional<String> cause =
        text.lines().filter(line -> line.startsWith("Caused by: ")).reduce((a, b) -> b);
    return cause.or(() -> text.lines().findFirst()).filter(line -> !line.isBlank());
  }

  /**
   * Makes a savepoint.
   *
   * @param stop whether the job stops there, with everything decided so far committed
   * @return where it is
   * @throws ClusterRefusal if there is none
   */
  public String savepoint(String job, String folder, boolean stop)
      throws ClusterRefusal, InterruptedException {
    long deadline = System.nanoTime() + SAVEPOINT.toNanos();
    String body =
        stop
            ? "{\"targetDirectory\":%s,\"drain\":false,\"formatType\":\"CANONICAL\"}"
            : "{\"target-directory\":%s,\"cancel-job\":false,\"formatType\":\"CANONICAL\"}";
    String why = "it takes too long";
    while (System.nanoTime() < deadline) {
      String request =
          post("/jobs/" + job + (stop ? "/stop" : "/savepoints"), body.formatted(quoted(folder)))
              .path("request-id")
              .asString("");
      JsonNode answer = get("/jobs/" + job + "/savepoints/" + request);
      while (!answer.path("status").path("id").asString("").equals("COMPLETED")
          && System.nanoTime() < deadline) {
        TimeUnit.MILLISECONDS.sleep(TICK_MS);
        answer = get("/jobs/" + job + "/savepoints/" + request);
      }
      String location = answer.path("operation").path("location").asString("");
      if (!location.isEmpty()) {
        if (stop) {
          awaitEnd(job, deadline);
        }
        return location;
      }
      String failure =
          answer
              .path("operation")
              .path("failure-cause")
              .path("stack-trace")
              .asString("it takes too long");
      why =
          failure
              .lines()
              .filter(line -> line.startsWith("Caused by: "))
              .reduce((a, b) -> b)
              .or(() -> failure.lines().findFirst())
              .orElse(why);
      if (!failure.contains("Not all required tasks are currently running")) {
        break;
      }
      TimeUnit.MILLISECONDS.sleep(TICK_MS);
    }
    throw new ClusterRefusal("no savepoint could be made: " + why);
  }

  private void awaitEnd(String job, long deadline) throws ClusterRefusal, InterruptedException {
    while (System.nanoTime() < deadline) {
      String state = get("/jobs/" + job).path("state").asString("");
      if (List.of("FINISHED", "CANCELED", "FAILED").contains(state)) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(TICK_MS);
    }
    throw new ClusterRefusal("the job does not end");
  }

  private String quoted(String text) {
    return json.writeValueAsString(text);
  }

  private JsonNode get(String path) throws ClusterRefusal {
    return ask(HttpRequest.newBuilder().GET(), path);
  }

  private JsonNode post(String path, String body) throws ClusterRefusal {
    return ask(
        HttpRequest.newBuilder()
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)),
        path);
  }

  private JsonNode ask(HttpRequest.Builder request, String path) throws ClusterRefusal {
    Optional<ClusterRefusal> refused = Optional.empty();
    for (int port : ports) {
      URI uri = URI.create("http://" + LocalCluster.HOST + ":" + port + path);
      try {
        HttpResponse<String> answer =
            client.send(
                request.uri(uri).timeout(PATIENCE).build(), HttpResponse.BodyHandlers.ofString());
        JsonNode read = json.readTree(answer.body());
        if (answer.statusCode() < 400) {
          return read;
        }
        refused =
            Optional.of(
                new ClusterRefusal(
                    "Flink: "
                        + read.path("errors")
                            .path(0)
                            .asString("")
                            .lines()
                            .findFirst()
                            .orElse("status " + answer.statusCode())));
      } catch (IOException | JacksonException nobody) {
        // The other one may answer; who has refused before has still refused.
        refused = refused.or(() -> Optional.of(notThere()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ClusterRefusal("interrupted", e);
      }
    }
    throw refused.orElseGet(this::notThere);
  }

  private ClusterRefusal notThere() {
    return new ClusterRefusal("no JobManager answers on this machine at port " + ports);
  }
}
