// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Writes events to a topic: those of one key in the order of writing, each once however often
 * sending was tried. Memory is that of the producer's buffer; {@link #write} waits while it is
 * full. Not thread-safe.
 */
public final class EventTopic implements AutoCloseable {
  /** How long a record is tried for, and a full buffer waited for. */
  private static final Duration GIVING_UP = Duration.ofSeconds(60);

  private static final Duration CLOSING = Duration.ofSeconds(5);

  private final String topic;
  private final Brokers brokers;
  private final KafkaProducer<byte[], byte[]> producer;
  private final boolean created;
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();

  private EventTopic(
      String topic, Brokers brokers, KafkaProducer<byte[], byte[]> producer, boolean created) {
    this.topic = topic;
    this.brokers = brokers;
    this.producer = producer;
    this.created = created;
  }

  /**
   * Where to write.
   *
   * @param servers brokers to begin with, separated by commas
   * @param create whether the topic is created if it does not exist
   * @param properties of the clients, such as those of security
   */
  public record Target(
      String servers, String topic, boolean create, Map<String, String> properties) {
    public Target {
      Objects.requireNonNull(servers);
      Objects.requireNonNull(topic);
      properties = Map.copyOf(properties);
    }
  }

  /**
   * Finds the topic, or creates it.
   *
   * @param patience how long an answer of the broker is waited for
   * @throws KafkaRefusal if nothing can be written there; one line for the user
   */
  public static EventTopic open(Target target, Duration patience) throws KafkaRefusal {
    Brokers brokers =
        Brokers.at(target.servers, target.properties, patience, UnaryOperator.identity());
    try {
      brokers.reach("--kafka");
      boolean missing = !brokers.missing(List.of(target.topic)).isEmpty();
      if (missing && !target.create) {
        throw brokers.missing(List.of(target.topic), "add --create-topics");
      }
      if (missing) {
        brokers.create(target.topic, Map.of());
      }
      return new EventTopic(target.topic, brokers, producer(target), missing);
    } catch (KafkaException | KafkaRefusal e) {
      brokers.close();
      throw e instanceof KafkaRefusal refusal
          ? refusal
          : new KafkaRefusal("the Kafka properties do not work: " + Brokers.cause(e), e);
    } catch (InterruptedException e) {
      brokers.close();
      Thread.currentThread().interrupt();
      throw new KafkaRefusal("interrupted", e);
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(Target target) {
    Map<String, Object> properties = new HashMap<>();
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 20);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) GIVING_UP.toMillis());
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, GIVING_UP.toMillis());
    properties.putAll(target.properties);
    properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, target.servers);
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Whether the topic was created. */
  public boolean created() {
    return created;
  }

  /**
   * Writes a record; it may be on its way only when this returns.
   *
   * @throws KafkaRefusal if this or an earlier record could not be written
   */
  @SuppressWarnings("FutureReturnValueIgnored") // The callback hears of it.
  public void write(byte[] key, byte[] value) throws KafkaRefusal {
    check();
    try {
      producer.send(
          new ProducerRecord<>(topic, key, value),
          (written, failed) -> {
            if (failed != null) {
              failure.compareAndSet(null, failed);
            }
          });
    } catch (KafkaException e) {
      throw refusal(e);
    }
  }

  /**
   * Waits until everything is written.
   *
   * @throws KafkaRefusal if something could not be
   */
  public void flush() throws KafkaRefusal {
    try {
      producer.flush();
    } catch (KafkaException e) {
      throw refusal(e);
    }
    check();
  }

  private void check() throws KafkaRefusal {
    Exception failed = failure.get();
    if (failed != null) {
      throw refusal(failed);
    }
  }

  private KafkaRefusal refusal(Exception failed) {
    return new KafkaRefusal(
        "topic " + topic + " cannot be written to: " + Brokers.cause(failed), failed);
  }

  /** Ends the clients; what was not flushed may be lost. */
  @Override
  public void close() {
    producer.close(CLOSING);
    brokers.close();
  }
}
