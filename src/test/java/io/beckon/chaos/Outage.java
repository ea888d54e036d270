// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.chaos;

import io.beckon.cluster.ClusterSettings;
import io.beckon.cluster.FlinkRest;
import io.beckon.cluster.Libraries;
import io.beckon.cluster.LocalCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A job that was away for six hours, and what it finds: very many deadlines, all overdue. Users
 * have looked at something; who buys nothing for six hours is asked back, unless that would come
 * more than an hour late. All of Flink is killed when every look is in a checkpoint, and before the
 * first deadline. While it is away some buy. When it goes on, nine in ten of the others are beyond
 * asking, and one in ten is not.
 *
 * <p>Event times are hours ago, so that nobody has to wait for hours.
 */
final class Outage {
  private static final Duration AWAY = Duration.ofHours(6);
  private static final Duration WAITS = Duration.ofHours(6);
  private static final Duration STALE_FOR = Duration.ofMinutes(270);
  private static final Duration FRESH_BEFORE = Duration.ofMinutes(10);
  private static final Duration FRESH_FOR = Duration.ofMinutes(9);
  private static final int PARTITIONS = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Duration LONGEST_CHECKPOINT = Duration.ofSeconds(30);
  private static final long TICK_MS = 200;
  private static final String TOPIC = "outage.events";
  private static final Pattern DECISION =
      Pattern.compile(
          "\"user\":\"u(\\d+)\".*?\"moment_time\":\"([^\"]+)\".*?\"reason\":\"(\\w+)\"");
  private static final Pattern USER = Pattern.compile("\"user\":\"u(\\d+)\"");

  private static final Map<String, String> DEFINITIONS =
      Map.of(
          "events.yaml",
          """
          apiVersion: beckon/v1
          kind: Events
          events:
            product_view: {item_id: string}
            purchase: {item_id: string}
          """,
          "triggers/come-back.yaml",
          """
          apiVersion: beckon/v1
          kind: Trigger
          id: come-back
          version: 1
          when: {absence: {after: {event: product_view}, of: {event: purchase}, for: 6h}}
          expires_in: 1h
          then: {message: {channel: push, template: come-back}}
          """);
  private static final String JOB =
      """
      apiVersion: beckon/v1
      kind: Job
      id: outage
      time: {lateness: 10s, quiet_after: 400d}
      sources: {events: {topic: outage.events}}
      kafka: {bootstrap_servers: "%s", create_topics: true}
      state: {backend: rocksdb}
      """;

  private final Path folder;
  private final int users;
  private final Consumer<String> tell;
  private final long nowMs = System.currentTimeMillis();

  /**
   * A run.
   *
   * @param folder empty; gets the cluster and all results
   * @param tell hears what is going on, a line each
   */
  Outage(Path folder, int users, Consumer<String> tell) {
    this.folder = folder;
    this.users = users;
    this.tell = tell;
  }

  /**
   * What came of it.
   *
   * @param table for people, Markdown
   * @param complaints whatever is wrong; empty if nothing is
   */
  record Verdict(String table, List<String> complaints) {
    Verdict {
      complaints = List.copyOf(complaints);
    }
  }

  private int stale() {
    return users / 10 * 9;
  }

  /** When it is to be said that the user has bought nothing. */
  private long dueMs(int user) {
    return user < stale()
        ? nowMs - AWAY.toMillis() + user * STALE_FOR.toMillis() / stale()
        : nowMs
            - FRESH_BEFORE.toMillis()
            + (user - stale()) * FRESH_FOR.toMillis() / (users - stale());
  }

  private static boolean buys(int user) {
    return user % 10 == 3;
  }

  /** Runs. */
  Verdict run() throws Exception {
    Files.createDirectories(folder);
    LocalCluster cluster =
        LocalCluster.of(
            folder.resolve("cluster"),
            new ClusterSettings(
                2,
                1,
                false,
                0,
                Optional.of(0),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of()),
            new Libraries(Path.of("")));
    Thread end = new Thread(() -> Chaos.stop(cluster));
    Runtime.getRuntime().addShutdownHook(end);
    try {
      cluster.start(tell);
      return run(cluster);
    } finally {
      Chaos.stop(cluster);
      Runtime.getRuntime().removeShutdownHook(end);
    }
  }

