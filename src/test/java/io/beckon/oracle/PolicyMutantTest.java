// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.oracle.Mutants.Mutant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The agreement run about policies finds every one of these bugs. */
final class PolicyMutantTest {
  /** Within so many cases each bug must be found. */
  private static final int CASES = 2_500;

  private static final String DESK = "policy/Desk.java";
  private static final String CANDIDATE = "policy/Candidate.java";
  private static final String SENDS = "state/Sends.java";
  private static final String MUTES = "state/Mutes.java";
  private static final String QUIET = "calendar/QuietHours.java";
  private static final String STAGE = "budget/BudgetStage.java";

  private static final List<Mutant> MUTANTS =
      List.of(
          // What is checked for each user.
          new Mutant(
              "a rolling cap includes its end",
              SENDS,
              "nowMs - send.untilMs() < rolling.ms()",
              "nowMs - send.untilMs() <= rolling.ms()"),
          new Mutant(
              "weeks of a cap begin on Sunday",
              SENDS,
              "Math.floorDiv(epochDay + 3, 7)",
              "Math.floorDiv(epochDay + 4, 7)"),
          new Mutant(
              "a cap counts what may still wait for a rate as if it had gone out at once",
              DESK,
              "untilMs = sendUntilMs;",
              "untilMs = nowMs;"),
          new Mutant(
              "shadows and what is sent fill the same caps",
              DESK,
              "candidate.isShadow() ? candidate.trigger().idHash() : 0",
              "0"),
          new Mutant(
              "quiet hours include their end",
              QUIET,
              "minute >= fromMinute && minute < toMinute",
              "minute >= fromMinute && minute <= toMinute"),
          new Mutant(
              "quiet hours over midnight include their end",
              QUIET,
              "minute >= fromMinute || minute < toMinute",
              "minute >= fromMinute || minute <= toMinute"),
          new Mutant(
              "the last day of a holiday is open",
              QUIET,
              "return at >= 0 && day <= lastDays[at] ? at : -1;",
              "return at >= 0 && day < lastDays[at] ? at : -1;"),
          new Mutant(
              "what quiet hours release is not one of many", DESK, "keep = Math.min(keep, 1);", ""),
          new Mutant(
              "held out before arbitration: such a user's candidates beat nobody",
              DESK,
              "Refusal refusal = speaksForItself ? null : lost(candidate);",
              "Refusal refusal = speaksForItself || (candidate.isFirstStep()"
                  + " && heldOut(state, candidate).isPresent()) ? null : lost(candidate);"),
          new Mutant(
              "shadows beat others",
              DESK,
              "if (!candidate.isShadow()) { winners++;",
              "if (candidate != null) { winners++;"),
          new Mutant(
              "the usual hour is one of twelve",
              DESK,
              "(int) (signalled.longAt(slot.getAsInt()) % 24)",
              "(int) (signalled.longAt(slot.getAsInt()) % 12)"),
          new Mutant(
              "what is released is not spread",
              DESK,
              "Draw.unit(rules.holdout().salt(), Draw.SPREAD, state.user()) * spreadMs",
              "Draw.unit(rules.holdout().salt(), Draw.SPREAD, state.user()) * 0"),
          new Mutant(
              "who comes as the window closes is not of it",
              DESK,
              "journey.phase() == Phase.GATHERING && journey.dueMs() >= nowMs",
              "journey.phase() == Phase.GATHERING && journey.dueMs() > nowMs"),
          new Mutant(
              "a cooldown is not given back",
              DESK,
              "state.cooldowns().giveBack(journey.trigger(), journey.key(), journey.momentMs());",
              ""),
          new Mutant(
              "what is held starts no cooldown",
              DESK,
              "state.journeys().keep(journey);"
                  + " state.cooldowns().start(candidate.trigger(), journey.key(),"
                  + " journey.momentMs());",
              "state.journeys().keep(journey);"),
          new Mutant(
              "it expires by the moment's time, not by that of sending",
              CANDIDATE,
              "nowMs > momentMs() + definition().expiresInMs().getAsLong()",
              "momentMs() > momentMs() + definition().expiresInMs().getAsLong()"),
          new Mutant(
              "later steps expire, too",
              CANDIDATE,
              "return isFirstStep() && definition().expiresInMs().isPresent()",
              "return definition().expiresInMs().isPresent()"),
          new Mutant(
              "consent is that of the profile before",
              DESK,
              "plan.isReplay() ? state.profileAt(nowMs) : state.newestProfile()",
              "plan.isReplay() ? state.profileAt(nowMs - 1) : state.newestProfile()"),
          new Mutant(
              "a mute lasts, whatever ends it",
              MUTES,
              "|| last(mute.hash(), false, timeMs) >= beganMs",
              ""),
          new Mutant(
              "a mute includes its end",
              MUTES,
              "|| timeMs >= beganMs + mute.mute().atMostMs()",
              "|| timeMs > beganMs + mute.mute().atMostMs()"),
          // Journeys and what comes of them.
          new Mutant(
              "a goal counts at any time",
              DESK,
              "|| event.timeMs() > journey.momentMs() + goal.get().withinMs()",
              ""),
          new Mutant(
              "the moment's own millisecond is in time for the goal",
              DESK,
              "|| event.timeMs() <= journey.momentMs()",
              "|| event.timeMs() < journey.momentMs()"),
          new Mutant(
              "a journey goes on after its goal",
              DESK,
              "journey.followedUp(true); } else if (journey.isUnconverted()) {"
                  + " output.goalTooLate(journey.trigger()); } if (journey.isPending()) {",
              "journey.followedUp(true); } else if (journey.isUnconverted()) {"
                  + " output.goalTooLate(journey.trigger()); }"
                  + " if (journey.isPending() && journey.step() == 1) {"),
          new Mutant(
              "a CANCEL for what was never sent",
              DESK,
              "if (journey.wasSent(step) || journey.wasHanded(step)) {",
              "if (step > 0) {"),
          new Mutant(
              "who is held out is not followed",
              DESK,
              "follow(state, candidate, Assigned.HELD_OUT, nowMs);",
              ""),
          new Mutant(
              "a refused later step ends the journey",
              DESK,
              "if (!candidate.isFirstStep()) { goOn(state, candidate, nowMs, output); }"
                  + " else if (journey.isPending()) {",
              "if (journey.isPending()) {"),
          new Mutant(
              "one journey more than may be",
              DESK,
              "pending >= rules.mostJourneys()",
              "pending > rules.mostJourneys()"),
          // Money.
          new Mutant(
              "what a user costs must stay below the limit",
              DESK,
              "spent.add(cost).compareTo(limit) > 0",
              "spent.add(cost).compareTo(limit) >= 0"),
          new Mutant(
              "what is refused costs the user all the same",
              DESK,
              "if (fallback.isEmpty()) { unpaid(",
              "state.spendings().add(budget.get(), cost); if (fallback.isEmpty()) { unpaid("),
          new Mutant(
              "a fallback needs no consent",
              DESK,
              "|| withoutConsent(state, lane, intervention, nowMs).isEmpty())",
              "|| state != null)"),
          new Mutant(
              "a budget must not be used up",
              "budget/Spending.java",
              "limit.left().compareTo(cost) < 0",
              "limit.left().compareTo(cost) <= 0"),
          new Mutant(
              "a rate's refusal is charged to the budget",
              STAGE,
              "if (drops.isPresent()) {",
              "if (drops.isPresent()) {"
                  + " waiting.command().budget().map(budgets::get).ifPresent(b ->"
                  + " spending(b).charge(b, waiting.command().cost().orElseThrow(), atMs));"),
          new Mutant(
              "one more than the rate goes out",
              "budget/IssueTimes.java",
              "if (lastMs - firstMs < perMs) {",
              "if (lastMs - firstMs < perMs - 1) {"),
          new Mutant(
              "those who wait for a rate go in the order they came",
              "budget/Waiting.java",
              "Comparator.comparingInt((Waiting w) -> -w.spend.command().priority())"
                  + " .thenComparingLong(Waiting::arrival)",
              "Comparator.comparingLong(Waiting::arrival)"),
          new Mutant(
              "the last instant of waiting is too late",
              STAGE,
              "byEnd.first().spend().sendUntilMs() < clockMs",
              "byEnd.first().spend().sendUntilMs() <= clockMs"),
          new Mutant(
              "what is revoked while it waits goes out all the same",
              STAGE,
              "if (waiting != null) { leave(waiting);",
              "if (waiting != null && waiting.spend().atMs() > clockMs) { leave(waiting);"));

  private final Mutants mutants = new Mutants();
  private final RandomPolicies policies = new RandomPolicies();
  private final List<RandomCase> cases = new ArrayList<>();
  private final List<Outcome> outcomes = new ArrayList<>();

  @TestFactory
  Stream<DynamicTest> theAgreementRunFinds() {
    for (RandomCase input : LongStream.range(0, CASES).mapToObj(policies::make).toList()) {
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
      RandomCase input = policies.make(seed);
      assertThat(Agreement.disagreement(input, NaiveOracle.run(input), engine)).isEmpty();
    }
  }
}
