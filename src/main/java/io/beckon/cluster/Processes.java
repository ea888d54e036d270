// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Processes that outlive who started them, each known by a file: the number of a process, and when
 * that began, since numbers are used again.
 */
final class Processes {
  private static final int LAST_LINES = 3;

  /** When a process began is reckoned from the machine's clock, which may be set. */
  private static final Duration CLOCKS = Duration.ofSeconds(10);

  private final Path pids;
  private final Path logs;

  /** The processes whose files are in {@code pids}; what they say goes to {@code logs}. */
  Processes(Path pids, Path logs) {
    this.pids = pids;
    this.logs = logs;
  }

  /** What the process says. */
  Path log(String name) {
    return logs.resolve(name + ".log");
  }

  /** The process, if it is there. */
  Optional<ProcessHandle> find(String name) {
    try {
      String[] words = Files.readString(pids.resolve(name + ".pid")).strip().split(" ", -1);
      Instant began = Instant.ofEpochMilli(Long.parseLong(words[1]));
      return ProcessHandle.of(Long.parseLong(words[0]))
          .filter(ProcessHandle::isAlive)
          .filter(
              process ->
                  process
                      .info()
                      .startInstant()
                      .filter(at -> Duration.between(began, at).abs().compareTo(CLOCKS) < 0)
                      .isPresent());
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException notWritten) {
      return Optional.empty();
    }
  }

  /**
   * Starts it; what it says is added to its log.
   *
   * @param environment variables that it has besides those of this process
   */
  void start(String name, List<String> command, Map<String, String> environment)
      throws IOException {
    Files.createDirectories(pids);
    Files.createDirectories(logs);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(nothing()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log(name).toFile()));
    builder.environment().putAll(environment);
    Process process = builder.start();
    Optional<Instant> began = process.toHandle().info().startInstant();
    if (began.isEmpty()) {
      throw new ClusterRefusal(name + " has ended at once" + lastWords(name));
    }
    Files.writeString(
        pids.resolve(name + ".pid"), process.pid() + " " + began.get().toEpochMilli() + "\n");
  }

  /** Runs it to its end; false if that takes too long or it fails. */
  boolean run(String name, List<String> command, Duration patience)
      throws IOException, InterruptedException {
    Files.createDirectories(logs);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log(name).toFile()))
            .start();
    try {
      return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)
          && process.exitValue() == 0;
    } finally {
      process.destroyForcibly();
    }
  }

  /**
   * Ends it, in an orderly way if it takes no longer than {@code patience}; says whether it ran.
   */
  boolean stop(String name, Duration patience) throws InterruptedException {
    Optional<ProcessHandle> found = find(name);
    if (found.isPresent()) {
      ProcessHandle process = found.get();
      process.destroy();
      if (!hasEnded(process, patience)) {
        process.destroyForcibly();
        hasEnded(process, patience);
      }
    }
    return found.isPresent();
  }

  /** Ends it as a machine that dies would: {@code kill -9}; says whether it ran. */
  boolean kill(String name, Duration patience) throws InterruptedException {
    Optional<ProcessHandle> found = find(name);
    if (found.isPresent()) {
      found.get().destroyForcibly();
      hasEnded(found.get(), patience);
    }
    return found.isPresent();
  }

  private static boolean hasEnded(ProcessHandle process, Duration patience)
      throws InterruptedException {
    try {
      process.onExit().get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The end of its log, for a message. */
  String lastWords(String name) throws IOException {
    if (!Files.exists(log(name))) {
      return "";
    }
    List<String> lines =
        new String(Files.readAllBytes(log(name)), StandardCharsets.UTF_8)
            .lines()
            .filter(line -> !line.isBlank() && !line.startsWith("\tat "))
            .toList();
    String last =
        String.join(" / ", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    return last.isEmpty() ? "" : ": " + last + " (" + log(name) + ")";
  }

  private static File nothing() {
    return new File(File.separatorChar == '\\' ? "NUL" : "/dev/null");
  }
}
