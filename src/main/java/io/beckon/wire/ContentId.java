// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.Catalogue;
import io.beckon.event.EventType;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Ids out of what events say: the first 16 bytes of SHA-256, in lower-case hex, of the RFC 8785
 * JSON of {@code {attributes, time, type, user}}. Missing attributes are left out; times are epoch
 * milliseconds; doubles and decimals are written as the nearest double, integers with all digits.
 * Not thread-safe.
 */
final class ContentId {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final JsonBuffer json = new JsonBuffer();
  private final MessageDigest sha256;
  private final byte[] hex = new byte[32];
  // Per event type, its slots in the order of their names, and each name as a key.
  private final int[][] order;
  private final byte[][][] keys;
  private final byte[][] types;

  ContentId(Catalogue catalogue) {
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    int n = catalogue.types().size();
    order = new int[n][];
    keys = new byte[n][][];
    types = new byte[n][];
    for (EventType type : catalogue.types()) {
      RecordType record = type.record();
      // RFC 8785 sorts by UTF-16 code units, as String compares.
      int[] sorted =
          IntStream.range(0, record.size())
              .boxed()
              .sorted(Comparator.comparing(slot -> record.attribute(slot).name()))
              .mapToInt(Integer::intValue)
              .toArray();
      byte[][] names = new byte[record.size()][];
      for (int slot = 0; slot < names.length; slot++) {
        names[slot] = json.clear().string(record.attribute(slot).name()).raw(':').toBytes();
      }
      order[type.index()] = sorted;
      keys[type.index()] = names;
      types[type.index()] = json.clear().string(type.name()).toBytes();
    }
  }

  /** The id of an event that says this. */
  String of(EventType type, String user, long timeMs, Slots attributes) {
    write(type, user, timeMs, attributes);
    sha256.update(json.array(), 0, json.length());
    byte[] hash = sha256.digest();
    for (int i = 0; i < 16; i++) {
      hex[2 * i] = HEX[hash[i] >> 4 & 0xF];
      hex[2 * i + 1] = HEX[hash[i] & 0xF];
    }
    return new String(hex, StandardCharsets.ISO_8859_1);
  }

  /** The text that is hashed. */
  byte[] canonical(EventType type, String user, long timeMs, Slots attributes) {
    write(type, user, timeMs, attributes);
    return json.toBytes();
  }

  private void write(EventType type, String user, long timeMs, Slots attributes) {
    json.clear().raw("{\"attributes\":{");
    boolean first = true;
    byte[][] names = keys[type.index()];
    for (int slot : order[type.index()]) {
      if (!attributes.has(slot)) {
        continue;
      }
      if (!first) {
        json.raw(',');
      }
      first = false;
      json.raw(names[slot]);
      value(attributes, slot);
    }
    json.raw("},\"time\":").number(timeMs).raw(",\"type\":").raw(types[type.index()]);
    json.raw(",\"user\":").string(user).raw('}');
  }

  private void value(Slots attributes, int slot) {
    switch (attributes.type().attribute(slot).type()) {
      case STRING -> json.string(attributes.stringAt(slot));
      case INT, TIMESTAMP, DURATION -> json.number(attributes.longAt(slot));
      case DOUBLE, DECIMAL -> json.number(attributes.doubleAt(slot));
      case BOOL -> json.bool(attributes.boolAt(slot));
      case STRING_LIST -> {
        List<String> texts = attributes.stringsAt(slot);
        for (int i = 0; i < texts.size(); i++) {
          json.raw(i == 0 ? '[' : ',').string(texts.get(i));
        }
        json.raw(']');
      }
      case INT_LIST -> {
        List<Long> numbers = attributes.intsAt(slot);
        for (int i = 0; i < numbers.size(); i++) {
          json.raw(i == 0 ? '[' : ',').number(numbers.get(i).longValue());
        }
        json.raw(']');
      }
    }
  }
}
