// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the benchmark compares does what it is said to do: counted here once more, naively. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class EngagementBenchTest {
  private static final int EVENTS = 40_000;
  private static final long WITHIN_MS = 30 * 60_000L;
  private static final long WAIT_MS = 120 * 60_000L;

  /** The events of one item of one user. */
  private static final Map<String, List<Look>> BY_ITEM = new LinkedHashMap<>();

  @BeforeAll
  static void readTheStream() {
    System.setProperty("beckon.bench.events", Integer.toString(EVENTS));
    for (Look look : EngagementBench.Stream.LOOKS) {
      if (!look.type.equals(Look.RARE)) {
        BY_ITEM.computeIfAbsent(look.user + " " + look.item, k -> new ArrayList<>()).add(look);
      }
    }
  }

  @Test
  void thePatternOfFlinkCepIsTheOneMeant() throws Exception {
    long expected = BY_ITEM.values().stream().mapToLong(EngagementBenchTest::triples).sum();
    assertThat(expected).isGreaterThan(100);
    assertThat(matches(EngagementBench.Kind.CEP)).isEqualTo(expected);
  }

  @Test
  void theFunctionWrittenByHandAndTheEngineAgree() throws Exception {
    long expected = BY_ITEM.values().stream().mapToLong(EngagementBenchTest::absences).sum();
    assertThat(expected).isGreaterThan(100);
    assertThat(matches(EngagementBench.Kind.HAND_WRITTEN)).isEqualTo(expected);
    assertThat(matches(EngagementBench.Kind.BECKON)).isEqualTo(expected);
  }

  private static long matches(EngagementBench.Kind kind) throws Exception {
    return EngagementBench.run(new EngagementBench.Variant(kind, "hashmap", "arrival", 1), 1_000)
        .matches();
  }

  /**
   * Three views in a row within half an hour, no purchase within two hours of the third; the next
   * three begin after it.
   */
  private static long triples(List<Look> looks) {
    List<Look> views = looks.stream().filter(look -> look.type.equals(Look.VIEW)).toList();
    long found = 0;
    int first = 0;
    while (first + 2 < views.size()) {
      long thirdMs = views.get(first + 2).timeMs;
      boolean matches =
          thirdMs - views.get(first).timeMs <= WITHIN_MS
              && looks.stream().noneMatch(look -> isBought(look, thirdMs));
      found += matches ? 1 : 0;
      first += matches ? 3 : 1;
    }
    return found;
  }

  private static boolean isBought(Look look, long sinceMs) {
    return look.type.equals(Look.PURCHASE)
        && look.timeMs > sinceMs
        && look.timeMs - sinceMs <= WAIT_MS;
  }

  /** As above, but further views begin the wait anew, and a purchase begins everything anew. */
  private static long absences(List<Look> looks) {
    long found = 0;
    List<Long> views = new ArrayList<>();
    long sinceMs = Long.MAX_VALUE;
    for (Look look : looks) {
      if (sinceMs != Long.MAX_VALUE && look.timeMs - sinceMs > WAIT_MS) {
        found++;
        sinceMs = Long.MAX_VALUE;
      }
      if (look.type.equals(Look.PURCHASE)) {
        views.clear();
        sinceMs = Long.MAX_VALUE;
      } else if (sinceMs != Long.MAX_VALUE) {
        sinceMs = look.timeMs;
      } else {
        views.removeIf(timeMs -> look.timeMs - timeMs > WITHIN_MS);
        views.add(look.timeMs);
        if (views.size() == 3) {
          views.clear();
          sinceMs = look.timeMs;
        }
      }
    }
    return found + (sinceMs == Long.MAX_VALUE ? 0 : 1);
  }
}
