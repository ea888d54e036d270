// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.cli;

import io.beckon.engine.Engine;
import io.beckon.engine.EngineOutput;
import io.beckon.event.Event;
import io.beckon.language.JobDefinition;
import io.beckon.language.JobDefinition.Format;
import io.beckon.plan.Plan;
import io.beckon.plan.TriggerPlan;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Outcome;
import io.beckon.state.UserState;
import io.beckon.wire.DeadLetter;
import io.beckon.wire.Decoded;
import io.beckon.wire.EventDecoder;
import io.beckon.wire.Experiments;
import io.beckon.wire.FileRecords;
import io.beckon.wire.Profiles;
import io.beckon.wire.RawRecord;
import io.beckon.wire.RunSummary;
import io.beckon.wire.UnreadableSourceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Runs a job over recorded events on virtual time: the engine as in a cluster, without a cluster.
 * Send time is the moment's time, whatever the job's clock.
 *
 * <p>Deadlines are handled one by one, in the order of (time, user), before the event whose reading
 * made them due: the order of the results depends on the events alone. Memory grows with the users
 * of whom something is kept, not with the events.
 */
public final class Backtest {
  /** How often the observer hears, in records. */
  private static final int OBSERVE_EVERY = 1024;

  private final JobDefinition job;
  private final Engine engine;
  private final int mostDecoded;

  /** A backtest of {@code job}. */
  public Backtest(JobDefinition job) {
    this(job, BacktestUsers.MOST_DECODED);
  }

  Backtest(JobDefinition job, int mostDecoded) {
    this.mostDecoded = mostDecoded;
    this.job = job.replayed();
    this.engine = new Engine(Plan.compile(this.job));
  }

  /**
   * What is read.
   *
   * @param events files read one after the other, as one source
   * @param profiles JSON Lines, read before the events
   * @param untilMs the watermark at the end; events after it are counted, not read
   */
  public record Inputs(List<Path> events, Optional<Path> profiles, OptionalLong untilMs) {
    public Inputs {
      events = List.copyOf(events);
    }
  }

  /** Hears how far a run is. */
  @FunctionalInterface
  public interface Observer {
    /** So many bytes of the event files, as stored, and so many records have been read. */
    void at(long bytesRead, long records);

    /** An event has been read; what it makes due comes next. */
    default void read(Event event) {}

    /** A moment was decided. */
    default void decision(Decision decision) {}

    /** A command was issued or revoked; if issued, its decision has been heard of just before. */
    default void command(Command command) {}

    /** An assigned episode met its goal, or its time is over. */
    default void outcome(Outcome outcome) {}

    /** Something was counted for a trigger. */
    default void count(EngineOutput.TriggerCounter counter, String trigger) {}
  }

  /**
   * What a run did.
   *
   * @param counters named as in {@link RunSummary}
   * @param summary the text of {@code summary.json}
   */
  public record Result(Map<String, Long> counters, String summary) {
    public Result {
      counters = Map.copyOf(counters);
    }
  }

