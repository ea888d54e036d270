// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.language.SchemaCheck;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;

/** Avro's schemas, as text. */
public final class AvroSchemas {
  private static final String HELP = "write the schema of one record, in Avro's JSON";

  private AvroSchemas() {}

  /** What is wrong with {@code text} as the schema of a topic's records. */
  public static Optional<SchemaCheck.Complaint> check(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (text.indexOf('\uFFFD') >= 0 || !JsonValues.isText(bytes)) {
      return complaint("the file is not UTF-8 text");
    }
    // First, since it says where.
    try (JsonParser parser = JsonValues.parser(bytes)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        return complaint("the file is empty");
      }
      parser.skipChildren();
      if (parser.nextToken() != null) {
        return complaint("the file holds more than one JSON value");
      }
      if (first != JsonToken.START_OBJECT) {
        return complaint("a schema of a record is a JSON object");
      }
    } catch (JacksonException e) {
      TokenStreamLocation at = e.getLocation();
      return Optional.of(
          at == null
              ? new SchemaCheck.Complaint(1, 1, "this is not JSON", HELP)
              : place(text, at.getLineNr(), at.getColumnNr()));
    }
    try {
      Schema schema = parse(text);
      // What decoders do with it is part of being a schema.
      AvroType.of(schema);
      SchemaNormalization.parsingFingerprint64(schema);
      return schema.getType() == Schema.Type.RECORD
          ? Optional.empty()
          : complaint(
              "an event is a record, and this is the schema of `"
                  + schema.getType().getName()
                  + "`");
    } catch (AvroRuntimeException e) {
      return complaint("this is no Avro schema: " + words(e));
    } catch (RuntimeException e) {
      // Of some names that it does not know the library makes others of.
      return complaint("this is no Avro schema: a type in it is not known");
    }
  }

  private static Optional<SchemaCheck.Complaint> complaint(String message) {
    return Optional.of(new SchemaCheck.Complaint(1, 1, message, HELP));
  }

  /** A place that lies in the text, also if it was found to be wrong at its end. */
  private static SchemaCheck.Complaint place(String text, int line, int column) {
    String[] lines = text.split("\n", -1);
    int inside = Math.max(1, Math.min(line, lines.length));
    String found = lines[inside - 1];
    int most = found.codePointCount(0, found.length()) + 1;
    return new SchemaCheck.Complaint(
        inside, Math.max(1, Math.min(column, most)), "this is not JSON", HELP);
  }

  /** What the parser says, in one line. */
  private static String words(AvroRuntimeException e) {
    String said = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    // Of what it quotes, only names: a schema may be long, and is not what the author wrote.
    int quoted = said.replace('[', '{').indexOf('{');
    int clause = quoted < 0 ? said.length() : Math.max(0, said.lastIndexOf(':', quoted));
    String plain = said.substring(0, clause).strip();
    if (plain.isEmpty() || plain.equals("null")) {
      return "it cannot be read";
    }
    String shown = plain.length() > 160 ? plain.substring(0, 160) + "…" : plain;
    return shown.substring(0, 1).toLowerCase(Locale.ROOT) + shown.substring(1);
  }

  /**
   * The schema that {@code text} is.
   *
   * @throws AvroRuntimeException if it is none
   */
  static Schema parse(String text) {
    return new Schema.Parser().parse(text);
  }
}
