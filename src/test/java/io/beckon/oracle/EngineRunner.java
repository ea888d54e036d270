// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.detect.Episode;
import io.beckon.engine.Engine;
import io.beckon.engine.EngineOutput;
import io.beckon.event.Event;
import io.beckon.language.When;
import io.beckon.plan.Plan;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.state.UserState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Runs a case through the engine in the case's {@link RunMode}, and checks on the way what must
 * hold of any run. Public, since it is also loaded a second time around changed engines.
 */
public final class EngineRunner implements Function<RandomCase, Outcome> {
  private static final long FOREVER_MS = 400_000L * 86_400_000L;
  private static final long YEARS_MS = 1_500L * 86_400_000L;

  /** A runner. */
  public EngineRunner() {}

  /**
   * What comes of {@code input}.
   *
   * @throws AssertionError if something does not hold that must hold of any run
   */
  @Override
  public Outcome apply(RandomCase input) {
    return new Run(input).run();
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  private static final class Run {
    private final RandomCase input;
    private final Engine engine;
    private final Random random;
    private final Map<String, UserState> states = new LinkedHashMap<>();
    private Collected collected = new Collected();

    Run(RandomCase input) {
      this.input = input;
      this.engine = new Engine(Plan.compile(input.job()));
      this.random = new Random(input.seed());
    }

    Outcome run() {
      long newest = Long.MIN_VALUE;
      for (Input read : input.stream()) {
        if (read instanceof Input.Updates update) {
          long watermark =
              newest == Long.MIN_VALUE ? newest : newest - input.job().time().latenessMs() - 1;
          engine.profile(
              state(update.user()),
              update.profile(),
              update.timeMs(),
              watermark,
              random.nextLong(),
              collected);
          step(update.user());
        }
        if (!(read instanceof Input.Happens happens)) {
          continue;
        }
        Event event = happens.what();
        newest = Math.max(newest, event.timeMs());
        long watermark = newest - input.job().time().latenessMs() - 1;
        if (input.mode() == RunMode.EAGER_ADVANCE) {
          List.copyOf(states.keySet()).forEach(user -> advanceEagerly(user, watermark));
        }
        if (!engine.listensTo(event.type())) {
          continue;
        }
        UserState state = state(event.user());
        Event offered =
            input.mode() == RunMode.LAZY
                ? engine.decodeEvent(event.user(), engine.encodeEvent(event))
                : event;
        engine.offer(state, offered, watermark, random.nextLong(), collected);
        step(event.user());
      }
      for (String user : List.copyOf(states.keySet())) {
        if (input.mode() == RunMode.EAGER_ADVANCE) {
          advanceEagerly(user, input.untilMs());
        } else {
          engine.advance(state(user), input.untilMs(), random.nextLong(), collected);
        }
        step(user);
      }
      Outcome outcome = outcome();
      checkNothingIsLeft();
      return outcome;
    }

    private UserState state(String user) {
      return states.computeIfAbsent(
          user,
          u -> {
            UserState state = engine.newState(u);
            if (input.profiles().containsKey(u)) {
              engine.profile(state, input.profiles().get(u));
            }
            return state;
          });
    }

    private void advanceEagerly(String user, long watermark) {
      long deadline = engine.nextDeadline(state(user));
      while (deadline <= watermark) {
        engine.advance(state(user), deadline, random.nextLong(), collected);
        step(user);
        long next = engine.nextDeadline(state(user));
        check(next > deadline, "after advancing to " + deadline + " the next deadline is " + next);
        deadline = next;
      }
      engine.advance(state(user), watermark, random.nextLong(), collected);
      step(user);
    }

    private void step(String user) {
      boolean encode =
          switch (input.mode()) {
            case PLAIN, LAZY, EAGER_ADVANCE -> false;
            case ENCODE_EACH_STEP -> true;
            case ENCODE_AT_RANDOM -> random.nextInt(4) == 0;
          };
      if (encode) {
        byte[] bytes = engine.encode(state(user));
        UserState decoded = engine.decode(user, bytes);
        check(
            Arrays.equals(engine.encode(decoded), bytes),
            "a state that was decoded is encoded differently");
        check(
            engine.nextDeadline(decoded) == engine.nextDeadline(state(user)),
            "a state that was decoded has another deadline");
        check(
            engine.isEmpty(decoded) == engine.isEmpty(state(user)),
            "a state that was decoded differs in being empty");
        states.put(user, decoded);
      }
    }

    private Outcome outcome() {
      Map<String, Integer> open = new TreeMap<>();
      for (UserState state : states.values()) {
        long[] counts = new long[engine.plan().triggers().size()];
        engine.countOpen(state, counts);
        for (int i = 0; i < counts.length; i++) {
          if (counts[i] > 0) {
            open.merge(engine.plan().triggers().get(i).id(), (int) counts[i], Integer::sum);
          }
        }
      }
      return collected.outcome(open);
    }

    /** After everything that could still happen, only profiles are left. */
    private void checkNothingIsLeft() {
      collected = new Collected();
      // Anniversaries never end.
      boolean endless =
          input.job().triggers().stream()
              .anyMatch(t -> t.when() instanceof When.Milestone date && date.yearly());
      for (Map.Entry<String, UserState> entry : states.entrySet()) {
        UserState state = entry.getValue();
        long overMs = input.untilMs() + (endless ? YEARS_MS : FOREVER_MS);
        engine.advance(state, overMs, random.nextLong(), collected);
        check(
            endless || engine.nextDeadline(state) == Engine.NO_DEADLINE,
            "a deadline is left when everything is over");
        boolean hasProfile =
            input.profiles().containsKey(entry.getKey())
                || input.stream().stream()
                    .anyMatch(
                        read ->
                            read instanceof Input.Updates update
                                && update.user().equals(entry.getKey()));
        check(hasProfile || engine.isEmpty(state), "a state is not empty when everything is over");
      }
      collected.outcome(Map.of());
    }
  }

  /** What an engine puts out. */
  private static final class Collected implements EngineOutput {
    private final List<Outcome.Judged> decisions = new ArrayList<>();
    private final List<Outcome.Sent> commands = new ArrayList<>();
    private final List<String> late = new ArrayList<>();
    private final Map<Counter, Integer> counts = new HashMap<>();
    private final Map<TriggerCounter, Map<String, Integer>> triggerCounts = new HashMap<>();
    private final Map<UUID, String> episodes = new HashMap<>();
    private final Map<UUID, Command.Action> commanded = new HashMap<>();

    @Override
    public void decision(Decision decision) {
      Outcome.Judged judged =
          new Outcome.Judged(
              decision.user(),
              decision.trigger(),
              match(decision.episode()),
              decision.episode().anchor(),
              decision.momentTimeMs(),
              decision.decisionTimeMs(),
              decision.reason().name());
      decisions.add(judged);
      identify(
          decision.commandId(),
          decision.user(),
          decision.trigger(),
          decision.episode(),
          decision.step());
    }

    @Override
    public void command(Command command) {
      commands.add(
          new Outcome.Sent(
              command.action().name(),
              command.user(),
              command.trigger(),
              match(command.episode()),
              command.episode().anchor(),
              command.momentTimeMs(),
              command.params().stream()
                  .map(param -> param.name() + "=" + Outcome.text(param.value()))
                  .collect(Collectors.joining(" "))));
      identify(command.id(), command.user(), command.trigger(), command.episode(), command.step());
      Command.Action before = commanded.put(command.id(), command.action());
      check(
          command.action() == Command.Action.ISSUE
              ? before == null
              : before == Command.Action.ISSUE,
          "commands are issued once and then cancelled once: " + command);
    }

    /** One episode and step, one id; another, another. */
    private void identify(UUID id, String user, String trigger, Episode episode, int step) {
      String what = user + " " + trigger + " " + episode.text() + " " + step;
      String known = episodes.putIfAbsent(id, what);
      check(known == null || known.equals(what), "one id for " + known + " and " + what);
      check(
          episodes.values().stream().filter(what::equals).count() == 1, "several ids for " + what);
    }

    private static String match(Episode episode) {
      return episode.match().stream()
          .map(value -> value.value().toString())
          .collect(Collectors.joining(","));
    }

    @Override
    public void late(Event event, long watermarkMs) {
      check(event.timeMs() <= watermarkMs, "late, but after the watermark");
      late.add(event.id());
    }

    @Override
    public void count(Counter counter) {
      counts.merge(counter, 1, Integer::sum);
    }

    @Override
    public void count(TriggerCounter counter, String trigger) {
      triggerCounts.computeIfAbsent(counter, c -> new TreeMap<>()).merge(trigger, 1, Integer::sum);
    }

    private Map<String, Integer> of(TriggerCounter counter) {
      return triggerCounts.getOrDefault(counter, Map.of());
    }

    Outcome outcome(Map<String, Integer> open) {
      Map<String, Integer> decided = new TreeMap<>();
      decisions.forEach(d -> decided.merge(d.trigger(), 1, Integer::sum));
      check(
          decided.equals(of(TriggerCounter.MOMENTS)),
          "moments " + of(TriggerCounter.MOMENTS) + " but decisions " + decided);
      check(
          counts.getOrDefault(Counter.LATE_EVENTS, 0) == late.size(),
          "late events are counted and put out alike");
      return new Outcome(
          List.copyOf(decisions),
          List.copyOf(commands),
          List.copyOf(late),
          counts.getOrDefault(Counter.DUPLICATE_EVENTS, 0),
          counts.getOrDefault(Counter.IDS_FORGOTTEN, 0),
          of(TriggerCounter.PREVENTED),
          of(TriggerCounter.INSTANCES_DISPLACED),
          of(TriggerCounter.NO_INSTANCE),
          open);
    }
  }
}
