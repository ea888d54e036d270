// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import io.beckon.policy.Outcome.Assignment;
import io.beckon.policy.Reason;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Sentences about deciding that deserve a scenario of their own. Scenarios begin at 12:00 UTC on a
 * Monday. Random policies are compared with a naive second implementation elsewhere.
 */
class DeskTest {
  private static final long MIN = 60_000;
  private static final long HOUR = 60 * MIN;
  private static final long DAY = 24 * HOUR;

  private static String trigger(String id, String more) {
    return "id: " + id + "\nversion: 1\nwhen: {event: {event: view}}\n" + more;
  }

  private static String coupon(String id, String more) {
    return trigger(id, more + "then: {coupon: {channel: push, offer: TEN, value: 10.00}}\n");
  }

  private static List<Reason> reasons(Scenario scenario) {
    return scenario.decisions.stream().map(Decision::reason).toList();
  }

  private static Scenario restarted(Scenario scenario) {
    Engine engine = scenario.engine();
    return scenario.state(engine.decode("u1", engine.encode(scenario.state())));
  }

  @Test
  void aRollingCapCountsFromEachSendUpToItsEndExclusive() {
    Scenario scenario =
        Scenario.ruled("caps: [{id: daily, at_most: 2, rolling: 24h}]\n", coupon("a", ""))
            .read(0, "view")
            .read(HOUR, "view")
            .read(DAY - 1, "view")
            .read(DAY, "view")
            .advance(2 * DAY);
    assertThat(scenario.decided())
        .containsExactly("a ISSUED 0", "a ISSUED " + HOUR, "a CAP " + (DAY - 1), "a ISSUED " + DAY);
    assertThat(scenario.decisions.get(2).compared())
        .containsExactly(
            new Fact.Text("cap", "daily"),
            new Fact.Whole("at_most", 2),
            new Fact.Lasting("rolling", DAY),
            new Fact.At("since", Scenario.START_MS));
  }

  @Test
  void aCalendarCapCountsTheUsersOwnDays() {
    // 12:00 UTC is 20:00 in Shanghai: midnight comes four hours later.
    Scenario scenario =
        Scenario.ruled(
                """
        timezone: {from: user.zone, fallback: UTC}
        caps: [{id: d, channel: push, at_most: 1, calendar: day}]
        """,
                coupon("a", ""))
            .profile("zone", "Asia/Shanghai")
            .read(0, "view")
            .read(4 * HOUR - 1, "view")
            .read(4 * HOUR, "view")
            .advance(DAY);
    assertThat(reasons(scenario)).containsExactly(Reason.ISSUED, Reason.CAP, Reason.ISSUED);
  }

  @Test
  void quietHoursHoldAndWhatIsReleasedTogetherIsOne() {
    String policy =
        "quiet_hours: {windows: [\"22:00-08:00\"], then: defer, release: {keep:"
            + " highest_priority}}\n";
    Scenario scenario =
        Scenario.ruled(policy, coupon("a", "priority: 10\n"), coupon("b", "priority: 20\n"))
            .read(11 * HOUR, "view")
            .advance(11 * HOUR);
    restarted(scenario).advance(2 * DAY);
    assertThat(scenario.decided())
        .containsExactly(
            "b DEFERRED " + 11 * HOUR,
            "a DEFERRED " + 11 * HOUR,
            "b ISSUED " + 20 * HOUR,
            "a LOST_ARBITRATION " + 20 * HOUR);
    assertThat(scenario.commands).hasSize(1);
    assertThat(scenario.decisions.get(0).compared())
        .contains(new Fact.At("until", Scenario.START_MS + 20 * HOUR));
  }

  @Test
  void whatIsHeldIsCheckedAgainAndAnOptOutMeanwhileCounts() {
    Scenario scenario =
        Scenario.ruled(
                """
        timezone: {from: user.zone, fallback: UTC}
        consent: {marketing: user.agrees, default: deny}
        quiet_hours: {windows: ["22:00-08:00"]}
        """,
                coupon("a", "cooldown: 7d\n"))
            .profile("agrees", true)
            .read(11 * HOUR, "view")
            .advance(11 * HOUR)
            .update(12 * HOUR, "agrees", false)
            .advance(DAY)
            .update(25 * HOUR, "agrees", true)
            .read(26 * HOUR, "view")
            .advance(2 * DAY);
    assertThat(scenario.decided())
        .containsExactly(
            "a DEFERRED " + 11 * HOUR, "a NO_CONSENT " + 20 * HOUR, "a ISSUED " + 26 * HOUR);
  }

