// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import io.beckon.metrics.ReporterSettings;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A cluster of processes on this machine: JobManagers, TaskManagers, Kafka, Redis and ZooKeeper.
 * They listen on the loopback address only. All they keep is in one folder, and outlives them:
 *
 * <pre>
 *   cluster.properties   what it is made of, and its ports
 *   conf/                what the processes are told; written anew at each start
 *   logs/                what each of them says
 *   run/                 which they are
 *   data/                Kafka's, Redis' and ZooKeeper's
 *   checkpoints/ savepoints/ ha/   Flink's
 *   tmp/                 what none of them needs after its end
 * </pre>
 */
public final class LocalCluster {
  /** Where everything listens. */
  public static final String HOST = "127.0.0.1";

  private static final String KAFKA = "kafka";
  private static final String REDIS = "redis";
  private static final String ZOOKEEPER = "zookeeper";
  private static final String JOB_MANAGER = "jobmanager-";
  private static final String TASK_MANAGER = "taskmanager-";

  /** Before the name of a process: the port where it shows its metrics. */
  private static final String METRICS = "metrics-";

  private static final String STATED = "cluster.properties";

  /** Further options for every Java process, separated by spaces. */
  private static final String JAVA_OPTS = "BECKON_CLUSTER_JAVA_OPTS";

  private static final Duration FORMATTING = Duration.ofSeconds(60);
  private static final Duration STARTING = Duration.ofSeconds(90);
  private static final Duration STOPPING = Duration.ofSeconds(20);
  private static final long TICK_MS = 100;

  /** What Flink's own scripts open to it. */
  private static final List<String> OPENS =
      List.of(
          "--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED",
          "--add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED",
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--add-opens=java.base/java.net=ALL-UNNAMED",
          "--add-opens=java.base/java.io=ALL-UNNAMED",
          "--add-opens=java.base/java.nio=ALL-UNNAMED",
          "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
          "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
          "--add-opens=java.base/java.text=ALL-UNNAMED",
          "--add-opens=java.base/java.time=ALL-UNNAMED",
          "--add-opens=java.base/java.util=ALL-UNNAMED",
          "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
          "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
          "--add-opens=java.base/java.util.concurrent.locks=ALL-UNNAMED");

  private static final String LOGGING =
      """
      status = error
      appender.console.type = Console
      appender.console.name = console
      appender.console.layout.type = PatternLayout
      appender.console.layout.pattern = %%d{yyyy-MM-dd HH:mm:ss,SSS} %%-5p %%c{1}: %%m%%n
      rootLogger.level = %s
      rootLogger.appenderRef.console.ref = console
      """;

  private final Path folder;
  private final ClusterSettings settings;
  private final Map<String, Integer> ports;
  private final Libraries libraries;
  private final Processes processes;
  private final Function<String, Map<String, String>> environment;

  private LocalCluster(
      Path folder,
      ClusterSettings settings,
      Map<String, Integer> ports,
      Libraries libraries,
      Function<String, Map<String, String>> environment) {
    this.folder = folder;
    this.settings = settings;
    this.ports = Map.copyOf(ports);
    this.libraries = libraries;
    this.environment = environment;
    this.processes = new Processes(folder.resolve("run"), folder.resolve("logs"));
  }

  /**
   * The cluster in {@code folder}, running or not.
   *
   * @throws ClusterRefusal if there is none
   */
  public static LocalCluster open(Path folder, Libraries libraries) throws ClusterRefusal {
    Path absolute = folder.toAbsolutePath().normalize();
    Map<String, String> stated = stated(absolute.resolve(STATED));
    if (stated.isEmpty()) {
      throw new ClusterRefusal(
          "there is no cluster in " + folder + "; begin with: beckon cluster start");
    }
    return new LocalCluster(
        absolute, ClusterSettings.of(stated), ports(stated), libraries, name -> Map.of());
  }

  /**
   * The cluster in {@code folder}, made so if there is none or it does not run.
   *
   * @throws ClusterRefusal if another one runs there
   */
  public static LocalCluster of(Path folder, ClusterSettings settings, Libraries libraries)
      throws ClusterRefusal {
    return of(folder, settings, libraries, name -> Map.of());
  }

