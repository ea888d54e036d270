// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.Intervention.Kind;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.language.PolicyDefinition.Selection;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Reason;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random policies and requests, against the naive stage and against what must hold. */
class BudgetStageRandomTest {
  /** Around a midnight of the budgets' zone that ends a week, and so that a month ends, too. */
  private static final long FROM_MS = Instant.parse("2026-05-31T21:59:59Z").toEpochMilli();

  private static final int LENGTH_MS = 1_500;
  private static final Kind[] KINDS = {Kind.COUPON, Kind.MESSAGE, Kind.OUTREACH};
  private static final String[] CHANNELS = {"push", "sms"};

  private static PolicyDefinition policy(Random random) {
    List<Budget> budgets = new ArrayList<>();
    for (int i = 0; i < random.nextInt(3); i++) {
      budgets.add(
          Asking.budget(
              "b" + i,
              random.nextInt(3) == 0 ? amount(random, 60) : "",
              random.nextInt(2) == 0 ? amount(random, 30) : "",
              random.nextInt(3) == 0 ? amount(random, 40) : "",
              amount(random, 50)));
    }
    List<Rate> rates = new ArrayList<>();
    for (int i = 0; i < 1 + random.nextInt(4); i++) {
      rates.add(
          new Rate(
              "r" + i,
              new Selection(
                  random.nextInt(5) == 0 ? Optional.of(Lane.SERVICE) : Optional.empty(),
                  random.nextInt(3) == 0 ? Optional.of(CHANNELS[i % 2]) : Optional.empty(),
                  random.nextInt(2) == 0
                      ? Optional.of(KINDS[random.nextInt(KINDS.length)])
                      : Optional.empty(),
                  random.nextInt(5) == 0 ? Optional.of("t1") : Optional.empty()),
              1 + random.nextInt(4),
              1 + random.nextInt(120),
              random.nextInt(3) > 0,
              1 + random.nextInt(8)));
    }
    return Asking.policy(budgets, rates);
  }

  private static String amount(Random random, int most) {
    return new BigDecimal(1 + random.nextInt(most * 100)).movePointLeft(2).toString();
  }

  private static Asking ask(Random random, String user, long atMs) {
    Asking asking =
        Asking.of(user)
            .at(atMs)
            .trigger("t" + random.nextInt(3))
            .lane(random.nextInt(4) == 0 ? Lane.SERVICE : Lane.MARKETING)
            .priority(10 * random.nextInt(4))
            .kind(KINDS[random.nextInt(KINDS.length)])
            .channel(CHANNELS[random.nextInt(CHANNELS.length)])
            .sendFor(random.nextInt(200))
            .rememberFor(random.nextInt(600));
    if (random.nextInt(2) == 0) {
      asking.pays("b" + random.nextInt(3), amount(random, 3));
      if (random.nextInt(2) == 0) {
        asking.orElse(KINDS[random.nextInt(KINDS.length)], CHANNELS[random.nextInt(2)]);
      }
    }
    return asking;
  }

