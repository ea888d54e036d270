// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.language.SourceFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A job's folder on disk. */
final class JobFolder {
  /** What the definition language allows a file. */
  private static final int MAX_BYTES = 1 << 20;

  private static final int DEEPEST = 8;

  private final Path path;
  private final String name;

  private JobFolder(Path path, String name) {
    this.path = path;
    this.name = name;
  }

  /** The folder the user calls {@code argument}, which must hold a {@code job.yaml}. */
  static JobFolder of(Path argument) throws Refusal {
    String shown = argument.toString().isEmpty() ? "." : argument.toString();
    if (!Files.exists(argument)) {
      throw new Refusal(shown + ": no such folder");
    }
    if (!Files.isDirectory(argument)) {
      throw new Refusal(shown + ": not a folder; name the folder that holds job.yaml");
    }
    if (!Files.exists(argument.resolve("job.yaml"))) {
      throw new Refusal(
          shown + ": no job.yaml in it; name the folder of a job, such as jobs/retail");
    }
    return new JobFolder(argument, shown);
  }

  /** The folder as the user wrote it. */
  String name() {
    return name;
  }

  /** Every definition file in it, by path. */
  List<SourceFile> read() throws Refusal {
    List<Path> files = new ArrayList<>(filesIn(path, 1, ".yaml", ".yml"));
    for (String name : List.of("models", "triggers")) {
      Path folder = path.resolve(name);
      if (Files.isDirectory(folder)) {
        // Deeper ones, too: they are not read, and somebody has to say so.
        files.addAll(filesIn(folder, DEEPEST, ".yaml", ".yml"));
      }
    }
    Path schemas = path.resolve("schemas");
    if (Files.isDirectory(schemas)) {
      files.addAll(filesIn(schemas, DEEPEST, ".avsc"));
    }
    List<SourceFile> read = new ArrayList<>();
    for (Path file : files) {
      read.add(new SourceFile(shown(file), text(file)));
    }
    return read;
  }

  /** The file that {@link SourceFile#path} calls {@code shown}. */
  Path resolve(String shown) {
    return path.resolve(shown.substring(name.length() + 1));
  }

  private String shown(Path file) {
    return name + "/" + path.relativize(file).toString().replace('\\', '/');
  }

  /**
   * The files in {@code folder} down to {@code depth} that end so; what is hidden belongs to other
   * tools.
   */
  private static List<Path> filesIn(Path folder, int depth, String... endings) throws Refusal {
    try (Stream<Path> entries = Files.walk(folder, depth, FileVisitOption.FOLLOW_LINKS)) {
      return entries
          .filter(file -> List.of(endings).stream().anyMatch(file.toString()::endsWith))
          .filter(file -> !isHidden(folder.relativize(file)))
          .filter(file -> !Files.isDirectory(file))
          .sorted()
          .toList();
    } catch (UncheckedIOException e) {
      throw new Refusal(folder + ": a folder in it cannot be read, or leads back to itself");
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(folder.toString(), e));
    }
  }

  private static boolean isHidden(Path file) {
    for (Path part : file) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  /** As UTF-8; what is not becomes U+FFFD, which the reader of definitions complains about. */
  private String text(Path file) throws Refusal {
    try (InputStream in = Files.newInputStream(file)) {
      // One byte too many is enough to be told so.
      return new String(in.readNBytes(MAX_BYTES + 1), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(shown(file), e));
    }
  }
}
