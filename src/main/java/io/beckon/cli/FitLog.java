// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.LocalDays;
import io.beckon.churn.fit.Timeline;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.language.JobDefinition;
import io.beckon.wire.Decoded;
import io.beckon.wire.EventDecoder;
import io.beckon.wire.FileRecords;
import io.beckon.wire.RawRecord;
import io.beckon.wire.UnreadableSourceException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** On which local dates each user was active, and more, read from files in any order. */
final class FitLog {
  private static final int OBSERVE_EVERY = 1024;

  private final Map<String, Timeline> users = new TreeMap<>();
  private final Map<Long, Long> closes = new HashMap<>();
  private final Roles roles;
  private final ZoneId zone;
  private long events;
  private long happened;
  private long rejected;
  private long firstDate = Long.MAX_VALUE;
  private long lastDate = Long.MIN_VALUE;

  private FitLog(Roles roles, ZoneId zone) {
    this.roles = roles;
    this.zone = zone;
  }

  /** Whether an event counts. */
  @FunctionalInterface
  interface Counts {
    /** No event. */
    Counts NONE = event -> false;

    boolean test(Event event);

    /** Events of these types. */
    static Counts ofTypes(List<EventType> types) {
      return event -> types.contains(event.type());
    }
  }

  /**
   * Which events make a log.
   *
   * @param active make a date an active one
   * @param starts begin a subscription
   * @param ends end it
   * @param happens are what is to be told beforehand
   */
  record Roles(Counts active, Counts starts, Counts ends, Counts happens) {}

  /** Reads all events; those of {@code types} are the ones that count. */
  static FitLog read(JobDefinition job, List<EventType> types, List<Path> files, Progress progress)
      throws IOException {
    Roles roles = new Roles(Counts.ofTypes(types), Counts.NONE, Counts.NONE, Counts.NONE);
    return read(job, roles, files, progress);
  }

  static FitLog read(JobDefinition job, Roles roles, List<Path> files, Progress progress)
      throws IOException {
    return readAll(job, List.of(roles), files, progress).get(0);
  }

  /** Reads all events once; one log for each of {@code roles}. */
  static List<FitLog> readAll(
      JobDefinition job, List<Roles> roles, List<Path> files, Progress progress)
      throws IOException {
    List<FitLog> logs = roles.stream().map(each -> new FitLog(each, job.zone())).toList();
    EventDecoder decoder = new EventDecoder(job);
    long records = 0;
    long rejected = 0;
    long bytesBefore = 0;
    for (Path file : files) {
      try (FileRecords source = FileRecords.open(file, job.source().format())) {
        for (Optional<RawRecord> next = source.next(); next.isPresent(); next = source.next()) {
          Decoded decoded = decoder.decode(next.get());
          if (decoded instanceof Decoded.Read read) {
            long date = LocalDays.dateAt(read.event().timeMs(), job.zone()).toEpochDay();
            logs.forEach(log -> log.take(read.event(), date));
          } else if (decoded instanceof Decoded.Rejected) {
            rejected++;
          } else if (decoded instanceof Decoded.Header header && !header.problems().isEmpty()) {
            throw new UnreadableSourceException(file + ": " + header.problems().get(0));
          }
          if (++records % OBSERVE_EVERY == 0) {
            progress.at(bytesBefore + source.bytesRead(), records);
          }
        }
        bytesBefore += source.bytesRead();
      }
    }
    for (FitLog log : logs) {
      log.rejected = rejected;
    }
    return logs;
  }

  private void take(Event event, long date) {
    firstDate = Math.min(firstDate, date);
    lastDate = Math.max(lastDate, date);
    boolean active = roles.active().test(event);
    boolean starts = roles.starts().test(event);
    boolean ends = roles.ends().test(event);
    boolean happens = roles.happens().test(event);
    if (!active && !starts && !ends && !happens) {
      return;
    }
    Timeline user = users.computeIfAbsent(event.user(), name -> new Timeline());
    if (active) {
      events++;
      user.active(date, event.timeMs());
    }
    if (starts) {
      user.starts(date, event.timeMs());
    }
    // One that does both ends what runs and begins anew: as if it only began.
    if (ends && !starts) {
      user.ends(event.timeMs());
    }
    if (happens) {
      happened++;
      user.happens(date);
    }
  }

  /** Users of whom anything is known, by name. */
  List<Timeline> users() {
    return List.copyOf(users.values());
  }

  /** Their names, in the same order. */
  List<String> names() {
    return List.copyOf(users.keySet());
  }

  /** How many events of what is to be told beforehand. */
  long happened() {
    return happened;
  }

  /** When a date of the job's zone ends. */
  long closeMs(long date) {
    return closes.computeIfAbsent(
        date, day -> LocalDate.ofEpochDay(day + 1).atStartOfDay(zone).toInstant().toEpochMilli());
  }

  /** How many events that make a date an active one. */
  long events() {
    return events;
  }

  /** How many records are no event of the job. */
  long rejected() {
    return rejected;
  }

  /** The first date of any event; only if there is one. */
  long firstDate() {
    return firstDate;
  }

  /** The last date of any event; only if there is one. */
  long lastDate() {
    return lastDate;
  }
}
