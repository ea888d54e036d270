// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.wire;

import io.beckon.event.Attribute;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.IdRule;
import io.beckon.language.JobDefinition.SourceDefinition;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Raw records to events, by the job's source definition: through its mapping, or as canonical
 * records {@code {"id", "type", "user", "time", "attributes"}} without one. No record makes it
 * throw; what is no event comes back as a {@link DeadLetter} with the first reason that applies.
 *
 * <p>Empty, null and missing are the same. Where a JSON object names a key twice, the last one
 * counts. Keys and columns that nobody declared are ignored.
 *
 * <p>The id of an event is, by {@code source.id}, a hash of what the event says ({@code content};
 * but a canonical record that has an {@code id} keeps it), {@code <source>:<row>} ({@code row}),
 * {@code <topic>/<partition>/<offset>} ({@code offset}), or the text of a field.
 *
 * <p>Not thread-safe. Of CSV, it keeps the headers of the sources whose records it is given.
 */
public final class EventDecoder {
  /** The longest id of a user or an event, in UTF-16 units. */
  public static final int MAX_ID_LENGTH = 512;

  /** The earliest event time: the first millisecond of 1970. */
  static final long LEAST_TIME_MS = 0;

  /** The latest event time: the last millisecond of 2999. */
  static final long MOST_TIME_MS = 32_503_679_999_999L;

  static final Refusal NO_VALUE = new Refusal(DeadLetterReason.NO_VALUE, "the record has no value");

  private final RecordReader reader;
  private final IdRule idRule;
  private final boolean keepsId;
  private final ContentId contentId;
  private final long maxAheadMs;
  private final LongSupplier clock;

  /**
   * A decoder for the records of {@code job}'s only source.
   *
   * @throws IllegalArgumentException if the source is CSV and has no mapping
   */
  public EventDecoder(JobDefinition job) {
    this(job, job.source());
  }

  /**
   * A decoder for the records of one of {@code job}'s sources. It takes events of any time.
   *
   * @throws IllegalArgumentException if it is CSV and has no mapping
   */
  public EventDecoder(JobDefinition job, SourceDefinition source) {
    this(job, source, () -> MOST_TIME_MS - job.time().maxAheadMs());
  }

  /**
   * A decoder for a live job: an event further ahead of {@code clock} than {@code max_ahead} is a
   * dead letter, since one wrong clock must not push everybody's time.
   *
   * @param clock the processing clock, epoch milliseconds
   * @throws IllegalArgumentException if it is CSV and has no mapping
   */
  public EventDecoder(JobDefinition job, SourceDefinition source, LongSupplier clock) {
    this.maxAheadMs = job.time().maxAheadMs();
    this.clock = clock;
    this.idRule = source.id();
    this.contentId = new ContentId(job.catalogue());
    this.keepsId = source.mapping().isEmpty();
    Optional<String> idField =
        idRule instanceof IdRule.Field field ? Optional.of(field.name()) : Optional.empty();
    this.reader =
        source.mapping().isPresent()
            ? new MappedRecords(job.catalogue(), source, source.mapping().get(), idField)
            : source.avro().isPresent()
                ? new AvroRecords(job.catalogue(), source.avro().get())
                : new CanonicalRecords(job.catalogue(), source.format());
  }

  /** Decodes one record; of CSV, after the header of its source. */
  public Decoded decode(RawRecord record) {
    return switch (record.kind()) {
      case HEADER -> new Decoded.Header(reader.header(record));
      case OVERSIZED ->
          rejected(
              record,
              new Refusal(
                  DeadLetterReason.TOO_LARGE,
                  "longer than " + FileRecords.MAX_RECORD_BYTES + " bytes"));
      case EMPTY -> rejected(record, NO_VALUE);
      case RECORD -> {
        Refusal refusal = reader.read(record);
        yield refusal == null ? event(record) : rejected(record, refusal);
      }
    };
  }

  private static Decoded rejected(RawRecord record, Refusal refusal) {
    return new Decoded.Rejected(
        new DeadLetter(
            record.source(), record.row(), refusal.reason(), refusal.detail(), record.bytes()));
  }

  private Decoded event(RawRecord record) {
    EventType type = reader.type();
    String user = reader.user();
    long timeMs = reader.timeMs();
    Slots attributes = reader.attributes();
    Refusal refusal = check(type, user, timeMs, attributes);
    if (refusal != null) {
      return rejected(record, refusal);
    }
    String id = id(record, type, user, timeMs, attributes);
    if (id == null) {
      return rejected(record, new Refusal(DeadLetterReason.NO_ID, reader.idName() + " is missing"));
    }
    if (id.length() > MAX_ID_LENGTH) {
      return rejected(record, tooLong(reader.idName()));
    }
    return new Decoded.Read(new Event(id, type, user, timeMs, attributes));
  }

  private @Nullable Refusal check(EventType type, String user, long timeMs, Slots attributes) {
    if (user.length() > MAX_ID_LENGTH) {
      return tooLong("user");
    }
    if (timeMs < LEAST_TIME_MS || timeMs > MOST_TIME_MS) {
      return new Refusal(DeadLetterReason.WRONG_VALUE, "the time is not in the years 1970 to 2999");
    }
    if (timeMs - maxAheadMs > clock.getAsLong()) {
      return new Refusal(
          DeadLetterReason.TOO_FAR_AHEAD,
          "time is further ahead of the processing clock than `max_ahead`");
    }
    return missing(type.record().attributes(), attributes);
  }

  /** The refusal of a record that lacks a required attribute. */
  static @Nullable Refusal missing(List<Attribute> declared, Slots attributes) {
    for (int slot = 0; slot < declared.size(); slot++) {
      if (declared.get(slot).required() && !attributes.has(slot)) {
        return new Refusal(
            DeadLetterReason.MISSING_ATTRIBUTE,
            "required attribute `" + declared.get(slot).name() + "` is missing");
      }
    }
    return null;
  }

  static Refusal tooLong(String what) {
    return new Refusal(
        DeadLetterReason.WRONG_VALUE, what + " is longer than " + MAX_ID_LENGTH + " characters");
  }

  private @Nullable String id(
      RawRecord record, EventType type, String user, long timeMs, Slots attributes) {
    if (idRule instanceof IdRule.Row) {
      return record.source() + ":" + record.row();
    }
    if (idRule instanceof IdRule.Offset) {
      return record.source() + "/" + record.row();
    }
    String carried = reader.id();
    if (idRule instanceof IdRule.Field || (keepsId && carried != null)) {
      return carried;
    }
    return contentId.of(type, user, timeMs, attributes);
  }

  /** Why a record is refused. */
  record Refusal(DeadLetterReason reason, String detail) {}

  /** Finds the parts of an event in raw records. What it found holds until the next record. */
  interface RecordReader {
    /** Takes note of a header; complains of columns, one line each. */
    List<String> header(RawRecord record);

    /** Reads a record; null if it has a type, a user and a time. */
    @Nullable Refusal read(RawRecord record);

    EventType type();

    String user();

    long timeMs();

    /** Not used again by the reader. */
    Slots attributes();

    /** The id that the record carries. */
    @Nullable String id();

    /** What the record's id is called in messages. */
    String idName();
  }
}
