// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.wire.FileRecords;
import io.beckon.wire.RawRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.core.io.InputStatus;
import org.jspecify.annotations.Nullable;

/**
 * Reads the files' records one by one, from where the split says.
 *
 * <p>A header is given each time a file is opened, after a restart too, and moves the position by
 * nothing: whoever decodes the records behind it has always seen it.
 */
final class FilesReader implements SourceReader<SourceElement, FilesSplit> {
  private final List<InputFile> files;
  private final CompletableFuture<Void> splitCame = new CompletableFuture<>();
  private final CompletableFuture<Void> noMoreCame = new CompletableFuture<>();
  private @Nullable FilesSplit position;
  private @Nullable FileRecords open;
  private boolean noMoreSplits;

  FilesReader(List<InputFile> files) {
    this.files = files;
  }

  @Override
  public void start() {}

  @Override
  public InputStatus pollNext(ReaderOutput<SourceElement> output) throws IOException {
    FilesSplit at = position;
    if (at == null) {
      return noMoreSplits ? InputStatus.END_OF_INPUT : InputStatus.NOTHING_AVAILABLE;
    }
    if (at.ended()) {
      return end();
    }
    if (at.file() == files.size()) {
      output.collect(SourceElement.end());
      position = new FilesSplit(at.file(), 0, true);
      return end();
    }
    InputFile file = files.get(at.file());
    if (open == null) {
      open = FileRecords.open(Path.of(file.path()), file.format());
      open.skipTo(at.row() + 1);
    }
    Optional<RawRecord> next = open.next();
    if (next.isPresent()) {
      RawRecord record = next.get();
      output.collect(new SourceElement(file.kind(), record));
      position = new FilesSplit(at.file(), Math.max(at.row(), record.row()), false);
    } else {
      open.close();
      open = null;
      position = new FilesSplit(at.file() + 1, 0, false);
    }
    return InputStatus.MORE_AVAILABLE;
  }

  /**
   * Not before the last word of the enumerator: lost on a task that has ended, it fails the job.
   */
  private InputStatus end() {
    return noMoreSplits ? InputStatus.END_OF_INPUT : InputStatus.NOTHING_AVAILABLE;
  }

  @Override
  public List<FilesSplit> snapshotState(long checkpoint) {
    return position == null ? List.of() : List.of(position);
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    return position != null && position.ended() ? noMoreCame : splitCame;
  }

  @Override
  public void addSplits(List<FilesSplit> splits) {
    for (FilesSplit split : splits) {
      if (position != null) {
        throw new IllegalStateException("a second split: " + position + ", then " + split);
      }
      position = split;
    }
    splitCame.complete(null);
  }

  @Override
  public void notifyNoMoreSplits() {
    noMoreSplits = true;
    splitCame.complete(null);
    noMoreCame.complete(null);
  }

  @Override
  public void close() throws IOException {
    if (open != null) {
      open.close();
    }
  }
}
