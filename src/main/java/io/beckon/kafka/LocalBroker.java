// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;

/**
 * A Kafka broker for trying things out: a process of its own on a free port of this machine only,
 * with everything it keeps in one folder. It has nothing to do with how a job runs, and its
 * libraries are not among Beckon's: whoever starts it knows where they are.
 */
public final class LocalBroker implements AutoCloseable {
  private static final String HOST = "127.0.0.1";

  /** A port that was free may be taken when the broker comes to it. */
  private static final int TRIES = 3;

  private static final Duration FORMATTING = Duration.ofSeconds(60);
  private static final int LAST_LINES = 3;
  private static final long TICK_MS = 100;

  private static final String LOGGING =
      """
      status = error
      appender.console.type = Console
      appender.console.name = console
      appender.console.layout.type = PatternLayout
      appender.console.layout.pattern = %d{HH:mm:ss} %-5p %c{1}: %m%n
      rootLogger.level = warn
      rootLogger.appenderRef.console.ref = console
      """;

  private final Path folder;
  private final Process process;
  private final String servers;

  private LocalBroker(Path folder, Process process, String servers) {
    this.folder = folder;
    this.process = process;
    this.servers = servers;
  }

  /**
   * Starts a broker and waits until it takes connections.
   *
   * @param classPath its libraries, as for {@code java -cp}
   * @param folder what it keeps; exists, and is the caller's to remove
   * @param patience how long it may take
   * @throws KafkaRefusal if it does not come up; one line for the user
   */
  public static LocalBroker start(String classPath, Path folder, Duration patience)
      throws KafkaRefusal {
    try {
      Files.writeString(folder.resolve("log4j2.properties"), LOGGING);
      Files.writeString(
          folder.resolve("java.args"),
          "-cp\n\"" + classPath.replace("\\", "\\\\").replace("\"", "\\\"") + "\"\n");
      for (int left = TRIES; ; left--) {
        try {
          return tried(folder, patience);
        } catch (KafkaRefusal e) {
          if (left == 1 || !Files.readString(log(folder)).contains("Address already in use")) {
            throw e;
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaRefusal("interrupted", e);
    } catch (KafkaRefusal e) {
      throw e;
    } catch (IOException e) {
      throw new KafkaRefusal("no Kafka broker can be started here: " + Brokers.cause(e), e);
    }
  }

  private static LocalBroker tried(Path folder, Duration patience)
      throws IOException, InterruptedException {
    int port;
    int controller;
    try (ServerSocket one = new ServerSocket(0, 1, loopback());
        ServerSocket other = new ServerSocket(0, 1, loopback())) {
      port = one.getLocalPort();
      controller = other.getLocalPort();
    }
    Path settings =
        Files.writeString(folder.resolve("server.properties"), settings(folder, port, controller));
    Process formatting =
        java(
            folder,
            "kafka.tools.StorageTool",
            "format",
            "--ignore-formatted",
            "-t",
            Uuid.randomUuid().toString(),
            "-c",
            settings.toString());
    try {
      if (!formatting.waitFor(FORMATTING.toMillis(), TimeUnit.MILLISECONDS)
          || formatting.exitValue() != 0) {
        throw new KafkaRefusal("the Kafka broker's folder cannot be prepared" + lastWords(folder));
      }
    } finally {
      formatting.destroyForcibly();
    }
    LocalBroker broker =
        new LocalBroker(
            folder, java(folder, "kafka.Kafka", settings.toString()), HOST + ":" + port);
    boolean ready = false;
    try {
      broker.await(new InetSocketAddress(loopback(), port), patience);
      ready = true;
      return broker;
    } finally {
      if (!ready) {
        broker.close();
      }
    }
  }

  private static String settings(Path folder, int port, int controller) {
    return """
    process.roles=broker,controller
    node.id=1
    listeners=PLAINTEXT://%1$s:%2$d,CONTROLLER://%1$s:%3$d
    advertised.listeners=PLAINTEXT://%1$s:%2$d
    controller.listener.names=CONTROLLER
    controller.quorum.voters=1@%1$s:%3$d
    log.dirs=%4$s
    num.partitions=1
    default.replication.factor=1
    auto.create.topics.enable=false
    group.initial.rebalance.delay.ms=0
    offsets.topic.num.partitions=1
    offsets.topic.replication.factor=1
    transaction.state.log.num.partitions=1
    transaction.state.log.replication.factor=1
    transaction.state.log.min.isr=1
    share.coordinator.state.topic.replication.factor=1
    share.coordinator.state.topic.min.isr=1
    """
        .formatted(HOST, port, controller, folder.resolve("kafka").toString().replace('\\', '/'));
  }

  private static Process java(Path folder, String main, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("-Dlog4j2.configurationFile=" + folder.resolve("log4j2.properties"));
    command.add("@" + folder.resolve("java.args"));
    command.add(main);
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log(folder).toFile())
        .start();
  }

  /** As {@link #HOST}, whatever the machine prefers. */
  private static InetAddress loopback() throws IOException {
    return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
  }

  private static Path log(Path folder) {
    return folder.resolve("broker.log");
  }

  private void await(InetSocketAddress address, Duration patience)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() < deadline) {
      try (Socket socket = new Socket()) {
        socket.connect(address, (int) TICK_MS);
        return;
      } catch (IOException notYet) {
        if (process.waitFor(TICK_MS, TimeUnit.MILLISECONDS)) {
          throw new KafkaRefusal("the Kafka broker has ended" + lastWords(folder), notYet);
        }
      }
    }
    throw new KafkaRefusal("the Kafka broker does not come up" + lastWords(folder));
  }

  private static String lastWords(Path folder) throws IOException {
    List<String> lines =
        Files.readString(log(folder), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> !line.isBlank() && !line.startsWith("\tat "))
            .toList();
    String last =
        String.join(" / ", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    return last.isEmpty() ? "" : ": " + last;
  }

  /** For clients. */
  public String servers() {
    return servers;
  }

  /** Whether it still runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Ends the process, whatever it is at: what it keeps is of no further use. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