  private static List<BudgetRequest> requests(Random random, int count) {
    List<BudgetRequest> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long atMs = FROM_MS + random.nextInt(LENGTH_MS);
      Asking asking = ask(random, "u" + i, atMs);
      requests.add(asking.spend());
      if (random.nextInt(3) == 0) {
        requests.add(asking.at(atMs + random.nextInt(250)).revoke());
      }
    }
    return requests;
  }

  @Test
  void saysWhatTheNaiveStageSays() {
    Map<Reason, Integer> reasons = new EnumMap<>(Reason.class);
    int cancels = 0;
    int fallbacks = 0;
    int queued = 0;
    for (long seed = 1; seed <= 250; seed++) {
      Random random = new Random(seed);
      PolicyDefinition policy = policy(random);
      List<BudgetRequest> requests = requests(random, 20 + random.nextInt(200));
      List<BudgetRequest> sorted = new ArrayList<>(requests);
      sorted.sort(BudgetOrder.ORDER);
      long untilMs = FROM_MS + LENGTH_MS + 300;
      NaiveStage naive = new NaiveStage(policy);
      List<String> expected = naive.run(sorted, FROM_MS, untilMs);

      Collections.shuffle(requests, random);
      Heard heard = new Heard();
      BudgetStage stage = replay(policy, requests, untilMs, random, heard);
      assertThat(heard.lines()).as("seed %s", seed).isEqualTo(expected);
      assertThat(stage.waiting()).as("seed %s", seed).isEqualTo(naive.waiting());
      heard.decisions.forEach(d -> reasons.merge(d.reason(), 1, Integer::sum));
      cancels +=
          (int) heard.commands.stream().filter(c -> c.action() == Command.Action.CANCEL).count();
      fallbacks += heard.count(BudgetCounter.FALLBACKS, 0);
      queued += heard.count(BudgetCounter.QUEUED, 0);
    }
    assertThat(reasons.keySet())
        .containsOnly(Reason.ISSUED, Reason.BUDGET, Reason.RATE, Reason.CANCELLED);
    assertThat(reasons.values()).allSatisfy(count -> assertThat(count).isGreaterThan(200));
    assertThat(List.of(cancels, fallbacks, queued))
        .allSatisfy(count -> assertThat(count).isGreaterThan(200));
  }

  /** In any order up to a watermark, watermarks of any kind, put away and restored at any time. */
  private static BudgetStage replay(
      PolicyDefinition policy,
      List<BudgetRequest> requests,
      long untilMs,
      Random random,
      Heard heard) {
    BudgetStage stage = new BudgetStage(policy);
    BudgetOrder order = new BudgetOrder();
    List<BudgetRequest> rest = new ArrayList<>(requests);
    long markMs = FROM_MS;
    while (markMs < untilMs) {
      markMs = Math.min(untilMs, markMs + 1 + random.nextInt(200));
      long aheadMs = markMs + random.nextInt(100);
      for (Iterator<BudgetRequest> each = rest.iterator(); each.hasNext(); ) {
        BudgetRequest request = each.next();
        if (request.atMs() <= (random.nextInt(3) == 0 ? aheadMs : markMs)) {
          order.add(request);
          each.remove();
        }
      }
      order.advance(markMs, stage, heard);
      if (random.nextInt(3) == 0) {
        stage = restored(policy, stage, random);
        BudgetOrder again = new BudgetOrder();
        RequestCodec codec = new RequestCodec();
        order.kept().forEach(kept -> again.add(RequestCodec.decode(codec.encode(kept))));
        assertThat(again.kept()).isEqualTo(order.kept());
      }
    }
    return stage;
  }

  private static BudgetStage restored(PolicyDefinition policy, BudgetStage stage, Random random) {
    List<byte[]> chunks = new ArrayList<>(stage.encode());
    List<byte[]> written = List.copyOf(chunks);
    Collections.shuffle(chunks, random);
    BudgetStage restored = BudgetStage.decode(policy, chunks);
    assertThat(restored.encode()).usingRecursiveComparison().isEqualTo(written);
    assertThat(restored.nextDueMs()).isEqualTo(stage.nextDueMs());
    return restored;
  }

  @Test
  void noLimitIsEverExceededThoughTheClocksOfALiveJobDiffer() {
    Map<Reason, Integer> reasons = new EnumMap<>(Reason.class);
    int early = 0;
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      PolicyDefinition policy = policy(random);
      BudgetStage stage = new BudgetStage(policy);
      Heard heard = new Heard();
      Map<String, Long> handedOn = new HashMap<>();
      Map<String, Long> sendUntil = new HashMap<>();
      long clockMs = FROM_MS;
      for (int i = 0; i < 300; i++) {
        clockMs += random.nextInt(12);
        if (random.nextInt(4) > 0) {
          stage.release(clockMs, heard);
        }
        BudgetRequest.Spend spend = ask(random, "u" + i, clockMs - random.nextInt(40)).spend();
        handedOn.put("u" + i, spend.atMs());
        sendUntil.put("u" + i, spend.sendUntilMs());
        stage.offer(spend, heard);
        if (random.nextInt(30) == 0) {
          stage = restored(policy, stage, random);
        }
      }
      assertWithinRates(policy, heard, seed);
      assertWithinBudgets(policy, heard, seed);
      for (Command command : heard.commands) {
        long handedOnMs = handedOn.getOrDefault(command.user(), Long.MAX_VALUE);
        long untilMs = sendUntil.getOrDefault(command.user(), Long.MIN_VALUE);
        assertThat(command.decisionTimeMs())
            .as("%s, seed %s", command.user(), seed)
            .isBetween(handedOnMs, untilMs);
      }
      assertThat(heard.decisions.stream().map(Decision::user))
          .as("seed %s", seed)
          .doesNotHaveDuplicates()
          .hasSize(300 - stage.waiting());
      heard.decisions.forEach(d -> reasons.merge(d.reason(), 1, Integer::sum));
      for (int i = 1; i < heard.commands.size(); i++) {
        if (heard.commands.get(i).decisionTimeMs() < heard.commands.get(i - 1).decisionTimeMs()) {
          early++;
        }
      }
    }
    assertThat(reasons.keySet()).contains(Reason.ISSUED, Reason.BUDGET, Reason.RATE);
    assertThat(early).as("taken as of an earlier time than the one before").isGreaterThan(1_000);
  }

  private static void assertWithinRates(PolicyDefinition policy, Heard heard, long seed) {
    for (Rate rate : policy.rates()) {
      List<Long> times =
          heard.commands.stream()
              .filter(c -> rate.of().fits(c.trigger(), c.lane(), c.kind(), c.channel()))
              .map(Command::decisionTimeMs)
              .sorted()
              .toList();
      for (int i = rate.atMost(); i < times.size(); i++) {
        assertThat(times.get(i) - times.get(i - rate.atMost()))
            .as("%s, seed %s", rate, seed)
            .isGreaterThanOrEqualTo(rate.perMs());
      }
    }
  }

  private static void assertWithinBudgets(PolicyDefinition policy, Heard heard, long seed) {
    for (Budget budget : policy.budgets()) {
      BigDecimal total = BigDecimal.ZERO;
      Map<LocalDate, BigDecimal> byDay = new HashMap<>();
      for (Command command : heard.commands) {
        if (command.budget().equals(Optional.of(budget.id()))) {
          BigDecimal cost = command.cost().orElseThrow();
          total = total.add(cost);
          byDay.merge(
              Instant.ofEpochMilli(command.decisionTimeMs()).atZone(budget.zone()).toLocalDate(),
              cost,
              BigDecimal::add);
        }
      }
      BigDecimal all = total;
      budget
          .total()
          .ifPresent(most -> assertThat(all).as("seed %s", seed).isLessThanOrEqualTo(most));
      budget
          .perDay()
          .ifPresent(
              most ->
                  assertThat(byDay.values())
                      .as("seed %s", seed)
                      .allSatisfy(sum -> assertThat(sum).isLessThanOrEqualTo(most)));
    }
  }
}
