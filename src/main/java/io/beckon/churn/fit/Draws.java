// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.churn.fit;

/** SplitMix64, written out: the same draws on every machine and with every Java. */
final class Draws {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private long state;

  Draws(long seed) {
    this.state = mix(seed + GOLDEN);
  }

  /** From 0 to below {@code bound}. */
  int below(int bound) {
    state += GOLDEN;
    return (int) ((mix(state) >>> 33) % bound);
  }

  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }
}