  @Test
  void expiryIsBySendTime() {
    Scenario scenario =
        Scenario.ruled(
                "quiet_hours: {windows: [\"22:00-08:00\"]}\n",
                coupon("a", "cooldown: 7d\nexpires_in: 2h\n"))
            .read(11 * HOUR, "view")
            .advance(DAY)
            .read(25 * HOUR, "view")
            .advance(2 * DAY);
    assertThat(scenario.decided())
        .containsExactly(
            "a DEFERRED " + 11 * HOUR, "a EXPIRED " + 20 * HOUR, "a ISSUED " + 25 * HOUR);
  }

  @Test
  void aPurchaseTwoMinutesAfterACouponCancelsItByItsId() {
    String trigger =
        coupon(
            "a",
            "cancel_on: [{event: buy}]\nexpires_in: 12h\ngoal: {event: buy, within: 3d, value:"
                + " event.total}\n");
    Scenario scenario =
        Scenario.ruled("timezone: {fallback: UTC}\n", trigger).read(0, "view").advance(MIN);
    restarted(scenario).read(2 * MIN, "buy", "total", "25.50").advance(4 * DAY);
    assertThat(scenario.commands).hasSize(2);
    Command issued = scenario.commands.get(0);
    Command cancel = scenario.commands.get(1);
    assertThat(issued.action()).isEqualTo(Command.Action.ISSUE);
    assertThat(cancel.action()).isEqualTo(Command.Action.CANCEL);
    assertThat(cancel.id()).isEqualTo(issued.id());
    assertThat(reasons(scenario)).containsExactly(Reason.ISSUED);
    assertThat(scenario.outcomes).hasSize(1);
    assertThat(scenario.outcomes.get(0).converted()).isTrue();
    assertThat(scenario.outcomes.get(0).value().orElseThrow()).isEqualByComparingTo("25.50");
    assertThat(scenario.outcomes.get(0).delayMs()).hasValue(2 * MIN);
  }

  private static final String JOURNEY =
      trigger(
          "j",
          """
        cancel_on: [{event: buy}]
        then:
          - reminder: {channel: push}
          - wait: 2d
          - coupon: {channel: push, offer: TEN}
            if: user.tier == "gold"
          - outreach: {channel: phone}
        """);

  @Test
  void aJourneyWaitsAndItsConditionsSeeThenNotNow() {
    Scenario scenario =
        Scenario.of(JOURNEY)
            .profile("tier", "tin")
            .read(0, "view")
            .advance(DAY)
            .update(DAY + HOUR, "tier", "gold")
            .advance(3 * DAY);
    assertThat(scenario.decided())
        .containsExactly("j ISSUED 0", "j ISSUED " + 2 * DAY, "j ISSUED " + 2 * DAY);
    assertThat(scenario.decisions.stream().map(Decision::step)).containsExactly(1, 2, 3);
    assertThat(scenario.commands.stream().map(Command::id).distinct()).hasSize(3);
    Scenario passedOver =
        Scenario.of(JOURNEY).profile("tier", "tin").read(0, "view").advance(3 * DAY);
    assertThat(reasons(passedOver))
        .containsExactly(Reason.ISSUED, Reason.NOT_IN_AUDIENCE, Reason.ISSUED);
  }

  @Test
  void aPurchaseDuringAWaitStopsTheJourney() {
    Scenario scenario = Scenario.of(JOURNEY).profile("tier", "gold").read(0, "view").advance(HOUR);
    restarted(scenario).read(DAY, "buy").advance(5 * DAY);
    assertThat(scenario.decided()).containsExactly("j ISSUED 0", "j CANCELLED " + DAY);
    assertThat(scenario.decisions.get(1).step()).isEqualTo(2);
    assertThat(scenario.commands.stream().map(Command::action))
        .containsExactly(Command.Action.ISSUE, Command.Action.CANCEL);
    assertThat(scenario.engine().nextSend(scenario.state())).isEqualTo(Engine.NO_DEADLINE);
  }

