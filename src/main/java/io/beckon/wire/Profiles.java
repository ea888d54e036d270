// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static tools.jackson.core.JsonToken.END_OBJECT;
import static tools.jackson.core.JsonToken.START_OBJECT;

import io.beckon.event.Attribute;
import io.beckon.event.AttributeType;
import io.beckon.event.Catalogue;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.wire.EventDecoder.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads profiles: records of JSON Lines {@code {"user": "…", attribute: value, …}}, the attributes
 * beside the user or in an object {@code attributes}, and from when on it holds in {@code time},
 * unless that is an attribute. A profile is whole: what it does not say is missing. In a topic the
 * key is the user, and a key without a value is word that the user is to be erased. Never throws on
 * a record. Not thread-safe.
 */
public final class Profiles {
  /** What comes of a record. */
  public sealed interface Decoded {
    /**
     * The profile of a user, of the catalogue's profile type.
     *
     * @param timeMs from when on it holds, if the record says so
     */
    record Read(String user, OptionalLong timeMs, Slots attributes) implements Decoded {
      public Read {
        Objects.requireNonNull(user);
        Objects.requireNonNull(timeMs);
        Objects.requireNonNull(attributes);
      }

      /** Who and what stays out of logs. */
      @Override
      public String toString() {
        return "Profile";
      }
    }

    /** Everything known of a user is to be erased. */
    record Erased(String user) implements Decoded {
      public Erased {
        Objects.requireNonNull(user);
      }

      /** Who stays out of logs. */
      @Override
      public String toString() {
        return "Erased";
      }
    }

    /** A record that is no profile. */
    record Rejected(DeadLetter letter) implements Decoded {
      public Rejected {
        Objects.requireNonNull(letter);
      }
    }
  }

  private static final byte[] NO_KEY = {};

  private static final RecordType TIME =
      RecordType.of("time", List.of(Attribute.optional("time", AttributeType.TIMESTAMP)));

  private final RecordType type;
  private @Nullable String user;
  private boolean userFits;
  private int wrongSlot;
  private boolean timeFits;
  private Slots time = new Slots(TIME);

  /** A reader of profiles of {@code catalogue}'s profile type. */
  public Profiles(Catalogue catalogue) {
    this.type = catalogue.profile();
  }

  /** Reads one record. */
  public Decoded decode(RawRecord record) {
    return decode(record, NO_KEY);
  }

  /**
   * Reads one record of a topic.
   *
   * @param key the user, in UTF-8; if it is empty the record says who
   */
  public Decoded decode(RawRecord record, byte[] key) {
    Slots slots = new Slots(type);
    String named = new String(key, StandardCharsets.UTF_8);
    Refusal refusal = check(key, named);
    if (refusal == null && key.length > 0 && record.kind() == RawRecord.Kind.EMPTY) {
      return new Decoded.Erased(named);
    }
    if (refusal == null) {
      refusal = read(record, named, slots);
    }
    if (refusal == null && user != null) {
      return new Decoded.Read(user, timeMs(), slots);
    }
    Refusal why =
        refusal == null ? new Refusal(DeadLetterReason.NO_USER, "`user` is missing") : refusal;
    return new Decoded.Rejected(
        new DeadLetter(record.source(), record.row(), why.reason(), why.detail(), record.bytes()));
  }

  private OptionalLong timeMs() {
    return time.has(0) ? OptionalLong.of(time.longAt(0)) : OptionalLong.empty();
  }

  private static @Nullable Refusal check(byte[] key, String named) {
    if (!JsonValues.isText(key)) {
      return new Refusal(DeadLetterReason.WRONG_VALUE, "the key is not UTF-8 text");
    }
    return named.length() > EventDecoder.MAX_ID_LENGTH ? EventDecoder.tooLong("key") : null;
  }

  private @Nullable Refusal read(RawRecord record, String named, Slots slots) {
    user = null;
    userFits = true;
    wrongSlot = -1;
    timeFits = true;
    time = new Slots(TIME);
    if (record.kind() == RawRecord.Kind.EMPTY) {
      return EventDecoder.NO_VALUE;
    }
    if (record.kind() == RawRecord.Kind.OVERSIZED) {
      return new Refusal(
          DeadLetterReason.TOO_LARGE, "longer than " + FileRecords.MAX_RECORD_BYTES + " bytes");
    }
    if (!JsonValues.isText(record.bytes())) {
      return new Refusal(DeadLetterReason.BROKEN_RECORD, "not UTF-8 text");
    }
    try (JsonParser parser = JsonValues.parser(record.bytes())) {
      if (parser.nextToken() != START_OBJECT) {
        return new Refusal(DeadLetterReason.BROKEN_RECORD, "not a JSON object");
      }
      object(parser, slots, true);
      if (parser.nextToken() != null) {
        return new Refusal(DeadLetterReason.BROKEN_RECORD, "more than one JSON value");
      }
    } catch (JacksonException e) {
      return new Refusal(DeadLetterReason.BROKEN_RECORD, JsonValues.broken(e));
    }
    if (!named.isEmpty() && userFits) {
      if (user != null && !user.equals(named)) {
        return new Refusal(DeadLetterReason.WRONG_VALUE, "`user` is not the record's key");
      }
      user = named;
    }
    return check(slots);
  }

  private @Nullable Refusal check(Slots slots) {
    if (!userFits) {
      return new Refusal(DeadLetterReason.WRONG_VALUE, "`user` is neither text nor a whole number");
    }
    if (user == null) {
      return new Refusal(DeadLetterReason.NO_USER, "`user` is missing");
    }
    if (user.length() > EventDecoder.MAX_ID_LENGTH) {
      return EventDecoder.tooLong("user");
    }
    if (!timeFits) {
      return new Refusal(
          DeadLetterReason.WRONG_VALUE,
          "`time` is not " + Values.expected(AttributeType.TIMESTAMP));
    }
    if (wrongSlot >= 0) {
      Attribute attribute = type.attribute(wrongSlot);
      return new Refusal(
          DeadLetterReason.WRONG_VALUE,
          "attribute `" + attribute.name() + "` is not " + Values.expected(attribute.type()));
    }
    return EventDecoder.missing(type.attributes(), slots);
  }

  private void object(JsonParser parser, Slots slots, boolean outer) throws JacksonException {
    while (parser.nextToken() != END_OBJECT) {
      String key = parser.currentName();
      JsonToken token = parser.nextToken();
      if (outer && key.equals("user")) {
        userFits = JsonValues.isName(token);
        user = userFits ? JsonValues.name(parser, token) : null;
        userFits &= user == null || Utf8.isText(user);
        parser.skipChildren();
      } else if (outer && key.equals("time") && type.indexOf("time") < 0) {
        timeFits = JsonValues.set(parser, token, time, 0);
      } else if (outer && key.equals("attributes") && token == START_OBJECT) {
        object(parser, slots, false);
      } else {
        int slot = type.indexOf(key);
        if (slot < 0) {
          parser.skipChildren();
        } else if (!JsonValues.set(parser, token, slots, slot) && wrongSlot < 0) {
          wrongSlot = slot;
        }
      }
    }
  }
}
