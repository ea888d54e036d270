// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.wire.AvroSchemas;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/** The files of a job for tests, by path below {@link #FOLDER}. */
final class JobFiles {
  static final String FOLDER = "jobs/shop";
  static final Path SHOP = Path.of("src", "test", "resources", "jobs", "shop");

  private JobFiles() {}

  /** The example job. */
  static Map<String, String> shop() {
    return read(SHOP);
  }

  /** Every YAML file below {@code folder}. */
  static Map<String, String> read(Path folder) {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.filter(p -> p.toString().endsWith(".yaml")).toList()) {
        String name = folder.relativize(path).toString().replace('\\', '/');
        files.put(name, Files.readString(path));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  static Definitions.Loaded load(Map<String, String> files) {
    List<SourceFile> sources =
        files.entrySet().stream()
            .map(entry -> new SourceFile(FOLDER + "/" + entry.getKey(), entry.getValue()))
            .toList();
    return Definitions.load(FOLDER, sources, AvroSchemas::check);
  }

  /** For {@code Rendering.text}. */
  static Function<String, Optional<String>> sources(Map<String, String> files) {
    return path -> Optional.ofNullable(files.get(path.substring(FOLDER.length() + 1)));
  }
}