  /**
   * The same, with environment variables of its processes' own.
   *
   * @param environment what a process of that name has besides the variables of this one; asked
   *     whenever one is started
   * @throws ClusterRefusal if another one runs there
   */
  public static LocalCluster of(
      Path folder,
      ClusterSettings settings,
      Libraries libraries,
      Function<String, Map<String, String>> environment)
      throws ClusterRefusal {
    Path absolute = folder.toAbsolutePath().normalize();
    Map<String, String> stated = stated(absolute.resolve(STATED));
    if (!stated.isEmpty()) {
      ClusterSettings before = ClusterSettings.of(stated);
      LocalCluster there =
          new LocalCluster(absolute, before, ports(stated), libraries, environment);
      if (before.equals(settings)) {
        return there;
      }
      if (there.parts().stream().anyMatch(Part::runs)) {
        throw new ClusterRefusal(
            "another cluster runs in "
                + folder
                + ": "
                + differences(before, settings)
                + "; end it first, or name another --dir");
      }
    }
    return new LocalCluster(absolute, settings, chosen(settings), libraries, environment);
  }

  private static String differences(ClusterSettings one, ClusterSettings other) {
    Map<String, String> before = one.asMap();
    Map<String, String> now = other.asMap();
    Set<String> names = new HashSet<>(before.keySet());
    names.addAll(now.keySet());
    return String.join(
        ", ",
        names.stream()
            .filter(
                name -> !before.getOrDefault(name, "none").equals(now.getOrDefault(name, "none")))
            .sorted()
            .map(
                name ->
                    name
                        + " is "
                        + before.getOrDefault(name, "none")
                        + ", not "
                        + now.getOrDefault(name, "none"))
            .toList());
  }

