// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs of something with chance in it, one a seed; what fails says its seed. Bounded in the suite;
 * {@code -Dbeckon.fuzz.from=N -Dbeckon.fuzz.seeds=M} runs others, and more of them.
 */
public final class Fuzz {
  /** What any one run may take, on a busy machine. */
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** Pieces of text that break things. */
  public static final List<String> SCRAPS =
      List.of(
          "",
          " ",
          "\t",
          "\n",
          "\r\n",
          "\0",
          "\u001b",
          "\u0085",
          "\u2028",
          "\ufeff",
          "\ufffd",
          "\u00e9",
          "\u202e",
          "\ud83d\ude00",
          "\"",
          "'",
          "\\",
          "\\u0000",
          "\\ud800",
          "{",
          "}",
          "[",
          "]",
          "{}",
          "[]",
          ":",
          ",",
          "-",
          "#",
          "&a",
          "*a",
          "!",
          "|",
          ">",
          "%",
          "@",
          "`",
          "~",
          "?",
          "null",
          "true",
          "NaN",
          "Infinity",
          "-0",
          "0x1f",
          "1e9",
          "1e999999999",
          "-1e-999999999",
          "9223372036854775808",
          "-9223372036854775809",
          "00",
          "1_000",
          "1.",
          ".5",
          "99999999999999999999999999999999999999999",
          "2026-02-30T25:61:61Z",
          "+292278994-08-17T07:12:55Z",
          "user",
          "type",
          "time",
          "id",
          "attributes",
          "${",
          "}",
          "<<",
          "=",
          "x".repeat(600),
          "9".repeat(2_000));

  private Fuzz() {}

  /** Runs {@code seeds} of them. */
  public static void each(int seeds, Consumer<Random> run) {
    long from = Long.getLong("beckon.fuzz.from", 0);
    long to = from + Long.getLong("beckon.fuzz.seeds", seeds);
    for (long seed = from; seed < to; seed++) {
      long begun = System.nanoTime();
      try {
        run.accept(new Random(seed));
      } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
        throw new AssertionError("seed " + seed, e);
      }
      long nanos = System.nanoTime() - begun;
      if (nanos > MOST_NANOS) {
        throw new AssertionError("seed " + seed + " took " + nanos / 1_000_000 + " ms");
      }
    }
  }

  /** One of them. */
  public static <T> T one(Random random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  /** Bytes with a few of them changed, doubled, cut out, cut off, or text put in between. */
  public static byte[] damage(byte[] bytes, Random random) {
    byte[] damaged = bytes.clone();
    for (int i = random.nextInt(4); i >= 0 && damaged.length > 0; i--) {
      int at = random.nextInt(damaged.length);
      int to = Math.min(damaged.length, at + 1 + random.nextInt(16));
      damaged =
          switch (random.nextInt(6)) {
            case 0 -> Arrays.copyOf(damaged, at);
            case 1 -> joined(Arrays.copyOf(damaged, at), new byte[0], damaged, to);
            case 2 -> joined(Arrays.copyOf(damaged, to), new byte[0], damaged, at);
            case 3 ->
                joined(
                    Arrays.copyOf(damaged, at),
                    one(random, SCRAPS).getBytes(StandardCharsets.UTF_8),
                    damaged,
                    at);
            default -> {
              damaged[at] =
                  random.nextBoolean()
                      ? (byte) random.nextInt()
                      : (byte) (damaged[at] ^ 1 << random.nextInt(8));
              yield damaged;
            }
          };
    }
    return damaged;
  }

  private static byte[] joined(byte[] head, byte[] middle, byte[] tail, int from) {
    byte[] all = Arrays.copyOf(head, head.length + middle.length + tail.length - from);
    System.arraycopy(middle, 0, all, head.length, middle.length);
    System.arraycopy(tail, from, all, head.length + middle.length, tail.length - from);
    return all;
  }

  /** The same with text; what the damage leaves may not be UTF-8. */
  public static String damage(String text, Random random) {
    return new String(
        damage(text.getBytes(StandardCharsets.UTF_8), random), StandardCharsets.UTF_8);
  }
}
