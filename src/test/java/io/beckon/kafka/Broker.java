// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
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
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.network.ListenerName;
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
    return start(Map.of());
  }

  /**
   * Starts one with two more listeners: {@code TLS}, for one user by name and password, over TLS;
   * and {@code SCRAM}, for users that are known as such.
   *
   * @param keys a PKCS12 store with the broker's key and certificate
   */
  public static Broker startSecured(Path keys, String keysPassword, String user, String password)
      throws Exception {
    Map<String, String> settings = new HashMap<>();
    settings.put(
        "listeners",
        "EXTERNAL://localhost:0,CONTROLLER://localhost:0,TLS://localhost:0,SCRAM://localhost:0");
    settings.put(
        "listener.security.protocol.map",
        "EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SASL_SSL,SCRAM:SASL_PLAINTEXT");
    settings.put("listener.name.tls.ssl.keystore.type", "PKCS12");
    settings.put("listener.name.tls.ssl.keystore.location", keys.toString());
    settings.put("listener.name.tls.ssl.keystore.password", keysPassword);
    settings.put("listener.name.tls.sasl.enabled.mechanisms", "PLAIN");
    settings.put(
        "listener.name.tls.plain.sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required user_%s=\"%s\";"
            .formatted(user, password));
    settings.put("listener.name.scram.sasl.enabled.mechanisms", "SCRAM-SHA-256");
    settings.put(
        "listener.name.scram.scram-sha-256.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    return start(settings);
  }

  /**
   * Starts one with a listener {@code SCRAM} more, whose users may do what they were allowed and
   * nothing else; whoever comes by {@link #servers()} may do everything.
   */
  public static Broker startGuarded() throws Exception {
    Map<String, String> settings = new HashMap<>();
    settings.put(
        "listeners", "EXTERNAL://localhost:0,CONTROLLER://localhost:0,SCRAM://localhost:0");
    settings.put(
        "listener.security.protocol.map",
        "EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_PLAINTEXT");
    settings.put("listener.name.scram.sasl.enabled.mechanisms", "SCRAM-SHA-256");
    settings.put(
        "listener.name.scram.scram-sha-256.sasl.jaas.config",
        "org.apache.kafka.common.security.scram.ScramLoginModule required;");
    settings.put(
        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    settings.put("super.users", "User:ANONYMOUS");
    return start(settings);
  }

  private static Broker start(Map<String, String> settings) throws Exception {
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
    settings.forEach(builder::setConfigProp);
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

  /** For clients of a listener. */
  public String servers(String listener) {
    var broker = Objects.requireNonNull(kit.brokers().get(0));
    return "localhost:" + broker.boundPort(new ListenerName(listener));
  }

  /** Makes a user known to the listener {@code SCRAM}. */
  public void know(String user, String password) throws Exception {
    try (Admin admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers()))) {
      ScramCredentialInfo info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
      admin
          .alterUserScramCredentials(
              List.of(new UserScramCredentialUpsertion(user, info, password)))
          .all()
          .get();
      // The controller knows it at once, the broker a moment later.
      while (admin.describeUserScramCredentials().users().get().isEmpty()) {
        Thread.onSpinWait();
      }
    }
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
      // The controller knows it at once, the broker a moment later.
      while (!admin.listTopics().names().get().contains(topic)) {
        Thread.onSpinWait();
      }
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

    /** Reads all that there is by now. */
    public List<ConsumerRecord<byte[], byte[]>> all() {
      consumer
          .endOffsets(consumer.assignment())
          .forEach(
              (partition, end) -> {
                while (consumer.position(partition) < end) {
                  poll();
                }
              });
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
