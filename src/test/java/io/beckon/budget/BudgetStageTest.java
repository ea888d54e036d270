// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import static io.beckon.budget.Asking.budget;
import static io.beckon.budget.Asking.drops;
import static io.beckon.budget.Asking.policy;
import static io.beckon.budget.Asking.queues;
import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.Intervention.Kind;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Reason;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BudgetStageTest {
  private final Heard heard = new Heard();

  private static BudgetStage stage(Rate... rates) {
    return new BudgetStage(policy(List.of(), List.of(rates)));
  }

  private static BudgetStage paying(String total, String day, String week, String month) {
    return new BudgetStage(policy(List.of(budget("b", total, day, week, month)), List.of()));
  }

  private static Asking asks(String user, long atMs) {
    return Asking.of(user).at(atMs);
  }

  private static long ms(String instant) {
    return Instant.parse(instant).toEpochMilli();
  }

  private void spend(BudgetStage stage, String user, String instant, String cost) {
    stage.offer(asks(user, ms(instant)).pays("b", cost).spend(), heard);
  }

  @Test
  void onlyAPolicyWithBudgetsOrRatesNeedsAStage() {
    assertThat(BudgetStage.isNeededBy(PolicyDefinition.none("job"))).isFalse();
    assertThat(BudgetStage.isNeededBy(policy(List.of(budget("b", "1", "", "", "")), List.of())))
        .isTrue();
    assertThat(BudgetStage.isNeededBy(policy(List.of(), List.of(drops("r", "push", 1, 1)))))
        .isTrue();
  }

  @Test
  void whatNothingConcernsGoesOutAsItIs() {
    Asking asking = asks("u", 100).channel("sms");
    stage(drops("r", "push", 1, 10)).offer(asking.spend(), heard);
    assertThat(heard.lines()).containsExactly("u ISSUED at 100", "u ISSUE COUPON at 100");
    assertThat(heard.commands).containsExactly(asking.command());
    assertThat(heard.decisions).containsExactly(asking.spend().decision());
  }

  @Test
  void aBudgetIsSpentToTheCentAndNotByOneMore() {
    BudgetStage stage = paying("20.00", "", "", "");
    stage.offer(asks("a", 1).pays("b", "12.50").spend(), heard);
    assertThat(heard.compared())
        .containsExactly("scope=asked", "budget=b", "cost=12.50", "left=7.50");
    stage.offer(asks("b", 2).pays("b", "7.51").spend(), heard);
    assertThat(heard.compared())
        .containsExactly(
            "scope=asked",
            "budget=b",
            "period=total",
            "limit=20.00",
            "spent=12.50",
            "cost=7.51",
            "left=7.50");
    stage.offer(asks("c", 3).pays("b", "7.50").spend(), heard);
    assertThat(heard.compared()).endsWith("left=0.00");
    stage.offer(asks("d", 4).pays("b", "0.01").spend(), heard);
    assertThat(heard.lines())
        .containsExactly(
            "a ISSUED at 1",
            "a ISSUE COUPON at 1",
            "b BUDGET at 2",
            "c ISSUED at 3",
            "c ISSUE COUPON at 3",
            "d BUDGET at 4");
  }

  @Test
  void aDayIsOneOfTheBudgetsZone() {
    BudgetStage stage = paying("", "10", "", "");
    // In Berlin the 28th ends at 23:00 UTC, on the 29th clocks go forward: it ends at 22:00 UTC.
    spend(stage, "a", "2026-03-28T22:59:59.999Z", "10");
    spend(stage, "b", "2026-03-28T22:59:59.999Z", "1");
    assertThat(heard.compared()).contains("period=day", "limit=10", "spent=10", "left=0");
    spend(stage, "c", "2026-03-28T23:00:00Z", "10");
    spend(stage, "d", "2026-03-29T21:59:59.999Z", "1");
    spend(stage, "e", "2026-03-29T22:00:00Z", "10");
    assertThat(reasons())
        .containsExactly("a ISSUED", "b BUDGET", "c ISSUED", "d BUDGET", "e ISSUED");
  }

  @Test
  void aWeekBeginsOnMondayAndAMonthOnTheFirst() {
    BudgetStage weeks = paying("", "", "10", "");
    spend(weeks, "a", "2026-03-29T21:00:00Z", "10"); // Sunday
    spend(weeks, "b", "2026-03-29T21:30:00Z", "1");
    spend(weeks, "c", "2026-03-29T22:00:00Z", "10"); // Monday
    spend(weeks, "d", "2026-04-05T21:59:00Z", "1"); // Sunday
    spend(weeks, "e", "2026-04-05T22:00:00Z", "1"); // Monday
    assertThat(reasons())
        .containsExactly("a ISSUED", "b BUDGET", "c ISSUED", "d BUDGET", "e ISSUED");
    assertThat(heard.decisions.get(1).compared()).anyMatch(f -> f.toString().contains("week"));

    heard.decisions.clear();
    BudgetStage months = paying("", "", "", "10");
    spend(months, "f", "2026-03-31T21:59:59.999Z", "10");
    spend(months, "g", "2026-03-31T21:59:59.999Z", "1");
    spend(months, "h", "2026-03-31T22:00:00Z", "1");
    assertThat(reasons()).containsExactly("f ISSUED", "g BUDGET", "h ISSUED");
  }

  @Test
  void everyLimitOfABudgetHolds() {
    BudgetStage stage = paying("25", "10", "15", "");
    spend(stage, "a", "2026-11-02T12:00:00Z", "10"); // Monday
    spend(stage, "b", "2026-11-03T12:00:00Z", "6");
    assertThat(heard.compared()).contains("period=week", "left=5");
    spend(stage, "c", "2026-11-03T12:00:00Z", "5");
    assertThat(heard.compared()).contains("left=0");
    spend(stage, "d", "2026-11-09T12:00:00Z", "10");
    spend(stage, "e", "2026-11-10T12:00:00Z", "1");
    assertThat(heard.compared()).contains("period=total", "limit=25", "spent=25");
    assertThat(reasons())
        .containsExactly("a ISSUED", "b BUDGET", "c ISSUED", "d ISSUED", "e BUDGET");
  }

  @Test
  void theFallbackGoesOutWhereTheBudgetIsEmpty() {
    BudgetStage stage = paying("5", "", "", "");
    stage.offer(asks("u", 7).pays("b", "6").orElse(Kind.TUTORIAL, "email").spend(), heard);
    assertThat(heard.lines()).containsExactly("u ISSUED at 7", "u ISSUE TUTORIAL at 7");
    assertThat(heard.commands.get(0).channel()).contains("email");
    assertThat(heard.commands.get(0).id()).isEqualTo(asks("u", 7).command().id());
    assertThat(heard.compared())
        .containsExactly(
            "scope=asked",
            "fallback=tutorial",
            "budget=b",
            "period=total",
            "limit=5",
            "spent=0",
            "cost=6",
            "left=5");
    assertThat(heard.count(BudgetCounter.FALLBACKS, 0)).isEqualTo(1);
    stage.offer(asks("v", 8).pays("b", "5").spend(), heard);
    assertThat(heard.compared()).as("it was free").contains("left=0");
  }

  @Test
  void theCancelOfAFallbackSpeaksOfTheFallback() {
    BudgetStage stage = paying("5", "", "", "");
    Asking asking = asks("u", 7).pays("b", "6").orElse(Kind.TUTORIAL, "email");
    stage.offer(asking.spend(), heard);
    stage.offer(asks("u", 9).revoke(), heard);
    Command cancel = heard.commands.get(1);
    assertThat(cancel.action()).isEqualTo(Command.Action.CANCEL);
    assertThat(cancel.id()).isEqualTo(heard.commands.get(0).id());
    assertThat(cancel.kind()).isEqualTo(Kind.TUTORIAL);
    assertThat(cancel.channel()).contains("email");
    assertThat(cancel.template()).isEqualTo(heard.commands.get(0).template());
  }

  @Test
  void aRateThatDropsRefusesWhatFindsItFull() {
    BudgetStage stage = stage(drops("pushes", "push", 2, 100));
    stage.offer(asks("a", 0).spend(), heard);
    stage.offer(asks("b", 50).spend(), heard);
    stage.offer(asks("c", 99).spend(), heard);
    assertThat(heard.compared())
        .containsExactly("scope=asked", "rate=pushes", "at_most=2", "per=100ms");
    stage.offer(asks("d", 100).spend(), heard);
    stage.offer(asks("e", 149).spend(), heard);
    stage.offer(asks("f", 150).spend(), heard);
    assertThat(reasons())
        .containsExactly("a ISSUED", "b ISSUED", "c RATE", "d ISSUED", "e RATE", "f ISSUED");
    assertThat(stage.nextDueMs()).isEqualTo(BudgetStage.NOTHING_DUE);
  }

  @Test
  void aRateThatQueuesReleasesByPriorityThenArrivalWhenThereIsRoom() {
    BudgetStage stage = stage(queues("coupons", Kind.COUPON, 1, 100, 10));
    stage.offer(asks("a", 0).spend(), heard);
    stage.offer(asks("b", 10).spend(), heard);
    stage.offer(asks("c", 20).priority(90).spend(), heard);
    stage.offer(asks("d", 30).spend(), heard);
    assertThat(heard.news()).containsExactly("a ISSUED at 0", "a ISSUE COUPON at 0");
    assertThat(stage.waiting()).isEqualTo(3);
    assertThat(stage.nextDueMs()).isEqualTo(100);
    stage.advance(99, heard);
    assertThat(heard.news()).isEmpty();
    stage.advance(1_000, heard);
    assertThat(heard.news())
        .containsExactly(
            "c ISSUED at 100",
            "c ISSUE COUPON at 100",
            "b ISSUED at 200",
            "b ISSUE COUPON at 200",
            "d ISSUED at 300",
            "d ISSUE COUPON at 300");
    assertThat(heard.compared()).containsExactly("scope=asked", "queued_since=@30");
    assertThat(heard.commands.get(3).notBeforeMs()).isEqualTo(300);
    assertThat(heard.count(BudgetCounter.QUEUED, 0)).isEqualTo(3);
  }

  @Test
  void aLiveJobReleasesNowAndNotInThePast() {
    BudgetStage stage = stage(queues("coupons", Kind.COUPON, 1, 100, 10));
    stage.offer(asks("a", 0).spend(), heard);
    stage.offer(asks("b", 10).spend(), heard);
    stage.offer(asks("c", 10).sendFor(200).spend(), heard);
    heard.news();
    stage.release(5_000, heard);
    assertThat(heard.news())
        .containsExactly("c RATE at 5000", "b ISSUED at 5000", "b ISSUE COUPON at 5000");
    stage.release(10, heard);
    assertThat(stage.clockMs()).as("never back").isEqualTo(5_000);
  }

  @Test
  void whoeverHasWaitedInVainIsRefusedRightAfterTheEnd() {
    BudgetStage stage = stage(queues("coupons", Kind.COUPON, 1, 100, 10));
    stage.offer(asks("a", 0).spend(), heard);
    stage.offer(asks("b", 10).sendFor(89).spend(), heard);
    stage.offer(asks("c", 10).sendFor(90).spend(), heard);
    assertThat(stage.nextDueMs()).isEqualTo(100);
    heard.news();
    stage.advance(100, heard);
    assertThat(heard.news())
        .containsExactly("b RATE at 100", "c ISSUED at 100", "c ISSUE COUPON at 100");
    assertThat(heard.decisions.get(1).reason()).isEqualTo(Reason.RATE);
    stage.offer(asks("d", 110).sendFor(10).spend(), heard);
    stage.advance(120, heard);
    assertThat(heard.news()).isEmpty();
    stage.advance(121, heard);
    assertThat(heard.news()).containsExactly("d RATE at 121");
    assertThat(heard.compared())
        .containsExactly(
            "scope=asked",
            "rate=coupons",
            "at_most=1",
            "per=100ms",
            "queued_since=@110",
            "queued_until=@120");
  }

  @Test
  void beyondTheQueueTheLastOfItIsRefused() {
    BudgetStage stage = stage(queues("coupons", Kind.COUPON, 1, 100, 2));
    stage.offer(asks("a", 0).spend(), heard);
    stage.offer(asks("b", 10).spend(), heard);
    stage.offer(asks("c", 20).spend(), heard);
    heard.news();
    stage.offer(asks("d", 30).spend(), heard);
    assertThat(heard.news()).containsExactly("d RATE at 30");
    assertThat(heard.compared())
        .containsExactly("scope=asked", "rate=coupons", "at_most=1", "per=100ms", "max_queue=2");
    stage.offer(asks("e", 40).priority(51).spend(), heard);
    assertThat(heard.news()).containsExactly("c RATE at 40");
    assertThat(heard.compared()).endsWith("max_queue=2", "queued_since=@20");
    stage.advance(100, heard);
    assertThat(heard.news()).startsWith("e ISSUED at 100");
  }

  @Test
  void aFreshOneDoesNotOvertakeButItsPriorityCounts() {
    BudgetStage stage = stage(queues("coupons", Kind.COUPON, 1, 100, 10));
    stage.offer(asks("a", 0).spend(), heard);
    stage.offer(asks("b", 10).spend(), heard);
    heard.news();
    stage.offer(asks("c", 100).spend(), heard);
    assertThat(heard.news()).containsExactly("b ISSUED at 100", "b ISSUE COUPON at 100");
    stage.offer(asks("d", 200).priority(60).spend(), heard);
    assertThat(heard.news()).containsExactly("d ISSUED at 200", "d ISSUE COUPON at 200");
    assertThat(stage.waiting()).isEqualTo(1);
  }

  @Test
  void othersPassWhomTheFullRateDoesNotConcern() {
    BudgetStage stage =
        stage(
            queues("coupons", Kind.COUPON, 1, 100, 10),
            new Rate("sms", Asking.ofChannel("sms"), 1, 1_000, true, 10));
    stage.offer(asks("a", 0).channel("sms").spend(), heard);
    stage.offer(asks("b", 10).channel("sms").priority(99).spend(), heard);
    heard.news();
    stage.offer(asks("c", 110).spend(), heard);
    assertThat(heard.news())
        .as("b waits for both rates, c needs only one of them")
        .containsExactly("c ISSUED at 110", "c ISSUE COUPON at 110");
    assertThat(stage.nextDueMs()).isEqualTo(1_000);
    stage.advance(1_000, heard);
    assertThat(heard.news()).startsWith("b ISSUED at 1000");
  }

  @Test
  void whatADroppingRateFindsFullAtItsTurnIsDropped() {
    BudgetStage stage =
        stage(queues("coupons", Kind.COUPON, 1, 100, 10), drops("pushes", "push", 1, 1_000));
    stage.offer(asks("a", 0).channel("sms").spend(), heard);
    stage.offer(asks("b", 10).spend(), heard);
    stage.offer(asks("c", 20).kind(Kind.MESSAGE).spend(), heard);
    heard.news();
    stage.advance(100, heard);
    assertThat(heard.news()).containsExactly("b RATE at 100");
    assertThat(heard.compared()).contains("rate=pushes");
  }

  @Test
  void aBudgetThatIsEmptyWhenTheTurnComesGivesItsFallback() {
    BudgetStage stage =
        new BudgetStage(
            policy(
                List.of(budget("b", "10", "", "", "")),
                List.of(
                    queues("coupons", Kind.COUPON, 1, 100, 10),
                    queues("tutorials", Kind.TUTORIAL, 1, 1_000, 10))));
    stage.offer(asks("a", 0).pays("b", "6").spend(), heard);
    stage.offer(asks("b", 10).pays("b", "4").orElse(Kind.TUTORIAL, "push").spend(), heard);
    stage.offer(asks("c", 20).kind(Kind.TUTORIAL).spend(), heard);
    stage.offer(asks("d", 30).pays("b", "4").priority(60).spend(), heard);
    stage.offer(asks("e", 40).pays("b", "4").spend(), heard);
    heard.news();
    stage.advance(200, heard);
    assertThat(heard.news())
        .as("b becomes a tutorial, which waits; e finds the budget empty before it finds room")
        .containsExactly("d ISSUED at 100", "d ISSUE COUPON at 100", "e BUDGET at 200");
    assertThat(stage.waiting()).isEqualTo(1);
    stage.advance(2_000, heard);
    assertThat(heard.news()).containsExactly("b ISSUED at 1020", "b ISSUE TUTORIAL at 1020");
    assertThat(heard.compared()).contains("fallback=tutorial", "spent=10", "queued_since=@10");
    assertThat(heard.count(BudgetCounter.QUEUED, 0)).as("b once, d, e").isEqualTo(3);
  }

  @Test
  void aRevokedOneThatWaitsEndsCancelledAndTheCancelIsDropped() {
    BudgetStage stage = stage(queues("coupons", Kind.COUPON, 1, 100, 10));
    stage.offer(asks("a", 0).spend(), heard);
    stage.offer(asks("b", 10).spend(), heard);
    heard.news();
    stage.offer(asks("b", 60).revoke(), heard);
    assertThat(heard.news()).containsExactly("b CANCELLED at 60");
    assertThat(heard.compared())
        .containsExactly(
            "scope=asked", "cancelled_by=purchase", "cancelled_at=@60", "queued_since=@10");
    assertThat(heard.count(BudgetCounter.CANCELS_DROPPED, 0)).isEqualTo(1);
    stage.advance(500, heard);
    assertThat(heard.news()).isEmpty();
  }

  @Test
  void theCancelOfWhatWentOutGoesOutOnce() {
    BudgetStage stage = stage(queues("coupons", Kind.COUPON, 1, 100, 10));
    stage.offer(asks("a", 0).spend(), heard);
    heard.news();
    stage.offer(asks("a", 60).revoke(), heard);
    assertThat(heard.news()).containsExactly("a CANCEL COUPON at 60");
    stage.offer(asks("a", 61).revoke(), heard);
    assertThat(heard.news()).isEmpty();
    assertThat(heard.count(BudgetCounter.CANCELS_DROPPED, 0)).isEqualTo(1);
  }

  @Test
  void theCancelOfWhatNeverWentOutIsDropped() {
    BudgetStage stage = stage(drops("pushes", "push", 1, 100));
    stage.offer(asks("a", 0).spend(), heard);
    stage.offer(asks("b", 10).spend(), heard);
    heard.news();
    stage.offer(asks("b", 20).revoke(), heard);
    stage.offer(asks("unknown", 20).revoke(), heard);
    assertThat(heard.news()).isEmpty();
    assertThat(heard.count(BudgetCounter.CANCELS_DROPPED, 0)).isEqualTo(2);
  }

  @Test
  void whatWentOutIsRememberedUntilItCannotBeRevokedAnyMore() {
    BudgetStage stage = stage(drops("pushes", "push", 9, 100));
    stage.offer(asks("a", 0).rememberFor(100).spend(), heard);
    stage.offer(asks("b", 0).rememberFor(101).spend(), heard);
    assertThat(stage.remembered()).isEqualTo(2);
    stage.advance(100, heard);
    assertThat(stage.remembered()).isEqualTo(1);
    heard.news();
    stage.offer(asks("a", 100).revoke(), heard);
    stage.offer(asks("b", 100).revoke(), heard);
    assertThat(heard.news()).containsExactly("b CANCEL COUPON at 100");
    assertThat(stage.remembered()).isZero();
  }

  @Test
  void aRevokeDoesNotGiveTheBudgetBack() {
    BudgetStage stage = paying("10", "", "", "");
    stage.offer(asks("a", 0).pays("b", "10").spend(), heard);
    stage.offer(asks("a", 1).revoke(), heard);
    stage.offer(asks("c", 2).pays("b", "1").spend(), heard);
    assertThat(reasons()).containsExactly("a ISSUED", "c BUDGET");
  }

  @Test
  void aRequestALittleBehindTheClockIsTakenAsOfItsOwnTime() {
    BudgetStage stage = stage(drops("pushes", "push", 2, 100));
    stage.offer(asks("a", 1_000).spend(), heard);
    stage.release(1_090, heard);
    stage.offer(asks("b", 1_085).spend(), heard);
    assertThat(heard.news()).endsWith("b ISSUED at 1085", "b ISSUE COUPON at 1085");
    stage.offer(asks("c", 1_099).spend(), heard);
    stage.offer(asks("d", 1_100).spend(), heard);
    stage.offer(asks("e", 1_080).spend(), heard);
    assertThat(heard.news())
        .as("with e, b, d there would be three within 100 ms, though not in the last 100 before e")
        .containsExactly(
            "c RATE at 1099", "d ISSUED at 1100", "d ISSUE COUPON at 1100", "e RATE at 1080");
  }

  @Test
  void oneFarBehindIsTakenAsOfTheClock() {
    BudgetStage stage = stage(drops("pushes", "push", 1, 100));
    stage.offer(asks("a", 1_000).spend(), heard);
    stage.offer(asks("b", 200_000).spend(), heard);
    heard.news();
    stage.release(200_100, heard);
    stage.offer(asks("c", 1_050).sendFor(Asking.DAY_MS).spend(), heard);
    assertThat(heard.news()).containsExactly("c ISSUED at 200100", "c ISSUE COUPON at 200100");
  }

  @Test
  void nothingIsLeftOfWhoeverIsErased() {
    BudgetStage stage = stage(queues("coupons", Kind.COUPON, 1, 100, 10));
    stage.offer(asks("a", 0).spend(), heard);
    stage.offer(asks("ann", 10).spend(), heard);
    stage.offer(asks("ann", 20).trigger("x").spend(), heard);
    stage.offer(asks("b", 30).spend(), heard);
    heard.news();
    stage.offer(new BudgetRequest.Erase(40, "ann"), heard);
    assertThat(stage.waiting()).isEqualTo(1);
    assertThat(new String(stage.encode().get(0), StandardCharsets.ISO_8859_1))
        .contains("e-b")
        .doesNotContain("ann");
    stage.advance(1_000, heard);
    assertThat(heard.news()).containsExactly("b ISSUED at 100", "b ISSUE COUPON at 100");
  }

  @Test
  void whoeverWaitsIsTold() {
    BudgetStage stage = stage(queues("coupons", Kind.COUPON, 1, 100, 10));
    stage.offer(asks("a", 0).spend(), heard);
    stage.offer(asks("b", 10).trigger("x").spend(), heard);
    StringBuilder told = new StringBuilder();
    stage.forEachWaiting((trigger, step) -> told.append(trigger).append(step));
    assertThat(told).hasToString("x1");
  }

  private List<String> reasons() {
    return heard.decisions.stream().map(d -> d.user() + " " + d.reason()).toList();
  }

  @Test
  void noBudgetStandsInTheWayOfOneThatIsNoLongerThere() {
    BudgetStage stage = stage(drops("pushes", "push", 9, 100));
    stage.offer(asks("a", 0).pays("gone", "10").spend(), heard);
    assertThat(heard.commands.get(0).budget()).isEqualTo(Optional.of("gone"));
  }
}
