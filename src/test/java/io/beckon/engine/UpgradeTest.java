// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.engine.EngineOutput.Counter;
import io.beckon.plan.Plan;
import io.beckon.plan.Upgrade;
import io.beckon.plan.Upgrade.Change;
import io.beckon.plan.Upgrade.Kind;
import io.beckon.plan.Upgrade.Verdict;
import io.beckon.policy.Decision;
import io.beckon.policy.Reason;
import io.beckon.state.UserState;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A user's state under edited definitions: what is kept goes on, what is not begins anew. */
class UpgradeTest {
  private static final String TIME = "lateness: 10s, clock: live";
  private static final long MINUTE_MS = 60_000;
  private static final String THEN = "then: {message: {channel: push, template: t}}\n";

  private static final String POLICY =
      """
      timezone: {fallback: UTC}
      caps: [{id: daily, at_most: 3, rolling: 24h}]
      quiet_hours: {windows: ["12:30-20:00"], then: defer}
      """;

  private static final String LOOKS =
      """
      id: looks
      version: 1
      when: {count: {event: view, at_least: 3, within: 30m, match: [item]}}
      """
          + THEN;

  private static final String WAITS =
      """
      id: waits
      version: 1
      when: {absence: {after: {event: view, match: [item]}, of: {event: buy, match: [item]}, for: 20m}}
      cancel_on: [{event: buy, match: [item]}]
      """
          + THEN;

  private static final String GONE_QUIET =
      """
      id: gone-quiet
      version: 1
      when: {inactive: {event: app_open, for: 25m}}
      if: signal.buys == 0
      """
          + THEN;

  private static Plan plan(String... triggers) {
    return Scenario.job(Optional.of(POLICY), TIME, triggers);
  }

  /** Two looks, an absence open, a visit; then the bytes, as another edition finds them. */
  private static Scenario after(Plan before, Plan after) {
    Scenario old = Scenario.of(before);
    old.read(0, "app_open");
    old.read(1_000, "view", "item", "p1");
    old.read(2_000, "view", "item", "p1");
    old.advance(10_000);
    assertThat(old.decisions).isEmpty();
    Scenario now = Scenario.of(after);
    now.state(now.engine().decode("u1", old.engine().encode(old.state())));
    return now;
  }

  private static List<String> decided(Scenario scenario) {
    return scenario.decisions.stream()
        .map(decision -> decision.trigger() + " " + decision.version())
        .toList();
  }

  @Test
  void anEditOfTextGoesOnAndIsRecordedWithItsVersion() {
    Plan before = plan(LOOKS, WAITS, GONE_QUIET);
    Plan after =
        plan(
            LOOKS.replace("version: 1", "version: 2\npriority: 90\ncooldown: 1d"),
            WAITS.replace("version: 1", "version: 5").replace("template: t", "template: other"),
            GONE_QUIET);
    Scenario now = after(before, after);
    now.readAs("n1", 20_000, "view", "item", "p1");
    now.advance(26 * MINUTE_MS);
    assertThat(decided(now)).containsExactly("looks 2", "waits 5", "gone-quiet 1");
    assertThat(now.commands).first().extracting(command -> command.version()).isEqualTo(2);
  }

  @Test
  void anEditOfShapeBeginsAnewAndDisturbsNoOther() {
    Plan before = plan(LOOKS, WAITS, GONE_QUIET);
    Plan after = plan(LOOKS.replace("at_least: 3", "at_least: 4"), WAITS, GONE_QUIET);
    Scenario now = after(before, after);
    now.readAs("n1", 20_000, "view", "item", "p1");
    now.readAs("n2", 21_000, "view", "item", "p1");
    now.advance(26 * MINUTE_MS);
    assertThat(decided(now)).containsExactly("waits 1", "gone-quiet 1");
    for (int i = 0; i < 4; i++) {
      now.readAs("m" + i, 30 * MINUTE_MS + i, "view", "item", "p9");
    }
    now.advance(31 * MINUTE_MS);
    assertThat(decided(now)).contains("looks 1");
  }

