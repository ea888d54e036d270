// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.engine.EngineOutput.Counter;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import io.beckon.policy.Reason;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Sentences of the trigger language that deserve a scenario of their own: the live send clock, late
 * events, ties, limits. Random streams are compared with a naive second implementation elsewhere.
 */
class EngineTest {
  private static final long MIN = 60_000;

  private static final String THEN = "then: {coupon: {channel: push, offer: TEN}}\n";

  private static final String LOOKED =
      """
      id: looked
      version: 1
      when:
        absence:
          after: {count: {event: view, at_least: 3, within: 30m, match: [item]}}
          of: {event: buy, match: [item]}
          for: 1h
      cancel_on: [{event: complain}]
      expires_in: 2h
      """
          + THEN;

  private static Scenario looks(Scenario scenario) {
    return scenario
        .read(0, "view", "item", "p1")
        .read(5 * MIN, "view", "item", "p1")
        .read(10 * MIN, "view", "item", "p1");
  }

  private static Reason only(Scenario scenario) {
    assertThat(scenario.decisions).hasSize(1);
    return scenario.decisions.get(0).reason();
  }

  @Test
  void anAbsenceFiresAtItsDeadlineAndSaysWhatItSaw() {
    Scenario scenario = looks(Scenario.of(LOOKED)).advance(70 * MIN - 1);
    assertThat(scenario.decisions).isEmpty();
    scenario.advance(70 * MIN);
    assertThat(scenario.told()).containsExactly("looked ISSUED " + 70 * MIN);
    Decision decision = scenario.decisions.get(0);
    assertThat(decision.evidence())
        .containsExactly(
            new Fact.At("since", Scenario.START_MS + 10 * MIN),
            new Fact.At("first", Scenario.START_MS),
            new Fact.Whole("count", 3),
            new Fact.Lasting("waited", 60 * MIN));
    assertThat(decision.episode().text()).isEqualTo("p1/e2");
    Command command = scenario.commands.get(0);
    assertThat(command.id()).isEqualTo(decision.commandId());
    assertThat(command.expiresAtMs()).hasValue(Scenario.START_MS + 190 * MIN);
  }

  @Test
  void aPurchaseAtTheVeryDeadlineStillPrevents() {
    Scenario scenario =
        looks(Scenario.of(LOOKED)).read(70 * MIN, "buy", "item", "p1").advance(300 * MIN);
    assertThat(scenario.decisions).isEmpty();
    assertThat(scenario.triggerCounts).containsEntry("PREVENTED looked", 1);
  }

  @Test
  void aPurchaseOneMillisecondAfterTheDeadlineDoesNot() {
    Scenario scenario =
        looks(Scenario.of(LOOKED)).read(70 * MIN + 1, "buy", "item", "p1").advance(300 * MIN);
    assertThat(only(scenario)).isEqualTo(Reason.ISSUED);
  }

  @Test
  void aPurchaseAtTheSameMillisecondAsTheLastLookPreventsWhateverItsId() {
    for (String id : List.of("a", "z")) {
      Scenario scenario =
          Scenario.of(LOOKED)
              .readAs("m1", 0, "view", "item", "p1")
              .readAs("m2", 1, "view", "item", "p1")
              .readAs("m3", 2, "view", "item", "p1")
              .readAs(id, 2, "buy", "item", "p1")
              .advance(300 * MIN);
      assertThat(scenario.decisions).as("id %s", id).isEmpty();
    }
  }

  @Test
  void aLatePurchaseStillPrevents() {
    Scenario scenario =
        looks(Scenario.of(LOOKED))
            .read(60 * MIN, "view", "item", "p2")
            .read(40 * MIN, "buy", "item", "p1")
            .advance(300 * MIN);
    assertThat(scenario.late).containsExactly("e4");
    assertThat(scenario.decisions).isEmpty();
  }

  @Test
  void aLatePurchaseRevokesWhatWasSent() {
    Scenario scenario =
        looks(Scenario.of(LOOKED))
            .read(90 * MIN, "view", "item", "p2")
            .read(40 * MIN, "buy", "item", "p1")
            .read(41 * MIN, "buy", "item", "p1");
    assertThat(scenario.sent()).containsExactly("ISSUE looked e2", "CANCEL looked e2");
    assertThat(scenario.commands.get(1).id()).isEqualTo(scenario.commands.get(0).id());
    assertThat(only(scenario)).isEqualTo(Reason.ISSUED);
  }

