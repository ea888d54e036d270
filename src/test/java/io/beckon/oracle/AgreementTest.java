// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.beckon.event.Event;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.TimeSettings;
import io.beckon.language.JobDefinition.Timezone;
import io.beckon.language.TriggerDefinition;
import io.beckon.language.When;
import io.beckon.oracle.RandomJobs.Focus;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Engine and oracle agree, and what must hold of any engine holds of this one. */
final class AgreementTest {
  /** More with {@code -Dbeckon.agreement.cases=…}; other ones with {@code …agreement.first=…}. */
  private static final int CASES = Integer.getInteger("beckon.agreement.cases", 6_000);

  private static final long FIRST = Long.getLong("beckon.agreement.first", 0);
  private static final int METAMORPHIC_CASES = 300;
  private static final long WEEK_MS = 7L * 86_400_000;
  private static final List<String> SHAPES =
      List.of(
          "absence",
          "changes",
          "count",
          "distinct",
          "drop",
          "due",
          "event",
          "inactive",
          "milestone",
          "score",
          "sequence",
          "sum");

  private final RandomJobs jobs = new RandomJobs();
  private final EngineRunner engine = new EngineRunner();

  @Test
  void theEngineAgreesWithTheOracleOnRandomJobsAndStreams() {
    NaiveOracle.Tally tally = new NaiveOracle.Tally();
    for (long seed = FIRST; seed < FIRST + CASES; seed++) {
      RandomCase input = jobs.make(seed);
      Outcome expected = NaiveOracle.run(input, tally);
      if (Agreement.disagreement(input, expected, engine).isPresent()) {
        fail(explain(input));
      }
    }
    // Agreement on nothing would mean nothing.
    for (String shape : SHAPES) {
      assertThat(tally.fired.getOrDefault(shape, 0)).as("fired: %s", shape).isGreaterThan(500);
      assertThat(tally.prevented.getOrDefault(shape, 0))
          .as("prevented: %s", shape)
          .isGreaterThan(500);
    }
    // Scores of models are counted among the scores, and once more by family.
    for (String family : List.of("ReturnScore", "CadenceScore", "Scorecard")) {
      assertThat(tally.fired.getOrDefault(family, 0)).as("fired: %s", family).isGreaterThan(100);
      assertThat(tally.prevented.getOrDefault(family, 0))
          .as("prevented: %s", family)
          .isGreaterThan(1_000);
    }
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

  @Test
  void orderOfArrivalWithinTheLatenessChangesNothingInSettledOrder() {
    int changed = 0;
    for (long seed = 0; seed < METAMORPHIC_CASES; seed++) {
      RandomCase input = jobs.make(seed, Focus.SETTLED_IN_TIME);
      RandomCase shuffled = input.withEvents(shuffledWithinLateness(input, new Random(seed)));
      changed += shuffled.stream().equals(input.stream()) ? 0 : 1;
      assertSame(input, shuffled, engine.apply(shuffled));
    }
    assertThat(changed).isGreaterThan(METAMORPHIC_CASES / 3);
  }

  static List<Event> shuffledWithinLateness(RandomCase input, Random random) {
    Map<String, Long> read = new HashMap<>();
    for (Event event : input.events()) {
      long delay = (long) (random.nextDouble() * (input.job().time().latenessMs() + 1));
      read.put(event.id(), event.timeMs() + delay);
    }
    return input.events().stream()
        .sorted(Comparator.comparing((Event e) -> read.get(e.id())))
        .toList();
  }

  @Test
  void copiesWithinTheMemoryOfIdsChangeNothing() {
    int copies = 0;
    for (long seed = 0; seed < METAMORPHIC_CASES; seed++) {
      RandomCase input = jobs.make(seed, Focus.SETTLED_IN_TIME);
      Random random = new Random(seed);
      List<Event> copied = new ArrayList<>();
      long newest = Long.MIN_VALUE;
      for (Event event : input.events()) {
        copied.add(event);
        newest = Math.max(newest, event.timeMs());
        Event earlier = copied.get(Math.max(0, copied.size() - 1 - random.nextInt(6)));
        boolean remembered = newest - earlier.timeMs() <= input.job().time().dedupeMs();
        if (remembered && random.nextInt(3) == 0) {
          copied.add(earlier);
        }
      }
      Outcome outcome = engine.apply(input.withEvents(copied));
      copies += outcome.duplicates();
      assertSame(input, input.withEvents(copied), outcome.withDuplicates(0));
    }
    assertThat(copies).isGreaterThan(METAMORPHIC_CASES);
  }

  @Test
  void shiftingAllTimesByWholeWeeksShiftsAllOutputs() {
    int cases = 0;
    for (long seed = 0; seed < METAMORPHIC_CASES; seed++) {
      RandomCase input = jobs.make(seed);
      List<TriggerDefinition> shiftable =
          input.job().triggers().stream().filter(AgreementTest::isShiftable).toList();
      if (shiftable.isEmpty()) {
        continue;
      }
      cases++;
      RandomCase here = inUtc(input.withTriggers(shiftable));
      long by = WEEK_MS * (1 + seed % 60);
      RandomCase there =
          here.withStream(here.stream().stream().map(read -> shifted(read, by)).toList())
              .withUntil(here.untilMs() + by);
      assertSame(here, there, engine.apply(there).earlier(by));
    }
    assertThat(cases).isGreaterThan(METAMORPHIC_CASES / 4);
  }

  /** In one zone without clock changes; without warm-up, which has a time of its own. */
  private static RandomCase inUtc(RandomCase input) {
    JobDefinition job = input.job();
    TimeSettings time = job.time();
    return input.withJob(
        new JobDefinition(
            job.id(),
            job.catalogue(),
            job.signals(),
            new TimeSettings(
                time.latenessMs(),
                time.dedupeMs(),
                time.maxAheadMs(),
                time.quietAfterMs(),
                time.order(),
                time.clock()),
            job.sources(),
            job.live(),
            Timezone.of(ZoneId.of("UTC")),
            job.policy(),
            job.retentionMs(),
            job.triggers()));
  }

  private static Input shifted(Input input, long by) {
    if (input instanceof Input.Updates update) {
      OptionalLong time = update.timeMs();
      return new Input.Updates(
          update.user(),
          time.isPresent() ? OptionalLong.of(time.getAsLong() + by) : time,
          update.profile());
    }
    Event e = input.event().orElseThrow();
    return new Input.Happens(
        new Event(e.id(), e.type(), e.user(), e.timeMs() + by, e.attributes()));
  }

  /** Whether nothing of it is a date or an instant of its own. */
  private static boolean isShiftable(TriggerDefinition trigger) {
    return trigger.active().isEmpty()
        && panesDivideAWeek(trigger.when())
        && trigger.when().match().size() + trigger.when().selectors().size() > 0
        && !(trigger.when() instanceof When.Drop)
        && trigger.then().params().isEmpty()
        && trigger.audience().filter(e -> e.text().contains("signal")).isEmpty();
  }

  private static boolean panesDivideAWeek(When when) {
    long within =
        when instanceof When.Sum sum
            ? sum.withinMs()
            : when instanceof When.Count count ? count.withinMs() : 0;
    return within <= 3_600_000 || WEEK_MS % (within / 48) == 0;
  }

  private void assertSame(RandomCase input, RandomCase varied, Outcome outcome) {
    Outcome expected = engine.apply(input);
    assertThat(outcome.comparable())
        .as(() -> Agreement.describe(input) + "\nvaried:\n" + Agreement.describe(varied))
        .isEqualTo(expected.comparable());
  }
}