  @Test
  void anOpenAbsenceOfAnotherShapeIsNotDeclared() {
    Plan before = plan(LOOKS, WAITS, GONE_QUIET);
    Plan after = plan(LOOKS, WAITS.replace("for: 20m", "for: 22m"), GONE_QUIET);
    Scenario now = after(before, after);
    now.advance(60 * MINUTE_MS);
    assertThat(decided(now)).containsExactly("gone-quiet 1");
  }

  @Test
  void whatIsRemovedLeavesNothing() {
    Plan before = plan(LOOKS, WAITS, GONE_QUIET);
    Plan after = plan(GONE_QUIET);
    Scenario now = after(before, after);
    Scenario never = after(plan(GONE_QUIET), after);
    assertThat(now.state().triggers()).hasSize(1);
    assertThat(now.engine().encode(now.state()).length)
        .as("but ids of events that nobody hears of any more, for as long as they are remembered")
        .isBetween(
            never.engine().encode(never.state()).length,
            never.engine().encode(never.state()).length + 100);
    now.advance(60 * MINUTE_MS);
    assertThat(decided(now)).containsExactly("gone-quiet 1");
  }

  @Test
  void whatIsAddedBeginsWithTheNextEvent() {
    Scenario now = after(plan(GONE_QUIET), plan(GONE_QUIET, LOOKS, WAITS));
    now.readAs("n1", 20_000, "view", "item", "p1");
    now.advance(26 * MINUTE_MS);
    assertThat(decided(now)).containsExactly("waits 1", "gone-quiet 1");
  }

  @Test
  void whatIsHeldOfARemovedTriggerIsDroppedAndCounted() {
    String held = LOOKS.replace("at_least: 3", "at_least: 1");
    Scenario old = Scenario.of(plan(held, WAITS));
    old.offer(old.event("h", 40 * MINUTE_MS, "view", "item", "p1"), 40 * MINUTE_MS);
    old.advance(41 * MINUTE_MS);
    assertThat(old.decisions).extracting(Decision::reason).containsExactly(Reason.DEFERRED);
    byte[] bytes = old.engine().encode(old.state());

    Scenario kept = Scenario.of(plan(held.replace("version: 1", "version: 2"), WAITS));
    kept.state(kept.engine().decode("u1", bytes));
    kept.advance(9 * 60 * MINUTE_MS);
    assertThat(decided(kept)).contains("looks 2");
    assertThat(kept.commands).hasSize(2);

    Scenario removed = Scenario.of(plan(WAITS));
    removed.state(removed.engine().decode("u1", bytes));
    removed.advance(9 * 60 * MINUTE_MS);
    assertThat(decided(removed)).containsOnly("waits 1");
    assertThat(removed.counts).containsEntry(Counter.HELD_DROPPED, 1);
  }

  /** What edits may do to {@link #JOB}: each a text and what it becomes. */
  private static final List<String[]> EDITS =
      List.of(
          new String[] {"version: 1", "version: 2"},
          new String[] {"priority: 50", "priority: 60"},
          new String[] {"mode: live", "mode: paused"},
          new String[] {"mode: live", "mode: shadow"},
          new String[] {"mode: live", "mode: draft"},
          new String[] {"template: t", "template: u"},
          new String[] {"at_least: 3", "at_least: 4"},
          new String[] {"within: 30m", "within: 31m"},
          new String[] {"for: 20m", "for: 21m"},
          new String[] {"for: 25m", "for: 24m"},
          new String[] {"event.price > 1.0", "(event.price  > 1.00)"},
          new String[] {"event.price > 1.0", "event.price > 2.0"},
          new String[] {"event: view, of", "event: view, where: event.price > 1.0, of"},
          new String[] {"event: view, match", "event: view, where: event.n > 0, match"},
          new String[] {"match: [item]", "match: [item, n]"},
          new String[] {"restart", "ignore"},
          new String[] {"urgent: false", "urgent: true"},
          new String[] {"signal.buys == 0", "signal.buys < 9"});

