// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.metrics.BucketHistogram;
import io.beckon.metrics.Metric;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;

/** One subtask's metrics, registered with Flink when they are first asked for. */
final class JobMetrics {
  private final MetricGroup operator;
  private final Map<Key, Counter> counters = new HashMap<>();
  private final Map<Key, BucketHistogram> histograms = new HashMap<>();

  /** What makes a series: what it grows by does not, and Flink takes no two of one name. */
  private record Key(Metric metric, List<String> labels) {
    static Key of(Series series) {
      return new Key(series.metric(), series.labels());
    }
  }

  JobMetrics(MetricGroup operator) {
    this.operator = operator;
  }

  /** The counter of a series; from now on Prometheus sees it, at 0. */
  Counter counter(Series series) {
    return counters.computeIfAbsent(
        Key.of(series), it -> group(it.metric, it.labels).counter(it.metric.shortName()));
  }

  /** The histogram of a series. */
  BucketHistogram histogram(Series series) {
    return histograms.computeIfAbsent(
        Key.of(series),
        it ->
            group(it.metric, it.labels)
                .histogram(it.metric.shortName(), new BucketHistogram(it.metric)));
  }

  /** Tells {@code gauge} whenever the metric is asked for: by another thread. */
  void gauge(Series series, Gauge<? extends Number> gauge) {
    group(series.metric(), series.labels()).gauge(series.metric().shortName(), gauge);
  }

  private MetricGroup group(Metric metric, List<String> labels) {
    MetricGroup group = operator.addGroup(Metric.GROUP);
    for (int i = 0; i < labels.size(); i++) {
      group = group.addGroup(metric.labels().get(i), labels.get(i));
    }
    return group;
  }
}
