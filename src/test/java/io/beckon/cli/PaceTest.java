// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PaceTest {
  private final Pace.Watch watch = Pace.noWaiting();
  private final Pace pace = new Pace(watch, 1_000_000, 100, 0);

  @Test
  void virtualTimePassesAtItsSpeed() {
    List<Long> ticks = new ArrayList<>();
    pace.await(1_025_000, ticks::add);
    assertThat(watch.nowMs()).isEqualTo(250);
    assertThat(ticks).containsExactly(1_000_000L, 1_010_000L, 1_020_000L);
    pace.await(1_020_000, ticks::add);
    assertThat(watch.nowMs()).isEqualTo(250);
    assertThat(ticks).hasSize(3);
  }

  @Test
  void linesComeOneByOneAndNeverLagFarBehind() {
    List<Boolean> shown = new ArrayList<>();
    for (int line = 0; line < 100; line++) {
      shown.add(pace.turn(1_000_000));
    }
    assertThat(shown.subList(0, 11)).doesNotContain(false);
    assertThat(shown.subList(11, 100)).doesNotContain(true);
    assertThat(watch.nowMs()).isEqualTo(2_500);
    pace.await(1_300_000, ignored -> {});
    assertThat(watch.nowMs()).isEqualTo(3_000);
    assertThat(pace.turn(1_300_000)).isTrue();
    assertThat(watch.nowMs()).isEqualTo(3_000);
  }

  @Test
  void whatIsOfTheNightBeforeIsShownAsOfTheMorning() {
    assertThat(pace.turn(0)).isTrue();
    assertThat(pace.turn(0)).isTrue();
    assertThat(watch.nowMs()).isEqualTo(250);
  }
}
