// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** History that is read, not acted on. Sending begins at one o'clock, an hour into a scenario. */
class WarmUpTest {
  private static final long MIN = 60_000;
  private static final long FROM = 60 * MIN;
  private static final String FROM_ONE =
      "lateness: 10s, clock: replay, send_from: \"2026-01-05T13:00:00Z\"";
  private static final String FROM_NOW = "lateness: 10s, clock: live, send_from: now";
  private static final String THEN = "then: {coupon: {channel: push, offer: TEN}}\n";
  private static final String BOUGHT =
      "id: bought\nversion: 1\nwhen: {event: buy}\ncooldown: 7d\n" + THEN;
  private static final String LOOKED =
      """
      id: looked
      version: 1
      when: {absence: {after: {event: view, match: [item]}, of: {event: buy}, for: 45m}}
      max_instances: 1
      cancel_on: {event: complain}
      expires_in: 2h
      """
          + THEN;

  private Scenario scenario = Scenario.of(BOUGHT);

  @AfterEach
  void everyMomentIsDecidedOnce() {
    assertThat(
            scenario.triggerCounts.entrySet().stream()
                .filter(count -> count.getKey().startsWith("MOMENTS "))
                .mapToInt(count -> count.getValue())
                .sum())
        .isPositive()
        .isEqualTo(scenario.decisions.size());
  }

  @Test
  void aMomentBeforeStartsNoCooldownAndSendingBeginsAtTheInstantItself() {
    scenario =
        Scenario.timed(FROM_ONE, BOUGHT)
            .read(0, "buy")
            .read(FROM - 1, "buy")
            .read(FROM, "buy")
            .read(FROM + 1, "buy")
            .advance(2 * FROM);
    assertThat(scenario.told())
        .containsExactly(
            "bought WARMING_UP 0",
            "bought WARMING_UP " + (FROM - 1),
            "bought ISSUED " + FROM,
            "bought COOLDOWN " + (FROM + 1));
    assertThat(scenario.sent()).hasSize(1);
    Decision first = scenario.decisions.get(0);
    assertThat(first.compared())
        .containsExactly(new Fact.At("send_from", Scenario.START_MS + FROM));
  }

  @Test
  void whatOpenedBeforeAndIsDueAfterIsSent() {
    scenario =
        Scenario.timed(FROM_ONE, LOOKED)
            .read(14 * MIN, "view", "item", "p1")
            .advance(FROM)
            .read(FROM + MIN, "view", "item", "p2")
            .advance(3 * FROM);
    assertThat(scenario.told())
        .containsExactly("looked WARMING_UP " + 59 * MIN, "looked ISSUED " + 106 * MIN);
    scenario = Scenario.timed(FROM_ONE, LOOKED).read(15 * MIN, "view", "item", "p1");
    scenario.advance(2 * FROM);
    assertThat(scenario.told()).containsExactly("looked ISSUED " + FROM);
  }

  @Test
  void anEvictedOneIsEvictedAndAPausedOneIsWarmingUp() {
    scenario =
        Scenario.timed(FROM_ONE, LOOKED, BOUGHT.replace("when:", "mode: paused\nwhen:"))
            .read(0, "view", "item", "p1")
            .read(MIN, "view", "item", "p2")
            .read(2 * MIN, "buy")
            .read(FROM, "buy")
            .advance(2 * FROM);
    assertThat(scenario.told())
        .containsExactly(
            "looked EVICTED " + MIN, "bought WARMING_UP " + 2 * MIN, "bought PAUSED " + FROM);
  }

  @Test
  void itUsesUpItsEventsAndLeavesNothingToCancel() {
    String thrice =
        "id: thrice\nversion: 1\nwhen: {count: {event: buy, at_least: 3, within: 1d}}\n"
            + "cancel_on: {event: complain}\n"
            + THEN;
    scenario =
        Scenario.timed(FROM_ONE, thrice)
            .read(MIN, "buy")
            .read(2 * MIN, "buy")
            .read(3 * MIN, "buy")
            .read(4 * MIN, "complain")
            .read(FROM, "buy")
            .read(FROM + MIN, "buy")
            .advance(2 * FROM);
    assertThat(scenario.told()).containsExactly("thrice WARMING_UP " + 3 * MIN);
    assertThat(scenario.sent()).isEmpty();
    scenario.read(2 * FROM + MIN, "buy").advance(4 * FROM);
    assertThat(scenario.told()).hasSize(2).last().isEqualTo("thrice ISSUED " + (2 * FROM + MIN));
  }

  @Test
  void nowIsWhenTheJobFirstStartedWhateverTheClockSaysAtTheDecision() {
    scenario =
        Scenario.started(FROM, FROM_NOW, BOUGHT)
            .read(FROM - 1, "buy")
            .read(FROM, "buy")
            .advance(2 * FROM, 100 * FROM);
    assertThat(scenario.told())
        .containsExactly("bought WARMING_UP " + (FROM - 1), "bought ISSUED " + FROM);
    assertThat(scenario.decisions.get(0).decisionTimeMs())
        .isEqualTo(Scenario.START_MS + 100 * FROM);
    // The time that is written counts, not the start.
    scenario = Scenario.started(100 * FROM, FROM_ONE, BOUGHT).read(FROM, "buy").advance(2 * FROM);
    assertThat(scenario.told()).containsExactly("bought ISSUED " + FROM);
  }

  @Test
  void whereNobodyStartsAnythingNowIsBeforeEverything() {
    scenario =
        Scenario.timed("lateness: 10s, clock: replay, send_from: now", BOUGHT)
            .read(0, "buy")
            .advance(FROM);
    assertThat(scenario.told()).containsExactly("bought ISSUED 0");
    scenario =
        Scenario.started(FROM, "lateness: 10s, clock: live", BOUGHT).read(0, "buy").advance(FROM);
    assertThat(scenario.told()).as("nothing is said of sending").containsExactly("bought ISSUED 0");
  }
}
