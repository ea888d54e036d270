// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Finds a program {@code redis-server}. */
final class Redis {
  private static final String PROGRAM = "redis-server";

  private Redis() {}

  /**
   * The program: the one the user names, else the one on the {@code PATH}, else the one that is
   * built for this machine in a jar of the tests.
   *
   * @param classPath the class path of the tests
   * @param folder where a program out of a jar goes
   * @return empty if there is none
   */
  static Optional<Path> program(Optional<String> named, String classPath, Path folder)
      throws IOException {
    if (named.isPresent()) {
      Path program = Path.of(named.get());
      if (!Files.isExecutable(program)) {
        throw new ClusterRefusal(named.get() + ": no program; name a redis-server");
      }
      return Optional.of(program);
    }
    for (String place :
        Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator, -1)) {
      Path program = Path.of(place.isEmpty() ? "." : place, PROGRAM);
      if (Files.isExecutable(program) && Files.isRegularFile(program)) {
        return Optional.of(program);
      }
    }
    return ofJar(classPath, folder);
  }

  private static Optional<Path> ofJar(String classPath, Path folder) throws IOException {
    for (String library : classPath.split(File.pathSeparator, -1)) {
      if (!Path.of(library).getFileName().toString().startsWith("embedded-redis-")) {
        continue;
      }
      try (ZipFile jar = new ZipFile(library)) {
        Optional<? extends ZipEntry> entry =
            jar.stream().filter(each -> each.getName().endsWith(ending())).findFirst();
        if (entry.isPresent()) {
          Path program = folder.resolve(PROGRAM);
          Files.createDirectories(folder);
          if (!Files.isExecutable(program)) {
            try (InputStream in = jar.getInputStream(entry.get())) {
              Files.copy(in, program, StandardCopyOption.REPLACE_EXISTING);
            }
            if (!program.toFile().setExecutable(true)) {
              throw new ClusterRefusal(program + ": cannot be made a program");
            }
          }
          return Optional.of(program);
        }
      }
    }
    return Optional.empty();
  }

  /** How the programs in the jar are called. */
  private static String ending() {
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch", "");
    boolean arm = processor.equals("aarch64") || processor.equals("arm64");
    return (system.startsWith("mac") ? "darwin" : "linux") + (arm ? "-arm64" : "-amd64");
  }
}
