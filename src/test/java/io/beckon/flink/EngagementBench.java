// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.engine.Engine;
import io.beckon.event.Event;
import io.beckon.event.EventType;
import io.beckon.event.Slots;
import io.beckon.language.SourceFile;
import io.beckon.plan.Plan;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.accumulators.LongMaximum;
import org.apache.flink.api.common.accumulators.LongMinimum;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.source.lib.NumberSequenceSource;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.cep.CEP;
import org.apache.flink.cep.functions.PatternProcessFunction;
import org.apache.flink.cep.nfa.aftermatch.AfterMatchSkipStrategy;
import org.apache.flink.cep.pattern.Pattern;
import org.apache.flink.cep.pattern.conditions.IterativeCondition;
import org.apache.flink.cep.pattern.conditions.SimpleCondition;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;
import org.jspecify.annotations.Nullable;

/**
 * How many events a second one slot of Flink takes through the operator of the engagement job,
 * beside a function written by hand for the one trigger and beside Flink CEP, over the same events
 * from memory. Everything but the operator is alike: source, time, shuffle by user, parallelism 1,
 * object reuse, no checkpoints, results counted and discarded.
 *
 * <p>All variants run once to warm up, then in turn; the median of each counts. The time taken is
 * from the first operator's opening to the last one's closing; the start of the cluster is outside.
 *
 * <p>Arguments, each {@code name=value}: {@code events} (1000000), {@code runs} (3), {@code
 * watermark} (milliseconds of event time between watermarks, 1000), {@code only} (part of the names
 * of the variants to run; the hand-written one always runs).
 */
public final class EngagementBench {
  private static final long LATENESS_MS = 10_000;
  private static final Duration WITHIN = Duration.ofMinutes(30);
  private static final Duration WAIT = Duration.ofHours(2);
  private static final String FIRST_NS = "first-ns";
  private static final String LAST_NS = "last-ns";
  private static final String MATCHES = "matches";

  private EngagementBench() {}

  /** The events; made once, for all runs of this JVM. */
  static final class Stream {
    static final Look[] LOOKS = Look.stream(Integer.getInteger("beckon.bench.events"));
  }

  enum Kind {
    BECKON,
    HAND_WRITTEN,
    CEP
  }

  record Variant(Kind kind, String backend, String order, int triggers) {
    String title() {
      return switch (kind) {
        case BECKON ->
            "Beckon, " + order + ", " + triggers + (triggers == 1 ? " trigger" : " triggers");
        case HAND_WRITTEN -> "written by hand";
        case CEP -> "Flink CEP";
      };
    }
  }

  record Run(double seconds, long matches) {}

  /** Prints the table. */
  public static void main(String[] args) throws Exception {
    Map<String, String> options = new LinkedHashMap<>();
    for (String arg : args) {
      options.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
    }
    int events = Integer.parseInt(options.getOrDefault("events", "1000000"));
    int runs = Integer.parseInt(options.getOrDefault("runs", "3"));
    long watermarkMs = Long.parseLong(options.getOrDefault("watermark", "1000"));
    String only = options.getOrDefault("only", "");
    System.setProperty("beckon.bench.events", Integer.toString(events));
    System.out.printf(
        Locale.ROOT,
        "%,d events, a watermark every %,d ms of event time, Java %s, %d processors%n",
        events,
        watermarkMs,
        Runtime.version(),
        Runtime.getRuntime().availableProcessors());
    for (String backend : List.of("hashmap", "rocksdb")) {
      List<Variant> variants = new ArrayList<>();
      variants.add(new Variant(Kind.HAND_WRITTEN, backend, "", 1));
      for (String order : List.of("arrival", "settled")) {
        for (int triggers : new int[] {1, 100}) {
          variants.add(new Variant(Kind.BECKON, backend, order, triggers));
        }
      }
      variants.add(new Variant(Kind.CEP, backend, "", 1));
      variants.removeIf(
          v -> v.kind != Kind.HAND_WRITTEN && !(v.backend + ", " + v.title()).contains(only));
      if (variants.size() > 1) {
        compare(backend, variants, runs, events, watermarkMs);
      }
    }
  }

