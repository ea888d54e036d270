// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.calendar.LocalDays;
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
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** On which local dates each user has an event of one type, read from files in any order. */
final class FitLog {
  private static final int OBSERVE_EVERY = 1024;

  private final Map<String, Dates> users = new TreeMap<>();
  private long events;
  private long rejected;
  private long firstDate = Long.MAX_VALUE;
  private long lastDate = Long.MIN_VALUE;

  private FitLog() {}

  /** The dates of one user, ascending, each once. */
  static final class Dates {
    private long[] dates = new long[4];
    private int count;

    private void add(long date) {
      int at = count;
      while (at > 0 && dates[at - 1] > date) {
        at--;
      }
      if (at > 0 && dates[at - 1] == date) {
        return;
      }
      if (count == dates.length) {
        dates = Arrays.copyOf(dates, 2 * count);
      }
      System.arraycopy(dates, at, dates, at + 1, count - at);
      dates[at] = date;
      count++;
    }

    long first() {
      return dates[0];
    }

    long last() {
      return dates[count - 1];
    }

    /** How many are not after {@code date}. */
    int until(long date) {
      int found = Arrays.binarySearch(dates, 0, count, date);
      return found < 0 ? -found - 1 : found + 1;
    }

    long get(int i) {
      return dates[i];
    }
  }

  /** Reads all events; {@code type} is the one that counts. */
  static FitLog read(JobDefinition job, EventType type, List<Path> files, Progress progress)
      throws IOException {
    FitLog log = new FitLog();
    EventDecoder decoder = new EventDecoder(job);
    ZoneId zone = job.zone();
    long records = 0;
    long bytesBefore = 0;
    for (Path file : files) {
      try (FileRecords source = FileRecords.open(file, job.source().format())) {
        for (Optional<RawRecord> next = source.next(); next.isPresent(); next = source.next()) {
          Decoded decoded = decoder.decode(next.get());
          if (decoded instanceof Decoded.Read read) {
            log.take(read.event(), type, zone);
          } else if (decoded instanceof Decoded.Rejected) {
            log.rejected++;
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
    return log;
  }

  private void take(Event event, EventType type, ZoneId zone) {
    long date = LocalDays.dateAt(event.timeMs(), zone).toEpochDay();
    firstDate = Math.min(firstDate, date);
    lastDate = Math.max(lastDate, date);
    if (event.type().equals(type)) {
      events++;
      users.computeIfAbsent(event.user(), user -> new Dates()).add(date);
    }
  }

  /** Users with at least one event of the type. */
  List<Dates> users() {
    return new ArrayList<>(users.values());
  }

  /** How many events of the type. */
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
