// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.test.KafkaClusterTestKit;
import org.apache.kafka.common.test.TestKitNodes;
import org.jspecify.annotations.Nullable;

/** A real Kafka broker in this process. */
public final class Broker {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final int LARGEST = 8 << 20;

  private final KafkaClusterTestKit kit;

  private Broker(KafkaClusterTestKit kit) {
    this.kit = kit;
  }

  /** Starts one. */
  public static Broker start() throws Exception {
    TestKitNodes nodes =
        new TestKitNodes.Builder()
            .setCombined(true)
            .setNumBrokerNodes(1)
            .setNumControllerNodes(1)
            .build();
    KafkaClusterTestKit.Builder builder = new KafkaClusterTestKit.Builder(nodes);
    for (String name :
        List.of(
            "offsets.topic.replication.factor",
            "transaction.state.log.replication.factor",
            "transaction.state.log.min.isr",
            "share.coordinator.state.topic.replication.factor",
            "share.coordinator.state.topic.min.isr",
            "offsets.topic.num.partitions",
            "transaction.state.log.num.partitions")) {
      builder.setConfigProp(name, "1");
    }
    builder.setConfigProp("group.initial.rebalance.delay.ms", "0");
    builder.setConfigProp("auto.create.topics.enable", "false");
    KafkaClusterTestKit kit = builder.build();
    kit.format();
    kit.startup();
    kit.waitForReadyBrokers();
    return new Broker(kit);
  }

  /** For clients. */
  public String servers() {
    return kit.bootstrapServers();
  }

  /** Takes the broker away and brings it back. */
  public void restart() throws Exception {
    var broker = Objects.requireNonNull(kit.brokers().get(0));
    broker.shutdown();
    broker.awaitShutdown();
    broker.startup();
  }

  /** Makes a topic that takes large records. */
  public void create(String topic, int partitions) throws ExecutionException, InterruptedException {
    try (Admin admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers()))) {
      NewTopic made =
          new NewTopic(topic, partitions, (short) 1)
              .configs(Map.of("max.message.bytes", Integer.toString(LARGEST)));
      admin.createTopics(List.of(made)).all().get();
    }
  }

  /** A producer, to be closed. */
  public KafkaProducer<byte[], byte[]> producer() {
    Properties properties = new Properties();
    properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, servers());
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LARGEST);
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Sends a record, by partition or by key; to be followed by a flush. */
  @SuppressWarnings("FutureReturnValueIgnored") // What does not arrive, the tests miss.
  public static void send(
      KafkaProducer<byte[], byte[]> producer,
      String topic,
      @Nullable Integer partition,
      @Nullable String key,
      byte @Nullable [] value) {
    producer.send(
        new ProducerRecord<>(
            topic, partition, key == null ? null : key.getBytes(StandardCharsets.UTF_8), value));
  }

  /** Reads a topic from its beginning, committed records only. */
  public Reader read(String topic) {
    return new Reader(topic);
  }

  /** Ends it, and leaves nothing. */
  public void close() throws Exception {
    kit.close();
  }

  /** What a consumer has seen of a topic so far. */
  public final class Reader implements AutoCloseable {
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<ConsumerRecord<byte[], byte[]>> seen = new ArrayList<>();

    private Reader(String topic) {
      Properties properties = new Properties();
      properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, servers());
      properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
      properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
      consumer =
          new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      consumer.assign(
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList());
    }

    /** Reads what comes within a moment. */
    public List<ConsumerRecord<byte[], byte[]>> poll() {
      consumer.poll(Duration.ofMillis(50)).forEach(seen::add);
      return seen;
    }

    /** Reads until {@code enough}; what there is when patience ends. */
    public List<ConsumerRecord<byte[], byte[]>> until(
        Predicate<List<ConsumerRecord<byte[], byte[]>>> enough) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      boolean done = enough.test(poll());
      while (!done && System.nanoTime() < deadline) {
        done = enough.test(poll());
      }
      return seen;
    }

    /** The values seen, as text. */
    public List<String> lines() {
      return seen.stream()
          .map(record -> new String(record.value(), StandardCharsets.UTF_8))
          .toList();
    }

    /** The keys seen, as text. */
    public List<String> keys() {
      return seen.stream()
          .map(record -> Optional.ofNullable(record.key()).orElse(new byte[0]))
          .map(key -> new String(key, StandardCharsets.UTF_8))
          .toList();
    }

    @Override
    public void close() {
      consumer.close();
    }
  }
}
