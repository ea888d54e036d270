// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import io.beckon.calendar.Durations;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Delivery;
import io.beckon.language.JobDefinition.LiveSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What would otherwise fail a running job again and again is found before it starts. */
public final class StartChecks {
  private static final String TRANSACTION_MAX = "transaction.max.timeout.ms";

  /** A checkpoint that is late must not lose its transaction. */
  private static final int INTERVALS_IN_TRANSACTION = 3;

  private final Topics topics;
  private final LiveSettings settings;
  private final List<String> needed;
  private final Duration patience;

  /**
   * The checks of {@code job}.
   *
   * @param patience how long an answer of the broker is waited for
   */
  public StartChecks(JobDefinition job, Topics topics, Duration patience) {
    this.topics = topics;
    this.settings = topics.settings();
    this.patience = patience;
    this.needed = new ArrayList<>();
    job.sources().forEach(source -> source.topic().ifPresent(needed::add));
    needed.addAll(settings.outputs().topics());
  }

  /**
   * Checks, and creates missing topics if the job says so.
   *
   * @param checkpointEvery how often transactions are committed
   * @return the topics that were created
   * @throws KafkaRefusal if the job could not run
   */
  public List<String> run(Duration checkpointEvery) throws KafkaRefusal {
    Map<String, Object> properties = new HashMap<>(topics.properties());
    properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
    int ms = (int) patience.toMillis();
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ms);
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ms);
    checkInterval(checkpointEvery);
    try (Admin admin = Admin.create(properties)) {
      Optional<Node> broker = reach(admin).stream().findFirst();
      if (settings.delivery() == Delivery.EXACTLY_ONCE && broker.isPresent()) {
        checkTransactions(admin, broker.get());
      }
      return checkTopics(admin);
    } catch (KafkaException e) {
      throw new KafkaRefusal("the Kafka properties do not work: " + cause(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaRefusal("interrupted", e);
    }
  }

  private void checkInterval(Duration checkpointEvery) throws KafkaRefusal {
    Duration timeout = topics.transactionTimeout();
    if (settings.delivery() == Delivery.EXACTLY_ONCE
        && checkpointEvery.multipliedBy(INTERVALS_IN_TRANSACTION).compareTo(timeout) > 0) {
      throw new KafkaRefusal(
          "a checkpoint every "
              + text(checkpointEvery)
              + " is too seldom for transactions that time out after "
              + text(timeout)
              + "; make one at least every "
              + text(timeout.dividedBy(INTERVALS_IN_TRANSACTION))
              + ", or raise transaction.timeout.ms under kafka.properties");
    }
  }

  private Collection<Node> reach(Admin admin) throws KafkaRefusal, InterruptedException {
    try {
      return get(admin.describeCluster().nodes());
    } catch (ExecutionException | TimeoutException e) {
      if (e.getCause() instanceof AuthenticationException wrong) {
        throw new KafkaRefusal("Kafka refuses the credentials: " + wrong.getMessage(), e);
      }
      throw new KafkaRefusal(
          "no Kafka broker answers at "
              + settings.bootstrapServers()
              + " within "
              + text(patience)
              + "; check kafka.bootstrap_servers, the network and security.protocol",
          e);
    }
  }

  private void checkTransactions(Admin admin, Node broker)
      throws KafkaRefusal, InterruptedException {
    OptionalLong most = mostTransactionMs(admin, broker);
    long ms = topics.transactionTimeout().toMillis();
    if (most.isPresent() && ms > most.getAsLong()) {
      throw new KafkaRefusal(
          "transactions of "
              + ms
              + " ms are longer than the brokers allow: "
              + TRANSACTION_MAX
              + " is "
              + most.getAsLong()
              + "; lower transaction.timeout.ms under kafka.properties, or raise it there");
    }
  }

  private OptionalLong mostTransactionMs(Admin admin, Node broker)
      throws KafkaRefusal, InterruptedException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, broker.idString());
    try {
      Config config = get(admin.describeConfigs(List.of(resource)).all()).get(resource);
      ConfigEntry entry = config == null ? null : config.get(TRANSACTION_MAX);
      return entry == null || entry.value() == null
          ? OptionalLong.empty()
          : OptionalLong.of(Long.parseLong(entry.value()));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuthorizationException) {
        // Not everybody may look; the broker will say so itself.
        return OptionalLong.empty();
      }
      throw failed("the brokers' configuration", e);
    } catch (TimeoutException e) {
      throw failed("the brokers' configuration", e);
    }
  }

  private List<String> checkTopics(Admin admin) throws KafkaRefusal, InterruptedException {
    List<String> missing = new ArrayList<>();
    var described = admin.describeTopics(needed).topicNameValues();
    for (String topic : needed) {
      try {
        get(Objects.requireNonNull(described.get(topic)));
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
          throw failed("topic " + topic, e);
        }
        missing.add(topic);
      } catch (TimeoutException e) {
        throw failed("topic " + topic, e);
      }
    }
    if (missing.isEmpty()) {
      return missing;
    }
    if (!settings.createTopics()) {
      throw new KafkaRefusal(
          (missing.size() == 1 ? "topic " : "topics ")
              + String.join(", ", missing)
              + (missing.size() == 1 ? " does" : " do")
              + " not exist; write `create_topics: true` under kafka, or create "
              + (missing.size() == 1 ? "it" : "each, first")
              + ": kafka-topics.sh --bootstrap-server "
              + settings.bootstrapServers()
              + " --create --topic "
              + missing.get(0));
    }
    create(admin, missing);
    return missing;
  }

  private void create(Admin admin, List<String> missing) throws KafkaRefusal, InterruptedException {
    List<String> outputs = settings.outputs().topics();
    for (String topic : missing) {
      NewTopic made = new NewTopic(topic, Optional.empty(), Optional.empty());
      if (outputs.contains(topic)) {
        made.configs(
            Map.of(
                TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(Topics.MOST_OUTPUT_BYTES)));
      }
      try {
        get(admin.createTopics(List.of(made)).all());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof TopicExistsException)) {
          throw failed("creating topic " + topic, e);
        }
      } catch (TimeoutException e) {
        throw failed("creating topic " + topic, e);
      }
    }
  }

  private <T> T get(KafkaFuture<T> future)
      throws ExecutionException, InterruptedException, TimeoutException {
    return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static KafkaRefusal failed(String what, Exception e) {
    return new KafkaRefusal(what + ": " + cause(e), e);
  }

  private static String cause(Exception e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    String message = cause.getMessage();
    return message == null ? "no answer" : message.lines().findFirst().orElse("no answer");
  }

  private static String text(Duration duration) {
    return Durations.format(duration.toMillis());
  }
}
