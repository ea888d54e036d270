// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.chaos;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** What a reader of the job's topics sees, committed records only, from beginning to end. */
final class Seen implements AutoCloseable {
  private static final Duration LOOK = Duration.ofMillis(300);

  private final KafkaConsumer<String, String> consumer;
  private final Map<String, Path> files = new HashMap<>();
  private final Map<String, Long> counts = new ConcurrentHashMap<>();
  private final Thread thread = new Thread(this::read, "reader");
  private final AtomicBoolean enough = new AtomicBoolean();
  private final AtomicReference<Exception> failure = new AtomicReference<>();

  /**
   * Begins to read.
   *
   * @param topics their lines go to files of their names in {@code folder}
   */
  Seen(String servers, List<String> topics, Path folder) throws IOException {
    consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                servers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest"),
            new StringDeserializer(),
            new StringDeserializer());
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : topics) {
      files.put(topic, folder.resolve(topic + ".jsonl"));
      consumer
          .partitionsFor(topic)
          .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    thread.start();
  }

  private void read() {
    Map<String, BufferedWriter> writers = new HashMap<>();
    try {
      for (Map.Entry<String, Path> file : files.entrySet()) {
        writers.put(file.getKey(), Files.newBufferedWriter(file.getValue()));
      }
      while (!enough.get()) {
        for (ConsumerRecord<String, String> record : consumer.poll(LOOK)) {
          if (!record.value().contains("\"user\":\"" + Feed.NOBODY + "\"")) {
            BufferedWriter writer = Objects.requireNonNull(writers.get(record.topic()));
            writer.write(record.value());
            writer.newLine();
            counts.merge(record.topic(), 1L, Long::sum);
          }
        }
      }
      for (BufferedWriter writer : writers.values()) {
        writer.close();
      }
    } catch (IOException | KafkaException e) {
      failure.compareAndSet(null, e);
    }
  }

  /** How many lines of the topic there were so far. */
  long count(String topic) {
    return counts.getOrDefault(topic, 0L);
  }

  /** The lines of the topic; reads no further. */
  Path end(String topic) throws IOException, InterruptedException {
    enough.set(true);
    thread.join();
    Exception failed = failure.get();
    if (failed != null) {
      throw new IOException("the reader failed", failed);
    }
    return Objects.requireNonNull(files.get(topic));
  }

  @Override
  public void close() {
    enough.set(true);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    consumer.close();
  }
}
