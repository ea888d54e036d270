// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.bench;

import io.beckon.engine.Engine;
import io.beckon.engine.EngineOutput;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import io.beckon.plan.Plan;
import io.beckon.policy.BudgetRequest;
import io.beckon.policy.Command;
import io.beckon.policy.Decision;
import io.beckon.policy.Outcome;
import io.beckon.state.UserState;
import java.io.File;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.Main;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.generators.BenchmarkProcessor;

/**
 * What one event costs the engine, in time and in bytes allocated. A thousand users view items, an
 * event every half minute of theirs; a hundredth of the events are purchases. Of the triggers at
 * most ten care for an event of a type: the first ten for views, the others, in tens, for types
 * that do not occur.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class EngineBench {
  private static final int USERS = 1_000;
  private static final int EVENTS = 1 << 17;
  private static final int CARING = 10;
  private static final long START_MS = 1_793_577_600_000L;
  static final long STEP_MS = 30;
  private static final long LATENESS_MS = 10_000;

  /** How many triggers the job has. */
  @Param({"1", "10", "100", "1000"})
  public int triggers;

  /** The job's order. */
  @Param({"settled", "arrival"})
  public String order = "";

  private @Nullable Work work;

  /** Runs it: has JMH's code for it made, then starts JMH with the arguments given. */
  public static void main(String[] args) throws IOException, InterruptedException {
    run(EngineBench.class, args);
  }

  static void run(Class<?> bench, String... args) throws IOException, InterruptedException {
    Path made = Files.createTempDirectory("beckon-jmh");
    String classPath = System.getProperty("java.class.path");
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-d",
                made.toString(),
                "-cp",
                classPath,
                "-processor",
                BenchmarkProcessor.class.getName(),
                bench.getName());
    if (failed != 0) {
      throw new IllegalStateException("JMH's code was not made");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", made + File.pathSeparator + classPath, Main.class.getName()));
    command.addAll(List.of("-prof", "gc", "-jvmArgs", "-Xmx2g -XX:+UseParallelGC"));
    command.addAll(List.of(args));
    System.exit(new ProcessBuilder(command).inheritIO().start().waitFor());
  }

  /** Makes the engine, the events, and users as they are after a while. */
  @Setup
  public void prepare() {
    work = new Work(job(triggers, order), STEP_MS);
  }

  /** One event for a state that is at hand. */
  @Benchmark
  public long decoded() {
    return Objects.requireNonNull(work).takeDecoded();
  }

  /** One event for a state that is bytes before and after. */
  @Benchmark
  public long bytes() {
    return Objects.requireNonNull(work).takeBytes();
  }

  /** An engine and its users. */
  static final class Work {
    private final Engine engine;
    private final List<Event> events = new ArrayList<>();
    private final UserState[] states = new UserState[USERS];
    private final byte[][] bytes = new byte[USERS][];
    private final EngineOutput nowhere = new Nowhere();
    private final long stepMs;
    private int at;
    private long round;

    /** The work of {@code job}, with an event each {@code stepMs}, of one user after another. */
    Work(JobDefinition job, long stepMs) {
      this.stepMs = stepMs;
      engine = new Engine(Plan.compile(job));
      Random random = new Random(7);
      EventType view = job.catalogue().type("view").orElseThrow();
      EventType purchase = job.catalogue().type("purchase").orElseThrow();
      for (int i = 0; i < EVENTS; i++) {
        EventType type = random.nextInt(100) == 0 ? purchase : view;
        Slots slots =
            new Slots(type.record())
                .setString(0, "item-" + random.nextInt(30))
                .setDecimal(1, BigDecimal.valueOf(1 + random.nextInt(200)));
        String id = String.format("%016x%016x", random.nextLong(), random.nextLong());
        events.add(new Event(id, type, "u" + i % USERS, START_MS + i * stepMs, slots));
      }
      for (int user = 0; user < USERS; user++) {
        states[user] = engine.newState("u" + user);
      }
      for (int i = 0; i < EVENTS; i++) {
        takeDecoded();
      }
      for (int user = 0; user < USERS; user++) {
        bytes[user] = engine.encode(states[user]);
      }
    }

    long takeDecoded() {
      Event event = next();
      UserState state = states[(at - 1) % USERS];
      engine.offer(state, event, event.timeMs() - LATENESS_MS - 1, event.timeMs(), nowhere);
      return engine.nextDeadline(state);
    }

    long takeBytes() {
      Event event = next();
      int user = (at - 1) % USERS;
      UserState state = engine.decode(event.user(), bytes[user]);
      engine.offer(state, event, event.timeMs() - LATENESS_MS - 1, event.timeMs(), nowhere);
      bytes[user] = engine.encode(state);
      return engine.nextDeadline(state);
    }

    /** How many bytes a user's state takes, on average. */
    double bytesOfUser() {
      long sum = 0;
      for (byte[] each : bytes) {
        sum += each.length;
      }
      return sum / (double) USERS;
    }

    /** The next event; the stream begins again, later and with other ids, when it has ended. */
    private Event next() {
      if (at == EVENTS) {
        at = 0;
        round++;
      }
      Event event = events.get(at++);
      return round == 0 ? event : later(event);
    }

    private Event later(Event event) {
      char[] digits = event.id().toCharArray();
      for (int i = 0; i < 4; i++) {
        digits[i] = Character.forDigit((int) (round >>> (4 * i)) & 15, 16);
      }
      return new Event(
          new String(digits),
          event.type(),
          event.user(),
          event.timeMs() + round * EVENTS * stepMs,
          event.attributes());
    }
  }

  static JobDefinition job(int triggers, String order) {
    List<SourceFile> files = new ArrayList<>();
    files.add(
        new SourceFile(
            "bench/job.yaml",
            """
            apiVersion: beckon/v1
            kind: Job
            id: bench
            time: {lateness: 10s, order: %s, clock: replay}
            source: {format: jsonl, id: content}
            """
                .formatted(order)));
    StringBuilder types = new StringBuilder();
    for (int i = 1; i < Math.max(2, (triggers + CARING - 1) / CARING); i++) {
      types.append("  rare").append(i).append(": {item: string, value: decimal}\n");
    }
    files.add(
        new SourceFile(
            "bench/events.yaml",
            """
            apiVersion: beckon/v1
            kind: Events
            events:
              view: {item: string, value: decimal}
              purchase: {item: string, value: decimal}
            """
                + types));
    for (int i = 0; i < triggers; i++) {
      String type = i < CARING ? "view" : "rare" + i / CARING;
      files.add(
          new SourceFile(
              "bench/triggers/t" + i + ".yaml",
              """
              apiVersion: beckon/v1
              kind: Trigger
              id: t%d
              version: 1
              description: Three of one item within half an hour.
              when: {count: {event: %s, where: event.value >= %d.0, at_least: 3, within: 30m, match: [item]}}
              cooldown: 1d
              then: {coupon: {channel: push, template: comeback, offer: COME-BACK-10}}
              """
                  .formatted(i, type, 100 + i % CARING * 10)));
    }
    return Definitions.load("bench", files)
        .job()
        .orElseThrow(() -> new IllegalStateException("the benchmark's definitions have errors"));
  }

  private static final class Nowhere implements EngineOutput {
    @Override
    public void decision(Decision decision) {}

    @Override
    public void command(Command command) {}

    @Override
    public void outcome(Outcome outcome) {
      // Not looked at here.
    }

    @Override
    public void request(BudgetRequest request) {
      // Not looked at here.
    }

    @Override
    public void late(Event event, long watermarkMs) {
      throw new IllegalStateException("no event of this stream is late: " + event);
    }

    @Override
    public void count(Counter counter) {
      if (counter == Counter.DUPLICATE_EVENTS) {
        throw new IllegalStateException("no event of this stream is a copy");
      }
    }

    @Override
    public void count(TriggerCounter counter, String trigger) {}
  }
}
