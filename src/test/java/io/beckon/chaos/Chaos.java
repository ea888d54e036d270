// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.chaos;

import io.beckon.cli.Beckon;
import io.beckon.cluster.ClusterSettings;
import io.beckon.cluster.FlinkRest;
import io.beckon.cluster.Libraries;
import io.beckon.cluster.LocalCluster;
import io.beckon.cluster.Part;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Does harm to a cluster that has load, again and again, and then holds what a reader has seen of
 * the job's results, committed records only, against what {@code beckon backtest} says about the
 * same events: nothing lost, nothing twice, nothing else.
 *
 * <p>A fault is over when all of the job's tasks run again, a checkpoint has been completed that
 * was begun after the fault, and a reader has seen something new after that. The next one comes up
 * to two seconds later, wherever the job is by then.
 */
final class Chaos {
  /** Set by {@code bin/chaos}: the network is this process' own, and may be cut. */
  private static final boolean OWN_NETWORK = "1".equals(System.getenv("BECKON_OWN_NETWORK"));

  private static final long LATENESS_MS = 10_000;
  private static final Duration BEYOND = Duration.ofDays(3);
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final long TICK_MS = 250;
  private static final int MOST_PAUSE_MS = 2_000;
  private static final int SHOWN = 5;
  private static final Map<String, String> KINDS =
      Map.of(
          "taskmanager",
          "TaskManager",
          "jobmanager",
          "JobManager",
          "zookeeper",
          "ZooKeeper",
          "kafka",
          "Kafka broker",
          "redis",
          "Redis");
  private static final List<String> RESULTS = List.of("decisions", "commands", "outcomes");

  private static final String JOB =
      """
      apiVersion: beckon/v1
      kind: Job
      id: shop
      time: {lateness: 10s, order: settled, clock: replay, quiet_after: 400d}
      sources: {events: {topic: shop.events}}
      kafka: {bootstrap_servers: "%s", create_topics: true}
      state: {backend: rocksdb}
      redis: {address: "%s"}
      gate:
        stop_if_exists: ["beckon:optout:{user}", "beckon:pause:{trigger}"]
        when_away: send
      """;

  private final Path folder;
  private final long seed;
  private final double perSecond;
  private final Consumer<String> tell;
  private final Random random;
  private final Map<Fault, List<Double>> recoveries = new EnumMap<>(Fault.class);
  private final Map<String, Ends> ends = new TreeMap<>();
  private final List<Double> ordinary = new ArrayList<>();
  private final List<Double> slow = new ArrayList<>();
  private Optional<Clocks> clocks = Optional.empty();

  /**
   * A run.
   *
   * @param folder empty; gets the cluster and everything that is compared
   * @param perSecond events a second
   * @param tell hears what is going on, a line each
   */
  Chaos(Path folder, long seed, double perSecond, Consumer<String> tell) {
    this.folder = folder;
    this.seed = seed;
    this.perSecond = perSecond;
    this.tell = tell;
    this.random = new Random(seed);
  }

  /** How often processes of one kind ended. */
  private static final class Ends {
    private int killed;
    private int restarted;
    private int gaveUp;
  }

  private Ends ends(String process) {
    return ends.computeIfAbsent(
        KINDS.getOrDefault(process.replaceAll("-.*", ""), process), kind -> new Ends());
  }

  /**
   * What came of it.
   *
   * @param table for people, Markdown
   * @param results how many lines there were to be of each
   * @param complaints whatever is wrong; empty if nothing is
   */
  record Verdict(String table, Map<String, Long> results, List<String> complaints) {
    Verdict {
      results = Map.copyOf(results);
      complaints = List.copyOf(complaints);
    }
  }

  /** Which faults this machine allows. */
  static List<Fault> possible() {
    return Stream.of(Fault.values())
        .filter(fault -> fault != Fault.NETWORK_CUT || OWN_NETWORK)
        .filter(fault -> fault != Fault.CHECKPOINTS_FULL || OWN_NETWORK)
        .filter(fault -> !fault.ofClocks() || Clocks.library().isPresent())
        .toList();
  }

