// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.beckon.event.Event;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.wire.RawRecord.Kind;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MappedRecordsTest {
  private static final String EVENTS =
      """
      apiVersion: beckon/v1
      kind: Events
      events:
        product_view: {item_id: string, price: decimal, count: int, tags: list(string)}
        purchase: {item_id: string, price: {type: decimal, required: true}}
      """;

  private static final String MAP =
      """
        map:
          type: raw.kind
          types: {view: product_view}
          user: raw.who
          time: raw.ts
          attributes: {item_id: raw.item, price: raw.price, count: raw.count, tags: raw.tags}
      """;

  private static final String FIELDS =
      """
          kind: string
          who: {type: string, path: WHO}
          ts: timestamp
          item: {type: string, path: ITEM}
          price: decimal
          count: int
          tags: list(string)
          unused: int
      """;

  private static JobDefinition job(String format, String id, String fields) {
    String job =
        "apiVersion: beckon/v1\nkind: Job\nid: shop\nsource:\n  format: "
            + format
            + "\n  id: "
            + id
            + "\n  record:\n"
            + fields
            + MAP;
    Definitions.Loaded loaded =
        Definitions.load(
            "shop",
            List.of(
                new SourceFile("shop/job.yaml", job),
                new SourceFile("shop/events.yaml", EVENTS),
                new SourceFile("shop/triggers/t.yaml", TRIGGER)));
    assertThat(loaded.problems().sorted()).isEmpty();
    return loaded.job().orElseThrow();
  }

  private static final String TRIGGER =
      """
      apiVersion: beckon/v1
      kind: Trigger
      id: t
      version: 1
      mode: live
      when: {event: purchase}
      then: {message: {channel: push, template: x}}
      """;

  private static EventDecoder csv(String id) {
    String fields = FIELDS.replace("WHO", "\"user id\"").replace("ITEM", "item");
    EventDecoder decoder = new EventDecoder(job("csv", id, fields));
    Decoded header =
        decoder.decode(raw("kind,user id,ts,item,price,count,tags,unused", Kind.HEADER));
    assertThat(header).isEqualTo(new Decoded.Header(List.of()));
    return decoder;
  }

  private static EventDecoder json(String id) {
    String fields = FIELDS.replace("WHO", "payload.user.id").replace("ITEM", "payload.item");
    return new EventDecoder(job("jsonl", id, fields));
  }

  private static RawRecord raw(String text, Kind kind) {
    return new RawRecord("day.csv", 3, text.getBytes(StandardCharsets.UTF_8), kind);
  }

  private static Event event(EventDecoder decoder, String text) {
    Decoded decoded = decoder.decode(raw(text, Kind.RECORD));
    assertThat(decoded).as(text).isInstanceOf(Decoded.Read.class);
    return ((Decoded.Read) decoded).event();
  }

  private static String refusal(EventDecoder decoder, String text) {
    Decoded decoded = decoder.decode(raw(text, Kind.RECORD));
    assertThat(decoded).as(text).isInstanceOf(Decoded.Rejected.class);
    DeadLetter letter = ((Decoded.Rejected) decoded).letter();
    assertThat(letter.bytes()).isEqualTo(text.getBytes(StandardCharsets.UTF_8));
    return letter.reason() + ": " + letter.detail();
  }

  @Test
  void csvFieldsBecomeAttributes() {
    EventDecoder decoder = csv("content");
    Event event =
        event(decoder, "view,u1,2026-03-01 10:00:00Z,\"a,\"\"b\"\"\nc\",12.50,3,x;;y,not a number");
    assertThat(event.type().name()).isEqualTo("product_view");
    assertThat(event.user()).isEqualTo("u1");
    assertThat(event.timeMs()).isEqualTo(1_772_359_200_000L);
    assertThat(event.attributes().stringAt(0)).isEqualTo("a,\"b\"\nc");
    assertThat(event.attributes().numberAt(1)).isEqualTo(new BigDecimal("12.5"));
    assertThat(event.attributes().longAt(2)).isEqualTo(3);
    assertThat(event.attributes().stringsAt(3)).containsExactly("x", "y");
    assertThat(event.id())
        .isEqualTo(
            new ContentId(job("csv", "row", csvFields()).catalogue())
                .of(event.type(), "u1", event.timeMs(), event.attributes()));
    Event next = event(decoder, "purchase,u2,1000,,7,,,");
    assertThat(next.attributes().has(0)).as("nothing stays from the record before").isFalse();
    assertThat(event.attributes().stringAt(0)).as("nor changes it").startsWith("a");
  }

  private static String csvFields() {
    return FIELDS.replace("WHO", "\"user id\"").replace("ITEM", "item");
  }

  @Test
  void csvRecordsThatAreNoEventsAreDeadLetters() {
    EventDecoder decoder = csv("content");
    assertThat(refusal(decoder, "view,u,1,i,1,1,t"))
        .isEqualTo("BROKEN_RECORD: 7 fields; the header has 8");
    assertThat(refusal(decoder, "view,u,1,i,1,1,t,1,1"))
        .isEqualTo("BROKEN_RECORD: 9 fields; the header has 8");
    assertThat(refusal(decoder, "view,\"u,1,i,1,1,t,1"))
        .isEqualTo("BROKEN_RECORD: field 2: a quote is not closed, or text follows it");
    assertThat(refusal(decoder, "view,\"u\"x,1,i,1,1,t,1"))
        .isEqualTo("BROKEN_RECORD: field 2: a quote is not closed, or text follows it");
    assertThat(refusal(decoder, "view,u,1,i,1,abc,t,1"))
        .isEqualTo("WRONG_VALUE: field `count` is not a whole number of 64 bits");
    assertThat(refusal(decoder, "view,u,today,i,1,1,t,1"))
        .startsWith("WRONG_VALUE: field `ts` is not an RFC 3339 time or epoch milliseconds");
    assertThat(refusal(decoder, ",u,1,i,1,1,t,1")).isEqualTo("NO_TYPE: `map.type` gives nothing");
    assertThat(refusal(decoder, "look,u,1,i,1,1,t,1")).startsWith("UNKNOWN_TYPE: ");
    assertThat(refusal(decoder, "view,,1,i,1,1,t,1"))
        .isEqualTo("NO_USER: `map.user` gives nothing");
    assertThat(refusal(decoder, "view,u,,i,1,1,t,1"))
        .isEqualTo("NO_TIME: `map.time` gives nothing");
    assertThat(refusal(decoder, "view,u,-1,i,1,1,t,1"))
        .isEqualTo("WRONG_VALUE: the time is not in the years 1970 to 2999");
    assertThat(refusal(decoder, "purchase,u,1,i,,1,t,1"))
        .isEqualTo("MISSING_ATTRIBUTE: required attribute `price` is missing");
    RawRecord other = new RawRecord("other.csv", 1, new byte[] {'a'}, Kind.RECORD);
    assertThat(((Decoded.Rejected) decoder.decode(other)).letter().detail())
        .isEqualTo("its source has no header that can be read");
  }

  @Test
  void columnsAreFoundByNameAndMissingOnesNamed() {
    EventDecoder decoder = csv("content");
    Decoded header = decoder.decode(raw("ts,item,kind,kind,count,tags,user id,more", Kind.HEADER));
    assertThat(((Decoded.Header) header).problems())
        .containsExactly(
            "no column `price`; there are: ts, item, kind, kind, count, tags, user id, more",
            "column `kind` stands there twice");
    assertThat(event(decoder, "5,i,view,x,1,t,u,more").timeMs()).isEqualTo(5);
  }

  @Test
  void nestedJsonIsFollowedByPath() {
    EventDecoder decoder = json("content");
    Event event =
        event(
            decoder,
            """
            {"x":[{"kind":"no"}],"payload":{"item":77,"user":{"id":12,"kind":"no"},"price":9},
             "kind":"view","ts":1000,"price":"0.10","count":null,"tags":["a"],"unused":"text"}
            """);
    assertThat(event.user()).isEqualTo("12");
    assertThat(event.attributes().stringAt(0)).isEqualTo("77");
    assertThat(event.attributes().numberAt(1)).isEqualTo(new BigDecimal("0.1"));
    assertThat(event.attributes().has(2)).isFalse();
    assertThat(event.attributes().stringsAt(3)).containsExactly("a");
  }

  @Test
  void jsonThatIsNoEventIsADeadLetter() {
    EventDecoder decoder = json("content");
    assertThat(refusal(decoder, "{\"kind\":\"view\"")).startsWith("BROKEN_RECORD: not valid JSON");
    assertThat(refusal(decoder, "{\"kind\":\"view\"}{}"))
        .isEqualTo("BROKEN_RECORD: more than one JSON value");
    assertThat(refusal(decoder, "{\"kind\":\"view\",\"payload\":5}"))
        .isEqualTo("WRONG_VALUE: field `who` is not text");
    assertThat(refusal(decoder, "{\"kind\":\"view\",\"payload\":{\"user\":null}}"))
        .isEqualTo("NO_USER: `map.user` gives nothing");
    assertThat(refusal(decoder, "{\"kind\":{},\"payload\":{\"user\":null}}"))
        .isEqualTo("WRONG_VALUE: field `kind` is not text");
    String good = "{\"kind\":\"view\",\"payload\":{\"user\":{\"id\":\"u\"}},\"ts\":1,";
    assertThat(refusal(decoder, good + "\"count\":1e999}"))
        .startsWith("WRONG_VALUE: field `count`");
    assertThat(event(decoder, good + "\"count\":\"x\",\"count\":4}").attributes().longAt(2))
        .as("the last one counts")
        .isEqualTo(4);
  }

  @Test
  void idsMayBeFieldsOrRows() {
    String record =
        "{\"kind\":\"view\",\"payload\":{\"user\":{\"id\":\"u\"},\"item\":7.50},\"ts\":1}";
    assertThat(event(json("row"), record.replace("7.50", "7")).id()).isEqualTo("day.csv:3");
    assertThat(
            event(
                    json("unused"),
                    record.replace("\"ts\"", "\"unused\":1.50,\"ts\"").replace("7.50", "7"))
                .id())
        .as("the text as written")
        .isEqualTo("1.50");
    assertThat(refusal(json("unused"), record.replace("7.50", "7")))
        .isEqualTo("NO_ID: field `unused` is missing");
    assertThat(
            refusal(
                json("unused"),
                record.replace("7.50", "7").replace("\"ts\"", "\"unused\":{},\"ts\"")))
        .isEqualTo("WRONG_VALUE: field `unused` is neither text nor a number");
    assertThat(event(csv("unused"), "view,u,1,i,1,1,t,n-7").id()).isEqualTo("n-7");
    assertThat(refusal(csv("unused"), "view,u,1,i,1,1,t,")).startsWith("NO_ID: ");
    assertThat(refusal(csv("unused"), "view,u,1,i,1,1,t," + "x".repeat(513)))
        .isEqualTo("WRONG_VALUE: field `unused` is longer than 512 characters");
  }

  @Test
  void noBytesMakeItThrow() {
    long seed = 20191001;
    Random random = new Random(seed);
    EventDecoder csv = csv("unused");
    EventDecoder json = json("unused");
    String row = "view,u1,2026-03-01 10:00:00Z,\"a,\"\"b\"\"\nc\",12.50,3,x;;é,7";
    String object =
        "{\"kind\":\"view\",\"payload\":{\"user\":{\"id\":\"é\"},\"item\":\"7\"},\"ts\":1,\"price\":1.5,"
            + "\"count\":3,\"tags\":[\"a\"],\"unused\":7}";
    String structure = "{}[],:\"\\0919eE-.;\n \u0000";
    int[] read = new int[2];
    for (int round = 0; round < 20_000; round++) {
      int which = round % 2;
      byte[] good = (which == 0 ? row : object).getBytes(StandardCharsets.UTF_8);
      byte[] bytes =
          random.nextInt(4) == 0 ? Arrays.copyOf(good, random.nextInt(good.length)) : good;
      for (int change = random.nextInt(3); change > 0 && bytes.length > 0; change--) {
        bytes[random.nextInt(bytes.length)] =
            random.nextBoolean()
                ? (byte) random.nextInt(256)
                : (byte) structure.charAt(random.nextInt(structure.length()));
      }
      RawRecord record = new RawRecord("day.csv", round, bytes, Kind.RECORD);
      try {
        Decoded decoded = (which == 0 ? csv : json).decode(record);
        read[which] += decoded instanceof Decoded.Read ? 1 : 0;
        if (random.nextInt(100) == 0) {
          csv.decode(new RawRecord("h", 0, bytes, Kind.HEADER));
        }
      } catch (RuntimeException e) {
        throw new AssertionError(
            "seed " + seed + ", round " + round + ": " + Arrays.toString(bytes), e);
      }
    }
    assertThat(read[0]).isBetween(500, 9_500);
    assertThat(read[1]).isBetween(500, 9_500);
  }

  @Test
  void csvNeedsAMapping() {
    JobDefinition mapped = job("csv", "row", csvFields());
    JobDefinition bare =
        Shop.job(
            new JobDefinition.SourceDefinition(
                JobDefinition.Format.CSV, mapped.source().id(), Optional.empty()));
    assertThatThrownBy(() -> new EventDecoder(bare))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("records of CSV need a mapping");
  }
}
