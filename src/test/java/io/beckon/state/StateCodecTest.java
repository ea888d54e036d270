// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.engine.Engine;
import io.beckon.engine.Scenario;
import io.beckon.plan.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The bytes of a state: golden, canonical, safe against damage, kept across edits. */
class StateCodecTest {
  private static final Path GOLDEN =
      Path.of("src", "test", "resources", "compat", "state-1", "everything.hex");

  private static final String THEN = "then: {coupon: {channel: push, offer: TEN}}\n";

  private static final List<String> TRIGGERS =
      List.of(
          """
          id: absent
          version: 1
          when:
            absence:
              after: {count: {event: view, at_least: 2, within: 30m, match: [item]}}
              of: {event: buy, match: [item]}
              for: 1h
          cancel_on: [{event: complain, match: [item]}]
          cooldown: {per: match, for: 3h}
          expires_in: 2h
          if: user.tier != "none" && event.price > 1.0
          """
              + THEN,
          """
          id: distinct
          version: 1
          when: {distinct: {event: view, of: item, at_least: 9, within: 2h}}
          """
              + THEN,
          """
          id: spender
          version: 1
          when: {sum: {event: buy, of: event.total, at_least: 500, within: 1w, match: [item]}}
          """
              + THEN,
          """
          id: steps
          version: 1
          when:
            sequence:
              steps: [{event: view, where: event.ok}, {event: view, where: event.n > 3}, {event: buy}]
              within: 2h
              without: {event: complain}
          """
              + THEN,
          """
          id: urgent
          version: 1
          urgent: true
          cooldown: 1d
          when: {event: {event: complain, where: user.points > 5}}
          """
              + THEN);

  private static Plan plan(String... changed) {
    String[] triggers = TRIGGERS.toArray(String[]::new);
    for (int i = 0; i < changed.length; i += 2) {
      int at = i;
      triggers =
          Arrays.stream(triggers)
              .map(t -> t.replace(changed[at], changed[at + 1]))
              .toArray(String[]::new);
    }
    return Scenario.job("lateness: 10s, clock: replay", triggers);
  }

  /** A user of whom there is something in every section. */
  private static Scenario everything() {
    return Scenario.timed("lateness: 10s, clock: replay", TRIGGERS.toArray(String[]::new))
        .profile("tier", "gold", "points", 7)
        .read(0, "view", "item", "p1", "price", "19.90", "ok", true)
        .readAs("0123456789abcdef0123456789abcdef", 1_000, "view", "item", "p1", "price", "19.90")
        .read(2_000, "complain", "item", "p7")
        .read(30_000, "view", "item", "p\u00fc", "price", "3", "n", 5)
        .read(
            60_000, "buy", "item", "p2", "items", List.of("p2", "p3"), "total", "-12.345", "w", 0.5)
        .read(61_000, "view", "item", "p2", "price", "2.5")
        .read(4_000_000, "view", "item", "p3", "price", "2.5", "ok", false)
        .read(4_000_500, "view", "item", "p3", "price", "2.5", "ok", true, "n", 4);
  }

  @Test
  void goldenBytesAreReadAndWritten() throws IOException {
    Scenario scenario = everything();
    byte[] bytes = scenario.engine().encode(scenario.state());
    if (Boolean.getBoolean("beckon.update")) {
      Files.createDirectories(GOLDEN.getParent());
      Files.writeString(GOLDEN, HexFormat.of().formatHex(bytes) + "\n");
    }
    assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(Files.readString(GOLDEN).strip());

    Scenario restored =
        Scenario.timed("lateness: 10s, clock: replay", TRIGGERS.toArray(String[]::new));
    restored.state(restored.engine().decode("u1", bytes));
    scenario.advance(100_000_000);
    restored.advance(100_000_000);
    assertThat(restored.decisions).isNotEmpty();
    assertThat(scenario.decisions)
        .endsWith(restored.decisions.toArray(new io.beckon.policy.Decision[0]));
  }

