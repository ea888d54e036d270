// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.BudgetRequest.Revoke;
import io.beckon.policy.BudgetRequest.Spend;
import io.beckon.policy.Command;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * What a stage must say, told the slow way: it keeps everything that ever went out, and looks at
 * the whole queue at every single millisecond.
 */
final class NaiveStage {
  private final PolicyDefinition policy;
  private final List<Out> out = new ArrayList<>();
  private final List<Queued> queue = new ArrayList<>();
  private final List<String> lines = new ArrayList<>();
  private long arrivals;

  private record Out(long atMs, Command command, Spend spend) {}

  private static final class Queued {
    final Spend spend;
    final long arrival;
    Command command;
    boolean asFallback;

    Queued(Spend spend, long arrival) {
      this.spend = spend;
      this.arrival = arrival;
      this.command = spend.command();
    }
  }

  NaiveStage(PolicyDefinition policy) {
    this.policy = policy;
  }

  /** Goes through all milliseconds of a replay. */
  List<String> run(List<BudgetRequest> sorted, long fromMs, long untilMs) {
    int next = 0;
    for (long now = fromMs; now <= untilMs; now++) {
      for (; next < sorted.size() && sorted.get(next).atMs() == now; next++) {
        if (sorted.get(next) instanceof Spend spend) {
          expire(now);
          walk(Optional.of(new Queued(spend, arrivals++)), now);
          limit(now);
        } else if (sorted.get(next) instanceof Revoke revoke) {
          revoke(revoke.cancel(), now);
        }
      }
      expire(now);
      walk(Optional.empty(), now);
      limit(now);
    }
    return lines;
  }

  int waiting() {
    return queue.size();
  }

  private void say(Spend spend, String reason, long now) {
    lines.add(spend.command().user() + " " + reason + " at " + now);
  }

  private void expire(long now) {
    queue.stream()
        .filter(q -> q.spend.sendUntilMs() < now)
        .sorted(
            Comparator.comparingLong((Queued q) -> q.spend.sendUntilMs())
                .thenComparing(this::order))
        .toList()
        .forEach(
            q -> {
              queue.remove(q);
              say(q.spend, "RATE", now);
            });
  }

  private int order(Queued a, Queued b) {
    int byPriority = Integer.compare(b.command.priority(), a.command.priority());
    return byPriority != 0 ? byPriority : Long.compare(a.arrival, b.arrival);
  }

  private void walk(Optional<Queued> fresh, long now) {
    List<Queued> all = new ArrayList<>(queue);
    fresh.ifPresent(all::add);
    all.sort(this::order);
    for (Queued each : all) {
      if (!fresh.equals(Optional.of(each)) && isFull(each.command, true, now)) {
        continue;
      }
      queue.remove(each);
      if (!each.asFallback && !pays(each.command, now)) {
        if (each.spend.fallback().isEmpty()) {
          say(each.spend, "BUDGET", now);
          continue;
        }
        each.command = each.spend.fallback().get();
        each.asFallback = true;
      }
      if (isFull(each.command, false, now)) {
        say(each.spend, "RATE", now);
      } else if (!isFull(each.command, true, now)) {
        out.add(new Out(now, each.command, each.spend));
        say(each.spend, "ISSUED", now);
        lines.add(each.command.user() + " ISSUE " + each.command.kind() + " at " + now);
      } else if (each.spend.sendUntilMs() < now) {
        say(each.spend, "RATE", now);
      } else {
        queue.add(each);
      }
    }
  }

  private boolean isFull(Command command, boolean queues, long now) {
    for (Rate rate : policy.rates()) {
      long recent =
          out.stream().filter(o -> fits(rate, o.command) && o.atMs > now - rate.perMs()).count();
      if (rate.queues() == queues && fits(rate, command) && recent >= rate.atMost()) {
        return true;
      }
    }
    return false;
  }

  private static boolean fits(Rate rate, Command command) {
    return rate.of().fits(command.trigger(), command.lane(), command.kind(), command.channel());
  }

  private boolean pays(Command command, long now) {
    Budget budget = command.budget().flatMap(policy::budget).orElse(null);
    if (budget == null) {
      return true;
    }
    BigDecimal cost = command.cost().orElseThrow();
    return fits(budget, budget.total(), cost, now, (a, b) -> true)
        && fits(budget, budget.perDay(), cost, now, LocalDate::equals)
        && fits(budget, budget.perWeek(), cost, now, NaiveStage::sameWeek)
        && fits(
            budget,
            budget.perMonth(),
            cost,
            now,
            (a, b) -> a.getYear() == b.getYear() && a.getMonth() == b.getMonth());
  }

  private static boolean sameWeek(LocalDate a, LocalDate b) {
    return a.get(IsoFields.WEEK_BASED_YEAR) == b.get(IsoFields.WEEK_BASED_YEAR)
        && a.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR) == b.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
  }

  private boolean fits(
      Budget budget,
      Optional<BigDecimal> limit,
      BigDecimal cost,
      long now,
      BiPredicate<LocalDate, LocalDate> samePeriod) {
    if (limit.isEmpty()) {
      return true;
    }
    BigDecimal sum = cost;
    for (Out o : out) {
      if (o.command.budget().equals(Optional.of(budget.id()))
          && samePeriod.test(date(o.atMs, budget), date(now, budget))) {
        sum = sum.add(o.command.cost().orElseThrow());
      }
    }
    return sum.compareTo(limit.get()) <= 0;
  }

  private static LocalDate date(long timeMs, Budget budget) {
    return Instant.ofEpochMilli(timeMs).atZone(budget.zone()).toLocalDate();
  }

  private void limit(long now) {
    for (Rate rate : policy.rates()) {
      while (rate.queues()) {
        List<Queued> of =
            queue.stream().filter(q -> fits(rate, q.command)).sorted(this::order).toList();
        if (of.size() <= rate.mostQueued()) {
          break;
        }
        Queued last = of.get(of.size() - 1);
        queue.remove(last);
        say(last.spend, "RATE", now);
      }
    }
  }

  private void revoke(Command cancel, long now) {
    for (Queued each : queue) {
      if (each.command.id().equals(cancel.id())) {
        queue.remove(each);
        say(each.spend, "CANCELLED", now);
        return;
      }
    }
    for (Out each : out) {
      if (each.command.id().equals(cancel.id()) && each.spend.rememberUntilMs() > now) {
        lines.add(cancel.user() + " CANCEL " + each.command.kind() + " at " + now);
        return;
      }
    }
  }
}
