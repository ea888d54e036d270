// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a Flink cluster is given. */
@Tag("packaged")
class JobJarTest {
  /** It is sent to the cluster with each job, and kept there. */
  private static final long MOST_BYTES = 39_000_000;

  private static List<String> entries() throws IOException {
    Path built = new Libraries(Path.of("")).jobJar();
    assertThat(Files.size(built)).isBetween(10_000_000L, MOST_BYTES);
    try (JarFile jar = new JarFile(built.toFile())) {
      List<String> entries = new ArrayList<>();
      jar.stream().map(JarEntry::getName).forEach(entries::add);
      return entries;
    }
  }

  @Test
  void itHasTheJobsAndTheirLibraries() throws IOException {
    assertThat(entries())
        .contains(
            "io/beckon/cli/EngagementMain.class",
            "io/beckon/cli/ScoresMain.class",
            "io/beckon/flink/EngagementOperator.class",
            "beckon/schemas/Command.avsc",
            "org/apache/flink/connector/kafka/source/KafkaSource.class",
            "org/apache/kafka/clients/producer/KafkaProducer.class",
            "dev/cel/runtime/CelRuntime.class",
            "org/snakeyaml/engine/v2/api/Load.class",
            "tools/jackson/databind/ObjectMapper.class",
            "org/apache/avro/Schema.class",
            "redis/clients/jedis/RedisClient.class")
        .filteredOn(name -> name.startsWith("META-INF/services/"))
        .isNotEmpty();
    try (JarFile jar = new JarFile(new Libraries(Path.of("")).jobJar().toFile())) {
      assertThat(jar.getManifest().getMainAttributes().getValue("Main-Class"))
          .isEqualTo("io.beckon.cli.EngagementMain");
    }
  }

  @Test
  void itHasNothingOfFlinkButTheConnectorAndNoLog() throws IOException {
    List<String> entries = entries();
    assertThat(entries)
        .filteredOn(name -> name.startsWith("org/apache/flink/") && name.endsWith(".class"))
        .isNotEmpty()
        .allMatch(
            name ->
                name.startsWith("org/apache/flink/connector/kafka/")
                    || name.startsWith("org/apache/flink/streaming/connectors/kafka/")
                    || name.startsWith("org/apache/flink/streaming/util/serialization/"));
    assertThat(entries)
        .noneMatch(name -> name.startsWith("org/apache/logging/"))
        .noneMatch(name -> name.startsWith("org/apache/log4j/"))
        .noneMatch(name -> name.startsWith("org/slf4j/"))
        .noneMatch(name -> name.startsWith("log4j"))
        .noneMatch(name -> name.startsWith("org/rocksdb/"))
        .noneMatch(name -> name.startsWith("org/junit/"));
    // Two of a name would be read by chance; jars of signed libraries would not be read at all.
    assertThat(entries).doesNotHaveDuplicates().noneMatch(name -> name.endsWith(".SF"));
  }

  @Test
  void itBringsTheSameConnectorAsTheTests() throws IOException {
    try (JarFile jar = new JarFile(new Libraries(Path.of("")).jobJar().toFile());
        InputStream in =
            jar.getInputStream(
                Objects.requireNonNull(jar.getJarEntry("kafka/kafka-version.properties")))) {
      Properties version = new Properties();
      version.load(in);
      assertThat(version.getProperty("version"))
          .isEqualTo(org.apache.kafka.common.utils.AppInfoParser.getVersion());
    }
  }
}
