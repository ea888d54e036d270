// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import io.beckon.budget.BudgetCounter;
import io.beckon.budget.BudgetOrder;
import io.beckon.budget.BudgetOutput;
import io.beckon.budget.BudgetStage;
import io.beckon.detect.Episode;
import io.beckon.engine.Engine;
import io.beckon.engine.EngineOutput;
import io.beckon.event.Event;
import io.beckon.language.PolicyDefinition;
import io.beckon.language.When;
import io.beckon.plan.Plan;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import io.beckon.state.UserState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.IntPredicate;
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
    private long clockMs;
    private final Map<String, UserState> states = new LinkedHashMap<>();
    private Collected collected = new Collected();

    /** What had been put out at the end of input. */
    private Collected whenRead = collected;

    Run(RandomCase input) {
      this.input = input;
      this.engine = new Engine(Plan.compile(input.job()));
      this.random = new Random(input.seed());
    }

    Outcome run() {
      long newest = Long.MIN_VALUE;
      List<Long> readAt = input.readAt();
      for (int i = 0; i < input.stream().size(); i++) {
        Input read = input.stream().get(i);
        if (input.isLive()) {
          clockMs = readAt.get(i);
          releaseAll();
        }
        if (read instanceof Input.Updates update) {
          long watermark =
              newest == Long.MIN_VALUE ? newest : newest - input.job().time().latenessMs() - 1;
          engine.profile(
              state(update.user()),
              update.profile(),
              update.timeMs(),
              watermark,
              sendTime(),
              collected);
          step(update.user());
        }
        if (!(read instanceof Input.Happens happens)) {
          continue;
        }
        Event event = happens.what();
        newest = Math.max(newest, event.timeMs());
        long watermark = newest - input.job().time().latenessMs() - 1;
        if (input.mode() == RunMode.EAGER_ADVANCE && !input.isLive()) {
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
        engine.offer(state, offered, watermark, sendTime(), collected);
        step(event.user());
      }
      clockMs = input.endsAt();
      if (input.isLive()) {
        releaseAll();
      }
      for (String user : List.copyOf(states.keySet())) {
        if (input.mode() == RunMode.EAGER_ADVANCE && !input.isLive()) {
          advanceEagerly(user, input.untilMs());
        } else {
          engine.advance(state(user), input.untilMs(), sendTime(), collected);
        }
        step(user);
      }
      Outcome outcome = outcome();
      if (!input.isLive()) {
        checkNothingIsLeft();
        checkEveryMomentHasEnded();
      }
      return outcome;
    }

    /** In a replay nobody looks at it. */
    private long sendTime() {
      return input.isLive() ? clockMs : random.nextLong();
    }

    /** The send clock of a live job reaches what every user has held, one by one. */
    private void releaseAll() {
      for (String user : List.copyOf(states.keySet())) {
        long next = engine.nextSend(state(user));
        while (next <= clockMs && next != Engine.NO_DEADLINE) {
          engine.advance(state(user), state(user).watermarkMs(), next, collected);
          step(user);
          long after = engine.nextSend(state(user));
          check(after > next, "after a release at " + next + " the next is " + after);
          next = after;
        }
      }
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
      collected.share(
          !input.isLive(),
          input.job().policy(),
          input.untilMs() + FOREVER_MS,
          n -> random.nextInt(n) == 0);
      return collected.outcome(
          byTrigger(engine::countOpen),
          byTrigger((state, held) -> engine.countJourneys(state, held, new long[held.length])),
          byTrigger(
              (state, following) ->
                  engine.countJourneys(state, new long[following.length], following)));
    }

    private Map<String, Integer> byTrigger(BiConsumer<UserState, long[]> counting) {
      long[] counts = new long[engine.plan().triggers().size()];
      states.values().forEach(state -> counting.accept(state, counts));
      Map<String, Integer> byTrigger = new TreeMap<>();
      for (int i = 0; i < counts.length; i++) {
        if (counts[i] > 0) {
          byTrigger.put(engine.plan().triggers().get(i).id(), (int) counts[i]);
        }
      }
      return byTrigger;
    }

    /** Moments and the final decisions of first steps are as many, once all is over. */
    private void checkEveryMomentHasEnded() {
      if (isEndless()) {
        return;
      }
      Map<String, Integer> ended = new TreeMap<>(whenRead.finals());
      collected.finals().forEach((trigger, n) -> ended.merge(trigger, n, Integer::sum));
      Map<String, Integer> moments =
          new TreeMap<>(whenRead.of(EngineOutput.TriggerCounter.MOMENTS));
      collected
          .of(EngineOutput.TriggerCounter.MOMENTS)
          .forEach((trigger, n) -> moments.merge(trigger, n, Integer::sum));
      check(ended.equals(moments), "moments " + moments + " but they ended " + ended);
    }

    /** Anniversaries never end. */
    private boolean isEndless() {
      return input.job().triggers().stream()
          .anyMatch(t -> t.when() instanceof When.Milestone date && date.yearly());
    }

    /** After everything that could still happen, only profiles are left. */
    private void checkNothingIsLeft() {
      whenRead = collected;
      collected = new Collected();
      boolean endless = isEndless();
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
        // What a user has cost is never forgotten.
        boolean hasCost =
            input.job().policy().budgets().stream().anyMatch(b -> b.perUser().isPresent());
        check(
            hasProfile || hasCost || engine.isEmpty(state),
            "a state is not empty when everything is over");
      }
      collected.outcome(Map.of(), Map.of(), Map.of());
    }
  }

  /** The stage where all users meet, restarted now and then. */
  private static final class Shared implements BudgetOutput {
    private final PolicyDefinition policy;
    private final IntPredicate restarts;
    private final List<Outcome.Judged> decisions = new ArrayList<>();
    private final List<Outcome.Sent> commands = new ArrayList<>();
    private final Map<String, Integer> counts = new TreeMap<>();
    private BudgetStage stage;

    Shared(PolicyDefinition policy, IntPredicate restarts) {
      this.policy = policy;
      this.restarts = restarts;
      this.stage = new BudgetStage(policy);
    }

    void take(BudgetRequest request) {
      check(!policy.budgets().isEmpty() || !policy.rates().isEmpty(), "nobody needs " + request);
      if (restarts.test(4)) {
        // As far as the watermark may have come.
        stage.advance(request.atMs() - 1, this);
      }
      stage.offer(request, this);
      if (restarts.test(4)) {
        stage = BudgetStage.decode(policy, stage.encode());
      }
    }

    Outcome.Shared end(long untilMs) {
      stage.advance(untilMs, this);
      check(stage.waiting() == 0, "something waits for ever");
      return new Outcome.Shared(decisions, commands, counts);
    }

    @Override
    public void decision(Decision decision) {
      decisions.add(Collected.judged(decision));
    }

    @Override
    public void command(Command command) {
      commands.add(Collected.sent(command));
    }

    @Override
    public void count(BudgetCounter counter) {
      counts.merge(counter.name(), 1, Integer::sum);
    }
  }

  /** What an engine puts out. */
  private static final class Collected implements EngineOutput {
    private final List<Outcome.Judged> decisions = new ArrayList<>();
    private final List<Outcome.Sent> commands = new ArrayList<>();
    private final List<Outcome.Followed> followed = new ArrayList<>();
    private final Set<UUID> followedIds = new HashSet<>();
    private final List<BudgetRequest> requests = new ArrayList<>();
    private final List<BudgetRequest> ordered = new ArrayList<>();
    private Outcome.Shared shared = Outcome.Shared.none();
    private final List<String> late = new ArrayList<>();
    private final Map<Counter, Integer> counts = new HashMap<>();
    private final Map<TriggerCounter, Map<String, Integer>> triggerCounts = new HashMap<>();
    private final Map<UUID, String> episodes = new HashMap<>();
    private final Map<UUID, Command.Action> commanded = new HashMap<>();

    @Override
    public void decision(Decision decision) {
      decisions.add(judged(decision));
      identify(
          decision.commandId(),
          decision.user(),
          decision.trigger(),
          decision.episode(),
          decision.step());
    }

    private static Outcome.Judged judged(Decision decision) {
      return new Outcome.Judged(
          decision.user(),
          decision.trigger(),
          match(decision.episode()),
          decision.episode().anchor(),
          decision.step(),
          decision.momentTimeMs(),
          decision.decisionTimeMs(),
          decision.reason().name(),
          detail(decision));
    }

    private static String detail(Decision decision) {
      Set<String> told =
          switch (decision.reason()) {
            case DEFERRED -> Set.of("until");
            case CAP -> Set.of("cap");
            case LOST_ARBITRATION -> Set.of("winner");
            case NO_CONSENT -> Set.of("consent");
            case HOLDOUT -> Set.of("scope");
            case CANCELLED -> Set.of("goal", "cancelled_by");
            case ISSUED, RATE -> Set.of("fallback");
            default -> Set.of();
          };
      return decision.compared().stream()
          .filter(fact -> told.contains(fact.name()))
          .map(
              fact ->
                  fact.name()
                      + "="
                      + (fact instanceof Fact.At at
                          ? String.valueOf(at.timeMs())
                          : ((Fact.Text) fact).value()))
          .collect(Collectors.joining(" "));
    }

    @Override
    public void command(Command command) {
      commands.add(sent(command));
      identify(command.id(), command.user(), command.trigger(), command.episode(), command.step());
      Command.Action before = commanded.put(command.id(), command.action());
      check(
          command.action() == Command.Action.ISSUE
              ? before == null
              : before == Command.Action.ISSUE,
          "commands are issued once and then cancelled once: " + command);
    }

    private static Outcome.Sent sent(Command command) {
      boolean issues = command.action() == Command.Action.ISSUE;
      return new Outcome.Sent(
          command.action().name(),
          command.user(),
          command.trigger(),
          match(command.episode()),
          command.episode().anchor(),
          command.step(),
          command.momentTimeMs(),
          command.decisionTimeMs(),
          issues ? command.variant().orElse("") : "",
          issues ? command.kind().name() + command.channel().map(c -> "/" + c).orElse("") : "",
          command.params().stream()
              .map(param -> param.name() + "=" + Outcome.text(param.value()))
              .collect(Collectors.joining(" ")));
    }

    @Override
    public void outcome(io.beckon.policy.Outcome outcome) {
      followed.add(
          new Outcome.Followed(
              outcome.user(),
              outcome.trigger(),
              match(outcome.episode()),
              outcome.episode().anchor(),
              outcome.assignment().name(),
              outcome.variant().orElse(""),
              outcome.converted(),
              outcome.value().map(Outcome::text).orElse(""),
              outcome.delayMs().orElse(-1),
              outcome.momentTimeMs(),
              outcome.decidedTimeMs()));
      check(followedIds.add(outcome.commandId()), "an episode has one outcome: " + outcome);
      identify(outcome.commandId(), outcome.user(), outcome.trigger(), outcome.episode(), 1);
    }

    @Override
    public void request(BudgetRequest request) {
      requests.add(request);
    }

    private static Outcome.Request asked(BudgetRequest request) {
      if (request instanceof BudgetRequest.Spend spend) {
        return new Outcome.Request(
            "SPEND",
            spend.atMs(),
            sent(spend.command()),
            Optional.of(judged(spend.decision())),
            spend.fallback().map(Collected::sent),
            spend.sendUntilMs());
      }
      Command cancel = ((BudgetRequest.Revoke) request).cancel();
      return new Outcome.Request(
          "REVOKE", request.atMs(), sent(cancel), Optional.empty(), Optional.empty(), 0);
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

    /** How many moments have ended or were handed on, by trigger. */
    private Map<String, Integer> finals() {
      Map<String, Integer> finals = new TreeMap<>();
      decisions.stream()
          .filter(d -> d.step() == 1 && !d.reason().equals("DEFERRED"))
          .forEach(d -> finals.merge(d.trigger(), 1, Integer::sum));
      for (BudgetRequest request : requests) {
        if (request instanceof BudgetRequest.Spend spend && spend.command().step() == 1) {
          finals.merge(spend.command().trigger(), 1, Integer::sum);
        }
      }
      return finals;
    }

    private Map<String, Integer> of(TriggerCounter counter) {
      return triggerCounts.getOrDefault(counter, Map.of());
    }

    /**
     * Has the stage where all users meet decide what was handed on.
     *
     * @param decides whether it does, rather than only put the requests into its order
     * @param untilMs when everything that could still happen has happened
     */
    void share(boolean decides, PolicyDefinition policy, long untilMs, IntPredicate restarts) {
      ordered.addAll(requests);
      ordered.sort(BudgetOrder.ORDER);
      if (!decides) {
        return;
      }
      Shared stage = new Shared(policy, restarts);
      for (BudgetRequest request : ordered) {
        stage.take(request);
      }
      shared = stage.end(untilMs);
    }

    Outcome outcome(
        Map<String, Integer> open, Map<String, Integer> held, Map<String, Integer> following) {
      check(
          counts.getOrDefault(Counter.LATE_EVENTS, 0) == late.size(),
          "late events are counted and put out alike");
      return new Outcome(
          List.copyOf(decisions),
          List.copyOf(commands),
          List.copyOf(followed),
          ordered.stream().map(Collected::asked).toList(),
          shared,
          List.copyOf(late),
          counts.getOrDefault(Counter.DUPLICATE_EVENTS, 0),
          counts.getOrDefault(Counter.IDS_FORGOTTEN, 0),
          of(TriggerCounter.PREVENTED),
          of(TriggerCounter.INSTANCES_DISPLACED),
          of(TriggerCounter.NO_INSTANCE),
          open,
          held,
          following);
    }
  }
}
