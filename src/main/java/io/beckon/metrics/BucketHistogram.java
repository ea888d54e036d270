// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.metrics;

import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.HistogramStatistics;

/**
 * Counts values in fixed buckets, so that those of all subtasks can be added up, and never forgets:
 * quantiles over any time are the reader's to compute. Written by one thread, read by others, who
 * may miss the newest values.
 *
 * <p>The reporter may be of another class loader than the job and so does not know this class: it
 * reads {@link HistogramStatistics#getValues}, which here are the number of values in each bucket,
 * the infinite one last, and then their sum; the bounds it knows from {@link Metric}. To other
 * reporters it is a histogram like any other, of quantiles since the start.
 */
public final class BucketHistogram implements Histogram {
  private final long[] bounds;
  private final long[] counts;
  private long sum;

  /** An empty one of {@code metric}. */
  public BucketHistogram(Metric metric) {
    double[] exposed = metric.bounds();
    bounds = new long[exposed.length];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = Math.round(exposed[i] / metric.scale());
    }
    counts = new long[bounds.length + 1];
  }

  @Override
  public void update(long value) {
    int bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) {
      bucket++;
    }
    counts[bucket]++;
    sum += value;
  }

  @Override
  public long getCount() {
    long all = 0;
    for (long count : counts) {
      all += count;
    }
    return all;
  }

  @Override
  public HistogramStatistics getStatistics() {
    long[] values = new long[counts.length + 1];
    System.arraycopy(counts, 0, values, 0, counts.length);
    values[counts.length] = sum;
    return new Statistics(bounds, values);
  }

  /** As of an instant. Quantiles and extremes are known to a bucket: its upper bound is told. */
  private static final class Statistics extends HistogramStatistics {
    private final long[] bounds;
    private final long[] values;

    Statistics(long[] bounds, long[] values) {
      this.bounds = bounds;
      this.values = values;
    }

    @Override
    public double getQuantile(double quantile) {
      double rank = quantile * count();
      long below = 0;
      for (int i = 0; i < bounds.length; i++) {
        below += values[i];
        if (below > 0 && below >= rank) {
          return bounds[i];
        }
      }
      return below == count() ? 0 : bounds[bounds.length - 1];
    }

    @Override
    public long[] getValues() {
      return values.clone();
    }

    @Override
    public int size() {
      return Math.toIntExact(Math.min(count(), Integer.MAX_VALUE));
    }

    private long count() {
      long all = 0;
      for (int i = 0; i <= bounds.length; i++) {
        all += values[i];
      }
      return all;
    }

    @Override
    public double getMean() {
      long count = count();
      return count == 0 ? 0 : (double) values[values.length - 1] / count;
    }

    /** Not known. */
    @Override
    public double getStdDev() {
      return Double.NaN;
    }

    @Override
    public long getMax() {
      return Math.round(getQuantile(1));
    }

    @Override
    public long getMin() {
      return Math.round(getQuantile(0));
    }
  }
}
