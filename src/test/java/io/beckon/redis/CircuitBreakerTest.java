// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
  /** Not a constant: what comes after it is meant to overflow, as a clock does. */
  private static final long START = Long.parseLong("9223372036854775802");

  @Test
  void soManyFailuresInARowOpenItAndOneTrialDecides() {
    CircuitBreaker breaker = new CircuitBreaker(3, 100);
    fail(breaker, 0);
    fail(breaker, 1);
    succeed(breaker, 2);
    fail(breaker, 3);
    fail(breaker, 4);
    assertThat(breaker.isOpen()).isFalse();
    fail(breaker, 5);
    assertThat(breaker.isOpen()).isTrue();
    assertThat(breaker.allows(5)).isFalse();
    assertThat(breaker.allows(104)).isFalse();
    assertThat(breaker.allows(105)).as("one trial").isTrue();
    assertThat(breaker.allows(105)).as("no other meanwhile").isFalse();
    assertThat(breaker.allows(1_000)).isFalse();
    breaker.failed(1_000);
    assertThat(breaker.isOpen()).isTrue();
    assertThat(breaker.allows(1_099)).isFalse();
    assertThat(breaker.allows(1_100)).isTrue();
    breaker.succeeded();
    assertThat(breaker.isOpen()).isFalse();
    fail(breaker, 1_101);
    fail(breaker, 1_102);
    assertThat(breaker.isOpen()).as("it takes as many again").isFalse();
  }

  @Test
  void aClockMayBeginAnywhere() {
    CircuitBreaker breaker = new CircuitBreaker(1, 100);
    fail(breaker, START);
    assertThat(breaker.allows(START + 99)).isFalse();
    assertThat(breaker.allows(START + 100)).isTrue();
  }

  @Test
  void itIsOpenExactlyWhileTheLastWereFailures() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int after = 1 + random.nextInt(5);
      long forMs = 1L + random.nextInt(50);
      CircuitBreaker breaker = new CircuitBreaker(after, forMs);
      long nowMs = 0;
      int inARow = 0;
      long lastFailureMs = 0;
      for (int i = 0; i < 500; i++) {
        nowMs += random.nextInt(20);
        boolean open = inARow >= after;
        assertThat(breaker.isOpen()).as("seed %s", seed).isEqualTo(open);
        boolean expected = !open || nowMs >= lastFailureMs + forMs;
        assertThat(breaker.allows(nowMs)).as("seed %s", seed).isEqualTo(expected);
        if (!expected) {
          continue;
        }
        if (random.nextInt(3) > 0) {
          breaker.failed(nowMs);
          inARow++;
          lastFailureMs = nowMs;
        } else {
          breaker.succeeded();
          inARow = 0;
        }
      }
    }
  }

  @Test
  void nothingElseMakesSense() {
    assertThatThrownBy(() -> new CircuitBreaker(0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new CircuitBreaker(1, 0)).isInstanceOf(IllegalArgumentException.class);
  }

  private static void fail(CircuitBreaker breaker, long nowMs) {
    assertThat(breaker.allows(nowMs)).isTrue();
    breaker.failed(nowMs);
  }

  private static void succeed(CircuitBreaker breaker, long nowMs) {
    assertThat(breaker.allows(nowMs)).isTrue();
    breaker.succeeded();
  }
}