  @Test
  void aPurchaseInTimeAfterTheMomentIsNotACancel() {
    Scenario scenario =
        looks(Scenario.of(LOOKED)).read(75 * MIN, "buy", "item", "p1").advance(300 * MIN);
    assertThat(scenario.sent()).containsExactly("ISSUE looked e2");
  }

  @Test
  void cancelOnRevokesUntilExpiresInIsOverAndNotAfter() {
    long moment = 70 * MIN;
    for (long at : new long[] {moment, moment + 1, moment + 120 * MIN}) {
      Scenario scenario = looks(Scenario.of(LOOKED)).read(at, "complain").advance(600 * MIN);
      assertThat(scenario.sent())
          .as("complaint at %d", at)
          .isEqualTo(at == moment ? List.of() : List.of("ISSUE looked e2", "CANCEL looked e2"));
    }
    Scenario scenario =
        looks(Scenario.of(LOOKED)).read(moment + 120 * MIN + 1, "complain").advance(600 * MIN);
    assertThat(scenario.sent()).containsExactly("ISSUE looked e2");
  }

  @Test
  void theLiveSendClockDecidesExpiry() {
    Scenario live = looks(Scenario.timed("lateness: 10s, clock: live", LOOKED));
    live.advance(70 * MIN, 190 * MIN);
    assertThat(only(live)).isEqualTo(Reason.ISSUED);
    assertThat(live.decisions.get(0).decisionTimeMs()).isEqualTo(Scenario.START_MS + 190 * MIN);

    Scenario stale = looks(Scenario.timed("lateness: 10s, clock: live", LOOKED));
    stale.advance(70 * MIN, 190 * MIN + 1);
    assertThat(only(stale)).isEqualTo(Reason.EXPIRED);
    assertThat(stale.commands).isEmpty();
    assertThat(stale.decisions.get(0).compared())
        .containsExactly(new Fact.At("expires_at", Scenario.START_MS + 190 * MIN));
  }

  @Test
  void duplicatesAreDroppedAndCounted() {
    Scenario scenario = Scenario.of(LOOKED);
    for (int i = 0; i < 5; i++) {
      scenario.readAs("same", 0, "view", "item", "p1");
    }
    scenario.advance(300 * MIN);
    assertThat(scenario.decisions).isEmpty();
    assertThat(scenario.counts).containsEntry(Counter.DUPLICATE_EVENTS, 4);
  }

  @Test
  void beyond256IdsTheOldestIsForgottenAndCounted() {
    Scenario scenario = Scenario.of("id: any\nversion: 1\nwhen: {event: view}\n" + THEN);
    for (int i = 0; i < 257; i++) {
      scenario.readAs("id" + i, i, "view");
    }
    assertThat(scenario.counts).containsEntry(Counter.IDS_FORGOTTEN, 1);
    scenario.readAs("id1", 1, "view");
    assertThat(scenario.counts).containsEntry(Counter.DUPLICATE_EVENTS, 1);
    scenario.readAs("id0", 0, "view");
    assertThat(scenario.counts).containsEntry(Counter.DUPLICATE_EVENTS, 1);
  }

  @Test
  void cooldownCoversFromItsMomentOnAndNotItsEnd() {
    Scenario scenario =
        Scenario.of("id: any\nversion: 1\nwhen: {event: view}\ncooldown: 10m\n" + THEN)
            .read(0, "view")
            .read(1, "view")
            .read(10 * MIN - 1, "view")
            .read(10 * MIN, "view")
            .advance(60 * MIN);
    assertThat(scenario.told())
        .containsExactly(
            "any ISSUED 0",
            "any COOLDOWN 1",
            "any COOLDOWN " + (10 * MIN - 1),
            "any ISSUED " + 10 * MIN);
    assertThat(scenario.decisions.get(2).compared())
        .containsExactly(
            new Fact.At("last", Scenario.START_MS), new Fact.Lasting("cooldown", 10 * MIN));
  }

