// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.bench;

import io.beckon.bench.EngineBench.Work;
import io.beckon.language.Definitions;
import io.beckon.language.JobDefinition;
import io.beckon.language.SourceFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
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

/**
 * What one event costs where a trigger watches the score of a model: the user's activity takes it,
 * the score is worked out, and when it will cross its line in silence. A thousand users have an
 * event each six hours. {@code none} is the same trigger on the user's own gap, without a model.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class ScoreBench {
  private static final long STEP_MS = 21_600;
  private static final int EVENTS_A_TURN = 10_000;
  private static final int WARM_UP_TURNS = 10;
  private static final int TURNS = 25;
  private static final List<String> FAMILIES =
      List.of("none", "cadence", "mbg-nbd", "scorecard", "renewal-risk");

  /** Of which family the model is. */
  @Param({"none", "cadence", "mbg-nbd", "scorecard", "renewal-risk"})
  public String family = "";

  private @Nullable Work work;

  /**
   * With arguments runs JMH, to which they go. Without, prints what a user and an event take,
   * family by family in turns: the time that the thread itself spent, so that what else the machine
   * does matters less.
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length > 0) {
      EngineBench.run(ScoreBench.class, args);
    }
    List<Work> works = FAMILIES.stream().map(family -> new Work(job(family), STEP_MS)).toList();
    double[][] decoded = new double[FAMILIES.size()][TURNS];
    double[][] bytes = new double[FAMILIES.size()][TURNS];
    for (int turn = -WARM_UP_TURNS; turn < TURNS; turn++) {
      for (int i = 0; i < works.size(); i++) {
        double atHand = nanos(works.get(i)::takeDecoded);
        double asBytes = nanos(works.get(i)::takeBytes);
        if (turn >= 0) {
          decoded[i][turn] = atHand;
          bytes[i][turn] = asBytes;
        }
      }
    }
    for (int i = 0; i < works.size(); i++) {
      System.out.printf(
          Locale.ROOT,
          "%s: %.0f ns an event, %.0f ns as bytes, %.1f bytes a user%n",
          FAMILIES.get(i),
          EngineScaling.at(decoded[i], 0.5),
          EngineScaling.at(bytes[i], 0.5),
          works.get(i).bytesOfUser());
    }
  }

  private static double nanos(LongSupplier event) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long begun = threads.getCurrentThreadCpuTime();
    long sum = 0;
    for (int i = 0; i < EVENTS_A_TURN; i++) {
      sum += event.getAsLong();
    }
    long spent = threads.getCurrentThreadCpuTime() - begun;
    if (sum == 0) {
      throw new IllegalStateException("no state has a deadline");
    }
    return spent / (double) EVENTS_A_TURN;
  }

  /** Makes the engine, the events, and users as they are after a while. */
  @Setup
  public void prepare() {
    work = new Work(job(family), STEP_MS);
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

  private static JobDefinition job(String family) {
    List<SourceFile> files = new ArrayList<>();
    files.add(
        new SourceFile(
            "bench/job.yaml",
            """
            apiVersion: beckon/v1
            kind: Job
            id: bench
            time: {lateness: 10s, clock: replay}
            source: {format: jsonl, id: content}
            """));
    files.add(
        new SourceFile(
            "bench/events.yaml",
            """
            apiVersion: beckon/v1
            kind: Events
            events:
              view: {item: string, value: decimal}
              purchase: {item: string, value: decimal}
            """));
    String signal = family.equals("none") ? "{own_gap: view, prior_gap: 7d}" : "{model: m}";
    files.add(
        new SourceFile(
            "bench/signals.yaml",
            "apiVersion: beckon/v1\nkind: Signals\nsignals:\n  s: " + signal + "\n"));
    files.add(
        new SourceFile(
            "bench/triggers/silent.yaml",
            """
            apiVersion: beckon/v1
            kind: Trigger
            id: silent
            version: 1
            when: {score: {signal: s, %s}}
            then: {coupon: {channel: push, template: comeback, offer: COME-BACK-10}}
            """
                .formatted(family.equals("mbg-nbd") ? "below: 0.5" : "above: 0.6")));
    if (!family.equals("none")) {
      files.add(
          new SourceFile(
              "bench/models/m.yaml",
              "apiVersion: beckon/v1\nkind: Model\nid: m\nversion: 1\nmodel: "
                  + family
                  + "\nevent: view\n"
                  + model(family)));
    }
    return Definitions.load("bench", files)
        .job()
        .orElseThrow(() -> new IllegalStateException("the benchmark's definitions have errors"));
  }

  private static String model(String family) {
    return switch (family) {
      case "cadence" ->
          """
          prior_gap: 7d
          parameters: {k: 3, floor: 14d, ceiling: 90d}
          """;
      case "mbg-nbd" ->
          """
          horizon: 30d
          parameters: {r: 0.525, alpha: 43.281, a: 0.891, b: 1.614}
          """;
      case "scorecard" ->
          """
          horizon: 30d
          prior_gap: 31d
          parameters: {intercept: -3.692}
          features:
            - {ln: gap, plus: 1.0, weight: 0.209}
            - {ln: repeats, plus: 1.0, weight: -0.377}
            - {ln: age, plus: 1.0, weight: 0.159}
            - {ln: gap_ratio, plus: 0.05, weight: 0.086}
            - {ln: ewma_gap, plus: 0.5, weight: 0.390}
            - {ln: level_7d, plus: 0.005, weight: 0.001}
            - {ln: level_28d, plus: 0.005, weight: -0.705}
          """;
      case "renewal-risk" ->
          """
          horizon: 7d
          prior_gap: 3d
          parameters: {intercept: -3.0}
          features:
            - {ln: gap, plus: 1.0, weight: 0.9}
            - {of: active_28d, weight: -0.05}
            - {ln: tenure, plus: 1.0, weight: 0.2}
            - {of: days_to_renewal, from: 0, below: 8, weight: 0.7}
          subscription: {starts: purchase, ends: {event: view, where: event.value > 9999.0}, first: 7d, every: 30d}
          lead: 7d
          """;
      default -> throw new IllegalArgumentException(family);
    };
  }
}
