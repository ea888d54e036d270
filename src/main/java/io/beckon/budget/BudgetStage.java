// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.budget;

import io.beckon.language.Intervention.Kind;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.PolicyDefinition.Budget;
import io.beckon.language.PolicyDefinition.Rate;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.BudgetRequest.Erase;
import io.beckon.policy.BudgetRequest.Revoke;
import io.beckon.policy.BudgetRequest.Spend;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import io.beckon.policy.Reason;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.ObjIntConsumer;

/**
 * Decides what all users share: whether a command's budget can pay for it and its rates have room.
 * Budgets are never overspent by a cent, and no window of a rate ever holds more than it may.
 * Commands that find a rate full wait, by priority, then by arrival. Not thread-safe; time is an
 * argument.
 *
 * <p>A command that need not wait is decided as of its own send time, by which everything else
 * about it was judged, also where the stage's clock is a little ahead: that of a live job is moved
 * by other subtasks and by timers. What has waited is decided as of the stage's clock.
 *
 * <p>A request costs O(log n) in the number of commands that wait, and as much again for each one
 * that it sets free; beside that, no more than the number of different sets of rates.
 */
public final class BudgetStage {
  /** What {@link #nextDueMs} says if nothing waits. */
  public static final long NOTHING_DUE = Long.MAX_VALUE;

  private final Map<String, Budget> budgets = new HashMap<>();
  private final List<RateWindow> windows = new ArrayList<>();
  private final Map<String, Spending> spendings = new TreeMap<>();

  /** Which rates concern what, as far as it was asked. */
  private final Map<Subject, RateSet> bySubject = new HashMap<>();

  private final Map<List<RateWindow>, RateSet> sets = new HashMap<>();
  private final TreeSet<Waiting> byEnd = new TreeSet<>(Waiting.BY_END);
  private final Map<UUID, Waiting> waitingById = new HashMap<>();
  private final Map<UUID, Issued> issuedById = new HashMap<>();
  private final PriorityQueue<Issued> issuedByEnd = new PriorityQueue<>(Issued.BY_END);
  private long clockMs = Long.MIN_VALUE;
  private long arrivals;

  /** What a rate may be about. */
  private record Subject(String trigger, Lane lane, Kind kind, Optional<String> channel) {
    static Subject of(Command command) {
      return new Subject(command.trigger(), command.lane(), command.kind(), command.channel());
    }
  }

  /** A stage that has seen nothing yet. */
  public BudgetStage(PolicyDefinition policy) {
    for (Budget budget : policy.budgets()) {
      budgets.put(budget.id(), budget);
      spendings.put(budget.id(), new Spending());
    }
    for (Rate rate : policy.rates()) {
      windows.add(new RateWindow(rate));
    }
  }

  /** Whether a job of {@code policy} needs a stage. */
  public static boolean isNeededBy(PolicyDefinition policy) {
    return !policy.budgets().isEmpty() || !policy.rates().isEmpty();
  }

  /**
   * Takes a request. What was due before it is handled first, each at its instant. A spend enters
   * the queue at its place, and the queue is walked: it does not overtake what waits for the same.
   */
  public void offer(BudgetRequest request, BudgetOutput output) {
    advanceBefore(request.atMs(), output);
    clockMs = Math.max(clockMs, request.atMs());
    forgetIssued();
    if (request instanceof Spend spend) {
      expire(output);
      Waiting fresh = new Waiting(spend, arrivals++, Optional.empty(), ratesOf(spend.command()));
      walk(Optional.of(fresh), output);
      limitQueues(output);
    } else if (request instanceof Revoke revoke) {
      revoke(revoke.cancel(), output);
    } else if (request instanceof Erase erase) {
      erase(erase.user());
    }
  }

  /** Handles everything due by {@code nowMs}, each at its instant: of a replay. */
  public void advance(long nowMs, BudgetOutput output) {
    if (nowMs != Long.MAX_VALUE) {
      advanceBefore(nowMs + 1, output);
      clockMs = Math.max(clockMs, nowMs);
      forgetIssued();
    }
  }

  /**
   * Handles everything due by {@code nowMs}, all of it now: of a live job, in which nothing is sent
   * in the past, however late its timer is.
   */
  public void release(long nowMs, BudgetOutput output) {
    clockMs = Math.max(clockMs, nowMs);
    forgetIssued();
    step(output);
  }

  private void advanceBefore(long beforeMs, BudgetOutput output) {
    for (long dueMs = nextDueMs(); dueMs < beforeMs; dueMs = nextDueMs()) {
      clockMs = Math.max(clockMs, dueMs);
      step(output);
    }
  }

  private void step(BudgetOutput output) {
    expire(output);
    walk(Optional.empty(), output);
    limitQueues(output);
  }

