// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.RecordType;
import io.beckon.event.Slots;
import io.beckon.wire.EventDecoder.Refusal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads declared fields out of CSV records (RFC 4180) by the header of their source. */
final class CsvFields implements RawFields {
  private static final int NONE = -1;
  private static final int ID = -2;

  private final List<Field> fields;
  private final Optional<List<String>> idPath;
  private final Slots slots;
  private final boolean[] wrong;
  // Per source and column the slots it fills, ID for the id.
  private final Map<String, int[][]> bySource = new HashMap<>();
  private @Nullable String source;
  private int @Nullable [][] columns;
  private char[] chars = new char[1024];
  private @Nullable String id;

  // The field at hand: its text within chars, and where the next one begins.
  private int start;
  private int length;
  private int next;

  CsvFields(RecordType raw, List<Field> fields, Optional<List<String>> idPath) {
    this.fields = List.copyOf(fields);
    this.idPath = idPath;
    this.slots = new Slots(raw);
    this.wrong = new boolean[raw.size()];
  }

  @Override
  public List<String> header(RawRecord record) {
    source = record.source();
    columns = null;
    bySource.remove(record.source());
    if (!Utf8.isValid(record.bytes())) {
      return List.of("the header is not UTF-8 text");
    }
    List<String> names = new ArrayList<>();
    int n = chars(record.bytes());
    for (next = 0; next <= n; ) {
      if (!field(n)) {
        return List.of("the header is not a CSV record");
      }
      names.add(new String(chars, start, length));
    }
    List<String> problems = new ArrayList<>();
    List<String> absent = new ArrayList<>();
    int[][] targets = new int[names.size()][0];
    for (Field field : fields) {
      connect(names, field.path(), field.slot(), targets, absent, problems);
    }
    idPath.ifPresent(path -> connect(names, path, ID, targets, absent, problems));
    if (!absent.isEmpty()) {
      problems.add(
          0,
          (absent.size() == 1 ? "no column " : "no columns ")
              + String.join(", ", absent)
              + "; there are: "
              + String.join(", ", names));
    }
    columns = targets;
    bySource.put(record.source(), targets);
    return problems;
  }

  private static void connect(
      List<String> names,
      List<String> path,
      int target,
      int[][] targets,
      List<String> absent,
      List<String> problems) {
    String name = String.join(".", path);
    int column = names.indexOf(name);
    if (column < 0) {
      absent.add("`" + name + "`");
      return;
    }
    if (column != names.lastIndexOf(name)) {
      problems.add("column `" + name + "` stands there twice");
    }
    int[] before = targets[column];
    targets[column] = Arrays.copyOf(before, before.length + 1);
    targets[column][before.length] = target;
  }

  private int chars(byte[] bytes) {
    if (chars.length < bytes.length) {
      chars = new char[Math.max(bytes.length, 2 * chars.length)];
    }
    return Utf8.decode(bytes, chars);
  }

  @Override
  public @Nullable Refusal read(RawRecord record) {
    for (int i = 0; i < fields.size(); i++) {
      int slot = fields.get(i).slot();
      slots.clear(slot);
      wrong[slot] = false;
    }
    id = null;
    if (!record.source().equals(source)) {
      source = record.source();
      columns = bySource.get(source);
    }
    if (columns == null) {
      return broken("its source has no header that can be read");
    }
    if (!Utf8.isValid(record.bytes())) {
      return broken("not UTF-8 text");
    }
    int n = chars(record.bytes());
    int[][] targets = columns;
    int column = 0;
    for (next = 0; next <= n; column++) {
      if (!field(n)) {
        return broken("field " + (column + 1) + ": a quote is not closed, or text follows it");
      }
      if (column < targets.length) {
        take(targets[column]);
      }
    }
    return column == targets.length
        ? null
        : broken(column + " fields; the header has " + targets.length);
  }

  private static Refusal broken(String detail) {
    return new Refusal(DeadLetterReason.BROKEN_RECORD, detail);
  }

  private void take(int[] targets) {
    for (int target : targets) {
      if (target == ID) {
        id = length == 0 ? null : new String(chars, start, length);
      } else {
        wrong[target] = !Values.text(slots, target, chars, start, length);
      }
    }
  }

  /**
   * Finds the field that begins at {@code next}; the one after the last begins behind {@code end}.
   */
  private boolean field(int end) {
    int at = next;
    if (at < end && chars[at] == '"') {
      // What is escaped shrinks, so that the field is unescaped in place.
      start = at;
      int to = at;
      at++;
      while (true) {
        if (at >= end) {
          return false;
        }
        if (chars[at] == '"') {
          at++;
          if (at >= end || chars[at] != '"') {
            break;
          }
        }
        chars[to++] = chars[at++];
      }
      length = to - start;
      if (at < end && chars[at] != ',') {
        return false;
      }
    } else {
      start = at;
      while (at < end && chars[at] != ',') {
        at++;
      }
      length = at - start;
    }
    next = at + 1;
    return true;
  }

  @Override
  public Slots slots() {
    return slots;
  }

  @Override
  public int wrongSlot() {
    for (int i = 0; i < fields.size(); i++) {
      if (wrong[fields.get(i).slot()]) {
        return fields.get(i).slot();
      }
    }
    return NONE;
  }

  @Override
  public @Nullable String id() {
    return id;
  }

  @Override
  public boolean idFits() {
    return true;
  }
}
