// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import io.beckon.language.JobDefinition.ScoreRedis;
import io.beckon.redis.ScoreWrite.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;

/**
 * How many users' scores a second one connection writes to a Redis on the same machine, three a
 * user, and how many commands a second it asks about, four keys each: one at a time, and in
 * batches.
 *
 * <p>Prints medians of five turns after two that warm up, and how long a batch takes at the median
 * and at the 99th percentile.
 */
public final class RedisBench {
  private static final int USERS = 50_000;
  private static final int TURNS = 5;
  private static final int WARM_UPS = 2;
  private static final List<String> KEYS =
      List.of(
          "beckon:optout:{user}",
          "beckon:optout:{user}:{channel}",
          "beckon:pause:{trigger}",
          "beckon:pause:{lane}");

  private RedisBench() {}

  /** What is measured: one batch. */
  private interface Work {
    void batch(int from, int to) throws RedisAway;
  }

  /**
   * Prints the tables.
   *
   * @param args the number of users in a turn, if not 50,000
   */
  public static void main(String[] args) throws Exception {
    int users = args.length > 0 ? Integer.parseInt(args[0]) : USERS;
    try (RealRedis redis = RealRedis.open();
        RedisScores scores =
            new RedisScores(
                redis.access(10_000), "shop", new ScoreRedis("beckon:{job}:{user}", 86_400_000));
        GateAsk gate = new GateAsk(redis.access(10_000))) {
      Random random = new Random(1);
      List<ScoreWrite> writes = new ArrayList<>();
      List<List<Optional<String>>> asks = new ArrayList<>();
      for (int i = 0; i < users; i++) {
        String user = "user-" + i;
        writes.add(
            ScoreWrite.of(
                user,
                1_700_000_000_000L,
                List.of(
                    new Field("churn", Double.toString(random.nextDouble())),
                    new Field("p_return", Double.toString(random.nextDouble())),
                    new Field("orders_90d", Integer.toString(random.nextInt(9))))));
        asks.add(
            KEYS.stream()
                .map(key -> key.replace("{user}", user).replace("{channel}", "push"))
                .map(Optional::of)
                .toList());
      }
      System.out.printf(Locale.ROOT, "| %-22s | a second | batch, ms | 99%%, ms |%n", "");
      for (int batch : new int[] {1, 10, 100, 512}) {
        measure(
            "scores, " + batch, users, batch, (from, to) -> scores.write(writes.subList(from, to)));
      }
      for (int batch : new int[] {1, 10, 100, 512}) {
        measure(
            "gate, " + batch,
            users,
            batch,
            (from, to) -> gate.firstExisting(asks.subList(from, to)));
      }
    }
  }

  private static void measure(String name, int users, int batch, Work work) throws RedisAway {
    // One at a time takes long enough with fewer.
    int count = batch == 1 ? users / 10 : users;
    double[] perSecond = new double[TURNS];
    List<Long> nanos = new ArrayList<>();
    for (int turn = -WARM_UPS; turn < TURNS; turn++) {
      long start = System.nanoTime();
      for (int from = 0; from < count; from += batch) {
        long before = System.nanoTime();
        work.batch(from, Math.min(count, from + batch));
        if (turn >= 0) {
          nanos.add(System.nanoTime() - before);
        }
      }
      if (turn >= 0) {
        perSecond[turn] = count * 1e9 / (System.nanoTime() - start);
      }
    }
    Arrays.sort(perSecond);
    nanos.sort(null);
    System.out.printf(
        Locale.ROOT,
        "| %-22s | %,d | %.2f | %.2f |%n",
        name,
        Math.round(perSecond[TURNS / 2]),
        nanos.get(nanos.size() / 2) / 1e6,
        nanos.get(nanos.size() * 99 / 100) / 1e6);
  }
}
