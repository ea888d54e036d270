// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import io.beckon.wire.AvroLines;
import io.beckon.wire.OutputRecord;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Lines of JSON to records: the line, or what it says in Avro, as the value, its user as the key,
 * so that whoever reads a partition has all of a user's records in order. A line without a user has
 * no key. A line that says its user is erased becomes a tombstone.
 */
final class LinesToRecords
    implements KafkaRecordSerializationSchema<byte[]>, KafkaDatasetFacetProvider {
  private static final long serialVersionUID = 1L;

  private static final byte[] ERASED = ",\"erased\":true}".getBytes(StandardCharsets.UTF_8);

  private final String topic;
  private final @Nullable OutputRecord avro;
  private transient @Nullable JsonFactory json;
  private transient @Nullable AvroLines encoder;

  /** Lines to JSON. */
  LinesToRecords(String topic) {
    this.topic = topic;
    this.avro = null;
  }

  /** Lines of {@code record} to Avro. */
  LinesToRecords(String topic, OutputRecord record) {
    this.topic = topic;
    this.avro = record;
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      byte[] line, KafkaSinkContext context, @Nullable Long timestamp) {
    if (json == null) {
      json = new JsonFactory();
    }
    if (avro != null && encoder == null) {
      encoder = new AvroLines(avro);
    }
    byte[] key = key(json, line);
    if (isErased(line)) {
      return new ProducerRecord<>(topic, key, null);
    }
    return new ProducerRecord<>(topic, key, encoder == null ? line : encoder.encode(line));
  }

  /** Where the sink, before it pools transactions, learns which topic it writes to. */
  @Override
  public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
    return Optional.of(
        new DefaultKafkaDatasetFacet(DefaultKafkaDatasetIdentifier.ofTopics(List.of(topic))));
  }

  /** Whether the line ends as one of an erased user does, and no other. */
  private static boolean isErased(byte[] line) {
    int from = line.length - ERASED.length;
    return from > 0 && Arrays.equals(line, from, line.length, ERASED, 0, ERASED.length);
  }

  /** The text of the field {@code user}, which stands near the beginning of every line. */
  private static byte @Nullable [] key(JsonFactory json, byte[] line) {
    try (JsonParser parser = json.createParser(ObjectReadContext.empty(), line)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean user = parser.currentName().equals("user");
        parser.nextToken();
        if (user) {
          return parser.getString().getBytes(StandardCharsets.UTF_8);
        }
        parser.skipChildren();
      }
      return null;
    } catch (JacksonException e) {
      throw new IllegalStateException("a line of output is not JSON", e);
    }
  }
}
