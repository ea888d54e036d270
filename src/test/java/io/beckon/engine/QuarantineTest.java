// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.engine.EngineOutput.Counter;
import io.beckon.plan.Plan;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Users whose states grow too large: bounded, and what they buy or complain of still counts. */
class QuarantineTest {
  private static final long MINUTE_MS = 60_000;
  private static final long HOUR_MS = 60 * MINUTE_MS;
  private static final long DAY_MS = 24 * HOUR_MS;
  private static final String TIME = "lateness: 1h, clock: live";
  private static final String THEN = "then: {message: {channel: push, template: t}}\n";

  private static final String POLICY =
      """
      timezone: {fallback: UTC}
      mute: [{lane: marketing, from: complain, at_most: 2d}]
      """;

  private static final String[] TRIGGERS = {
    """
    id: browsing
    version: 1
    when: {absence: {after: {count: {event: view, at_least: 2, within: 2h, match: [item]}}, of: {event: buy, match: [item]}, for: 2h}}
    cancel_on: [{event: buy, match: [item]}]
    """
        + THEN,
    """
    id: opened
    version: 1
    when: {event: {event: app_open, where: event.n == 7}}
    cancel_on: [{event: buy}]
    goal: {event: buy, within: 5d, value: event.total}
    expires_in: 5d
    then:
      - message: {channel: push, template: t}
      - wait: 3d
      - message: {channel: push, template: again}
    """,
    """
    id: quiet
    version: 1
    when: {inactive: {event: view, for: 6h}}
    """
        + THEN,
    """
    id: sorry
    version: 1
    lane: service
    urgent: true
    when: {event: {event: complain}}
    """
        + THEN
  };

  /** A user whose watermark stands an hour behind the newest event. */
  private static final class User {
    final Scenario scenario;
    private long newestMs = Long.MIN_VALUE;
    private int reads;

    User(Plan plan) {
      scenario = Scenario.of(plan);
    }

    User read(long atMs, String type, Object... namesAndValues) {
      newestMs = Math.max(newestMs, atMs);
      scenario
          .engine()
          .offer(
              scenario.state(),
              scenario.event("n" + reads++, atMs, type, namesAndValues),
              Scenario.START_MS + newestMs - HOUR_MS,
              Scenario.START_MS + newestMs,
              scenario);
      return this;
    }

    /** Looks at so many things within half an hour. */
    User flood(long fromMs, int looks) {
      for (int i = 0; i < looks; i++) {
        read(fromMs + i * 30L * MINUTE_MS / looks, "view", "item", "item-" + i, "price", "9.90");
      }
      return this;
    }

    int bytes() {
      return scenario.engine().encode(scenario.state()).length;
    }

    int count(Counter counter) {
      return scenario.counts.getOrDefault(counter, 0);
    }
  }

  private static Plan plan() {
    return Scenario.job(Optional.of(POLICY), TIME, TRIGGERS);
  }

  @Test
  void aFloodIsBoundedAndCounted() {
    User user = new User(plan());
    int largest = 0;
    for (int i = 0; i < 20_000; i++) {
      user.read(i * 100L, "view", "item", "item-" + i, "price", "9.90");
      if (i % 50 == 0) {
        largest = Math.max(largest, user.bytes());
      }
    }
    assertThat(largest).as("before").isGreaterThan(Engine.MOST_STATE_BYTES / 2);
    // Between two looks come some hundred events at most, of some dozens of bytes.
    assertThat(largest).isLessThan(Engine.MOST_STATE_BYTES + 256 * 64);
    assertThat(user.bytes()).as("in quarantine").isLessThan(10_000);
    assertThat(user.count(Counter.USERS_QUARANTINED)).isEqualTo(1);
    assertThat(user.count(Counter.EVENTS_SHED)).isBetween(15_000, 20_000);
  }

