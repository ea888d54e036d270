// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.event.Event;
import io.beckon.plan.Plan;
import io.beckon.policy.Command;
import java.math.BigDecimal;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Scenarios at the edges. */
class BoundariesTest {
  private static final long MIN = 60_000;

  private static final String THEN = "then: {coupon: {channel: push, offer: TEN}}\n";

  private static Scenario viewThenBuy(String condition) {
    return Scenario.timed(
            "lateness: 10s, clock: replay, order: arrival",
            """
            id: pair
            version: 1
            when: {sequence: {steps: [{event: view}, {event: buy}], within: 1h}}
            """
                + "if: '"
                + condition
                + "'\n"
                + THEN)
        .read(5_000, "buy", "item", "p1", "total", "20", "w", 1.0)
        .read(1_000, "view", "item", "p1", "n", 9);
  }

  @Test
  void aStragglerThatCompletesASequenceIsNotReadAsItsLastStep() {
    assertThat(viewThenBuy("event.total > 0.0").told())
        .containsExactly("pair NOT_IN_AUDIENCE 1000");
    assertThat(viewThenBuy("event.w > 0.5").told()).containsExactly("pair NOT_IN_AUDIENCE 1000");
    assertThat(viewThenBuy("has(event.items)").told()).containsExactly("pair NOT_IN_AUDIENCE 1000");
    assertThat(viewThenBuy("event.item == \"p1\"").told()).containsExactly("pair ISSUED 1000");
    assertThat(viewThenBuy("event.item != \"p1\"").told())
        .containsExactly("pair NOT_IN_AUDIENCE 1000");
  }

  @Test
  void whatAStragglerIsAskedForTravelsWithIt() {
    Scenario scenario = viewThenBuy("event.item == \"p1\"");
    Event view = scenario.event("v", 2_000, "view", "item", "p2");
    Event travelled = scenario.engine().decodeEvent("u1", scenario.engine().encodeEvent(view));
    assertThat(travelled.attributes().objectAt(0)).isEqualTo("p2");
  }

  @Test
  void aLateEventThatEndsTheLastThingKeptLeavesNothing() {
    Scenario scenario =
        Scenario.timed(
            "lateness: 10s, clock: replay, dedupe: 1m",
            """
            id: cart
            version: 1
            when: {absence: {after: {event: view}, of: {event: buy}, for: 2h}}
            """
                + THEN);
    scenario.read(0, "view").advance(90 * MIN);
    scenario
        .engine()
        .offer(
            scenario.state(),
            scenario.event("late", 15 * MIN, "buy"),
            Scenario.START_MS + 90 * MIN,
            0,
            scenario);
    assertThat(scenario.triggerCounts).containsEntry("PREVENTED cart", 1);
    assertThat(scenario.engine().nextDeadline(scenario.state())).isEqualTo(Engine.NO_DEADLINE);
    assertThat(scenario.engine().isEmpty(scenario.state())).isTrue();
  }

  private static void throughBytes(Scenario scenario) {
    Engine engine = scenario.engine();
    scenario.state(engine.decode("u1", engine.encode(scenario.state())));
  }

  @Test
  void aDeadlineThatMovesInAStateReadFromBytesIsNoticed() {
    Scenario scenario =
        Scenario.of(
            """
            id: cart
            version: 1
            when: {absence: {after: {event: view}, of: {event: buy}, for: 1h}}
            """
                + THEN);
    scenario.read(0, "view").advance(10 * MIN);
    throughBytes(scenario);
    scenario.advance(11 * MIN).read(20 * MIN, "view").advance(21 * MIN);
    assertThat(scenario.engine().nextDeadline(scenario.state()))
        .isEqualTo(Scenario.START_MS + 80 * MIN);
  }

  @Test
  void whatWasForgottenStaysForgottenThroughBytes() {
    Scenario scenario =
        Scenario.timed(
            "lateness: 10s, clock: replay, dedupe: 1m",
            """
            id: any
            version: 1
            when: {event: {event: view, match: [item]}}
            cancel_on: [{event: complain}]
            expires_in: 1m
            """
                + THEN);
    scenario.read(0, "view", "item", "p1").read(30_000, "view", "item", "p2").advance(MIN);
    assertThat(scenario.commands).hasSize(2);
    throughBytes(scenario);
    scenario.advance(2 * MIN + 1);
    throughBytes(scenario);
    assertThat(scenario.state().of(scenario.plan().triggers().get(0)).instances())
        .extracting(instance -> instance.key().part(0))
        .containsExactly("p2");
  }

  @Test
  void valuesInATextReadAsPeopleWriteThem() {
    Scenario scenario =
        Scenario.of(
                """
                id: any
                version: 1
                when: {event: buy}
                then:
                  coupon:
                    channel: push
                    offer: TEN
                    params: {alone: "${event.total}", text: "paid ${event.total} on ${event.at}"}
                """)
            .read(0, "buy", "total", "100.00", "at", Scenario.START_MS)
            .read(1, "buy", "total", "7.5")
            .advance(MIN);
    assertThat(scenario.commands.get(0).params())
        .containsExactly(
            new Command.Value("alone", new BigDecimal("1E+2")),
            new Command.Value("text", "paid 100 on 2026-01-05T12:00:00Z"));
    assertThat(scenario.commands.get(1).params())
        .containsExactly(new Command.Value("alone", new BigDecimal("7.5")));
    assertThat(scenario.triggerCounts).containsEntry("MISSES any", 1);
  }

  @Test
  void advancingInBetweenChangesNeitherTheOrderOfCommandsNorTheBytes() {
    Scenario once = lookedTwice();
    Scenario often = lookedTwice();
    once.read(65_000, "view", "item", "p1").read(66_000, "view", "item", "p1");
    often.advance(62_000).read(65_000, "view", "item", "p1").read(66_000, "view", "item", "p1");
    once.read(100_000, "complain").advance(2 * MIN);
    often.read(100_000, "complain").advance(2 * MIN);
    assertThat(often.sent()).isEqualTo(once.sent());
    assertThat(often.engine().encode(often.state())).isEqualTo(once.engine().encode(once.state()));
    assertThat(once.sent())
        .containsExactly("ISSUE twice e2", "ISSUE twice e4", "CANCEL twice e4", "CANCEL twice e2");
  }

  private static Scenario lookedTwice() {
    return Scenario.of(
            """
            id: twice
            version: 1
            when: {count: {event: view, at_least: 2, within: 1m, match: [item]}}
            cancel_on: [{event: complain}]
            expires_in: 10m
            """
                + THEN)
        .read(0, "view", "item", "p1")
        .read(500, "view", "item", "p2")
        .read(1_000, "view", "item", "p2")
        .advance(50_000);
  }

  @Test
  void aStateIsReadInEveryLocale() {
    Scenario scenario =
        Scenario.of(
            """
            id: cart
            version: 1
            when:
              absence:
                after: {count: {event: view, at_least: 1, within: 30m}}
                of: {event: buy}
                for: 1h
            """
                + THEN);
    long shape = scenario.plan().triggers().get(0).shapeHash();
    Locale usual = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(Plan.compile(scenario.plan().job()).triggers().get(0).shapeHash())
          .isEqualTo(shape);
    } finally {
      Locale.setDefault(usual);
    }
  }
}