  private static final Map<String, String> JOB =
      new TreeMap<>(
          Map.of(
              "looks", LOOKS.replace("version: 1", "version: 1\npriority: 50\nmode: live"),
              "waits",
                  WAITS
                      .replace("version: 1", "version: 1\nmode: live")
                      .replace("for: 20m", "for: 20m, on_repeat: restart"),
              "gone-quiet", GONE_QUIET.replace("version: 1", "version: 1\nmode: live"),
              "dear",
                  """
                  id: dear
                  version: 1
                  urgent: false
                  when: {event: {event: view, where: event.price > 1.0}}
                  goal: {event: buy, within: 1d}
                  """
                      + THEN,
              "often",
                  """
                  id: often
                  version: 1
                  mode: live
                  when: {sum: {event: view, of: event.price, at_least: 1000, within: 30m}}
                  """
                      + THEN));

  @Test
  void theDifferenceSaysOfEveryPairOfEditionsWhatTheStateDoes() {
    Map<Verdict, Integer> seen = new EnumMap<>(Verdict.class);
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      Plan before = edition(random);
      Plan after = edition(random);
      Scenario old = Scenario.of(before);
      old.read(0, "app_open");
      old.read(1_000, "view", "item", "p1", "n", 1, "price", "5.5");
      old.read(2_000, "view", "item", "p1", "n", 1, "price", "7");
      old.read(3_000, "buy", "item", "p2", "total", "3");
      old.advance(5_000);
      Set<String> observed = triggers(old.state());
      Engine engine = new Engine(after);
      UserState found = engine.decode("u1", old.engine().encode(old.state()));

      Map<String, Verdict> verdicts =
          Upgrade.between(Upgrade.kept(before), Upgrade.kept(after)).stream()
              .filter(change -> change.kind() == Kind.TRIGGER)
              .collect(Collectors.toMap(Change::name, Change::verdict));
      Set<String> expected =
          observed.stream()
              .filter(id -> verdicts.get(id) == Verdict.KEEP)
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(triggers(found)).as("seed %s: %s", seed, verdicts).isEqualTo(expected);
      verdicts.values().forEach(verdict -> seen.merge(verdict, 1, Integer::sum));
    }
    assertThat(seen).as("how often each verdict came").containsOnlyKeys(Verdict.values());
    assertThat(seen.getOrDefault(Verdict.RESET, 0)).isGreaterThan(100);
  }

  private static Set<String> triggers(UserState state) {
    return state.triggers().stream()
        .map(trigger -> trigger.trigger().id())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Plan edition(Random random) {
    List<String> triggers = new ArrayList<>();
    for (String trigger : JOB.values()) {
      if (random.nextInt(5) == 0 && !(triggers.isEmpty() && trigger.contains("id: waits"))) {
        continue;
      }
      String edited = trigger;
      for (int i = random.nextInt(3); i > 0; i--) {
        String[] edit = EDITS.get(random.nextInt(EDITS.size()));
        edited =
            edited.contains("id: waits") && edit[0].startsWith("match")
                ? edited
                : edited.replace(edit[0], edit[1]);
      }
      triggers.add(edited);
    }
    return Scenario.job(Optional.of(POLICY), TIME, triggers.toArray(String[]::new));
  }

  @Test
  void signalsGoOnUnderAnyName() {
    Plan before = plan(GONE_QUIET);
    assertThat(Upgrade.between(Upgrade.kept(before), Upgrade.kept(plan(LOOKS, GONE_QUIET))))
        .contains(
            new Change(Kind.SIGNAL, "buys", Verdict.KEEP),
            new Change(Kind.TRIGGER, "looks", Verdict.ADDED),
            new Change(Kind.CAP, "daily", Verdict.KEEP));
    assertThat(Upgrade.between(Upgrade.kept(before), Upgrade.kept(plan(LOOKS))))
        .contains(
            new Change(Kind.SIGNAL, "buys", Verdict.REMOVED),
            new Change(Kind.TRIGGER, "gone-quiet", Verdict.REMOVED));
  }
}
