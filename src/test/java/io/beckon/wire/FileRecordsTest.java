// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.language.JobDefinition.Format;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileRecordsTest {
  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private static List<String> read(byte[] bytes, Format format) throws IOException {
    return read(new ByteArrayInputStream(bytes), format);
  }

  private static List<String> read(InputStream in, Format format) throws IOException {
    List<String> found = new ArrayList<>();
    try (FileRecords records = FileRecords.of("f", in, 0, format)) {
      for (Optional<RawRecord> next = records.next(); next.isPresent(); next = records.next()) {
        RawRecord record = next.get();
        String text = new String(record.bytes(), StandardCharsets.UTF_8);
        found.add(
            record.kind() == RawRecord.Kind.OVERSIZED
                ? record.row() + " oversized " + record.bytes().length
                : record.row() + " " + text);
      }
      assertThat(records.next()).as("the end stays the end").isEmpty();
    }
    return found;
  }

  @Test
  void linesAreNumberedAndBlankOnesPassedOver() throws IOException {
    assertThat(read(utf8("{a}\n\n \t\r\n{b}\r\n {c} "), Format.JSONL))
        .containsExactly("1 {a}", "4 {b}", "5  {c} ");
  }

  @Test
  void anEmptyFileHasNoRecords() throws IOException {
    assertThat(read(utf8(""), Format.JSONL)).isEmpty();
    assertThat(read(utf8(""), Format.CSV)).isEmpty();
    assertThat(read(utf8("\n\r\n"), Format.CSV)).isEmpty();
    assertThat(read(gzip(utf8("")), Format.JSONL)).isEmpty();
  }

  @Test
  void aByteOrderMarkIsPassedOver() throws IOException {
    assertThat(read(utf8("\uFEFFa,b\n1,2\n"), Format.CSV)).containsExactly("0 a,b", "1 1,2");
    assertThat(read(gzip(utf8("\uFEFF{a}\n")), Format.JSONL)).containsExactly("1 {a}");
  }

  @Test
  void quotedFieldsHoldLineBreaksAndCommas() throws IOException {
    String csv = "a,b\r\n\"x\ny\",\"1\"\"\n\"\r\n\n5\" wide,\"\"\nz,\"\"\"\"\n";
    assertThat(read(utf8(csv), Format.CSV))
        .containsExactly("0 a,b", "1 \"x\ny\",\"1\"\"\n\"", "2 5\" wide,\"\"", "3 z,\"\"\"\"");
  }

  @Test
  void aQuoteNeverClosedCostsOneRecordNotTheFile() throws IOException {
    StringBuilder csv = new StringBuilder("a,b\n1,\"open\n");
    int lines = 0;
    while (csv.length() < 3 * FileRecords.MAX_RECORD_BYTES) {
      csv.append("some,more\n");
      lines++;
    }
    List<String> found = read(utf8(csv.toString()), Format.CSV);
    assertThat(found.get(1)).isEqualTo("1 oversized " + FileRecords.MAX_RECORD_BYTES);
    assertThat(found.get(2)).isEqualTo("2 some,more");
    assertThat(found).hasSizeBetween(lines / 2, lines);
  }

  @Test
  void aRecordOfTheGreatestLengthIsReadWhole() throws IOException {
    for (int more = 0; more <= 3; more++) {
      byte[] text = new byte[FileRecords.MAX_RECORD_BYTES + more];
      Arrays.fill(text, (byte) 'x');
      String line = new String(text, StandardCharsets.US_ASCII);
      List<String> found = read(utf8(line + "\r\nnext"), Format.JSONL);
      assertThat(found.get(0).length() > FileRecords.MAX_RECORD_BYTES)
          .as("longer by %d", more)
          .isEqualTo(more == 0);
      assertThat(found).hasSize(2).endsWith("2 next");
    }
  }

  @Test
  void howTheStreamIsCutIntoPiecesChangesNothing() throws IOException {
    long seed = 20261122;
    Random random = new Random(seed);
    String alphabet = "ab,\"\n\r\"\n, é";
    for (int round = 0; round < 200; round++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(400);
      for (int i = 0; i < length; i++) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      byte[] bytes = utf8(text.toString());
      for (Format format : Format.values()) {
        InputStream drops = new Drops(bytes, random);
        assertThat(read(drops, format))
            .as("seed %d, round %d, %s", seed, round, format)
            .isEqualTo(read(bytes, format));
        assertThat(read(gzip(bytes), format)).isEqualTo(read(bytes, format));
      }
    }
  }

  /** A stream that gives few bytes at a time. */
  private static final class Drops extends ByteArrayInputStream {
    private final Random random;

    Drops(byte[] bytes, Random random) {
      super(bytes);
      this.random = random;
    }

    @Override
    public synchronized int read(byte[] b, int off, int len) {
      return super.read(b, off, Math.min(len, 1 + random.nextInt(7)));
    }
  }

  @Test
  void gzipIsToldByContentAndProgressCountsItsBytes(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("events.csv");
    byte[] zipped = gzip(utf8("a\n1\n2\n"));
    Files.write(file, zipped);
    try (FileRecords records = FileRecords.open(file, Format.CSV)) {
      assertThat(records.bytesTotal()).isEqualTo(zipped.length);
      assertThat(records.next().orElseThrow().kind()).isEqualTo(RawRecord.Kind.HEADER);
      assertThat(records.next().orElseThrow().source()).isEqualTo("events.csv");
      assertThat(records.next().orElseThrow().row()).isEqualTo(2);
      assertThat(records.next()).isEmpty();
      assertThat(records.bytesRead()).isEqualTo(zipped.length);
    }
  }

  @Test
  void afterARestartReadingGoesOnAtARow() throws IOException {
    try (FileRecords records =
        FileRecords.of("f", new ByteArrayInputStream(utf8("h\na\nb\nc\n")), 0, Format.CSV)) {
      records.skipTo(3);
      assertThat(records.next().orElseThrow().kind()).isEqualTo(RawRecord.Kind.HEADER);
      RawRecord record = records.next().orElseThrow();
      assertThat(record.row()).isEqualTo(3);
      assertThat(record.bytes()).isEqualTo(utf8("c"));
      assertThat(records.next()).isEmpty();
    }
  }

  @Test
  void whatWasReadBeforeTheDamageStaysGood() throws IOException {
    StringBuilder lines = new StringBuilder();
    Random random = new Random(5);
    for (int i = 0; i < 50_000; i++) {
      lines.append(random.nextLong()).append('\n');
    }
    byte[] whole = gzip(utf8(lines.toString()));
    byte[] cut = Arrays.copyOf(whole, whole.length / 2);
    List<String> good = new ArrayList<>();
    assertThatThrownBy(
            () -> {
              try (FileRecords records =
                  FileRecords.of("e.gz", new ByteArrayInputStream(cut), 0, Format.JSONL)) {
                for (var next = records.next(); next.isPresent(); next = records.next()) {
                  good.add(new String(next.get().bytes(), StandardCharsets.UTF_8));
                }
              }
            })
        .isInstanceOf(UnreadableSourceException.class)
        .hasMessageMatching("e.gz: its gzip data is damaged or cut off after row \\d+");
    assertThat(good).hasSizeGreaterThan(1000);
    assertThat(lines.toString()).startsWith(String.join("\n", good) + "\n");
  }

  @Test
  void whatCannotBeOpenedIsNamed(@TempDir Path folder) throws IOException {
    Path absent = folder.resolve("absent.csv");
    assertThatThrownBy(() -> FileRecords.open(absent, Format.CSV))
        .isInstanceOf(UnreadableSourceException.class)
        .hasMessage(absent + ": no such file");
    assertThatThrownBy(() -> FileRecords.open(folder, Format.CSV))
        .isInstanceOf(UnreadableSourceException.class)
        .hasMessage(folder + ": is a directory, not a file");
    Path broken = folder.resolve("b.gz");
    Files.write(broken, new byte[] {0x1F, (byte) 0x8B, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    assertThatThrownBy(() -> FileRecords.open(broken, Format.CSV))
        .isInstanceOf(UnreadableSourceException.class)
        .hasMessage("b.gz: its gzip data is damaged or cut off");
  }
}
