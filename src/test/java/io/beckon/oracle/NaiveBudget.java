// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.language.Intervention;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.Lane;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.BiPredicate;

/**
 * Budgets and rates of all users, as plainly as possible: a list of what went out and a list of
 * what waits, looked through again each time.
 */
final class NaiveBudget {
  private final PolicyDefinition policy;
  private final List<Spent> spent = new ArrayList<>();
  private final List<Queued> queue = new ArrayList<>();
  private final List<Outcome.Judged> decisions = new ArrayList<>();
  private final List<Outcome.Sent> commands = new ArrayList<>();
  private final Map<String, Integer> counts = new TreeMap<>();
  private final Map<String, Integer> seen;
  private int arrivals;

  /**
   * @param seen counts what happened, to know that everything did
   */
  NaiveBudget(PolicyDefinition policy, Map<String, Integer> seen) {
    this.policy = policy;
    this.seen = seen;
  }

  private void saw(String what) {
    seen.merge(what, 1, Integer::sum);
  }

  /** A request, and what of the job it is about. */
  record Ask(
      TriggerDefinition trigger,
      Outcome.Request request,
      Optional<Intervention> what,
      Optional<Intervention> fallback,
      String revokedBy) {
    static Ask spend(
        TriggerDefinition trigger,
        Outcome.Request request,
        Intervention what,
        Optional<Intervention> fallback) {
      return new Ask(trigger, request, Optional.of(what), fallback, "");
    }

    static Ask revoke(TriggerDefinition trigger, long at, Outcome.Sent cancel, String by) {
      return new Ask(
          trigger,
          new Outcome.Request("REVOKE", at, cancel, Optional.empty(), Optional.empty(), 0),
          Optional.empty(),
          Optional.empty(),
          by);
    }

    boolean isSpend() {
      return request.kind().equals("SPEND");
    }
  }

  /** What went out. */
  private record Spent(Ask ask, boolean instead, long atMs) {
    Intervention what() {
      return (instead ? ask.fallback : ask.what).orElseThrow();
    }

    boolean fits(Rate rate) {
      return rate.of().fits(ask.trigger.id(), ask.trigger.lane(), what());
    }
  }

  /** What waits: the command, or what goes out instead of it. */
  private record Queued(Ask ask, int arrival, boolean instead) {
    Intervention what() {
      return (instead ? ask.fallback : ask.what).orElseThrow();
    }

    boolean fits(Rate rate) {
      return rate.of().fits(ask.trigger.id(), ask.trigger.lane(), what());
    }
  }

  private static final Comparator<Queued> BY_PRIORITY =
      Comparator.comparing((Queued q) -> -q.ask.trigger.priority()).thenComparing(q -> q.arrival);

  /** Requests in the order in which they are to be taken. */
  static List<Ask> inOrder(List<Ask> asks) {
    return asks.stream()
        .sorted(
            Comparator.comparingLong((Ask ask) -> ask.request.atMs())
                .thenComparing(ask -> ask.isSpend() ? 0 : 1)
                .thenComparing(ask -> ask.trigger.lane() == Lane.SERVICE ? 0 : 1)
                .thenComparing(ask -> -ask.trigger.priority())
                .thenComparing(ask -> ask.trigger.id(), NaiveOracle::compareCodePoints)
                .thenComparing(ask -> ask.request.command().user(), NaiveOracle::compareCodePoints)
                .thenComparing(ask -> episode(ask), NaiveOracle::compareCodePoints)
                .thenComparing(ask -> ask.request.command().step()))
        .toList();
  }

  private static String episode(Ask ask) {
    String match = ask.request.command().match();
    return (match.isEmpty() ? "" : match + "/") + ask.request.command().anchor();
  }

  /** What becomes of {@code asks}, to the end. */
  Outcome.Shared run(List<Ask> asks) {
    for (Ask ask : asks) {
      passUntil(ask.request.atMs());
      if (ask.isSpend()) {
        spend(ask);
      } else {
        revoke(ask);
      }
    }
    passUntil(Long.MAX_VALUE);
    return new Outcome.Shared(decisions, commands, counts);
  }

