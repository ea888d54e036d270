// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.engine.UserScores;
import io.beckon.engine.UserScores.Cause;
import io.beckon.event.Slots;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.junit.jupiter.api.Test;

class ScoreLinesTest {
  private static final long TIME_MS = 1_774_000_000_123L;

  private final JobDefinition job =
      Definitions.load(
              "j",
              List.of(
                  new SourceFile(
                      "j/job.yaml",
                      """
                      apiVersion: beckon/v1
                      kind: Job
                      id: shop
                      source: {format: jsonl}
                      scores: {signals: [spent, gap, quiet, item, when, gift, looks, cadence]}
                      """),
                  new SourceFile(
                      "j/models/usual-order.yaml",
                      """
                      apiVersion: beckon/v1
                      kind: Model
                      id: usual-order
                      version: 7
                      model: cadence
                      event: buy
                      prior_gap: 30d
                      parameters: {k: 3, floor: 14d, ceiling: 90d}
                      """),
                  new SourceFile(
                      "j/events.yaml",
                      """
                      apiVersion: beckon/v1
                      kind: Events
                      events:
                        look: {}
                        buy: {item: string, total: decimal, gift: bool}
                      """),
                  new SourceFile(
                      "j/signals.yaml",
                      """
                      apiVersion: beckon/v1
                      kind: Signals
                      signals:
                        looks: {count: look, over: 7d}
                        spent: {sum: event.total, of: buy, over: 30d}
                        gap: {own_gap: buy, prior_gap: 30d}
                        quiet: {since: buy}
                        item: {last: event.item, of: buy}
                        gift: {last: event.gift, of: buy}
                        when: {first: buy}
                        cadence: {model: usual-order}
                        unpublished: {count: buy, over: 7d}
                      """)))
          .job()
          .orElseThrow(AssertionError::new);
  private final ScoreLines lines = new ScoreLines(job);

  private Slots values() {
    return new Slots(job.signals().type());
  }

  private int slot(String name) {
    return job.signals().type().indexOf(name);
  }

  private Slots all() {
    return values()
        .setLong(slot("looks"), 3)
        .setDecimal(slot("spent"), new BigDecimal("120.50"))
        .setDouble(slot("gap"), 17.25)
        .setLong(slot("quiet"), 86_400_000)
        .setString(slot("item"), "p\"1")
        .setBool(slot("gift"), false)
        .setLong(slot("when"), TIME_MS)
        .setDouble(slot("cadence"), 1e-7)
        .setLong(slot("unpublished"), 9);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void numbersAndTextsInTheAuthorsOrderAndTheModelsThatMadeThem() {
    assertThat(text(lines.line(new UserScores("u\n1", TIME_MS, Cause.CLOSE, all()))))
        .isEqualTo(
            "{\"user\":\"u\\n1\",\"job\":\"shop\",\"time\":\"2026-03-20T09:46:40.123Z\","
                + "\"cause\":\"close\","
                + "\"scores\":{\"spent\":120.5,\"gap\":17.25,\"quiet\":86400000,\"looks\":3,"
                + "\"cadence\":1e-7},"
                + "\"texts\":{\"item\":\"p\\\"1\",\"when\":\"2026-03-20T09:46:40.123Z\","
                + "\"gift\":\"false\"},"
                + "\"models\":{\"cadence\":{\"id\":\"usual-order\",\"version\":7}}}");
  }

  @Test
  void whatIsMissingIsLeftOut() {
    assertThat(text(lines.line(new UserScores("u1", TIME_MS, Cause.CHANGE, values()))))
        .contains("\"cause\":\"change\",\"scores\":{},\"texts\":{},\"models\":{\"cadence\"");
  }

  @Test
  void inAvroItSaysTheSame() throws IOException {
    byte[] record =
        new AvroLines(OutputRecord.SCORE)
            .encode(lines.line(new UserScores("u1", TIME_MS, Cause.CHANGE, all())));
    GenericRecord read =
        new GenericDatumReader<GenericRecord>(AvroLines.schema(OutputRecord.SCORE))
            .read(null, DecoderFactory.get().binaryDecoder(record, 10, record.length - 10, null));
    assertThat(read.get("user")).hasToString("u1");
    assertThat(read.get("job")).hasToString("shop");
    assertThat(read.get("time")).isEqualTo(TIME_MS);
    assertThat(read.get("cause")).hasToString("change");
    assertThat(strings(read.get("scores")))
        .isEqualTo(
            Map.of(
                "spent", "120.5",
                "gap", "17.25",
                "quiet", "8.64E7",
                "looks", "3.0",
                "cadence", "1.0E-7"));
    assertThat(strings(read.get("texts")))
        .isEqualTo(Map.of("item", "p\"1", "when", "2026-03-20T09:46:40.123Z", "gift", "false"));
    assertThat(strings(read.get("models")))
        .isEqualTo(Map.of("cadence", "{\"id\": \"usual-order\", \"version\": 7}"));
  }

  private static Map<String, String> strings(Object map) {
    Map<String, String> strings = new HashMap<>();
    ((Map<?, ?>) map).forEach((key, value) -> strings.put(key.toString(), value.toString()));
    return strings;
  }

  @Test
  void asTextEveryScoreIsWhatItIsInTheLine() {
    Map<String, String> texts = new LinkedHashMap<>();
    lines.texts(new UserScores("u1", TIME_MS, Cause.CLOSE, all()), texts::put);
    assertThat(texts)
        .containsExactly(
            Map.entry("spent", "120.5"),
            Map.entry("gap", "17.25"),
            Map.entry("quiet", "86400000"),
            Map.entry("item", "p\"1"),
            Map.entry("when", "2026-03-20T09:46:40.123Z"),
            Map.entry("gift", "false"),
            Map.entry("looks", "3"),
            Map.entry("cadence", "1e-7"));
  }

  @Test
  void anErasedUserIsNamedAndNothingElse() {
    assertThat(text(lines.erased("u\"1"))).isEqualTo("{\"user\":\"u\\\"1\",\"erased\":true}");
  }
}