  /**
   * So many faults, drawn by the seed and by how often each is to come.
   *
   * @param only these; all if empty
   */
  List<Fault> drawn(int count, Set<Fault> only) {
    List<Fault> possible =
        possible().stream().filter(fault -> only.isEmpty() || only.contains(fault)).toList();
    if (possible.isEmpty()) {
      throw new IllegalArgumentException("none of " + only + " is possible here");
    }
    List<Fault> urn = new ArrayList<>();
    for (Fault fault : possible) {
      for (int i = 0; i < fault.weight(); i++) {
        urn.add(fault);
      }
    }
    List<Fault> drawn = new ArrayList<>();
    // Each at least once, if there are enough of them.
    if (count >= possible.size()) {
      drawn.addAll(possible);
    }
    while (drawn.size() < count) {
      drawn.add(urn.get(random.nextInt(urn.size())));
    }
    Collections.shuffle(drawn, random);
    return drawn;
  }

  /**
   * Runs.
   *
   * @param faults in this order
   * @param until no fault begins later
   */
  Verdict run(List<Fault> faults, Instant until) throws Exception {
    Files.createDirectories(folder);
    Path place = folder.resolve("cluster").toAbsolutePath().normalize();
    Map<String, String> flink = new HashMap<>();
    Map<String, String> plugins = new HashMap<>();
    if (faults.contains(Fault.CHECKPOINTS_SLOW)) {
      SlowFiles.install(folder.resolve("plugins"));
      plugins.put("FLINK_PLUGINS_DIR", folder.resolve("plugins").toAbsolutePath().toString());
      flink.put("execution.checkpointing.dir", SlowFiles.uri(place.resolve("checkpoints")));
      flink.put(SlowFiles.setting(), slowFlag().toString());
    }
    if (faults.stream().anyMatch(Fault::ofClocks)) {
      clocks = Optional.of(new Clocks(folder.resolve("clocks")));
    }
    LocalCluster cluster =
        LocalCluster.of(
            place,
            new ClusterSettings(
                2,
                1,
                true,
                0,
                Optional.of(0),
                Optional.of(0),
                Optional.empty(),
                Optional.empty(),
                flink),
            new Libraries(Path.of("")),
            name -> {
              Map<String, String> environment = new HashMap<>(plugins);
              if (!name.equals("redis")) {
                clocks.ifPresent(set -> environment.putAll(set.environment(name)));
              }
              return environment;
            });
    Thread end = new Thread(() -> stop(cluster));
    Runtime.getRuntime().addShutdownHook(end);
    try {
      cluster.start(tell);
      if (faults.contains(Fault.CHECKPOINTS_FULL)) {
        shell("mount", "-t", "tmpfs", "-o", "size=256m", "beckon", made(cluster.checkpoints()));
      }
      return run(cluster, faults, until);
    } finally {
      stop(cluster);
      if (isMounted(cluster.checkpoints())) {
        shell("umount", "-l", cluster.checkpoints().toString());
      }
      Runtime.getRuntime().removeShutdownHook(end);
    }
  }

  private static String made(Path path) throws IOException {
    return Files.createDirectories(path).toString();
  }

