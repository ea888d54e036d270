// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.AttributeType;
import io.beckon.event.Slots;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/** JSON tokens to typed values. */
final class JsonValues {
  private static final JsonFactory FACTORY = JsonFactory.builder().build();

  private JsonValues() {}

  /** A parser over {@code bytes}, which are well-formed UTF-8 without a NUL. */
  static JsonParser parser(byte[] bytes) throws JacksonException {
    return FACTORY.createParser(ObjectReadContext.empty(), bytes);
  }

  /** Whether a JSON parser may read {@code bytes}: well-formed UTF-8 without a NUL. */
  static boolean isText(byte[] bytes) {
    // A NUL is nowhere allowed in JSON, and would make the parser guess another encoding.
    for (byte b : bytes) {
      if (b == 0) {
        return false;
      }
    }
    return Utf8.isValid(bytes);
  }

  /** Where and that a record is broken, without a word of what it says. */
  static String broken(JacksonException e) {
    TokenStreamLocation location = e.getLocation();
    long at = location == null ? -1 : location.getByteOffset();
    return at < 0 ? "not valid JSON" : "not valid JSON at byte " + (at + 1);
  }

  /**
   * Sets slot {@code slot} from the value that begins with {@code token}, and reads to its end.
   *
   * @return whether the value fits
   */
  static boolean set(JsonParser parser, JsonToken token, Slots slots, int slot)
      throws JacksonException {
    AttributeType type = slots.type().attribute(slot).type();
    switch (token) {
      case VALUE_NULL -> {
        slots.clear(slot);
        return true;
      }
      case VALUE_STRING -> {
        int length = parser.getStringLength();
        if (type.isList() && length > 0) {
          return false;
        }
        return Values.text(
            slots, slot, parser.getStringCharacters(), parser.getStringOffset(), length);
      }
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
        // Digits are taken for text, since ids often come as numbers; 1.50 has no one text.
        boolean fits =
            type.isNumber()
                || (token == JsonToken.VALUE_NUMBER_INT
                    && (type == AttributeType.STRING || type == AttributeType.TIMESTAMP));
        return fits
            && Values.text(
                slots,
                slot,
                parser.getStringCharacters(),
                parser.getStringOffset(),
                parser.getStringLength());
      }
      case VALUE_TRUE, VALUE_FALSE -> {
        if (type != AttributeType.BOOL) {
          return false;
        }
        slots.setBool(slot, token == JsonToken.VALUE_TRUE);
        return true;
      }
      case START_ARRAY -> {
        if (!type.isList()) {
          parser.skipChildren();
          return false;
        }
        return list(parser, slots, slot, type);
      }
      default -> {
        parser.skipChildren();
        return false;
      }
    }
  }

  private static boolean list(JsonParser parser, Slots slots, int slot, AttributeType type)
      throws JacksonException {
    List<String> texts = new ArrayList<>();
    List<Long> numbers = new ArrayList<>();
    boolean fits = true;
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      switch (token) {
        case VALUE_NULL -> {}
        case VALUE_STRING, VALUE_NUMBER_INT -> {
          int length = parser.getStringLength();
          if (length == 0) {
            continue;
          }
          if (type == AttributeType.STRING_LIST) {
            String text = parser.getString();
            texts.add(text);
            fits &= Utf8.isText(text);
            continue;
          }
          char[] chars = parser.getStringCharacters();
          int offset = parser.getStringOffset();
          if (Values.isWhole(chars, offset, length)) {
            numbers.add(Values.whole(chars, offset, length));
          } else {
            fits = false;
          }
        }
        default -> {
          parser.skipChildren();
          fits = false;
        }
      }
    }
    if (type == AttributeType.STRING_LIST) {
      slots.setStrings(slot, texts);
    } else {
      slots.setInts(slot, numbers);
    }
    return fits;
  }

  /**
   * The text of a scalar as written: of a string its content, of a number its digits. Null if it is
   * missing.
   *
   * @param token of a value for which {@link #isName} holds
   */
  static @Nullable String name(JsonParser parser, JsonToken token) throws JacksonException {
    if (token == JsonToken.VALUE_NULL) {
      return null;
    }
    String text = parser.getString();
    return text.isEmpty() ? null : text;
  }

  /** Whether a value that begins with {@code token} can name a user, a type or an event. */
  static boolean isName(JsonToken token) {
    return token == JsonToken.VALUE_STRING
        || token == JsonToken.VALUE_NUMBER_INT
        || token == JsonToken.VALUE_NULL;
  }
}