  private Verdict run(LocalCluster cluster) throws Exception {
    String servers = cluster.kafka().orElseThrow();
    Path job = Files.createDirectories(folder.resolve("job"));
    for (Map.Entry<String, String> definition : DEFINITIONS.entrySet()) {
      Path file = job.resolve(definition.getKey());
      Files.createDirectories(file.getParent());
      Files.writeString(file, definition.getValue());
    }
    Files.writeString(job.resolve("job.yaml"), JOB.formatted(servers));
    try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers))) {
      admin
          .createTopics(List.of(new NewTopic(TOPIC, Optional.of(PARTITIONS), Optional.empty())))
          .all()
          .get(1, TimeUnit.MINUTES);
      submit(cluster, job);
      tell.accept(String.format(Locale.ROOT, "%,d users look", users));
      send(servers, false);
      awaitRead(admin);
      FlinkRest flink = cluster.flink();
      String before = flink.jobs().get(0).id();
      List<String> processes = flinkProcesses(cluster);
      tell.accept("killing " + String.join(", ", processes));
      for (String process : processes) {
        cluster.kill(process);
      }
      send(servers, true);
      String checkpoint = newestCheckpoint(cluster.checkpoints().resolve(before));
      try (Seen seen = new Seen(servers, List.of("outage.decisions", "outage.commands"), folder)) {
        long began = System.nanoTime();
        cluster.start(tell);
        submit(cluster, job, "--from-savepoint=" + checkpoint);
        return drained(cluster, seen, began);
      }
    }
  }

  private static List<String> flinkProcesses(LocalCluster cluster) {
    return cluster.parts().stream()
        .map(part -> part.name())
        .filter(name -> name.contains("manager-"))
        .toList();
  }

  private static void submit(LocalCluster cluster, Path job, String... more) {
    List<String> words = new ArrayList<>(List.of("cluster", "submit", job.toString()));
    words.addAll(
        List.of("--dir", cluster.folder().toString(), "--parallelism=2", "--checkpoint-every=2s"));
    words.addAll(List.of(more));
    Chaos.beckon(words.toArray(String[]::new));
  }

  /** Everybody's looks; or what comes while the job is away, and tells how late it is. */
  private void send(String servers, boolean away) throws IOException {
    Queue<Exception> failures = new ConcurrentLinkedQueue<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                servers,
                ProducerConfig.LINGER_MS_CONFIG,
                20,
                ProducerConfig.BATCH_SIZE_CONFIG,
                1 << 17),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int user = 0; user < users; user++) {
        if (!away || buys(user)) {
          long timeMs = dueMs(user) - (away ? 30_000 : WAITS.toMillis());
          byte[] key = ("u" + user).getBytes(StandardCharsets.UTF_8);
          send(
              producer,
              new ProducerRecord<>(
                  TOPIC, key, event(away ? "purchase" : "product_view", "u" + user, timeMs)),
              failures);
        }
      }
      for (int partition = 0; away && partition < PARTITIONS; partition++) {
        byte[] body = event("product_view", Feed.NOBODY, System.currentTimeMillis());
        send(producer, new ProducerRecord<>(TOPIC, partition, null, body), failures);
      }
      producer.flush();
    }
    Exception failed = failures.poll();
    if (failed != null) {
      throw new IOException("the events could not be written", failed);
    }
  }

  private static byte[] event(String type, String user, long timeMs) {
    return """
    {"id":"%s-%d","type":"%s","user":"%s","time":"%s","attributes":{"item_id":"i1"}}"""
        .formatted(user, timeMs, type, user, Instant.ofEpochMilli(timeMs))
        .getBytes(StandardCharsets.UTF_8);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // The callback hears of it.
  private static void send(
      KafkaProducer<byte[], byte[]> producer,
      ProducerRecord<byte[], byte[]> record,
      Queue<Exception> failures) {
    producer.send(
        record,
        (sent, failed) -> {
          if (failed != null) {
            failures.add(failed);
          }
        });
  }

  /** Waits until a checkpoint holds all that the topic does: then the group has come so far. */
  private static void awaitRead(Admin admin) throws Exception {
    Map<TopicPartition, OffsetSpec> all = new HashMap<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      all.put(new TopicPartition(TOPIC, partition), OffsetSpec.latest());
    }
    Map<TopicPartition, Long> ends = new HashMap<>();
    admin
        .listOffsets(all)
        .all()
        .get()
        .forEach((partition, end) -> ends.put(partition, end.offset()));
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      Map<TopicPartition, Long> come = new HashMap<>();
      admin
          .listConsumerGroupOffsets("outage")
          .partitionsToOffsetAndMetadata()
          .get()
          .forEach((partition, offset) -> come.put(partition, offset.offset()));
      if (come.equals(ends)) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(TICK_MS);
    }
    throw new IOException("the job does not read all events");
  }

  private static String newestCheckpoint(Path ofJob) throws IOException {
    try (Stream<Path> found = Files.list(ofJob)) {
      return found
          .filter(each -> each.getFileName().toString().startsWith("chk-"))
          .filter(each -> Files.exists(each.resolve("_metadata")))
          .max(
              Comparator.comparingLong(
                  each -> Long.parseLong(each.getFileName().toString().substring("chk-".length()))))
          .orElseThrow(() -> new IOException("there is no checkpoint in " + ofJob))
          .toUri()
          .toString();
    }
  }

  // --- the verdict

  private Verdict drained(LocalCluster cluster, Seen seen, long beganNs) throws Exception {
    FlinkRest flink = cluster.flink();
    String id = flink.jobs().get(0).id();
    int wanted = users - buyers(0, users);
    Map<Long, Duration> checkpoints = new TreeMap<>();
    long runningNs = 0;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (seen.count("outage.decisions") < wanted) {
      if (System.nanoTime() > deadline) {
        throw new IOException(
            "only " + seen.count("outage.decisions") + " of " + wanted + " decisions came");
      }
      if (runningNs == 0 && flink.jobs().get(0).runsWholly()) {
        runningNs = System.nanoTime();
        tell.accept("the job goes on");
      }
      flink.checkpoint(id).ifPresent(each -> checkpoints.put(each.number(), took(each)));
      TimeUnit.MILLISECONDS.sleep(TICK_MS);
    }
    long endedNs = System.nanoTime();
    tell.accept("all is decided");
    // What can be read is in a checkpoint that was completed before.
    flink.checkpoint(id).ifPresent(each -> checkpoints.put(each.number(), took(each)));
    long restored = flink.restored(id);
    flink.savepoint(id, cluster.savepoints().toUri().toString(), true);
    // Whatever is still to come has time to.
    TimeUnit.SECONDS.sleep(2);
    List<String> complaints = new ArrayList<>();
    if (restored > 1) {
      complaints.add("the job was restarted " + (restored - 1) + " times meanwhile");
    }
    Duration longest =
        checkpoints.values().stream().max(Comparator.naturalOrder()).orElse(Duration.ZERO);
    if (longest.compareTo(LONGEST_CHECKPOINT) > 0) {
      complaints.add("a checkpoint took " + longest + " while deadlines were declared");
    }
    double drained = (endedNs - runningNs) / 1e9;
    // One every two seconds is asked for, and half of them after the first ten seconds.
    if (checkpoints.size() < (int) ((drained - 10) / 4)) {
      complaints.add("only " + checkpoints.size() + " checkpoints in " + drained + " s");
    }
    Map<String, Integer> reasons = decisions(seen, complaints);
    int commands = commands(seen, complaints);
    String table =
        String.format(
            Locale.ROOT,
            """
            | after an outage of six hours | |
            |---|---:|
            | deadlines overdue | %,d |
            | prevented by a purchase that was read first | %,d |
            | expired, and nothing sent | %,d |
            | still in time, and sent | %,d |
            | commands | %,d |
            | processes started, and the job restored from its checkpoint | %.1f s |
            | from then on until the last decision could be read | %.1f s |
            | deadlines a second | %,.0f |
            | checkpoints completed meanwhile | %d |
            | the longest of them | %.1f s |
            """,
            users,
            buyers(0, users),
            reasons.getOrDefault("EXPIRED", 0),
            reasons.getOrDefault("ISSUED", 0),
            commands,
            (runningNs - beganNs) / 1e9,
            drained,
            users / drained,
            checkpoints.size(),
            longest.toMillis() / 1000.0);
    return new Verdict(table, complaints);
  }

  private static Duration took(FlinkRest.Checkpoint checkpoint) {
    return Duration.between(checkpoint.begun(), checkpoint.completed());
  }

  private static int buyers(int from, int to) {
    int buyers = 0;
    for (int user = from; user < to; user++) {
      buyers += buys(user) ? 1 : 0;
    }
    return buyers;
  }

  /**
   * Each user who did not buy has one decision, at the deadline's own time, for the right reason.
   */
  private Map<String, Integer> decisions(Seen seen, List<String> complaints) throws Exception {
    Map<String, Integer> reasons = new TreeMap<>();
    BitSet decided = new BitSet(users);
    Faults faults = new Faults("decisions", complaints);
    try (BufferedReader lines = Files.newBufferedReader(seen.end("outage.decisions"))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher read = DECISION.matcher(line);
        if (!read.find()) {
          faults.add("cannot be read: " + line);
          continue;
        }
        int user = Integer.parseInt(read.group(1));
        String reason = read.group(3);
        reasons.merge(reason, 1, Integer::sum);
        if (decided.get(user)) {
          faults.add("twice: " + line);
        }
        decided.set(user);
        if (buys(user)
            || !reason.equals(user < stale() ? "EXPIRED" : "ISSUED")
            || Instant.parse(read.group(2)).toEpochMilli() != dueMs(user)) {
          faults.add("wrong: " + line);
        }
      }
    }
    int missing = users - buyers(0, users) - decided.cardinality();
    if (missing > 0) {
      complaints.add(missing + " decisions are missing");
    }
    faults.end();
    return reasons;
  }

  /** Who could still be asked in time has one command, and nobody else has any. */
  private int commands(Seen seen, List<String> complaints) throws Exception {
    BitSet sent = new BitSet(users);
    Faults faults = new Faults("commands", complaints);
    try (BufferedReader lines = Files.newBufferedReader(seen.end("outage.commands"))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher read = USER.matcher(line);
        if (!read.find()) {
          faults.add("cannot be read: " + line);
          continue;
        }
        int user = Integer.parseInt(read.group(1));
        if (sent.get(user)) {
          faults.add("twice: " + line);
        }
        sent.set(user);
        if (buys(user) || user < stale()) {
          faults.add("stale: " + line);
        }
      }
    }
    int missing = users - stale() - buyers(stale(), users) - sent.cardinality();
    if (missing > 0) {
      complaints.add(missing + " commands are missing");
    }
    faults.end();
    return sent.cardinality();
  }

  /** Counts what is wrong, and shows the first of it. */
  private static final class Faults {
    private static final int SHOWN = 5;

    private final String of;
    private final List<String> complaints;
    private long count;

    Faults(String of, List<String> complaints) {
      this.of = of;
      this.complaints = complaints;
    }

    void add(String fault) {
      if (count++ < SHOWN) {
        complaints.add(fault);
      }
    }

    void end() {
      if (count > 0) {
        complaints.add(count + " " + of + " are wrong");
      }
    }
  }

  /** See {@code bin/chaos}. */
  public static void main(String[] args) throws Exception {
    Path folder = Path.of("target/chaos");
    int users = 1_000_000;
    for (int i = 0; i + 1 < args.length; i += 2) {
      switch (args[i]) {
        case "--outage" -> users = Integer.parseInt(args[i + 1]);
        case "--dir" -> folder = Path.of(args[i + 1]);
        default -> throw new IllegalArgumentException(args[i] + " says nothing of an outage");
      }
    }
    Instant began = Instant.now();
    Verdict verdict =
        new Outage(
                folder,
                users,
                line ->
                    System.out.printf(
                        "%6ds %s%n", Duration.between(began, Instant.now()).toSeconds(), line))
            .run();
    System.out.println();
    System.out.print(verdict.table());
    Files.writeString(folder.resolve("report.md"), verdict.table());
    verdict.complaints().forEach(System.out::println);
    System.out.println(verdict.complaints().isEmpty() ? "\npassed" : "\nFAILED");
    System.exit(verdict.complaints().isEmpty() ? 0 : 1);
  }
}