  @Test
  void cooldownPerMatchIsKeptApart() {
    Scenario scenario =
        Scenario.of(
                "id: any\nversion: 1\nwhen: {event: {event: view, match: [item]}}\n"
                    + "cooldown: {per: match, for: 10m}\n"
                    + THEN)
            .read(0, "view", "item", "p1")
            .read(1, "view", "item", "p2")
            .read(2, "view", "item", "p1")
            .advance(60 * MIN);
    assertThat(scenario.told()).containsExactly("any ISSUED 0", "any ISSUED 1", "any COOLDOWN 2");
  }

  @Test
  void aStragglersMomentIsCoveredByALaterOnesCooldown() {
    Scenario scenario =
        Scenario.timed(
                "lateness: 10s, clock: replay, order: arrival",
                "id: any\nversion: 1\nwhen: {event: view}\ncooldown: 2s\n" + THEN)
            .read(5_000, "view")
            .read(3_001, "view")
            .read(3_000, "view");
    assertThat(scenario.told())
        .containsExactly("any ISSUED 5000", "any COOLDOWN 3001", "any ISSUED 3000");
  }

  @Test
  void modesAndDates() {
    assertThat(only(oneView("mode: paused\n"))).isEqualTo(Reason.PAUSED);
    assertThat(only(oneView("mode: shadow\n"))).isEqualTo(Reason.SHADOW);
    assertThat(oneView("mode: draft\n").decisions).isEmpty();
    assertThat(only(oneView("active: {from: 2026-01-05, until: 2026-01-05}\n")))
        .isEqualTo(Reason.ISSUED);
    assertThat(only(oneView("active: {from: 2026-01-06}\n"))).isEqualTo(Reason.NOT_ACTIVE);
    assertThat(only(oneView("active: {until: 2026-01-04}\n"))).isEqualTo(Reason.NOT_ACTIVE);
    assertThat(only(oneView("if: event.n > 4\n"))).isEqualTo(Reason.NOT_IN_AUDIENCE);
    assertThat(only(oneView("if: event.n == 4 && moment.time == moment.since\n")))
        .isEqualTo(Reason.ISSUED);
    Scenario missing = oneView("if: '!(user.tier == \"gold\")'\n");
    assertThat(only(missing)).isEqualTo(Reason.NOT_IN_AUDIENCE);
    assertThat(missing.triggerCounts).containsEntry("MISSES any", 1);
  }

  @Test
  void anEventNeedsNoBracesOfItsOwn() {
    for (String after :
        new String[] {
          "{event: view, where: event.n > 1, match: [item]}",
          "{event: {event: view, where: event.n > 1, match: [item]}}"
        }) {
      Scenario scenario =
          Scenario.of(
                  "id: cart\nversion: 1\nwhen: {absence: {after: "
                      + after
                      + ", of: {event: buy, match: [item]}, for: 1h}}\n"
                      + THEN)
              .read(0, "view", "item", "p1", "n", 2)
              .read(1, "view", "item", "p2", "n", 1)
              .read(2, "view", "item", "p3", "n", 2)
              .read(3, "buy", "item", "p3")
              .advance(300 * MIN);
      assertThat(scenario.told()).containsExactly("cart ISSUED " + 60 * MIN);
      assertThat(scenario.decisions.get(0).episode().text()).isEqualTo("p1/e0");
    }
  }

  private static Scenario oneView(String more) {
    return Scenario.of("id: any\nversion: 1\nwhen: {event: view}\n" + more + THEN)
        .read(0, "view", "n", 4)
        .advance(60 * MIN);
  }

  @Test
  void aDraftIsNotEvenListenedTo() {
    Scenario scenario = oneView("mode: draft\n");
    assertThat(scenario.plan().listensTo(scenario.event("x", 0, "view").type())).isFalse();
  }

