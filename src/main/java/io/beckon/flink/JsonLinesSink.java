// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/**
 * Writes lines to one local file, from the beginning: for runs that are repeated whole rather than
 * resumed. For a parallelism of one.
 */
final class JsonLinesSink implements Sink<byte[]> {
  private static final long serialVersionUID = 1L;

  private final String path;

  JsonLinesSink(Path path) {
    this.path = path.toString();
  }

  @Override
  public SinkWriter<byte[]> createWriter(WriterInitContext context) throws IOException {
    return new Writer(new BufferedOutputStream(Files.newOutputStream(Path.of(path))));
  }

  private static final class Writer implements SinkWriter<byte[]> {
    private final OutputStream file;
    private boolean failed;

    Writer(OutputStream file) {
      this.file = file;
    }

    @Override
    public void write(byte[] line, Context context) throws IOException {
      try {
        file.write(line);
        file.write('\n');
      } catch (IOException e) {
        failed = true;
        throw e;
      }
    }

    @Override
    public void flush(boolean endOfInput) throws IOException {
      try {
        file.flush();
      } catch (IOException e) {
        failed = true;
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      try {
        file.close();
      } catch (IOException e) {
        // Of a full disk the first complaint is the one to hear: a second one, while the task is
        // cleaned up, would bring down the whole process in its place.
        if (!failed) {
          throw e;
        }
      }
    }
  }
}