  /** Handles every instant before {@code until} at which something waits for it. */
  private void passUntil(long until) {
    while (true) {
      OptionalLong due = nextDue();
      if (due.isEmpty() || due.getAsLong() >= until) {
        return;
      }
      pass(due.getAsLong());
    }
  }

  private OptionalLong nextDue() {
    OptionalLong next = OptionalLong.empty();
    for (Queued queued : queue) {
      long over = queued.ask.request.sendUntilMs() + 1;
      long due = Math.min(over, roomFor(queued));
      next = OptionalLong.of(Math.min(next.orElse(due), due));
    }
    return next;
  }

  /** When all rates it waits for have room if nothing else goes out. */
  private long roomFor(Queued queued) {
    long room = Long.MIN_VALUE;
    for (Rate rate : policy.rates()) {
      if (rate.queues() && queued.fits(rate)) {
        List<Long> times =
            spent.stream()
                .filter(s -> s.fits(rate))
                .map(Spent::atMs)
                .sorted(Comparator.reverseOrder())
                .toList();
        if (times.size() >= rate.atMost()) {
          room = Math.max(room, times.get(rate.atMost() - 1) + rate.perMs());
        }
      }
    }
    return room;
  }

  /** Gives up on what waited too long, then lets out what there is room for. */
  private void pass(long now) {
    expire(now);
    walk(now);
    limit(now);
  }

  private void expire(long now) {
    List<Queued> over =
        queue.stream()
            .filter(q -> q.ask.request.sendUntilMs() < now)
            .sorted(
                Comparator.comparing((Queued q) -> q.ask.request.sendUntilMs())
                    .thenComparing(BY_PRIORITY))
            .toList();
    queue.removeAll(over);
    over.forEach(
        q -> {
          saw("queued, then RATE");
          refuse(q, now, "RATE");
        });
  }

  private void spend(Ask ask) {
    long now = ask.request.atMs();
    expire(now);
    Queued fresh = new Queued(ask, arrivals++, false);
    queue.add(fresh);
    // It stands in its place, but is looked at even where there is no room.
    while (true) {
      Optional<Queued> next =
          queue.stream().filter(q -> q.equals(fresh) || roomFor(q) <= now).min(BY_PRIORITY);
      if (next.isEmpty()) {
        break;
      }
      queue.remove(next.get());
      boolean waits = !decide(next.get(), now);
      if (next.get().equals(fresh)) {
        if (waits) {
          counts.merge("QUEUED", 1, Integer::sum);
        }
        walk(now);
        break;
      }
    }
    limit(now);
  }

  /** Of more than may wait for a rate, the last give up. */
  private void limit(long now) {
    for (Rate rate : policy.rates()) {
      while (queue.stream().filter(q -> rate.queues() && q.fits(rate)).count()
          > rate.mostQueued()) {
        Queued last = queue.stream().filter(q -> q.fits(rate)).max(BY_PRIORITY).orElseThrow();
        queue.remove(last);
        saw("RATE for want of room in the queue");
        refuse(last, now, "RATE");
      }
    }
  }

  private void walk(long now) {
    while (true) {
      Optional<Queued> next = queue.stream().filter(q -> roomFor(q) <= now).min(BY_PRIORITY);
      if (next.isEmpty()) {
        return;
      }
      queue.remove(next.get());
      decide(next.get(), now);
    }
  }

  /** Budget first, then rates; false if it waits. */
  private boolean decide(Queued queued, long now) {
    if (!queued.instead && !canPay(queued, now)) {
      if (queued.ask.fallback.isEmpty()) {
        refuse(queued, now, "BUDGET");
        return true;
      }
      return byRates(new Queued(queued.ask, queued.arrival, true), now);
    }
    return byRates(queued, now);
  }

