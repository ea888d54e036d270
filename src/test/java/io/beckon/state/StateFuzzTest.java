// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.Fuzz;
import io.beckon.engine.Engine;
import io.beckon.engine.Scenario;
import io.beckon.plan.Plan;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Bytes of a user of whom there is something in every section, damaged: they are refused by name,
 * by decoding or by whoever touches what is read later, or they are another state, with which the
 * engine goes on.
 */
class StateFuzzTest {
  private static final String THEN = "then: {message: {channel: push, template: t}}\n";

  private static final String POLICY =
      """
      timezone: {from: user.zone, fallback: UTC}
      caps: [{id: daily, at_most: 9, calendar: day}, {id: rolling, at_most: 9, rolling: 24h}]
      mute: [{lane: marketing, from: complain, until: buy, at_most: 2d}]
      quiet_hours: {windows: ["15:00-16:00"], then: defer}
      budgets: {b: {total: 100.00, per_user: 30.00}}
      holdout: {global: 5%, salt: s}
      """;

  private static final String[] TRIGGERS = {
    """
    id: absent
    version: 1
    when:
      absence: {after: {count: {event: view, at_least: 2, within: 30m, match: [item]}}, of: {event: buy, match: [item]}, for: 1h}
    cancel_on: [{event: complain, match: [item]}]
    cooldown: {per: match, for: 3h}
    expires_in: 9h
    """
        + THEN,
    """
    id: distinct
    version: 1
    when: {distinct: {event: view, of: item, at_least: 9, within: 2h}}
    """
        + THEN,
    """
    id: held
    version: 1
    when: {event: {event: buy}}
    cancel_on: [{event: complain}]
    goal: {event: buy, within: 3d, value: event.total}
    if: signal.buys > 0
    then:
      - coupon: {channel: push, offer: TEN, budget: b, value: 1.50, cost: 1.50}
      - wait: 1d
      - message: {channel: push, template: t, params: {total: "${event.total}"}}
    """,
    """
    id: milestone
    version: 1
    when: {milestone: {anniversary_of: user.tier, at: "09:00"}}
    """
        + THEN,
    """
    id: quiet
    version: 1
    when: {inactive: {event: app_open, own_gap: 2.0, prior_gap: 7d, floor: 1d, ceiling: 30d}}
    """
        + THEN,
    """
    id: sinking
    version: 1
    when: {drop: {of: {event: view, measure: count}, recent: 7d, baseline: 28d, by: 0.5}}
    """
        + THEN,
    """
    id: spender
    version: 1
    when: {sum: {event: buy, of: event.total, at_least: 500, within: 1w, match: [item]}}
    """
        + THEN,
    """
    id: steps
    version: 1
    when:
      sequence: {steps: [{event: view}, {event: app_open}, {event: buy}], within: 2h, without: {event: complain}}
    """
        + THEN,
    """
    id: urgent
    version: 1
    urgent: true
    cooldown: 1d
    when: {event: {event: complain}}
    """
        + THEN
  };

  private static Plan plan(String clock) {
    return Scenario.job(Optional.of(POLICY), "lateness: 10s, clock: " + clock, TRIGGERS);
  }

  private static Scenario everything(Plan plan) {
    Scenario scenario =
        Scenario.of(plan)
            .profile("tier", "2020-02-29", "zone", "Europe/Berlin", "points", 7)
            .read(0, "view", "item", "p1", "price", "19.90")
            .read(1_000, "view", "item", "p1", "price", "19.90")
            .read(2_000, "app_open", "n", 1)
            .read(60_000, "complain", "item", "p7")
            .read(90_000, "buy", "item", "p2", "total", "12.5")
            .read(4_000_000, "view", "item", "p3", "price", "2.5")
            .read(90_000_000, "app_open", "n", 2)
            .read(180_000_000, "app_open", "n", 2)
            .read(180_000_100, "buy", "item", "p9", "total", "77.01")
            .read(180_100_000, "view", "item", "p4", "price", "2.5")
            .read(180_100_001, "view", "item", "p4", "price", "2.5");
    scenario.update(180_100_500, "tier", "2020-03-01", "zone", "Asia/Tokyo");
    scenario.read(180_110_000, "view", "item", "p5");
    return scenario;
  }

  private static int fuzz(Plan plan, byte[] sound, int seeds) {
    Engine engine = new Engine(plan);
    int[] refused = new int[1];
    Fuzz.each(
        seeds,
        random -> {
          Scenario now = Scenario.of(plan);
          try {
            UserState state = engine.decode("u1", Fuzz.damage(sound, random));
            state.triggers().forEach(TriggerState::instances);
            engine.nextDeadline(state);
            engine.wakeUp(state);
            engine.nextSend(state);
            engine.isEmpty(state);
            byte[] again = engine.encode(state);
            now.state(engine.decode("u1", again));
            now.readAs("x", 180_130_000, "buy", "item", "p4", "total", "3");
            now.advance(180_140_000);
          } catch (StateFormatException e) {
            refused[0]++;
            assertThat(e.getMessage()).isNotBlank();
          }
        });
    return refused[0];
  }

  @Test
  void everySectionIsRefusedByNameOrIsAnotherState() {
    for (String clock : new String[] {"live", "replay"}) {
      Plan plan = plan(clock);
      Scenario scenario = everything(plan);
      byte[] sound = scenario.engine().encode(scenario.state());
      assertThat(scenario.engine().encode(scenario.engine().decode("u1", sound))).isEqualTo(sound);
      assertThat(fuzz(plan, sound, 8_000)).isGreaterThan(2_000);
    }
  }

  @Test
  void aStateInQuarantineToo() {
    Plan plan = plan("live");
    Scenario scenario = everything(plan);
    scenario.state().quarantine(Scenario.START_MS + 200_000_000);
    byte[] sound = scenario.engine().encode(scenario.state());
    assertThat(scenario.engine().decode("u1", sound).isQuarantined()).isTrue();
    assertThat(fuzz(plan, sound, 3_000)).isGreaterThan(500);
  }

  @Test
  void eventsAreRefusedByNameToo() {
    Plan plan = plan("live");
    Engine engine = new Engine(plan);
    byte[] sound =
        engine.encodeEvent(
            Scenario.of(plan).event("e1", 5, "buy", "item", "p\u00e9", "total", "12.345"));
    Fuzz.each(
        20_000,
        random -> {
          try {
            assertThat(engine.decodeEvent("u1", Fuzz.damage(sound, random)).user()).isEqualTo("u1");
          } catch (StateFormatException e) {
            assertThat(e.getMessage()).isNotBlank();
          }
        });
  }
}
