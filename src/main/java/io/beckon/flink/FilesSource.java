// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads files one after the other, in the order given, and then gives an end. One reader has them
 * all: what counts as late depends on the order in which records are read.
 */
final class FilesSource implements Source<SourceElement, FilesSplit, List<FilesSplit>> {
  private static final long serialVersionUID = 1L;

  private final ArrayList<InputFile> files;

  FilesSource(List<InputFile> files) {
    this.files = new ArrayList<>(files);
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.BOUNDED;
  }

  @Override
  public FilesReader createReader(SourceReaderContext context) {
    return new FilesReader(files);
  }

  @Override
  public SplitEnumerator<FilesSplit, List<FilesSplit>> createEnumerator(
      SplitEnumeratorContext<FilesSplit> context) {
    return new Enumerator(context, List.of(FilesSplit.BEGINNING));
  }

  @Override
  public SplitEnumerator<FilesSplit, List<FilesSplit>> restoreEnumerator(
      SplitEnumeratorContext<FilesSplit> context, List<FilesSplit> unassigned) {
    return new Enumerator(context, unassigned);
  }

  @Override
  public SimpleVersionedSerializer<FilesSplit> getSplitSerializer() {
    return new FilesSplit.Serializer();
  }

  @Override
  public SimpleVersionedSerializer<List<FilesSplit>> getEnumeratorCheckpointSerializer() {
    return new UnassignedSerializer();
  }

  /** Gives what there is to the first reader that comes, and to every reader that this is all. */
  private static final class Enumerator implements SplitEnumerator<FilesSplit, List<FilesSplit>> {
    private final SplitEnumeratorContext<FilesSplit> context;
    private final List<FilesSplit> unassigned;

    Enumerator(SplitEnumeratorContext<FilesSplit> context, List<FilesSplit> unassigned) {
      this.context = context;
      this.unassigned = new ArrayList<>(unassigned);
    }

    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int subtask, @Nullable String host) {}

    @Override
    public void addSplitsBack(List<FilesSplit> splits, int subtask) {
      unassigned.addAll(splits);
    }

    @Override
    public void addReader(int subtask) {
      unassigned.forEach(split -> context.assignSplit(split, subtask));
      unassigned.clear();
      context.signalNoMoreSplits(subtask);
    }

    @Override
    public List<FilesSplit> snapshotState(long checkpoint) {
      return List.copyOf(unassigned);
    }

    @Override
    public void close() {}
  }

  /** Version 1: the number of splits, then each with its own version, length and bytes. */
  static final class UnassignedSerializer implements SimpleVersionedSerializer<List<FilesSplit>> {
    private final FilesSplit.Serializer splits = new FilesSplit.Serializer();

    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(List<FilesSplit> unassigned) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeInt(unassigned.size());
      for (FilesSplit split : unassigned) {
        byte[] one = splits.serialize(split);
        out.writeInt(splits.getVersion());
        out.writeInt(one.length);
        out.write(one);
      }
      return bytes.toByteArray();
    }

    @Override
    public List<FilesSplit> deserialize(int version, byte[] bytes) throws IOException {
      if (version != 1) {
        throw new IOException("unassigned files: version " + version + " is not known, only 1");
      }
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
      List<FilesSplit> unassigned = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        int splitVersion = in.readInt();
        unassigned.add(splits.deserialize(splitVersion, in.readNBytes(in.readInt())));
      }
      return unassigned;
    }
  }
}
