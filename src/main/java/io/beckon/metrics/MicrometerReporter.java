// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.apache.flink.metrics.CharacterFilter;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.LogicalScopeProvider;
import org.apache.flink.metrics.Meter;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows a process's metrics to Prometheus, on one page: the job's own under the names of {@link
 * Metric}, Flink's as {@code flink_}, scope and name.
 *
 * <p>Options, below {@code metrics.reporter.NAME.}: {@code host}, the loopback address unless told;
 * {@code port}, one or a range, 9250-9260 unless told, for several processes on one machine.
 *
 * <p>Flink's counters are counters. Labels that are different after every restart (ids of tasks and
 * attempts) are left out, so that a series goes on: an attempt that registers what an earlier one
 * has not yet removed takes its place, from 0.
 */
final class MicrometerReporter implements MetricReporter {
  static final String DEFAULT_HOST = "127.0.0.1";
  static final String DEFAULT_PORTS = "9250-9260";

  /** Of the variables of Flink's scopes, those that are not labels. */
  private static final Set<String> LEFT_OUT =
      Set.of(
          "job_id",
          "task_id",
          "task_attempt_id",
          "task_attempt_num",
          "operator_id",
          "tm_id",
          "host");

  /** Where a metric may be the job's own. */
  private static final String OPERATOR_SCOPE = "taskmanager.job.task.operator.";

  private static final Logger LOG = LoggerFactory.getLogger(MicrometerReporter.class);

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final BucketSeries buckets = new BucketSeries();
  private final Map<Key, Shown> shown = new HashMap<>();
  private @Nullable ScrapePage page;

  /** What makes a series. */
  private record Key(String name, Map<String, String> labels) {}

  /** A series, and how it is taken away. */
  private record Shown(org.apache.flink.metrics.Metric metric, Runnable removal) {}

  MicrometerReporter() {
    registry.getPrometheusRegistry().register(buckets);
  }

  @Override
  public void open(MetricConfig config) {
    try {
      page =
          ScrapePage.open(
              config.getString("host", DEFAULT_HOST),
              PortRange.of(config.getString("port", DEFAULT_PORTS)),
              registry::scrape);
    } catch (IOException e) {
      throw new UncheckedIOException("metrics cannot be shown", e);
    }
    InetSocketAddress at = page.address();
    LOG.info("metrics at http://{}:{}{}", at.getHostString(), at.getPort(), ScrapePage.PATH);
  }

  /** Where the page is, once open. */
  Optional<InetSocketAddress> address() {
    return Optional.ofNullable(page).map(ScrapePage::address);
  }

  /** What the page says. */
  String text() {
    return registry.scrape();
  }

  @Override
  public void close() {
    if (page != null) {
      page.close();
    }
    registry.close();
  }

  @Override
  public synchronized void notifyOfAddedMetric(
      org.apache.flink.metrics.Metric metric, String name, MetricGroup group) {
    Optional<Metric> own = own(name, group);
    Key key = key(own, name, group);
    Shown before = shown.remove(key);
    if (before != null) {
      before.removal.run();
    }
    try {
      show(metric, own, key).ifPresent(removal -> shown.put(key, new Shown(metric, removal)));
    } catch (RuntimeException e) {
      // One metric less, and the others as they are.
      LOG.debug("{} is not shown", key.name, e);
    }
  }

  @Override
  public synchronized void notifyOfRemovedMetric(
      org.apache.flink.metrics.Metric metric, String name, MetricGroup group) {
    Key key = key(own(name, group), name, group);
    Shown now = shown.get(key);
    // It may have been replaced.
    if (now != null && now.metric == metric) {
      shown.remove(key);
      now.removal.run();
    }
  }

  private Optional<Runnable> show(
      org.apache.flink.metrics.Metric metric, Optional<Metric> own, Key key) {
    return switch (metric.getMetricType()) {
      case COUNTER -> Optional.of(counter((Counter) metric, own, key));
      case GAUGE -> gauge((Gauge<?>) metric, own, key);
      case METER -> Optional.of(gauge((Meter) metric, Meter::getRate, "", key));
      case HISTOGRAM -> histogram((Histogram) metric, own, key);
    };
  }