  private boolean byRates(Queued queued, long now) {
    for (Rate rate : policy.rates()) {
      if (queued.fits(rate) && !rate.queues() && isFull(rate, now)) {
        saw("RATE at once");
        refuse(queued, now, "RATE");
        return true;
      }
    }
    if (roomFor(queued) > now) {
      queue.add(queued);
      return false;
    }
    spent.add(new Spent(queued.ask, queued.instead, now));
    saw(
        (queued.ask.request.atMs() < now ? "queued, then ISSUED" : "shared ISSUED")
            + (queued.instead ? " as its fallback" : ""));
    String detail =
        queued.instead
            ? "fallback=" + queued.what().kind().name().toLowerCase(Locale.ROOT)
            : queued.ask.request.decision().orElseThrow().detail();
    decisions.add(queued.ask.request.decision().orElseThrow().as(now, "ISSUED", detail));
    Outcome.Sent command =
        queued.instead ? queued.ask.request.fallback().orElseThrow() : queued.ask.request.command();
    commands.add(command.at(now));
    if (queued.instead) {
      counts.merge("FALLBACKS", 1, Integer::sum);
    }
    return true;
  }

  private boolean isFull(Rate rate, long now) {
    return spent.stream().filter(s -> s.fits(rate) && s.atMs > now - rate.perMs()).count()
        >= rate.atMost();
  }

  private boolean canPay(Queued queued, long now) {
    Optional<Budget> of = queued.what().budget().flatMap(policy::budget);
    if (of.isEmpty()) {
      return true;
    }
    Budget budget = of.get();
    BigDecimal cost = queued.what().cost().orElseThrow();
    LocalDate today = date(now, budget.zone());
    return within(budget, cost, budget.total(), (then, at) -> true, today)
        && within(budget, cost, budget.perDay(), LocalDate::equals, today)
        && within(budget, cost, budget.perWeek(), NaiveBudget::isSameWeek, today)
        && within(
            budget,
            cost,
            budget.perMonth(),
            (a, b) -> a.withDayOfMonth(1).equals(b.withDayOfMonth(1)),
            today);
  }

  private static boolean isSameWeek(LocalDate a, LocalDate b) {
    return a.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR) == b.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR)
        && a.get(IsoFields.WEEK_BASED_YEAR) == b.get(IsoFields.WEEK_BASED_YEAR);
  }

  private static LocalDate date(long at, ZoneId zone) {
    return Instant.ofEpochMilli(at).atZone(zone).toLocalDate();
  }

  private boolean within(
      Budget budget,
      BigDecimal cost,
      Optional<BigDecimal> limit,
      BiPredicate<LocalDate, LocalDate> counts,
      LocalDate today) {
    if (limit.isEmpty()) {
      return true;
    }
    BigDecimal sum = cost;
    for (Spent s : spent) {
      if (s.what().budget().equals(Optional.of(budget.id()))
          && counts.test(date(s.atMs, budget.zone()), today)) {
        sum = sum.add(s.what().cost().orElseThrow());
      }
    }
    return sum.compareTo(limit.get()) <= 0;
  }

  private void refuse(Queued queued, long now, String reason) {
    String detail =
        queued.instead
            ? "fallback=" + queued.what().kind().name().toLowerCase(Locale.ROOT)
            : queued.ask.request.decision().orElseThrow().detail();
    decisions.add(queued.ask.request.decision().orElseThrow().as(now, reason, detail));
  }

  private void revoke(Ask ask) {
    long now = ask.request.atMs();
    Outcome.Sent cancel = ask.request.command();
    Optional<Queued> waiting = queue.stream().filter(q -> isOf(q.ask, cancel)).findFirst();
    if (waiting.isPresent()) {
      queue.remove(waiting.get());
      saw("revoked in the queue");
      decisions.add(
          waiting
              .get()
              .ask
              .request
              .decision()
              .orElseThrow()
              .as(now, "CANCELLED", "cancelled_by=" + ask.revokedBy));
      counts.merge("CANCELS_DROPPED", 1, Integer::sum);
    } else if (spent.stream().anyMatch(s -> isOf(s.ask, cancel))) {
      saw("revoked after the stage");
      commands.add(cancel);
    } else {
      saw("revoked, but refused by the stage");
      counts.merge("CANCELS_DROPPED", 1, Integer::sum);
    }
  }

  private static boolean isOf(Ask ask, Outcome.Sent cancel) {
    Outcome.Sent sent = ask.request.command();
    return sent.user().equals(cancel.user())
        && sent.trigger().equals(cancel.trigger())
        && sent.match().equals(cancel.match())
        && sent.anchor().equals(cancel.anchor())
        && sent.step() == cancel.step();
  }
}