  @Test
  void aGoalDuringAWaitStopsTheJourneyToo() {
    Scenario scenario =
        Scenario.of(
                trigger(
                    "j",
                    """
        goal: {event: buy, within: 3d}
        then:
          - reminder: {channel: push}
          - wait: 2d
          - outreach: {channel: phone}
        """))
            .read(0, "view")
            .read(DAY, "buy")
            .advance(5 * DAY);
    assertThat(scenario.decided()).containsExactly("j ISSUED 0", "j CANCELLED " + DAY);
    assertThat(scenario.commands).hasSize(1);
    assertThat(scenario.outcomes.get(0).converted()).isTrue();
  }

  @Test
  void aPurchaseReadBeforeTheAbsenceItShouldCancelWasDeclaredStillCancels() {
    String absence =
        """
        id: cart
        version: 1
        when:
          absence: {after: {event: {event: view}}, of: {event: complain}, for: 1h}
        cancel_on: [{event: buy}]
        then: {coupon: {channel: push, offer: TEN}}
        """;
    // The purchase arrives first although it happened later.
    Scenario scenario = Scenario.of(absence).read(5_000, "buy").read(0, "view").advance(2 * HOUR);
    assertThat(scenario.decisions).isEmpty();
    assertThat(scenario.triggerCounts).containsEntry("PREVENTED cart", 1);
  }

  @Test
  void ofThoseGatheredTheHighestPriorityWins() {
    String policy = "arbitration: {gather: 5s, keep: 1}\n";
    Scenario scenario =
        Scenario.ruled(
                policy,
                coupon("low", "priority: 10\n"),
                trigger("high", "priority: 90\nthen: {coupon: {channel: push, offer: TEN}}\n")
                    .replace("event: view", "event: buy"))
            .read(0, "view")
            .read(5_000, "buy")
            .read(5_001, "view")
            .advance(HOUR);
    assertThat(scenario.decided())
        .containsExactly("high ISSUED 5000", "low LOST_ARBITRATION 5000", "low ISSUED 10001");
  }

  @Test
  void anOpenComplaintMutesUntilItIsResolvedAlsoIfItComesLate() {
    String policy =
        """
        mute: [{lane: marketing, from: complain, until: buy, at_most: 14d}]
        lanes: {service: {exempt: [mute]}}
        """;
    Scenario scenario =
        Scenario.ruled(policy, coupon("a", ""), coupon("s", "lane: service\n"))
            .read(HOUR, "view")
            .read(2 * HOUR, "app_open")
            .advance(2 * HOUR)
            // Late: the watermark has passed it.
            .read(90 * MIN, "complain")
            .read(3 * HOUR, "view")
            .read(4 * HOUR, "buy")
            .read(5 * HOUR, "view")
            .advance(6 * HOUR);
    assertThat(scenario.decided())
        .containsExactly(
            "s ISSUED " + HOUR,
            "a ISSUED " + HOUR,
            "s ISSUED " + 3 * HOUR,
            "a MUTED " + 3 * HOUR,
            "s ISSUED " + 5 * HOUR,
            "a ISSUED " + 5 * HOUR);
  }

  @Test
  void heldOutIsFollowedLikeTreatedAndNothingIsSent() {
    Scenario scenario =
        Scenario.ruled(
                "holdout: {global: 100%, salt: x}\n",
                coupon("a", "cooldown: 7d\ngoal: {event: buy, within: 3d}\n"))
            .read(0, "view")
            .read(HOUR, "view")
            .advance(HOUR);
    restarted(scenario).advance(3 * DAY);
    assertThat(reasons(scenario)).containsExactly(Reason.HOLDOUT, Reason.COOLDOWN);
    assertThat(scenario.commands).isEmpty();
    assertThat(scenario.outcomes).hasSize(1);
    assertThat(scenario.outcomes.get(0).assignment()).isEqualTo(Assignment.HELD_OUT);
    assertThat(scenario.outcomes.get(0).converted()).isFalse();
  }

