// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.event.Event;
import io.beckon.language.JobDefinition.IdRule;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CanonicalRecordsTest {
  private final EventDecoder decoder = Shop.canonical(new IdRule.Content());

  private Event event(String json) {
    Decoded decoded = decoder.decode(Shop.record(json));
    assertThat(decoded).as(json).isInstanceOf(Decoded.Read.class);
    return ((Decoded.Read) decoded).event();
  }

  private static DeadLetter letter(EventDecoder decoder, RawRecord record) {
    Decoded decoded = decoder.decode(record);
    assertThat(decoded).isInstanceOf(Decoded.Rejected.class);
    return ((Decoded.Rejected) decoded).letter();
  }

  @Test
  void everyAttributeTypeIsRead() {
    Event event =
        event(
            """
            {"id":"e1","type":"view","user":"u","time":"2026-03-01T10:00:00.1239+01:00",
             "attributes":{"item_id":"p\\u00e9","price":12.50,"weight":1.5e2,"amount":-3,"gift":true,
             "seen":"1969-12-31T23:59:59.999Z","tags":["a","",null,"b"],"sizes":[1,"2"],
             "unknown":{"a":[1]}},"more":[{}]}
            """);
    assertThat(event.id()).isEqualTo("e1");
    assertThat(event.type().name()).isEqualTo("view");
    assertThat(event.user()).isEqualTo("u");
    assertThat(event.timeMs()).isEqualTo(1_772_355_600_123L);
    assertThat(Stream.iterate(0, i -> i + 1).limit(8).map(event.attributes()::objectAt))
        .containsExactly(
            "pé",
            new BigDecimal("12.5"),
            150.0,
            -3L,
            true,
            -1L,
            List.of("a", "b"),
            List.of(1L, 2L));
  }

  @Test
  void numbersAndTruthMayComeAsText() {
    Event event =
        event(
            """
            {"type":"view","user":12345678901234567890,"time":"1772355600123","attributes":{
             "item_id":77,"price":"12.5","weight":"-0","amount":"9223372036854775807","gift":"false",
             "seen":0}}
            """);
    assertThat(event.user()).isEqualTo("12345678901234567890");
    assertThat(event.timeMs()).isEqualTo(1_772_355_600_123L);
    assertThat(Stream.iterate(0, i -> i + 1).limit(6).map(event.attributes()::objectAt))
        .containsExactly("77", new BigDecimal("12.5"), 0.0, Long.MAX_VALUE, false, 0L);
  }

  @Test
  void emptyNullAndMissingAreTheSame() {
    String head = "{\"type\":\"view\",\"user\":\"u\",\"time\":1000,\"id\":\"\"";
    Event none = event(head + "}");
    for (String attributes :
        List.of(
            "null",
            "{}",
            "{\"item_id\":\"\",\"price\":\"\",\"amount\":null,\"tags\":[],\"sizes\":[null,\"\"]}",
            "{\"tags\":\"\",\"gift\":\"\",\"seen\":\"\",\"weight\":\"\"}")) {
      Event event = event(head + ",\"attributes\":" + attributes + "}");
      assertThat(event.attributes()).as(attributes).isEqualTo(none.attributes());
      assertThat(event.id()).isEqualTo(none.id());
    }
  }

  @Test
  void keysMayComeInAnyOrderAndTheLastOfTwoCounts() {
    String a = "\"attributes\":{\"item_id\":\"p1\",\"total\":5}";
    assertThat(event("{" + a + ",\"time\":1,\"user\":\"u\",\"type\":\"view\"}").attributes())
        .isEqualTo(event("{\"type\":\"view\",\"user\":\"u\",\"time\":1," + a + "}").attributes());
    Event changed =
        event("{\"type\":\"view\"," + a + ",\"user\":\"u\",\"time\":1,\"type\":\"purchase\"}");
    assertThat(changed.type().name()).isEqualTo("purchase");
    assertThat(changed.attributes().numberAt(0)).isEqualByComparingTo("5");
    Event twice =
        event(
            "{\"attributes\":{\"amount\":1},"
                + a
                + ",\"user\":\"v\",\"user\":\"u\",\"time\":1,\"type\":\"view\"}");
    assertThat(twice.user()).isEqualTo("u");
    assertThat(twice.attributes().has(3)).isFalse();
    assertThat(twice.attributes().stringAt(0)).isEqualTo("p1");
  }

  static Stream<Arguments> refused() {
    String ok = "\"type\":\"view\",\"user\":\"u\",\"time\":1";
    return Stream.of(
        Arguments.of("{", DeadLetterReason.BROKEN_RECORD, "not valid JSON at byte"),
        Arguments.of("[]", DeadLetterReason.BROKEN_RECORD, "not a JSON object"),
        Arguments.of("7", DeadLetterReason.BROKEN_RECORD, "not a JSON object"),
        Arguments.of("{" + ok + "} {}", DeadLetterReason.BROKEN_RECORD, "more than one"),
        Arguments.of("{" + ok + "},", DeadLetterReason.BROKEN_RECORD, "not valid JSON"),
        Arguments.of("{" + ok + ",\"x\":NaN}", DeadLetterReason.BROKEN_RECORD, "not valid JSON"),
        Arguments.of("{" + ok + "\0}", DeadLetterReason.BROKEN_RECORD, "not UTF-8 text"),
        Arguments.of("{\"user\":\"u\",\"time\":1}", DeadLetterReason.NO_TYPE, "`type`"),
        Arguments.of("{\"type\":\"\"}", DeadLetterReason.NO_TYPE, "`type`"),
        Arguments.of("{\"type\":7}", DeadLetterReason.WRONG_VALUE, "`type` is not text"),
        Arguments.of("{\"type\":\"look\"}", DeadLetterReason.UNKNOWN_TYPE, "catalogue"),
        Arguments.of("{\"type\":\"view\",\"time\":1}", DeadLetterReason.NO_USER, "`user`"),
        Arguments.of("{\"type\":\"view\",\"user\":null}", DeadLetterReason.NO_USER, "`user`"),
        Arguments.of("{\"type\":\"view\",\"user\":1.5}", DeadLetterReason.WRONG_VALUE, "`user`"),
        Arguments.of("{\"type\":\"view\",\"user\":{}}", DeadLetterReason.WRONG_VALUE, "`user`"),
        Arguments.of(
            "{\"type\":\"view\",\"user\":\"\\ud800\"}", DeadLetterReason.WRONG_VALUE, "`user`"),
        Arguments.of(
            "{\"type\":\"view\",\"time\":1,\"user\":\"" + "u".repeat(513) + "\"}",
            DeadLetterReason.WRONG_VALUE,
            "user is longer than 512"),
        Arguments.of(
            "{" + ok + ",\"id\":\"" + "u".repeat(513) + "\"}",
            DeadLetterReason.WRONG_VALUE,
            "`id` is longer than 512"),
        Arguments.of("{" + ok + ",\"id\":[1]}", DeadLetterReason.WRONG_VALUE, "`id`"),
        Arguments.of("{\"type\":\"view\",\"user\":\"u\"}", DeadLetterReason.NO_TIME, "`time`"),
        Arguments.of(time("\"\""), DeadLetterReason.NO_TIME, "`time`"),
        Arguments.of(time("\"2026-02-29T00:00:00Z\""), DeadLetterReason.WRONG_VALUE, "`time`"),
        Arguments.of(time("\"2026-02-28T00:00:00\""), DeadLetterReason.WRONG_VALUE, "`time`"),
        Arguments.of(time("\"2026-02-28\""), DeadLetterReason.WRONG_VALUE, "`time`"),
        Arguments.of(time("\"2026-02-28T24:00:00Z\""), DeadLetterReason.WRONG_VALUE, "`time`"),
        Arguments.of(time("1.5"), DeadLetterReason.WRONG_VALUE, "`time`"),
        Arguments.of(time("true"), DeadLetterReason.WRONG_VALUE, "`time`"),
        Arguments.of(time("-1"), DeadLetterReason.WRONG_VALUE, "1970 to 2999"),
        Arguments.of(time("32503680000000"), DeadLetterReason.WRONG_VALUE, "1970 to 2999"),
        Arguments.of(time("1e400"), DeadLetterReason.WRONG_VALUE, "`time`"),
        Arguments.of("{" + ok + ",\"attributes\":[]}", DeadLetterReason.WRONG_VALUE, "an object"),
        Arguments.of(attribute("item_id", "1.5"), DeadLetterReason.WRONG_VALUE, "`item_id`"),
        Arguments.of(attribute("item_id", "true"), DeadLetterReason.WRONG_VALUE, "`item_id`"),
        Arguments.of(attribute("item_id", "[]"), DeadLetterReason.WRONG_VALUE, "`item_id`"),
        Arguments.of(attribute("amount", "1.0"), DeadLetterReason.WRONG_VALUE, "`amount`"),
        Arguments.of(attribute("amount", "\"abc\""), DeadLetterReason.WRONG_VALUE, "`amount`"),
        Arguments.of(attribute("amount", "\" 1\""), DeadLetterReason.WRONG_VALUE, "`amount`"),
        Arguments.of(
            attribute("amount", "9223372036854775808"), DeadLetterReason.WRONG_VALUE, "`amount`"),
        Arguments.of(attribute("weight", "1e999"), DeadLetterReason.WRONG_VALUE, "`weight`"),
        Arguments.of(attribute("weight", "\"NaN\""), DeadLetterReason.WRONG_VALUE, "`weight`"),
        Arguments.of(attribute("weight", "\"1d\""), DeadLetterReason.WRONG_VALUE, "`weight`"),
        Arguments.of(attribute("weight", "\"0x1p3\""), DeadLetterReason.WRONG_VALUE, "`weight`"),
        Arguments.of(
            attribute("price", "0." + "1".repeat(19)), DeadLetterReason.WRONG_VALUE, "`price`"),
        Arguments.of(attribute("price", "1".repeat(39)), DeadLetterReason.WRONG_VALUE, "`price`"),
        Arguments.of(attribute("price", "1e19"), DeadLetterReason.WRONG_VALUE, "`price`"),
        Arguments.of(attribute("price", "1e-19"), DeadLetterReason.WRONG_VALUE, "`price`"),
        Arguments.of(
            attribute("price", "1e999999999"), DeadLetterReason.WRONG_VALUE, "`price` is not a"),
        Arguments.of(attribute("gift", "1"), DeadLetterReason.WRONG_VALUE, "`gift`"),
        Arguments.of(attribute("gift", "\"yes\""), DeadLetterReason.WRONG_VALUE, "`gift`"),
        Arguments.of(attribute("seen", "\"today\""), DeadLetterReason.WRONG_VALUE, "`seen`"),
        Arguments.of(attribute("tags", "\"a\""), DeadLetterReason.WRONG_VALUE, "`tags`"),
        Arguments.of(attribute("tags", "[{}]"), DeadLetterReason.WRONG_VALUE, "`tags`"),
        Arguments.of(attribute("sizes", "[1.5]"), DeadLetterReason.WRONG_VALUE, "`sizes`"),
        Arguments.of(
            "{\"type\":\"purchase\",\"user\":\"u\",\"time\":1}",
            DeadLetterReason.MISSING_ATTRIBUTE,
            "`total`"));
  }

  private static String time(String value) {
    return "{\"type\":\"view\",\"user\":\"u\",\"time\":" + value + "}";
  }

  private static String attribute(String name, String value) {
    return "{\"attributes\":{\""
        + name
        + "\":"
        + value
        + "},\"type\":\"view\",\"user\":\"u\",\"time\":1}";
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatIsNoEventIsADeadLetter(String json, DeadLetterReason reason, String detail) {
    RawRecord record = Shop.record(json);
    DeadLetter letter = letter(decoder, record);
    assertThat(letter.reason()).isEqualTo(reason);
    assertThat(letter.detail()).contains(detail);
    assertThat(letter.source()).isEqualTo("events.jsonl");
    assertThat(letter.row()).isEqualTo(7);
    assertThat(letter.bytes()).isEqualTo(record.bytes());
  }

  @Test
  void oversizedRecordsAreTooLarge() {
    DeadLetter letter =
        letter(decoder, new RawRecord("f", 1, new byte[3], RawRecord.Kind.OVERSIZED));
    assertThat(letter.reason()).isEqualTo(DeadLetterReason.TOO_LARGE);
    assertThat(letter.detail()).isEqualTo("longer than 1048576 bytes");
  }

  @Test
  void bytesThatAreNotUtf8AreBroken() {
    byte[] json =
        "{\"type\":\"view\",\"user\":\"é\",\"time\":1}".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(letter(decoder, Shop.record(json)).reason())
        .isEqualTo(DeadLetterReason.BROKEN_RECORD);
  }

  @Test
  void theSmallestAndGreatestDecimalsAreRead() {
    for (String value :
        List.of(
            "0." + "0".repeat(17) + "1",
            "9".repeat(38),
            "-" + "9".repeat(20) + "." + "9".repeat(18),
            "1e18",
            "1E-18",
            "0e18",
            "1." + "0".repeat(60))) {
      Event event = event(attribute("price", value));
      assertThat(event.attributes().numberAt(1)).as(value).isEqualByComparingTo(value);
    }
  }

  @Test
  void idsFollowTheRule() {
    String with = "{\"type\":\"view\",\"user\":\"u\",\"time\":1,\"id\":5}";
    String without = "{\"type\":\"view\",\"user\":\"u\",\"time\":1}";
    assertThat(event(with).id()).isEqualTo("5");
    assertThat(event(without).id()).matches("[0-9a-f]{32}");
    EventDecoder byRow = Shop.canonical(new IdRule.Row());
    assertThat(((Decoded.Read) byRow.decode(Shop.record(with))).event().id())
        .isEqualTo("events.jsonl:7");
    EventDecoder byField = Shop.canonical(new IdRule.Field("id"));
    assertThat(((Decoded.Read) byField.decode(Shop.record(with))).event().id()).isEqualTo("5");
    assertThat(letter(byField, Shop.record(without)).reason()).isEqualTo(DeadLetterReason.NO_ID);
  }

  @Test
  void noBytesMakeItThrow() {
    long seed = 4711;
    Random random = new Random(seed);
    byte[] good =
        ("{\"id\":\"e1\",\"attributes\":{\"item_id\":\"pé\",\"price\":12.50,\"weight\":1.5e2,"
                + "\"gift\":true,\"seen\":\"2026-03-01T10:00:00Z\",\"tags\":[\"a\"],"
                + "\"sizes\":[1]},\"type\":\"view\",\"user\":\"u\",\"time\":\"2026-03-01T10:00:00Z\"}")
            .getBytes(StandardCharsets.UTF_8);
    String structure = "{}[],:\"\\0919eE-.tfnu \u0000";
    int read = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes =
          Arrays.copyOf(good, round % 3 == 0 ? random.nextInt(good.length) : good.length);
      for (int change = random.nextInt(4); change > 0 && bytes.length > 0; change--) {
        bytes[random.nextInt(bytes.length)] =
            random.nextBoolean()
                ? (byte) random.nextInt(256)
                : (byte) structure.charAt(random.nextInt(structure.length()));
      }
      RawRecord record = Shop.record(bytes);
      try {
        read += decoder.decode(record) instanceof Decoded.Read ? 1 : 0;
      } catch (RuntimeException e) {
        throw new AssertionError(
            "seed " + seed + ", round " + round + ": " + Arrays.toString(bytes), e);
      }
    }
    assertThat(read).isBetween(1_000, 19_000);
  }
}
