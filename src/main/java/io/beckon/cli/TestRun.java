// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.engine.Engine;
import io.beckon.engine.EngineOutput;
import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition;
import io.beckon.language.TestDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.plan.Plan;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.state.UserState;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What the engine made of a test's events, on a virtual clock.
 *
 * @param decisions in the order in which they came to be
 * @param commands in the order in which they came to be
 */
record TestRun(List<Decision> decisions, List<Command> commands) {
  TestRun {
    decisions = List.copyOf(decisions);
    commands = List.copyOf(commands);
  }

  /**
   * The plan that tests of {@code trigger} run: its job with no other trigger, replayed; a draft
   * runs as if it were live.
   */
  static Plan plan(JobDefinition job, TriggerDefinition trigger) {
    TriggerDefinition run = trigger.mode() == Mode.DRAFT ? live(trigger) : trigger;
    return Plan.compile(job.replayed().withTriggers(List.of(run)));
  }

  private static TriggerDefinition live(TriggerDefinition draft) {
    return new TriggerDefinition(
        draft.id(),
        draft.version(),
        draft.span(),
        draft.owner(),
        draft.description(),
        Mode.LIVE,
        draft.active(),
        draft.lane(),
        draft.priority(),
        draft.when(),
        draft.urgent(),
        draft.maxInstances(),
        draft.audience(),
        draft.cancelOn(),
        draft.cooldown(),
        draft.expiresInMs(),
        draft.goalWithinMs(),
        draft.then());
  }

  /**
   * Runs {@code test} as a bounded input: each event or update is read at the watermark that a
   * single source would have by then, everything due is handled before it, in order; at the end the
   * watermark goes to {@code until} (later events are not read) or, without it, on until nothing is
   * open.
   */
  static TestRun of(Plan plan, TestDefinition test) {
    return new Runner(plan, test).run();
  }

  private static final class Runner implements EngineOutput {
    private final Engine engine;
    private final TestDefinition test;
    private final UserState state;
    private final List<Decision> decisions = new ArrayList<>();
    private final List<Command> commands = new ArrayList<>();

    Runner(Plan plan, TestDefinition test) {
      this.engine = new Engine(plan);
      this.test = test;
      this.state = engine.newState(TestDefinition.USER);
    }

    TestRun run() {
      if (!test.profile().equals(new Slots(test.profile().type()))) {
        engine.profile(state, test.profile());
        // The start is a time of the author's: what is not over by then is watched for.
        engine.begin(state, test.startMs() - 1);
      }
      state.fixedSignals(test.signals());
      long latenessMs = engine.plan().job().time().latenessMs();
      long greatestMs = Long.MIN_VALUE;
      for (TestDefinition.Input input : test.inputs()) {
        long timeMs = timeMs(input);
        if (test.untilMs().isPresent() && timeMs > test.untilMs().getAsLong()) {
          continue;
        }
        greatestMs = Math.max(greatestMs, timeMs);
        long watermarkMs = greatestMs - latenessMs - 1;
        advance(watermarkMs);
        read(input, watermarkMs);
      }
      if (test.untilMs().isPresent()) {
        advance(test.untilMs().getAsLong());
      } else if (greatestMs != Long.MIN_VALUE) {
        advance(greatestMs);
        while (engine.isWaiting(state)) {
          step(engine.nextDeadline(state));
        }
      }
      return new TestRun(decisions, commands);
    }

    private static long timeMs(TestDefinition.Input input) {
      if (input instanceof TestDefinition.Updates update) {
        return update.timeMs();
      }
      return ((TestDefinition.Happens) input).event().timeMs();
    }

    private void read(TestDefinition.Input input, long watermarkMs) {
      if (input instanceof TestDefinition.Updates update) {
        engine.profile(
            state,
            update.profile(),
            OptionalLong.of(update.timeMs()),
            watermarkMs,
            watermarkMs,
            this);
      } else if (input instanceof TestDefinition.Happens happens) {
        engine.offer(state, happens.event(), watermarkMs, watermarkMs, this);
      }
    }

    private void advance(long watermarkMs) {
      long nextMs = engine.nextDeadline(state);
      while (nextMs <= watermarkMs) {
        step(nextMs);
        nextMs = engine.nextDeadline(state);
      }
      engine.advance(state, watermarkMs, watermarkMs, this);
    }

    private void step(long deadlineMs) {
      engine.advance(state, deadlineMs, deadlineMs, this);
      if (engine.nextDeadline(state) <= deadlineMs) {
        throw new IllegalStateException("a deadline at " + deadlineMs + " stayed after its time");
      }
    }

    @Override
    public void decision(Decision decision) {
      decisions.add(decision);
    }

    @Override
    public void command(Command command) {
      commands.add(command);
    }

    @Override
    public void late(Event event, long watermarkMs) {
      // A late event shows in what it changes.
    }

    @Override
    public void count(Counter counter) {
      // Tests look at decisions and commands.
    }

    @Override
    public void count(TriggerCounter counter, String trigger) {
      // Tests look at decisions and commands.
    }
  }
}