  @Test
  void anOrdinaryUserIsNeverWeighedOut() {
    User user = new User(plan());
    for (int i = 0; i < 5_000; i++) {
      user.read(i * 10L * MINUTE_MS, "view", "item", "item-" + i % 50, "price", "9.90");
    }
    user.scenario.advance(40 * DAY_MS);
    assertThat(user.scenario.counts)
        .doesNotContainKeys(Counter.USERS_QUARANTINED, Counter.EVENTS_SHED);
    assertThat(user.scenario.decisions).isNotEmpty();
  }

  /** Was sent a message, then flooded: in quarantine. */
  private static User sent() {
    User user = new User(plan());
    user.read(0, "app_open", "n", 7);
    user.scenario.advance(1, 1);
    assertThat(user.scenario.decided()).containsExactly("opened ISSUED 1");
    user.flood(MINUTE_MS, 8_000);
    assertThat(user.count(Counter.USERS_QUARANTINED)).isEqualTo(1);
    assertThat(user.scenario.state().isQuarantined()).isTrue();
    return user;
  }

  @Test
  void aPurchaseStillRevokesWhatWasSentAndConverts() {
    User user = sent();
    user.read(40 * MINUTE_MS, "buy", "item", "anything", "total", "12.50");
    assertThat(user.scenario.commands)
        .extracting(command -> command.action().name())
        .containsExactly("ISSUE", "CANCEL");
    assertThat(user.scenario.outcomes)
        .singleElement()
        .satisfies(outcome -> assertThat(outcome.converted()).isTrue());
    int commands = user.scenario.commands.size();
    user.scenario.advance(6 * DAY_MS);
    assertThat(user.scenario.commands).as("no second step").hasSize(commands);
  }

  @Test
  void withoutOneTheNextStepIsSentAsPlanned() {
    User user = sent();
    user.scenario.advance(2 * DAY_MS);
    user.scenario.advance(6 * DAY_MS);
    assertThat(user.scenario.commands).extracting(Command::step).containsExactly(1, 2);
  }

  @Test
  void aComplaintStillMutesAndIsStillAnsweredAtOnce() {
    User user = sent();
    user.read(40 * MINUTE_MS, "complain", "item", "i1");
    assertThat(user.scenario.decisions)
        .filteredOn(decision -> decision.trigger().equals("sorry"))
        .extracting(Decision::reason)
        .containsExactly(Reason.ISSUED);
    // A day later the quarantine is over, the mute is not.
    user.scenario.advance(26 * HOUR_MS);
    user.read(26 * HOUR_MS + 1, "app_open", "n", 7);
    user.scenario.advance(28 * HOUR_MS);
    assertThat(user.scenario.decisions.get(user.scenario.decisions.size() - 1))
        .satisfies(
            last -> {
              assertThat(last.trigger()).isEqualTo("opened");
              assertThat(last.reason()).isEqualTo(Reason.MUTED);
            });
  }

  @Test
  void eventsThatWaitedAreNotLostForWhatTheyEnd() {
    User user = new User(plan());
    user.read(0, "app_open", "n", 7);
    user.scenario.advance(1, 1);
    // It waits for the watermark when the flood comes.
    user.read(2 * MINUTE_MS, "buy", "item", "anything", "total", "3");
    assertThat(user.scenario.commands).hasSize(1);
    user.flood(3 * MINUTE_MS, 8_000);
    assertThat(user.scenario.state().isQuarantined()).isTrue();
    assertThat(user.scenario.commands)
        .extracting(command -> command.action().name())
        .containsExactly("ISSUE", "CANCEL");
    assertThat(user.scenario.outcomes).hasSize(1);
  }

  @Test
  void silenceIsNotClaimedOfWhoWasNotWatched() {
    User user = sent();
    for (int i = 1; i < 20; i++) {
      user.read(40 * MINUTE_MS + i * HOUR_MS, "view", "item", "p");
    }
    user.scenario.advance(3 * DAY_MS);
    assertThat(user.scenario.decisions)
        .extracting(Decision::trigger)
        .doesNotContain("quiet", "browsing");
  }

