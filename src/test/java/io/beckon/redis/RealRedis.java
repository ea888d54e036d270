// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import static org.assertj.core.api.Assertions.fail;

import io.beckon.language.JobDefinition.RedisSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;
import redis.embedded.core.ExecutableProvider;

/** A real Redis server: a process, always at the same port, that can be killed and come back. */
public final class RealRedis implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Path program;
  private final Path folder;
  private final int port;
  private final List<String> settings;
  private @Nullable Process process;

  private RealRedis(Path program, Path folder, int port, List<String> settings) {
    this.program = program;
    this.folder = folder;
    this.port = port;
    this.settings = settings;
  }

  /** One that remembers nothing when it is killed. */
  public static RealRedis open(String... settings) throws IOException {
    return open(List.of("--save", "", "--appendonly", "no"), settings);
  }

  /** One that has every write on disk before it answers. */
  public static RealRedis openKeeping(String... settings) throws IOException {
    return open(List.of("--save", "", "--appendonly", "yes", "--appendfsync", "always"), settings);
  }

  private static RealRedis open(List<String> persistence, String... settings) throws IOException {
    List<String> all = new ArrayList<>(persistence);
    all.addAll(List.of(settings));
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path folder = Files.createTempDirectory("beckon-redis");
    Path program = ExecutableProvider.newJarResourceProvider(folder.toFile()).get().toPath();
    RealRedis redis = new RealRedis(program, folder, port, all);
    redis.start();
    return redis;
  }

  /** Starts it again, and waits until it answers. */
  public void start() throws IOException {
    launch();
    await("Redis serves", this::answers);
  }

  /** Starts it again, without waiting. */
  public void launch() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                program.toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                "127.0.0.1",
                "--dir",
                folder.toString()));
    command.addAll(settings);
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
  }

  private boolean answers() {
    if (process == null || !process.isAlive()) {
      throw new IllegalStateException("Redis has ended: see " + folder.resolve("log"));
    }
    try (Jedis jedis = new Jedis("127.0.0.1", port)) {
      jedis.ping();
      return true;
    } catch (JedisException e) {
      // Who has to say who they are is answered so.
      return String.valueOf(e.getMessage()).startsWith("NOAUTH");
    }
  }

  /** Kills it, as the machine's end would. */
  public void kill() {
    Process running = process;
    if (running != null) {
      try {
        running.destroyForcibly().waitFor();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Halts it: connections stay, and nobody answers. */
  public void freeze() throws IOException {
    signal("-STOP");
  }

  /** Lets it go on. */
  public void thaw() throws IOException {
    signal("-CONT");
  }

  private void signal(String signal) throws IOException {
    if (process == null) {
      throw new IllegalStateException("not running");
    }
    try {
      // The shell's own: a program of that name is not everywhere.
      new ProcessBuilder("sh", "-c", "kill " + signal + " " + process.pid()).start().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  public int port() {
    return port;
  }

  /** As {@code redis:} in a job. */
  public RedisSettings settings(long timeLimitMs) {
    return new RedisSettings("127.0.0.1", port, false, Optional.empty(), Map.of(), timeLimitMs);
  }

  /** The way there, for who needs no password. */
  public RedisAccess access(long timeLimitMs) {
    try {
      return RedisAccess.of(settings(timeLimitMs), Map.of());
    } catch (RedisRefusal e) {
      throw new AssertionError(e);
    }
  }

  /** Does something with it, as its owner. */
  public <T> T with(Function<Jedis, T> what) {
    try (Jedis jedis =
        new Jedis(
            new HostAndPort("127.0.0.1", port),
            DefaultJedisClientConfig.builder().timeoutMillis(10_000).build())) {
      return what.apply(jedis);
    }
  }

  /** Waits until something is so, for as long as it may take on a busy machine. */
  public static void await(String what, BooleanSupplier isSo) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!isSo.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        fail("not in time: " + what);
      }
      try {
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    kill();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
