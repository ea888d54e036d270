// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.flink;

import io.beckon.language.JobDefinition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.OutputTag;

/**
 * The engagement job: records in; decisions, commands, late events and dead letters out, each as
 * JSON lines.
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
  static final OutputTag<byte[]> LATE = new OutputTag<>("late", LINE);
  static final OutputTag<byte[]> DEAD_LETTERS = new OutputTag<>("dead-letters", LINE);

  /** How far the sources of a live job may come apart in event time. */
  private static final Duration MOST_APART = Duration.ofMinutes(5);

  private EngagementJob() {}

  /** Where the job's outputs go. */
  record Sinks(
      Sink<byte[]> decisions, Sink<byte[]> commands, Sink<byte[]> late, Sink<byte[]> deadLetters) {
    Sinks {
      Objects.requireNonNull(decisions);
      Objects.requireNonNull(commands);
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

    SingleOutputStreamOperator<UserElement> decoded =
        env.fromSource(source, WatermarkStrategy.noWatermarks(), "read", SourceElement.TYPE)
            .uid("read")
            .setParallelism(1)
            .process(new DecodeOperator(job, untilMs), UserElement.TYPE)
            .name("decode")
            .uid("decode")
            .setParallelism(1);

    SingleOutputStreamOperator<byte[]> decisions =
        decoded
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
            .transform("engage", LINE, new UserOperator(new EngagementOperator(job)))
            .name("engage")
            .uid("engage");

    write(decisions, sinks.decisions, "decisions").setParallelism(1);
    write(decisions.getSideOutput(COMMANDS), sinks.commands, COMMANDS.getId()).setParallelism(1);
    write(decisions.getSideOutput(LATE), sinks.late, LATE.getId()).setParallelism(1);
    write(decoded.getSideOutput(DEAD_LETTERS), sinks.deadLetters, DEAD_LETTERS.getId())
        .setParallelism(1);
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
   */
  static void buildLive(
      StreamExecutionEnvironment env,
      JobFactory job,
      List<LiveSource> sources,
      Optional<Source<UserElement, ?, ?>> profiles,
      JobDefinition.TimeSettings time,
      long startedMs,
      Sinks sinks) {
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
    SingleOutputStreamOperator<UserElement> admitted =
        all.process(new LiveAdmit(), UserElement.TYPE).name("admit").uid("admit");
    SingleOutputStreamOperator<byte[]> decisions =
        admitted
            .keyBy(UserElement::user, Types.STRING)
            .transform("engage", LINE, new PacedOperator(new EngagementOperator(job), startedMs))
            .name("engage")
            .uid("engage");
    write(decisions, sinks.decisions, "decisions");
    write(decisions.getSideOutput(COMMANDS), sinks.commands, COMMANDS.getId());
    write(decisions.getSideOutput(LATE), sinks.late, LATE.getId());
    write(admitted.getSideOutput(DEAD_LETTERS), sinks.deadLetters, DEAD_LETTERS.getId());
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