  private Runnable counter(Counter counter, Optional<Metric> own, Key key) {
    double scale = own.map(Metric::scale).orElse(1.0);
    FunctionCounter meter =
        FunctionCounter.builder(key.name, counter, it -> it.getCount() * scale)
            .tags(tags(key))
            .description(own.map(Metric::help).orElse(""))
            .register(registry);
    return () -> registry.remove(meter);
  }

  private Optional<Runnable> gauge(Gauge<?> gauge, Optional<Metric> own, Key key) {
    return own.isEmpty() && isText(gauge)
        ? Optional.empty()
        : Optional.of(
            gauge(gauge, MicrometerReporter::number, own.map(Metric::help).orElse(""), key));
  }

  private <T> Runnable gauge(T metric, ToDoubleFunction<T> value, String help, Key key) {
    io.micrometer.core.instrument.Gauge meter =
        io.micrometer.core.instrument.Gauge.builder(key.name, metric, value)
            .tags(tags(key))
            .description(help)
            .strongReference(true)
            .register(registry);
    return () -> registry.remove(meter);
  }

  private Optional<Runnable> histogram(Histogram histogram, Optional<Metric> own, Key key) {
    if (own.isPresent() && own.get().kind() == Metric.Kind.HISTOGRAM) {
      Metric metric = own.get();
      buckets.add(metric, key.labels, histogram);
      return Optional.of(() -> buckets.remove(metric, key.labels));
    }
    // A number that cannot be added up: only how many values there were, and two quantiles.
    List<Runnable> removals = new ArrayList<>();
    removals.add(
        gauge(histogram, it -> it.getCount(), "", new Key(key.name + "_count", key.labels)));
    for (double quantile : new double[] {0.5, 0.99}) {
      Map<String, String> labels = new TreeMap<>(key.labels);
      labels.put("quantile", Double.toString(quantile));
      removals.add(
          gauge(
              histogram,
              it -> it.getStatistics().getQuantile(quantile),
              "",
              new Key(key.name, labels)));
    }
    return Optional.of(() -> removals.forEach(Runnable::run));
  }

  private static boolean isText(Gauge<?> gauge) {
    try {
      Object value = gauge.getValue();
      return value != null && !(value instanceof Number) && !(value instanceof Boolean);
    } catch (RuntimeException notYet) {
      return false;
    }
  }

  private static double number(Gauge<?> gauge) {
    Object value = gauge.getValue();
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    return value instanceof Boolean truth ? (truth ? 1 : 0) : Double.NaN;
  }

  /** Which of the job's own metrics it is; none if the job is of a version that has others. */
  private static Optional<Metric> own(String name, MetricGroup group) {
    String scope = scope(group, '.');
    if (!scope.startsWith(OPERATOR_SCOPE)) {
      return Optional.empty();
    }
    String groups = scope.substring(OPERATOR_SCOPE.length());
    int end = groups.indexOf('.');
    return Metric.of(end < 0 ? groups : groups.substring(0, end), name);
  }

  /** Micrometer adds the ending that counters have. */
  private static Key key(Optional<Metric> own, String name, MetricGroup group) {
    return new Key(
        own.map(Metric::baseName)
            .orElseGet(() -> "flink_" + sanitized(scope(group, '_')) + "_" + sanitized(name)),
        labels(group, own.isPresent()));
  }

  private static String scope(MetricGroup group, char delimiter) {
    return LogicalScopeProvider.castFrom(group)
        .getLogicalScope(CharacterFilter.NO_OP_FILTER, delimiter);
  }

  private static Map<String, String> labels(MetricGroup group, boolean own) {
    Map<String, String> labels = new TreeMap<>();
    group
        .getAllVariables()
        .forEach(
            (variable, value) -> {
              String label = sanitized(variable.substring(1, variable.length() - 1));
              // Of the job's own the operator says enough; a task is called after all in its chain.
              if (!LEFT_OUT.contains(label) && !(own && label.equals("task_name"))) {
                labels.put(label, value);
              }
            });
    return labels;
  }

  private static String sanitized(String name) {
    StringBuilder clean = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      clean.append(fits ? c : '_');
    }
    return clean.toString();
  }

  private static List<Tag> tags(Key key) {
    List<Tag> tags = new ArrayList<>();
    key.labels.forEach((label, value) -> tags.add(Tag.of(label, value)));
    return tags;
  }
}
