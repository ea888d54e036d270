// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.Durations;
import io.beckon.engine.Engine;
import io.beckon.event.EventType;
import io.beckon.flink.LiveRun;
import io.beckon.kafka.CommittedLines;
import io.beckon.kafka.EventTopic;
import io.beckon.kafka.KafkaRefusal;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Outputs;
import io.beckon.language.SourceFile;
import io.beckon.plan.Plan;
import io.beckon.simulate.CanonicalEvents;
import io.beckon.simulate.SimulatedEvent;
import io.beckon.simulate.Simulation;
import io.beckon.wire.DeadLetterReason;
import io.beckon.wire.Experiments;
import io.beckon.wire.RunSummary;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The demo through a broker: the simulation writes to a topic, the job runs on it as any live job
 * does, and what is shown is read back from the job's topics as any other service would read it.
 */
final class KafkaDemo {
  /** Exactly-once results appear that often. */
  private static final Duration CHECKPOINT_EVERY = Duration.ofSeconds(1);

  /** What lines may lag behind the events for that. */
  static final long LAG_MS = 1_500;

  /** How often results are looked for. */
  private static final long LOOK_NS = 100_000_000L;

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** How long the job may take for what is on its way when the day ends. */
  private static final Duration ENDING = Duration.ofMinutes(2);

  /** Whose event moves time to the end. */
  private static final String NOBODY = "nobody";

  /** No event: the dead letter it becomes says that everything before it has been read. */
  private static final String END = "the end";

  private static final SimulatedEvent.Type LAST = SimulatedEvent.Type.PURCHASE;

  private final JobDefinition job;
  private final String folderName;
  private final List<SourceFile> definitions;
  private final String servers;
  private final String topic;
  private final BooleanSupplier brokerIsAlive;
  private final JsonMapper json = JsonMapper.shared();
  private final List<JsonNode> pending = new ArrayList<>();
  private long lookedNs = System.nanoTime();

  /**
   * A demo of the job in a folder.
   *
   * @param definitions its files; all but its {@code job.yaml} are used as they are
   * @param servers an empty broker
   */
  KafkaDemo(
      String folderName,
      List<SourceFile> definitions,
      JobDefinition job,
      String servers,
      BooleanSupplier brokerIsAlive) {
    this.folderName = folderName;
    this.servers = servers;
    this.brokerIsAlive = brokerIsAlive;
    this.topic = job.id() + ".events";
    String jobFile = folderName + "/job.yaml";
    List<SourceFile> files = new ArrayList<>();
    for (SourceFile file : definitions) {
      files.add(file.path().equals(jobFile) ? new SourceFile(jobFile, onTopics(job)) : file);
    }
    this.definitions = List.copyOf(files);
    this.job = Definitions.load(folderName, files).job().orElseThrow();
  }

  /** The job with a topic of canonical records as its source, keeping time as before. */
  private String onTopics(JobDefinition job) {
    return """
    apiVersion: beckon/v1
    kind: Job
    id: %s
    time: {lateness: %s, dedupe: %s, order: %s, clock: replay, quiet_after: 400d}
    sources: {events: {topic: %s}}
    kafka: {bootstrap_servers: "%s", create_topics: true}
    state: {backend: heap}
    """
        .formatted(
            job.id(),
            Durations.format(job.time().latenessMs()),
            Durations.format(job.time().dedupeMs()),
            job.time().order().name().toLowerCase(Locale.ROOT),
            topic,
            servers);
  }

  private Outputs outputs() {
    return job.live().orElseThrow().outputs();
  }

  /** The job as it runs here. */
  JobDefinition job() {
    return job;
  }

  /** The topics, for people. */
  String route() {
    return topic + " → Beckon → " + outputs().decisions() + ", " + outputs().commands();
  }

  /**
   * Starts the job, which then waits for events.
   *
   * @param work gets checkpoints
   * @param results gets what the job writes to its topics, and {@code summary.json}
   * @throws KafkaRefusal if the broker does not do; one line for the user
   */
  Started start(Path work, Path results) throws IOException {
    LiveRun.Request request =
        new LiveRun.Request(
            folderName,
            definitions,
            1,
            Files.createDirectories(work.resolve("checkpoints")),
            CHECKPOINT_EVERY,
            Optional.empty(),
            Map.of());
    Deque<Closeable> open = new ArrayDeque<>();
    boolean started = false;
    try {
      BacktestFiles files = BacktestFiles.create(results);
      open.push(files::close);
      LiveRun run = LiveRun.start(request);
      open.push(run::close);
      EventTopic events =
          EventTopic.open(new EventTopic.Target(servers, topic, false, Map.of()), PATIENCE);
      open.push(events::close);
      CommittedLines lines = CommittedLines.open(servers, job.outputTopics());
      open.push(lines::close);
      started = true;
      return new Started(run, events, lines, files, open);
    } finally {
      if (!started) {
        closeAll(open);
      }
    }
  }

