// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.language.JobDefinition.Format;
import io.beckon.wire.RawRecord;
import io.beckon.wire.UnreadableSourceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.core.io.InputStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesSourceTest {
  private Path folder = Path.of("");
  private List<InputFile> files = List.of();

  @BeforeEach
  void writeFiles(@TempDir Path temporary) throws IOException {
    folder = temporary;
    files =
        List.of(
            file(SourceElement.Kind.PROFILE, Format.JSONL, "people.jsonl", "p1\np2\n"),
            file(SourceElement.Kind.EVENT, Format.JSONL, "empty.jsonl", ""),
            file(SourceElement.Kind.EVENT, Format.CSV, "a.csv", "h\na1\n\na2\na3\n"),
            file(SourceElement.Kind.EVENT, Format.JSONL, "b.jsonl", "b1\n\nb3"));
  }

  @Test
  void givesTheFilesInOrderAndThenAnEnd() throws Exception {
    assertThat(read(FilesSplit.BEGINNING, Integer.MAX_VALUE).given)
        .containsExactly(
            "PROFILE p1",
            "PROFILE p2",
            "EVENT h",
            "EVENT a1",
            "EVENT a2",
            "EVENT a3",
            "EVENT b1",
            "EVENT b3",
            "END ");
  }

  @Test
  void goesOnFromEveryPlaceWithNothingTwiceButHeaders() throws Exception {
    List<String> whole = read(FilesSplit.BEGINNING, Integer.MAX_VALUE).given;
    whole.remove("EVENT h");
    FilesSplit.Serializer serializer = new FilesSplit.Serializer();
    for (int n = 0; n <= 15; n++) {
      Reading first = read(FilesSplit.BEGINNING, n);
      FilesSplit position =
          serializer.deserialize(serializer.getVersion(), serializer.serialize(first.position));
      assertThat(position).isEqualTo(first.position);
      List<String> second = read(position, Integer.MAX_VALUE).given;
      boolean insideCsv = position.file() == 2;
      assertThat(second.contains("EVENT h"))
          .as("the header is given again, after %s", position)
          .isEqualTo(insideCsv || position.file() < 2);
      List<String> both = new ArrayList<>(first.given);
      both.addAll(second);
      both.removeIf("EVENT h"::equals);
      assertThat(both).as("stopped after %s polls at %s", n, position).isEqualTo(whole);
    }
  }

  @Test
  void noFilesAreAnEndAtOnce() throws Exception {
    files = List.of();
    assertThat(read(FilesSplit.BEGINNING, Integer.MAX_VALUE).given).containsExactly("END ");
  }

  @Test
  void aMissingFileIsNamed() {
    files =
        List.of(
            new InputFile(
                SourceElement.Kind.EVENT, folder.resolve("none.jsonl").toString(), Format.JSONL));
    assertThatThrownBy(() -> read(FilesSplit.BEGINNING, 1))
        .isInstanceOf(UnreadableSourceException.class)
        .hasMessageContaining("none.jsonl");
  }

  @Test
  void aPositionOfAnotherVersionIsRefusedByName() throws Exception {
    FilesSplit.Serializer serializer = new FilesSplit.Serializer();
    byte[] bytes = serializer.serialize(new FilesSplit(3, 1L << 40, true));
    assertThatThrownBy(() -> serializer.deserialize(2, bytes)).hasMessageContaining("version 2");
    byte[] longer = new byte[bytes.length + 1];
    assertThatThrownBy(() -> serializer.deserialize(1, longer)).hasMessageContaining("more bytes");
  }

  @Test
  void whatIsNotAssignedSurvivesACheckpoint() throws Exception {
    var serializer = new FilesSource(files).getEnumeratorCheckpointSerializer();
    for (List<FilesSplit> unassigned :
        List.of(List.<FilesSplit>of(), List.of(new FilesSplit(2, 7, false)))) {
      assertThat(serializer.deserialize(1, serializer.serialize(unassigned))).isEqualTo(unassigned);
    }
    assertThatThrownBy(() -> serializer.deserialize(9, new byte[0]))
        .hasMessageContaining("version 9");
  }

  private InputFile file(SourceElement.Kind kind, Format format, String name, String text)
      throws IOException {
    return new InputFile(kind, Files.writeString(folder.resolve(name), text).toString(), format);
  }

  /** What a reader gave, and where it stood then. */
  private record Reading(List<String> given, FilesSplit position) {}

  private Reading read(FilesSplit from, int polls) throws Exception {
    List<String> given = new ArrayList<>();
    try (FilesReader reader = new FilesReader(files)) {
      assertThat(reader.pollNext(into(given))).isEqualTo(InputStatus.NOTHING_AVAILABLE);
      assertThat(reader.isAvailable()).isNotDone();
      reader.addSplits(List.of(from));
      reader.notifyNoMoreSplits();
      assertThat(reader.isAvailable()).isDone();
      for (int i = 0; i < polls; i++) {
        if (reader.pollNext(into(given)) == InputStatus.END_OF_INPUT) {
          break;
        }
      }
      return new Reading(given, reader.snapshotState(1).get(0));
    }
  }

  private static ReaderOutput<SourceElement> into(List<String> given) {
    return new ReaderOutput<>() {
      @Override
      public void collect(SourceElement element) {
        RawRecord record = element.record();
        given.add(element.kind() + " " + new String(record.bytes(), StandardCharsets.UTF_8));
      }

      @Override
      public void collect(SourceElement element, long timeMs) {
        collect(element);
      }

      @Override
      public void emitWatermark(Watermark watermark) {
        throw new AssertionError("time is made from events: " + watermark);
      }

      @Override
      public void markIdle() {}

      @Override
      public void markActive() {}

      @Override
      public SourceOutput<SourceElement> createOutputForSplit(String split) {
        return this;
      }

      @Override
      public void releaseOutputForSplit(String split) {}
    };
  }
}
