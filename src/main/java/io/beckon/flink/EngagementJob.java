// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.budget.BudgetStage;
import io.beckon.language.JobDefinition;
import io.beckon.redis.RedisAccess;
import io.beckon.redis.ScoreWrite;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.datastream.AsyncDataStream;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.OutputTag;

/**
 * The engagement job: records in; decisions, commands, outcomes, late events and dead letters out,
 * each as JSON lines. And its sister of the same front, the job of scores: records in, scores out.
 *
 * <p>Reading, decoding and time run once, since lateness depends on the order of reading; users are
 * spread over the job's parallelism; each output is written once. Every operator has a uid, which
 * savepoints find it by and which therefore never changes.
 */
final class EngagementJob {
  /** The number of key groups: the most that the job can ever be spread over. */
  static final int MAX_PARALLELISM = 720;

  /** A line of JSON, without the line end. */
  static final TypeInformation<byte[]> LINE = PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO;

  static final OutputTag<byte[]> COMMANDS = new OutputTag<>("commands", LINE);
  static final OutputTag<byte[]> OUTCOMES = new OutputTag<>("outcomes", LINE);
  static final OutputTag<byte[]> LATE = new OutputTag<>("late", LINE);
  static final OutputTag<byte[]> DEAD_LETTERS = new OutputTag<>("dead-letters", LINE);

  /** Of jobs of scores with Redis. */
  static final OutputTag<ScoreWrite> TO_REDIS = new OutputTag<>("to-redis", ScoreWrites.TYPE);

  private static final String SCORES = "scores";

  /** Encoded by {@link io.beckon.budget.RequestCodec}. */
  static final OutputTag<byte[]> REQUESTS = new OutputTag<>("requests", LINE);

  /** Encoded by {@link io.beckon.budget.GateCodec}. */
  static final OutputTag<byte[]> GATE = new OutputTag<>("gate", LINE);

  /** To {@link AsyncDataStream}. */
  private static final long NO_LIMIT = 0;

  /** How many commands at least may wait for the gate's answer, in each subtask. */
  private static final int AT_GATE = 1_000;

  /** How far the sources of a live job may come apart in event time. */
  private static final Duration MOST_APART = Duration.ofMinutes(5);

  private EngagementJob() {}

  /** Where the job's outputs go. */
  record Sinks(
      Sink<byte[]> decisions,
      Sink<byte[]> commands,
      Sink<byte[]> outcomes,
      Sink<byte[]> late,
      Sink<byte[]> deadLetters) {
    Sinks {
      Objects.requireNonNull(decisions);
      Objects.requireNonNull(commands);
      Objects.requireNonNull(outcomes);
      Objects.requireNonNull(late);
      Objects.requireNonNull(deadLetters);
    }
  }

  /**
   * Adds the job to {@code env}.
   *
   * @param source gives every profile before the first event, and an end
   * @param untilMs later events are not read; the watermark ends there
   */
  static void build(
      StreamExecutionEnvironment env,
      JobFactory job,
      Source<SourceElement, ?, ?> source,
      OptionalLong untilMs,
      Sinks sinks) {
    env.configure(settings());
    env.setMaxParallelism(MAX_PARALLELISM);

    SingleOutputStreamOperator<UserElement> decoded = decode(env, job, source, untilMs);
    SingleOutputStreamOperator<byte[]> engaged = engage(decoded, job, "engage");
    Decided decided =
        BudgetStage.isNeededBy(job.create().policy())
            ? withBudget(engaged, new BudgetOperator(job))
            : new Decided(engaged, engaged.getSideOutput(COMMANDS), engaged.getSideOutput(GATE));
    write(decided.decisions, sinks.decisions, "decisions").setParallelism(1);
    write(decided.commands, sinks.commands, COMMANDS.getId()).setParallelism(1);
    write(engaged.getSideOutput(OUTCOMES), sinks.outcomes, OUTCOMES.getId()).setParallelism(1);
    write(engaged.getSideOutput(LATE), sinks.late, LATE.getId()).setParallelism(1);
    write(decoded.getSideOutput(DEAD_LETTERS), sinks.deadLetters, DEAD_LETTERS.getId())
        .setParallelism(1);
  }

  /** Where the outputs of a bounded job of scores go. */
  record ScoreSinks(Sink<byte[]> scores, Sink<byte[]> late, Sink<byte[]> deadLetters) {
    ScoreSinks {
      Objects.requireNonNull(scores);
      Objects.requireNonNull(late);
      Objects.requireNonNull(deadLetters);
    }
  }

