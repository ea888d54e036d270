// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.event.Slots;
import io.beckon.policy.Fact;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** From when on a live job watches for dates that only a profile tells. */
class MilestoneBeginTest {
  private static final long DAY = 86_400_000L;
  private static final String LIVE = "lateness: 10s, clock: live";
  private static final String RENEWAL =
      """
      id: renewal
      version: 1
      when: {milestone: {date: user.tier}}
      then: {reminder: {channel: email}}
      """;

  private final Scenario scenario = Scenario.timed(LIVE, RENEWAL);

  @Test
  void ofSeveralProfilesBeforeAnyTimeIsKnownTheLastIsWatchedFor() {
    profile("2026-01-07");
    profile("2026-01-09");
    scenario.advance(10 * DAY);
    assertThat(scenario.decisions)
        .singleElement()
        .satisfies(
            decision ->
                assertThat(decision.evidence()).contains(new Fact.Text("date", "2026-01-09")));
  }

  @Test
  void aProfileThatTakesTheDateAwayTakesTheMilestoneAway() {
    profile("2026-01-07");
    profile("");
    scenario.advance(10 * DAY);
    assertThat(scenario.decisions).isEmpty();
  }

  @Test
  void whatHasPassedIsNotPlannedAgain() {
    profile("2020-01-01");
    Engine engine = scenario.engine();
    engine.offer(
        scenario.state(),
        scenario.event("e1", -2 * DAY, "view", "item", "p1"),
        Long.MIN_VALUE,
        Scenario.START_MS,
        scenario);
    scenario.state(engine.decode("u1", engine.encode(scenario.state())));
    scenario.read(-DAY, "view", "item", "p1").advance(10 * DAY);
    assertThat(scenario.decisions).isEmpty();
  }

  /** A profile of the topic, read at the start, before any watermark. */
  private void profile(String date) {
    Slots slots = new Slots(scenario.plan().job().catalogue().profile());
    if (!date.isEmpty()) {
      slots.setString(slots.type().indexOf("tier"), date);
    }
    scenario
        .engine()
        .profile(
            scenario.state(),
            slots,
            OptionalLong.empty(),
            Long.MIN_VALUE,
            Scenario.START_MS,
            scenario);
  }
}
