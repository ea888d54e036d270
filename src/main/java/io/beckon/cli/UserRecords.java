// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.JsonNodeFeature;
import tools.jackson.databind.json.JsonMapper;

/** The records of one user out of files of all users, line by line. */
final class UserRecords {
  /** Amounts of money keep their digits. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private final String user;
  private final InputStream stdin;

  UserRecords(String user, InputStream stdin) {
    this.user = user;
    this.stdin = stdin;
  }

  /**
   * What a file has of the user.
   *
   * @param file as the user named it
   * @param lines how many records it has of all users
   */
  record Found(String file, List<JsonNode> records, long lines) {
    Found {
      records = List.copyOf(records);
    }
  }

  /** Reads a file, or the standard input for {@code -}. */
  Found read(String file) throws Refusal {
    boolean isStdin = file.equals("-");
    String shown = isStdin ? "the standard input" : file;
    if (!isStdin) {
      InputFiles.check(Path.of(file));
    }
    try (InputStream in = isStdin ? stdin : Files.newInputStream(Path.of(file))) {
      return read(shown, plain(new BufferedInputStream(in)));
    } catch (IOException e) {
      throw new Refusal(InputFiles.explain(shown, e));
    }
  }

  private static InputStream plain(BufferedInputStream in) throws IOException {
    in.mark(2);
    boolean packed = in.read() == 0x1f && in.read() == 0x8b;
    in.reset();
    return packed ? new GZIPInputStream(in) : in;
  }

  private Found read(String shown, InputStream in) throws IOException, Refusal {
    List<JsonNode> records = new ArrayList<>();
    long number = 0;
    long lines = 0;
    // A line of the user has the name in it, unless it may be written in escapes.
    boolean isPlain = user.chars().allMatch(c -> c >= ' ' && c < 127 && "\"\\/<>&'".indexOf(c) < 0);
    BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    String line = reader.readLine();
    while (line != null) {
      number++;
      if (!line.isBlank()) {
        lines++;
        if (lines == 1 || !isPlain || line.contains(user)) {
          Optional<JsonNode> mine = ofUser(shown, number, line);
          mine.ifPresent(records::add);
        }
      }
      line = reader.readLine();
    }
    return new Found(shown, records, lines);
  }

  private Optional<JsonNode> ofUser(String shown, long number, String line) throws Refusal {
    JsonNode record;
    try {
      record = JSON.readTree(line);
    } catch (JacksonException e) {
      throw new Refusal(shown + ": line " + number + " is not JSON");
    }
    if (!record.isObject() || !record.path("user").isString()) {
      throw new Refusal(shown + ": line " + number + " is not a record of a user");
    }
    return record.path("user").asString().equals(user) ? Optional.of(record) : Optional.empty();
  }
}
