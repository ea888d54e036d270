// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.Fuzz;
import io.beckon.event.Event;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.IdRule;
import io.beckon.language.SourceFile;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whatever a record holds, a decoder gives an event that is sound, or a dead letter with a reason
 * and the bytes as they came; never anything else, and soon.
 */
class DecodersFuzzTest {
  private static final String LINE =
      """
      {"id":"e1","type":"view","user":"u1","time":"2026-03-01T10:00:00.123Z","attributes":\
      {"item_id":"p\u00e9","price":12.50,"weight":1.5e2,"amount":-3,"gift":true,\
      "seen":"1969-12-31T23:59:59.999Z","tags":["a","b"],"sizes":[1,"2"]},"more":[{"x":[]}]}""";

  private static final String MAPPED =
      """
      apiVersion: beckon/v1
      kind: Job
      id: shop
      source:
        format: FORMAT
        record:
          kind: string
          who: {type: string, path: WHO}
          ts: timestamp
          item: {type: string, path: ITEM}
          price: decimal
          count: int
          tags: list(string)
        map:
          type: raw.kind
          types: {view: product_view}
          user: raw.who
          time: raw.ts
          attributes: {item_id: raw.item, price: raw.price, count: raw.count + 1, tags: raw.tags}
      """;

  private static final String EVENTS =
      """
      apiVersion: beckon/v1
      kind: Events
      events:
        product_view: {item_id: string, price: decimal, count: int, tags: list(string)}
        purchase: {item_id: string, price: {type: decimal, required: true}}
      """;

  private static final String TRIGGER =
      """
      apiVersion: beckon/v1
      kind: Trigger
      id: t
      version: 1
      when: {event: purchase}
      then: {message: {channel: push, template: x}}
      """;

  private static JobDefinition mapped(String format, String who, String item) {
    Definitions.Loaded loaded =
        Definitions.load(
            "shop",
            List.of(
                new SourceFile(
                    "shop/job.yaml",
                    MAPPED.replace("FORMAT", format).replace("WHO", who).replace("ITEM", item)),
                new SourceFile("shop/events.yaml", EVENTS),
                new SourceFile("shop/triggers/t.yaml", TRIGGER)));
    assertThat(loaded.problems().sorted()).isEmpty();
    return loaded.job().orElseThrow();
  }

  private static RawRecord record(byte[] bytes) {
    return new RawRecord("events/3", 7, bytes, RawRecord.Kind.RECORD);
  }

  /** Says whether it is an event still. */
  private static boolean check(EventDecoder decoder, byte[] bytes) {
    Decoded decoded = decoder.decode(record(bytes));
    if (decoded instanceof Decoded.Read read) {
      Event event = read.event();
      assertThat(event.user()).isNotEmpty().hasSizeLessThanOrEqualTo(EventDecoder.MAX_ID_LENGTH);
      assertThat(event.id()).isNotEmpty().hasSizeLessThanOrEqualTo(EventDecoder.MAX_ID_LENGTH);
      assertThat(event.timeMs()).isBetween(EventDecoder.LEAST_TIME_MS, EventDecoder.MOST_TIME_MS);
      return true;
    }
    assertThat(decoded).isInstanceOf(Decoded.Rejected.class);
    DeadLetter letter = ((Decoded.Rejected) decoded).letter();
    assertThat(letter.detail()).isNotBlank().doesNotContain("Exception", "java.");
    assertThat(new JsonLines().deadLetter(letter)).isNotEmpty();
    return false;
  }

  private static void fuzz(EventDecoder decoder, String sound, int seeds) {
    byte[] bytes = sound.getBytes(StandardCharsets.UTF_8);
    assertThat(check(decoder, bytes)).as("undamaged").isTrue();
    int[] events = new int[1];
    Fuzz.each(seeds, random -> events[0] += check(decoder, Fuzz.damage(bytes, random)) ? 1 : 0);
    assertThat(events[0]).as("still events").isPositive();
  }

  @Test
  void canonicalJson() {
    fuzz(Shop.canonical(new IdRule.Content()), LINE, 8_000);
    fuzz(Shop.canonical(new IdRule.Offset()), LINE, 2_000);
  }

  @Test
  void mappedJson() {
    fuzz(
        new EventDecoder(mapped("jsonl", "payload.user.id", "payload.item")),
        """
        {"kind":"view","ts":"2026-03-01T10:00:00Z","payload":{"user":{"id":"u1"},"item":"p1"},\
        "price":"3.10","count":4,"tags":["a"]}""",
        8_000);
  }

