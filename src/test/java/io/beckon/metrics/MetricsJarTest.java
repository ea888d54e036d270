// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.Field;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.core.plugin.DefaultPluginManager;
import org.apache.flink.core.plugin.PluginDescriptor;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;
import org.apache.flink.state.rocksdb.RocksDBNativeMetricOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Flink finds the reporter in either jar, as a plug-in with nothing of ours around it. */
class MetricsJarTest {
  /** What Flink itself gives its plug-ins, as far as this one needs it. */
  private static final String[] OF_FLINK = {
    "java.", "org.apache.flink.", "javax.annotation.", "org.slf4j"
  };

  @ParameterizedTest
  @ValueSource(strings = {"beckon-metrics.jar", "beckon-job.jar"})
  @Tag("packaged")
  void isAPluginOfFlink(String name) throws Exception {
    Path jar = Path.of("target", name);
    assumeTrue(Files.exists(jar), name + " is not built");
    PluginDescriptor plugin =
        new PluginDescriptor("beckon", new URL[] {jar.toUri().toURL()}, new String[0]);
    List<MetricReporterFactory> factories = new ArrayList<>();
    new DefaultPluginManager(List.of(plugin), OF_FLINK)
        .load(MetricReporterFactory.class)
        .forEachRemaining(factories::add);
    assertThat(factories).hasSize(1);
    MetricReporterFactory factory = factories.get(0);
    assertThat(factory.getClass().getName()).isEqualTo(MicrometerReporterFactory.class.getName());
    assertThat(factory.getClass()).isNotSameAs(MicrometerReporterFactory.class);
    MetricConfig config = new MetricConfig();
    config.setProperty("port", "0");
    MetricReporter reporter = factory.createMetricReporter(config);
    reporter.open(config);
    reporter.close();
  }

  /** The names are Flink's, and what the dashboards ask of RocksDB is asked for. */
  @Test
  void theSettingsAreOnesThatFlinkKnows() throws Exception {
    List<String> options = new ArrayList<>();
    for (Field field : RocksDBNativeMetricOptions.class.getFields()) {
      if (field.get(null) instanceof ConfigOption<?> option) {
        options.add(option.key());
      }
    }
    ReporterSettings.at("127.0.0.1")
        .forEach(
            (key, value) -> {
              if (key.startsWith("state.")) {
                assertThat(options).contains(key);
                assertThat(value).isEqualTo("true");
              } else {
                assertThat(key).startsWith("metrics.reporter");
              }
            });
    assertThat(ReporterSettings.PORT).startsWith("metrics.reporter.beckon.");
  }
}