  /**
   * Runs once; the results go to {@code folder}, which is created: {@code decisions.jsonl,
   * commands.jsonl, outcomes.jsonl, late.jsonl, dead-letters.jsonl, summary.json}. Files of these
   * names are replaced when the run has succeeded and not touched before.
   *
   * @throws UnreadableSourceException if an input is absent, damaged or not what the job's source
   *     says; the message is one line for the user
   * @throws IOException if the results cannot be written
   */
  public Result run(Inputs inputs, Path folder, Observer observer) throws IOException {
    long startNanos = System.nanoTime();
    try (BacktestFiles files = BacktestFiles.create(folder)) {
      BacktestOutput output = new BacktestOutput(engine.plan(), files, observer);
      Run run = new Run(inputs.untilMs(), output, observer);
      if (inputs.profiles().isPresent()) {
        run.readProfiles(inputs.profiles().get());
      }
      EventDecoder decoder = new EventDecoder(job);
      for (Path file : inputs.events()) {
        run.readEvents(file, decoder);
      }
      run.end();
      Map<String, Long> counters = output.counters();
      RunSummary.Times times = run.times();
      Experiments experiments =
          Experiments.read(job, files.written(BacktestFiles.Lines.OUTCOMES), times.watermarkMs());
      String summary =
          RunSummary.json(job, counters, times, experiments, System.nanoTime() - startNanos);
      files.publish(summary);
      return new Result(counters, summary);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** One run. */
  private final class Run {
    private final OptionalLong untilMs;
    private final BacktestOutput output;
    private final Observer observer;
    private final BacktestUsers users = new BacktestUsers(engine, mostDecoded);
    private final Set<String> seen = new HashSet<>();
    private final long latenessMs = job.time().latenessMs();
    private final long lastMs;
    private long firstEventMs = Long.MAX_VALUE;
    private long newestEventMs = Long.MIN_VALUE;
    private long watermarkMs = Long.MIN_VALUE;
    private long records;
    private long bytesBefore;

    Run(OptionalLong untilMs, BacktestOutput output, Observer observer) {
      this.untilMs = untilMs;
      this.lastMs = untilMs.orElse(Long.MAX_VALUE);
      this.output = output;
      this.observer = observer;
    }

    void readProfiles(Path file) throws IOException {
      Profiles profiles = new Profiles(job.catalogue());
      try (FileRecords source = FileRecords.open(file, Format.JSONL)) {
        for (Optional<RawRecord> next = source.next(); next.isPresent(); next = source.next()) {
          Profiles.Decoded decoded = profiles.decode(next.get());
          if (decoded instanceof Profiles.Decoded.Read read) {
            BacktestUsers.User user = users.of(read.user());
            engine.profile(
                users.state(user),
                read.attributes(),
                read.timeMs(),
                Long.MIN_VALUE,
                Long.MIN_VALUE,
                output);
            users.touched(user);
          } else if (decoded instanceof Profiles.Decoded.Rejected rejected) {
            reject(rejected.letter());
          }
        }
      }
    }

    void readEvents(Path file, EventDecoder decoder) throws IOException {
      Format format = job.source().format();
      try (FileRecords source = FileRecords.open(file, format)) {
        for (Optional<RawRecord> next = source.next(); next.isPresent(); next = source.next()) {
          Decoded decoded = decoder.decode(next.get());
          if (decoded instanceof Decoded.Read read) {
            take(read.event());
          } else if (decoded instanceof Decoded.Rejected rejected) {
            reject(rejected.letter());
          } else if (decoded instanceof Decoded.Header header && !header.problems().isEmpty()) {
            throw new UnreadableSourceException(file + ": " + header.problems().get(0));
          }
          if (++records % OBSERVE_EVERY == 0) {
            observer.at(bytesBefore + source.bytesRead(), records);
          }
        }
        bytesBefore += source.bytesRead();
        observer.at(bytesBefore, records);
      }
    }

    private void reject(DeadLetter letter) {
      output.deadLetter(letter);
    }

    private void take(Event event) {
      long timeMs = event.timeMs();
      if (timeMs > lastMs) {
        output.afterUntil++;
        return;
      }
      output.read++;
      observer.read(event);
      firstEventMs = Math.min(firstEventMs, timeMs);
      if (timeMs > newestEventMs) {
        newestEventMs = timeMs;
        watermarkMs = timeMs - latenessMs - 1;
        users.advance(watermarkMs, output, output::passed);
      }
      if (!engine.listensTo(event.type())) {
        return;
      }
      output.admitted++;
      BacktestUsers.User user = users.of(event.user());
      if (!user.counted) {
        user.counted = true;
        seen.add(event.user());
      }
      UserState state = users.state(user);
      engine.offer(state, event, watermarkMs, timeMs, output);
      users.touched(user);
    }

    void end() {
      if (untilMs.isPresent() || newestEventMs != Long.MIN_VALUE) {
        watermarkMs = untilMs.orElse(newestEventMs);
        users.advance(watermarkMs, output, output::passed);
      }
      output.users = seen.size();
      List<TriggerPlan> triggers = engine.plan().triggers();
      long[] open = new long[triggers.size()];
      long[] held = new long[triggers.size()];
      long[] followed = new long[triggers.size()];
      users.countLeft(open, held, followed);
      for (TriggerPlan trigger : triggers) {
        int i = trigger.index();
        output.left(trigger.id(), open[i], held[i], followed[i]);
      }
      output.countQueued();
    }

    RunSummary.Times times() {
      boolean any = newestEventMs != Long.MIN_VALUE;
      return new RunSummary.Times(
          any ? OptionalLong.of(firstEventMs) : OptionalLong.empty(),
          any ? OptionalLong.of(newestEventMs) : OptionalLong.empty(),
          watermarkMs == Long.MIN_VALUE ? OptionalLong.empty() : OptionalLong.of(watermarkMs));
    }
  }
}
