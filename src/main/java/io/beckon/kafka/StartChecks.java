// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import io.beckon.calendar.Durations;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Delivery;
import io.beckon.language.JobDefinition.LiveSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;

/** What would otherwise fail a running job again and again is found before it starts. */
public final class StartChecks {
  private static final String TRANSACTION_MAX = "transaction.max.timeout.ms";

  /** A checkpoint that is late must not lose its transaction. */
  private static final int INTERVALS_IN_TRANSACTION = 3;

  private final Topics topics;
  private final LiveSettings settings;
  private final List<String> needed;
  private final Optional<String> scores;
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
    this.scores = job.scores().map(JobDefinition.ScoreSettings::topic);
    this.needed = new ArrayList<>();
    job.sources().forEach(source -> source.topic().ifPresent(needed::add));
    needed.addAll(job.outputTopics());
    settings.profiles().ifPresent(needed::add);
  }

  /**
   * Checks, and creates missing topics if the job says so.
   *
   * @param checkpointEvery how often transactions are committed
   * @return the topics that were created
   * @throws KafkaRefusal if the job could not run
   */
  public List<String> run(Duration checkpointEvery) throws KafkaRefusal {
    checkInterval(checkpointEvery);
    try (Brokers brokers =
        Brokers.at(settings.bootstrapServers(), topics.properties(), patience, this::clean)) {
      Optional<Node> broker = brokers.reach("kafka.bootstrap_servers").stream().findFirst();
      if (settings.delivery() == Delivery.EXACTLY_ONCE && broker.isPresent()) {
        checkTransactions(brokers, broker.get());
      }
      return checkTopics(brokers);
    } catch (KafkaException e) {
      throw new KafkaRefusal("the Kafka properties do not work: " + clean(Brokers.cause(e)), e);
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

  private void checkTransactions(Brokers brokers, Node broker)
      throws KafkaRefusal, InterruptedException {
    OptionalLong most = mostTransactionMs(brokers, broker);
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

  private OptionalLong mostTransactionMs(Brokers brokers, Node broker)
      throws KafkaRefusal, InterruptedException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, broker.idString());
    try {
      Config config =
          brokers.get(brokers.admin().describeConfigs(List.of(resource)).all()).get(resource);
      ConfigEntry entry = config == null ? null : config.get(TRANSACTION_MAX);
      return entry == null || entry.value() == null
          ? OptionalLong.empty()
          : OptionalLong.of(Long.parseLong(entry.value()));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuthorizationException) {
        // Not everybody may look; the broker will say so itself.
        return OptionalLong.empty();
      }
      throw brokers.failed("the brokers' configuration", e);
    } catch (TimeoutException e) {
      throw brokers.failed("the brokers' configuration", e);
    }
  }

  private List<String> checkTopics(Brokers brokers) throws KafkaRefusal, InterruptedException {
    List<String> missing = brokers.missing(needed);
    if (!missing.isEmpty() && !settings.createTopics()) {
      throw brokers.missing(missing, "write `create_topics: true` under kafka");
    }
    for (String topic : missing) {
      brokers.create(topic, configs(topic));
    }
    return missing;
  }

  private Map<String, String> configs(String topic) {
    if (settings.outputs().topics().contains(topic)) {
      return Map.of(
          TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(Topics.MOST_OUTPUT_BYTES));
    }
    return settings.profiles().filter(topic::equals).isPresent()
            || scores.filter(topic::equals).isPresent()
        ? Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT)
        : Map.of();
  }

  private String clean(String message) {
    return ClientProperties.withoutSecrets(
        message,
        settings.secrets().keySet().stream()
            .map(name -> topics.properties().getOrDefault(name, ""))
            .toList());
  }

  private static String text(Duration duration) {
    return Durations.format(duration.toMillis());
  }
}
