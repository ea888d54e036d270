// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.experiment.Uplift;
import io.beckon.experiment.Uplift.Group;
import io.beckon.simulate.Effects.Effect;
import io.beckon.simulate.Effects.Planted;
import io.beckon.simulate.Effects.Situation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is planted is what is there. */
class EffectsTest {
  private static final long HOUR_MS = 3_600_000;
  private static final long WITHIN_MS = 72 * HOUR_MS;
  private static final SimulationSettings SETTINGS =
      new SimulationSettings(20_000, 7, 5, LocalDate.of(2026, 11, 2), true);

  private static Effect cart(double change) {
    return new Effect(
        "cart",
        Situation.IN_CART,
        HOUR_MS,
        WITHIN_MS,
        change,
        EffectsTest::isTreated,
        momentMs -> momentMs + 3 * HOUR_MS);
  }

  /** Nine of ten. */
  private static boolean isTreated(String user) {
    return !user.endsWith("7");
  }

  @Test
  void asManyMoreBuyAsWasPlantedAndAfterWhatCouldHaveCausedIt() {
    Simulation simulation = new Simulation(SETTINGS, Effects.of(0.1, List.of(cart(0.08))));
    long[] n = new long[2];
    long[] converted = new long[2];
    long[] anyway = new long[2];
    for (int user = 0; user < SETTINGS.users(); user++) {
      boolean treated = isTreated(SimulatedEvent.userId(user));
      for (Simulation.Interest each : simulation.truth(user).interests()) {
        if (each.planted().isEmpty()) {
          continue;
        }
        assertThat(each.planted()).containsExactly(new Planted("cart", treated));
        long momentMs = each.atMs() + HOUR_MS;
        int arm = treated ? 1 : 0;
        n[arm]++;
        converted[arm] += isWithin(each.boughtAtMs(), momentMs) ? 1 : 0;
        anyway[arm] += isWithin(each.anywayAtMs(), momentMs) ? 1 : 0;
      }
    }
    Uplift uplift =
        Uplift.between(new Group(n[1], converted[1]), new Group(n[0], converted[0])).orElseThrow();
    assertThat(uplift.low()).as("%s", uplift).isLessThan(0.08).isPositive();
    assertThat(uplift.high()).as("%s", uplift).isGreaterThan(0.08);
    // Without a treatment all are alike, and nobody who is held out is moved.
    Uplift before =
        Uplift.between(new Group(n[1], anyway[1]), new Group(n[0], anyway[0])).orElseThrow();
    assertThat(before.isClear()).as("%s", before).isFalse();
    assertThat(before.treated().rate()).isBetween(0.085, 0.12);
    assertThat(anyway[0]).isEqualTo(converted[0]);
  }

  private static boolean isWithin(OptionalLong atMs, long momentMs) {
    return atMs.isPresent()
        && atMs.getAsLong() > momentMs
        && atMs.getAsLong() <= momentMs + WITHIN_MS;
  }

  @Test
  void purchasesComeBetweenTheSendingAndTheEndOfTheGoal() throws IOException {
    // Whoever is concerned buys.
    SimulationSettings few = new SimulationSettings(2_000, 7, 5, LocalDate.of(2026, 11, 2), true);
    Simulation simulation = new Simulation(few, Effects.of(0.5, List.of(cart(0.5))));
    int bought = 0;
    for (int user = 0; user < few.users(); user++) {
      if (!isTreated(SimulatedEvent.userId(user))) {
        continue;
      }
      Simulation.Truth truth = simulation.truth(user);
      for (Simulation.Interest each : truth.interests()) {
        if (each.planted().isEmpty()) {
          continue;
        }
        long goneMs = truth.churnedAtMs().orElse(Long.MAX_VALUE);
        long fromMs = each.atMs() + 4 * HOUR_MS;
        if (goneMs <= fromMs + 1) {
          assertThat(each.boughtAtMs()).isEmpty();
          continue;
        }
        // Or sooner, for another reason: by a later visit.
        assertThat(each.boughtAtMs()).isPresent();
        assertThat(each.boughtAtMs().getAsLong())
            .isLessThanOrEqualTo(fromMs - 3 * HOUR_MS + WITHIN_MS);
        bought += each.boughtAtMs().getAsLong() > fromMs ? 1 : 0;
      }
    }
    assertThat(bought).isGreaterThan(500);
  }

  @Test
  void nothingElseOfTheShopChanges() throws IOException {
    SimulationSettings few = new SimulationSettings(500, 5, 9, LocalDate.of(2026, 11, 2), true);
    List<SimulatedEvent> plain = new ArrayList<>();
    List<SimulatedEvent> moved = new ArrayList<>();
    new Simulation(few).run(plain::add);
    new Simulation(few, Effects.of(0.1, List.of(cart(0.3)))).run(moved::add);
    assertThat(moved).isNotEqualTo(plain);
    plain.removeIf(each -> each.type() == SimulatedEvent.Type.PURCHASE);
    moved.removeIf(each -> each.type() == SimulatedEvent.Type.PURCHASE);
    assertThat(moved).isEqualTo(plain);
    List<SimulatedEvent> none = new ArrayList<>();
    List<SimulatedEvent> same = new ArrayList<>();
    new Simulation(few, Effects.of(0.1, List.of())).run(none::add);
    new Simulation(few).run(same::add);
    assertThat(none).isEqualTo(same);
  }

  @Test
  void effectsOfSeveralTriggersAddUp() {
    Effect looked =
        new Effect(
            "looked",
            Situation.LOOKED_AT,
            2 * HOUR_MS,
            WITHIN_MS,
            0.2,
            user -> true,
            momentMs -> momentMs);
    Simulation simulation = new Simulation(SETTINGS, Effects.of(0.1, List.of(looked, cart(0.3))));
    long[] n = new long[2];
    long[] converted = new long[2];
    for (int user = 0; user < SETTINGS.users(); user++) {
      for (Simulation.Interest each : simulation.truth(user).interests()) {
        if (each.planted().isEmpty() || !isTreated(SimulatedEvent.userId(user))) {
          continue;
        }
        int both = each.planted().size() - 1;
        n[both]++;
        converted[both] += each.boughtAtMs().isPresent() ? 1 : 0;
      }
    }
    assertThat((double) converted[0] / n[0]).isBetween(0.27, 0.34);
    assertThat((double) converted[1] / n[1]).isBetween(0.57, 0.65);
  }

  @Test
  void theTruthSaysWhatWasPlanted(@TempDir Path folder) throws IOException {
    SimulationSettings few = new SimulationSettings(100, 5, 9, LocalDate.of(2026, 11, 2), true);
    Path file = folder.resolve("truth.jsonl");
    new SimulationFiles(few, Effects.of(0.1, List.of(cart(0.3)))).truth(file, 7);
    String all = Files.readString(file);
    assertThat(all)
        .contains(",\"planted\":{\"cart\":\"treated\"}}")
        .contains(",\"planted\":{\"cart\":\"held_out\"}}")
        .contains("\"would_buy_anyway\":false}");
    new SimulationFiles(few).truth(file, 7);
    assertThat(Files.readString(file)).doesNotContain("planted");
  }

  @Test
  void probabilitiesBeyondOneAreRefused() {
    assertThatThrownBy(() -> Effects.of(0.5, List.of(cart(0.6))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> cart(-0.1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> cart(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
  }
}
