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
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.jspecify.annotations.Nullable;

/** An endless source with partitions, that a test in the same process writes to. */
final class LiveSource
    implements Source<UserElement, LiveSource.Partition, List<LiveSource.Partition>> {
  private static final long serialVersionUID = 1L;

  /** The source travels to the cluster as a copy; the topic is found by name. */
  private static final Map<String, Topic> TOPICS = new ConcurrentHashMap<>();

  private final String name;
  private final int partitions;

  LiveSource(String name, int partitions) {
    this.name = name;
    this.partitions = partitions;
    TOPICS.put(name, new Topic(partitions));
  }

  Topic topic() {
    return Objects.requireNonNull(TOPICS.get(name));
  }

  /** What was written, kept as a log. */
  static final class Topic {
    private final List<List<UserElement>> logs = new ArrayList<>();
    private final Map<Long, Long> checkpoints = new TreeMap<>();
    private CompletableFuture<Void> written = new CompletableFuture<>();
    private boolean failing;
    private int starts;

    Topic(int partitions) {
      for (int i = 0; i < partitions; i++) {
        logs.add(new ArrayList<>());
      }
    }

    synchronized void write(int partition, UserElement element) {
      logs.get(partition).add(element);
      wake();
    }

    /** The next read fails, once. */
    synchronized void fail() {
      failing = true;
      wake();
    }

    /** When checkpoints were completed: {@link System#nanoTime}. */
    synchronized List<Long> checkpoints() {
      return List.copyOf(checkpoints.values());
    }

    /** How often a reader was started. */
    synchronized int starts() {
      return starts;
    }

    private void wake() {
      CompletableFuture<Void> waiting = written;
      written = new CompletableFuture<>();
      waiting.complete(null);
    }

    private synchronized void started() {
      starts++;
    }

    private synchronized void completed(long checkpoint) {
      checkpoints.putIfAbsent(checkpoint, System.nanoTime());
    }

    private synchronized Optional<UserElement> read(Partition at) throws IOException {
      if (failing) {
        failing = false;
        throw new IOException("a failure on purpose");
      }
      List<UserElement> log = logs.get(at.index);
      return at.position < log.size() ? Optional.of(log.get(at.position)) : Optional.empty();
    }

    private synchronized CompletableFuture<Void> available(List<Partition> from) {
      for (Partition at : from) {
        if (failing || at.position < logs.get(at.index).size()) {
          return CompletableFuture.completedFuture(null);
        }
      }
      return written;
    }
  }

  /** A partition, and how far it has been read. */
  record Partition(int index, int position) implements SourceSplit {
    @Override
    public String splitId() {
      return "p" + index;
    }
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.CONTINUOUS_UNBOUNDED;
  }

  @Override
  public SourceReader<UserElement, Partition> createReader(SourceReaderContext context) {
    return new Reader(topic());
  }

  @Override
  public SplitEnumerator<Partition, List<Partition>> createEnumerator(
      SplitEnumeratorContext<Partition> context) {
    List<Partition> all = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      all.add(new Partition(i, 0));
    }
    return new Enumerator(context, all);
  }

  @Override
  public SplitEnumerator<Partition, List<Partition>> restoreEnumerator(
      SplitEnumeratorContext<Partition> context, List<Partition> unassigned) {
    return new Enumerator(context, unassigned);
  }

  @Override
  public SimpleVersionedSerializer<Partition> getSplitSerializer() {
    return new PartitionSerializer();
  }

  @Override
  public SimpleVersionedSerializer<List<Partition>> getEnumeratorCheckpointSerializer() {
    return new ListSerializer();
  }

  private static final class Reader implements SourceReader<UserElement, Partition> {
    private final Topic topic;
    private final List<Partition> assigned = new ArrayList<>();
    private CompletableFuture<Void> came = new CompletableFuture<>();

    Reader(Topic topic) {
      this.topic = topic;
    }

    @Override
    public void start() {
      topic.started();
    }

    @Override
    public InputStatus pollNext(ReaderOutput<UserElement> output) throws IOException {
      for (int i = 0; i < assigned.size(); i++) {
        Partition at = assigned.get(i);
        Optional<UserElement> next = topic.read(at);
        if (next.isPresent()) {
          output.createOutputForSplit(at.splitId()).collect(next.get());
          assigned.set(i, new Partition(at.index, at.position + 1));
          return InputStatus.MORE_AVAILABLE;
        }
      }
      return InputStatus.NOTHING_AVAILABLE;
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
      return assigned.isEmpty() ? came : topic.available(assigned);
    }

    @Override
    public List<Partition> snapshotState(long checkpoint) {
      return List.copyOf(assigned);
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) {
      topic.completed(checkpoint);
    }

    @Override
    public void addSplits(List<Partition> splits) {
      assigned.addAll(splits);
      came.complete(null);
      came = new CompletableFuture<>();
    }

    @Override
    public void notifyNoMoreSplits() {}

    @Override
    public void close() {}
  }

  private static final class Enumerator implements SplitEnumerator<Partition, List<Partition>> {
    private final SplitEnumeratorContext<Partition> context;
    private final List<Partition> unassigned;

    Enumerator(SplitEnumeratorContext<Partition> context, List<Partition> unassigned) {
      this.context = context;
      this.unassigned = new ArrayList<>(unassigned);
    }

    @Override
    public void start() {}

    @Override
    public void handleSplitRequest(int subtask, @Nullable String host) {}

    @Override
    public void addSplitsBack(List<Partition> splits, int subtask) {
      unassigned.addAll(splits);
    }

    @Override
    public void addReader(int subtask) {
      for (Partition partition : List.copyOf(unassigned)) {
        if (partition.index % context.currentParallelism() == subtask) {
          unassigned.remove(partition);
          context.assignSplit(partition, subtask);
        }
      }
    }

    @Override
    public List<Partition> snapshotState(long checkpoint) {
      return List.copyOf(unassigned);
    }

    @Override
    public void close() {}
  }

  private static final class PartitionSerializer implements SimpleVersionedSerializer<Partition> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(Partition partition) throws IOException {
      return new ListSerializer().serialize(List.of(partition));
    }

    @Override
    public Partition deserialize(int version, byte[] bytes) throws IOException {
      return new ListSerializer().deserialize(version, bytes).get(0);
    }
  }

  private static final class ListSerializer implements SimpleVersionedSerializer<List<Partition>> {
    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(List<Partition> partitions) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeInt(partitions.size());
      for (Partition partition : partitions) {
        out.writeInt(partition.index);
        out.writeInt(partition.position);
      }
      return bytes.toByteArray();
    }

    @Override
    public List<Partition> deserialize(int version, byte[] bytes) throws IOException {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
      List<Partition> partitions = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        partitions.add(new Partition(in.readInt(), in.readInt()));
      }
      return partitions;
    }
  }
}
