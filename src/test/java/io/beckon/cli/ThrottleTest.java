// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ThrottleTest {
  private final Pace.Watch watch = Pace.noWaiting();

  @Test
  void soManyPassInASecond() {
    Throttle throttle = new Throttle(watch, 300);
    for (int i = 0; i <= 900; i++) {
      throttle.await();
    }
    assertThat(watch.nowMs()).isEqualTo(3_000);
  }

  @Test
  void whatIsBehindIsCaughtUpWithoutWaiting() {
    Throttle throttle = new Throttle(watch, 10);
    throttle.await();
    watch.sleep(1_000);
    for (int i = 1; i <= 10; i++) {
      throttle.await();
    }
    assertThat(watch.nowMs()).isEqualTo(1_000);
    throttle.await();
    assertThat(watch.nowMs()).isEqualTo(1_100);
  }
}
