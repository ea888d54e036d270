// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.bench;

import io.beckon.cli.Beckon;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * How many events a second one core takes through {@code beckon backtest}, reading CSV and writing
 * JSON included, with 1, 10 and 100 triggers. Every trigger is "three views of one item within half
 * an hour, above a price of its own, and no purchase for two hours". Either all of them listen to
 * the views that make up nearly all traffic, or one does and the others wait for rare events.
 *
 * <p>The events are the same in every run and on every machine. Prints the median of three runs, or
 * of as many as begin within a minute, after a short one that warms up.
 */
public final class ThroughputBench {
  private static final int EVENTS = 1_000_000;
  private static final int USERS = 50_000;
  private static final int RUNS = 3;

  /** After so long no further run is begun. */
  private static final long ENOUGH_NS = 60_000_000_000L;

  private static final int[] TRIGGERS = {1, 10, 100};
  private static final long SEED = 7;

  /** 2026-11-02T00:00:00Z. */
  private static final long START_MS = 1_793_577_600_000L;

  private ThroughputBench() {}

  /**
   * Prints the table.
   *
   * @param args the number of events, if not 1,000,000
   */
  public static void main(String[] args) throws IOException {
    int count = args.length > 0 ? Integer.parseInt(args[0]) : EVENTS;
    Path folder = Files.createTempDirectory("beckon-bench");
    try {
      Path events = folder.resolve("events.csv");
      writeEvents(events, count);
      writeEvents(folder.resolve("warm-up.csv"), count / 10);
      System.out.printf(
          Locale.ROOT,
          "%,d events of %,d users, %.1f MB of CSV; Java %s, %d processors, %d MiB heap%n%n",
          count,
          USERS,
          Files.size(events) / 1e6,
          Runtime.version(),
          Runtime.getRuntime().availableProcessors(),
          Runtime.getRuntime().maxMemory() >> 20);
      System.out.println("| triggers | all care for each event | one cares |");
      System.out.println("|---:|---:|---:|");
      for (int triggers : TRIGGERS) {
        long all = measure(folder, events, count, triggers, true);
        long one = measure(folder, events, count, triggers, false);
        System.out.printf(Locale.ROOT, "| %d | %,d/s | %,d/s |%n", triggers, all, one);
      }
    } finally {
      delete(folder);
    }
  }

  private static long measure(Path folder, Path events, int count, int triggers, boolean all)
      throws IOException {
    Path job = folder.resolve("job-" + triggers + (all ? "-all" : "-one"));
    writeJob(job, triggers, all);
    backtest(job, folder.resolve("warm-up.csv"), folder.resolve("out"));
    List<Long> tookNs = new ArrayList<>();
    long allNs = 0;
    while (tookNs.size() < RUNS && allNs < ENOUGH_NS) {
      long startNs = System.nanoTime();
      backtest(job, events, folder.resolve("out"));
      tookNs.add(System.nanoTime() - startNs);
      allNs += tookNs.get(tookNs.size() - 1);
    }
    tookNs.sort(null);
    return Math.round(count / (tookNs.get(tookNs.size() / 2) / 1e9));
  }

  private static void backtest(Path job, Path events, Path out) {
    StringWriter told = new StringWriter();
    PrintWriter writer = new PrintWriter(told);
    int code =
        Beckon.execute(
            writer,
            writer,
            "backtest",
            job.toString(),
            "--events",
            events.toString(),
            "--out",
            out.toString());
    if (code != 0) {
      throw new IllegalStateException("the backtest failed: " + told);
    }
  }

  /** A day of views, one event in a hundred a purchase and one something rare. */
  private static void writeEvents(Path file, int count) throws IOException {
    Random random = new Random(SEED);
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      out.write("ts_ms,user,type,item,category,value\n");
      for (int i = 0; i < count; i++) {
        long time = START_MS + Math.round(i * (86_400_000.0 / count));
        // A thousand users are there at a time, each for some twenty events within half an hour.
        int user = (int) ((long) i * (USERS - 1_000) / count) + random.nextInt(1_000);
        // One user in ten or so looks at one item three times.
        int item = (user * 37 + random.nextInt(100)) % 5_000;
        int kind = random.nextInt(100);
        String type = kind == 0 ? "purchase" : kind == 1 ? "rare" : "view";
        out.write(
            time
                + ",u"
                + user
                + ","
                + type
                + ",i"
                + item
                + ",c"
                + item % 20
                + ","
                + (1 + item % 200)
                + ".50\n");
      }
    }
  }

  private static void writeJob(Path job, int triggers, boolean all) throws IOException {
    Files.createDirectories(job.resolve("triggers"));
    Files.writeString(
        job.resolve("job.yaml"),
        """
        apiVersion: beckon/v1
        kind: Job
        id: bench
        time: {lateness: 10s, order: settled, clock: replay}
        source:
          format: csv
          id: content
          record: {ts_ms: int, user: string, type: string, item: string, value: decimal}
          map:
            type: raw.type
            user: raw.user
            time: raw.ts_ms
            attributes: {item: raw.item, value: raw.value}
        """);
    Files.writeString(
        job.resolve("events.yaml"),
        """
        apiVersion: beckon/v1
        kind: Events
        events:
          view: {item: string, value: decimal}
          rare: {item: string, value: decimal}
          purchase: {item: string, value: decimal}
        """);
    for (int i = 0; i < triggers; i++) {
      String type = all || i == 0 ? "view" : "rare";
      Files.writeString(
          job.resolve("triggers").resolve("t" + i + ".yaml"),
          """
          apiVersion: beckon/v1
          kind: Trigger
          id: t%d
          version: 1
          description: Three of one item within half an hour, and no purchase for two hours.
          when:
            absence:
              after: {count: {event: %s, where: event.value >= %d.0, at_least: 3, within: 30m, match: [item]}}
              of: {event: purchase, match: [item]}
              for: 2h
          cooldown: 1d
          then: {coupon: {channel: push, template: comeback, offer: COME-BACK-10}}
          """
              .formatted(i, type, 1 + i));
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> inside;
    try (Stream<Path> files = Files.walk(folder)) {
      inside = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : inside) {
      Files.delete(file);
    }
  }
}