  private static void compare(
      String backend, List<Variant> variants, int runs, int events, long watermarkMs)
      throws Exception {
    Map<Variant, List<Run>> results = new LinkedHashMap<>();
    for (int i = 0; i <= runs; i++) {
      for (Variant variant : variants) {
        Run run = run(variant, watermarkMs);
        if (i > 0) {
          results.computeIfAbsent(variant, v -> new ArrayList<>()).add(run);
        }
      }
    }
    System.out.printf("%n| %s | events/s | least–most | of hand-written | matches |%n", backend);
    System.out.println("|---|---:|---:|---:|---:|");
    double handWritten = 0;
    for (Map.Entry<Variant, List<Run>> result : results.entrySet()) {
      double[] perSecond =
          result.getValue().stream().mapToDouble(r -> events / r.seconds).sorted().toArray();
      double median = perSecond[perSecond.length / 2];
      if (result.getKey().kind == Kind.HAND_WRITTEN) {
        handWritten = median;
      }
      System.out.printf(
          Locale.ROOT,
          "| %s | %,.0f | %,.0f–%,.0f | %.2f | %s |%n",
          result.getKey().title(),
          median,
          perSecond[0],
          perSecond[perSecond.length - 1],
          median / handWritten,
          Arrays.toString(result.getValue().stream().mapToLong(Run::matches).distinct().toArray()));
    }
  }

