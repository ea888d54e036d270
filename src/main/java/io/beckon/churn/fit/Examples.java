// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** What was known of users on dates, as numbers, and what came of it. */
public final class Examples {
  private final int inputs;
  private double[][] rows = new double[64][];
  private int[] users = new int[64];
  private long[] dates = new long[64];
  private boolean[] labels = new boolean[64];
  private int size;
  private long positives;

  /** No examples yet, with so many numbers each. */
  public Examples(int inputs) {
    this.inputs = inputs;
  }

  /**
   * One more.
   *
   * @param user tells users apart
   * @param row the numbers, all finite
   * @param label whether it came true
   */
  public void add(int user, long date, double[] row, boolean label) {
    if (row.length != inputs) {
      throw new IllegalArgumentException(row.length + " numbers, not " + inputs);
    }
    if (size == labels.length) {
      int larger = 2 * size;
      rows = Arrays.copyOf(rows, larger);
      users = Arrays.copyOf(users, larger);
      dates = Arrays.copyOf(dates, larger);
      labels = Arrays.copyOf(labels, larger);
    }
    rows[size] = row;
    users[size] = user;
    dates[size] = date;
    labels[size] = label;
    positives += label ? 1 : 0;
    size++;
  }

  /** Those of them that are wanted, by number; the rows are shared. */
  public Examples where(IntPredicate wanted) {
    Examples some = new Examples(inputs);
    for (int i = 0; i < size; i++) {
      if (wanted.test(i)) {
        some.add(users[i], dates[i], rows[i], labels[i]);
      }
    }
    return some;
  }

  /** How many numbers each has. */
  public int inputs() {
    return inputs;
  }

  /** How many there are. */
  public int size() {
    return size;
  }

  /** How many came true. */
  public long positives() {
    return positives;
  }

  /** The numbers of the i-th; not to be changed. */
  public double[] row(int i) {
    return rows[i];
  }

  /** The user of the i-th. */
  public int user(int i) {
    return users[i];
  }

  /** The date of the i-th. */
  public long date(int i) {
    return dates[i];
  }

  /** Whether the i-th came true. */
  public boolean label(int i) {
    return labels[i];
  }

  /** All labels. */
  public boolean[] labels() {
    return Arrays.copyOf(labels, size);
  }

  /** All users. */
  public int[] users() {
    return Arrays.copyOf(users, size);
  }

  /** How many users they are of; those of one user stand together. */
  public long distinctUsers() {
    long distinct = 0;
    for (int i = 0; i < size; i++) {
      distinct += i == 0 || users[i] != users[i - 1] ? 1 : 0;
    }
    return distinct;
  }
}
