// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

/**
 * SplitMix64, seeded by what is diced for. Written out, because the results have to be the same on
 * every machine and with every Java.
 */
final class Dice {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;
  private static final double UNIT = 1.0 / (1L << 53);

  private long state;

  private Dice(long state) {
    this.state = state;
  }

  /** The dice for the {@code index}-th {@code purpose} of {@code user}. */
  static Dice of(long seed, long user, long purpose, long index) {
    long state = mix(seed + GOLDEN);
    state = mix(state ^ (user + GOLDEN));
    state = mix(state ^ (purpose + GOLDEN));
    return new Dice(mix(state ^ (index + GOLDEN)));
  }

  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  private long next() {
    state += GOLDEN;
    return mix(state);
  }

  /** From 0 to below {@code bound}. */
  int below(int bound) {
    return (int) ((next() >>> 33) % bound);
  }

  /** Comes out true {@code share} times of a thousand. */
  boolean thousandth(int share) {
    return below(1000) < share;
  }

  /** An exponentially distributed time. */
  long pauseMs(double meanMs) {
    double one = ((next() >>> 11) + 1) * UNIT;
    // StrictMath: Math.log may differ from machine to machine.
    return (long) (-meanMs * StrictMath.log(one));
  }
}
