// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.cli.Backtest;
import io.beckon.language.JobDefinition.Format;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job that fails between two checkpoints and is restarted by Flink says what it would have. */
class RestartTest {
  private static final long SEED = 7;
  private static final int LINES = 3_000;
  private static final int CHECKPOINT_AT = 1_500;
  private static final int FAIL_AT = 2_200;

  @Test
  void aFailureLosesNothingAndChangesNothing(@TempDir Path folder) throws Exception {
    Path events = Files.write(folder.resolve("events.jsonl"), Feed.lines(SEED, LINES));
    Path alone = folder.resolve("alone");
    new Backtest(TestJobs.shop())
        .run(
            new Backtest.Inputs(List.of(events), Optional.empty(), OptionalLong.empty()),
            alone,
            (bytes, records) -> {});

    Configuration settings = new Configuration();
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    settings.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1);
    settings.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ZERO);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(2, settings);
    env.enableCheckpointing(20);
    Path failed = folder.resolve("failed");
    InputFile file = new InputFile(SourceElement.Kind.EVENT, events.toString(), Format.JSONL);
    EngagementJob.build(
        env,
        TestJobs::shop,
        new FailingSource(List.of(file), failed),
        OptionalLong.empty(),
        new EngagementJob.Sinks(
            new AppendingSink(folder.resolve("decisions.jsonl")),
            new AppendingSink(folder.resolve("commands.jsonl")),
            new AppendingSink(folder.resolve("outcomes.jsonl")),
            new AppendingSink(folder.resolve("late.jsonl")),
            new AppendingSink(folder.resolve("dead-letters.jsonl"))));
    env.execute();

    assertThat(failed).as("the failure came").exists();
    List<String> deadLetters = Files.readAllLines(folder.resolve("dead-letters.jsonl"));
    assertThat(deadLetters)
        .as("begun again where the checkpoint stood")
        .containsOnlyOnce(Files.readAllLines(alone.resolve("dead-letters.jsonl")).get(0));
    // What came between the checkpoint and the failure was written twice, but is the same.
    for (String name :
        List.of("decisions.jsonl", "commands.jsonl", "late.jsonl", "dead-letters.jsonl")) {
      assertThat(new TreeSet<>(Files.readAllLines(folder.resolve(name))))
          .as("%s, seed %s", name, SEED)
          .isNotEmpty()
          .isEqualTo(new TreeSet<>(Files.readAllLines(alone.resolve(name))));
    }
  }

  /** Stops half way until a checkpoint is complete, goes on, and fails once. */
  private static final class FailingSource
      implements Source<SourceElement, FilesSplit, List<FilesSplit>> {
    private static final long serialVersionUID = 1L;

    private final FilesSource files;
    private final String failed;

    FailingSource(List<InputFile> files, Path failed) {
      this.files = new FilesSource(files);
      this.failed = failed.toString();
    }

    @Override
    public Boundedness getBoundedness() {
      return files.getBoundedness();
    }

    @Override
    public SourceReader<SourceElement, FilesSplit> createReader(SourceReaderContext context) {
      return new FailingReader(files.createReader(context), Path.of(failed));
    }

    @Override
    public SplitEnumerator<FilesSplit, List<FilesSplit>> createEnumerator(
        SplitEnumeratorContext<FilesSplit> context) {
      return files.createEnumerator(context);
    }

    @Override
    public SplitEnumerator<FilesSplit, List<FilesSplit>> restoreEnumerator(
        SplitEnumeratorContext<FilesSplit> context, List<FilesSplit> unassigned) {
      return files.restoreEnumerator(context, unassigned);
    }

    @Override
    public SimpleVersionedSerializer<FilesSplit> getSplitSerializer() {
      return files.getSplitSerializer();
    }

    @Override
    public SimpleVersionedSerializer<List<FilesSplit>> getEnumeratorCheckpointSerializer() {
      return files.getEnumeratorCheckpointSerializer();
    }
  }

  private static final class FailingReader implements SourceReader<SourceElement, FilesSplit> {
    private final FilesReader files;
    private final Path failed;
    private final CompletableFuture<Void> checkpointed = new CompletableFuture<>();
    private long firstHalfWay = Long.MAX_VALUE;
    private int polls;

    FailingReader(FilesReader files, Path failed) {
      this.files = files;
      this.failed = failed;
    }

    private boolean waits() {
      return polls == CHECKPOINT_AT && !checkpointed.isDone() && !Files.exists(failed);
    }

    @Override
    public InputStatus pollNext(ReaderOutput<SourceElement> output) throws IOException {
      if (waits()) {
        return InputStatus.NOTHING_AVAILABLE;
      }
      if (polls == FAIL_AT && !Files.exists(failed)) {
        Files.createFile(failed);
        throw new IOException("a failure on purpose");
      }
      InputStatus status = files.pollNext(output);
      if (status == InputStatus.MORE_AVAILABLE) {
        polls++;
      }
      return status;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return waits() ? checkpointed : files.isAvailable();
    }

    @Override
    public List<FilesSplit> snapshotState(long checkpoint) {
      if (polls == CHECKPOINT_AT) {
        firstHalfWay = Math.min(firstHalfWay, checkpoint);
      }
      return files.snapshotState(checkpoint);
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) {
      if (checkpoint >= firstHalfWay) {
        checkpointed.complete(null);
      }
    }

    @Override
    public void start() {
      files.start();
    }

    @Override
    public void addSplits(List<FilesSplit> splits) {
      files.addSplits(splits);
    }

    @Override
    public void notifyNoMoreSplits() {
      files.notifyNoMoreSplits();
    }

    @Override
    public void close() throws IOException {
      files.close();
    }
  }

  /** Keeps what an earlier attempt wrote. */
  private static final class AppendingSink implements Sink<byte[]> {
    private static final long serialVersionUID = 1L;

    private final String path;

    AppendingSink(Path path) {
      this.path = path.toString();
    }

    @Override
    public SinkWriter<byte[]> createWriter(WriterInitContext context) throws IOException {
      OutputStream file =
          new BufferedOutputStream(
              Files.newOutputStream(
                  Path.of(path), StandardOpenOption.CREATE, StandardOpenOption.APPEND));
      return new SinkWriter<>() {
        @Override
        public void write(byte[] line, Context at) throws IOException {
          file.write(line);
          file.write('\n');
        }

        @Override
        public void flush(boolean endOfInput) throws IOException {
          file.flush();
        }

        @Override
        public void close() throws IOException {
          file.close();
        }
      };
    }
  }
}
