// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static tools.jackson.core.JsonToken.END_OBJECT;
import static tools.jackson.core.JsonToken.START_OBJECT;

import io.beckon.event.Attribute;
import io.beckon.event.Catalogue;
import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.wire.EventDecoder.Refusal;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads profiles: records of JSON Lines {@code {"user": "…", attribute: value, …}}, the attributes
 * beside the user or in an object {@code attributes}. A profile is whole: what it does not say is
 * missing. Never throws on a record. Not thread-safe.
 */
public final class Profiles {
  /** What comes of a record. */
  public sealed interface Decoded {
    /** The profile of a user, of the catalogue's profile type. */
    record Read(String user, Slots attributes) implements Decoded {
      public Read {
        Objects.requireNonNull(user);
        Objects.requireNonNull(attributes);
      }

      /** Who and what stays out of logs. */
      @Override
      public String toString() {
        return "Profile";
      }
    }

    /** A record that is no profile. */
    record Rejected(DeadLetter letter) implements Decoded {
      public Rejected {
        Objects.requireNonNull(letter);
      }
    }
  }

  private final RecordType type;
  private @Nullable String user;
  private boolean userFits;
  private int wrongSlot;

  /** A reader of profiles of {@code catalogue}'s profile type. */
  public Profiles(Catalogue catalogue) {
    this.type = catalogue.profile();
  }

  /** Reads one record. */
  public Decoded decode(RawRecord record) {
    Slots slots = new Slots(type);
    Refusal refusal = read(record, slots);
    if (refusal == null && user != null) {
      return new Decoded.Read(user, slots);
    }
    Refusal why =
        refusal == null ? new Refusal(DeadLetterReason.NO_USER, "`user` is missing") : refusal;
    return new Decoded.Rejected(
        new DeadLetter(record.source(), record.row(), why.reason(), why.detail(), record.bytes()));
  }

  private @Nullable Refusal read(RawRecord record, Slots slots) {
    user = null;
    userFits = true;
    wrongSlot = -1;
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
