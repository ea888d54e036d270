// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Histogram;

/**
 * The job's histograms, in buckets, all labels of one name together. Micrometer's own keep what
 * they are told; these are asked.
 */
final class BucketSeries implements MultiCollector {
  private final Map<Metric, Map<Map<String, String>, Histogram>> series =
      new EnumMap<>(Metric.class);

  synchronized void add(Metric metric, Map<String, String> labels, Histogram histogram) {
    series.computeIfAbsent(metric, it -> new HashMap<>()).put(labels, histogram);
  }

  synchronized void remove(Metric metric, Map<String, String> labels) {
    Map<Map<String, String>, Histogram> left = series.get(metric);
    if (left != null) {
      left.remove(labels);
    }
  }

  @Override
  public synchronized MetricSnapshots collect() {
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    series.forEach(
        (metric, each) -> {
          if (!each.isEmpty()) {
            all.metricSnapshot(snapshot(metric, each));
          }
        });
    return all.build();
  }

  private static HistogramSnapshot snapshot(
      Metric metric, Map<Map<String, String>, Histogram> each) {
    HistogramSnapshot.Builder snapshot =
        HistogramSnapshot.builder().name(metric.exposedName()).help(metric.help());
    double[] upper = metric.bounds();
    double[] bounds = java.util.Arrays.copyOf(upper, upper.length + 1);
    bounds[upper.length] = Double.POSITIVE_INFINITY;
    each.forEach(
        (labels, histogram) -> {
          long[] values = histogram.getStatistics().getValues();
          // Otherwise the job has other buckets than this version knows.
          if (values.length == bounds.length + 1) {
            snapshot.dataPoint(point(metric, labels, bounds, values));
          }
        });
    return snapshot.build();
  }

  private static HistogramDataPointSnapshot point(
      Metric metric, Map<String, String> labels, double[] bounds, long[] values) {
    ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
    for (int i = 0; i < bounds.length; i++) {
      buckets.bucket(bounds[i], values[i]);
    }
    return HistogramDataPointSnapshot.builder()
        .classicHistogramBuckets(buckets.build())
        .sum(values[values.length - 1] * metric.scale())
        .labels(
            Labels.of(
                labels.keySet().toArray(String[]::new), labels.values().toArray(String[]::new)))
        .build();
  }
}
