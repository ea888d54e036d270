// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.detect.Episode;
import io.beckon.event.Event;
import io.beckon.event.Slots;
import io.beckon.language.Intervention;
import io.beckon.language.TriggerDefinition.Lane;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Fact;
import io.beckon.policy.Outcome;
import io.beckon.policy.Reason;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class JsonLinesTest {
  private static final UUID ID = UUID.fromString("00000000-0000-5000-8000-000000000001");
  private static final long TIME_MS = 1_772_355_600_007L;

  private final JsonLines lines = new JsonLines();

  private static String text(byte[] line) {
    return new String(line, StandardCharsets.UTF_8);
  }

  private static Episode episode(Episode.MatchValue... match) {
    return new Episode(List.of(match), "e/1");
  }

  @Test
  void aDecision() {
    Decision decision =
        new Decision(
            "u\"1",
            "cart",
            3,
            episode(new Episode.MatchValue("item_id", "p,1"), new Episode.MatchValue("size", 42L)),
            1,
            TIME_MS,
            TIME_MS + 1,
            Reason.COOLDOWN,
            ID,
            List.of(
                new Fact.At("since", 0),
                new Fact.Lasting("for", 7_200_000),
                new Fact.Whole("count", 3),
                new Fact.Amount("sum", new BigDecimal("1E+2")),
                new Fact.Text("what", "é\n")),
            List.of(new Fact.Lasting("over", -250)));
    assertThat(text(lines.decision(decision)))
        .isEqualTo(
            "{\"user\":\"u\\\"1\",\"trigger\":\"cart\",\"version\":3,"
                + "\"episode\":\"p%2C1,42/e%2F1\",\"match\":{\"item_id\":\"p,1\",\"size\":42},"
                + "\"step\":1,\"moment_time\":\"2026-03-01T09:00:00.007Z\","
                + "\"decision_time\":\"2026-03-01T09:00:00.008Z\",\"reason\":\"COOLDOWN\","
                + "\"command_id\":\"00000000-0000-5000-8000-000000000001\","
                + "\"evidence\":{\"since\":\"1970-01-01T00:00:00.000Z\",\"for\":\"2h\",\"count\":3,"
                + "\"sum\":100,\"what\":\"é\\n\"},\"compared\":{\"over\":\"-250ms\"}}");
  }

  private static Command command(Optional<String> channel, OptionalLong expiresAtMs) {
    return command(channel, expiresAtMs, Optional.empty(), Optional.empty());
  }

  private static Command command(
      Optional<String> channel,
      OptionalLong expiresAtMs,
      Optional<String> variant,
      Optional<BigDecimal> cost) {
    return new Command(
        ID,
        Command.Action.ISSUE,
        "shop",
        "u1",
        "cart",
        3,
        episode(),
        1,
        Intervention.Kind.COUPON,
        channel,
        Optional.empty(),
        List.of(
            new Command.Value("offer", "TEN"), new Command.Value("value", new BigDecimal("10.00"))),
        List.of(
            new Command.Value("a", 0.1),
            new Command.Value("b", true),
            new Command.Value("c", List.of("x", 1L))),
        variant,
        cost.map(amount -> "coupons"),
        cost,
        Lane.MARKETING,
        40,
        TIME_MS,
        TIME_MS,
        TIME_MS,
        expiresAtMs,
        List.of());
  }

  @Test
  void aCommand() {
    assertThat(text(lines.command(command(Optional.of("push"), OptionalLong.of(TIME_MS)))))
        .isEqualTo(
            "{\"id\":\"00000000-0000-5000-8000-000000000001\",\"action\":\"ISSUE\",\"job\":\"shop\","
                + "\"user\":\"u1\",\"trigger\":\"cart\",\"version\":3,\"episode\":\"e%2F1\","
                + "\"match\":null,\"step\":1,\"kind\":\"coupon\",\"channel\":\"push\","
                + "\"template\":null,\"fields\":{\"offer\":\"TEN\",\"value\":10.00},"
                + "\"params\":{\"a\":0.1,\"b\":true,\"c\":[\"x\",1]},\"variant\":null,"
                + "\"budget\":null,\"cost\":null,\"lane\":\"marketing\",\"priority\":40,"
                + "\"moment_time\":\"2026-03-01T09:00:00.007Z\","
                + "\"decision_time\":\"2026-03-01T09:00:00.007Z\","
                + "\"not_before\":\"2026-03-01T09:00:00.007Z\","
                + "\"expires_at\":\"2026-03-01T09:00:00.007Z\",\"evidence\":{}}");
    assertThat(text(lines.command(command(Optional.empty(), OptionalLong.empty()))))
        .contains("\"channel\":null,")
        .contains("\"expires_at\":null,");
  }

  @Test
  void aCommandOfAVariantThatIsPaidFor() {
    Command command =
        command(
            Optional.of("push"),
            OptionalLong.empty(),
            Optional.of("large"),
            Optional.of(new BigDecimal("1E+1")));
    assertThat(text(lines.command(command)))
        .contains("\"variant\":\"large\",\"budget\":\"coupons\",\"cost\":10,\"lane\":");
    assertThat(text(new AvroLines(OutputRecord.COMMAND).encode(lines.command(command))))
        .contains("large", "coupons");
  }

  @Test
  void anOutcome() {
    Outcome outcome =
        new Outcome(
            "u1",
            "cart",
            3,
            episode(new Episode.MatchValue("item_id", "p,1")),
            Outcome.Assignment.HELD_OUT,
            Optional.of("large"),
            true,
            Optional.of(new BigDecimal("12.50")),
            OptionalLong.of(3_600_000),
            TIME_MS,
            TIME_MS + 5,
            ID);
    assertThat(text(lines.outcome(outcome)))
        .isEqualTo(
            "{\"user\":\"u1\",\"trigger\":\"cart\",\"version\":3,\"episode\":\"p%2C1/e%2F1\","
                + "\"match\":{\"item_id\":\"p,1\"},\"assignment\":\"held_out\",\"variant\":\"large\","
                + "\"converted\":true,\"value\":12.50,\"delay_ms\":3600000,"
                + "\"moment_time\":\"2026-03-01T09:00:00.007Z\","
                + "\"decided_time\":\"2026-03-01T09:00:00.012Z\","
                + "\"command_id\":\"00000000-0000-5000-8000-000000000001\"}");
    Outcome without =
        new Outcome(
            "u1",
            "cart",
            3,
            episode(),
            Outcome.Assignment.TREATED,
            Optional.empty(),
            false,
            Optional.empty(),
            OptionalLong.empty(),
            TIME_MS,
            TIME_MS,
            ID);
    assertThat(text(lines.outcome(without)))
        .contains("\"match\":null,\"assignment\":\"treated\",\"variant\":null,")
        .contains("\"converted\":false,\"value\":null,\"delay_ms\":null,");
  }

  @Test
  void aLateEvent() {
    Slots slots =
        new Slots(Shop.VIEW)
            .setString(0, "p1")
            .setDecimal(1, new BigDecimal("12.50"))
            .setLong(5, TIME_MS)
            .setInts(7, List.of(1L, 2L));
    Event event = new Event("e1", Shop.CATALOGUE.type("view").orElseThrow(), "u1", TIME_MS, slots);
    assertThat(text(lines.late(event, TIME_MS + 5)))
        .isEqualTo(
            "{\"user\":\"u1\",\"id\":\"e1\",\"type\":\"view\",\"time\":\"2026-03-01T09:00:00.007Z\","
                + "\"watermark\":\"2026-03-01T09:00:00.012Z\",\"attributes\":{\"item_id\":\"p1\","
                + "\"price\":12.5,\"seen\":\"2026-03-01T09:00:00.007Z\",\"sizes\":[1,2]}}");
  }

  @Test
  void aDeadLetterKeepsItsBytes() {
    byte[] bytes = "{\t\"é\u0000".getBytes(StandardCharsets.UTF_8);
    assertThat(
            text(
                lines.deadLetter(
                    new DeadLetter("f", 2, DeadLetterReason.NO_USER, "`user` is missing", bytes))))
        .isEqualTo(
            "{\"source\":\"f\",\"row\":2,\"reason\":\"NO_USER\",\"detail\":\"`user` is missing\","
                + "\"raw\":\"{\\t\\\"é\\u0000\"}");
    assertThat(
            text(
                lines.deadLetter(
                    new DeadLetter(
                        "f", 2, DeadLetterReason.BROKEN_RECORD, "", new byte[] {(byte) 0xFF, 1}))))
        .endsWith(",\"raw_base64\":\"/wE=\"}");
  }

  @Test
  void timesAreWrittenAndReadBackAsJavaDoes() {
    long seed = 3339;
    Random random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      long ms = random.nextLong(Rfc3339.LEAST_MS, Rfc3339.MOST_MS + 1);
      byte[] text = new byte[24];
      Rfc3339.write(ms, text, 0);
      String written = new String(text, StandardCharsets.US_ASCII);
      assertThat(Instant.parse(written).toEpochMilli())
          .as("seed %d, round %d: %s", seed, round, written)
          .isEqualTo(ms);
      char[] chars = ("x" + written).toCharArray();
      assertThat(Rfc3339.parse(chars, 1, 24)).as(written).isEqualTo(ms);
    }
  }
}