  /**
   * The earliest time at which {@link #advance} has something to do as long as no request comes:
   * room for one that waits, or the end of its time; {@link #NOTHING_DUE} if nothing waits.
   */
  public long nextDueMs() {
    if (byEnd.isEmpty()) {
      return NOTHING_DUE;
    }
    long dueMs = pastEnd(byEnd.first());
    for (RateSet set : sets.values()) {
      if (!set.queue().isEmpty()) {
        dueMs = Math.min(dueMs, set.roomAtMs());
      }
    }
    return Math.max(dueMs, clockMs);
  }

  private static long pastEnd(Waiting waiting) {
    long untilMs = waiting.spend().sendUntilMs();
    return untilMs == Long.MAX_VALUE ? untilMs : untilMs + 1;
  }

  /** How far its clock has come; {@link Long#MIN_VALUE} if it has not begun. */
  public long clockMs() {
    return clockMs;
  }

  /** How many commands wait. */
  public int waiting() {
    return byEnd.size();
  }

  /** How many commands that went out could still be revoked. */
  public int remembered() {
    return issuedById.size();
  }

  /**
   * A limit of a budget.
   *
   * @param period {@code total}, {@code day}, {@code week} or {@code month}
   * @param left negative if the limit was lowered below what was spent
   */
  public record Left(String budget, String period, BigDecimal limit, BigDecimal left) {}

  /** What is left of every limit at {@code nowMs}, in the order of the budgets' ids. */
  public List<Left> left(long nowMs) {
    List<Left> all = new ArrayList<>();
    spendings.forEach(
        (id, spending) -> {
          Budget budget = budgets.get(id);
          if (budget != null) {
            all.addAll(spending.left(budget, nowMs));
          }
        });
    return all;
  }

  /** Tells the trigger and step of each command that waits. */
  public void forEachWaiting(ObjIntConsumer<String> taker) {
    for (Waiting waiting : byEnd) {
      taker.accept(waiting.spend().command().trigger(), waiting.spend().command().step());
    }
  }

  // --- Rates

  private RateSet ratesOf(Command command) {
    Subject subject = Subject.of(command);
    RateSet known = bySubject.get(subject);
    if (known != null) {
      return known;
    }
    List<RateWindow> fitting =
        windows.stream()
            .filter(
                window ->
                    window
                        .rate()
                        .of()
                        .fits(subject.trigger, subject.lane, subject.kind, subject.channel))
            .toList();
    RateSet set = sets.computeIfAbsent(fitting, RateSet::new);
    bySubject.put(subject, set);
    return set;
  }

  // --- The queue

  /** Decides in order whoever can move, {@code fresh} in its place whether it can or not. */
  private void walk(Optional<Waiting> fresh, BudgetOutput output) {
    Optional<Waiting> stillFresh = fresh;
    while (true) {
      Optional<Waiting> next = firstMovable();
      if (stillFresh.isPresent()
          && (next.isEmpty() || Waiting.ORDER.compare(stillFresh.get(), next.get()) < 0)) {
        place(stillFresh.get(), output);
        stillFresh = Optional.empty();
      } else if (next.isPresent()) {
        leave(next.get());
        decide(next.get(), clockMs, output);
      } else {
        return;
      }
    }
  }

  private Optional<Waiting> firstMovable() {
    if (byEnd.isEmpty()) {
      return Optional.empty();
    }
    Optional<Waiting> first = Optional.empty();
    for (RateSet set : sets.values()) {
      if (!set.queue().isEmpty() && set.roomAtMs() <= clockMs) {
        Waiting candidate = set.queue().first();
        if (first.isEmpty() || Waiting.ORDER.compare(candidate, first.get()) < 0) {
          first = Optional.of(candidate);
        }
      }
    }
    return first;
  }

  /** Decides one that has just come, as of its own time if it can be. */
  private void place(Waiting fresh, BudgetOutput output) {
    long atMs = fresh.spend().atMs();
    decide(fresh, fresh.rates().knows(atMs) ? atMs : clockMs, output);
    if (waitingById.containsKey(fresh.spend().command().id())) {
      output.count(BudgetCounter.QUEUED);
    }
  }

  /** Budget first; then rates: who finds one full is dropped or waits. */
  private void decide(Waiting waiting, long atMs, BudgetOutput output) {
    Optional<List<Fact>> empty = refusedByBudget(waiting, atMs);
    if (empty.isPresent()) {
      Optional<Command> fallback = waiting.spend().fallback();
      if (fallback.isEmpty()) {
        refuse(waiting, Reason.BUDGET, atMs, empty.get(), output);
        return;
      }
      Waiting instead =
          new Waiting(waiting.spend(), waiting.arrival(), empty, ratesOf(fallback.get()));
      byRates(instead, instead.rates().knows(atMs) ? atMs : clockMs, output);
      return;
    }
    byRates(waiting, atMs, output);
  }