  private static void closeAll(Deque<Closeable> open) throws IOException {
    if (open.isEmpty()) {
      return;
    }
    // Whoever is interrupted still has to end things in an orderly way.
    boolean interrupted = Thread.interrupted();
    try {
      open.pop().close();
    } finally {
      closeAll(open);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A job that waits for the day's events. */
  final class Started implements AutoCloseable {
    private final LiveRun run;
    private final EventTopic events;
    private final CommittedLines lines;
    private final BacktestFiles files;
    private final Deque<Closeable> open;
    private final Engine engine = new Engine(Plan.compile(job));
    private final CanonicalEvents records = new CanonicalEvents();
    private final BitSet users = new BitSet();
    private long firstMs = Long.MAX_VALUE;
    private long newestMs = Long.MIN_VALUE;
    private boolean ended;

    private Started(
        LiveRun run,
        EventTopic events,
        CommittedLines lines,
        BacktestFiles files,
        Deque<Closeable> open) {
      this.run = run;
      this.events = events;
      this.lines = lines;
      this.files = files;
      this.open = open;
    }

    /**
     * Runs and shows the whole day.
     *
     * @throws KafkaRefusal if the broker or the job fails; one line for the user
     */
    void run(Simulation simulation, DemoView view) throws IOException {
      long startNs = System.nanoTime();
      try {
        simulation.run(event -> take(event, view));
        Map<String, Long> counters = end(view);
        RunSummary.Times times = times();
        Experiments experiments =
            Experiments.read(job, files.written(BacktestFiles.Lines.OUTCOMES), times.watermarkMs());
        files.publish(
            RunSummary.json(job, counters, times, experiments, System.nanoTime() - startNs));
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
    }

    @Override
    public void close() throws IOException {
      closeAll(open);
    }

    private void take(SimulatedEvent event, DemoView view) throws IOException {
      view.read(event.toldMs(), () -> look(view));
      events.write(records.key(event), records.record(event));
      firstMs = Math.min(firstMs, event.toldMs());
      newestMs = Math.max(newestMs, event.toldMs());
      if (isListenedTo(event.type())) {
        users.set(event.user());
      }
      look(view);
    }

    private boolean isListenedTo(SimulatedEvent.Type type) {
      Optional<EventType> known = job.catalogue().type(type.canonical());
      return known.isPresent() && engine.listensTo(known.get());
    }

    private RunSummary.Times times() {
      OptionalLong newest =
          newestMs == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(newestMs);
      return new RunSummary.Times(
          newest.isEmpty() ? newest : OptionalLong.of(firstMs), newest, newest);
    }

    /** Shows what has come, if it is time to look again. */
    private void look(DemoView view) {
      if (System.nanoTime() - lookedNs >= LOOK_NS) {
        try {
          read(Duration.ZERO, view);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }

    private void read(Duration atMost, DemoView view) throws IOException {
      if (!brokerIsAlive.getAsBoolean()) {
        throw KafkaRefusal.of("the Kafka broker has ended before the demo has");
      }
      if (Thread.currentThread().isInterrupted()) {
        throw KafkaRefusal.of("interrupted");
      }
      List<CommittedLines.Line> read = lines.poll(atMost);
      lookedNs = System.nanoTime();
      for (CommittedLines.Line line : read) {
        take(line);
      }
      if (read.isEmpty()) {
        // All of a checkpoint is here, from both topics.
        show(view);
      }
    }

    private void take(CommittedLines.Line line) throws IOException {
      JsonNode parsed = json.readTree(line.text());
      if (parsed.path("user").asString("").equals(NOBODY)) {
        return;
      }
      Outputs outputs = outputs();
      if (line.topic().equals(outputs.decisions())) {
        files.write(BacktestFiles.Lines.DECISIONS, utf8(line.text()));
        pending.add(parsed);
      } else if (line.topic().equals(outputs.commands())) {
        files.write(BacktestFiles.Lines.COMMANDS, utf8(line.text()));
        pending.add(parsed);
      } else if (line.topic().equals(outputs.outcomes())) {
        files.write(BacktestFiles.Lines.OUTCOMES, utf8(line.text()));
      } else if (line.topic().equals(outputs.late())) {
        files.write(BacktestFiles.Lines.LATE, utf8(line.text()));
      } else if (parsed.path("raw").asString("").equals(END)) {
        ended = true;
      } else {
        files.write(BacktestFiles.Lines.DEAD_LETTERS, utf8(line.text()));
      }
    }

    private void show(DemoView view) {
      pending.sort(
          Comparator.comparing((JsonNode line) -> line.path("decision_time").asString(""))
              .thenComparing(line -> line.path("user").asString(""))
              .thenComparing(line -> line.has("action")));
      for (JsonNode line : pending) {
        if (line.has("action")) {
          view.command(line);
        } else {
          view.decision(line);
        }
      }
      pending.clear();
    }

    /** Waits until all is decided and shown. */
    private Map<String, Long> end(DemoView view) throws IOException {
      boolean any = newestMs != Long.MIN_VALUE;
      if (any) {
        // Time comes to the newest event, as at the end of a file.
        String last =
            "{\"type\":\"%s\",\"user\":\"%s\",\"time\":\"%s\",\"attributes\":{\"item_id\":\"none\",\"total\":0}}"
                .formatted(
                    LAST.canonical(),
                    NOBODY,
                    Instant.ofEpochMilli(newestMs + job.time().latenessMs() + 1));
        events.write(utf8(NOBODY), utf8(last));
      }
      events.write(utf8(NOBODY), utf8(END));
      events.flush();
      long deadline = System.nanoTime() + ENDING.toNanos();
      while (!ended) {
        read(Duration.ofNanos(LOOK_NS), view);
        if (System.nanoTime() > deadline) {
          throw KafkaRefusal.of("the job does not come to the end of topic " + topic);
        }
      }
      Map<String, Long> counters = new HashMap<>(run.finish());
      while (!lines.isAtEnd()) {
        read(Duration.ofNanos(LOOK_NS), view);
      }
      show(view);
      counters.put(RunSummary.USERS, (long) users.cardinality());
      counters.merge(RunSummary.deadLetters(DeadLetterReason.BROKEN_RECORD), -1L, Long::sum);
      if (any) {
        counters.merge(RunSummary.READ, -1L, Long::sum);
        counters.merge(
            isListenedTo(LAST) ? RunSummary.ADMITTED : RunSummary.FILTERED, -1L, Long::sum);
      }
      return counters;
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
