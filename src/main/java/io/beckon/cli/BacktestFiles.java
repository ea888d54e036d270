// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The files of a run: written beside their names, and given them together at the end. What was not
 * published leaves nothing behind.
 */
final class BacktestFiles implements AutoCloseable {
  /** The files of lines. */
  enum Lines {
    DECISIONS("decisions.jsonl"),
    COMMANDS("commands.jsonl"),
    OUTCOMES("outcomes.jsonl"),
    LATE("late.jsonl"),
    DEAD_LETTERS("dead-letters.jsonl");

    private final String fileName;

    Lines(String fileName) {
      this.fileName = fileName;
    }
  }

  private static final String SUMMARY = "summary.json";
  private static final int BUFFER_BYTES = 1 << 16;

  private final Path folder;
  private final Map<Lines, OutputStream> streams = new EnumMap<>(Lines.class);

  private BacktestFiles(Path folder) {
    this.folder = folder;
  }

  /** Opens the files in {@code folder}, which is created if absent. */
  static BacktestFiles create(Path folder) throws IOException {
    BacktestFiles files = new BacktestFiles(folder);
    try {
      Files.createDirectories(folder);
      for (Lines lines : Lines.values()) {
        files.streams.put(
            lines,
            new BufferedOutputStream(
                Files.newOutputStream(files.part(lines.fileName)), BUFFER_BYTES));
      }
      return files;
    } catch (FileAlreadyExistsException e) {
      throw new IOException(folder + ": is a file, not a folder", e);
    } catch (IOException e) {
      files.close();
      throw new IOException(folder + ": cannot be written to", e);
    }
  }

  private Path part(String fileName) {
    return folder.resolve("." + fileName + ".part");
  }

  /** Adds a line. */
  void write(Lines lines, byte[] line) throws IOException {
    OutputStream stream = streams.get(lines);
    if (stream == null) {
      throw new IllegalStateException("closed");
    }
    stream.write(line);
    stream.write('\n');
  }

  /** A file that is not published yet, with all that was written to it. */
  Path written(Lines lines) throws IOException {
    OutputStream stream = streams.get(lines);
    if (stream != null) {
      stream.flush();
    }
    return part(lines.fileName);
  }

  /** Gives the files their names, the summary last. */
  void publish(String summary) throws IOException {
    for (OutputStream stream : streams.values()) {
      stream.close();
    }
    Files.writeString(part(SUMMARY), summary, StandardCharsets.UTF_8);
    for (Lines lines : Lines.values()) {
      move(lines.fileName);
    }
    move(SUMMARY);
  }

  private void move(String fileName) throws IOException {
    Files.move(
        part(fileName),
        folder.resolve(fileName),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** Closes the files and removes what was not published. */
  @Override
  public void close() throws IOException {
    Optional<IOException> failure = Optional.empty();
    for (OutputStream stream : streams.values()) {
      try {
        stream.close();
      } catch (IOException e) {
        // A full disk: what is left in memory cannot be written, and need not be.
        failure = Optional.of(e);
      }
    }
    for (Lines lines : Lines.values()) {
      Files.deleteIfExists(part(lines.fileName));
    }
    Files.deleteIfExists(part(SUMMARY));
    if (failure.isPresent()) {
      throw failure.get();
    }
  }
}
