// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.kafka;

import io.beckon.calendar.Durations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Questions to the brokers, each answered within a time or refused in one line for the user. */
final class Brokers implements AutoCloseable {
  private final Admin admin;
  private final String servers;
  private final Duration patience;
  private final UnaryOperator<String> clean;

  private Brokers(Admin admin, String servers, Duration patience, UnaryOperator<String> clean) {
    this.admin = admin;
    this.servers = servers;
    this.patience = patience;
    this.clean = clean;
  }

  /**
   * The brokers at {@code servers}; nothing is asked yet.
   *
   * @param clean takes secrets out of a message of Kafka's
   * @throws KafkaRefusal if the properties are not those of a client
   */
  static Brokers at(
      String servers,
      Map<String, String> properties,
      Duration patience,
      UnaryOperator<String> clean)
      throws KafkaRefusal {
    Map<String, Object> all = new HashMap<>(properties);
    all.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers);
    int ms = (int) patience.toMillis();
    all.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ms);
    all.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ms);
    try {
      return new Brokers(Admin.create(all), servers, patience, clean);
    } catch (KafkaException e) {
      throw new KafkaRefusal("the Kafka properties do not work: " + clean.apply(cause(e)), e);
    }
  }

  Admin admin() {
    return admin;
  }

  /**
   * Finds out whether anybody answers.
   *
   * @param setting what says where they are
   */
  Collection<Node> reach(String setting) throws KafkaRefusal, InterruptedException {
    try {
      return get(admin.describeCluster().nodes());
    } catch (ExecutionException | TimeoutException e) {
      if (e.getCause() instanceof AuthenticationException wrong) {
        throw new KafkaRefusal(
            "Kafka refuses the credentials: " + clean.apply(String.valueOf(wrong.getMessage())), e);
      }
      throw new KafkaRefusal(
          "no Kafka broker answers at "
              + servers
              + " within "
              + Durations.format(patience.toMillis())
              + "; check "
              + setting
              + ", the network and security.protocol",
          e);
    }
  }

  /** Those of {@code topics} that do not exist. */
  List<String> missing(List<String> topics) throws KafkaRefusal, InterruptedException {
    List<String> missing = new ArrayList<>();
    Map<String, KafkaFuture<TopicDescription>> described =
        admin.describeTopics(topics).topicNameValues();
    for (String topic : topics) {
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
    return missing;
  }

  /**
   * Why a job or a command cannot go on without {@code missing}.
   *
   * @param setting what to write so that they are created
   */
  KafkaRefusal missing(List<String> missing, String setting) {
    boolean one = missing.size() == 1;
    return new KafkaRefusal(
        (one ? "topic " : "topics ")
            + String.join(", ", missing)
            + (one ? " does" : " do")
            + " not exist; "
            + setting
            + ", or create "
            + (one ? "it" : "each, first")
            + ": kafka-topics.sh --bootstrap-server "
            + servers
            + " --create --topic "
            + missing.get(0));
  }

  /** Creates a topic, with as many partitions and replicas as the brokers do by default. */
  void create(String topic, Map<String, String> configs) throws KafkaRefusal, InterruptedException {
    NewTopic made = new NewTopic(topic, Optional.empty(), Optional.empty()).configs(configs);
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

  <T> T get(KafkaFuture<T> future)
      throws ExecutionException, InterruptedException, TimeoutException {
    return future.get(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  KafkaRefusal failed(String what, Exception e) {
    return new KafkaRefusal(what + ": " + clean.apply(cause(e)), e);
  }

  static String cause(Exception e) {
    Throwable cause = e.getCause() == null ? e : e.getCause();
    String message = cause.getMessage();
    return message == null ? "no answer" : message.lines().findFirst().orElse("no answer");
  }

  @Override
  public void close() {
    // Whoever has no answer by now does not want one.
    admin.close(Duration.ZERO);
  }
}
