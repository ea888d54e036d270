// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * How far the files have been read: they are one split, since their order matters.
 *
 * @param file the file at hand, by its place in the list; their number after the last one
 * @param row the last row done in it, 0 at its beginning
 * @param ended whether the end was given
 */
record FilesSplit(int file, long row, boolean ended) implements SourceSplit {
  static final FilesSplit BEGINNING = new FilesSplit(0, 0, false);

  @Override
  public String splitId() {
    return "files";
  }

  /** Version 1: file, row, ended. */
  static final class Serializer implements SimpleVersionedSerializer<FilesSplit> {
    static final int VERSION = 1;

    @Override
    public int getVersion() {
      return VERSION;
    }

    @Override
    public byte[] serialize(FilesSplit split) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeInt(split.file);
      out.writeLong(split.row);
      out.writeBoolean(split.ended);
      return bytes.toByteArray();
    }

    @Override
    public FilesSplit deserialize(int version, byte[] bytes) throws IOException {
      if (version != VERSION) {
        throw new IOException(
            "position in files: version " + version + " is not known, only " + VERSION);
      }
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
      FilesSplit split = new FilesSplit(in.readInt(), in.readLong(), in.readBoolean());
      if (in.read() >= 0) {
        throw new IOException("position in files: more bytes than version 1 has");
      }
      return split;
    }
  }
}
