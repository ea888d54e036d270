// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.oracle.Mutants.Mutant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The agreement run finds every one of these bugs. */
final class MutantTest {
  /** Within so many cases each bug must be found. */
  private static final int CASES = 2_500;

  private static final String DETECTOR = "detect/Detector.java";
  private static final String ENGINE = "engine/Engine.java";
  private static final String BUCKETS = "state/Buckets.java";
  private static final String CHAINS = "state/Chains.java";
  private static final String STEPS = "state/StepTimes.java";
  private static final String DESK = "policy/Desk.java";
  private static final String DROP = "state/DropWatch.java";
  private static final String SCORE = "state/ScoreWatch.java";
  private static final String CADENCE = "state/Cadence.java";
  private static final String MODEL = "state/ModelState.java";

  private static final List<Mutant> MUTANTS =
      List.of(
          new Mutant(
              "a window excludes its start",
              BUCKETS,
              "i >= 0 && paneEndMs(i) >= endMs - windowMs",
              "i >= 0 && paneEndMs(i) > endMs - windowMs"),
          new Mutant(
              "a pane counts only if it begins inside the window",
              BUCKETS,
              "i >= 0 && paneEndMs(i) >= endMs - windowMs",
              "i >= 0 && paneEndMs(i) - paneMs + 1 >= endMs - windowMs"),
          new Mutant(
              "the sum must exceed the line",
              BUCKETS,
              "sum.compareTo(atLeastSum) >= 0",
              "sum.compareTo(atLeastSum) > 0"),
          new Mutant(
              "an event that arrives out of order completes no window that ends later",
              BUCKETS,
              "last < size; last++",
              "last <= bucket; last++"),
          new Mutant(
              "events leave the window's memory one millisecond too early",
              BUCKETS,
              "paneEndMs(gone) + windowMs <= watermarkMs",
              "paneEndMs(gone) + windowMs <= watermarkMs + 1"),
          new Mutant(
              "an ender empties the instance only of what is older than itself",
              BUCKETS,
              "gone < size && firstMs[gone] <= timeMs",
              "gone < size && firstMs[gone] < timeMs"),
          new Mutant(
              "an ender empties distinct values only of what is older than itself",
              "state/DistinctValues.java",
              "values.removeIf(v -> v.timeMs() <= timeMs)",
              "values.removeIf(v -> v.timeMs() < timeMs)"),
          new Mutant(
              "an older copy of a value moves it back",
              "state/DistinctValues.java",
              "if (values.get(i).timeMs() >= timeMs) { return false; }",
              ""),
          new Mutant(
              "steps of a sequence may happen at the same millisecond",
              CHAINS,
              "begunNow[step] = Math.max(begunNow[step], since);",
              "begun[step] = Math.max(begun[step], since);"),
          new Mutant(
              "an earlier first step hides a later one",
              CHAINS,
              "begun[i] = Math.max(begun[i], begunNow[i]);",
              "begun[i] = begun[i] == NONE ? begunNow[i] : begun[i];"),
          new Mutant(
              "a without event at the last step's millisecond breaks the sequence",
              CHAINS,
              "withoutMs < timeMs ? withoutMs : withoutBeforeMs",
              "withoutMs"),
          new Mutant(
              "a without event at the first step's millisecond breaks the sequence",
              CHAINS,
              "withoutBefore <= sinceMs",
              "withoutBefore < sinceMs"),
          new Mutant(
              "a sequence may take one millisecond longer",
              CHAINS,
              "sinceMs >= timeMs - windowMs",
              "sinceMs >= timeMs - windowMs - 1"),
          new Mutant(
              "in order of arrival a sequence must be shorter than its window",
              STEPS,
              "until - since > windowMs",
              "until - since >= windowMs"),
          new Mutant(
              "in order of arrival steps may happen at the same millisecond",
              STEPS,
              "int at = lowerBound(times[i], until + 1);",
              "int at = lowerBound(times[i], until);"),
          new Mutant(
              "in order of arrival only the last step completes a sequence",
              STEPS,
              "foundSinceMs = Math.max(foundSinceMs, since(step, timeMs));",
              "foundSinceMs = step == times.length - 1 ? since(step, timeMs) : foundSinceMs;"),
          new Mutant(
              "used events are not used up",
              DETECTOR,
              "if (complete) { instance.empty();",
              "if (complete) {"),
          new Mutant(
              "deadlines before events at the same millisecond",
              DETECTOR,
              "alone = count == 1 && !plan.hasWatches();",
              "alone = count == 1 && !plan.hasWatches(); for (TriggerState early : state.triggers()) {"
                  + " if (early.nextDeadlineMs() == timeMs) { fire(state, early, timeMs); } }"),
          new Mutant(
              "an event at the watermark is not yet handled",
              ENGINE,
              "if (dueMs > watermarkMs ||",
              "if (dueMs >= watermarkMs ||"),
          new Mutant(
              "an event at the watermark is not late",
              ENGINE,
              "if (event.timeMs() <= state.watermarkMs()) {",
              "if (event.timeMs() < state.watermarkMs()) {"),
          new Mutant(
              "late events end nothing", ENGINE, "detector.late(state, event, adapter);", ""),
          new Mutant(
              "copies are taken for new events",
              ENGINE,
              "if (state.ids().contains(event.id())) {",
              "if (event.id().isEmpty()) {"),
          new Mutant("moments are decided as they came", DESK, "batch.sort(Candidate.ORDER);", ""),
          new Mutant(
              "a late ender before the absence ends it",
              DETECTOR,
              "open.sinceMs() <= timeMs && timeMs <= open",
              "timeMs <= open"),
          new Mutant(
              "a late purchase does not revoke what was sent",
              DETECTOR,
              "revoke(trigger, instance, event, of, output);",
              "if (!of) { revoke(trigger, instance, event, of, output); }"),
          new Mutant(
              "a late purchase revokes after the moment, too",
              DETECTOR,
              "boolean of = role.kind() == Role.Kind.OF;",
              "boolean of = false;"),
          new Mutant(
              "an awaited event that is also selected is not the first one gathered",
              DETECTOR,
              "if (instance.open() != null) { instance.end(); output.prevented(trigger); }"
                  + " else if",
              "if (instance.open() != null) { instance.end(); output.prevented(trigger);"
                  + " if (select != null) { return; } } else if"),
          new Mutant(
              "an ender that is also selected empties its own instance",
              DETECTOR,
              "else if (select == null || !select.concerns(event.attributes(), instance.key()))",
              "else"),
          new Mutant(
              "every ender is a cancel",
              DETECTOR,
              "if (role.kind() == Role.Kind.CANCEL) { revoke(",
              "if (role.kind() != Role.Kind.SELECT) { revoke("),
          new Mutant(
              "a repeat moves the deadline where it should be passed over",
              DETECTOR,
              "if (observed.trigger().restarts()) {",
              "if (!observed.instances().isEmpty()) {"),
          new Mutant(
              "an ender of the same millisecond does not keep an absence from opening",
              DETECTOR,
              "if (trigger.isAbsence()) { if (speaksAgainst(instantMarks.get(trigger.index()), instance.key(), timeMs, timeMs)) {",
              "if (trigger.isAbsence()) { if (instance.open() != null) {"),
          new Mutant(
              "a cancelling event read before its moment is overlooked",
              DETECTOR,
              "trigger.arrival() && wasCancelled(",
              "!trigger.arrival() && wasCancelled("),
          new Mutant(
              "a cancelling event of the same millisecond is overlooked",
              DETECTOR,
              "} } cancelWithinInstant(); return moments;",
              "} } return moments;"),
          new Mutant(
              "one instance too many",
              DETECTOR,
              "for (; live > most; live--) {",
              "for (; live > most + 1; live--) {"),
          new Mutant(
              "the newest instance goes",
              DETECTOR,
              "? a.latestMs() < b.latestMs()",
              "? a.latestMs() > b.latestMs()"),
          new Mutant(
              "an instance with an open episode goes before one without",
              DETECTOR,
              "if (aHolds != bHolds) { return bHolds; }",
              "if (aHolds != bHolds) { return aHolds; }"),
          new Mutant(
              "a cooldown includes its end",
              "state/Cooldowns.java",
              "Math.abs(momentMs - entry.momentMs()) < cooldownMs",
              "Math.abs(momentMs - entry.momentMs()) <= cooldownMs"),
          new Mutant(
              "a cooldown does not look back",
              "state/Cooldowns.java",
              "Math.abs(momentMs - entry.momentMs()) < cooldownMs",
              "momentMs >= entry.momentMs() && momentMs - entry.momentMs() < cooldownMs"),
          new Mutant(
              "refused moments start the cooldown",
              DESK,
              "refusal.compared(), nowMs));\n      return;",
              "refusal.compared(), nowMs));\n      startCooldown(state, candidate);\n      return;"),
          new Mutant(
              "a missing value lets everybody in",
              DESK,
              "if (verdict == Verdict.TRUE) {",
              "if (verdict != Verdict.FALSE) {"),
          new Mutant(
              "active dates are those of UTC",
              DESK,
              "LocalDays.dateAt(moment.timeMs(), plan.job().zone())",
              "LocalDays.dateAt(moment.timeMs(), java.time.ZoneOffset.UTC)"),
          new Mutant(
              "a drop must exceed its line",
              DROP,
              "recent() <= (1 - spec.by()) * b",
              "recent() < (1 - spec.by()) * b"),
          new Mutant(
              "a drop needs one date less of history",
              DROP,
              "date - firstDate + 1 >= spec.minHistoryDates()",
              "date - firstDate + 2 >= spec.minHistoryDates()"),
          new Mutant(
              "a drop that has fired stays armed",
              DROP,
              "fired = nextDate; armed = false;",
              "fired = nextDate;"),
          new Mutant(
              "the day before the baseline still counts",
              DROP,
              "long before = date - spec.recentDates() - spec.baselineDates();",
              "long before = date - spec.recentDates() - spec.baselineDates() - 1;"),
          new Mutant(
              "a score must stay past its line for a millisecond more",
              SCORE,
              "atMs - pastSinceMs >= forMs",
              "atMs - pastSinceMs > forMs"),
          new Mutant(
              "a score is armed before it was ever clear",
              SCORE,
              "public void clear() { armed = false;",
              "public void clear() { armed = true;"),
          new Mutant(
              "an anniversary comes in the year of birth too",
              "state/MilestoneWatch.java",
              "Math.max(begun.getYear() + 1,",
              "Math.max(begun.getYear(),"),
          new Mutant(
              "a displaced milestone tells its displaced date",
              "state/MilestoneWatch.java",
              "foundBase = base;",
              "foundBase = moved;"),
          new Mutant(
              "the first active day counts as a gap",
              CADENCE,
              "long x = count - 1;",
              "long x = count;"),
          new Mutant(
              "two events of one day are two active days",
              CADENCE,
              "} else if (date <= lastDate) {",
              "} else if (date < lastDate) {"),
          new Mutant(
              "a wait has no ceiling",
              CADENCE,
              "Math.min(Math.max(waitMs, floorMs), ceilingMs)",
              "Math.max(waitMs, floorMs)"),
          new Mutant(
              "one active day too few is enough for a wait",
              CADENCE,
              "if (count < minEvents) {",
              "if (count < minEvents - 1) {"),
          new Mutant(
              "every event of a day raises the level",
              "state/LevelState.java",
              "} else if (today > date) {",
              "} else if (today >= date) {"),
          new Mutant(
              "a signal's window excludes its start",
              "state/PaneState.java",
              "lastMs(first - 1) >= atMs",
              "lastMs(first - 1) > atMs"),
          new Mutant(
              "the last of the busiest hours",
              "state/BusiestHourState.java",
              "if (counts[i] > counts[best]) {",
              "if (counts[i] >= counts[best]) {"),
          new Mutant(
              "a signal is forgotten a millisecond early",
              "state/SignalState.java",
              "atMs - lastMs > spec.retentionMs()",
              "atMs - lastMs >= spec.retentionMs()"),
          new Mutant(
              "silence begins with the last event, not when its date is over",
              MODEL,
              "activity.take(date, calendar.endOf(date), timeMs);",
              "activity.take(date, timeMs, timeMs);"),
          new Mutant(
              "a subscription begins at once, not when its date is over",
              MODEL,
              "activity.subscribe(calendar.endOf(calendar.dateAt(timeMs)));",
              "activity.subscribe(timeMs);"),
          new Mutant(
              "a subscription never ends",
              MODEL,
              "case ENDS -> activity.unsubscribe();",
              "case ENDS -> {}"),
          new Mutant(
              "a model is forgotten with the last event that counts",
              MODEL,
              "prune(timeMs); lastMs = timeMs;",
              "prune(timeMs); lastMs = part == Part.COUNTS || lastMs == NEVER ? timeMs : lastMs;"),
          new Mutant(
              "a model's score crosses its line only where an event comes",
              MODEL,
              "? Long.MAX_VALUE : score() .first(",
              "|| lastMs != NEVER ? Long.MAX_VALUE : score() .first("),
          new Mutant(
              "a changed zone holds for the date that has begun",
              "calendar/UserCalendar.java",
              "timeMs < heldEndMs ? heldDate : Math.max(heldDate + 1, zone.dateAt(timeMs))",
              "zone.dateAt(timeMs)"),
          new Mutant(
              "a moment at the first instant of sending is still warming up",
              DESK,
              "moment.timeMs() < sendFromMs",
              "moment.timeMs() <= sendFromMs"),
          new Mutant(
              "what an attribute was does not matter",
              DETECTOR,
              "&& (changes.from().isEmpty() || changes.from().get().equals(from))",
              ""));
  private final Mutants mutants = new Mutants();
  private final RandomJobs jobs = new RandomJobs();
  private final List<RandomCase> cases = new ArrayList<>();
  private final List<Outcome> outcomes = new ArrayList<>();

