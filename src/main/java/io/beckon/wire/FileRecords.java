// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.language.JobDefinition.Format;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * The records of one file, one by one, in constant memory. Plain or gzip, told by content, not by
 * name. A byte order mark and blank lines are passed over. Not thread-safe.
 *
 * <p>A CSV file begins with a header, which is always given first. Its records follow RFC 4180 (a
 * quoted field may hold line breaks) and may end in a bare line feed. A quote that is never closed
 * costs at most one record of {@link #MAX_RECORD_BYTES}: from there the next line begins a new one.
 */
public final class FileRecords implements AutoCloseable {
  /** The longest record that is read whole: 1 MiB. */
  public static final int MAX_RECORD_BYTES = 1 << 20;

  private static final int BUFFER_BYTES = 1 << 16;

  private final String source;
  private final boolean csv;
  private final Counting file;
  private final InputStream in;
  private final long bytesTotal;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;
  // The part of the record at hand that earlier buffers held.
  private byte[] head = new byte[1024];
  private int headLength;
  private long row;
  private boolean headerDue;
  private long firstRow = 1;

  private FileRecords(String source, Counting file, long bytesTotal, Format format)
      throws IOException {
    this.source = source;
    this.csv = format == Format.CSV;
    this.headerDue = csv;
    this.file = file;
    this.bytesTotal = bytesTotal;
    InputStream plain = new BufferedInputStream(file, BUFFER_BYTES);
    plain.mark(2);
    boolean gzip = plain.read() == 0x1F && plain.read() == 0x8B;
    plain.reset();
    this.in = gzip ? new GZIPInputStream(plain, BUFFER_BYTES) : plain;
    skipByteOrderMark();
  }

  /**
   * Opens a file; its last name is the name of the source.
   *
   * @throws UnreadableSourceException if it does not exist or cannot be read
   */
  public static FileRecords open(Path path, Format format) throws UnreadableSourceException {
    Path last = path.getFileName();
    String source = last == null ? path.toString() : last.toString();
    try {
      if (Files.isDirectory(path)) {
        throw new UnreadableSourceException(path + ": is a directory, not a file");
      }
      long size = Files.size(path);
      return of(source, Files.newInputStream(path), size, format);
    } catch (UnreadableSourceException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw new UnreadableSourceException(path + ": no such file", e);
    } catch (AccessDeniedException e) {
      throw new UnreadableSourceException(path + ": may not be read", e);
    } catch (IOException e) {
      throw new UnreadableSourceException(path + ": cannot be read", e);
    }
  }

  /**
   * The records of a stream, which is closed with them.
   *
   * @param source the name of the source
   * @param bytesTotal the length of the stream as stored, 0 if not known
   * @throws UnreadableSourceException if it cannot be read or begins like gzip but is not
   */
  public static FileRecords of(String source, InputStream stream, long bytesTotal, Format format)
      throws UnreadableSourceException {
    Counting counting = new Counting(stream);
    try {
      return new FileRecords(source, counting, bytesTotal, format);
    } catch (IOException e) {
      try {
        stream.close();
      } catch (IOException closing) {
        e.addSuppressed(closing);
      }
      throw failure(source, 0, e);
    }
  }

  /** The name of the source. */
  public String source() {
    return source;
  }

  /** How many bytes of the file, as stored, have been taken in so far. */
  public long bytesRead() {
    return file.count;
  }

  /** The length of the file as stored; 0 if not known. */
  public long bytesTotal() {
    return bytesTotal;
  }

  /**
   * Passes over the records before row {@code row}: after a restart, the row after the last one
   * done. A header is given all the same. To be called before the first {@link #next}.
   */
  public void skipTo(long row) {
    firstRow = row;
  }

  /**
   * The next record; empty at the end.
   *
   * @throws UnreadableSourceException if the file is damaged or its medium fails; what was given
   *     before stays good
   */
  public Optional<RawRecord> next() throws UnreadableSourceException {
    try {
      while (true) {
        if (position == limit && !fill()) {
          return Optional.empty();
        }
        RawRecord record = scan();
        if (record != null) {
          return Optional.of(record);
        }
      }
    } catch (IOException e) {
      throw failure(source, row, e);
    }
  }

  /** Reads up to the next line end that ends a record; null if there is nothing to give. */
  private @Nullable RawRecord scan() throws IOException {
    headLength = 0;
    boolean quoted = false;
    boolean mayOpen = csv;
    int start = position;
    int end = -1;
    while (end < 0) {
      int at = position;
      if (csv) {
        int room = MAX_RECORD_BYTES - headLength;
        while (at < limit) {
          byte b = buffer[at];
          if (b == '"') {
            // Inside, a quote closes; right after a closing one it is an escaped quote.
            mayOpen = quoted || mayOpen;
            quoted = !quoted && mayOpen;
          } else if (quoted) {
            mayOpen = false;
            quoted = at - start < room;
          } else if (b == '\n') {
            break;
          } else {
            mayOpen = b == ',';
          }
          at++;
        }
      } else {
        while (at < limit && buffer[at] != '\n') {
          at++;
        }
      }
      position = at;
      if (at < limit) {
        end = at;
        position = at + 1;
      } else {
        keep(start, limit);
        if (!fill()) {
          end = position;
        }
        start = position;
      }
    }
    return record(start, end);
  }

  private @Nullable RawRecord record(int start, int end) {
    int length = headLength + (end - start);
    if (length > 0 && at(length - 1, start) == '\r') {
      length--;
    }
    boolean blank = csv ? length == 0 : isBlank(start, length);
    if (headerDue) {
      if (blank) {
        return null;
      }
      headerDue = false;
      return new RawRecord(source, 0, bytes(start, length), kind(length, RawRecord.Kind.HEADER));
    }
    if (csv && blank) {
      return null;
    }
    row++;
    if (blank || row < firstRow) {
      return null;
    }
    return new RawRecord(source, row, bytes(start, length), kind(length, RawRecord.Kind.RECORD));
  }

  private static RawRecord.Kind kind(int length, RawRecord.Kind kind) {
    return length > MAX_RECORD_BYTES ? RawRecord.Kind.OVERSIZED : kind;
  }

  private boolean isBlank(int start, int length) {
    for (int i = 0; i < length; i++) {
      byte b = at(i, start);
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }

  private byte at(int index, int start) {
    return index < headLength ? head[index] : buffer[start + index - headLength];
  }

  private byte[] bytes(int start, int length) {
    int n = Math.min(length, MAX_RECORD_BYTES);
    if (headLength == 0) {
      return Arrays.copyOfRange(buffer, start, start + n);
    }
    byte[] bytes = Arrays.copyOf(head, n);
    if (n > headLength) {
      System.arraycopy(buffer, start, bytes, headLength, n - headLength);
    }
    return bytes;
  }

  /** Puts a part of the buffer aside; of a record that is too long, no more than shows that. */
  private void keep(int from, int to) {
    // Room for one byte more, and for the carriage return that may follow.
    int n = Math.min(to - from, MAX_RECORD_BYTES + 2 - headLength);
    if (headLength + n > head.length) {
      head = Arrays.copyOf(head, Math.max(headLength + n, 2 * head.length));
    }
    System.arraycopy(buffer, from, head, headLength, n);
    headLength += n;
  }

  private boolean fill() throws IOException {
    position = 0;
    limit = 0;
    int n = in.read(buffer, 0, buffer.length);
    if (n <= 0) {
      return false;
    }
    limit = n;
    return true;
  }

  private void skipByteOrderMark() throws IOException {
    limit = in.readNBytes(buffer, 0, buffer.length);
    if (limit >= 3
        && buffer[0] == (byte) 0xEF
        && buffer[1] == (byte) 0xBB
        && buffer[2] == (byte) 0xBF) {
      position = 3;
    }
  }

  private static UnreadableSourceException failure(String source, long row, IOException e) {
    String where = row == 0 ? "" : " after row " + row;
    String what =
        e instanceof ZipException || e instanceof EOFException
            ? ": its gzip data is damaged or cut off"
            : ": cannot be read on";
    return new UnreadableSourceException(source + what + where, e);
  }

  /** Closes the file. */
  @Override
  public void close() throws UnreadableSourceException {
    try {
      in.close();
    } catch (IOException e) {
      throw failure(source, row, e);
    }
  }

  private static final class Counting extends FilterInputStream {
    private long count;

    Counting(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int b = super.read();
      count += b < 0 ? 0 : 1;
      return b;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int n = super.read(bytes, offset, length);
      count += Math.max(n, 0);
      return n;
    }
  }
}