  @Test
  void bytesAreCanonicalAlsoOnceEverySectionWasTouched() {
    Scenario scenario = everything();
    Engine engine = scenario.engine();
    byte[] bytes = engine.encode(scenario.state());
    assertThat(engine.encode(engine.decode("u1", bytes))).isEqualTo(bytes);
    UserState touched = engine.decode("u1", bytes);
    touched.triggers().forEach(TriggerState::instances);
    assertThat(engine.encode(touched)).isEqualTo(bytes);
  }

  @Test
  void anOrdinaryUserTakesLittle() {
    Scenario scenario = everything();
    assertThat(scenario.engine().encode(scenario.state()).length).isLessThan(1_024);
    assertThat(scenario.engine().encode(scenario.engine().newState("u1"))).hasSizeLessThan(16);
  }

  @Test
  void aNewerVersionIsRefusedByName() {
    Scenario scenario = everything();
    byte[] bytes = scenario.engine().encode(scenario.state());
    bytes[0] = 2;
    assertThatThrownBy(() -> scenario.engine().decode("u1", bytes))
        .isInstanceOf(StateFormatException.class)
        .hasMessage("a state of version 2; this release reads version 1");
  }

  @Test
  void damagedBytesGiveANamedErrorAndNoOther() {
    Scenario scenario = everything();
    Engine engine = scenario.engine();
    byte[] bytes = engine.encode(scenario.state());
    int refused = 0;
    for (long seed = 0; seed < 20_000; seed++) {
      Random random = new Random(seed);
      byte[] damaged = bytes.clone();
      if (random.nextInt(4) == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      }
      for (int i = random.nextInt(4); i >= 0 && damaged.length > 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
      }
      try {
        UserState state = engine.decode("u1", damaged);
        state.triggers().forEach(TriggerState::instances);
      } catch (StateFormatException e) {
        refused++;
        assertThat(e.getMessage()).as("seed %d", seed).isNotBlank();
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(refused).isGreaterThan(5_000);
  }

  @Test
  void aScaleThatNoDecimalHasIsRefused() {
    for (long scale : new long[] {10_001, -10_001, Long.MIN_VALUE}) {
      ByteWriter out = new ByteWriter();
      out.signed(scale);
      out.count(1);
      out.u8(7);
      assertThatThrownBy(() -> ValueCodec.readDecimal(new ByteReader(out.toBytes())))
          .as("scale %d", scale)
          .isInstanceOf(StateFormatException.class);
    }
  }

  @Test
  void editsOfTextKeepWhatWasObservedAndEditsOfShapeBeginAnew() {
    Scenario scenario = everything();
    byte[] bytes = scenario.engine().encode(scenario.state());

    UserState kept =
        new Engine(plan("version: 1", "version: 2", "expires_in: 2h", "expires_in: 3h"))
            .decode("u1", bytes);
    assertThat(ids(kept)).isEqualTo(ids(scenario.state()));

    Plan reshaped = plan("at_least: 9", "at_least: 8");
    assertThat(ids(new Engine(reshaped).decode("u1", bytes))).doesNotContain("distinct");
    assertThat(ids(new Engine(reshaped).decode("u1", bytes))).contains("absent", "spender");

    Plan removed = Scenario.job("lateness: 10s, clock: replay", TRIGGERS.get(1));
    assertThat(ids(new Engine(removed).decode("u1", bytes))).containsExactly("distinct");
  }

  private static List<String> ids(UserState state) {
    return state.triggers().stream().map(t -> t.trigger().id()).toList();
  }

  @Test
  void anUntouchedTriggersBytesSurviveASwapOfThePlan() {
    Scenario scenario = everything();
    byte[] bytes = scenario.engine().encode(scenario.state());
    Plan other = plan("at_least: 9", "at_least: 8");
    byte[] swapped = new Engine(other).encode(new Engine(other).decode("u1", bytes));
    String before = HexFormat.of().formatHex(section(scenario.state(), "absent"));
    assertThat(HexFormat.of().formatHex(swapped)).contains(before);
  }

  private static byte[] section(UserState state, String trigger) {
    ByteWriter out = new ByteWriter();
    state.triggers().stream()
        .filter(t -> t.trigger().id().equals(trigger))
        .findFirst()
        .orElseThrow()
        .write(out);
    return out.toBytes();
  }
}
