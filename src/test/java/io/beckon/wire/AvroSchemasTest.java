// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.beckon.language.SchemaCheck.Complaint;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AvroSchemasTest {
  private static final String GOOD =
      "{\"type\": \"record\", \"name\": \"E\",\n  \"fields\": [{\"name\": \"a\", \"type\": \"int\"}]}";

  private static String complaint(String text) {
    Complaint found = AvroSchemas.check(text).orElseThrow();
    assertThat(found.help()).isNotBlank();
    return found.line() + ":" + found.column() + " " + found.message();
  }

  @Test
  void aSchemaOfARecordIsFine() {
    assertThat(AvroSchemas.check(GOOD)).isEmpty();
  }

  @Test
  void whatIsWrongIsSaidInPlainWords() {
    assertThat(complaint("")).isEqualTo("1:1 the file is empty");
    assertThat(complaint(GOOD.replace("[{", "[{,"))).isEqualTo("2:15 this is not JSON");
    assertThat(complaint(GOOD.substring(0, 40))).startsWith("2:").endsWith(" this is not JSON");
    assertThat(complaint(GOOD + GOOD)).isEqualTo("1:1 the file holds more than one JSON value");
    assertThat(complaint("\"string\"")).isEqualTo("1:1 a schema of a record is a JSON object");
    assertThat(complaint("{\"type\": \"map\", \"values\": \"int\"}"))
        .isEqualTo("1:1 an event is a record, and this is the schema of `map`");
    assertThat(complaint(GOOD.replace("\"int\"", "\"integer\"")))
        .startsWith("1:1 this is no Avro schema: ")
        .contains("integer");
    assertThat(complaint(GOOD.replace("fields", "field"))).contains("this is no Avro schema: ");
    assertThat(complaint(GOOD.replace("E\"", "no name\""))).contains("this is no Avro schema: ");
    assertThat(complaint("{}")).contains("this is no Avro schema: ");
    assertThat(complaint(GOOD.replace("E\"", "\uFFFD\"")))
        .isEqualTo("1:1 the file is not UTF-8 text");
    assertThat(complaint("[".repeat(100_000))).startsWith("1:").endsWith("this is not JSON");
  }

  @Test
  void nothingMakesItThrowOrNameAClass() {
    long seed = 5;
    Random random = new Random(seed);
    String text =
        """
        {"type": "record", "name": "a.E", "aliases": ["X"], "fields": [
         {"name": "f", "type": ["null", {"type": "fixed", "name": "F", "size": 3}], "default": null},
         {"name": "m", "type": {"type": "map", "values": "a.E"}},
         {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}},
         {"name": "e", "type": {"type": "enum", "name": "N", "symbols": ["A", "B"], "default": "A"}}]}
        """;
    assertThat(AvroSchemas.check(text)).isEmpty();
    String[] words = {
      "\"record\"", "\"int\"", "{", "}", "[", "]", ",", ":", "-1", "null", "\"\"", "1e99"
    };
    for (int round = 0; round < 5_000; round++) {
      StringBuilder mutated = new StringBuilder(text);
      for (int left = 1 + random.nextInt(3); left > 0; left--) {
        int at = random.nextInt(mutated.length());
        int end = Math.min(mutated.length(), at + random.nextInt(8));
        mutated.replace(at, end, words[random.nextInt(words.length)]);
      }
      try {
        AvroSchemas.check(mutated.toString())
            .ifPresent(
                found ->
                    assertThat(found.message())
                        .as("seed %d: %s", seed, mutated)
                        .doesNotContain("Exception", "java.", "org.apache", "\n"));
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ", round " + round + ": " + mutated, e);
      }
    }
  }
}