  @TestFactory
  Stream<DynamicTest> theAgreementRunFinds() {
    for (RandomCase input : LongStream.range(0, CASES).mapToObj(jobs::make).toList()) {
      cases.add(input);
      outcomes.add(NaiveOracle.run(input));
    }
    return MUTANTS.stream()
        .map(
            mutant ->
                DynamicTest.dynamicTest(
                    mutant.name(),
                    () ->
                        assertThat(casesUntilFound(mutants.engineWith(mutant)))
                            .as("cases until found")
                            .isLessThan(CASES)));
  }

  private int casesUntilFound(Function<RandomCase, Outcome> engine) {
    for (int i = 0; i < cases.size(); i++) {
      if (Agreement.disagreement(cases.get(i), outcomes.get(i), engine).isPresent()) {
        return i;
      }
    }
    return CASES;
  }

  @Test
  void theUnchangedEngineIsNotTakenForABug() {
    Function<RandomCase, Outcome> engine = mutants.engineUnchanged();
    for (long seed = 0; seed < 50; seed++) {
      RandomCase input = jobs.make(seed);
      assertThat(Agreement.disagreement(input, NaiveOracle.run(input), engine)).isEmpty();
    }
  }

  @Test
  void aMutantWhosePlaceIsGoneIsRefused() {
    Mutant gone = new Mutant("gone", ENGINE, "no such text in the engine", "");
    assertThatThrownBy(() -> mutants.engineWith(gone))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("not exactly once");
  }
}
