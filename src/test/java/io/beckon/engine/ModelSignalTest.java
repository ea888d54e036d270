// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.beckon.calendar.Zones;
import io.beckon.churn.Activity;
import io.beckon.churn.MbgNbd;
import io.beckon.churn.ReturnScore;
import io.beckon.event.Event;
import io.beckon.language.Definitions;
import io.beckon.language.SourceFile;
import io.beckon.plan.Plan;
import io.beckon.policy.Decision;
import io.beckon.state.ModelState;
import io.beckon.state.StateCodec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Signals of models, as a job has them: what is kept when a model is replaced, and who counts. */
class ModelSignalTest {
  private static final long DAY_MS = 86_400_000;
  private static final long START_MS = Scenario.START_MS;

  private static final String EVENTS =
      """
      apiVersion: beckon/v1
      kind: Events
      events:
        purchase: {total: decimal}
        visit: {n: int}
        subscribe: {plan: string}
        cancel: {plan: string}
      """;

  private static final String ORDERS =
      """
      apiVersion: beckon/v1
      kind: Model
      id: orders
      version: 1
      model: mbg-nbd
      event: purchase
      horizon: 30d
      parameters: {r: 0.525, alpha: 43.3, a: 0.891, b: 1.614}
      """;

  private static final String RISK =
      """
      apiVersion: beckon/v1
      kind: Model
      id: risk
      version: 1
      model: renewal-risk
      event: visit
      horizon: 7d
      prior_gap: 3d
      parameters: {intercept: -2.0}
      features:
        - {of: gap, weight: 0.3}
        - {of: days_to_renewal, from: 0, below: 7.5, weight: 0.7}
      subscription: {starts: subscribe, ends: cancel, first: 7d, every: 30d}
      lead: 7d
      """;

  private static final String LOST =
      """
      apiVersion: beckon/v1
      kind: Trigger
      id: lost
      version: 1
      when:
        score: {signal: p_return, below: 0.35}
      then: {custom: {name: task, channel: app}}
      """;

  private static Plan plan(String signals, String trigger, String... models) {
    List<SourceFile> files =
        new ArrayList<>(
            List.of(
                new SourceFile(
                    "j/job.yaml",
                    """
                    apiVersion: beckon/v1
                    kind: Job
                    id: test
                    time: {lateness: 2d, dedupe: 4d, clock: replay}
                    source: {format: jsonl}
                    """),
                new SourceFile("j/events.yaml", EVENTS),
                new SourceFile(
                    "j/signals.yaml",
                    "apiVersion: beckon/v1\nkind: Signals\nsignals:\n" + signals.indent(2)),
                new SourceFile(
                    "j/triggers/"
                        + trigger.lines().skip(2).findFirst().orElseThrow().substring(4)
                        + ".yaml",
                    trigger)));
    for (String model : models) {
      String id = model.lines().skip(2).findFirst().orElseThrow().substring(4);
      files.add(new SourceFile("j/models/" + id + ".yaml", model));
    }
    Definitions.Loaded loaded = Definitions.load("j", files);
    assertThat(loaded.problems().hasErrors()).as("%s", loaded.problems().sorted()).isFalse();
    return Plan.compile(loaded.job().orElseThrow());
  }

  private static Scenario orders(Plan plan) {
    Scenario scenario = Scenario.of(plan);
    for (int day : new int[] {0, 9, 17, 30}) {
      scenario.read(day * DAY_MS, "purchase");
    }
    return scenario.advance(31 * DAY_MS);
  }

  private static Activity bought() {
    long first = START_MS / DAY_MS;
    return Activity.of(first, first + 9, first + 17, first + 30);
  }

  private static long expectedMs(double r, double alpha, double a, double b, long horizonMs) {
    return new ReturnScore(new MbgNbd(r, alpha, a, b), horizonMs)
            .first(bought(), false, 0.35, false, START_MS + 30 * DAY_MS, Long.MAX_VALUE >> 8)
        - START_MS;
  }

  private static List<Long> fired(Scenario scenario) {
    return scenario.decisions.stream().map(Decision::momentTimeMs).map(t -> t - START_MS).toList();
  }