  @Test
  void mappedCsv() {
    EventDecoder decoder = new EventDecoder(mapped("csv", "\"user id\"", "item"));
    decoder.decode(
        new RawRecord(
            "events/3",
            0,
            "kind,user id,ts,item,price,count,tags".getBytes(StandardCharsets.UTF_8),
            RawRecord.Kind.HEADER));
    fuzz(decoder, "view,u1,2026-03-01T10:00:00Z,\"p,\"\"1\",3.10,4,\"a,b\"", 8_000);
  }

  @Test
  void headersOfCsv() {
    JobDefinition job = mapped("csv", "\"user id\"", "item");
    Fuzz.each(
        2_000,
        random -> {
          EventDecoder decoder = new EventDecoder(job);
          byte[] header =
              Fuzz.damage(
                  "kind,user id,ts,item,price,count,tags".getBytes(StandardCharsets.UTF_8), random);
          Decoded decoded =
              decoder.decode(new RawRecord("events/3", 0, header, RawRecord.Kind.HEADER));
          assertThat(decoded).isInstanceOf(Decoded.Header.class);
          check(decoder, "view,u1,1772355600123,p,1,2,a".getBytes(StandardCharsets.UTF_8));
        });
  }

  @Test
  void profiles() {
    byte[] bytes =
        "{\"user\":\"u1\",\"time\":\"2026-03-01T10:00:00Z\",\"attributes\":{\"tier\":\"gold\",\"age\":7}}"
            .getBytes(StandardCharsets.UTF_8);
    Profiles profiles = new Profiles(Shop.CATALOGUE);
    int[] read = new int[1];
    Fuzz.each(
        8_000,
        random -> {
          byte[] key =
              random.nextInt(3) > 0
                  ? "u1".getBytes(StandardCharsets.UTF_8)
                  : Fuzz.damage("u1".getBytes(StandardCharsets.UTF_8), random);
          Profiles.Decoded decoded = profiles.decode(record(Fuzz.damage(bytes, random)), key);
          if (decoded instanceof Profiles.Decoded.Read its) {
            read[0]++;
            assertThat(its.user()).isNotEmpty();
          } else if (decoded instanceof Profiles.Decoded.Rejected rejected) {
            assertThat(rejected.letter().detail()).isNotBlank().doesNotContain("Exception");
          }
        });
    assertThat(read[0]).isPositive();
  }

  /** What grows with its size alone, and more than it should if nobody looks. */
  private static List<String> monsters() {
    int size = 200_000;
    return List.of(
        "[".repeat(size),
        "{\"a\":".repeat(size),
        LINE.replace("\"p\u00e9\"", "[".repeat(size) + "]".repeat(size)),
        LINE.replace("-3", "9".repeat(size)),
        LINE.replace("12.50", "1e-" + "9".repeat(9)),
        LINE.replace("12.50", "0." + "1".repeat(size)),
        LINE.replace("12.50", "1e999999999"),
        LINE.replace("\"a\",\"b\"", "\"a\",".repeat(size) + "\"b\""),
        LINE.replace("\"more\"", ("\"k" + "x".repeat(100) + "\":1,").repeat(2_000) + "\"more\""),
        LINE.replace("\"u1\"", "\"" + "u".repeat(size) + "\""),
        LINE.replace("\"u1\"", "\"\\ud800\""),
        LINE.replace("10:00:00.123Z", "10:00:00." + "1".repeat(size) + "Z"),
        "\0".repeat(size),
        "\"".repeat(size));
  }

  @Test
  void monstersAreRefusedOrReadSoon() {
    EventDecoder canonical = Shop.canonical(new IdRule.Content());
    EventDecoder mapped = new EventDecoder(mapped("jsonl", "payload.user.id", "payload.item"));
    Profiles profiles = new Profiles(Shop.CATALOGUE);
    List<String> monsters = monsters();
    for (String monster : monsters) {
      byte[] bytes = monster.getBytes(StandardCharsets.UTF_8);
      long begun = System.nanoTime();
      check(canonical, bytes);
      check(mapped, bytes);
      profiles.decode(record(bytes), bytes);
      assertThat(System.nanoTime() - begun)
          .as("nanoseconds for %s…", monster.substring(0, 40))
          .isLessThan(5_000_000_000L);
    }
  }
}
