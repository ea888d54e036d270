// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import static java.util.Comparator.comparingLong;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.beckon.event.Event;
import io.beckon.language.JobDefinition.Order;
import io.beckon.language.TriggerDefinition;
import io.beckon.oracle.Outcome.Judged;
import io.beckon.policy.Reason;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Engine and oracle agree on what becomes of moments. */
final class PolicyAgreementTest {
  /** More with {@code -Dbeckon.policy.cases=…}; other ones with {@code …policy.first=…}. */
  private static final int CASES = Integer.getInteger("beckon.policy.cases", 3_000);

  private static final long FIRST = Long.getLong("beckon.policy.first", 0);

  /** Reasons of a gate that is not there yet. */
  private static final List<Reason> NOT_YET = List.of(Reason.OPTED_OUT, Reason.GATE_AWAY);

  private static final Map<String, Integer> SEEN =
      Map.ofEntries(
          Map.entry("held to gather", 500),
          Map.entry("held, OPENING, send_at NOW", 300),
          Map.entry("held, OPENING, send_at NEXT_OPEN", 200),
          Map.entry("held, OPENING, send_at USUAL_HOUR", 200),
          Map.entry("held, USUAL_HOUR, send_at USUAL_HOUR", 500),
          Map.entry("cap ROLLING", 200),
          Map.entry("cap DAY", 200),
          Map.entry("cap WEEK", 200),
          Map.entry("cap MONTH", 200),
          Map.entry("ended by cancelled_by=held", 200),
          Map.entry("ended by cancelled_by=later step", 150),
          Map.entry("ended by goal=held", 150),
          Map.entry("ended by goal=later step", 100),
          Map.entry("TREATED converted", 200),
          Map.entry("TREATED not converted", 500),
          Map.entry("HELD_OUT converted", 100),
          Map.entry("HELD_OUT not converted", 300),
          Map.entry("fallback by per_user", 100),
          Map.entry("shared ISSUED", 500),
          Map.entry("shared ISSUED as its fallback", 150),
          Map.entry("queued, then ISSUED", 300),
          Map.entry("queued, then ISSUED as its fallback", 25),
          Map.entry("queued, then RATE", 100),
          Map.entry("RATE at once", 100),
          Map.entry("RATE for want of room in the queue", 100),
          Map.entry("revoked in the queue", 50),
          Map.entry("revoked after the stage", 100),
          Map.entry("revoked, but refused by the stage", 50));

  private final RandomPolicies policies = new RandomPolicies();
  private final EngineRunner engine = new EngineRunner();

  @Test
  void theEngineDecidesAsTheOracleOnASendClockOfItsOwn() {
    NaiveOracle.Tally tally = new NaiveOracle.Tally();
    for (long seed = FIRST; seed < FIRST + CASES / 3; seed++) {
      RandomCase input = policies.makeLive(seed);
      if (Agreement.disagreement(input, NaiveOracle.run(input, tally), engine).isPresent()) {
        fail(explain(input));
      }
    }
    assertThat(tally.seen.getOrDefault("held to gather", 0)).isGreaterThan(CASES / 20);
    assertThat(tally.seen.getOrDefault("held, OPENING, send_at NOW", 0)).isGreaterThan(CASES / 20);
  }

  @Test
  void theEngineDecidesAsTheOracle() {
    NaiveOracle.Tally tally = new NaiveOracle.Tally();
    Map<String, Integer> reasons = new TreeMap<>();
    for (long seed = FIRST; seed < FIRST + CASES; seed++) {
      RandomCase input = policies.make(seed);
      Outcome expected = NaiveOracle.run(input, tally);
      if (Agreement.disagreement(input, expected, engine).isPresent()) {
        fail(explain(input));
      }
      for (List<Judged> judged : List.of(expected.decisions(), expected.shared().decisions())) {
        judged.forEach(each -> reasons.merge(each.reason(), 1, Integer::sum));
      }
    }
    // Agreement on nothing would mean nothing.
    int perThousand = CASES * 1_000 / 3_000;
    for (Reason reason : Reason.values()) {
      if (!NOT_YET.contains(reason)) {
        assertThat(reasons.getOrDefault(reason.name(), 0))
            .as("%s", reason)
            .isGreaterThan(200 * perThousand / 1_000);
      }
    }
    SEEN.forEach(
        (what, least) ->
            assertThat(tally.seen.getOrDefault(what, 0))
                .as(what)
                .isGreaterThan(least * perThousand / 1_000));
  }

  @Test
  void orderOfArrivalWithinTheLatenessChangesNothingInSettledOrder() {
    int changed = 0;
    int sent = 0;
    for (long seed = FIRST; seed < FIRST + CASES / 5; seed++) {
      RandomCase any = policies.make(seed);
      boolean settled =
          any.job().time().order() == Order.SETTLED
              && any.job().triggers().stream().noneMatch(TriggerDefinition::urgent);
      if (settled) {
        List<Event> inTime =
            any.events().stream().distinct().sorted(comparingLong(Event::timeMs)).toList();
        RandomCase input = any.withEvents(inTime);
        RandomCase shuffled =
            input.withEvents(AgreementTest.shuffledWithinLateness(input, new Random(seed)));
        changed += shuffled.stream().equals(input.stream()) ? 0 : 1;
        Outcome outcome = engine.apply(input);
        sent += outcome.commands().size() + outcome.shared().commands().size();
        assertThat(engine.apply(shuffled).comparable())
            .as(() -> Agreement.describe(input) + "\nvaried:\n" + Agreement.describe(shuffled))
            .isEqualTo(outcome.comparable());
      }
    }
    assertThat(changed).isGreaterThan(CASES / 20);
    assertThat(sent).isGreaterThan(CASES / 20);
  }

  private String explain(RandomCase failing) {
    RandomCase smallest =
        Agreement.shrink(
            failing,
            candidate ->
                Agreement.disagreement(candidate, NaiveOracle.run(candidate), engine).isPresent());
    Optional<String> why = Agreement.disagreement(smallest, NaiveOracle.run(smallest), engine);
    return "seed "
        + failing.seed()
        + " disagrees; shrunk:\n"
        + Agreement.describe(smallest)
        + why.orElse("");
  }
}
