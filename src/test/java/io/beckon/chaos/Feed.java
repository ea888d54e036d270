// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.chaos;

import io.beckon.simulate.CanonicalEvents;
import io.beckon.simulate.Simulation;
import io.beckon.simulate.SimulationSettings;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The load: a simulated shop, so many events a second, to a topic and to a file. Events that would
 * be late are left out: which ones are depends on how partitions are read, and is not what is at
 * stake.
 */
final class Feed implements AutoCloseable {
  private static final int GIVING_UP_MS = 600_000;

  /** Long ago: no clock that is set, by whatever a fault sets it, comes near it. */
  private static final LocalDate FIRST = LocalDate.of(2025, 11, 3);

  /** Whose events move time to the end. */
  static final String NOBODY = "nobody";

  private final KafkaProducer<byte[], byte[]> producer;
  private final String topic;
  private final double perSecond;
  private final long latenessMs;
  private final SimulationSettings settings;
  private final OutputStream file;
  private final Thread thread = new Thread(this::feed, "feed");
  private final AtomicBoolean enough = new AtomicBoolean();
  private final AtomicLong written = new AtomicLong();
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private long newestMs = Long.MIN_VALUE;

  Feed(String servers, String topic, double perSecond, long seed, long latenessMs, Path file)
      throws IOException {
    this.topic = topic;
    this.perSecond = perSecond;
    this.latenessMs = latenessMs;
    this.settings = new SimulationSettings(5_000, 360, seed, FIRST, false);
    this.file = new BufferedOutputStream(Files.newOutputStream(file));
    this.producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                servers,
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                true,
                ProducerConfig.ACKS_CONFIG,
                "all",
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                GIVING_UP_MS,
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                GIVING_UP_MS),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  void start() {
    thread.start();
  }

  /** How many events there were so far. */
  long written() {
    return written.get();
  }

  private void feed() {
    CanonicalEvents records = new CanonicalEvents();
    long beganNs = System.nanoTime();
    try {
      new Simulation(settings)
          .run(
              event -> {
                if (enough.get()) {
                  throw new EnoughException();
                }
                if (newestMs != Long.MIN_VALUE && event.toldMs() <= newestMs - latenessMs) {
                  return;
                }
                newestMs = Math.max(newestMs, event.toldMs());
                byte[] record = records.record(event);
                send(new ProducerRecord<>(topic, records.key(event), record));
                file.write(record);
                file.write('\n');
                long dueNs = beganNs + (long) (written.incrementAndGet() / perSecond * 1e9);
                long leftNs = dueNs - System.nanoTime();
                if (leftNs > 1_000_000) {
                  LockSupport.parkNanos(leftNs);
                }
              });
    } catch (EnoughException asWanted) {
      enough.set(true);
    } catch (IOException | RuntimeException e) {
      failure.compareAndSet(null, e);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // The callback hears of it.
  private void send(ProducerRecord<byte[], byte[]> record) {
    producer.send(
        record,
        (sent, failed) -> {
          if (failed != null) {
            failure.compareAndSet(null, failed);
          }
        });
  }

  /**
   * Ends the load, and moves time so far beyond the newest event.
   *
   * @return the watermark that every partition comes to
   */
  long end(long beyondMs) throws IOException, InterruptedException {
    enough.set(true);
    thread.join();
    file.close();
    long untilMs = newestMs + beyondMs;
    producer
        .partitionsFor(topic)
        .forEach(
            partition ->
                send(
                    new ProducerRecord<>(
                        topic,
                        partition.partition(),
                        NOBODY.getBytes(StandardCharsets.UTF_8),
                        """
                        {"id":"end-%d","type":"purchase","user":"%s","time":"%s","attributes":{"item_id":"none","total":0}}"""
                            .formatted(
                                partition.partition(),
                                NOBODY,
                                Instant.ofEpochMilli(untilMs + latenessMs + 1))
                            .getBytes(StandardCharsets.UTF_8))));
    producer.flush();
    Exception failed = failure.get();
    if (failed != null) {
      throw new IOException("the load failed", failed);
    }
    return untilMs;
  }

  @Override
  public void close() {
    enough.set(true);
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close(java.time.Duration.ZERO);
  }

  private static final class EnoughException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }
}
