// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.state;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A named value that is kept until it is sent.
 *
 * @param value as {@code kind} has it
 */
public record Note(String name, Kind kind, Object value) {
  /** What a value is; a tag in a state's bytes is fixed for ever. */
  public enum Kind {
    /** A Long, epoch milliseconds. */
    TIME(0),
    /** A Long, milliseconds. */
    DURATION(1),
    /** A Long. */
    WHOLE(2),
    /** A Double. */
    DOUBLE(3),
    /** A BigDecimal. */
    DECIMAL(4),
    /** A String. */
    TEXT(5),
    /** A Boolean. */
    FLAG(6),
    /** A List of String. */
    TEXTS(7),
    /** A List of Long. */
    WHOLES(8);

    private final int tag;

    Kind(int tag) {
      this.tag = tag;
    }
  }

  private static final Kind[] KINDS = Kind.values();

  public Note {
    Objects.requireNonNull(name);
    Objects.requireNonNull(kind);
    Objects.requireNonNull(value);
  }

  static void write(ByteWriter out, List<Note> notes) {
    out.count(notes.size());
    for (Note note : notes) {
      out.text(note.name);
      out.u8(note.kind.tag);
      switch (note.kind) {
        case TIME, DURATION, WHOLE -> out.signed((Long) note.value);
        case DOUBLE -> out.i64(Double.doubleToLongBits((Double) note.value));
        case DECIMAL -> ValueCodec.writeDecimal(out, (BigDecimal) note.value);
        case TEXT -> out.text((String) note.value);
        case FLAG -> out.u8((Boolean) note.value ? 1 : 0);
        case TEXTS -> {
          List<?> values = (List<?>) note.value;
          out.count(values.size());
          values.forEach(value -> out.text((String) value));
        }
        case WHOLES -> {
          List<?> values = (List<?>) note.value;
          out.count(values.size());
          values.forEach(value -> out.signed((Long) value));
        }
      }
    }
  }

  static List<Note> read(ByteReader in) {
    int size = in.size(3);
    List<Note> notes = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      String name = in.text();
      int tag = in.u8();
      if (tag >= KINDS.length) {
        throw new StateFormatException("damaged state: no note has the tag " + tag);
      }
      notes.add(new Note(name, KINDS[tag], value(in, KINDS[tag])));
    }
    return notes;
  }

  private static Object value(ByteReader in, Kind kind) {
    return switch (kind) {
      case TIME, DURATION, WHOLE -> in.signed();
      case DOUBLE -> Double.longBitsToDouble(in.i64());
      case DECIMAL -> ValueCodec.readDecimal(in);
      case TEXT -> in.text();
      case FLAG -> in.u8() != 0;
      case TEXTS -> {
        int size = in.size(1);
        List<String> values = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
          values.add(in.text());
        }
        yield List.copyOf(values);
      }
      case WHOLES -> {
        int size = in.size(1);
        List<Long> values = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
          values.add(in.signed());
        }
        yield List.copyOf(values);
      }
    };
  }
}