  private static Map<String, String> stated(Path file) throws ClusterRefusal {
    if (!Files.exists(file)) {
      return Map.of();
    }
    Properties read = new Properties();
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      read.load(reader);
    } catch (IOException | IllegalArgumentException e) {
      throw new ClusterRefusal(file + ": cannot be read", e);
    }
    Map<String, String> stated = new HashMap<>();
    read.stringPropertyNames()
        .forEach(name -> stated.put(name, Objects.requireNonNull(read.getProperty(name))));
    return stated;
  }

  private static Map<String, Integer> ports(Map<String, String> stated) {
    Map<String, Integer> ports = new HashMap<>();
    stated.forEach(
        (name, value) -> {
          if (name.startsWith("port.")) {
            ports.put(name.substring("port.".length()), Integer.valueOf(value));
          }
        });
    return ports;
  }

  /** Ports for everything. */
  private static Map<String, Integer> chosen(ClusterSettings settings) throws ClusterRefusal {
    Map<String, Integer> ports = new HashMap<>();
    put(ports, "rest-1", settings.restPort());
    put(ports, "rpc-1", 0);
    if (settings.kafkaPort().isPresent()) {
      put(ports, KAFKA, settings.kafkaPort().get());
      put(ports, "controller", 0);
    }
    if (settings.redisPort().isPresent()) {
      put(ports, REDIS, settings.redisPort().get());
    }
    if (settings.ha()) {
      put(ports, "rest-2", 0);
      put(ports, "rpc-2", 0);
      put(ports, ZOOKEEPER, 0);
    }
    if (settings.metricsPort().isPresent()) {
      int first = settings.metricsPort().get();
      int next = first;
      for (String name : names(settings)) {
        if (isFlink(name)) {
          put(ports, METRICS + name, first == 0 ? 0 : next++);
        }
      }
    }
    return ports;
  }

  private static void put(Map<String, Integer> ports, String name, int wanted)
      throws ClusterRefusal {
    int port = wanted;
    while (port == 0 || (wanted == 0 && ports.containsValue(port))) {
      port = Ports.free();
    }
    ports.put(name, port);
  }

  /** Where it is. */
  public Path folder() {
    return folder;
  }

  /** What it is made of. */
  public ClusterSettings settings() {
    return settings;
  }

  /** Where savepoints go. */
  public Path savepoints() {
    return folder.resolve("savepoints");
  }

  /** Where checkpoints go. */
  public Path checkpoints() {
    return folder.resolve("checkpoints");
  }

  /** The jar of the jobs. */
  public Path jobJar() throws ClusterRefusal {
    return libraries.jobJar();
  }

  /** For Kafka's clients; empty without Kafka. */
  public Optional<String> kafka() {
    return Optional.ofNullable(ports.get(KAFKA)).map(port -> HOST + ":" + port);
  }

  /** For Redis' clients; empty without Redis. */
  public Optional<String> redis() {
    return Optional.ofNullable(ports.get(REDIS)).map(port -> HOST + ":" + port);
  }

  /** Flink, asked at whichever JobManager answers. */
  public FlinkRest flink() {
    List<Integer> addresses = new ArrayList<>();
    for (int i = 1; i <= jobManagers(settings); i++) {
      addresses.add(port("rest-" + i));
    }
    return new FlinkRest(addresses);
  }

  /** What a process said. */
  public Path log(String name) {
    return processes.log(name);
  }

  private static int jobManagers(ClusterSettings settings) {
    return settings.ha() ? 2 : 1;
  }

  private static boolean isFlink(String name) {
    return name.startsWith(JOB_MANAGER) || name.startsWith(TASK_MANAGER);
  }

  private int port(String name) {
    return Objects.requireNonNull(ports.get(name));
  }

  private static List<String> names(ClusterSettings settings) {
    List<String> names = new ArrayList<>();
    if (settings.ha()) {
      names.add(ZOOKEEPER);
    }
    settings.kafkaPort().ifPresent(port -> names.add(KAFKA));
    settings.redisPort().ifPresent(port -> names.add(REDIS));
    for (int i = 1; i <= jobManagers(settings); i++) {
      names.add(JOB_MANAGER + i);
    }
    for (int i = 1; i <= settings.taskManagers(); i++) {
      names.add(TASK_MANAGER + i);
    }
    return names;
  }

  private OptionalInt shownPort(String name) {
    if (name.startsWith(JOB_MANAGER)) {
      return OptionalInt.of(port("rest-" + name.substring(JOB_MANAGER.length())));
    }
    return ports.containsKey(name) ? OptionalInt.of(port(name)) : OptionalInt.empty();
  }

  private OptionalInt metricsPort(String name) {
    Integer port = ports.get(METRICS + name);
    return port == null ? OptionalInt.empty() : OptionalInt.of(port);
  }

  /** Its processes, in the order of starting. */
  public List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    for (String name : names(settings)) {
      Optional<ProcessHandle> process = processes.find(name);
      parts.add(
          new Part(
              name,
              process.map(ProcessHandle::pid),
              process.flatMap(found -> found.info().startInstant()),
              shownPort(name),
              metricsPort(name)));
    }
    return parts;
  }

  /**
   * Starts what does not run, and waits until all of it answers. If that fails, what was started is
   * ended again.
   *
   * @param tell what is being done, a line each
   * @return what was started
   * @throws ClusterRefusal if it cannot be; one line for the user
   */
  public List<String> start(Consumer<String> tell) throws IOException, InterruptedException {
    List<String> missing = parts().stream().filter(part -> !part.runs()).map(Part::name).toList();
    if (missing.isEmpty()) {
      return missing;
    }
    checkPorts(missing);
    // Complaints about what is not there come before anything runs.
    libraries.jobJar();
    if (settings.metricsPort().isPresent()) {
      libraries.metricsJar();
    }
    write();
    List<String> started = new ArrayList<>();
    boolean ready = false;
    try {
      for (String name : missing) {
        tell.accept("starting " + name + " ...");
        started.add(name);
        start(name);
        if (!isFlink(name)) {
          await(name, () -> Ports.answers(port(name)));
        }
      }
      for (String name : missing) {
        if (name.startsWith(JOB_MANAGER)) {
          int rest = shownPort(name).orElseThrow();
          await(name, () -> new FlinkRest(List.of(rest)).answers());
        }
      }
      String last = TASK_MANAGER + settings.taskManagers();
      FlinkRest flink = flink();
      await(last, () -> flink.taskManagers() >= settings.taskManagers());
      ready = true;
    } finally {
      if (!ready) {
        boolean interrupted = Thread.interrupted();
        for (String name : started) {
          processes.stop(name, STOPPING);
        }
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
    return started;
  }

  private void checkPorts(List<String> missing) throws ClusterRefusal {
    for (String name : missing) {
      checkPort(
          name,
          shownPort(name),
          name.startsWith(JOB_MANAGER) ? "--rest-port" : "--" + name + "-port");
      checkPort("the metrics of " + name, metricsPort(name), "--metrics-port");
    }
  }

  private static void checkPort(String what, OptionalInt port, String option)
      throws ClusterRefusal {
    if (port.isPresent() && !Ports.isFree(port.getAsInt())) {
      throw new ClusterRefusal(
          "port "
              + port.getAsInt()
              + ", for "
              + what
              + ", is taken; end what has it, or choose another: "
              + option
              + " N, or 0 for any that is free");
    }
  }

  /** What the processes are told. */
  private void write() throws IOException {
    Path conf = Files.createDirectories(folder.resolve("conf"));
    Files.writeString(conf.resolve("config.yaml"), flinkSettings());
    Files.writeString(conf.resolve("log4j2.properties"), LOGGING.formatted("info"));
    Files.writeString(conf.resolve("kafka-log4j2.properties"), LOGGING.formatted("warn"));
    Files.writeString(conf.resolve("flink.args"), classPath(flinkLibraries()));
    writeTargets(conf.resolve("metrics-targets.json"));
    if (settings.kafkaPort().isPresent()) {
      Files.writeString(conf.resolve("kafka.args"), classPath(libraries.kafka()));
      Files.writeString(conf.resolve("kafka.properties"), kafkaSettings());
    }
    if (settings.ha()) {
      Files.writeString(conf.resolve("zookeeper.properties"), zooKeeperSettings());
    }
    Map<String, String> stated = new TreeMap<>(settings.asMap());
    ports.forEach((name, port) -> stated.put("port." + name, Integer.toString(port)));
    Path written = folder.resolve(STATED + ".new");
    try (BufferedWriter writer = Files.newBufferedWriter(written)) {
      for (Map.Entry<String, String> line : stated.entrySet()) {
        writer.write(line.getKey() + "=" + line.getValue().replace("\\", "\\\\") + "\n");
      }
    }
    Files.move(written, folder.resolve(STATED), StandardCopyOption.REPLACE_EXISTING);
  }

  private String flinkLibraries() throws ClusterRefusal {
    return settings.metricsPort().isEmpty()
        ? libraries.flink()
        : libraries.flink() + File.pathSeparator + libraries.metricsJar();
  }

  /** Where metrics are, as Prometheus reads it: {@code file_sd_configs}. */
  private void writeTargets(Path file) throws IOException {
    if (settings.metricsPort().isEmpty()) {
      Files.deleteIfExists(file);
      return;
    }
    Files.writeString(
        file,
        "[{\"targets\": ["
            + names(settings).stream()
                .filter(LocalCluster::isFlink)
                .map(name -> '"' + HOST + ':' + port(METRICS + name) + '"')
                .collect(Collectors.joining(", "))
            + "]}]\n");
  }

  private static String classPath(String libraries) {
    return "-cp\n\"" + libraries.replace("\\", "\\\\").replace("\"", "\\\"") + "\"\n";
  }

  private String flinkSettings() {
    Map<String, String> flink = new TreeMap<>();
    for (String host :
        List.of(
            "jobmanager.rpc.address",
            "jobmanager.bind-host",
            "taskmanager.host",
            "taskmanager.bind-host",
            "rest.address",
            "rest.bind-address")) {
      flink.put(host, HOST);
    }
    flink.put("jobmanager.rpc.port", Integer.toString(port("rpc-1")));
    flink.put("rest.port", Integer.toString(port("rest-1")));
    flink.put("taskmanager.numberOfTaskSlots", Integer.toString(settings.slots()));
    // Every process has its own heap; these are what its parts may take of it.
    flink.put("taskmanager.cpu.cores", "1.0");
    flink.put("taskmanager.memory.framework.heap.size", "128m");
    flink.put("taskmanager.memory.framework.off-heap.size", "128m");
    flink.put("taskmanager.memory.jvm-metaspace.size", "384m");
    flink.put("taskmanager.memory.jvm-overhead.min", "128m");
    flink.put("taskmanager.memory.jvm-overhead.max", "128m");
    flink.put("taskmanager.memory.task.heap.size", "384m");
    flink.put("taskmanager.memory.task.off-heap.size", "64m");
    flink.put("taskmanager.memory.network.min", "64m");
    flink.put("taskmanager.memory.network.max", "64m");
    flink.put("taskmanager.memory.managed.size", "128m");
    // A process that dies here has died: nobody has to be waited for.
    flink.put("heartbeat.interval", "1000");
    flink.put("heartbeat.timeout", "10000");
    // Where everything shares a few processors, beginning takes its time.
    flink.put("pekko.startup-timeout", "60 s");
    flink.put("pekko.ask.timeout", "30 s");
    flink.put("restart-strategy.type", "exponential-delay");
    flink.put("restart-strategy.exponential-delay.initial-backoff", "500 ms");
    flink.put("restart-strategy.exponential-delay.max-backoff", "10 s");
    flink.put("restart-strategy.exponential-delay.reset-backoff-threshold", "1 min");
    flink.put("execution.checkpointing.dir", uri(checkpoints()));
    flink.put("execution.checkpointing.savepoint-dir", uri(savepoints()));
    flink.put("execution.checkpointing.num-retained", "3");
    if (settings.ha()) {
      flink.put("high-availability.type", "zookeeper");
      flink.put("high-availability.zookeeper.quorum", HOST + ":" + port(ZOOKEEPER));
      flink.put("high-availability.storageDir", uri(folder.resolve("ha")));
      flink.put("high-availability.cluster-id", "/beckon");
      flink.put("high-availability.zookeeper.client.session-timeout", "10000");
      // Who leads goes on to for as long as ZooKeeper lets nobody else.
      flink.put("high-availability.zookeeper.client.tolerate-suspended-connections", "true");
    }
    if (settings.metricsPort().isPresent()) {
      flink.putAll(ReporterSettings.at(HOST));
    }
    flink.putAll(settings.flink());
    StringBuilder yaml = new StringBuilder();
    flink.forEach(
        (name, value) ->
            yaml.append(name)
                .append(": \"")
                .append(value.replace("\\", "\\\\").replace("\"", "\\\""))
                .append("\"\n"));
    return yaml.toString();
  }

  private String kafkaSettings() {
    return """
    process.roles=broker,controller
    node.id=1
    listeners=PLAINTEXT://%1$s:%2$d,CONTROLLER://%1$s:%3$d
    advertised.listeners=PLAINTEXT://%1$s:%2$d
    controller.listener.names=CONTROLLER
    controller.quorum.voters=1@%1$s:%3$d
    log.dirs=%4$s
    num.partitions=4
    default.replication.factor=1
    auto.create.topics.enable=false
    group.initial.rebalance.delay.ms=0
    offsets.topic.num.partitions=1
    offsets.topic.replication.factor=1
    transaction.state.log.num.partitions=4
    transaction.state.log.replication.factor=1
    transaction.state.log.min.isr=1
    share.coordinator.state.topic.replication.factor=1
    share.coordinator.state.topic.min.isr=1
    """
        .formatted(HOST, port(KAFKA), port("controller"), slashed(data(KAFKA)));
  }

  private String zooKeeperSettings() {
    return """
    tickTime=1000
    clientPort=%d
    clientPortAddress=%s
    dataDir=%s
    admin.enableServer=false
    autopurge.snapRetainCount=3
    autopurge.purgeInterval=1
    """
        .formatted(port(ZOOKEEPER), HOST, slashed(data(ZOOKEEPER)));
  }

  private Path data(String name) {
    return folder.resolve("data").resolve(name);
  }

  private static String slashed(Path path) {
    return path.toString().replace('\\', '/');
  }

  private static String uri(Path path) {
    return path.toUri().toString();
  }

  /** Starts one process, and does not wait until it answers. */
  public void start(String name) throws IOException, InterruptedException {
    if (processes.find(name).isPresent()) {
      return;
    }
    // What a predecessor that was killed has left there is of no use.
    Path temporary = folder.resolve("tmp").resolve(name);
    remove(temporary);
    Files.createDirectories(temporary);
    if (name.equals(KAFKA)) {
      startKafka();
    } else if (name.equals(REDIS)) {
      startRedis();
    } else if (name.equals(ZOOKEEPER)) {
      Files.createDirectories(data(ZOOKEEPER));
      processes.start(
          name,
          java(
              "flink",
              "log4j2.properties",
              List.of("-Xmx128m", "-Dzookeeper.admin.enableServer=false"),
              "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer",
              "--zkConfigFile",
              conf("zookeeper.properties"),
              "--peerId",
              "1"),
          environment.apply(name));
    } else if (name.startsWith(JOB_MANAGER)) {
      String number = name.substring(JOB_MANAGER.length());
      processes.start(
          name,
          java(
              "flink",
              "log4j2.properties",
              with(OPENS, "-Xmx384m"),
              "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
              told(
                  name,
                  "rest.port=" + port("rest-" + number),
                  "rest.bind-port=" + port("rest-" + number),
                  "jobmanager.rpc.port=" + port("rpc-" + number),
                  "high-availability.jobmanager.port=" + port("rpc-" + number),
                  "io.tmp.dirs=" + temporary)),
          environment.apply(name));
    } else {
      processes.start(
          name,
          java(
              "flink",
              "log4j2.properties",
              with(OPENS, "-Xmx512m", "-XX:MaxDirectMemorySize=320m", "-XX:MaxMetaspaceSize=384m"),
              "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
              told(name, "taskmanager.resource-id=" + name, "io.tmp.dirs=" + temporary)),
          environment.apply(name));
    }
  }

  /** Flink's settings, and those that only this process has. */
  private String[] told(String name, String... own) {
    List<String> told = new ArrayList<>(List.of("--configDir", conf("")));
    for (String setting : own) {
      told.addAll(List.of("-D", setting));
    }
    metricsPort(name)
        .ifPresent(port -> told.addAll(List.of("-D", ReporterSettings.PORT + "=" + port)));
    return told.toArray(String[]::new);
  }

  private void startKafka() throws IOException, InterruptedException {
    Path data = data(KAFKA);
    List<String> memory = List.of("-Xmx512m", "-XX:TieredStopAtLevel=1");
    if (!Files.exists(data.resolve("meta.properties"))) {
      Files.createDirectories(data);
      boolean formatted =
          processes.run(
              KAFKA,
              java(
                  KAFKA,
                  "kafka-log4j2.properties",
                  memory,
                  "kafka.tools.StorageTool",
                  "format",
                  "-t",
                  // Sixteen bytes: who this is.
                  "YmVja29uLWNsdXN0ZXItMQ",
                  "-c",
                  conf("kafka.properties")),
              FORMATTING);
      if (!formatted) {
        throw new ClusterRefusal("Kafka's folder cannot be prepared" + processes.lastWords(KAFKA));
      }
    }
    processes.start(
        KAFKA,
        java(
            KAFKA,
            "kafka-log4j2.properties",
            List.of("-Xmx512m"),
            "kafka.Kafka",
            conf("kafka.properties")),
        environment.apply(KAFKA));
  }

  private void startRedis() throws IOException {
    Path program =
        Redis.program(settings.redisServer(), libraries.kafka(), folder.resolve("bin"))
            .orElseThrow(
                () ->
                    new ClusterRefusal(
                        "no redis-server is on the PATH, and none is known for this machine; name"
                            + " one with --redis-server, or do --without-redis"));
    processes.start(
        REDIS,
        List.of(
            program.toString(),
            "--bind",
            HOST,
            "--port",
            Integer.toString(port(REDIS)),
            "--dir",
            Files.createDirectories(data(REDIS)).toString(),
            "--appendonly",
            "yes"),
        environment.apply(REDIS));
  }

  private static List<String> with(List<String> some, String... more) {
    List<String> all = new ArrayList<>(some);
    all.addAll(List.of(more));
    return all;
  }

  private String conf(String name) {
    return folder.resolve("conf").resolve(name).toString();
  }

  private List<String> java(
      String classPath, String logging, List<String> options, String main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+UseSerialGC");
    command.addAll(options);
    String more = Optional.ofNullable(System.getenv(JAVA_OPTS)).orElse("").strip();
    if (!more.isEmpty()) {
      command.addAll(List.of(more.split(" +", -1)));
    }
    command.add("-Dlog4j2.configurationFile=" + conf(logging));
    command.add("@" + conf(classPath + ".args"));
    command.add(main);
    command.addAll(List.of(arguments));
    return command;
  }

  private void await(String name, BooleanSupplier ready) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + STARTING.toNanos();
    while (!ready.getAsBoolean()) {
      if (processes.find(name).isEmpty()) {
        throw new ClusterRefusal(name + " has ended" + processes.lastWords(name));
      }
      if (System.nanoTime() > deadline) {
        throw new ClusterRefusal(name + " does not come up" + processes.lastWords(name));
      }
      TimeUnit.MILLISECONDS.sleep(TICK_MS);
    }
  }

  /** Ends one process in an orderly way; says whether it ran. */
  public boolean stop(String name) throws InterruptedException {
    return processes.stop(name, STOPPING);
  }

  /** Ends one process as {@code kill -9} does; says whether it ran. */
  public boolean kill(String name) throws InterruptedException {
    return processes.kill(name, STOPPING);
  }

  /**
   * Ends all processes, those that others rest on last. What they keep stays.
   *
   * @return what ran
   */
  public List<String> stop() throws InterruptedException {
    List<String> ended = new ArrayList<>();
    List<String> names = names(settings);
    for (int i = names.size() - 1; i >= 0; i--) {
      if (processes.stop(names.get(i), STOPPING)) {
        ended.add(names.get(i));
      }
    }
    return ended;
  }

  private static void remove(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(
              Path each, java.io.@org.jspecify.annotations.Nullable IOException failure)
              throws IOException {
            Files.deleteIfExists(each);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
