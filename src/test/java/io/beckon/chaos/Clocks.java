// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Wall clocks of processes, each of which can be set while the process runs, as an administrator or
 * NTP would, by a library that {@code bin/chaos} compiles ({@code src/test/c/clock.c}) where there
 * is a C compiler. What measures how long something takes goes on evenly.
 */
final class Clocks {
  private static final DateTimeFormatter TOLD = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

  private static final Duration ABOUT = Duration.ofSeconds(10);

  private static final Pattern DUMP =
      Pattern.compile("(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d)\\RFull thread dump");

  private final Path folder;

  /** Each clock is a file in {@code folder}. */
  Clocks(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder);
  }

  /** The library, as {@code bin/chaos} has made it. */
  static Optional<String> library() {
    return Optional.ofNullable(System.getenv("BECKON_CLOCKS")).filter(path -> !path.isEmpty());
  }

  /** What a Java process of that name needs so that its clock can be set; right at first. */
  Map<String, String> environment(String name) {
    try {
      set(name, Duration.ZERO);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Map.of(
        "LD_PRELOAD",
        library().orElseThrow(),
        "BECKON_CLOCK",
        file(name).toAbsolutePath().toString());
  }

  private Path file(String name) {
    return folder.resolve(name);
  }

  /** Sets it: so far ahead, or behind. */
  void set(String name, Duration ahead) throws IOException {
    ByteBuffer seconds =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(ahead.toSeconds());
    // Written over what is there: processes have it mapped.
    try (FileChannel file =
        FileChannel.open(file(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.write(seconds.flip(), 0);
    }
  }

  /**
   * Waits until the process tells the time that its clock was set to, above what it says when it is
   * asked for its threads.
   *
   * @param log what the process says
   * @throws IOException if it does not
   */
  static void check(long pid, Path log, Duration ahead) throws IOException, InterruptedException {
    Optional<Instant> told = Optional.empty();
    for (int asked = 0; asked < 3 && told.isEmpty(); asked++) {
      long from = Files.size(log);
      Chaos.signal("QUIT", List.of(pid));
      for (int looks = 0; looks < 20 && told.isEmpty(); looks++) {
        TimeUnit.MILLISECONDS.sleep(100);
        told = told(log, from);
      }
    }
    Instant tells =
        told.orElseThrow(() -> new IOException("a process does not tell its clock; see " + log));
    if (Duration.between(Instant.now().plus(ahead), tells).abs().compareTo(ABOUT) > 0) {
      throw new IOException(
          "a clock was set by " + ahead + ", and tells " + tells + "; see " + log);
    }
  }

  /** The time above the process' threads, in what it has said from there on. */
  private static Optional<Instant> told(Path log, long from) throws IOException {
    String said;
    try (FileChannel file = FileChannel.open(log)) {
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.size() - from));
      file.read(bytes, from);
      said = new String(bytes.array(), StandardCharsets.ISO_8859_1);
    }
    Matcher dump = DUMP.matcher(said);
    return dump.find()
        ? Optional.of(
            LocalDateTime.parse(dump.group(1), TOLD).atZone(ZoneId.systemDefault()).toInstant())
        : Optional.empty();
  }
}
