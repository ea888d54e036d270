// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Delivery;
import io.beckon.language.JobDefinition.LiveSettings;
import io.beckon.language.JobDefinition.ObserveFrom;
import io.beckon.language.JobDefinition.OutputFormat;
import io.beckon.wire.OutputRecord;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.KafkaSinkBuilder;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetResetStrategy;
import org.apache.kafka.clients.producer.ProducerConfig;

/** A job's topics as Flink's sources and sinks. */
public final class Topics {
  /** The longest record of output: what an event of the largest size may become. */
  static final int MOST_OUTPUT_BYTES = 8 << 20;

  /** Longer than restarts take, and within the maximum that brokers set without being told. */
  private static final Duration TRANSACTION_TIMEOUT = Duration.ofMinutes(10);

  private final String job;
  private final LiveSettings settings;
  private final Optional<ObserveFrom> observeFrom;
  private final Map<String, String> properties;

  /**
   * The topics of {@code job}.
   *
   * @param environment where its secrets are
   * @throws KafkaRefusal if a secret is not there
   */
  public Topics(JobDefinition job, Map<String, String> environment) throws KafkaRefusal {
    this.job = job.id();
    this.settings = job.live().orElseThrow();
    this.observeFrom = job.time().observeFrom();
    this.properties = ClientProperties.of(settings, environment);
  }

  /** What every client is told. */
  Map<String, String> properties() {
    return properties;
  }

  LiveSettings settings() {
    return settings;
  }

  /** When the broker gives up a transaction. */
  Duration transactionTimeout() {
    return Optional.ofNullable(properties.get(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG))
        .map(ms -> Duration.ofMillis(Long.parseLong(ms)))
        .orElse(TRANSACTION_TIMEOUT);
  }

  /**
   * Reads {@code topic}, committed records only: from where a checkpoint or savepoint says, or else
   * from where the job observes from. A job that does not say begins where the group has come, or
   * else at the beginning.
   */
  public <T> KafkaSource<T> source(
      String topic, TopicRecordDecoder<T> decoder, TypeInformation<T> type) {
    return source(topic, decoder, type, observed());
  }

  @SuppressWarnings("deprecation") // Deprecated in Kafka, but the connector asks for it.
  private OffsetsInitializer observed() {
    if (observeFrom.isEmpty()) {
      return OffsetsInitializer.committedOffsets(OffsetResetStrategy.EARLIEST);
    }
    // Records have no times before 1970.
    return observeFrom.get() instanceof ObserveFrom.At at
        ? OffsetsInitializer.timestamp(Math.max(0, at.timeMs()))
        : OffsetsInitializer.earliest();
  }

  /**
   * Reads the whole of {@code topic}, whatever the group has read before: from where a checkpoint
   * or savepoint says, or else from the beginning.
   */
  public <T> KafkaSource<T> wholeSource(
      String topic, TopicRecordDecoder<T> decoder, TypeInformation<T> type) {
    return source(topic, decoder, type, OffsetsInitializer.earliest());
  }

  private <T> KafkaSource<T> source(
      String topic,
      TopicRecordDecoder<T> decoder,
      TypeInformation<T> type,
      OffsetsInitializer start) {
    Properties consumer = new Properties();
    consumer.putAll(properties);
    consumer.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    return KafkaSource.<T>builder()
        .setBootstrapServers(settings.bootstrapServers())
        .setGroupId(settings.group())
        .setTopics(topic)
        .setStartingOffsets(start)
        .setProperties(consumer)
        .setDeserializer(new RecordsToElements<>(decoder, type))
        .build();
  }

  /**
   * Writes lines of JSON to {@code topic}, in the format of the job's outputs.
   *
   * @param name the output: {@code commands}, {@code decisions} and so on; tells them apart in the
   *     ids of transactions
   */
  public KafkaSink<byte[]> sink(String topic, String name) {
    Properties producer = new Properties();
    producer.putAll(properties);
    producer.setProperty(
        ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(MOST_OUTPUT_BYTES));
    KafkaSinkBuilder<byte[]> sink =
        KafkaSink.<byte[]>builder()
            .setBootstrapServers(settings.bootstrapServers())
            .setRecordSerializer(
                settings.outputs().format() == OutputFormat.AVRO
                    ? new LinesToRecords(topic, OutputRecord.of(name))
                    : new LinesToRecords(topic));
    if (settings.delivery() == Delivery.EXACTLY_ONCE) {
      producer.setProperty(
          ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
          Long.toString(transactionTimeout().toMillis()));
      sink.setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
          .setTransactionNamingStrategy(TransactionNamingStrategy.POOLING)
          .setTransactionalIdPrefix("beckon-" + job + "-" + name);
    } else {
      sink.setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE);
    }
    return sink.setKafkaProducerConfig(producer).build();
  }
}