  /**
   * Adds the job of scores to {@code env}; {@code source} and {@code untilMs} as for {@link
   * #build}.
   *
   * @param job of a {@link JobDefinition#publishing} job
   */
  static void buildScores(
      StreamExecutionEnvironment env,
      JobFactory job,
      Source<SourceElement, ?, ?> source,
      OptionalLong untilMs,
      ScoreSinks sinks) {
    env.configure(settings());
    env.setMaxParallelism(MAX_PARALLELISM);
    SingleOutputStreamOperator<UserElement> decoded = decode(env, job, source, untilMs);
    SingleOutputStreamOperator<byte[]> scored = engage(decoded, job, "score");
    write(scored, sinks.scores, SCORES).setParallelism(1);
    write(scored.getSideOutput(LATE), sinks.late, LATE.getId()).setParallelism(1);
    write(decoded.getSideOutput(DEAD_LETTERS), sinks.deadLetters, DEAD_LETTERS.getId())
        .setParallelism(1);
  }

  private static SingleOutputStreamOperator<UserElement> decode(
      StreamExecutionEnvironment env,
      JobFactory job,
      Source<SourceElement, ?, ?> source,
      OptionalLong untilMs) {
    return env.fromSource(source, WatermarkStrategy.noWatermarks(), "read", SourceElement.TYPE)
        .uid("read")
        .setParallelism(1)
        .process(new DecodeOperator(job, untilMs), UserElement.TYPE)
        .name("decode")
        .uid("decode")
        .setParallelism(1);
  }

  /** The users, by the watermarks that the events carry. */
  private static SingleOutputStreamOperator<byte[]> engage(
      DataStream<UserElement> decoded, JobFactory job, String name) {
    return decoded
        .assignTimestampsAndWatermarks(
            WatermarkStrategy.<UserElement>forGenerator(context -> new StampedWatermarks())
                .withTimestampAssigner((element, before) -> element.timeMs()))
        .name("time")
        .uid("time")
        .setParallelism(1)
        .filter(UserElement::isForUser)
        .name("admit")
        .uid("admit")
        .setParallelism(1)
        .keyBy(UserElement::user, Types.STRING)
        .transform(name, LINE, new UserOperator(new EngagementOperator(job)))
        .name(name)
        .uid(name);
  }

  /**
   * A source of a live job.
   *
   * @param name unique in the job; part of the uid
   */
  record LiveSource(String name, Source<UserElement, ?, ?> elements) {
    LiveSource {
      Objects.requireNonNull(name);
      Objects.requireNonNull(elements);
    }
  }

  /**
   * Adds a live job to {@code env}: topics in, spread over the job's parallelism from the first
   * operator to the last.
   *
   * @param profiles profiles of users, which say nothing about time
   * @param time how event time is kept; it is the least of the sources'
   * @param startedMs the processing clock, which counts if the job has not been started before
   * @param redis whom the last gate asks; empty of a job without a gate
   */
  static void buildLive(
      StreamExecutionEnvironment env,
      JobFactory job,
      List<LiveSource> sources,
      Optional<Source<UserElement, ?, ?>> profiles,
      JobDefinition.TimeSettings time,
      long startedMs,
      Optional<RedisAccess> redis,
      Sinks sinks) {
    SingleOutputStreamOperator<UserElement> admitted = admit(env, sources, profiles, time);
    boolean gated = redis.isPresent();
    EngagementOperator operator = new EngagementOperator(job, RecentUsers.Most.USUAL, gated);
    SingleOutputStreamOperator<byte[]> engaged = engage(admitted, operator, startedMs, "engage");
    // Always there, as is the gate: a savepoint would not fit any more once the last budget, or the
    // gate, is edited away.
    Decided decided = withBudget(engaged, new BudgetOperator(job, gated));
    decided = withGate(decided, job, redis);
    write(decided.decisions, sinks.decisions, "decisions");
    write(decided.commands, sinks.commands, COMMANDS.getId());
    if (job.create().followsGoals()) {
      write(engaged.getSideOutput(OUTCOMES), sinks.outcomes, OUTCOMES.getId());
    }
    write(engaged.getSideOutput(LATE), sinks.late, LATE.getId());
    write(admitted.getSideOutput(DEAD_LETTERS), sinks.deadLetters, DEAD_LETTERS.getId());
  }

  /**
   * Adds a live job of scores to {@code env}, which reads what the engagement job reads; late
   * events and dead letters are that one's to write.
   *
   * @param job of a {@link JobDefinition#publishing} job
   * @param redis where they go, too, if the job says so
   */
  static void buildLiveScores(
      StreamExecutionEnvironment env,
      JobFactory job,
      List<LiveSource> sources,
      Optional<Source<UserElement, ?, ?>> profiles,
      JobDefinition.TimeSettings time,
      long startedMs,
      Optional<RedisAccess> redis,
      Sink<byte[]> scores) {
    SingleOutputStreamOperator<UserElement> admitted = admit(env, sources, profiles, time);
    SingleOutputStreamOperator<byte[]> scored =
        engage(admitted, new EngagementOperator(job), startedMs, "score");
    write(scored, scores, SCORES);
    if (redis.isPresent()) {
      JobDefinition definition = job.create();
      RedisScoresOperator.add(
          scored.getSideOutput(TO_REDIS),
          redis.get(),
          definition.id(),
          definition.scores().flatMap(JobDefinition.ScoreSettings::redis).orElseThrow());
    }
  }

