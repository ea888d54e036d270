// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.language;

import io.beckon.event.Catalogue;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A whole job, checked: what its folder says.
 *
 * @param id names the job in command ids
 * @param zone {@code policy.timezone.fallback}: the job's zone
 * @param sources where events come from, in the author's order; one, or several topics
 * @param live how it runs on Kafka; empty if its source is not topics
 */
public record JobDefinition(
    String id,
    Catalogue catalogue,
    TimeSettings time,
    List<SourceDefinition> sources,
    Optional<LiveSettings> live,
    ZoneId zone,
    List<TriggerDefinition> triggers) {

  public JobDefinition {
    Objects.requireNonNull(id);
    Objects.requireNonNull(live);
    sources = List.copyOf(sources);
    triggers = List.copyOf(triggers);
    if (sources.isEmpty()) {
      throw new IllegalArgumentException("a job without a source");
    }
  }

  /** A job over files. */
  public JobDefinition(
      String id,
      Catalogue catalogue,
      TimeSettings time,
      SourceDefinition source,
      ZoneId zone,
      List<TriggerDefinition> triggers) {
    this(id, catalogue, time, List.of(source), Optional.empty(), zone, triggers);
  }

  /**
   * The source of a job that has one.
   *
   * @throws IllegalStateException if it has several
   */
  public SourceDefinition source() {
    if (sources.size() > 1) {
      throw new IllegalStateException(id + " has " + sources.size() + " sources");
    }
    return sources.get(0);
  }

  /** The job as a bounded run sees it: its send clock is the moment's time, whatever it says. */
  public JobDefinition replayed() {
    TimeSettings replayed =
        new TimeSettings(
            time.latenessMs,
            time.dedupeMs,
            time.maxAheadMs,
            time.quietAfterMs,
            time.order,
            Clock.REPLAY);
    return new JobDefinition(id, catalogue, replayed, sources, live, zone, triggers);
  }

  /** The job with other triggers. */
  public JobDefinition withTriggers(List<TriggerDefinition> others) {
    return new JobDefinition(id, catalogue, time, sources, live, zone, others);
  }

  /**
   * How time is kept. All durations in milliseconds.
   *
   * @param latenessMs how far out of order events may come
   * @param dedupeMs how long an event's id is remembered
   * @param maxAheadMs how far ahead of the processing clock an event may be, in live jobs
   * @param quietAfterMs when all sources are taken for quiet, in live jobs
   */
  public record TimeSettings(
      long latenessMs,
      long dedupeMs,
      long maxAheadMs,
      long quietAfterMs,
      Order order,
      Clock clock) {}

  /** The order in which a user's events are taken. */
  public enum Order {
    /** By (time, id), once the watermark has passed them. */
    SETTLED,
    /** As they come. */
    ARRIVAL
  }

  /** The send clock. */
  public enum Clock {
    /** The processing clock. */
    LIVE,
    /** The moment's time. */
    REPLAY
  }

  /** The formats of records. */
  public enum Format {
    /** One JSON object a line of a file, or a record of a topic. */
    JSONL,
    /** Comma-separated, with a header. */
    CSV
  }

  /**
   * A source of events and how its records are read.
   *
   * @param name what the author calls it; empty for files
   * @param topic where its records are; empty for files
   * @param mapping empty: records are canonical JSON, {@code {"id", "type", "user", "time",
   *     "attributes"}}
   */
  public record SourceDefinition(
      String name, Optional<String> topic, Format format, IdRule id, Optional<Mapping> mapping) {
    public SourceDefinition {
      Objects.requireNonNull(name);
      Objects.requireNonNull(topic);
      Objects.requireNonNull(format);
      Objects.requireNonNull(id);
      Objects.requireNonNull(mapping);
    }

    /** A source in files. */
    public SourceDefinition(Format format, IdRule id, Optional<Mapping> mapping) {
      this("", Optional.empty(), format, id, mapping);
    }
  }

  /** Where an event's id comes from. */
  public sealed interface IdRule {
    /** A hash of what the event says. */
    record Content() implements IdRule {}

    /** The file's name and the record's number in it. */
    record Row() implements IdRule {}

    /** The record's topic, partition and offset. */
    record Offset() implements IdRule {}

    /** A field of the raw record, by path. */
    record Field(String name) implements IdRule {}
  }

  /**
   * How a job runs on Kafka.
   *
   * @param bootstrapServers brokers to begin with, separated by commas
   * @param group the consumer group's id
   * @param createTopics whether topics that are missing are created
   * @param properties of every client, beside those that the job sets itself
   * @param secrets properties of every client, and the environment variables that hold their values
   */
  public record LiveSettings(
      String bootstrapServers,
      String group,
      boolean createTopics,
      Map<String, String> properties,
      Map<String, String> secrets,
      Outputs outputs,
      Delivery delivery,
      Backend backend) {
    public LiveSettings {
      Objects.requireNonNull(bootstrapServers);
      Objects.requireNonNull(group);
      Objects.requireNonNull(outputs);
      Objects.requireNonNull(delivery);
      Objects.requireNonNull(backend);
      properties = Map.copyOf(properties);
      secrets = Map.copyOf(secrets);
    }
  }

  /** The topics that results go to. */
  public record Outputs(String commands, String decisions, String late, String deadLetters) {
    public Outputs {
      Objects.requireNonNull(commands);
      Objects.requireNonNull(decisions);
      Objects.requireNonNull(late);
      Objects.requireNonNull(deadLetters);
    }

    /** All of them. */
    public List<String> topics() {
      return List.of(commands, decisions, late, deadLetters);
    }
  }

  /** What readers of the outputs may see after a failure. */
  public enum Delivery {
    /** Every record once, with the checkpoint it belongs to. */
    EXACTLY_ONCE,
    /** Every record at once; after a failure some again. */
    AT_LEAST_ONCE
  }

  /** Where the state of a live job is kept. */
  public enum Backend {
    /** In memory. */
    HEAP,
    /** On local disk. */
    ROCKSDB
  }
}
