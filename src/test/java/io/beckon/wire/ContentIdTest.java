// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.event.EventType;
import io.beckon.event.Slots;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;

class ContentIdTest {
  private final ContentId ids = new ContentId(Shop.CATALOGUE);
  private final EventType view = Shop.CATALOGUE.type("view").orElseThrow();

  @Test
  void anEventThatSaysLittleHashesToAKnownId() throws Exception {
    Slots slots = new Slots(Shop.VIEW).setString(0, "p1").setDecimal(1, new BigDecimal("12.50"));
    String json =
        "{\"attributes\":{\"item_id\":\"p1\",\"price\":12.5},\"time\":1000,\"type\":\"view\",\"user\":\"u\"}";
    assertThat(new String(ids.canonical(view, "u", 1000, slots), StandardCharsets.UTF_8))
        .isEqualTo(json);
    byte[] hash =
        MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8));
    assertThat(ids.of(view, "u", 1000, slots))
        .isEqualTo(HexFormat.of().formatHex(hash, 0, 16))
        .hasSize(32);
  }

  @Test
  void agreesWithACanonicalizerOnRandomEvents() throws IOException {
    long seed = 8785;
    Random random = new Random(seed);
    for (int round = 0; round < 3_000; round++) {
      Slots slots = new Slots(Shop.VIEW);
      List<String> keys = new ArrayList<>();
      for (int slot = 0; slot < Shop.VIEW.size(); slot++) {
        if (random.nextBoolean()) {
          String value = fill(slots, slot, random);
          // A canonicalizer is given the keys in any order.
          keys.add(
              random.nextInt(keys.size() + 1),
              "\"" + Shop.VIEW.attribute(slot).name() + "\" : " + value);
        }
      }
      String user = text(random);
      long timeMs = random.nextLong(32_503_680_000_000L);
      String loose =
          "{\"user\":"
              + escaped(user)
              + ", \"time\":"
              + timeMs
              + ", \"type\":\"view\", \"attributes\":{"
              + String.join(",", keys)
              + "}}";
      assertThat(new String(ids.canonical(view, user, timeMs, slots), StandardCharsets.UTF_8))
          .as("seed %d, round %d", seed, round)
          .isEqualTo(new JsonCanonicalizer(loose).getEncodedString());
    }
  }

  /** Sets a slot at random; gives the value as JSON, not canonical. */
  private static String fill(Slots slots, int slot, Random random) {
    switch (slots.type().attribute(slot).type()) {
      case STRING -> {
        String text = text(random);
        slots.setString(slot, text);
        return escaped(text);
      }
      case DECIMAL -> {
        BigDecimal value = BigDecimal.valueOf(random.nextLong(), random.nextInt(19));
        slots.setDecimal(slot, value);
        return value.toPlainString();
      }
      case DOUBLE -> {
        double value = Double.longBitsToDouble(random.nextLong());
        value = Double.isFinite(value) ? value : random.nextInt(100) / 8.0;
        slots.setDouble(slot, value);
        return new BigDecimal(value).toString();
      }
      case INT, TIMESTAMP, DURATION -> {
        long value = random.nextLong(-(1L << 53), 1L << 53);
        slots.setLong(slot, value);
        return Long.toString(value);
      }
      case BOOL -> {
        slots.setBool(slot, random.nextBoolean());
        return Boolean.toString(slots.boolAt(slot));
      }
      case STRING_LIST -> {
        String a = text(random);
        String b = text(random);
        slots.setStrings(slot, List.of(a, b));
        return "[ " + escaped(a) + ", " + escaped(b) + "]";
      }
      case INT_LIST -> {
        slots.setInts(slot, List.of(7L, -1L));
        return "[7 , -1]";
      }
    }
    throw new IllegalStateException();
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder("x");
    for (int n = random.nextInt(8); n > 0; n--) {
      int point =
          switch (random.nextInt(4)) {
            case 0 -> random.nextInt(0x20);
            case 1 -> "\"\\/\u007f\u2028\ue000".codePointAt(random.nextInt(6));
            case 2 -> 0x10000 + random.nextInt(0x1000);
            default -> random.nextInt(0xD800);
          };
      text.appendCodePoint(point);
    }
    return text.toString();
  }

  private static String escaped(String text) {
    StringBuilder json = new StringBuilder("\"");
    text.chars().forEach(c -> json.append(String.format("\\u%04X", c)));
    return json.append('"').toString();
  }

  @Test
  void whatAnEventSaysTellsIdsApart() {
    Slots none = new Slots(Shop.VIEW);
    Slots one = new Slots(Shop.VIEW).setLong(3, 1);
    Slots great = new Slots(Shop.VIEW).setLong(3, (1L << 53) + 1);
    Slots even = new Slots(Shop.VIEW).setLong(3, 1L << 53);
    assertThat(
            List.of(
                ids.of(view, "u", 1, none),
                ids.of(view, "v", 1, none),
                ids.of(view, "u", 2, none),
                ids.of(
                    Shop.CATALOGUE.type("purchase").orElseThrow(),
                    "u",
                    1,
                    new Slots(Shop.PURCHASE)),
                ids.of(view, "u", 1, one),
                ids.of(view, "u", 1, great),
                ids.of(view, "u", 1, even)))
        .doesNotHaveDuplicates();
    assertThat(ids.of(view, "u", 1, none)).isEqualTo(ids.of(view, "u", 1, new Slots(Shop.VIEW)));
  }
}
