// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.kafka.Broker;
import io.beckon.kafka.KafkaRefusal;
import io.beckon.kafka.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.jobgraph.JobGraph;
import org.apache.flink.runtime.jobgraph.jsonplan.JsonPlanGenerator;
import org.apache.flink.runtime.rest.util.RestMapperUtils;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.InstantiationUtil;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A broker that wants credentials: they come from the environment and go nowhere else. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SecretsTest {
  private static final String USER = "beckon";
  private static final String PASSWORD = "open-sesame-4711";
  private static final String KEYS_PASSWORD = "lock-and-key-4712";
  private static final String WRONG = "close-sesame-4713";
  private static final String PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule";
  private static final String SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule";

  private static Path folder;
  private static Path keys;
  private static Broker broker;

  @BeforeAll
  static void startBroker(@TempDir Path temporary) throws Exception {
    folder = temporary;
    keys = folder.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "broker",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                keys.toString(),
                "-storepass",
                KEYS_PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(keytool.waitFor()).isZero();
    broker = Broker.startSecured(keys, KEYS_PASSWORD, USER, PASSWORD);
    broker.know(USER, PASSWORD);
  }

  @AfterAll
  static void stopBroker() throws Exception {
    broker.close();
  }

  @Test
  void aJobRunsOverTlsWithAPassword() throws Exception {
    Map<String, String> environment = Map.of("JAAS", jaas(PLAIN, PASSWORD), "TRUST", KEYS_PASSWORD);
    assertRuns(tls("tls"), environment);
  }

  @Test
  void aJobRunsWithScram() throws Exception {
    assertRuns(scram("scram"), Map.of("JAAS", jaas(SCRAM, PASSWORD)));
  }

  @Test
  void whoIsRefusedIsToldSoWithoutTheSecret() {
    assertRefused(
        tls("tls-wrong"),
        Map.of("JAAS", jaas(PLAIN, WRONG), "TRUST", KEYS_PASSWORD),
        "Kafka refuses the credentials");
    assertRefused(
        scram("scram-wrong"), Map.of("JAAS", jaas(SCRAM, WRONG)), "Kafka refuses the credentials");
    assertRefused(
        tls("trust-wrong"),
        Map.of("JAAS", jaas(PLAIN, PASSWORD), "TRUST", WRONG),
        "the Kafka properties do not work");
    // Not what Kafka expects there: it quotes some of it.
    assertRefused(
        scram("malformed"),
        Map.of("JAAS", SCRAM + " " + WRONG + " username=x;"),
        "the Kafka properties do not work");
  }

  @Test
  void theyTravelInTheJobGraphAndAreNotShownOfIt() throws Exception {
    LiveShop shop = scram("graph");
    JobText job = JobText.live("jobs/x", shop.files());
    StreamExecutionEnvironment env =
        StreamExecutionEnvironment.getExecutionEnvironment(new Configuration());
    Topics topics = new Topics(job.create(), Map.of("JAAS", jaas(SCRAM, PASSWORD)));
    LiveRun.build(env, job, job.create(), topics, 0, Optional.empty());
    assertClean(env.getExecutionPlan());
    JobGraph graph = env.getStreamGraph().getJobGraph();
    // What Flink's REST interface and its pages show.
    String plan =
        RestMapperUtils.getStrictObjectMapper()
            .writeValueAsString(JsonPlanGenerator.generatePlan(graph));
    assertThat(plan).contains("engage");
    assertClean(plan);
    assertClean(graph.getJobConfiguration().toString());
    assertClean(env.getConfig().getGlobalJobParameters().toMap().toString());
    assertClean(env.getConfiguration().toMap().toString());
    // What docs/security.md says of who may read graphs rests on this.
    assertThat(new String(InstantiationUtil.serializeObject(graph), StandardCharsets.ISO_8859_1))
        .contains(PASSWORD);
  }

  private static LiveShop tls(String id) {
    return new LiveShop(
        id,
        broker.servers("TLS"),
        """
          properties:
            security.protocol: SASL_SSL
            sasl.mechanism: PLAIN
            ssl.truststore.type: PKCS12
            ssl.truststore.location: %s
          secrets: {sasl.jaas.config: JAAS, ssl.truststore.password: TRUST}
        """
            .formatted(keys));
  }

  private static LiveShop scram(String id) {
    return new LiveShop(
        id,
        broker.servers("SCRAM"),
        """
          properties: {security.protocol: SASL_PLAINTEXT, sasl.mechanism: SCRAM-SHA-256}
          secrets: {sasl.jaas.config: JAAS}
        """);
  }

  private static String jaas(String module, String password) {
    return "%s required username=\"%s\" password=\"%s\";".formatted(module, USER, password);
  }

  private static void assertRuns(LiveShop shop, Map<String, String> environment) throws Exception {
    shop.createTopics(broker);
    List<String> events = LiveShop.random(1, 60);
    Path own = folder.resolve(shop.id());
    try (Captured captured = new Captured()) {
      LiveRun.Request request =
          shop.request(2, own, LiveShop.CHECKPOINT_EVERY, Optional.empty(), environment);
      System.out.println(request);
      try (KafkaProducer<byte[], byte[]> producer = broker.producer();
          Broker.Reader decisions = broker.read(shop.decisions());
          LiveRun run = LiveRun.start(request)) {
        shop.send(producer, events);
        shop.end(producer, events);
        decisions.until(records -> records.size() > 5);
        run.stop();
        assertThat(decisions.lines()).hasSizeGreaterThan(5);
      }
      assertClean(captured.text());
      assertThat(captured.text()).as("the clients' settings are in the log").contains("[hidden]");
    }
    try (Stream<Path> files = Files.walk(own)) {
      List<Path> kept = files.filter(Files::isRegularFile).toList();
      assertThat(kept).as("checkpoints, and a savepoint").isNotEmpty();
      for (Path file : kept) {
        assertClean(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
  }

  private static void assertRefused(
      LiveShop shop, Map<String, String> environment, String message) {
    try (Captured captured = new Captured()) {
      LiveRun.Request request =
          shop.request(1, folder, LiveShop.CHECKPOINT_EVERY, Optional.empty(), environment);
      assertThatThrownBy(() -> LiveRun.start(request, Duration.ofSeconds(20), 0).close())
          .isInstanceOf(KafkaRefusal.class)
          .hasMessageStartingWith(message)
          .satisfies(refusal -> assertClean(String.valueOf(refusal.getMessage())));
      assertClean(captured.text());
    }
  }

  private static void assertClean(String text) {
    assertThat(text).doesNotContain(PASSWORD, KEYS_PASSWORD, WRONG);
  }
}