  static void stop(LocalCluster cluster) {
    boolean interrupted = Thread.interrupted();
    try {
      cluster.stop();
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Verdict run(LocalCluster cluster, List<Fault> faults, Instant until) throws Exception {
    String servers = cluster.kafka().orElseThrow();
    Path job = job(servers, cluster.redis().orElseThrow());
    Path events = folder.resolve("events.jsonl");
    try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers))) {
      admin
          .createTopics(List.of(new NewTopic("shop.events", Optional.of(4), Optional.empty())))
          .all()
          .get(1, TimeUnit.MINUTES);
    }
    long began = System.nanoTime();
    try (Feed feed = new Feed(servers, "shop.events", perSecond, seed, LATENESS_MS, events)) {
      beckon(
          "cluster",
          "submit",
          job.toString(),
          "--dir",
          cluster.folder().toString(),
          "--parallelism=2",
          "--checkpoint-every=2s");
      try (Seen seen =
          new Seen(servers, RESULTS.stream().map(name -> "shop." + name).toList(), folder)) {
        feed.start();
        String id = cluster.flink().jobs().get(0).id();
        awaitRecovery(cluster, id, Instant.now());
        int done = 0;
        for (Fault fault : faults) {
          if (Instant.now().isAfter(until)) {
            tell.accept("the time is over after " + done + " faults of " + faults.size());
            break;
          }
          TimeUnit.MILLISECONDS.sleep(random.nextInt(MOST_PAUSE_MS));
          Instant struck = Instant.now();
          strike(cluster, id, fault);
          FlinkRest.Checkpoint first = awaitRecovery(cluster, id, struck);
          if (fault != Fault.CHECKPOINTS_SLOW) {
            ordinary.add(seconds(first));
          }
          double seconds = awaitReaders(seen, struck);
          recoveries.computeIfAbsent(fault, f -> new ArrayList<>()).add(seconds);
          tell.accept(
              String.format(
                  Locale.ROOT,
                  "%3d %s: recovered after %.1f s; %,d events, %,d decisions, %,d commands",
                  ++done,
                  fault.words(),
                  seconds,
                  feed.written(),
                  seen.count("shop.decisions"),
                  seen.count("shop.commands")));
        }
        long untilMs = feed.end(BEYOND.toMillis());
        return verdict(cluster, id, job, events, untilMs, feed, seen, began);
      }
    }
  }

  private Path job(String servers, String redis) throws IOException {
    Path job = folder.resolve("job");
    Path retail = Path.of("jobs", "retail");
    try (Stream<Path> files = Files.walk(retail)) {
      for (Path file : files.filter(each -> each.toString().endsWith(".yaml")).toList()) {
        Path copy = job.resolve(retail.relativize(file).toString());
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
    Files.writeString(job.resolve("job.yaml"), JOB.formatted(servers, redis));
    return job;
  }

  static String beckon(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Beckon.execute(new PrintWriter(out), new PrintWriter(err), args);
    if (code != 0) {
      throw new IllegalStateException(
          "beckon " + String.join(" ", args) + " ended with " + code + ": " + out + err);
    }
    return out.toString();
  }

  // --- faults

  private void strike(LocalCluster cluster, String job, Fault fault)
      throws IOException, InterruptedException {
    switch (fault) {
      case TASK_MANAGER_KILLED -> kill(cluster, any(named(cluster, "taskmanager-")));
      case TASK_MANAGERS_KILLED -> kill(cluster, named(cluster, "taskmanager-"));
      case LEADER_KILLED -> kill(cluster, List.of(leader(cluster)));
      case JOB_MANAGERS_KILLED -> kill(cluster, named(cluster, "jobmanager-", "zookeeper"));
      case BROKER_KILLED -> kill(cluster, List.of("kafka"));
      case BROKER_RESTARTED -> restart(cluster, "kafka", 0);
      case REDIS_KILLED -> {
        for (int times = 0; times < 3; times++) {
          kill(cluster, List.of("redis"));
          TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(1_000));
        }
      }
      case REDIS_RESTARTED -> restart(cluster, "redis", 5);
      case ALL_KILLED -> kill(cluster, named(cluster, ""));
      case TASK_MANAGER_STALLED -> {
        String name = any(named(cluster, "taskmanager-")).get(0);
        Optional<Long> pid = part(cluster, name).pid();
        if (pid.isPresent()) {
          signal("STOP", List.of(pid.get()));
          TimeUnit.SECONDS.sleep(14);
          signal("CONT", List.of(pid.get()));
        }
      }
      case CHECKPOINTS_GONE -> {
        Path there = cluster.checkpoints();
        if (isMounted(there)) {
          shell("mount", "-o", "remount,ro", there.toString());
          TimeUnit.SECONDS.sleep(6);
          shell("mount", "-o", "remount,rw", there.toString());
        } else {
          Path away = there.resolveSibling("checkpoints.away");
          Files.move(there, away);
          Files.writeString(there, "no folder");
          TimeUnit.SECONDS.sleep(6);
          Files.delete(there);
          Files.move(away, there);
        }
      }
      case CHECKPOINTS_FULL -> {
        Path filler = cluster.checkpoints().resolve("filler");
        try (OutputStream out = Files.newOutputStream(filler)) {
          while (true) {
            out.write(new byte[1 << 20]);
          }
        } catch (IOException full) {
          TimeUnit.SECONDS.sleep(6);
        }
        Files.deleteIfExists(filler);
      }
      case CHECKPOINTS_SLOW -> slow.add(seconds(slowCheckpoint(cluster, job)));
      case NETWORK_CUT -> {
        shell("ip", "link", "set", "lo", "down");
        TimeUnit.SECONDS.sleep(12);
        shell("ip", "link", "set", "lo", "up");
      }
      case TASK_MANAGER_CLOCK ->
          setClock(cluster, any(named(cluster, "taskmanager-")).get(0), Duration.ofHours(1));
      case JOB_MANAGER_CLOCK -> setClock(cluster, leader(cluster), Duration.ofSeconds(30));
      case BROKER_CLOCK -> setClock(cluster, "kafka", Duration.ofMinutes(4));
    }
  }

  private void restart(LocalCluster cluster, String name, int secondsAway)
      throws IOException, InterruptedException {
    cluster.stop(name);
    TimeUnit.SECONDS.sleep(secondsAway);
    cluster.start(name);
    ends(name).restarted++;
  }

  private Path slowFlag() {
    return folder.resolve("slow").toAbsolutePath();
  }

  /** The first checkpoint that is begun and made while storage is slow. */
  private FlinkRest.Checkpoint slowCheckpoint(LocalCluster cluster, String job)
      throws IOException, InterruptedException {
    Files.writeString(slowFlag(), "");
    try {
      return awaitRecovery(cluster, job, Instant.now());
    } finally {
      Files.delete(slowFlag());
    }
  }

  private static double seconds(FlinkRest.Checkpoint checkpoint) {
    return Duration.between(checkpoint.begun(), checkpoint.completed()).toMillis() / 1000.0;
  }

  /** Sets a process' clock ahead or back, and right again, and sees to it that it was. */
  private void setClock(LocalCluster cluster, String name, Duration by)
      throws IOException, InterruptedException {
    Clocks all = clocks.orElseThrow();
    Duration ahead = random.nextBoolean() ? by : by.negated();
    Optional<Long> pid = part(cluster, name).pid();
    all.set(name, ahead);
    try {
      if (pid.isPresent()) {
        Clocks.check(pid.get(), cluster.log(name), ahead);
      }
      TimeUnit.SECONDS.sleep(8);
    } finally {
      all.set(name, Duration.ZERO);
    }
  }

  private static boolean isMounted(Path folder) throws IOException {
    return Files.readString(Path.of("/proc/mounts")).contains(" " + folder + " ");
  }

  /** All at the same time; each is started again as soon as all have ended. */
  private void kill(LocalCluster cluster, List<String> names)
      throws IOException, InterruptedException {
    List<Long> pids = new ArrayList<>();
    for (String name : names) {
      part(cluster, name).pid().ifPresent(pids::add);
    }
    if (!pids.isEmpty()) {
      signal("KILL", pids);
    }
    for (String name : names) {
      cluster.kill(name);
    }
    for (String name : names) {
      cluster.start(name);
      ends(name).killed++;
    }
  }

  /** By the shell's own kill: a program of that name is not everywhere. */
  static void signal(String name, List<Long> pids) throws IOException, InterruptedException {
    String words = pids.stream().map(String::valueOf).collect(Collectors.joining(" "));
    shell("sh", "-c", "kill -" + name + " " + words);
  }

  private List<String> any(List<String> names) {
    return List.of(names.get(random.nextInt(names.size())));
  }

  private static List<String> named(LocalCluster cluster, String... prefixes) {
    return cluster.parts().stream()
        .map(Part::name)
        .filter(name -> Arrays.stream(prefixes).anyMatch(name::startsWith))
        .toList();
  }

  private static Part part(LocalCluster cluster, String name) {
    return cluster.parts().stream()
        .filter(part -> part.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** The JobManager that was made leader last, by what they say. */
  private static String leader(LocalCluster cluster) throws IOException {
    String leader = "jobmanager-1";
    String since = "";
    for (String name : named(cluster, "jobmanager-")) {
      try (Stream<String> lines = Files.lines(cluster.log(name))) {
        String granted =
            lines
                .filter(line -> line.contains("DefaultDispatcherRunner was granted leadership"))
                .reduce("", (one, other) -> other);
        if (granted.compareTo(since) > 0) {
          since = granted;
          leader = name;
        }
      }
    }
    return leader;
  }

  private static void shell(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + said);
    }
  }

  // --- recovery

  /**
   * Waits until the job works again: all of it, and what it does is kept.
   *
   * @return the checkpoint that says so, begun after {@code struck}
   */
  private FlinkRest.Checkpoint awaitRecovery(LocalCluster cluster, String job, Instant struck)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      // Whoever gives up is started again, as by any supervisor.
      for (Part part : cluster.parts()) {
        if (!part.runs()) {
          tell.accept("  " + part.name() + " has given up, and is started");
          cluster.start(part.name());
          ends(part.name()).gaveUp++;
        }
      }
      try {
        FlinkRest flink = cluster.flink();
        boolean runs =
            flink.jobs().stream().anyMatch(each -> each.id().equals(job) && each.runsWholly());
        Optional<FlinkRest.Checkpoint> last = runs ? flink.checkpoint(job) : Optional.empty();
        // One that was begun later than now was begun by a clock that is right again.
        if (last.isPresent()
            && last.get().begun().isAfter(struck)
            && last.get().begun().isBefore(Instant.now().plusSeconds(1))) {
          return last.get();
        }
      } catch (IOException nobodyYet) {
        // Whoever is asked may be what was killed.
        TimeUnit.MILLISECONDS.sleep(TICK_MS);
      }
      TimeUnit.MILLISECONDS.sleep(TICK_MS);
    }
    throw new IOException("the job does not recover; see " + cluster.folder().resolve("logs"));
  }

  /** Waits until readers have something new; says how long it took since then. */
  private double awaitReaders(Seen seen, Instant struck) throws IOException, InterruptedException {
    long before = seen.count("shop.decisions");
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (seen.count("shop.decisions") == before) {
      if (System.nanoTime() > deadline) {
        throw new IOException("the job works again, and readers see nothing of it");
      }
      TimeUnit.MILLISECONDS.sleep(TICK_MS);
    }
    return Duration.between(struck, Instant.now()).toMillis() / 1000.0;
  }

  // --- the verdict

  private Verdict verdict(
      LocalCluster cluster,
      String id,
      Path job,
      Path events,
      long untilMs,
      Feed feed,
      Seen seen,
      long beganNs)
      throws Exception {
    Path expected = folder.resolve("expected");
    beckon(
        "backtest",
        job.toString(),
        "--events",
        events.toString(),
        "--until",
        Instant.ofEpochMilli(untilMs).toString(),
        "--out",
        expected.toString());
    Map<String, Map<String, Integer>> wanted = new HashMap<>();
    for (String name : RESULTS) {
      wanted.put(name, counted(expected.resolve(name + ".jsonl")));
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline
        && RESULTS.stream()
            .anyMatch(
                name -> seen.count("shop." + name) < size(wanted.getOrDefault(name, Map.of())))) {
      TimeUnit.MILLISECONDS.sleep(TICK_MS);
    }
    // Whatever is still to come twice has time to.
    awaitRecovery(cluster, id, Instant.now());
    cluster.flink().savepoint(id, cluster.savepoints().toUri().toString(), true);
    TimeUnit.SECONDS.sleep(2);
    List<String> complaints = new ArrayList<>();
    StringBuilder results = new StringBuilder();
    long unasked = 0;
    for (String name : RESULTS) {
      Map<String, Integer> got = new HashMap<>();
      for (Map.Entry<String, Integer> line : counted(seen.end("shop." + name)).entrySet()) {
        String asked = asked(line.getKey());
        got.merge(asked, line.getValue(), Integer::sum);
        unasked += asked.equals(line.getKey()) ? 0 : line.getValue();
      }
      long lost = 0;
      long twice = 0;
      long other = 0;
      List<String> examples = new ArrayList<>();
      Map<String, Integer> want = wanted.getOrDefault(name, Map.of());
      for (Map.Entry<String, Integer> line : want.entrySet()) {
        int missing = line.getValue() - got.getOrDefault(line.getKey(), 0);
        lost += Math.max(0, missing);
        twice += Math.max(0, -missing);
        if (missing != 0 && examples.size() < SHOWN) {
          examples.add((missing > 0 ? "lost: " : "twice: ") + line.getKey());
        }
      }
      for (Map.Entry<String, Integer> line : got.entrySet()) {
        if (!want.containsKey(line.getKey())) {
          other += line.getValue();
          if (examples.size() < 2 * SHOWN) {
            examples.add("not expected: " + line.getKey());
          }
        }
      }
      results.append(
          String.format(
              Locale.ROOT, "| %s | %,d | %d | %d | %d |%n", name, size(want), lost, twice, other));
      if (lost + twice + other > 0) {
        complaints.add(
            name + ": " + lost + " lost, " + twice + " twice, " + other + " not expected");
        complaints.addAll(examples);
      }
    }
    Map<String, Long> sizes = new HashMap<>();
    wanted.forEach((name, lines) -> sizes.put(name, size(lines)));
    if (!slow.isEmpty() && Collections.min(slow) < 2 + median(ordinary)) {
      complaints.add("slow storage was not slow: checkpoints took " + slow + " s with it");
    }
    return new Verdict(table(feed, results, unasked, beganNs), sizes, complaints);
  }

  /** A decision without the word that Redis was away; otherwise it is what it would have been. */
  private static String asked(String line) {
    return line.replace(",\"gate_away\":1}", "}").replace("{\"gate_away\":1}", "{}");
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElse(0.0);
  }

  private String table(Feed feed, StringBuilder results, long unasked, long beganNs) {
    StringBuilder table = new StringBuilder();
    int faults = recoveries.values().stream().mapToInt(List::size).sum();
    int killed = ends.values().stream().mapToInt(kind -> kind.killed).sum();
    int restarted = ends.values().stream().mapToInt(kind -> kind.restarted).sum();
    table.append(
        String.format(
            Locale.ROOT,
            "%d faults in %d minutes, %d processes killed and %d restarted; %,d events, %.0f a second;"
                + " seed %d%n%n",
            faults,
            TimeUnit.NANOSECONDS.toMinutes(System.nanoTime() - beganNs),
            killed,
            restarted,
            feed.written(),
            perSecond,
            seed));
    if (!ends.isEmpty()) {
      table.append(
          "| process | killed with -9 | restarted in order | gave up by itself |\n|---|---:|---:|---:|\n");
      ends.forEach(
          (kind, each) ->
              table.append(
                  String.format(
                      Locale.ROOT,
                      "| %s | %d | %d | %d |%n",
                      kind,
                      each.killed,
                      each.restarted,
                      each.gaveUp)));
      table.append("\n");
    }
    table.append("| fault | times | recovered after, median | worst |\n|---|---:|---:|---:|\n");
    recoveries.forEach(
        (fault, all) -> {
          List<Double> sorted = all.stream().sorted().toList();
          table.append(
              String.format(
                  Locale.ROOT,
                  "| %s | %d | %.1f s | %.1f s |%n",
                  fault.words(),
                  sorted.size(),
                  sorted.get(sorted.size() / 2),
                  sorted.get(sorted.size() - 1)));
        });
    table.append(
        "\n| results | expected | lost | twice | not expected |\n|---|---:|---:|---:|---:|\n");
    table.append(results);
    table.append(
        String.format(
            Locale.ROOT,
            "%n%,d commands went out unasked, as Redis was away or slow to answer.%n",
            unasked));
    if (!slow.isEmpty()) {
      table.append(
          String.format(
              Locale.ROOT,
              "%nThe first checkpoint took %.1f s at the median after other faults, and at least %.1f s with slow"
                  + " storage.%n",
              median(ordinary),
              Collections.min(slow)));
    }
    return table.toString();
  }

  private static long size(Map<String, Integer> lines) {
    return lines.values().stream().mapToLong(Integer::longValue).sum();
  }

  private static Map<String, Integer> counted(Path file) throws IOException {
    Map<String, Integer> counted = new HashMap<>();
    try (Stream<String> lines = Files.lines(file)) {
      lines.forEach(line -> counted.merge(line, 1, Integer::sum));
    }
    return counted;
  }

  // --- the command

  /** See {@code bin/chaos}. */
  public static void main(String[] args) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) {
      options.put(args[i], args[i + 1]);
    }
    int faults = Integer.parseInt(options.getOrDefault("--faults", "100"));
    Set<Fault> only =
        Stream.of(options.getOrDefault("--only", "").split(",", -1))
            .filter(name -> !name.isEmpty())
            .map(name -> Fault.valueOf(name.strip().toUpperCase(Locale.ROOT).replace('-', '_')))
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(Fault.class)));
    long seed = Long.parseLong(options.getOrDefault("--seed", "1"));
    double perSecond = Double.parseDouble(options.getOrDefault("--rate", "200"));
    long minutes = Long.parseLong(options.getOrDefault("--minutes", "600"));
    Path folder = Path.of(options.getOrDefault("--dir", "target/chaos"));
    Instant began = Instant.now();
    Chaos chaos =
        new Chaos(
            folder,
            seed,
            perSecond,
            line ->
                System.out.printf(
                    "%6ds %s%n", Duration.between(began, Instant.now()).toSeconds(), line));
    Verdict verdict = chaos.run(chaos.drawn(faults, only), began.plus(Duration.ofMinutes(minutes)));
    System.out.println();
    System.out.print(verdict.table());
    Files.writeString(folder.resolve("report.md"), verdict.table());
    verdict.complaints().forEach(System.out::println);
    System.out.println(verdict.complaints().isEmpty() ? "\npassed" : "\nFAILED");
    System.exit(verdict.complaints().isEmpty() ? 0 : 1);
  }
}
