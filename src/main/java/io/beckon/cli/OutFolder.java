// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The folder a run writes to, held by this run alone until closed: two at once would write into
 * each other's files. A process that dies lets go of it.
 */
final class OutFolder implements AutoCloseable {
  private final Path path;
  private final Path lock;
  private final FileChannel channel;

  private OutFolder(Path path, Path lock, FileChannel channel) {
    this.path = path;
    this.lock = lock;
    this.channel = channel;
  }

  /** Makes the folder if it is not there, and takes hold of it. */
  static OutFolder open(Path path) throws Refusal {
    InputFiles.makeFolder(path);
    Path lock = path.resolve(".lock");
    try {
      FileChannel channel =
          FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      // A lock on a file that its holder just removed keeps nobody else out.
      if (isTaken(channel) || !Files.exists(lock)) {
        channel.close();
        throw new Refusal(path + ": another run is writing there; name another folder for --out");
      }
      return new OutFolder(path, lock, channel);
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(path.toString(), e));
    }
  }

  private static boolean isTaken(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() == null;
    } catch (OverlappingFileLockException sameProcess) {
      return true;
    }
  }

  Path path() {
    return path;
  }

  @Override
  public void close() throws Refusal {
    try {
      Files.deleteIfExists(lock);
      channel.close();
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(path.toString(), e));
    }
  }
}
