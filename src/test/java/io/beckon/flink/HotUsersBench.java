// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.engine.Engine;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.SourceFile;
import io.beckon.plan.Plan;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;

/**
 * What bots do to the others. Users look at things at one rate, and bots at a hundred times that;
 * the operator takes all events of one subtask, each timed, by the time of the processor, so that
 * what else the machine does is not in it. Waiting is reckoned: events come at random, and each
 * waits until those before it are done, at a rate that keeps a thread busy two fifths of the time
 * without bots. Told are the ordinary users' times from coming to done, with bots and without.
 *
 * <p>Fails if the median of the runs is more than twice: {@code users=2000 bots=5 events=400000
 * runs=5}
 */
final class HotUsersBench {
  /** How much more often a bot comes. */
  static final int TIMES = 100;

  /** How much longer the others may take with bots, at the 99th percentile. */
  private static final double MOST_TIMES = 2;

  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();
  private static final long START_MS = LiveShop.START_MS;
  private static final long LATENESS_MS = 10_000;
  private static final double LOAD = 0.4;
  private static final int WARM_UP = 100_000;

  private final int users;
  private final int bots;

  HotUsersBench(int users, int bots) {
    this.users = users;
    this.bots = bots;
  }

  /**
   * Times in nanoseconds.
   *
   * @param p99 of ordinary users' events
   * @param service the mean time that an event takes, of anybody
   * @param perEvent the mean time between two events of ordinary users
   */
  record Result(double p50, double p99, double service, double perEvent, long shed) {}

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    int users = 2_000;
    int bots = 5;
    int events = 200_000;
    int runs = 3;
    for (String arg : args) {
      int n = Integer.parseInt(arg.substring(arg.indexOf('=') + 1));
      switch (arg.substring(0, arg.indexOf('='))) {
        case "users" -> users = n;
        case "bots" -> bots = n;
        case "events" -> events = n;
        case "runs" -> runs = n;
        default -> throw new IllegalArgumentException(arg);
      }
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    HotUsersBench bench = new HotUsersBench(users, bots);
    bench.run(false, WARM_UP, 0);
    double[] times = new double[runs];
    for (int run = 0; run < runs; run++) {
      Result without = bench.run(false, events, 0);
      // The same ordinary users at the same rate: what the bots send comes on top.
      Result with = bench.run(true, events, without.perEvent);
      out.printf(
          Locale.ROOT,
          "without bots p50 %.1f us, p99 %.1f us, %.2f us an event; with %d bots at %d times"
              + " p50 %.1f us, p99 %.1f us, %.2f us an event, %d shed; p99 %.2f times%n",
          without.p50 / 1e3,
          without.p99 / 1e3,
          without.service / 1e3,
          bots,
          TIMES,
          with.p50 / 1e3,
          with.p99 / 1e3,
          with.service / 1e3,
          with.shed,
          with.p99 / without.p99);
      times[run] = with.p99 / without.p99;
    }
    Arrays.sort(times);
    double median = times[runs / 2];
    out.printf(
        Locale.ROOT,
        "median %.2f times, at most %.1f%n%s%n",
        median,
        MOST_TIMES,
        median <= MOST_TIMES ? "passed" : "FAILED");
    System.exit(median <= MOST_TIMES ? 0 : 1);
  }

  private static List<SourceFile> job() {
    return new LiveShop("hot", "kafka:9092", "live", "")
        .files().stream()
            .map(
                file ->
                    new SourceFile(
                        file.path(), file.text().replace("lateness: 30m", "lateness: 10s")))
            .toList();
  }

  /**
   * One run.
   *
   * @param perEvent the mean nanoseconds between two events of ordinary users, or 0 for what keeps
   *     a thread busy two fifths of the time
   */
  Result run(boolean withBots, int ordinary, double perEvent) throws Exception {
    JobText job = JobText.live("jobs/x", job());
    Engine engine = new Engine(Plan.compile(job.create()));
    Random random = new Random(17);
    int share = withBots ? bots * TIMES : 0;
    int all = (int) ((long) ordinary * (users + share) / users);
    UserElement[] elements = new UserElement[all];
    boolean[] isBot = new boolean[all];
    // An ordinary user looks about once a minute of event time.
    double stepMs = 60_000.0 / (users + share);
    for (int i = 0; i < all; i++) {
      int drawn = random.nextInt(users + share);
      isBot[i] = drawn >= users;
      String user = isBot[i] ? "bot" + drawn % bots : "u" + drawn;
      long timeMs = START_MS + (long) (i * stepMs);
      int dice = random.nextInt(100);
      String type = dice < 90 ? "view" : dice < 97 ? "cart" : "buy";
      EventType found = engine.plan().job().catalogue().type(type).orElseThrow();
      int things = isBot[i] ? 100_000 : 200;
      Slots slots = new Slots(found.record()).setString(0, "item-" + random.nextInt(things));
      byte[] event = engine.encodeEvent(new Event("e" + i, found, user, timeMs, slots));
      elements[i] = UserElement.live(user, timeMs, event, new byte[0]);
    }
    long[] nanos = new long[all];
    long shed;
    UserOperator operator = new UserOperator(new EngagementOperator(job), START_MS);
    KeyedOneInputStreamOperatorTestHarness<String, UserElement, byte[]> flink =
        new KeyedOneInputStreamOperatorTestHarness<>(
            operator, UserElement::user, Types.STRING, EngagementJob.MAX_PARALLELISM, 1, 0);
    try {
      flink.setup(
          EngagementJob.LINE.createSerializer(flink.getExecutionConfig().getSerializerConfig()));
      flink.open();
      long watermarkMs = START_MS;
      for (int i = 0; i < all; i++) {
        long timeMs = elements[i].timeMs();
        long begun = CPU.getCurrentThreadCpuTime();
        if (timeMs - LATENESS_MS > watermarkMs + 200) {
          // As live jobs do: every 200 ms, and what is due by then is part of the event's wait.
          watermarkMs = timeMs - LATENESS_MS;
          flink.processWatermark(watermarkMs);
        }
        flink.processElement(elements[i], timeMs);
        nanos[i] = CPU.getCurrentThreadCpuTime() - begun;
        if (i % 4_096 == 0) {
          flink.getOutput().clear();
        }
      }
      shed = operator.getRuntimeContext().getLongCounter("events.shed").getLocalValue();
    } finally {
      flink.close();
    }
    return waits(nanos, isBot, perEvent, shed);
  }

  /** How long ordinary users' events took, with the waiting for those before them. */
  private Result waits(long[] nanos, boolean[] isBot, double perEvent, long shed) {
    Random random = new Random(23);
    double service = Arrays.stream(nanos).average().orElseThrow();
    int ordinary = 0;
    for (boolean bot : isBot) {
      ordinary += bot ? 0 : 1;
    }
    double between = perEvent == 0 ? service / LOAD : perEvent * ordinary / isBot.length;
    double comes = 0;
    double free = 0;
    double[] took = new double[ordinary];
    int at = 0;
    for (int i = 0; i < nanos.length; i++) {
      comes -= between * StrictMath.log(1 - random.nextDouble());
      free = Math.max(free, comes) + (double) nanos[i];
      if (!isBot[i]) {
        took[at++] = free - comes;
      }
    }
    Arrays.sort(took);
    return new Result(
        took[took.length / 2],
        took[(int) (took.length * 0.99)],
        service,
        between * isBot.length / ordinary,
        shed);
  }
}