  static Run run(Variant variant, long watermarkMs) throws Exception {
    Configuration settings = new Configuration();
    settings.set(StateBackendOptions.STATE_BACKEND, variant.backend);
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "none");
    settings.set(PipelineOptions.OBJECT_REUSE, true);
    settings.set(PipelineOptions.GENERIC_TYPES, false);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, settings);
    env.setMaxParallelism(EngagementJob.MAX_PARALLELISM);
    DataStream<Look> looks =
        env.fromSource(
                new NumberSequenceSource(0, Stream.LOOKS.length - 1),
                WatermarkStrategy.noWatermarks(),
                "read")
            .map(new Read());
    switch (variant.kind) {
      case BECKON -> beckon(looks, variant, watermarkMs);
      case HAND_WRITTEN ->
          end(timed(looks, watermarkMs).keyBy(l -> l.user).process(new HandWritten()));
      case CEP -> cep(looks, watermarkMs);
    }
    JobExecutionResult done = env.execute(variant.title());
    long firstNs = done.<Long>getAccumulatorResult(FIRST_NS);
    long lastNs = done.<Long>getAccumulatorResult(LAST_NS);
    return new Run((lastNs - firstNs) / 1e9, done.<Long>getAccumulatorResult(MATCHES));
  }

  private static DataStream<Look> timed(DataStream<Look> looks, long watermarkMs) {
    return looks.assignTimestampsAndWatermarks(
        WatermarkStrategy.<Look>forGenerator(context -> new Steady<>(watermarkMs))
            .withTimestampAssigner((look, before) -> look.timeMs));
  }

  private static <T> void end(DataStream<T> results) {
    results.map(new CountMatches<T>()).returns(Types.LONG).sinkTo(new DiscardingSink<>());
  }

  private static void beckon(DataStream<Look> looks, Variant variant, long watermarkMs) {
    JobFactory job = new JobText("bench", definitions(variant.order, variant.triggers));
    end(
        looks
            .map(new Encode(job))
            .returns(UserElement.TYPE)
            .assignTimestampsAndWatermarks(
                WatermarkStrategy.<UserElement>forGenerator(context -> new Steady<>(watermarkMs))
                    .withTimestampAssigner((element, before) -> element.timeMs()))
            .filter(UserElement::isForUser)
            .keyBy(UserElement::user, Types.STRING)
            .transform(
                "engage", EngagementJob.LINE, new UserOperator(new EngagementOperator(job))));
  }

  private static void cep(DataStream<Look> looks, long watermarkMs) {
    SimpleCondition<Look> view =
        SimpleCondition.of(l -> l.type.equals(Look.VIEW) && l.value >= 1.0);
    // A pattern's time runs from its first event, so the two spans are conditions of their own.
    Pattern<Look, ?> pattern =
        Pattern.<Look>begin("first", AfterMatchSkipStrategy.skipPastLastEvent())
            .where(view)
            .followedBy("second")
            .where(view)
            .followedBy("third")
            .where(view)
            .where(new AtMostAfter("first", WITHIN))
            .notFollowedBy("purchase")
            .where(SimpleCondition.of(l -> l.type.equals(Look.PURCHASE)))
            .where(new AtMostAfter("third", WAIT))
            .within(WITHIN.plus(WAIT));
    KeySelector<Look, Tuple2<String, String>> byItem = l -> Tuple2.of(l.user, l.item);
    end(
        CEP.pattern(
                timed(looks, watermarkMs).keyBy(byItem, Types.TUPLE(Types.STRING, Types.STRING)),
                pattern)
            .process(new Found(), Types.STRING));
  }

  private static List<SourceFile> definitions(String order, int triggers) {
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
    files.add(
        new SourceFile(
            "bench/events.yaml",
            """
            apiVersion: beckon/v1
            kind: Events
            events:
              view: {item: string, value: decimal}
              rare: {item: string, value: decimal}
              purchase: {item: string, value: decimal}
            """));
    for (int i = 0; i < triggers; i++) {
      files.add(
          new SourceFile(
              "bench/triggers/t" + i + ".yaml",
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
              then: {coupon: {channel: push, template: comeback, offer: COME-BACK-10}}
              """
                  .formatted(i, i == 0 ? "view" : "rare", 1 + i)));
    }
    return files;
  }

  /** From the numbers of events to events; notes when it began. */
  private static final class Read extends RichMapFunction<Long, Look> {
    private static final long serialVersionUID = 1L;

    @Override
    public void open(OpenContext context) {
      LongMinimum first = new LongMinimum();
      first.add(Stream.LOOKS.length > 0 ? System.nanoTime() : 0);
      getRuntimeContext().addAccumulator(FIRST_NS, first);
    }

    @Override
    public Look map(Long index) {
      return Stream.LOOKS[Math.toIntExact(index)];
    }
  }

  /** Counts results, and notes when all were there. */
  private static final class CountMatches<T> extends RichMapFunction<T, Long> {
    private static final long serialVersionUID = 1L;

    private final LongCounter matches = new LongCounter();
    private final LongMaximum last = new LongMaximum();

    @Override
    public void open(OpenContext context) {
      getRuntimeContext().addAccumulator(MATCHES, matches);
      getRuntimeContext().addAccumulator(LAST_NS, last);
    }

    @Override
    public Long map(T match) {
      matches.add(1);
      return matches.getLocalValuePrimitive();
    }

    @Override
    public void close() {
      last.add(System.nanoTime());
    }
  }

  /** What decoding does once it has read a record: slots, the stamp, the bytes that travel. */
  private static final class Encode extends RichMapFunction<Look, UserElement> {
    private static final long serialVersionUID = 1L;

    private final JobFactory job;
    private transient @Nullable Engine engine;
    private transient long watermarkMs;

    Encode(JobFactory job) {
      this.job = job;
    }

    @Override
    public void open(OpenContext context) {
      engine = new Engine(Plan.compile(job.create()));
      watermarkMs = Long.MIN_VALUE;
    }

    @Override
    public UserElement map(Look look) {
      Engine all = Objects.requireNonNull(engine);
      EventType type = all.plan().job().catalogue().type(look.type).orElseThrow();
      watermarkMs = Math.max(watermarkMs, look.timeMs - LATENESS_MS - 1);
      if (!all.listensTo(type)) {
        return UserElement.passed(look.timeMs, watermarkMs);
      }
      Slots slots =
          new Slots(type.record())
              .setString(0, look.item)
              .setDecimal(1, BigDecimal.valueOf(look.value));
      Event event = new Event(look.id, type, look.user, look.timeMs, slots);
      return UserElement.event(look.user, look.timeMs, watermarkMs, all.encodeEvent(event));
    }
  }

  /** A watermark whenever so much event time has passed, however fast the events are read. */
  private static final class Steady<T> implements WatermarkGenerator<T> {
    private final long everyMs;
    private long lastMs = Long.MIN_VALUE;

    Steady(long everyMs) {
      this.everyMs = everyMs;
    }

    @Override
    public void onEvent(T element, long timeMs, WatermarkOutput output) {
      long watermarkMs = timeMs - LATENESS_MS - 1;
      if (lastMs == Long.MIN_VALUE || watermarkMs - lastMs >= everyMs) {
        lastMs = watermarkMs;
        output.emitWatermark(new Watermark(watermarkMs));
      }
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
      // Only with events.
    }
  }

  /** Holds for events at most so long after the one called {@code name}. */
  private static final class AtMostAfter extends IterativeCondition<Look> {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final long mostMs;

    AtMostAfter(String name, Duration most) {
      this.name = name;
      this.mostMs = most.toMillis();
    }

    @Override
    public boolean filter(Look look, IterativeCondition.Context<Look> context) throws Exception {
      for (Look before : context.getEventsForPattern(name)) {
        if (look.timeMs - before.timeMs > mostMs) {
          return false;
        }
      }
      return true;
    }
  }

  private static final class Found extends PatternProcessFunction<Look, String> {
    private static final long serialVersionUID = 1L;

    @Override
    public void processMatch(
        Map<String, List<Look>> match,
        PatternProcessFunction.Context context,
        Collector<String> out) {
      Look last = Objects.requireNonNull(match.get("third")).get(0);
      out.collect(last.user + " " + last.item);
    }
  }
}
