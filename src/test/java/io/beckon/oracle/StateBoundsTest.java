// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.engine.Engine;
import io.beckon.engine.EngineOutput;
import io.beckon.engine.Scenario;
import io.beckon.event.Event;
import io.beckon.plan.Plan;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.state.Sections;
import io.beckon.state.StateBounds;
import io.beckon.state.UserState;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** No section of any user's state is ever larger than its plan says. */
final class StateBoundsTest {
  private static final int CASES = Integer.getInteger("beckon.bounds.cases", 200);

  private static final EngineOutput NOWHERE =
      new EngineOutput() {
        @Override
        public void decision(Decision decision) {}

        @Override
        public void command(Command command) {}

        @Override
        public void outcome(io.beckon.policy.Outcome outcome) {
          // Only sizes matter here.
        }

        @Override
        public void request(BudgetRequest request) {
          // Only sizes matter here.
        }

        @Override
        public void late(Event event, long watermarkMs) {}

        @Override
        public void count(Counter counter) {}

        @Override
        public void count(TriggerCounter counter, String trigger) {}
      };

  private final RandomJobs jobs = new RandomJobs();

  /** The largest part of its bound that a section took, by what it is of. */
  private final Map<String, Double> fullest = new HashMap<>();

  @Test
  void statesOfRandomJobsAndStreamsStayBelowTheirBounds() {
    for (long seed = 0; seed < CASES; seed++) {
      run(jobs.make(seed));
    }
    assertThat(fullest.keySet())
        .contains(
            "Absence",
            "Changes",
            "Count",
            "Distinct",
            "Drop",
            "Due",
            "Inactive",
            "Milestone",
            "OnEvent",
            "Score",
            "Sequence",
            "Sum",
            "COUNT",
            "DISTINCT",
            "ACTIVITY_LEVEL",
            "BUSIEST_HOUR");
    assertThat(fullest.values()).as("%s", fullest).allMatch(part -> part > 0 && part <= 1);
  }

  @Test
  void aUserWhoDoesWhatIsAllowedComesNearTheBound() {
    Scenario shop =
        Scenario.of(
            """
            id: t
            version: 1
            when:
              absence:
                after: {count: {event: view, at_least: 3, within: 30m, match: [item]}}
                of: {event: buy, match: [item]}
                for: 2h
            expires_in: 12h
            cancel_on: {event: buy, match: [item]}
            then: {reminder: {channel: push, params: {item: "${event.item}"}}}
            """);
    long most = StateBounds.of(shop.plan()).triggers().get(0).bytes();
    long largest = 0;
    for (int round = 0; round < 8; round++) {
      for (int event = 0; event < 3 * 64; event++) {
        String id = String.format("an-id-that-has-32-bytes-%02d-%05d", round, event);
        String item = String.format("a-name-of-thirty-two-bytes-%05d", event % 64);
        shop.readAs(id, round * 9_000_000L + event * 9_000L, "view", "item", item);
      }
      largest = Math.max(largest, size(shop));
    }
    assertThat(largest).isGreaterThan(most * 2 / 5).isLessThanOrEqualTo(most);
  }

  @Test
  void whatAWithoutEventRuinedIsNotKept() {
    Scenario shop =
        Scenario.of(
            """
            id: t
            version: 1
            when:
              sequence:
                steps:
                  - {event: view}
                  - {event: buy}
                within: 30d
                match: [item]
                without: {event: complain}
            max_instances: 8
            then: {reminder: {channel: push}}
            """);
    long most = StateBounds.of(shop.plan()).triggers().get(0).bytes();
    for (int i = 0; i < 500; i++) {
      shop.read(i * 60_000L, "view", "item", "item-" + i);
      shop.read(i * 60_000L + 30_000, "complain");
      assertThat(size(shop)).as("after %d", i).isLessThanOrEqualTo(most);
    }
    assertThat(most).isLessThan(2_000);
  }

  private static long size(Scenario shop) {
    byte[] bytes = shop.engine().encode(shop.state());
    return new Sections(shop.plan(), bytes)
        .triggers().values().stream().mapToLong(Integer::longValue).sum();
  }

  private void run(RandomCase input) {
    Engine engine = new Engine(Plan.compile(input.job()));
    StateBounds bounds = StateBounds.of(engine.plan());
    Map<String, UserState> states = new HashMap<>();
    long newest = Long.MIN_VALUE;
    long lateness = input.job().time().latenessMs();
    for (Input read : input.stream()) {
      String user;
      if (read instanceof Input.Updates update) {
        user = update.user();
        long watermark = newest == Long.MIN_VALUE ? newest : newest - lateness - 1;
        engine.profile(
            state(input, engine, states, user),
            update.profile(),
            update.timeMs(),
            watermark,
            0,
            NOWHERE);
      } else {
        Event event = read.event().orElseThrow();
        user = event.user();
        newest = Math.max(newest, event.timeMs());
        if (!engine.listensTo(event.type())) {
          continue;
        }
        engine.offer(state(input, engine, states, user), event, newest - lateness - 1, 0, NOWHERE);
      }
      byte[] bytes = engine.encode(state(input, engine, states, user));
      check(input, bounds, new Sections(engine.plan(), bytes));
      states.put(user, engine.decode(user, bytes));
    }
  }

  private static UserState state(
      RandomCase input, Engine engine, Map<String, UserState> states, String user) {
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

  private void check(RandomCase input, StateBounds bounds, Sections sections) {
    sections
        .triggers()
        .forEach(
            (trigger, size) -> {
              long most = bounds.triggers().get(trigger.index()).bytes();
              assertThat((long) size)
                  .as("seed %d: %s", input.seed(), trigger.when())
                  .isLessThanOrEqualTo(most);
              String shape = trigger.when().getClass().getSimpleName();
              fullest.merge(shape, size / (double) most, Math::max);
            });
    sections
        .signals()
        .forEach(
            (signal, size) -> {
              long most = bounds.signals().get(signal.index()).bytes();
              assertThat((long) size)
                  .as("seed %d: %s", input.seed(), signal.spec())
                  .isLessThanOrEqualTo(most);
              fullest.merge(signal.spec().kind().name(), size / (double) most, Math::max);
            });
  }
}
