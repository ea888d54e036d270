// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static tools.jackson.core.JsonToken.END_OBJECT;
import static tools.jackson.core.JsonToken.START_OBJECT;
import static tools.jackson.core.JsonToken.VALUE_NULL;
import static tools.jackson.core.JsonToken.VALUE_NUMBER_INT;
import static tools.jackson.core.JsonToken.VALUE_STRING;

import io.beckon.event.Catalogue;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition.Format;
import io.beckon.wire.EventDecoder.Refusal;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads {@code {"id", "type", "user", "time", "attributes"}}, its keys in any order. */
final class CanonicalRecords extends CanonicalReader {
  // Attributes that stand before the type are read in a second pass.
  private boolean again;

  CanonicalRecords(Catalogue catalogue, Format format) {
    super(catalogue);
    if (format != Format.JSONL) {
      throw new IllegalArgumentException("records of CSV need a mapping");
    }
  }

  @Override
  public @Nullable Refusal read(RawRecord record) {
    clear();
    again = false;
    byte[] bytes = record.bytes();
    if (!JsonValues.isText(bytes)) {
      return broken("not UTF-8 text");
    }
    try (JsonParser parser = JsonValues.parser(bytes)) {
      if (parser.nextToken() != START_OBJECT) {
        return broken("not a JSON object");
      }
      envelope(parser);
      if (parser.nextToken() != null) {
        return broken("more than one JSON value");
      }
    } catch (JacksonException e) {
      return broken(JsonValues.broken(e));
    }
    Refusal refusal = checkType();
    if (refusal != null) {
      return refusal;
    }
    if (again) {
      // The record was parsed to its end once, so this cannot fail.
      try (JsonParser parser = JsonValues.parser(bytes)) {
        parser.nextToken();
        secondPass(parser);
      }
    }
    return check();
  }

  private static Refusal broken(String detail) {
    return new Refusal(DeadLetterReason.BROKEN_RECORD, detail);
  }

  private void envelope(JsonParser parser) throws JacksonException {
    while (parser.nextToken() != END_OBJECT) {
      String key = parser.currentName();
      JsonToken token = parser.nextToken();
      switch (key) {
        case "type" -> {
          String before = typeName;
          typeFits = token == VALUE_STRING || token == VALUE_NULL;
          typeName = typeFits ? JsonValues.name(parser, token) : null;
          type = typeName == null ? null : catalogue.type(typeName).orElse(null);
          again |= attributes != null && !Objects.equals(before, typeName);
        }
        case "user" -> {
          userFits = JsonValues.isName(token);
          user = userFits ? JsonValues.name(parser, token) : null;
          userFits &= user == null || Utf8.isText(user);
        }
        case "id" -> {
          idFits = JsonValues.isName(token);
          id = idFits ? JsonValues.name(parser, token) : null;
          idFits &= id == null || Utf8.isText(id);
        }
        case "time" -> time(parser, token);
        case "attributes" -> {
          attributes = null;
          wrongSlot = -1;
          attributesFit = token == START_OBJECT || token == VALUE_NULL;
          if (token == START_OBJECT && type != null) {
            attributes(parser, type);
            continue;
          }
          again |= token == START_OBJECT;
        }
        default -> {}
      }
      // Of a scalar, there is nothing to skip.
      parser.skipChildren();
    }
  }

  private void time(JsonParser parser, JsonToken token) throws JacksonException {
    timed = false;
    timeFits = token == VALUE_NULL;
    if (token == VALUE_STRING || token == VALUE_NUMBER_INT) {
      int length = parser.getStringLength();
      timeMs = Values.time(parser.getStringCharacters(), parser.getStringOffset(), length);
      timeFits = length == 0 || timeMs != Rfc3339.INVALID;
      timed = length > 0 && timeFits;
    }
  }

  private void attributes(JsonParser parser, EventType known) throws JacksonException {
    Slots slots = new Slots(known.record());
    attributes = slots;
    while (parser.nextToken() != END_OBJECT) {
      int slot = known.record().indexOf(parser.currentName());
      JsonToken token = parser.nextToken();
      if (slot < 0) {
        parser.skipChildren();
      } else if (!JsonValues.set(parser, token, slots, slot) && wrongSlot < 0) {
        wrongSlot = slot;
      }
    }
  }

  private void secondPass(JsonParser parser) throws JacksonException {
    wrongSlot = -1;
    while (parser.nextToken() != END_OBJECT) {
      boolean found = parser.currentName().equals("attributes");
      JsonToken token = parser.nextToken();
      if (found && token == START_OBJECT) {
        wrongSlot = -1;
        attributes(parser, type());
      } else {
        if (found) {
          attributes = null;
        }
        parser.skipChildren();
      }
    }
  }
}