  /** Topics as one stream of elements with event time. */
  private static SingleOutputStreamOperator<UserElement> admit(
      StreamExecutionEnvironment env,
      List<LiveSource> sources,
      Optional<Source<UserElement, ?, ?>> profiles,
      JobDefinition.TimeSettings time) {
    env.configure(settings());
    env.setMaxParallelism(MAX_PARALLELISM);
    WatermarkStrategy<UserElement> timed = LiveWatermarks.strategy(time);
    // One source that is far ahead of another would fill the state with what cannot be decided yet.
    WatermarkStrategy<UserElement> aligned =
        sources.size() > 1 ? timed.withWatermarkAlignment("sources", MOST_APART) : timed;
    List<DataStream<UserElement>> read = new ArrayList<>();
    for (LiveSource source : sources) {
      String name = "read-" + source.name;
      DataStream<UserElement> elements =
          env.fromSource(source.elements, aligned, name, UserElement.TYPE).uid(name);
      // Silence moves time only where time is the processing clock's.
      read.add(
          time.clock() == JobDefinition.Clock.LIVE
              ? LiveTime.keep(elements, time, "time-" + source.name)
              : elements);
    }
    DataStream<UserElement> all = read.get(0);
    for (DataStream<UserElement> other : read.subList(1, read.size())) {
      all = all.union(other);
    }
    if (profiles.isPresent()) {
      all =
          all.union(
              env.fromSource(
                      profiles.get(), LiveWatermarks.timeless(), "profiles", UserElement.TYPE)
                  .uid("profiles"));
    }
    return all.process(new LiveAdmit(), UserElement.TYPE).name("admit").uid("admit");
  }

  /** The users, by Flink's watermarks. */
  private static SingleOutputStreamOperator<byte[]> engage(
      DataStream<UserElement> admitted, EngagementOperator operator, long startedMs, String name) {
    return admitted
        .keyBy(UserElement::user, Types.STRING)
        .transform(name, LINE, new PacedOperator(operator, startedMs))
        .name(name)
        .uid(name);
  }

  /** Everything decided. */
  private record Decided(
      DataStream<byte[]> decisions, DataStream<byte[]> commands, DataStream<byte[]> toGate) {}

  /** Adds the stage of budgets and rates, and what is decided there. */
  private static Decided withBudget(
      SingleOutputStreamOperator<byte[]> engaged, BudgetOperator budget) {
    DataStream<byte[]> commands = engaged.getSideOutput(COMMANDS);
    SingleOutputStreamOperator<byte[]> shared =
        engaged
            .getSideOutput(REQUESTS)
            .transform("budget", LINE, budget)
            .name("budget")
            .uid("budget")
            .setParallelism(1)
            .setMaxParallelism(1)
            // In one chain with the users of a job of parallelism 1 it would lend them its key
            // groups:
            // one, for ever.
            .disableChaining();
    // To one writer: a CANCEL must not overtake what it revokes.
    return new Decided(
        engaged.union(shared.global()),
        commands.union(shared.getSideOutput(COMMANDS).global()),
        engaged.getSideOutput(GATE).union(shared.getSideOutput(GATE).global()));
  }

  /**
   * Adds the last gate, and what is decided there. Where a job has none, nothing comes by, but what
   * waited there in a savepoint.
   */
  private static Decided withGate(Decided decided, JobFactory job, Optional<RedisAccess> redis) {
    Optional<JobDefinition.GateSettings> gate = job.create().gate();
    if (gate.isPresent() != redis.isPresent()) {
      throw new IllegalArgumentException("a gate needs Redis, and Redis is for a gate");
    }
    SingleOutputStreamOperator<byte[]> answers =
        AsyncDataStream.orderedWait(
                decided.toGate,
                new GateFunction(job, redis),
                gate.map(JobDefinition.GateSettings::timeLimitMs).orElse(NO_LIMIT),
                TimeUnit.MILLISECONDS,
                gate.map(settings -> Math.max(AT_GATE, 4 * settings.batch())).orElse(1))
            .name("gate")
            .uid("gate");
    SingleOutputStreamOperator<byte[]> gated =
        answers.process(new GateAnswers(job), LINE).name("gated").uid("gated");
    return new Decided(
        decided.decisions.union(gated),
        decided.commands.union(gated.getSideOutput(COMMANDS)),
        decided.toGate);
  }

  private static DataStreamSink<byte[]> write(
      DataStream<byte[]> lines, Sink<byte[]> sink, String name) {
    return lines.sinkTo(sink).name(name).uid(name);
  }

  private static Configuration settings() {
    Configuration settings = new Configuration();
    // A type without its own serializer would travel by Kryo and break savepoints one day.
    settings.set(PipelineOptions.GENERIC_TYPES, false);
    // The operator's account of the input's end rests on this.
    settings.set(CheckpointingOptions.ENABLE_UNALIGNED_INTERRUPTIBLE_TIMERS, false);
    return settings;
  }
}
