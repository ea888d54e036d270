// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.budget.BudgetCounter;
import io.beckon.budget.BudgetOutput;
import io.beckon.budget.BudgetReplay;
import io.beckon.budget.BudgetStage;
import io.beckon.engine.Engine;
import io.beckon.engine.EngineOutput;
import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.language.Intervention;
import io.beckon.language.Intervention.Variant;
import io.beckon.language.JobDefinition;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.TestDefinition;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.TriggerDefinition.Mode;
import io.beckon.language.TriggerDefinition.Step;
import io.beckon.plan.Plan;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Outcome;
import io.beckon.state.UserState;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the engine made of a test's events, on a virtual clock.
 *
 * @param decisions in the order in which they came to be
 * @param commands in the order in which they came to be
 * @param outcomes in the order in which they came to be
 */
record TestRun(List<Decision> decisions, List<Command> commands, List<Outcome> outcomes) {
  TestRun {
    decisions = List.copyOf(decisions);
    commands = List.copyOf(commands);
    outcomes = List.copyOf(outcomes);
  }

  /**
   * The plan that {@code test} runs: its trigger's job with no other trigger, replayed; a draft
   * runs as if it were live. Nothing is left to a draw: the user is held out of everything or of
   * nothing, gets the variant that the test names, and nothing is spread.
   */
  static Plan plan(JobDefinition job, TriggerDefinition trigger, TestDefinition test) {
    TriggerDefinition run = trigger.mode() == Mode.DRAFT ? trigger.withMode(Mode.LIVE) : trigger;
    TriggerDefinition drawn =
        run.withHoldout(BigDecimal.ZERO)
            .withSteps(run.steps().stream().map(step -> drawn(step, test)).toList());
    PolicyDefinition policy =
        job.policy()
            .withHoldout(test.forcesHoldout() ? BigDecimal.ONE : BigDecimal.ZERO)
            .withoutSpread();
    return Plan.compile(job.replayed().withPolicy(policy).withTriggers(List.of(drawn)));
  }

  private static Step drawn(Step step, TestDefinition test) {
    Intervention intervention = step.intervention();
    List<Variant> variants = intervention.variants();
    Optional<Variant> named =
        variants.stream().filter(v -> test.variant().equals(Optional.of(v.name()))).findFirst();
    Optional<Variant> chosen =
        named.or(() -> variants.stream().filter(v -> v.weight() > 0).findFirst());
    return new Step(
        intervention.withVariants(
            variants.stream()
                .map(
                    v ->
                        new Variant(
                            v.name(), chosen.equals(Optional.of(v)) ? 1 : 0, v.intervention()))
                .toList()),
        step.condition(),
        step.waitMs());
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

  private static final class Runner implements EngineOutput, BudgetOutput {
    private final Engine engine;
    private final TestDefinition test;
    private final UserState state;
    private final List<Decision> decisions = new ArrayList<>();
    private final List<Command> commands = new ArrayList<>();
    private final List<Outcome> outcomes = new ArrayList<>();
    private final BudgetReplay shared;

    Runner(Plan plan, TestDefinition test) {
      this.engine = new Engine(plan);
      this.test = test;
      this.state = engine.newState(TestDefinition.USER);
      this.shared = new BudgetReplay(plan.job().policy(), this);
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
        while (engine.isWaiting(state) || shared.nextDueMs() != BudgetStage.NOTHING_DUE) {
          long userMs = engine.isWaiting(state) ? engine.nextDeadline(state) : Engine.NO_DEADLINE;
          advance(Math.min(userMs, shared.nextDueMs()));
        }
      }
      return new TestRun(decisions, commands, outcomes);
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
      shared.advance(watermarkMs);
    }

    private void step(long deadlineMs) {
      shared.advance(deadlineMs - 1);
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
    public void outcome(Outcome outcome) {
      outcomes.add(outcome);
    }

    @Override
    public void request(BudgetRequest request) {
      shared.add(request);
    }

    @Override
    public void count(BudgetCounter counter) {
      // Tests look at what comes out.
    }

    @Override
    public void late(Event event, long watermarkMs) {
      // A late event shows in what it changes.
    }

    @Override
    public void count(Counter counter) {
      // Tests look at what comes out.
    }

    @Override
    public void count(TriggerCounter counter, String trigger) {
      // Tests look at what comes out.
    }
  }
}
