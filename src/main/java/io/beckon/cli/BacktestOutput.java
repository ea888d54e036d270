// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.engine.EngineOutput;
import io.beckon.event.Event;
import io.beckon.plan.Plan;
import io.beckon.plan.TriggerPlan;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
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
final class BacktestOutput implements EngineOutput {
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
    final Tally<Command.Action> actions = new Tally<>(Command.Action.class);
    long open;

    void put(Map<String, Long> all, String id) {
      counters.put(all, counter -> RunSummary.of(counter, id));
      reasons.put(all, reason -> RunSummary.of(reason, id));
      actions.put(all, action -> RunSummary.of(action, id));
      all.put(RunSummary.open(id), open);
    }
  }

  private final BacktestFiles files;
  private final Backtest.Observer observer;
  private final JsonLines json = new JsonLines();
  private final Map<String, OfTrigger> byTrigger = new HashMap<>();
  private final Tally<Counter> counters = new Tally<>(Counter.class);
  private final Tally<DeadLetterReason> deadLetters = new Tally<>(DeadLetterReason.class);
  long read;
  long admitted;
  long afterUntil;
  long users;

  BacktestOutput(Plan plan, BacktestFiles files, Backtest.Observer observer) {
    this.files = files;
    this.observer = observer;
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
    of(decision.trigger()).reasons.add(decision.reason());
    write(BacktestFiles.Lines.DECISIONS, json.decision(decision));
    observer.decision(decision);
  }

  @Override
  public void command(Command command) {
    of(command.trigger()).actions.add(command.action());
    write(BacktestFiles.Lines.COMMANDS, json.command(command));
    observer.command(command);
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

  void open(String trigger, long count) {
    of(trigger).open = count;
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
    deadLetters.put(all, RunSummary::deadLetters);
    byTrigger.forEach((id, counted) -> counted.put(all, id));
    return all;
  }
}