  @Test
  void serviceIsDecidedBeforeMarketingAndHigherPriorityFirst() {
    Scenario scenario =
        Scenario.of(
                "id: a-low\nversion: 1\npriority: 10\nwhen: {event: view}\n" + THEN,
                "id: b-high\nversion: 1\npriority: 90\nwhen: {event: view}\n" + THEN,
                "id: c-service\nversion: 1\nlane: service\npriority: 1\nwhen: {event: view}\n"
                    + THEN)
            .read(0, "view")
            .advance(60 * MIN);
    assertThat(scenario.told())
        .containsExactly("c-service ISSUED 0", "b-high ISSUED 0", "a-low ISSUED 0");
  }

  @Test
  void urgentFiresAtArrivalInASettledJob() {
    Scenario scenario =
        Scenario.of("id: any\nversion: 1\nurgent: true\nwhen: {event: complain}\n" + THEN)
            .read(0, "complain");
    assertThat(only(scenario)).isEqualTo(Reason.ISSUED);
  }

  @Test
  void theOldestInstanceIsDisplacedAndItsOpenEpisodeDecidedEvicted() {
    Scenario scenario =
        Scenario.of(
                """
                id: cart
                version: 1
                max_instances: 2
                when:
                  absence:
                    after: {event: {event: view, match: [item]}}
                    of: {event: buy, match: [item]}
                    for: 1h
                """
                    + THEN)
            .read(0, "view", "item", "p1")
            .read(1, "view", "item", "p2")
            .read(2, "view", "item", "p3")
            .advance(300 * MIN);
    assertThat(scenario.told())
        .containsExactly(
            "cart EVICTED 2", "cart ISSUED " + (60 * MIN + 1), "cart ISSUED " + (60 * MIN + 2));
    assertThat(scenario.decisions.get(0).episode().text()).isEqualTo("p1/e0");
  }

  @Test
  void anOrderWithSeveralItemsEndsEachOfThem() {
    Scenario scenario =
        Scenario.of(
                """
                id: cart
                version: 1
                when:
                  absence:
                    after: {event: {event: view, match: [item]}}
                    of: {event: buy}
                    for: 1h
                """
                    + THEN)
            .read(0, "view", "item", "p1")
            .read(1, "view", "item", "p2")
            .read(2, "buy", "items", List.of("p9"))
            .advance(300 * MIN);
    assertThat(scenario.decisions).isEmpty();
    assertThat(scenario.triggerCounts).containsEntry("PREVENTED cart", 2);
  }

  @Test
  void sumsAreExactAndNegativeValuesCount() {
    Scenario scenario =
        Scenario.of(
                """
                id: spender
                version: 1
                when: {sum: {event: buy, of: event.total, at_least: 0.3, within: 1h}}
                """
                    + THEN)
            .read(0, "buy", "total", "0.1")
            .read(1, "buy", "total", "0.4")
            .read(2, "buy", "total", "0.1")
            .read(3, "buy", "total", "-0.1")
            .read(4, "buy", "total", "0.1")
            .read(5, "buy", "total", "0.1")
            .read(6, "buy", "total", "0.1")
            .advance(300 * MIN);
    assertThat(scenario.told()).containsExactly("spender ISSUED 1", "spender ISSUED 6");
    assertThat(scenario.decisions.get(1).evidence())
        .contains(new Fact.Amount("sum", new java.math.BigDecimal("0.3")));
  }

  @Test
  void nothingIsLeftAfterTheLastHorizon() {
    Scenario scenario = looks(Scenario.of(LOOKED));
    int steps = 0;
    while (scenario.engine().nextDeadline(scenario.state()) != Engine.NO_DEADLINE) {
      scenario.advance(scenario.engine().nextDeadline(scenario.state()) - Scenario.START_MS);
      assertThat(steps++).isLessThan(20);
    }
    assertThat(scenario.engine().isEmpty(scenario.state())).isTrue();
    assertThat(scenario.told()).containsExactly("looked ISSUED " + 70 * MIN);
  }

  @Test
  void commandIdsAreGolden() {
    Scenario scenario = looks(Scenario.of(LOOKED)).advance(70 * MIN);
    UUID id = scenario.commands.get(0).id();
    assertThat(id.version()).isEqualTo(5);
    assertThat(id.variant()).isEqualTo(2);
    assertThat(id).isEqualTo(UUID.fromString("af9aebe6-3701-57c6-856b-acf34039a4e3"));
  }
}