  private Optional<List<Fact>> refusedByBudget(Waiting waiting, long atMs) {
    if (waiting.emptied().isPresent()) {
      return Optional.empty();
    }
    Command command = waiting.spend().command();
    Budget budget = command.budget().map(budgets::get).orElse(null);
    if (budget == null) {
      return Optional.empty();
    }
    return spending(budget).refuses(budget, command.cost().orElseThrow(), atMs);
  }

  private Spending spending(Budget budget) {
    return spendings.computeIfAbsent(budget.id(), id -> new Spending());
  }

  private void byRates(Waiting waiting, long atMs, BudgetOutput output) {
    Optional<RateWindow> drops = waiting.rates().dropsAt(atMs);
    if (drops.isPresent()) {
      refuse(waiting, Reason.RATE, atMs, drops.get().facts(), output);
      return;
    }
    Optional<RateWindow> queues = waiting.rates().queuesAt(atMs);
    long earliestMs = queues.isPresent() ? clockMs : atMs;
    if (waiting.spend().sendUntilMs() < earliestMs) {
      refuse(waiting, Reason.RATE, earliestMs, until(waiting, queues), output);
    } else if (queues.isPresent()) {
      enter(waiting);
    } else {
      issue(waiting, atMs, output);
    }
  }

  private void enter(Waiting waiting) {
    waiting.rates().enqueue(waiting);
    byEnd.add(waiting);
    waitingById.put(waiting.spend().command().id(), waiting);
  }

  private void leave(Waiting waiting) {
    waiting.rates().remove(waiting);
    byEnd.remove(waiting);
    waitingById.remove(waiting.spend().command().id(), waiting);
  }

  /** Gives up on those whose time is over. */
  private void expire(BudgetOutput output) {
    while (!byEnd.isEmpty() && byEnd.first().spend().sendUntilMs() < clockMs) {
      Waiting over = byEnd.first();
      leave(over);
      refuse(over, Reason.RATE, clockMs, until(over, over.rates().holds()), output);
    }
  }

  /** Of more than may wait for a rate, the last give up. */
  private void limitQueues(BudgetOutput output) {
    for (RateWindow window : windows) {
      while (window.waiting > window.rate().mostQueued()) {
        Waiting last =
            sets.values().stream()
                .filter(set -> set.isQueueFor(window) && !set.queue().isEmpty())
                .map(set -> set.queue().last())
                .max(Waiting.ORDER)
                .orElseThrow();
        leave(last);
        List<Fact> facts = window.facts();
        facts.add(new Fact.Whole("max_queue", window.rate().mostQueued()));
        if (last.spend().atMs() < clockMs) {
          facts.add(queuedSince(last));
        }
        refuse(last, Reason.RATE, clockMs, facts, output);
      }
    }
  }

  private static Fact queuedSince(Waiting waiting) {
    return new Fact.At("queued_since", waiting.spend().atMs());
  }

  private static List<Fact> until(Waiting waiting, Optional<RateWindow> window) {
    List<Fact> facts = new ArrayList<>(window.map(RateWindow::facts).orElse(List.of()));
    facts.add(queuedSince(waiting));
    facts.add(new Fact.At("queued_until", waiting.spend().sendUntilMs()));
    return facts;
  }

  // --- Decisions

  private void issue(Waiting waiting, long atMs, BudgetOutput output) {
    Spend spend = waiting.spend();
    Command command = waiting.command();
    List<Fact> facts = new ArrayList<>();
    if (waiting.emptied().isPresent()) {
      facts.add(new Fact.Text("fallback", lower(command.kind())));
      facts.addAll(waiting.emptied().get());
      output.count(BudgetCounter.FALLBACKS);
    } else {
      Optional<Budget> budget = command.budget().map(budgets::get);
      if (budget.isPresent()) {
        facts.addAll(
            spending(budget.get()).charge(budget.get(), command.cost().orElseThrow(), atMs));
      }
    }
    if (spend.atMs() < atMs) {
      facts.add(queuedSince(waiting));
    }
    waiting.rates().issued(atMs, clockMs);
    remember(
        new Issued(
            spend.command().id(),
            spend.rememberUntilMs(),
            waiting.emptied().isPresent()
                ? Optional.of(Issued.Instead.of(command))
                : Optional.empty()));
    output.decision(decided(spend.decision(), Reason.ISSUED, atMs, facts));
    output.command(command.sentAt(atMs));
  }

