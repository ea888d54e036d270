// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.wire.UnreadableSourceException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Checks of what users name on the command line, and I/O failures in their words. */
final class InputFiles {
  private InputFiles() {}

  /** Refuses a file that is missing, a folder, or not readable. */
  static void check(Path file) throws Refusal {
    if (!Files.exists(file)) {
      throw new Refusal(file + ": no such file");
    }
    if (Files.isDirectory(file)) {
      throw new Refusal(file + ": a folder; name a file");
    }
    if (!Files.isReadable(file)) {
      throw new Refusal(file + ": not readable; check its permissions");
    }
  }

  /** Makes the folder results go to, or says why that cannot be. */
  static void makeFolder(Path folder) throws Refusal {
    try {
      Files.createDirectories(folder);
    } catch (FileAlreadyExistsException e) {
      throw new Refusal(folder + ": a file, not a folder; name another folder for --out");
    } catch (IOException e) {
      throw new Refusal(folder + ": cannot be made; name another folder for --out");
    }
    if (!Files.isWritable(folder)) {
      throw new Refusal(folder + ": not writable; check its permissions, or name another --out");
    }
  }

  /** The bytes of all files together, as far as they can be told. */
  static long bytes(List<Path> files) {
    long bytes = 0;
    for (Path file : files) {
      try {
        bytes += Files.size(file);
      } catch (IOException e) {
        // Only the progress shown to a person rests on it.
        return 0;
      }
    }
    return bytes;
  }

  /** One line about an I/O failure at {@code place}. */
  static String explain(String place, IOException failure) {
    if (failure instanceof UnreadableSourceException) {
      return String.valueOf(failure.getMessage());
    }
    if (failure instanceof NoSuchFileException) {
      return place + ": no such file";
    }
    if (failure instanceof AccessDeniedException) {
      return place + ": not allowed; check its permissions";
    }
    if (failure instanceof NotDirectoryException) {
      return place + ": not a folder";
    }
    if (failure instanceof DirectoryNotEmptyException full) {
      return full.getFile() + ": a folder stands where a file is to be written";
    }
    String detail =
        Optional.ofNullable(failure.getMessage()).orElse("input or output failed").strip();
    String line = detail.lines().findFirst().orElse("input or output failed");
    return line.startsWith(place) ? line : place + ": " + line;
  }
}