  @Test
  void afterwardsObservationBeginsAnew() {
    User user = sent();
    user.scenario.advance(25 * HOUR_MS);
    assertThat(user.scenario.state().isQuarantined()).isFalse();
    user.read(30 * HOUR_MS, "view", "item", "p");
    user.scenario.advance(30 * HOUR_MS + 7 * HOUR_MS);
    assertThat(user.scenario.told()).contains("quiet ISSUED " + (36 * HOUR_MS));
    user.scenario.advance(100 * DAY_MS);
    user.scenario.advance(1_000 * DAY_MS);
    assertThat(user.scenario.state().isEmpty()).as("nothing is left").isTrue();
  }

  @Test
  void consentGivenOrTakenInQuarantineHolds() {
    Plan plan =
        Scenario.job(
            Optional.of(
                "timezone: {fallback: UTC}\nconsent: {marketing: user.agrees, default: deny}\n"),
            TIME,
            TRIGGERS);
    User user = new User(plan);
    user.scenario.profile("agrees", true);
    user.flood(MINUTE_MS, 8_000);
    assertThat(user.scenario.state().isQuarantined()).isTrue();
    user.scenario.update(35 * MINUTE_MS, "agrees", false);
    assertThat(user.scenario.state().profile().has(3)).isTrue();
    user.scenario.advance(25 * HOUR_MS);
    user.read(26 * HOUR_MS + 1, "app_open", "n", 7);
    user.scenario.advance(28 * HOUR_MS);
    assertThat(user.scenario.decisions)
        .extracting(Decision::reason)
        .containsExactly(Reason.NO_CONSENT);
  }

  @Test
  void aFloodOfProfilesIsBoundedToo() {
    User user = new User(plan());
    user.read(0, "view", "item", "p");
    for (int i = 0; i < 20_000; i++) {
      user.scenario.update(MINUTE_MS + i, "tier", "t".repeat(20) + i, "zone", "Europe/Berlin");
    }
    assertThat(user.bytes()).isLessThan(Engine.MOST_STATE_BYTES + 64 * 64);
  }

  @Test
  void whenItBeginsDoesNotDependOnWhereTheStateWasWritten() {
    for (int seed = 0; seed < 3; seed++) {
      Random random = new Random(seed);
      List<Object[]> events = new ArrayList<>();
      long atMs = 0;
      for (int i = 0; i < 4_000; i++) {
        atMs += random.nextInt(700);
        String type =
            random.nextInt(200) == 0 ? "buy" : random.nextInt(300) == 0 ? "complain" : "view";
        events.add(new Object[] {atMs, type, "item-" + random.nextInt(2_000)});
      }
      User whole = run(events, 0);
      assertThat(whole.count(Counter.USERS_QUARANTINED)).as("seed %s", seed).isEqualTo(1);
      for (int every : new int[] {5, 500}) {
        User restarted = run(events, every);
        assertThat(restarted.scenario.decided())
            .as("seed %s, written every %s", seed, every)
            .isEqualTo(whole.scenario.decided());
        assertThat(restarted.scenario.counts).isEqualTo(whole.scenario.counts);
        assertThat(restarted.bytes()).isEqualTo(whole.bytes());
      }
    }
  }

  private static User run(List<Object[]> events, int writeEvery) {
    User user = new User(plan());
    for (int i = 0; i < events.size(); i++) {
      Object[] event = events.get(i);
      user.read((Long) event[0], (String) event[1], "item", event[2]);
      if (writeEvery > 0 && i % writeEvery == 0) {
        Engine engine = user.scenario.engine();
        user.scenario.state(engine.decode("u1", engine.encode(user.scenario.state())));
      }
    }
    user.scenario.advance(9 * DAY_MS);
    return user;
  }
}
