// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads topics from their beginning, as readers of a job's results do: committed records only. */
public final class CommittedLines implements AutoCloseable {
  private final KafkaConsumer<String, String> consumer;
  private final List<TopicPartition> partitions;

  private CommittedLines(KafkaConsumer<String, String> consumer, List<TopicPartition> partitions) {
    this.consumer = consumer;
    this.partitions = partitions;
  }

  /** A record's text and where it comes from. */
  public record Line(String topic, String text) {
    public Line {
      Objects.requireNonNull(topic);
      Objects.requireNonNull(text);
    }
  }

  /**
   * Begins to read.
   *
   * @param topics must exist
   * @throws KafkaRefusal if they cannot be read
   */
  public static CommittedLines open(String servers, List<String> topics) throws KafkaRefusal {
    Map<String, Object> properties = new HashMap<>();
    properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    try {
      List<TopicPartition> partitions = new ArrayList<>();
      for (String topic : topics) {
        consumer
            .partitionsFor(topic)
            .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
      }
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      return new CommittedLines(consumer, partitions);
    } catch (KafkaException e) {
      consumer.close();
      throw new KafkaRefusal("topics " + String.join(", ", topics) + ": " + Brokers.cause(e), e);
    }
  }

  /** What has come since the last call; waits at most so long for something to come. */
  public List<Line> poll(Duration atMost) throws KafkaRefusal {
    List<Line> lines = new ArrayList<>();
    try {
      consumer.poll(atMost).forEach(record -> lines.add(new Line(record.topic(), record.value())));
    } catch (KafkaException e) {
      throw new KafkaRefusal("reading the results" + ": " + Brokers.cause(e), e);
    }
    return lines;
  }

  /** Whether everything that is committed by now has been handed out. */
  public boolean isAtEnd() throws KafkaRefusal {
    try {
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      return partitions.stream()
          .allMatch(at -> consumer.position(at) >= Objects.requireNonNull(ends.get(at)));
    } catch (KafkaException e) {
      throw new KafkaRefusal("reading the results" + ": " + Brokers.cause(e), e);
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