  @Test
  void aScoreFiresInSilenceToTheMillisecond() {
    Scenario scenario = orders(plan("p_return: {model: orders}", LOST, ORDERS));
    long expected = expectedMs(0.525, 43.3, 0.891, 1.614, 30 * DAY_MS);
    assertThat(expected).isBetween(32 * DAY_MS, 300 * DAY_MS);
    scenario.decisions.clear();
    scenario.advance(expected - 1);
    assertThat(fired(scenario)).isEmpty();
    scenario.advance(expected);
    assertThat(fired(scenario)).containsExactly(expected);
    Scenario shorter = orders(plan("p_return: {model: orders, horizon: 25d}", LOST, ORDERS));
    shorter.decisions.clear();
    shorter.advance(399 * DAY_MS);
    assertThat(fired(shorter)).containsExactly(expectedMs(0.525, 43.3, 0.891, 1.614, 25 * DAY_MS));
  }

  @Test
  void aModelThatIsTrainedAnewGoesOnWithWhatWasObserved() {
    String signals = "p_return: {model: orders}";
    Plan one = plan(signals, LOST, ORDERS);
    // By the first model nothing comes of it for long; by another one earlier, or later.
    for (double b : new double[] {0.9, 40}) {
      String trained = ORDERS.replace("version: 1", "version: 2").replace("b: 1.614", "b: " + b);
      Plan two = plan(signals, LOST, trained);
      StateCodec codec = new StateCodec(two);
      byte[] bytes = new StateCodec(one).encode(orders(one).state());
      // Once more, as if nothing had come of it in between.
      bytes = codec.encode(codec.decode("u1", bytes));
      Scenario after = Scenario.of(two).state(codec.decode("u1", bytes));
      ModelState kept =
          (ModelState) Objects.requireNonNull(after.state().find(two.signals().get(0)));
      assertThat(kept.activity().count()).isEqualTo(4);
      after.advance(399 * DAY_MS);
      assertThat(fired(after))
          .as("b %s", b)
          .containsExactly(expectedMs(0.525, 43.3, 0.891, b, 30 * DAY_MS));
    }
    // What another family makes of it is of the same dates, too.
    Plan cadence =
        plan(
            signals,
            LOST,
            """
            apiVersion: beckon/v1
            kind: Model
            id: orders
            version: 3
            model: cadence
            event: purchase
            prior_gap: 10d
            parameters: {k: 3, floor: 1d, ceiling: 90d}
            """);
    byte[] bytes = new StateCodec(one).encode(orders(one).state());
    Scenario after = Scenario.of(cadence).state(new StateCodec(cadence).decode("u1", bytes));
    double wait = 3 * ((2 * 10.0 + 30) / (2 + 3));
    long atMs = START_MS + 45 * DAY_MS;
    assertThat(
            after
                .state()
                .of(cadence.signals().get(0))
                .valueAt(atMs, after.state().calendar(new Zones())))
        .isEqualTo(15 / wait);
  }

  @Test
  void anotherModelOrEventBeginsAnew() {
    Plan one = plan("p_return: {model: orders}", LOST, ORDERS);
    byte[] bytes = new StateCodec(one).encode(orders(one).state());
    List<Plan> others =
        List.of(
            plan("p_return: {model: sales}", LOST, ORDERS.replace("id: orders", "id: sales")),
            plan(
                "p_return: {model: orders}",
                LOST,
                ORDERS.replace("event: purchase", "event: visit")),
            plan("p_return: {model: orders, horizon: 20d}", LOST, ORDERS));
    for (Plan other : others) {
      assertThat(new StateCodec(other).decode("u1", bytes).find(other.signals().get(0))).isNull();
    }
  }

  private static final String ENDING =
      """
      apiVersion: beckon/v1
      kind: Trigger
      id: ending
      version: 1
      when:
        score: {signal: risk, above: 0.25}
      then: {custom: {name: task, channel: app}}
      """;

  @Test
  void aModelOfSubscriptionsSpeaksWhileOneRuns() {
    Plan plan = plan("risk: {model: risk}", ENDING, RISK);
    Scenario scenario = Scenario.of(plan);
    scenario.read(0, "visit");
    scenario.advance(20 * DAY_MS);
    assertThat(fired(scenario)).as("no subscription").isEmpty();
    scenario.read(20 * DAY_MS + 1, "subscribe").read(20 * DAY_MS + 2, "visit");
    // 1/(1+e^1.3) = .214; it passes at a gap of (ln(1/3) + 1.3) / .3 days after the close.
    double days = (StrictMath.log(1 / 3.0) + 1.3) / .3;
    long closeMs = START_MS / DAY_MS * DAY_MS + 21 * DAY_MS - START_MS;
    scenario.advance(60 * DAY_MS);
    assertThat(fired(scenario)).hasSize(1);
    assertThat(fired(scenario).get(0) - closeMs).isCloseTo((long) (days * DAY_MS), within(1L));
    scenario.read(60 * DAY_MS + 1, "cancel").read(60 * DAY_MS + 2, "visit").advance(99 * DAY_MS);
    assertThat(fired(scenario)).hasSize(1);
  }

