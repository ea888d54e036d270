// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.flink.metrics.HistogramStatistics;
import org.junit.jupiter.api.Test;

class BucketHistogramTest {
  private final BucketHistogram histogram = new BucketHistogram(Metric.DECISION_DELAY_SECONDS);

  @Test
  void aValueOnABoundIsBelowIt() {
    histogram.update(0);
    histogram.update(100);
    histogram.update(101);
    histogram.update(86_400_000);
    histogram.update(86_400_001);
    int bounds = Metric.DECISION_DELAY_SECONDS.bounds().length;
    long[] values = histogram.getStatistics().getValues();
    assertThat(values).hasSize(bounds + 2);
    assertThat(values[0]).isEqualTo(2);
    assertThat(values[1]).isEqualTo(1);
    assertThat(values[bounds - 1]).isEqualTo(1);
    assertThat(values[bounds]).isEqualTo(1);
    assertThat(values[bounds + 1]).isEqualTo(172_800_202);
    assertThat(histogram.getCount()).isEqualTo(5);
  }

  @Test
  void otherReportersReadQuantilesToABucket() {
    for (int i = 0; i < 90; i++) {
      histogram.update(300);
    }
    for (int i = 0; i < 10; i++) {
      histogram.update(20_000);
    }
    HistogramStatistics statistics = histogram.getStatistics();
    assertThat(statistics.size()).isEqualTo(100);
    assertThat(statistics.getQuantile(0.5)).isEqualTo(500);
    assertThat(statistics.getQuantile(0.9)).isEqualTo(500);
    assertThat(statistics.getQuantile(0.95)).isEqualTo(30_000);
    assertThat(statistics.getMin()).isEqualTo(500);
    assertThat(statistics.getMax()).isEqualTo(30_000);
    assertThat(statistics.getMean()).isEqualTo(2_270);
  }

  @Test
  void anEmptyOneSaysNothing() {
    HistogramStatistics statistics = histogram.getStatistics();
    assertThat(statistics.size()).isZero();
    assertThat(statistics.getQuantile(0.99)).isZero();
    assertThat(statistics.getMean()).isZero();
  }

  @Test
  void whatLiesBeyondTheLastBoundIsToldAsIt() {
    histogram.update(Long.MAX_VALUE / 2);
    assertThat(histogram.getStatistics().getMax()).isEqualTo(86_400_000);
  }
}
