// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.kafka.Broker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A job runs exactly once with what docs/security.md allows it, and no more. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class LeastPrivilegesTest {
  private static final Path DOCS = Path.of("docs", "security.md");
  private static final String PASSWORD = "open-sesame-4711";

  @Test
  void theJobRunsWithWhatTheDocumentationAllowsIt(@TempDir Path folder) throws Exception {
    Broker broker = Broker.startGuarded();
    try (Admin admin =
        Admin.create(Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, broker.servers()))) {
      broker.know("beckon", PASSWORD);
      List<AclBinding> documented = documented();
      assertThat(documented).hasSizeGreaterThan(15);
      admin.createAcls(documented).all().get();
      while (admin.describeAcls(AclBindingFilter.ANY).values().get().size() < documented.size()) {
        Thread.onSpinWait();
      }
      LiveShop shop = shop(broker);
      shop.createTopics(broker);
      List<String> events = LiveShop.random(3, 200);
      LiveRun.Request request =
          shop.request(
              2, folder, LiveShop.CHECKPOINT_EVERY, Optional.empty(), Map.of("JAAS", jaas()));
      String savepoint;
      try (KafkaProducer<byte[], byte[]> producer = broker.producer();
          Broker.Reader decisions = broker.read(shop.decisions());
          LiveRun run = LiveRun.start(request)) {
        shop.send(producer, events);
        shop.end(producer, events);
        decisions.until(records -> records.size() > 20);
        savepoint = run.stop();
      }
      // A second run looks for transactions that the first one left open.
      try (LiveRun run =
          LiveRun.start(
              shop.request(
                  1,
                  folder,
                  LiveShop.CHECKPOINT_EVERY,
                  Optional.of(savepoint),
                  Map.of("JAAS", jaas())))) {
        run.stop();
      }
      assertRefused(broker, shop.events());
    } finally {
      broker.close();
    }
  }

  /** What the user may not do. */
  private static void assertRefused(Broker broker, String topic) {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                broker.servers("SCRAM"),
                CommonClientConfigs.SECURITY_PROTOCOL_CONFIG,
                "SASL_PLAINTEXT",
                SaslConfigs.SASL_MECHANISM,
                "SCRAM-SHA-256",
                SaslConfigs.SASL_JAAS_CONFIG,
                jaas()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      assertThatThrownBy(
              () ->
                  producer
                      .send(new ProducerRecord<>(topic, "x".getBytes(StandardCharsets.UTF_8)))
                      .get())
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(TopicAuthorizationException.class);
    }
  }

  private static LiveShop shop(Broker broker) {
    return new LiveShop(
        "shop",
        broker.servers("SCRAM"),
        """
          properties: {security.protocol: SASL_PLAINTEXT, sasl.mechanism: SCRAM-SHA-256}
          secrets: {sasl.jaas.config: JAAS}
        """);
  }

  private static String jaas() {
    return "org.apache.kafka.common.security.scram.ScramLoginModule required"
        + " username=\"beckon\" password=\""
        + PASSWORD
        + "\";";
  }

  /** The commands of the documentation, as Kafka takes them. */
  private static List<AclBinding> documented() throws IOException {
    List<AclBinding> all = new ArrayList<>();
    for (String line : Files.readAllLines(DOCS)) {
      if (line.startsWith("kafka-acls ")) {
        read(List.of(line.split(" ")), all);
      }
    }
    return all;
  }

  private static void read(List<String> words, List<AclBinding> all) {
    String principal = "";
    List<AclOperation> operations = new ArrayList<>();
    ResourceType type = ResourceType.UNKNOWN;
    String name = "";
    PatternType pattern = PatternType.LITERAL;
    for (int i = 1; i < words.size(); i++) {
      switch (words.get(i)) {
        case "--add" -> {}
        case "--allow-principal" -> principal = words.get(++i);
        case "--operation" ->
            operations.add(AclOperation.fromString(words.get(++i).toUpperCase(Locale.ROOT)));
        case "--topic", "--group", "--transactional-id" -> {
          type =
              ResourceType.fromString(
                  words.get(i).substring(2).replace('-', '_').toUpperCase(Locale.ROOT));
          name = words.get(++i);
        }
        case "--resource-pattern-type" ->
            pattern = PatternType.fromString(words.get(++i).toUpperCase(Locale.ROOT));
        default -> throw new AssertionError("not understood: " + words.get(i) + " in " + words);
      }
    }
    for (AclOperation operation : operations) {
      all.add(
          new AclBinding(
              new ResourcePattern(type, name, pattern),
              new AccessControlEntry(principal, "*", operation, AclPermissionType.ALLOW)));
    }
  }
}