  @Test
  void anEventThatEndsAndBeginsAndCountsDoesSoInThisOrder() {
    String both =
        RISK.replace("event: visit", "event: {events: [visit, subscribe]}")
            .replace("ends: cancel", "ends: {event: subscribe, where: event.plan == \"new\"}");
    Plan plan = plan("risk: {model: risk}", ENDING, both);
    Scenario scenario =
        Scenario.of(plan).read(DAY_MS, "subscribe", "plan", "new").advance(2 * DAY_MS);
    ModelState kept = (ModelState) scenario.state().of(plan.signals().get(0));
    assertThat(kept.activity().isSubscribed()).isTrue();
    assertThat(kept.activity().count()).isEqualTo(1);
    assertThat(kept.activity().subscribedMs()).isEqualTo(kept.activity().closeMs());
  }

  @Test
  void aUserTakesFewBytes() {
    Plan plan = plan("risk: {model: risk}", ENDING, RISK);
    int most = 0;
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      Scenario scenario = Scenario.of(plan);
      long at = 0;
      for (int i = 0; i < 1 + random.nextInt(60); i++) {
        at += random.nextLong(3 * DAY_MS);
        scenario.read(at, random.nextInt(8) == 0 ? "subscribe" : "visit");
      }
      scenario.advance(at);
      int bytes = new StateCodec(plan).encode(scenario.state()).length;
      scenario.state().of(plan.signals().get(0)).prune(Long.MAX_VALUE >> 2);
      int less = new StateCodec(plan).encode(scenario.state()).length;
      most = Math.max(most, bytes - less);
    }
    assertThat(most).as("with its name and length").isLessThanOrEqualTo(80);
  }

  @Test
  void aLogThatIsShuffledWithinTheLatenessAndHasCopiesLeavesTheSameBytes() {
    Plan plan = plan("risk: {model: risk}", ENDING, RISK);
    List<String> types = List.of("visit", "visit", "visit", "visit", "subscribe", "cancel");
    int moved = 0;
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      List<Event> log = new ArrayList<>();
      Map<String, Long> readAt = new HashMap<>();
      Scenario maker = Scenario.of(plan);
      long at = 0;
      for (int i = 0; i < 10 + random.nextInt(60); i++) {
        at += random.nextInt(4) == 0 ? 0 : random.nextLong(DAY_MS);
        Event event = maker.event("e" + i, at, types.get(random.nextInt(types.size())));
        log.add(event);
        readAt.put(event.id(), at + random.nextLong(2 * DAY_MS));
      }
      List<Event> shuffled = new ArrayList<>(log);
      shuffled.sort(Comparator.comparing(event -> Objects.requireNonNull(readAt.get(event.id()))));
      moved += shuffled.equals(log) ? 0 : 1;
      for (int i = 0; i < 10; i++) {
        int copied = random.nextInt(shuffled.size());
        int later = Math.min(shuffled.size(), copied + 1 + random.nextInt(2));
        shuffled.add(later, shuffled.get(copied));
      }
      byte[] once = left(plan, log, at + 5 * DAY_MS);
      assertThat(left(plan, shuffled, at + 5 * DAY_MS)).as("seed %s", seed).isEqualTo(once);
      assertThat(once.length).as("seed %s", seed).isGreaterThan(60);
    }
    assertThat(moved).isGreaterThan(150);
  }

  /** The bytes of a user's state after a log, read in this order. */
  private static byte[] left(Plan plan, List<Event> log, long untilMs) {
    Scenario scenario = Scenario.of(plan);
    long newestMs = Long.MIN_VALUE;
    for (Event event : log) {
      newestMs = Math.max(newestMs, event.timeMs());
      scenario
          .engine()
          .offer(scenario.state(), event, newestMs - 2 * DAY_MS - 1, event.timeMs(), scenario);
    }
    assertThat(scenario.late).isEmpty();
    scenario.advance(untilMs);
    return scenario.engine().encode(scenario.state());
  }
}
