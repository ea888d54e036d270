// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.budget.BudgetCounter;
import io.beckon.budget.BudgetOutput;
import io.beckon.budget.BudgetReplay;
import io.beckon.engine.EngineOutput;
import io.beckon.event.Event;
import io.beckon.plan.Plan;
import io.beckon.plan.TriggerPlan;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Outcome;
import io.beckon.policy.Reason;
import io.beckon.wire.DeadLetter;
import io.beckon.wire.DeadLetterReason;
import io.beckon.wire.JsonLines;
import io.beckon.wire.RunSummary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Writes and counts the results of a backtest. */
final class BacktestOutput implements EngineOutput, BudgetOutput {
  /** A count for each constant of an enum. */
  private static final class Tally<E extends Enum<E>> {
    private final EnumMap<E, long[]> counts;

    Tally(Class<E> type) {
      this.counts = new EnumMap<>(type);
      for (E each : type.getEnumConstants()) {
        counts.put(each, new long[1]);
      }
    }

    void add(E each) {
      counts.computeIfAbsent(each, absent -> new long[1])[0]++;
    }

    void put(Map<String, Long> all, Function<E, String> name) {
      counts.forEach((each, count) -> all.put(name.apply(each), count[0]));
    }
  }

  /** What is counted of one trigger. */
  private static final class OfTrigger {
    final Tally<TriggerCounter> counters = new Tally<>(TriggerCounter.class);
    final Tally<Reason> reasons = new Tally<>(Reason.class);
    final Tally<Reason> later = new Tally<>(Reason.class);
    final Map<String, Long> outcomes = new HashMap<>();
    final Map<String, Long> spent = new HashMap<>();
    final Tally<Command.Action> actions = new Tally<>(Command.Action.class);
    long deferred;
    long open;
    long held;
    long queued;
    long followed;

    void add(Decision decision) {
      if (!decision.reason().isFinal()) {
        deferred++;
      } else {
        (decision.step() == 1 ? reasons : later).add(decision.reason());
      }
    }

    void put(Map<String, Long> all, String id) {
      counters.put(all, counter -> RunSummary.of(counter, id));
      reasons.put(all, reason -> RunSummary.of(reason, id));
      actions.put(all, action -> RunSummary.of(action, id));
      later.put(all, reason -> RunSummary.later(reason, id));
      for (Outcome.Assignment assignment : Outcome.Assignment.values()) {
        all.put(RunSummary.of(assignment, true, id), 0L);
        all.put(RunSummary.of(assignment, false, id), 0L);
      }
      all.putAll(outcomes);
      all.putAll(spent);
      all.put(RunSummary.deferred(id), deferred);
      all.put(RunSummary.open(id), open);
      all.put(RunSummary.held(id), held);
      all.put(RunSummary.queued(id), queued);
      all.put(RunSummary.followed(id), followed);
    }
  }

  private final BacktestFiles files;
  private final Backtest.Observer observer;
  private final JsonLines json = new JsonLines();
  private final Map<String, OfTrigger> byTrigger = new HashMap<>();
  private final Tally<Counter> counters = new Tally<>(Counter.class);
  private final Tally<BudgetCounter> budgetCounters = new Tally<>(BudgetCounter.class);
  private final Tally<DeadLetterReason> deadLetters = new Tally<>(DeadLetterReason.class);
  private final BudgetReplay shared;
  long read;
  long admitted;
  long afterUntil;
  long users;

  BacktestOutput(Plan plan, BacktestFiles files, Backtest.Observer observer) {
    this.files = files;
    this.observer = observer;
    this.shared = new BudgetReplay(plan.job().policy(), this);
    for (TriggerPlan trigger : plan.triggers()) {
      byTrigger.put(trigger.id(), new OfTrigger());
    }
  }

  private OfTrigger of(String trigger) {
    OfTrigger counted = byTrigger.get(trigger);
    if (counted == null) {
      throw new IllegalStateException("no such trigger: " + trigger);
    }
    return counted;
  }

  private void write(BacktestFiles.Lines lines, byte[] line) {
    try {
      files.write(lines, line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void decision(Decision decision) {
    of(decision.trigger()).add(decision);
    write(BacktestFiles.Lines.DECISIONS, json.decision(decision));
    observer.decision(decision);
  }

  @Override
  public void command(Command command) {
    OfTrigger counted = of(command.trigger());
    counted.actions.add(command.action());
    RunSummary.spent(command).ifPresent(name -> counted.spent.merge(name, 1L, Long::sum));
    write(BacktestFiles.Lines.COMMANDS, json.command(command));
    observer.command(command);
  }

  @Override
  public void outcome(Outcome outcome) {
    of(outcome.trigger()).outcomes.merge(RunSummary.of(outcome), 1L, Long::sum);
    write(BacktestFiles.Lines.OUTCOMES, json.outcome(outcome));
    observer.outcome(outcome);
  }

  @Override
  public void request(BudgetRequest request) {
    shared.add(request);
  }

  /** All users have come to {@code watermarkMs}: what they share is decided up to there. */
  void passed(long watermarkMs) {
    shared.advance(watermarkMs);
  }

  @Override
  public void count(BudgetCounter counter) {
    budgetCounters.add(counter);
  }

  @Override
  public void late(Event event, long watermarkMs) {
    write(BacktestFiles.Lines.LATE, json.late(event, watermarkMs));
  }

  void deadLetter(DeadLetter letter) {
    deadLetters.add(letter.reason());
    write(BacktestFiles.Lines.DEAD_LETTERS, json.deadLetter(letter));
  }

  @Override
  public void count(Counter counter) {
    counters.add(counter);
  }

  @Override
  public void count(TriggerCounter counter, String trigger) {
    of(trigger).counters.add(counter);
    observer.count(counter, trigger);
  }

  /** What is left of a trigger when the input has ended. */
  void left(String trigger, long open, long held, long followed) {
    OfTrigger counted = of(trigger);
    counted.open = open;
    counted.held = held;
    counted.followed = followed;
  }

  /** Counts what waits for a rate when the input has ended. */
  void countQueued() {
    shared.forEachWaiting(
        (trigger, step) -> {
          if (step == 1) {
            of(trigger).queued++;
          }
        });
  }

  /** Everything counted, by the names of {@link RunSummary}. */
  Map<String, Long> counters() {
    Map<String, Long> all = new TreeMap<>();
    all.put(RunSummary.READ, read);
    all.put(RunSummary.ADMITTED, admitted);
    all.put(RunSummary.FILTERED, read - admitted);
    all.put(RunSummary.AFTER_UNTIL, afterUntil);
    all.put(RunSummary.USERS, users);
    counters.put(all, RunSummary::of);
    budgetCounters.put(all, RunSummary::of);
    deadLetters.put(all, RunSummary::deadLetters);
    byTrigger.forEach((id, counted) -> counted.put(all, id));
    return all;
  }
}