  private void refuse(
      Waiting waiting, Reason reason, long atMs, List<Fact> facts, BudgetOutput output) {
    List<Fact> all = new ArrayList<>(facts);
    if (waiting.emptied().isPresent()) {
      all.add(0, new Fact.Text("fallback", lower(waiting.command().kind())));
      all.addAll(waiting.emptied().get());
    }
    output.decision(decided(waiting.spend().decision(), reason, atMs, all));
  }

  private void revoke(Command cancel, BudgetOutput output) {
    Waiting waiting = waitingById.get(cancel.id());
    if (waiting != null) {
      leave(waiting);
      List<Fact> facts = new ArrayList<>(cancel.evidence());
      facts.add(queuedSince(waiting));
      output.decision(decided(waiting.spend().decision(), Reason.CANCELLED, clockMs, facts));
      output.count(BudgetCounter.CANCELS_DROPPED);
      return;
    }
    Issued issued = issuedById.remove(cancel.id());
    if (issued == null) {
      output.count(BudgetCounter.CANCELS_DROPPED);
      return;
    }
    output.command(issued.instead().map(instead -> instead.in(cancel)).orElse(cancel));
  }

  /** Seldom, so that what waits need not be found by its user. */
  private void erase(String user) {
    List.copyOf(byEnd).stream()
        .filter(waiting -> waiting.command().user().equals(user))
        .forEach(this::leave);
  }

  private static Decision decided(Decision asked, Reason reason, long atMs, List<Fact> facts) {
    List<Fact> compared = new ArrayList<>();
    for (Fact fact : asked.compared()) {
      if (facts.stream().noneMatch(own -> own.name().equals(fact.name()))) {
        compared.add(fact);
      }
    }
    compared.addAll(facts);
    return new Decision(
        asked.user(),
        asked.trigger(),
        asked.version(),
        asked.episode(),
        asked.step(),
        asked.momentTimeMs(),
        atMs,
        reason,
        asked.commandId(),
        asked.evidence(),
        compared);
  }

  private static String lower(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private void remember(Issued issued) {
    if (issued.untilMs() > clockMs) {
      issuedById.put(issued.id(), issued);
      issuedByEnd.add(issued);
    }
  }

  private void forgetIssued() {
    for (Issued first = issuedByEnd.peek();
        first != null && first.untilMs() <= clockMs;
        first = issuedByEnd.peek()) {
      issuedByEnd.remove();
      issuedById.remove(first.id(), first);
    }
  }

  // --- Bytes

  /**
   * All it knows as bytes, in chunks of some 64 KiB, the same for two stages that have seen the
   * same.
   */
  public List<byte[]> encode() {
    StageWriter writer = new StageWriter(clockMs);
    spendings.forEach(writer::spending);
    windows.stream()
        .filter(window -> !window.times().isEmpty())
        .sorted(Comparator.comparing(window -> window.rate().id()))
        .forEach(window -> writer.rate(window.rate().id(), window.times()));
    byEnd.stream().sorted(Comparator.comparingLong(Waiting::arrival)).forEach(writer::waiting);
    writer.issued(issuedById.values().stream().sorted(Issued.BY_END).toList());
    return writer.chunks();
  }

  /**
   * The stage of its bytes, from now on under {@code policy}: budgets and rates that it does not
   * have are forgotten, and new limits hold at once.
   *
   * @param chunks of {@link #encode}, in any order; no chunks are a stage that has seen nothing
   * @throws io.beckon.state.StateFormatException if they are damaged, not all there, or of a
   *     version this one does not know
   */
  public static BudgetStage decode(PolicyDefinition policy, Collection<byte[]> chunks) {
    BudgetStage stage = new BudgetStage(policy);
    new StageReader(stage.new Restore()).read(chunks);
    return stage;
  }

  /** Puts back what was read. */
  final class Restore {
    void clock(long timeMs) {
      clockMs = timeMs;
    }

    /** Of this budget; one that is thrown away if there is no such budget now. */
    Spending spending(String id) {
      Spending spending = spendings.get(id);
      return spending == null ? new Spending() : spending;
    }

    /** Of this rate; one that is thrown away if there is no such rate now. */
    IssueTimes times(String id) {
      for (RateWindow window : windows) {
        if (window.rate().id().equals(id)) {
          return window.times();
        }
      }
      return new IssueTimes();
    }

    void waiting(Spend spend, Optional<List<Fact>> emptied) {
      Command command = emptied.isPresent() ? spend.fallback().orElseThrow() : spend.command();
      enter(new Waiting(spend, arrivals++, emptied, ratesOf(command)));
    }

    void issued(Issued issued) {
      issuedById.put(issued.id(), issued);
      issuedByEnd.add(issued);
    }
  }
}
