// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.deploy;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs of others that tests ask. */
final class Tools {
  private Tools() {}

  /**
   * What a program said, and how it ended.
   *
   * @param said its output, without its complaints
   * @param complained its complaints
   */
  record Ran(List<String> command, int code, String said, String complained) {
    /** Whether it ended without an error. */
    boolean ended() {
      return code == 0;
    }
  }

  static boolean isThere(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  static Ran run(String... command) throws IOException, InterruptedException {
    return run(List.of(command));
  }

  /** Runs a command to its end; one that takes minutes is an error. */
  static Ran run(List<String> command) throws IOException, InterruptedException {
    return run(command, 2);
  }

  static Ran run(List<String> command, int minutes) throws IOException, InterruptedException {
    Path out = Files.createTempFile("tool", ".out");
    Path complaints = Files.createTempFile("tool", ".err");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(complaints.toFile())
              .start();
      if (!process.waitFor(minutes, TimeUnit.MINUTES)) {
        process.destroy();
        throw new IOException(
            command + " takes more than " + minutes + " minutes: " + Files.readString(complaints));
      }
      return new Ran(
          command,
          process.exitValue(),
          Files.readString(out, StandardCharsets.UTF_8),
          Files.readString(complaints, StandardCharsets.UTF_8));
    } finally {
      Files.delete(out);
      Files.delete(complaints);
    }
  }
}