  @Test
  void aShadowIsJudgedByItselfAndTakesNothingFromOthers() {
    Scenario scenario =
        Scenario.ruled(
                "caps: [{id: c, at_most: 1, rolling: 24h}]\n",
                coupon("a", ""),
                coupon("shade", "mode: shadow\npriority: 99\n"))
            .read(0, "view")
            .read(HOUR, "view")
            .advance(2 * HOUR);
    assertThat(scenario.decided())
        .containsExactly("shade SHADOW 0", "a ISSUED 0", "shade CAP " + HOUR, "a CAP " + HOUR);
    assertThat(scenario.commands).hasSize(1);
  }

  @Test
  void theUsualHourIsWaitedFor() {
    Scenario scenario =
        Scenario.of(trigger("a", "then: {message: {channel: push, send_at: usual_hour}}\n"))
            .read(6 * HOUR, "app_open")
            .read(7 * HOUR, "view")
            .read(30 * HOUR + MIN, "view")
            .advance(3 * DAY);
    assertThat(scenario.decided())
        .containsExactly(
            "a DEFERRED " + 7 * HOUR, "a ISSUED " + 30 * HOUR, "a ISSUED " + (30 * HOUR + MIN));
  }

  @Test
  void aBudgetedCommandGoesWhereAllUsersMeetWithItsFallback() {
    String policy =
        "budgets: {b: {total: 100.00, per_user: 15.00, when_empty: {tutorial: {channel: push}}}}\n";
    String trigger =
        trigger("a", "then: {coupon: {channel: push, offer: TEN, value: 10.00, budget: b}}\n");
    Scenario scenario =
        Scenario.ruled(policy, trigger).read(0, "view").read(HOUR, "view").advance(HOUR);
    assertThat(scenario.requests).hasSize(1);
    BudgetRequest.Spend spend = (BudgetRequest.Spend) scenario.requests.get(0);
    assertThat(spend.command().cost()).hasValue(new BigDecimal("10.00"));
    assertThat(spend.fallback()).isPresent();
    assertThat(spend.fallback().get().id()).isEqualTo(spend.command().id());
    // The second one is beyond what the user may have: the fallback goes out at once.
    assertThat(scenario.decided()).containsExactly("a ISSUED " + HOUR);
    assertThat(scenario.commands.get(0).kind().name()).isEqualTo("TUTORIAL");
    assertThat(scenario.decisions.get(0).compared())
        .contains(new Fact.Text("fallback", "tutorial"), new Fact.Text("budget", "b"));
  }

  @Test
  void aLiveJobReleasesByTheProcessingClockAndChecksAgain() {
    String policy = "quiet_hours: {windows: [\"22:00-08:00\"]}\n";
    Scenario scenario =
        Scenario.ruledAndTimed(
            policy, "lateness: 10s, clock: live", coupon("a", "cancel_on: [{event: buy}]\n"));
    scenario.offer(scenario.event("e1", 11 * HOUR, "view"), 11 * HOUR);
    scenario.advance(11 * HOUR, 11 * HOUR + 20_000);
    assertThat(scenario.decided()).containsExactly("a DEFERRED " + (11 * HOUR + 20_000));
    assertThat(scenario.engine().nextSend(scenario.state()))
        .isEqualTo(Scenario.START_MS + 20 * HOUR);
    // Event time alone moves nothing.
    scenario.advance(19 * HOUR, 20 * HOUR - 1);
    assertThat(scenario.decisions).hasSize(1);
    scenario.advance(19 * HOUR, 20 * HOUR + 7);
    assertThat(scenario.decided().get(1)).isEqualTo("a ISSUED " + (20 * HOUR + 7));
  }

  @Test
  void noMoreJourneysThanTheBoundAreOpen() {
    String policy = "journeys: {at_most: 2}\n";
    String trigger =
        trigger(
            "j",
            """
        then:
          - reminder: {channel: push}
          - wait: 2d
          - outreach: {channel: phone}
        """);
    Scenario scenario =
        Scenario.ruled(policy, trigger)
            .read(0, "view")
            .read(HOUR, "view")
            .read(2 * HOUR, "view")
            .advance(3 * HOUR);
    assertThat(reasons(scenario)).containsExactly(Reason.ISSUED, Reason.ISSUED, Reason.CAP);
  }
}
